"""In the child process: whether a yt-dlp works here, tried without a network."""

from __future__ import annotations

import compileall
import http.server
import threading
from pathlib import Path
from typing import Any

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links.failures import StopError, chain
from stemdesk.fetch.links.guard import AddressRefusedError, Guard
from stemdesk.fetch.links.options import load_yt_dlp, options
from stemdesk.fetch.links.values import LinkRules

_EXTRACTORS_MIN = 500
_TRIED = ("Youtube", "Soundcloud", "Bandcamp", "Vimeo", "Generic")
_SAID = b"StemDesk"


class _Quiet:
    def debug(self, text: str) -> None:
        pass

    info = warning = error = debug


class _Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(_SAID)))
        self.end_headers()
        self.wfile.write(_SAID)


def self_test(rules: LinkRules, scratch: Path) -> str:
    """The version of the yt-dlp that works. Raises `StopError` (LINK_TOOL_FAILED), or whatever a
    broken one raises."""
    yt_dlp = load_yt_dlp(rules)
    import yt_dlp_ejs

    for module in (yt_dlp, yt_dlp_ejs):
        if rules.tool is not None and rules.tool not in Path(str(module.__file__)).parents:
            raise _failed(f"{module.__name__} came from elsewhere: {module.__file__}")
    if rules.tool is not None:
        compileall.compile_dir(rules.tool, quiet=2)  # once, here: each later child starts at once
    server = http.server.HTTPServer(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    guard = Guard((Path.cwd(), scratch))
    guard.install()
    ydl = yt_dlp.YoutubeDL(options(rules, _Quiet()))
    _try_extractors(ydl)
    handlers = [str(name) for name in ydl._request_director.handlers]
    if handlers != ["Urllib"]:
        raise _failed(f"other ways to the network: {handlers}")
    _try_guard(ydl, guard, f"http://127.0.0.1:{server.server_address[1]}/")
    return str(yt_dlp.version.__version__)


def _try_extractors(ydl: Any) -> None:
    count = len(ydl._ies)
    if count < _EXTRACTORS_MIN:
        raise _failed(f"{count} extractors")
    for name in _TRIED:
        ydl.get_info_extractor(name)


def _try_guard(ydl: Any, guard: Guard, url: str) -> None:
    try:
        ydl.urlopen(url)
    except Exception as error:  # whatever yt-dlp wraps ours in
        if not any(isinstance(one, AddressRefusedError) for one in chain(error)):
            raise
    else:
        raise _failed("a local address was not refused")
    guard.allow_local = True
    with ydl.urlopen(url) as answer:
        if answer.read() != _SAID:
            raise _failed("an answer was not read")


def _failed(detail: str) -> StopError:
    return StopError(ErrorCode.LINK_TOOL_FAILED, detail)
