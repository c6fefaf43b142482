"""Asks the child process about links; what the rest of StemDesk calls."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stemdesk.core.errors import (
    DiskFullError,
    ErrorCode,
    ExportError,
    LinkError,
    StemDeskError,
    write_error,
)
from stemdesk.core.files import is_file
from stemdesk.core.link import read_link
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.fetch.answer import host_of, proxy_of
from stemdesk.fetch.links.child import Child
from stemdesk.fetch.links.sites import site_name
from stemdesk.fetch.links.values import Fetched, LinkList, LinkRules, LinkSong
from stemdesk.fetch.links.wire import read_found
from stemdesk.fetch.meter import Meter
from stemdesk.fetch.tool import distrust
from stemdesk.log import log

_VERSION = re.compile(r"^__version__ = ['\"]([\w.]+)['\"]", re.MULTILINE)
_COVER_S = 30.0
_TEST_S = 180.0  # a thousand files are compiled, a virus scanner looks on


def look_up(url: str, rules: LinkRules, cancel: CancelToken) -> LinkSong | LinkList:
    """What is behind `url`; a list with one entry is a song.

    Takes seconds. Raises `LinkError`, `DiskFullError`, `ExportError` (no folder for passing files),
    `Cancelled`, `Paused`.
    """
    _check(url)
    for event in _answers({"do": "look-up", "url": url}, rules, cancel, rules.limits.look_up_s):
        if event["event"] in ("song", "list"):
            return read_found(event)
        raise _error(event, url, rules, None)
    raise AssertionError("unreachable")


def download(
    url: str, folder: Path, rules: LinkRules, report: TransferReport, cancel: CancelToken
) -> Fetched:
    """Download the song at `url` to `folder/media.<ext>`, and its picture to `folder/cover.<ext>`.

    What an earlier download left in `folder` is gone on with; what this one leaves when it raises
    stays there, for the caller to keep or to remove. Raises `LinkError`, `DiskFullError`,
    `ExportError` (the folder cannot be written), `Cancelled`, `Paused`.
    """
    _check(url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, folder) from error
    request = {"do": "download", "url": url, "folder": str(folder.absolute())}
    meter = Meter(site_name(url), 0, report)
    before = 0
    whole: dict[str, Any] = {}
    for event in _answers(request, rules, cancel, rules.limits.look_up_s):
        failed = event["event"] == "error"
        if event["event"] == "whole":
            whole = event
        elif event["event"] == "fetched" or (failed and whole):  # an error now is the picture's
            fetched = _fetched(whole if failed else event, folder)
            meter.resize(fetched.file.stat().st_size)
            meter.finish()
            return fetched
        elif event["event"] == "named":
            meter.rename(event["title"] or site_name(url))
        elif event["event"] == "progress":
            meter.resize(event["total"])
            meter.at(event["done"], max(0, event["done"] - before) if before else 0)
            before = event["done"]
        elif event["event"] == "error":
            raise _error(event, url, rules, folder)
    raise AssertionError("unreachable")


def fetch_cover(url: str, folder: Path, rules: LinkRules, cancel: CancelToken) -> Path | None:
    """Download a picture (`LinkSong.thumbnail`) to `folder/cover.<ext>`, under the same rules;
    None if that does not work. Raises `Cancelled`, `Paused`."""
    if read_link(url) is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        request = {"do": "cover", "url": url, "folder": str(folder.absolute())}
        for event in _answers(request, rules, cancel, _COVER_S):
            return _inside(folder, event.get("file"))
    except (StemDeskError, OSError) as error:
        log.info("no picture: %s", error)
    return None


def tool_version(tool: Path | None = None) -> str:
    """The version of the yt-dlp in `tool`, of the installed one if None; "" where there is none.
    Reads a file only."""
    if tool is None:
        spec = find_spec("yt_dlp")
        if spec is None or spec.origin is None:
            return ""
        package = Path(spec.origin).parent
    else:
        package = tool / "yt_dlp"
    try:
        found = _VERSION.search((package / "version.py").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return _frozen_version() if tool is None else ""
    return found[1] if found else ""


def _frozen_version() -> str:
    """In the frozen app there are no source files."""
    from importlib import import_module

    return str(getattr(import_module("yt_dlp.version"), "__version__", ""))


def self_test(tool: Path | None, cancel: CancelToken) -> str:
    """Try the yt-dlp in `tool` in a child process, without a network: it imports, its extractors
    load, its sockets are guarded. Returns its version. Raises `LinkError` (LINK_TOOL_FAILED),
    `Cancelled`."""
    rules = LinkRules(1.0, 1, proxy="", tool=tool)
    for event in _answers({"do": "self-test"}, rules, cancel, _TEST_S):
        if event["event"] == "passed":
            return str(event["version"])
        raise LinkError(ErrorCode.LINK_TOOL_FAILED, str(event.get("detail", "no answer in time")))
    raise AssertionError("unreachable")


def _check(url: str) -> None:
    if read_link(url) is None:
        raise LinkError(ErrorCode.LINK_INVALID, address=host_of(url), site=site_name(url))


def _answers(
    request: dict[str, Any], rules: LinkRules, cancel: CancelToken, first_s: float
) -> Iterator[dict[str, Any]]:
    """What the child says; if it cannot load the newer yt-dlp, what it says with the bundled one.
    Raises as `Child.events`."""
    try:
        with Child(request, rules) as child:
            for event in child.events(cancel, first_s, rules.limits.silent_s):
                if event["event"] == "unloadable" and rules.tool is not None:
                    log.warning("downloader: %s", event["detail"])
                    distrust(rules.tool)
                    break
                yield event
    except LinkError as error:
        error.facts.setdefault("site", site_name(request.get("url", "")))
        raise
    yield from _answers(request, replace(rules, tool=None), cancel, first_s)


def _error(event: dict[str, Any], url: str, rules: LinkRules, folder: Path | None) -> StemDeskError:
    """What the child told of its failure."""
    code = ErrorCode(event["code"])
    facts: dict[str, Any] = dict(event["facts"])
    detail = str(event["detail"])
    place = folder or Path(tempfile.gettempdir())
    if code is ErrorCode.DISK_FULL:
        return DiskFullError(place, int(facts.get("needed_bytes", 0)), detail)
    if code is ErrorCode.FOLDER_NOT_WRITABLE:
        return ExportError(code, detail, path=place)
    proxy = host_of(rules.proxy) if rules.proxy else ""
    if rules.proxy is None:
        proxy = proxy_of(url)
    if code is ErrorCode.LINK_OFFLINE and proxy:
        code = ErrorCode.LINK_PROXY
    known = {
        ErrorCode.LINK_PROXY: {"proxy": proxy or "?"},
        ErrorCode.LINK_SITE_CHANGED: {"version": tool_version(rules.tool)},
        ErrorCode.LINK_ADDRESS_REFUSED: {"address": host_of(url)},
        ErrorCode.LINK_COOKIES: {"browser": rules.cookies_browser or "?"},
    }
    facts = {"site": site_name(url), **known.get(code, {}), **facts}
    return LinkError(code, detail, retryable=bool(event["retryable"]), **facts)


def _fetched(event: dict[str, Any], folder: Path) -> Fetched:
    file = _inside(folder, event["file"])
    if file is None:
        raise LinkError(ErrorCode.LINK_TOOL_FAILED, "the downloader named no file", retryable=True)
    return Fetched(file, _inside(folder, event["cover"]), LinkSong(**event["song"]))


def _inside(folder: Path, name: object) -> Path | None:
    """A file that the child named: one in the folder, or none."""
    if not isinstance(name, str) or Path(name).name != name:
        return None
    path = folder / name
    return path if is_file(path) else None
