"""One window per user: a second start hands its files and links to the first and ends.

The first one holds a lock for as long as it lives (freed by the system even when it crashes) and
listens on a local socket that only its user may open; a second one speaks to its own user's socket
only. A message is 4 bytes of length, big endian, and so many bytes of JSON: `items`, a list of
absolute paths, links, and what is neither, and `token`, with which a Wayland desktop lets the first
window come to the front. The answer is one byte.

One that begins to end listens no more: what it took then would be lost. Who starts meanwhile waits
for its end and becomes the first.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import stat
import struct
import time
from enum import Enum, auto
from pathlib import Path

from filelock import FileLock, Timeout
from PySide6.QtCore import QDir, QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from stemdesk.core.errors import write_error
from stemdesk.core.link import read_link
from stemdesk.gui.given import Given
from stemdesk.log import log

MAX_BYTES = 64 << 20  # more than any system's command line becomes, with whole paths in ASCII
TOKEN = "XDG_ACTIVATION_TOKEN"
"""Wayland's protocol `xdg-activation`: who starts a program gives it one by this variable."""
_ANYBODY = -1  # winuser.h: ASFW_ANY
_HEAD = struct.Struct(">I")
_TAKEN = b"\x06"
_TRY_AGAIN_S = 0.1
# Until a first one that just starts on a slow disk listens, or one that deletes everything is gone.
_PATIENCE_S = 15.0
_LONGEST_SOCKET_PATH = 88  # bytes; systems take 104 and more, Qt appends some while it listens


class Start(Enum):
    """What became of a start."""

    FIRST = auto()  # it is the one window
    HANDED_OVER = auto()  # the one that is there has taken everything
    NO_ANSWER = auto()  # there is one, which says nothing


class Instance(QObject):
    """The right to be the one window of this user."""

    handed_over = Signal(object, str)  # Given to a second start, perhaps nothing; its token

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        """`data`: the user's data folder, which tells set-ups apart.

        Raises `DiskFullError` or `ExportError` if it cannot be written.
        """
        super().__init__(parent)
        self._names = server_names(data)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(error, data) from error
        self._lock = FileLock(data / "window.lock", thread_local=False)

    def claim(self) -> bool:
        """Become the one window; False if there is one already.

        Raises `DiskFullError` or `ExportError` if the lock cannot be written.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise write_error(error, Path(self._lock.lock_file)) from error
        for name in self._names:
            # With the lock in hand, a socket that is still there is what a crash left.
            QLocalServer.removeServer(name)
            if self._server.listen(name):
                return True
            log.error("cannot listen on %s: %s", name, self._server.errorString())
        return True  # the one window all the same; a second start will say that it is there

    def end_listening(self) -> None:
        """Take nothing more: this window ends."""
        self._server.close()
        for socket in self._server.findChildren(QLocalSocket):
            socket.abort()

    def close(self) -> None:
        """Let another window be the one."""
        self.end_listening()
        self._lock.release()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            _Reception(socket).received.connect(self.handed_over)


class _Reception(QObject):
    """Reads one message, however it is cut into pieces, and goes with its socket.

    It knows nothing of the instance: a reference from here would have the last word on the life
    of its own parent's parent.
    """

    received = Signal(object, str)  # Given, token

    def __init__(self, socket: QLocalSocket) -> None:
        super().__init__(socket)
        self._socket = socket
        self._data = bytearray()
        self._complete = False
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(self._read)
        QTimer.singleShot(0, self, self._read)  # what came before anyone listened

    def _read(self) -> None:
        self._data += self._socket.readAll().data()
        if len(self._data) < _HEAD.size or self._complete:
            return
        (size,) = _HEAD.unpack_from(self._data)
        if size > MAX_BYTES:
            self._refuse(f"{size} bytes")
        elif len(self._data) >= _HEAD.size + size:
            self._take(bytes(self._data[_HEAD.size : _HEAD.size + size]))

    def _refuse(self, why: str) -> None:
        log.warning("a message was refused: %s", why)
        self._complete = True
        self._socket.abort()

    def _take(self, message: bytes) -> None:
        self._complete = True
        try:
            given, token = decode_given(message)
        except ValueError as error:
            self._refuse(str(error))
            return
        self._socket.write(_TAKEN)
        self._socket.flush()
        self.received.emit(given, token)


def server_names(data: Path) -> list[str]:
    """Where the socket may be, best first: in the user's own folders where systems have sockets
    in folders, the path is short enough and the volume can hold one; else by a name."""
    path = data.absolute() / "window.socket"
    name = f"stemdesk-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
    if os.name != "posix":
        return [name]
    paths = [str(path)]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):  # noqa: PTH117 - a text, "" for none
        paths.append(f"{runtime}/{name}")
    fitting = [one for one in paths if len(os.fsencode(one)) <= _LONGEST_SOCKET_PATH]
    return [*fitting, name]


def is_ours(name: str) -> bool:
    """Whether this user has made the socket: somebody else may have put one with our name into the
    folder for everybody's temporary files, to be told what others open."""
    if os.name != "posix":
        return True  # Windows names the pipe's user at the connection
    try:
        found = os.lstat(os.path.join(QDir.tempPath(), name))  # noqa: PTH118 - may be absolute
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.getuid()


