from __future__ import annotations

import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QDir
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ExportError
from stemdesk.gui.given import Given
from stemdesk.gui.instance import (
    MAX_BYTES,
    Instance,
    Start,
    claim_or_hand_over,
    decode_given,
    encode_given,
    is_ours,
    server_names,
)

# A second start: what became of it is its last line, "again" each time it has to wait.
_SECOND = """
import sys
from pathlib import Path
from stemdesk.gui import instance
from stemdesk.gui.given import given_by_arguments
sleep = instance.time.sleep
instance.time.sleep = lambda seconds: (print("again", flush=True), sleep(seconds))
data = Path(sys.argv[1])
made = instance.Instance(data)
start = instance.claim_or_hand_over(made, data, given_by_arguments(sys.argv[2:]), 20)
print(start.name, flush=True)
sys.exit(0 if start is instance.Start.HANDED_OVER else 1)
"""


@pytest.fixture
def first(qtbot: QtBot, tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path)
    assert made.claim()
    yield made
    made.close()


def second(data: Path, *paths: str) -> subprocess.Popen[bytes]:
    """A second start, in a process of its own."""
    source = str(Path(__file__).parents[2] / "src")
    command = [sys.executable, "-c", _SECOND, str(data), *paths]
    return subprocess.Popen(command, env={"PYTHONPATH": source}, cwd=data)


def connected(data: Path) -> QLocalSocket:
    socket = QLocalSocket()
    socket.connectToServer(server_names(data)[0])
    assert socket.waitForConnected(5000)
    return socket


