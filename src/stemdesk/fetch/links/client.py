"""Asks the child process about links; what the rest of StemDesk calls."""

from __future__ import annotations

from pathlib import Path

from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.fetch.links.values import Fetched, LinkList, LinkRules, LinkSong


def look_up(url: str, rules: LinkRules, cancel: CancelToken) -> LinkSong | LinkList:
    """What is behind `url`; a list with one entry is a song.

    Takes seconds. Raises `LinkError`, `Cancelled`, `Paused`.
    """
    raise NotImplementedError


def download(
    url: str, folder: Path, rules: LinkRules, report: TransferReport, cancel: CancelToken
) -> Fetched:
    """Download the song at `url` to `folder/media.<ext>`, and its picture to `folder/cover.<ext>`.

    What an earlier download left in `folder` is gone on with; what this one leaves when it raises
    stays there, for the caller to keep or to remove. Raises `LinkError`, `DiskFullError`,
    `ExportError` (the folder cannot be written), `Cancelled`, `Paused`.
    """
    raise NotImplementedError


def fetch_cover(url: str, folder: Path, rules: LinkRules, cancel: CancelToken) -> Path | None:
    """Download a picture (`LinkSong.thumbnail`) to `folder/cover.<ext>`, under the same rules;
    None if that does not work. Raises `Cancelled`, `Paused`."""
    raise NotImplementedError


def tool_version(tool: Path | None = None) -> str:
    """The version of the yt-dlp in `tool`, of the installed one if None; "" where there is none.
    Reads files only."""
    raise NotImplementedError


def self_test(tool: Path | None, cancel: CancelToken) -> str:
    """Try the yt-dlp in `tool` in a child process, without a network: it imports, its extractors
    load, its sockets are guarded. Returns its version. Raises `LinkError` (LINK_TOOL_FAILED),
    `Cancelled`."""
    raise NotImplementedError
