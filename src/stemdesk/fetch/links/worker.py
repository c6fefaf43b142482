"""The child process: does one thing with yt-dlp, says how it goes, and ends.

Reads one request from stdin (a line of JSON), writes answers to what was stdout, each a line that
begins with the request's token; whatever else is printed goes there, too, and is only kept for
error reports. The end of stdin ends the process at once, so that none is left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links.failures import Failure, StopError, failure
from stemdesk.fetch.links.values import LinkRules
from stemdesk.fetch.links.wire import read_rules, write_found

_DETAIL_MAX = 4000  # characters
_WARNINGS_MAX = 50
_NO_NEWS = ("generic information extractor", "could be a direct video link")


class Mouth:
    """Says things to the app, from any thread."""

    def __init__(self, out: TextIO, token: str) -> None:
        self._out, self._token = out, token
        self._lock = threading.Lock()

    def say(self, values: dict[str, Any]) -> None:
        with self._lock:
            self._out.write(f"\n{self._token}{json.dumps(values)}\n")
            self._out.flush()


class Listener:
    """yt-dlp's logger: only warnings and errors are kept."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, text: str) -> None:
        pass

    info = debug

    def warning(self, text: str) -> None:
        known = any(words in text for words in _NO_NEWS)
        if len(self.warnings) < _WARNINGS_MAX and not known:
            self.warnings.append(text)

    error = warning

    @property
    def text(self) -> str:
        return "\n".join(self.warnings)


def main() -> int:
    """Serve one request; the exit code is 0 whatever came of it, since that was said."""
    asked = os.fdopen(0, "rb", closefd=False)  # a windowed app has no sys.stdin
    request = json.loads(asked.readline())
    mouth = Mouth(_take_stdout(), request["token"])
    scratch = Path(request["scratch"])
    threading.Thread(target=_end_with_parent, args=(asked, scratch), daemon=True).start()
    os.chdir(request.get("folder") or scratch)
    _serve(request, scratch, mouth)
    return 0


def _take_stdout() -> TextIO:
    """Stdout for us alone; what anything else prints goes to the same pipe, without the token."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", closefd=False)
    sys.stderr = sys.stdout
    return own


def _end_with_parent(asked: BinaryIO, scratch: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        while asked.read(4096):
            pass
    shutil.rmtree(scratch, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(os.getpgid(0), signal.SIGKILL)  # with the runtime, if it works just now
    os._exit(1)


def _serve(request: dict[str, Any], scratch: Path, mouth: Mouth) -> None:
    rules = read_rules(request["rules"])
    listener = Listener()
    try:
        answer = _do(request, rules, scratch, mouth, listener)
    except Exception as error:  # translated; what is no failure of a link is the tool's
        found = failure(error, listener.text, rules.runtime is not None)
        mouth.say(_told(found, error, listener))
        return
    mouth.say(answer)


def _do(
    request: dict[str, Any], rules: LinkRules, scratch: Path, mouth: Mouth, listener: Listener
) -> dict[str, Any]:
    from stemdesk.fetch.links import session

    if request["do"] == "self-test":
        from stemdesk.fetch.links.trial import self_test

        return {"event": "passed", "version": self_test(rules, scratch)}
    try:
        asked = session.Session(rules, scratch, mouth.say, listener)
    except Exception as error:  # whatever a newer yt-dlp raises that does not even begin
        if rules.tool is None or isinstance(error, StopError):
            raise
        return {"event": "unloadable", "detail": f"{type(error).__name__}: {error}"}
    url = request["url"]
    if request["do"] == "look-up":
        return write_found(asked.look_up(url))
    if request["do"] == "cover":
        path = asked.cover(url)
        return {"event": "cover", "file": None if path is None else path.name}
    return asked.download(url)


def _told(found: Failure, error: Exception, listener: Listener) -> dict[str, Any]:
    detail = [found.detail, *(text for text in listener.warnings if text not in found.detail)]
    expected = isinstance(error, StopError) or found.code is not ErrorCode.LINK_TOOL_FAILED
    if not expected:
        detail += traceback.format_exception(error)
    return {
        "event": "error",
        "code": found.code.value,
        "detail": "\n".join(detail)[:_DETAIL_MAX],
        "retryable": found.retryable,
        "facts": found.facts,
    }
