"""Starts, hears and ends the child process in which yt-dlp works."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stemdesk
from stemdesk.core.errors import ErrorCode, LinkError, write_error
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.certificates import found_certificates
from stemdesk.fetch.limits import POLL_S
from stemdesk.fetch.links.values import LinkRules
from stemdesk.fetch.links.wire import write_rules

FLAG = "--link-worker"
_TREE_S = 5.0
_TAIL = 40  # lines of other output that are kept for error reports
_NOT_FOR_IT = ("PYTHONSTARTUP", "SSLKEYLOGFILE", "DENO_AUTH_TOKENS", "DENO_CERT", "NETRC")
_STALLED: dict[str, Any] = {
    "event": "error",
    "code": ErrorCode.LINK_STALLED.value,
    "detail": "nothing was heard for too long",
    "retryable": True,
    "facts": {},
}
_WINDOWS = os.name == "nt"


class Child:
    """One request to the child process. Use it as a context: whatever happens, the process and
    all that it started are gone at the end, and its scratch folder, too."""

    def __init__(self, request: dict[str, Any], rules: LinkRules) -> None:
        """Raises `DiskFullError`, `ExportError`: no folder for passing files can be made."""
        self._token = secrets.token_hex(16)
        self._scratch = _passing_folder()
        self._request = {
            **request,
            "rules": write_rules(rules),
            "token": self._token,
            "scratch": str(self._scratch),
        }
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._tail: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Child:
        try:
            self._start()
        except OSError as error:
            self.__exit__()
            raise LinkError(ErrorCode.LINK_TOOL_FAILED, str(error), retryable=True) from error
        except BaseException:  # also Ctrl+C: no child, thread or folder stays
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        more: dict[str, Any] = {"start_new_session": True}
        if _WINDOWS:
            flags = ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
            more = {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
        process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(self._scratch),
            **more,
        )
        self._process = process
        self._thread = threading.Thread(target=self._hear, name="link", daemon=True)
        self._thread.start()
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once: `_hear` tells
            process.stdin.write(json.dumps(self._request).encode() + b"\n")
            process.stdin.flush()

    def _hear(self) -> None:
        """The reading thread: ends when the process does."""
        assert self._process is not None and self._process.stdout is not None
        token = self._token.encode()
        for line in self._process.stdout:
            if line.startswith(token):
                self._events.put(json.loads(line[len(token) :]))
            elif line.strip():
                self._tail.append(line.decode("utf-8", "replace").rstrip())
                del self._tail[:-_TAIL]
        self._events.put(None)

    def events(
        self, cancel: CancelToken, first_s: float, silent_s: float
    ) -> Iterator[dict[str, Any]]:
        """What the child says, as it comes; an event "error" with LINK_STALLED where it says
        nothing for `first_s` at the beginning, or `silent_s` later on.

        Raises `Cancelled`, `Paused`, and `LinkError` (LINK_TOOL_FAILED) when it dies.
        """
        end = time.monotonic() + first_s
        while True:
            cancel.check_pause()
            try:
                event = self._events.get(timeout=POLL_S)
            except queue.Empty:
                if time.monotonic() > end:
                    yield _STALLED
                continue
            if event is None:
                raise self._died()
            end = time.monotonic() + silent_s
            yield event

    def _died(self) -> LinkError:
        assert self._process is not None
        said = "\n".join(self._tail)
        detail = f"the downloader's process ended with {self._process.wait()}\n{said}".strip()
        return LinkError(ErrorCode.LINK_TOOL_FAILED, detail, retryable=True)

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is not None:
            _kill(process)
            process.wait()
            if self._thread is not None:
                self._thread.join()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
        self._clean()

    def _clean(self) -> None:
        import shutil

        shutil.rmtree(self._scratch, ignore_errors=True)


def _passing_folder() -> Path:
    place = None
    try:
        place = tempfile.gettempdir()
        return Path(tempfile.mkdtemp(prefix="stemdesk-link-", dir=place))
    except OSError as error:
        raise write_error(error, Path(place or tempfile.gettempprefix())) from error


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With everything that it started: on POSIX it leads a group of its own."""
    if _WINDOWS:
        if process.poll() is None:
            _kill_tree(process.pid)
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _kill_tree(pid: int) -> None:
    """On Windows, where a JavaScript that never ends would outlive the process that started it."""
    program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "taskkill.exe"
    with contextlib.suppress(
        OSError, subprocess.TimeoutExpired
    ):  # the process itself is killed next
        subprocess.run(
            [program, "/T", "/F", "/PID", str(pid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TREE_S,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FLAG]
    # -P: nothing is imported from whatever folder this was started in.
    return [sys.executable, "-P", "-B", "-X", "utf8", "-m", "stemdesk", FLAG]


def _environment(scratch: Path) -> dict[str, str]:
    """This process's, without what would make the child load, log or keep other things."""
    found = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_IT}
    place = str(scratch)
    found |= {
        "YTDLP_NO_PLUGINS": "1",
        "TMPDIR": place,
        "TEMP": place,
        "TMP": place,
        "XDG_CACHE_HOME": place,
        "DENO_DIR": place,
        "DENO_NO_UPDATE_CHECK": "1",
    }
    if getattr(sys, "frozen", False):
        found |= found_certificates()
    else:
        package = str(Path(stemdesk.__file__).parents[1])
        rest = found.get("PYTHONPATH", "")
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (package, rest)))
    return found
