"""The app as people start it: a process of its own, offscreen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui import app_words
from stemdesk.gui.app import FirstPaint, bring_to_front, forget_own_plugins
from stemdesk.gui.instance import TOKEN
from stemdesk.jobs.store import JobStore
from support.jobs import a_job
from support.media import make, sine
from support.models import install_small, save_network, small_htdemucs
from support.stage import song_folder

SOURCE = Path(__file__).parents[2] / "src"
HEAVY = {"torch", "demucs", "av", "numpy", "sounddevice", "soundfile", "httpx2", "yt_dlp"}

# What the tests' processes do around `run`: `shown` and `started` are told as JSON lines.
_PRELUDE = """
import gc, json, sys
from pathlib import Path
from stemdesk.gui import app
from stemdesk.gui.given import given_by_arguments
from stemdesk.gui.controller import Controller
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

def tell(**facts):
    print(json.dumps(facts), flush=True)

def the_window():
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, app.MainWindow))

class Painted(app.FirstPaint):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint:
            tell(painted=True, modules=sorted(sys.modules))
        return super().eventFilter(watched, event)

class Told(Controller):
    def start(self):
        window = the_window()
        tell(started=True, visible=window.isVisible(), title=window.windowTitle(),
             desktop=QApplication.desktopFileName(), platform=QApplication.platformName(),
             collects=gc.isenabled())
        self.jobs_added.connect(lambda jobs: tell(added=[str(job.source) for job in jobs]))
        self.jobs_added.connect(
            lambda jobs: [tell(links=[job.link.url]) for job in jobs if job.link])
        self.job_changed.connect(
            lambda job_id: tell(state=self.job(job_id).state if self.job(job_id) else None))
        self.device_known.connect(lambda device: tell(device=device.name))
        super().start()

app.Controller = Told
app.FirstPaint = Painted
"""
_RUN = (
    _PRELUDE
    + """
