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
    decode_given,
    encode_given,
    hand_over,
    is_ours,
    server_names,
)

_SECOND = """
import sys
import tempfile
from pathlib import Path
from stemdesk.gui.given import given_by_arguments
from stemdesk.gui.instance import Instance, hand_over
instance = Instance(Path(sys.argv[1]))
assert not instance.claim()
sys.exit(0 if hand_over(Path(sys.argv[1]), given_by_arguments(sys.argv[2:])) else 1)
"""

_EARLY = """
import sys
import tempfile
from pathlib import Path
from stemdesk.gui import instance
sleep = instance.time.sleep
instance.time.sleep = lambda seconds: (print("again", flush=True), sleep(seconds))
sys.exit(0 if instance.hand_over(Path(sys.argv[1]), instance.Given(), 20) else 1)
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
    assert given.args == [Given((tmp_path / "relative.mp3", Path("/absolute/ünï 🎵.flac")))]
    assert process.wait(20) == 0


def test_a_second_start_hands_its_links_over(first: Instance, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(first.handed_over, timeout=20_000) as given:
        process = second(tmp_path, "www.example.org/a", "song.mp3", "ftp://example.org/b")
    links, others = ("https://www.example.org/a",), ("ftp://example.org/b",)
    assert given.args == [Given((tmp_path / "song.mp3",), links, others)]
    assert process.wait(20) == 0


def test_a_second_start_without_files_asks_for_the_window(
    first: Instance, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(first.handed_over, timeout=20_000) as given:
        process = second(tmp_path)
    assert given.args == [Given()]
    assert process.wait(20) == 0


def test_names_that_are_no_utf8_survive() -> None:
    odd = Path(os.fsdecode(b"/music/\xff\xfe.mp3"))
    message = encode_given(Given((odd,)))
    assert decode_given(message[4:]) == Given((odd,))


def test_too_many_paths_are_refused_by_the_sender() -> None:
    with pytest.raises(ValueError, match="too many"):
        encode_given(Given((Path("/" + "x" * 200),) * 30_000))


@pytest.mark.parametrize(
    "message",
    [
        struct.pack(">I", MAX_BYTES + 1),
        struct.pack(">I", 5) + b"{no}!",
        struct.pack(">I", 4) + b"[42]",
        struct.pack(">I", 2) + b"\xff\xff",
    ],
    ids=["too large", "no json", "no paths", "no text"],
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
    message = encode_given(Given((Path("/song.mp3"),)))
    with qtbot.waitSignal(first.handed_over) as given:
        for byte in message:
            socket.write(bytes([byte]))
            assert socket.flush()
            qtbot.wait(0)
    assert given.args == [Given((Path("/song.mp3"),))]


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
    assert not hand_over(tmp_path, Given((Path("/secret.mp3"),)), patience_s=0.2)


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


def test_a_window_that_does_not_answer_is_given_up(qtbot: QtBot, tmp_path: Path) -> None:
    assert not hand_over(tmp_path, Given(), patience_s=0.2)


def test_a_window_that_is_just_starting_is_waited_for(qtbot: QtBot, tmp_path: Path) -> None:
    """The lock is taken before the socket is there."""
    source = str(Path(__file__).parents[2] / "src")
    process = subprocess.Popen(
        [sys.executable, "-c", _EARLY, str(tmp_path)],
        env={"PYTHONPATH": source},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == b"again\n"
    instance = Instance(tmp_path)
    with qtbot.waitSignal(instance.handed_over, timeout=20_000):
        assert instance.claim()
    process.communicate(timeout=20)
    assert process.returncode == 0
    instance.close()


def test_a_data_folder_that_cannot_be_written_is_an_error(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError):
        Instance(tmp_path / "file" / "data")


def test_a_lock_that_cannot_be_written_is_an_error(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "window.lock").mkdir()
    with pytest.raises(ExportError):
        Instance(tmp_path).claim()