def test_a_second_start_hands_its_files_over(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(first.handed_over, timeout=20_000) as given:
        process = second(tmp_path, "relative.mp3", "/absolute/ünï 🎵.flac")
    paths = (tmp_path / "relative.mp3", Path("/absolute/ünï 🎵.flac"))
    assert given.args == [Given(paths), ""]
    assert process.wait(20) == 0


def test_a_second_start_hands_its_links_over(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(first.handed_over, timeout=20_000) as given:
        process = second(tmp_path, "www.example.org/a", "song.mp3", "ftp://example.org/b")
    links, others = ("https://www.example.org/a",), ("ftp://example.org/b",)
    assert given.args == [Given((tmp_path / "song.mp3",), links, others), ""]
    assert process.wait(20) == 0


def test_a_second_start_without_files_asks_for_the_window(
    first: Instance, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(first.handed_over, timeout=20_000) as given:
        process = second(tmp_path)
    assert given.args == [Given(), ""]
    assert process.wait(20) == 0


def test_names_that_are_no_utf8_survive() -> None:
    odd = Path(os.fsdecode(b"/music/\xff\xfe.mp3"))
    message = encode_given(Given((odd,)))
    assert decode_given(message[4:]) == (Given((odd,)), "")


def test_too_many_paths_are_refused_by_the_sender() -> None:
    with pytest.raises(ValueError, match="too many"):
        encode_given(Given((Path("/" + "x" * 4000),) * 17_000))


def test_as_many_paths_as_a_command_line_holds_are_handed_over() -> None:
    """2 MiB of them, in letters that JSON makes longer."""
    paths = tuple(Path(f"/музыка/{'ж' * 100}{number}.mp3") for number in range(9_000))
    assert decode_given(encode_given(Given(paths))[4:]) == (Given(paths), "")


@pytest.mark.parametrize(
    "message",
    [
        struct.pack(">I", MAX_BYTES + 1),
        struct.pack(">I", 5) + b"{no}!",
        struct.pack(">I", 4) + b"[42]",
        struct.pack(">I", 28) + b'{"items": [42], "token": ""}',
        struct.pack(">I", 13) + b'{"items": []}',
        struct.pack(">I", 2) + b"\xff\xff",
        struct.pack(">I", 100_000) + b"[" * 100_000,
    ],
    ids=["too large", "no json", "no object", "no paths", "no token", "no text", "too deep"],
)
def test_what_is_no_message_is_refused(
    first: Instance, tmp_path: Path, qtbot: QtBot, message: bytes
) -> None:
    given: list[object] = []
    first.handed_over.connect(given.append)
    socket = connected(tmp_path)
    with qtbot.waitSignal(socket.disconnected):
        socket.write(message)
    assert given == []


def test_a_message_may_come_in_pieces(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    socket = connected(tmp_path)
    message = encode_given(Given((Path("/song.mp3"),)), "a token")
    with qtbot.waitSignal(first.handed_over) as given:
        for byte in message:
            socket.write(bytes([byte]))
            assert socket.flush()
            qtbot.wait(0)
    assert given.args == [Given((Path("/song.mp3"),)), "a token"]


def test_a_caller_who_hangs_up_does_no_harm(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    socket = connected(tmp_path)
    socket.write(b"\x00\x00")
    socket.flush()
    socket.abort()
    with qtbot.waitSignal(first.handed_over, timeout=20_000):
        process = second(tmp_path)
    assert process.wait(20) == 0


def test_a_socket_that_a_crash_left_is_taken_over(qtbot: QtBot, tmp_path: Path) -> None:
    stale = Path(server_names(tmp_path)[0])
    if stale.is_absolute():
        stale.write_bytes(b"")
    instance = Instance(tmp_path)
    assert instance.claim()
    with qtbot.waitSignal(instance.handed_over, timeout=20_000):
        process = second(tmp_path)
    assert process.wait(20) == 0
    instance.close()


def test_a_deep_data_folder_has_its_socket_elsewhere(qtbot: QtBot, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    assert not any(name.startswith(str(deep)) for name in server_names(deep))
    instance = Instance(deep)
    assert instance.claim()
    with qtbot.waitSignal(instance.handed_over, timeout=20_000):
        process = second(deep)
    assert process.wait(20) == 0
    instance.close()


def test_only_this_user_may_connect(first: Instance) -> None:
    options = first._server.socketOptions()
    assert options == QLocalServer.SocketOption.UserAccessOption
    if os.name == "posix":
        made = Path(first._server.fullServerName()).stat()
        assert stat.S_IMODE(made.st_mode) & 0o077 == 0 and made.st_uid == os.getuid()


@pytest.mark.skipif(os.name != "posix", reason="sockets that are files")
def test_the_socket_of_a_deep_folder_is_this_users_only_too(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    deep = tmp_path / ("d" * 120)
    short = tempfile.mkdtemp(prefix="stemdesk-")  # pytest's own folder may be deep, too
    request.addfinalizer(partial(shutil.rmtree, short))
    for runtime in ("", short):
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        instance = Instance(deep)
        assert instance.claim()
        path = Path(instance._server.fullServerName())
        assert path.parent == (Path(runtime) if runtime else Path(QDir.tempPath()))
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        assert is_ours(path.name if not runtime else str(path))
        instance.close()


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can give files away")
def test_nothing_is_told_to_the_socket_of_another_user(first: Instance, tmp_path: Path) -> None:
    os.chown(first._server.fullServerName(), 65534, -1)
    secret = Given((Path("/secret.mp3"),))
    start = claim_or_hand_over(Instance(tmp_path), tmp_path, secret, patience_s=0.2)
    assert start is Start.NO_ANSWER


@pytest.mark.skipif(os.name != "posix", reason="sockets that are files")
def test_a_file_in_the_sockets_place_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "window.socket").write_bytes(b"")
    assert not is_ours(str(tmp_path / "window.socket"))
    assert not is_ours(str(tmp_path / "none"))


def test_who_closes_lets_another_be_the_first(qtbot: QtBot, tmp_path: Path) -> None:
    one, other = Instance(tmp_path), Instance(tmp_path)
    assert one.claim()
    assert not other.claim()
    one.close()
    assert other.claim()
    other.close()


def starts(data: Path, *paths: str) -> subprocess.Popen[bytes]:
    """A second start whose lines are read."""
    source = str(Path(__file__).parents[2] / "src")
    command = [sys.executable, "-c", _SECOND, str(data), *paths]
    return subprocess.Popen(command, env={"PYTHONPATH": source}, stdout=subprocess.PIPE)


def line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def test_a_window_that_does_not_answer_is_given_up(first: Instance, tmp_path: Path) -> None:
    start = claim_or_hand_over(Instance(tmp_path), tmp_path, Given(), patience_s=0.2)
    assert start is Start.NO_ANSWER


def test_a_window_that_is_just_starting_is_waited_for(qtbot: QtBot, tmp_path: Path) -> None:
    """The lock is taken before the socket is there."""
    instance = Instance(tmp_path)
    instance._lock.acquire()
    process = starts(tmp_path)
    assert line(process) == "again"
    with qtbot.waitSignal(instance.handed_over, timeout=20_000):
        assert instance.claim()
    process.communicate(timeout=20)
    assert process.returncode == 0
    instance.close()


def test_who_starts_while_a_window_ends_waits_and_is_the_first(
    first: Instance, tmp_path: Path, qtbot: QtBot
) -> None:
    """What is given to a window that ends would be lost."""
    given: list[object] = []
    first.handed_over.connect(given.append)
    begun = connected(tmp_path)
    qtbot.waitUntil(lambda: bool(first._server.findChildren(QLocalSocket)))
    first.end_listening()
    qtbot.waitUntil(lambda: begun.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    process = starts(tmp_path, "/song.mp3")
    assert line(process) == "again"
    first.close()
    out, _ = process.communicate(timeout=20)
    assert out.split()[-1] == b"FIRST" and given == []


def test_a_data_folder_that_cannot_be_written_is_an_error(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError):
        Instance(tmp_path / "file" / "data")


def test_a_lock_that_cannot_be_written_is_an_error(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "window.lock").mkdir()
    with pytest.raises(ExportError):
        Instance(tmp_path).claim()