sys.exit(app.run(given_by_arguments(sys.argv[1:]), ["--platform", "offscreen"]))
"""
)
_PROGRAM = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from stemdesk.__main__ import main
sys.exit(main())
"""
_RUN_AND_QUIT = (
    _PRELUDE
    + """
class Quits(Told):
    def start(self):
        super().start()
        self.device_known.connect(lambda _: the_window().close())
app.Controller = Quits
sys.exit(app.run(given_by_arguments([]), ["--platform", "offscreen"]))
"""
)
_DELETE = (
    _PRELUDE
    + """
from PySide6.QtCore import QTimer
from stemdesk.gui.delete_everything import DeleteDialog

def choose():
    for dialog in the_window().findChildren(DeleteDialog):
        if dialog.isVisible():
            timer.stop()
            dialog.delete.click()

class Deletes(Told):
    def start(self):
        global timer
        super().start()
        self.device_known.connect(lambda _: the_window().pages.ask_delete())
        timer = QTimer(self, interval=20)
        timer.timeout.connect(choose)
        timer.start()

app.Controller = Deletes
app.log.set_up(Path(sys.argv[1]) / "logs", "window")
sys.exit(app.run(given_by_arguments([]), ["--platform", "offscreen"]))
"""
)
_IMPORTED = (
    _PRELUDE
    + """
class Imports(Told):
    def start(self):
        self.models_known.connect(
            lambda models: tell(models=[one.name for one in models if one.state == "installed"]))
        super().start()

app.Controller = Imports
sys.exit(app.run(given_by_arguments(sys.argv[1:]), ["--platform", "offscreen"]))
"""
)
_DEAF = (
    _PRELUDE
    + """
import time

class Deaf:
    def __init__(self, workplace):
        self.workplace = workplace

    def run(self, job, report, cancel):
        tell(running=True)
        time.sleep(600)  # hangs: the test is that the process ends all the same

app.Controller = lambda folders, settings: Told(folders, settings, Deaf)
sys.exit(app.run(given_by_arguments(sys.argv[1:]), ["--platform", "offscreen"]))
"""
)
_HUNG = (
    _PRELUDE
    + """
import time
from PySide6.QtCore import QTimer
from stemdesk.jobs import saved_song
from stemdesk.gui.dialogs import CloseChoice
from stemdesk.gui.values import Surroundings

hung = []

def hang(what):
    hung.append(what)
    time.sleep(600)  # hangs: the test is that the process ends all the same

class Deaf:
    def __init__(self, workplace):
        self.workplace = workplace

    def run(self, job, report, cancel):
        hang("pipeline")

def choose():
    if {"pipeline", "reader"} <= set(hung):
        timer.stop()
        tell(chosen=True, patience_ms=app._CLOSE_MS + Surroundings().stop_ms)
        the_window()._close_chosen(CloseChoice.STOP_NOW)

class Chooses(Told):
    def start(self):
        global timer
        super().start()
        timer = QTimer(self, interval=20)
        timer.timeout.connect(choose)
        timer.start()

saved_song.StemReader = lambda path: hang("reader")
app.Controller = lambda folders, settings: Chooses(folders, settings, Deaf)
sys.exit(app.run(given_by_arguments(sys.argv[1:]), ["--platform", "offscreen"]))
"""
)
_OPENED = (
    _PRELUDE
    + """
from PySide6.QtGui import QFileOpenEvent

class Opens(Told):
    def start(self):
        super().start()
        QApplication.sendEvent(QApplication.instance(), QFileOpenEvent(sys.argv[1]))

app.Controller = Opens
sys.exit(app.run(given_by_arguments([]), ["--platform", "offscreen"]))
"""
)
_CRASHES = (
    _PRELUDE
    + """
from PySide6.QtCore import QTimer

seen = []

def look():
    banner, crash_log = the_window().banners.crash, Path(sys.argv[1]) / "logs/window-crash.log"
    if banner.isVisible():
        seen.append(banner.label.text())
        banner.buttons[1].click()
    elif seen and crash_log.stat().st_size == 0:
        timer.stop()
        tell(crash=seen)
        the_window().close()

class Sees(Told):
    def start(self):
        global timer
        super().start()
        timer = QTimer(self, interval=20)
        timer.timeout.connect(look)
        timer.start()

app.Controller = Sees
app.log.set_up(Path(sys.argv[1]) / "logs", "window")
sys.exit(app.run(given_by_arguments([]), ["--platform", "offscreen"]))
"""
)


class App:
    """StemDesk in a process of its own, with its folders below `home`; it asks for no model."""

    def __init__(self, home: Path, script: str, *paths: Path | str) -> None:
        settings = home / "config" / "settings.json"
        if not settings.exists():
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text('{"draft_accepted": true}')
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, paths)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "PYTHONPATH": str(SOURCE),
                "STEMDESK_HOME": str(home),
                "HOME": str(home),
                "PATH": os.environ.get("PATH", ""),
            },
        )

    def wait_for(self, key: str, value: object = None) -> Any:
        """The first line with this fact, or with this value of it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            facts = json.loads(line)
            if key in facts and value in (None, facts[key]):
                return facts
        raise AssertionError(f"ended without {key}: {self.process.communicate()[1]}")

    def end(self) -> tuple[int, str]:
        """Exit code and standard error, after an end that was asked for."""
        _, errors = self.process.communicate(timeout=60)
        for name in ("raise()", "propagateSizeHints()"):
            errors = errors.replace(f"This plugin does not support {name}\n", "")
        return self.process.returncode, errors


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Starts the app; what still runs after the test is killed."""
    apps: list[App] = []

    def make_app(script: str, *paths: Path | str) -> App:
        apps.append(App(tmp_path, script, *paths))
        return apps[-1]

    yield make_app
    for app in apps:
        app.process.kill()
        app.process.communicate()


def test_the_window_shows_before_anything_heavy_is_loaded(start: Callable[..., App]) -> None:
    app = start(_RUN_AND_QUIT)
    modules = set(app.wait_for("painted")["modules"])
    assert "PySide6" in modules and not HEAVY & modules
    facts = app.wait_for("started")
    assert facts["visible"]
    assert facts["platform"] == "offscreen"
    assert facts["title"].startswith("StemDesk")
    assert facts["desktop"] == "io.github.stemdesk.StemDesk"
    assert not facts["collects"]  # by itself, in any thread
    assert app.wait_for("device")["device"]  # the real probe, after that
    assert app.end() == (0, "")


