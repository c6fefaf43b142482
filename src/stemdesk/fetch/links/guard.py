"""What the child process may do, enforced from below by an audit hook, whatever yt-dlp or a page
wants: connect to the public internet, write into two folders, start the JavaScript runtime.

An audit hook cannot be taken away again, so `install` is for the child process only. It is no
sandbox for hostile Python code; yt-dlp is not that. It holds against hostile pages and addresses.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stemdesk.fetch.links.addresses import is_public, is_public_host, parse

_SCHEMES = ("http", "https", "data")
_PORTS = {"https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_COOKIE_HELPERS = ("kwallet-query", "dbus-send", "security")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS: dict[str, dict[int, int | None]] = {
    # event: which of its arguments are paths that it changes, and which are the open folders that
    # these are relative to
    "os.chmod": {0: 2},
    "os.chown": {0: 3},
    "os.link": {0: 2, 1: 3},
    "os.mkdir": {0: 2},
    "os.remove": {0: 1},
    "os.removexattr": {0: None},
    "os.rename": {0: 2, 1: 3},
    "os.rmdir": {0: 1},
    "os.setxattr": {0: None},
    "os.symlink": {1: 2},
    "os.truncate": {0: None},
    "os.utime": {0: 3},
    "sqlite3.connect": {0: None},
}
_NEVER = (
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
    *("os.startfile", "os.startfile/2", "pty.spawn", "socket.bind"),
)


class AddressRefusedError(Exception):
    """A link, or something behind it, leads to an address that is not allowed. No `OSError`: those
    are tried again."""

    def __init__(self, address: str) -> None:
        super().__init__(f"not allowed: {address}")
        self.address = address


class Guard:
    """`folders`: what may be written into. `runtime`: the program that may be started; `helpers`:
    whether those may that decrypt a browser's cookies. `proxies`: their addresses."""

    def __init__(
        self,
        folders: Iterable[Path],
        *,
        allow_local: bool = False,
        runtime: Path | None = None,
        helpers: bool = False,
        proxies: Iterable[str] = (),
    ) -> None:
        self._folders = [_plain(os.path.realpath(folder)) for folder in folders]
        self.allow_local = allow_local
        self._runtime = None if runtime is None else os.path.realpath(runtime)
        self._helpers = helpers
        self._proxy_hosts = {place for proxy in proxies if (place := _place(proxy)) is not None}
        self._proxy_addresses: set[tuple[str, int]] = set()
        self.refused: list[str] = []  # addresses
        self.on_answer: Callable[[str, Any], None] = lambda url, answer: None
        self._checks: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._open,
            "socket.connect": self._connect,
            "socket.sendto": self._connect,
            "socket.sendmsg": self._connect,
            "subprocess.Popen": self._start,
        }
        for event, places in _PATHS.items():
            self._checks[event] = partial(self._change, places)
        for event in _NEVER:
            self._checks[event] = partial(_deny_event, event)

    def install(self) -> None:
        """From now on, for the rest of this process."""
        self._watch_names()
        self._watch_hops()
        sys.addaudithook(self._hook)

    def check_url(self, url: str) -> None:
        """Raise `AddressRefusedError` for an address that can be seen to be local, or is no web
        address. All that can be checked where a proxy does the rest."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise self._refusal(url) from None
        if parts.scheme.lower() not in _SCHEMES:
            raise self._refusal(f"{parts.scheme}://{host}")
        local = parts.scheme.lower() != "data" and not is_public_host(host)
        if local and not self.allow_local:
            raise self._refusal(host)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        check = self._checks.get(event)
        if check is not None:
            check(args)

    def _refusal(self, address: str) -> AddressRefusedError:
        self.refused.append(address)
        return AddressRefusedError(address)

    def _connect(self, args: tuple[Any, ...]) -> None:
        """A name here would be looked up after the check, perhaps with another answer."""
        address = args[1]
        if address is None:  # of a socket that is connected
            return
        if isinstance(address, str | bytes):  # a socket in the file system: the keyring's
            if not self._helpers:
                raise self._refusal(os.fsdecode(address))
            return
        host, port = str(address[0]), int(address[1])
        literal = parse(host)
        if literal is None:
            raise self._refusal(host)
        if not (
            self.allow_local or is_public(literal) or (str(literal), port) in self._proxy_addresses
        ):
            raise self._refusal(host)

    def _open(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        wants = isinstance(mode, str) and any(letter in mode for letter in "wax+")
        if wants or (isinstance(flags, int) and flags & _WRITES):
            self._inside(path)

    def _change(self, places: dict[int, int | None], args: tuple[Any, ...]) -> None:
        for place, folder in places.items():
            relative_to = -1 if folder is None else int(args[folder])
            self._inside(args[place], relative_to)

    def _inside(self, path: Any, relative_to: int = -1) -> None:
        if isinstance(path, int):  # opened already, and checked then
            return
        name = os.fsdecode(path)
        if relative_to >= 0:
            name = os.path.join(_folder_of(relative_to), name)  # noqa: PTH118 - must be fast
        if name == os.devnull:
            return
        parent, last = os.path.split(os.path.abspath(name))  # noqa: PTH100 - must be fast
        real = os.path.join(os.path.realpath(parent), last)  # noqa: PTH118 - the same
        real = _plain(os.path.realpath(real))
        if not any(real.startswith(top) for top in self._folders):
            _deny(f"writing {name}")

    def _start(self, args: tuple[Any, ...]) -> None:
        executable, arguments = args[0], args[1]
        if isinstance(arguments, str | bytes):  # Windows: one line
            program = _first_word(os.fsdecode(arguments)) if executable is None else executable
            words = os.fsdecode(arguments).split()
        else:
            words = [os.fsdecode(word) for word in arguments]
            program = words[0] if executable is None else executable
        name = os.fsdecode(program)
        if self._runtime is not None and os.path.realpath(name) == self._runtime:
            if not any(word.startswith(("--allow", "-A")) for word in words):
                return
        elif self._helpers and Path(name).name in _COOKIE_HELPERS:
            return
        _deny(f"starting {name}")

    def _watch_names(self) -> None:
        """Note what the proxies' names lead to, at the look-up whose answer is used."""
        look_up = socket.getaddrinfo

        def getaddrinfo(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            found = look_up(host, port, *rest, **more)
            if (str(host).lower(), port) in self._proxy_hosts:
                for *_, address in found:
                    self._proxy_addresses.add((str(parse(str(address[0]))), int(address[1])))
            return found

        socket.getaddrinfo = getaddrinfo

    def _watch_hops(self) -> None:
        """Check every address before it is asked for, those of redirects included."""
        from urllib.request import OpenerDirector, Request

        open_it = OpenerDirector.open

        def open_(director: Any, fullurl: Any, *rest: Any, **more: Any) -> Any:
            url = fullurl.full_url if isinstance(fullurl, Request) else fullurl
            self.check_url(url)
            answer = open_it(director, fullurl, *rest, **more)
            self.on_answer(url, answer)
            return answer

        OpenerDirector.open = open_  # type: ignore[assignment,method-assign] # the one place all pass


def _place(proxy: str) -> tuple[str, int] | None:
    """Host and port of a proxy's address."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        port = parts.port or _PORTS.get(parts.scheme.lower(), 80)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname else None


def _plain(real: str) -> str:
    """A path as it compares with others on this system, with a separator behind it."""
    return os.path.normcase(real.removeprefix("\\\\?\\")) + os.sep


def _folder_of(descriptor: int) -> str:
    """Where an open folder is, where the system tells."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - must be fast
    except OSError:
        _deny("changing what is in an open folder")
    raise AssertionError("unreachable")


def _first_word(line: str) -> str:
    return line[1:].partition('"')[0] if line.startswith('"') else line.partition(" ")[0]


def _deny_event(event: str, args: tuple[Any, ...]) -> None:
    _deny(f"{event} {args!r:.200}")


def _deny(what: str) -> None:
    raise PermissionError(f"StemDesk does not allow this: {what}")