def encode_given(given: Given, token: str = "") -> bytes:
    """The message: length and JSON, ASCII, so that names which are no UTF-8 survive."""
    paths = [str(path.absolute()) for path in given.paths]
    value = {"items": [*paths, *given.links, *given.others], "token": token}
    text = json.dumps(value).encode("ascii")
    if len(text) > MAX_BYTES:
        raise ValueError(f"{len(paths)} paths are too many to hand over")
    return _HEAD.pack(len(text)) + text


def decode_given(text: bytes) -> tuple[Given, str]:
    """What is in a message's JSON, and its token. Raises `ValueError` for anything else."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("lists in lists") from error
    items, token = (value.get("items"), value.get("token")) if isinstance(value, dict) else ((), "")
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("not a list of paths and links")
    if not isinstance(token, str):
        raise ValueError("no token, not even an empty one")
    paths = tuple(Path(item) for item in items if Path(item).is_absolute())
    rest = [item for item in items if not Path(item).is_absolute()]
    links = tuple(item for item in rest if read_link(item) == item)
    others = tuple(item for item in rest if item not in links)
    return Given(paths, links, others), token.replace("\0", "")


def claim_or_hand_over(
    instance: Instance, data: Path, given: Given, patience_s: float = _PATIENCE_S
) -> Start:
    """Be the one window, or give `given` to the one that is there. Blocks, for a second start that
    has no window: the first one may be just starting, or ending.

    Raises `DiskFullError` or `ExportError` if the lock cannot be written.
    """
    message = encode_given(given, os.environ.get(TOKEN, ""))
    if os.name == "nt":  # only whom the person has started may come to the front, or let others
        getattr(ctypes, "windll").user32.AllowSetForegroundWindow(_ANYBODY)  # noqa: B009 - not there for mypy elsewhere
    until = time.monotonic() + patience_s
    while not instance.claim():
        if any(_send(name, message, until) for name in server_names(data)):
            return Start.HANDED_OVER
        if time.monotonic() >= until:
            return Start.NO_ANSWER
        time.sleep(_TRY_AGAIN_S)  # this process has no window that could stand still
    return Start.FIRST


def _send(name: str, message: bytes, until: float) -> bool:
    def left_ms() -> int:
        return max(1, int((until - time.monotonic()) * 1000))

    if not is_ours(name):
        return False
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(left_ms()):
        return False
    socket.write(message)
    while socket.bytesToWrite() > 0:
        if not socket.waitForBytesWritten(left_ms()):
            return False
    return socket.waitForReadyRead(left_ms()) and socket.readAll().data() == _TAKEN