def test_everything_is_deleted_when_the_app_has_closed(
    start: Callable[..., App], tmp_path: Path
) -> None:
    install_small(tmp_path / "data" / "models", "small")
    stem = song_folder(tmp_path / "music" / "StemDesk" / "song") / "vocals.wav"
    app = start(_DELETE, tmp_path)
    code, said = app.end()
    assert code == 0 and "still there" not in said
    pulse = tmp_path / ".config" / "pulse"  # what libpulse makes, where PortAudio has that
    kept = {path for path in tmp_path.iterdir() if list(path.iterdir()) != [pulse]}
    assert kept == {tmp_path / "data", tmp_path / "music"} and stem.exists()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["models"]


def test_files_on_the_command_line_are_split(start: Callable[..., App], tmp_path: Path) -> None:
    install_small(tmp_path / "data" / "models", "small")
    song = make(tmp_path / "song.wav", "wav-16", sine(44100, 44100), 44100)
    app = start(_RUN, song)
    assert app.wait_for("added")["added"] == [str(song)]
    app.wait_for("state", "done")
    assert (tmp_path / "music" / "StemDesk" / "song" / "stemdesk.json").is_file()
    app.process.send_signal(signal.SIGTERM)
    assert app.end() == (0, "")


def test_a_model_file_on_the_command_line_is_imported(
    start: Callable[..., App], tmp_path: Path
) -> None:
    path = save_network(tmp_path, small_htdemucs(9))
    app = start(_IMPORTED, path)
    assert app.wait_for("models", [path.stem])
    app.process.send_signal(signal.SIGTERM)
    assert app.end() == (0, "")


def test_a_second_start_hands_its_files_to_the_first(
    start: Callable[..., App], tmp_path: Path
) -> None:
    song = make(tmp_path / "song.wav", "wav-16", sine(4410, 44100), 44100)
    first = start(_RUN)
    first.wait_for("started")
    second = start(_RUN, song)
    assert first.wait_for("added")["added"] == [str(song)]
    assert second.end() == (0, "")
    first.process.send_signal(signal.SIGINT)
    assert first.end() == (0, "")


