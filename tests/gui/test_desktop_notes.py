from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from stemdesk.gui.desktop_notes import ProgramNotes, TrayNotes, notes
from stemdesk.gui.tasks import Tasks

BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    assert made.close(10_000)


def program(folder: Path, says: str = "u 7", code: int = 0) -> Path:
    """A program that writes its arguments down."""
    path = folder / "program"
    text = f"#!{sys.executable}\nimport sys\n"
    text += f"open({str(folder / 'said')!r}, 'a').write('\\0'.join(sys.argv[1:]) + '\\n\\0')\n"
    path.write_text(text + f"print({says!r})\nsys.exit({code})\n")
    path.chmod(0o755)
    return path


def said(folder: Path) -> list[list[str]]:
    return [call.split("\0") for call in (folder / "said").read_text().split("\n\0")[:-1]]


def told(tasks: Tasks, qtbot: QtBot, by: ProgramNotes, title: str, text: str) -> None:
    by.tell(title, text)
    qtbot.waitUntil(lambda: not tasks._tasks, timeout=20_000)


def on_linux(tasks: Tasks, folder: Path, name: str, parent: QObject) -> ProgramNotes:
    found = {name: str(folder / "program")}
    made = notes(tasks, parent, list, "linux", BUS, found.get)
    assert isinstance(made, ProgramNotes)
    return made


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
def test_a_note_is_shown_in_place_of_the_one_before(
    tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    program(tmp_path)
    by = on_linux(tasks, tmp_path, "busctl", tasks)
    told(tasks, qtbot, by, "-Title", "<b>Tom & Jerry</b> 🎵")
    told(tasks, qtbot, by, "Next", "Song")
    first, second = said(tmp_path)
    after = first[first.index("susssasa{sv}i") + 1 :]
    assert after[1] == "0"
    assert after[3:5] == ["-Title", "&lt;b&gt;Tom &amp; Jerry&lt;/b&gt; 🎵"]
    assert first[1] == "--"  # what follows is no option
    assert second[second.index("susssasa{sv}i") + 2] == "7"


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
def test_notify_send_does_it_where_there_is_no_busctl(
    tasks: Tasks, tmp_path: Path, qtbot: QtBot
) -> None:
    program(tmp_path, says="")
    by = on_linux(tasks, tmp_path, "notify-send", tasks)
    told(tasks, qtbot, by, "--help", "a < b")
    assert said(tmp_path)[0][-3:] == ["--", "--help", "a &lt; b"]


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
@pytest.mark.parametrize("there", [True, False])
def test_a_program_that_fails_does_no_harm(
    tasks: Tasks, tmp_path: Path, qtbot: QtBot, there: bool
) -> None:
    if there:
        program(tmp_path, says="nonsense", code=1)
    by = on_linux(tasks, tmp_path, "busctl", tasks)
    told(tasks, qtbot, by, "Title", "Text")
    told(tasks, qtbot, by, "Title", "\0")  # no argument of a program


def test_without_a_bus_or_a_program_qt_is_asked_which_never_fails(
    tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: dict[str, str] = {}
    for system, variables in (("linux", nothing), ("linux", BUS), ("win32", BUS), ("darwin", BUS)):
        made = notes(tasks, tasks, list, system, variables, nothing.get)
        assert isinstance(made, TrayNotes)
        monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
        made.tell("Title", "Text")
        assert made._icon is None


@pytest.mark.qt_log_ignore("No such signal")  # the offscreen platform has no tray
def test_the_trays_icon_is_there_for_a_while_and_a_click_is_told(
    tasks: Tasks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(
        QSystemTrayIcon, "showMessage", lambda _, title, text, *__: shown.append((title, text))
    )
    clicks: list[bool] = []
    made = notes(tasks, tasks, lambda: clicks.append(True), "win32", {}, lambda _: None)
    assert isinstance(made, TrayNotes)
    made.tell("Title", "Text")
    assert shown == [("Title", "Text")]
    assert made._icon is not None and made._icon.isVisible()
    made._icon.messageClicked.emit()
    assert clicks == [True]
    made._timer.timeout.emit()
    assert not made._icon.isVisible()


_CALL = """
import os, sys
from PySide6.QtCore import QCoreApplication
from stemdesk.gui.desktop_notes import ProgramNotes, notes
from stemdesk.gui.tasks import Tasks
app = QCoreApplication([])
tasks = Tasks()
made = notes(tasks, tasks, list)
assert isinstance(made, ProgramNotes), made
made.tell("Song split", "Tom & Jerry — 🎵")
while tasks._tasks:
    app.processEvents()
tasks.close(5000)
"""
_MONITORED = """
dbus-monitor --session "interface='org.freedesktop.Notifications'" > "$1" &
until grep -q NameAcquired "$1"; do :; done
"$2" -c "$3"
until grep -q -e Jerry "$1"; do :; done
kill %1
"""


@pytest.mark.skipif(
    not all(map(shutil.which, ("dbus-run-session", "dbus-monitor", "busctl"))),
    reason="no message bus to test with",
)
def test_a_real_bus_gets_it(tmp_path: Path) -> None:
    source = str(Path(__file__).parents[2] / "src")
    seen = tmp_path / "seen"
    shell = ["bash", "-c", _MONITORED, "bash", str(seen), sys.executable, _CALL]
    subprocess.run(
        ["dbus-run-session", "--", *shell],
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=120,
    )
    text = seen.read_text("utf-8")
    assert "member=Notify" in text and 'string "Song split"' in text
    assert 'string "Tom &amp; Jerry — 🎵"' in text
    assert 'string "io.github.stemdesk.StemDesk"' in text and "int32 -1" in text