def test_links_on_the_command_line_become_songs_here_or_in_the_window_that_is_there(
    start: Callable[..., App], tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text(
        '{"draft_accepted": true, "links_noticed": true}'
    )
    first = start(_RUN, "http://127.0.0.1:9/one.mp3")
    assert first.wait_for("links")["links"] == ["http://127.0.0.1:9/one.mp3"]
    second = start(_PROGRAM, "http://127.0.0.1:9/two.mp3")
    assert first.wait_for("links")["links"] == ["http://127.0.0.1:9/two.mp3"]
    assert second.end() == (0, "")
    first.process.send_signal(signal.SIGTERM)
    assert first.end() == (0, "")


def test_a_signal_while_working_ends_in_order_and_keeps_the_work(
    start: Callable[..., App], tmp_path: Path
) -> None:
    install_small(tmp_path / "data" / "models", "small")
    song = make(tmp_path / "song.wav", "wav-16", sine(20 * 44100, 44100), 44100)
    app = start(_RUN, song)
    app.wait_for("state", "separating")
    app.process.send_signal(signal.SIGTERM)
    assert app.end() == (0, "")
    store = JobStore(tmp_path / "data" / "jobs.sqlite3")
    (job,) = store.all()
    store.close()
    assert job.state is JobState.QUEUED
    assert (tmp_path / "data" / "jobs" / job.id / "mix.json").is_file()


def test_a_kill_is_shown_as_interrupted_at_the_next_start(
    start: Callable[..., App], tmp_path: Path
) -> None:
    install_small(tmp_path / "data" / "models", "small")
    song = make(tmp_path / "song.wav", "wav-16", sine(40 * 44100, 44100), 44100)
    app = start(_RUN, song)
    app.wait_for("state", "separating")
    app.process.kill()
    app.end()
    again = start(_RUN)
    again.wait_for("state", "interrupted")
    again.process.send_signal(signal.SIGTERM)
    assert again.end() == (0, "")


def test_the_process_ends_even_if_a_task_does_not(
    start: Callable[..., App], tmp_path: Path
) -> None:
    song = make(tmp_path / "song.wav", "wav-16", sine(4410, 44100), 44100)
    app = start(_DEAF, song)
    app.wait_for("running")
    app.process.send_signal(signal.SIGTERM)
    assert app.end() == (0, "")


def test_a_file_that_the_system_opens_is_added(start: Callable[..., App], tmp_path: Path) -> None:
    song = make(tmp_path / "song.wav", "wav-16", sine(4410, 44100), 44100)
    app = start(_OPENED, song)
    assert app.wait_for("added")["added"] == [str(song)]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_after_a_crash_the_next_start_offers_a_report(
    start: Callable[..., App], tmp_path: Path
) -> None:
    first = start(_CRASHES, tmp_path)
    first.wait_for("started")
    first.process.send_signal(signal.SIGSEGV)
    code, _ = first.end()
    assert code == -signal.SIGSEGV
    second = start(_CRASHES, tmp_path)
    assert second.wait_for("crash")["crash"] == [app_words.ENDED]
    assert second.end() == (0, "")


def test_closing_takes_less_than_two_seconds_whatever_hangs(
    start: Callable[..., App], tmp_path: Path
) -> None:
    """What it waits for in all, from the choice on. What hangs here does so for ten minutes."""
    folder = song_folder(tmp_path / "done")
    store = JobStore(tmp_path / "data" / "jobs.sqlite3")
    done = a_job(Path("done.mp3"), state=JobState.DONE, output=folder, frames=800, samplerate=8000)
    store.add([done])
    store.close()
    song = make(tmp_path / "song.wav", "wav-16", sine(4410, 44100), 44100)
    app = start(_HUNG, song)
    assert app.wait_for("chosen")["patience_ms"] < 2000
    assert app.end() == (0, "")


def test_a_lock_that_cannot_be_written_is_said(start: Callable[..., App], tmp_path: Path) -> None:
    (tmp_path / "data" / "window.lock").mkdir(parents=True)
    code, errors = start(_RUN).end()
    assert code == 1
    assert f"{tmp_path / 'data' / 'window.lock'} cannot be written to." in errors


def test_data_that_cannot_be_written_is_said(start: Callable[..., App], tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    code, errors = start(_RUN).end()
    assert code == 1
    assert f"{tmp_path / 'data'} cannot be written to." in errors


def test_work_begins_also_in_a_window_that_is_not_painted(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    begun: list[bool] = []
    FirstPaint(window, lambda: begun.append(window.isVisible()), latest_ms=20)
    qtbot.waitUntil(lambda: begun == [False])
    window.show()
    qtbot.waitExposed(window)
    assert begun == [False]


def test_work_begins_once_after_the_first_paint(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    painted: list[bool] = []
    FirstPaint(window, lambda: painted.append(window.isVisible()))
    assert painted == []
    window.show()
    qtbot.waitUntil(lambda: painted == [True])
    window.repaint()
    window.hide()
    window.show()
    qtbot.waitExposed(window)
    assert painted == [True]


@pytest.mark.parametrize("frozen", [True, False])
def test_programs_that_the_frozen_app_starts_do_not_load_its_plug_ins(
    frozen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_PLUGIN_PATH", "/somewhere")
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    forget_own_plugins()
    assert ("QT_PLUGIN_PATH" in os.environ) is not frozen


@pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's
def test_a_token_of_the_desktop_is_there_while_the_window_comes_to_the_front(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qt's part for Wayland takes it from the environment (seen with sway)."""
    seen: list[str | None] = []

    class Window(QWidget):
        def activateWindow(self) -> None:
            seen.append(os.environ.get(TOKEN))

    monkeypatch.delenv(TOKEN, raising=False)
    window = Window()
    qtbot.addWidget(window)
    for token in ("a token", ""):
        bring_to_front(window, token)
        assert TOKEN not in os.environ
    assert seen == ["a token", None] and window.isVisible()
