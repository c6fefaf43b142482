from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, JobState
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.track import Tags
from stemdesk.core.transfer import Transfer
from stemdesk.gui import dialogs
from stemdesk.gui.dialogs import FailureDialog, KeysDialog
from stemdesk.gui.model_values import Download, Errand, Phase
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.gui.values import NoDevice
from support.jobs import a_job
from support.stage import MODELS, Stage, drag, drag_on, drop, file_mime

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def test_the_first_song_takes_no_keys(stage: Stage) -> None:
    window = stage.window
    window.empty.link.setFocus()
    job = stage.controller.add("one.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.5))
    assert window.focusWidget() is window.centre


def test_an_empty_window_offers_a_drop_and_a_demo(stage: Stage) -> None:
    window = stage.window
    assert window.empty.isVisible()
    assert not window.library.isVisible()
    window.empty.demo.click()
    assert stage.controller.asked("add_demo") == [()]


def test_without_a_model_the_window_names_the_folder(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, models=False)
    stage.controller.models_known.emit(())
    assert str(tmp_path / "models") in stage.window.empty.notice.text()
    assert stage.window.empty.notice.isVisible()
    stage.controller.models_known.emit(MODELS[:1])
    assert not stage.window.empty.notice.isVisible()


def test_the_first_song_is_selected(stage: Stage) -> None:
    first = stage.controller.add("one.mp3")
    stage.controller.add("two.mp3")
    assert not stage.window.empty.isVisible()
    assert stage.window.library.isVisible()
    assert stage.window.song.job_id == first.id


def test_later_songs_leave_the_selection_alone(stage: Stage) -> None:
    stage.controller.add("one.mp3")
    second = stage.controller.add("two.mp3")
    stage.window.library.view.select(second.id)
    stage.controller.add("three.mp3")
    assert stage.window.song.job_id == second.id


def test_the_last_song_removed_empties_the_window(stage: Stage) -> None:
    job = stage.controller.add("one.mp3")
    stage.controller.remove([job.id])
    assert stage.window.empty.isVisible()
    assert stage.window.song.job_id == ""


def test_500_songs_become_rows(stage: Stage) -> None:
    stage.controller.put(*(a_job(Path(f"/music/{n}.mp3")) for n in range(500)))
    model = stage.window.library.view.model()
    assert model.rowCount() == 500
    assert model.data(model.index(499, 0)) == "499"


@pytest.mark.parametrize("target", ["window", "list", "path", "song", "status"])
def test_files_are_dropped_anywhere(stage: Stage, target: str) -> None:
    stage.controller.add("there.mp3")
    window = stage.window
    widgets = {
        "window": window,
        "list": window.library.view.viewport(),
        "path": window.add_bar.path,
        "song": window.song,
        "status": window.status,
    }
    paths = [stage.root / "a.mp3", stage.root / "b.mp3", stage.root / "c.mp3"]
    data = file_mime(paths)
    assert drag(widgets[target], data)
    assert window.overlay.isVisible()
    assert window.overlay.text == "Split 3 files"
    assert drag_on(window, data)
    assert drop(window, data)
    assert not window.overlay.isVisible()
    assert stage.controller.asked("add_paths") == [(paths,)]


def test_dragging_away_takes_the_overlay_away(stage: Stage) -> None:
    from PySide6.QtGui import QDragLeaveEvent

    drag(stage.window, file_mime([stage.root / "a.mp3"]))
    QApplication.sendEvent(stage.window, QDragLeaveEvent())
    assert not stage.window.overlay.isVisible()


def test_the_overlay_grows_with_the_window(stage: Stage) -> None:
    drag(stage.window, file_mime([stage.root / "a.mp3"]))
    stage.window.resize(1400, 900)
    stage.qtbot.waitUntil(lambda: stage.window.overlay.width() == 1400)


def test_plain_text_is_not_taken_as_a_drop(stage: Stage) -> None:
    from PySide6.QtCore import QMimeData

    data = QMimeData()
    data.setText("just words")
    assert not drag(stage.window, data)
    assert not stage.window.overlay.isVisible()


def test_paste_adds_files(stage: Stage) -> None:
    paths = [stage.root / "a.mp3"]
    QApplication.clipboard().setMimeData(file_mime(paths))
    stage.key(Qt.Key.Key_V, CONTROL, on=stage.window)
    assert stage.controller.asked("add_paths") == [(paths,)]


def test_paste_adds_paths_that_were_copied_as_text(stage: Stage) -> None:
    song = stage.root / "a song.mp3"
    song.write_bytes(b"la")
    QApplication.clipboard().setText(f'"{song}"\nnothing else\n')
    stage.window.paste()
    assert stage.controller.asked("add_paths") == [([song],)]


def test_ctrl_o_asks_for_files(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [stage.root / "a.mp3"]
    monkeypatch.setattr(dialogs, "choose_files", lambda _parent, then: then(paths))
    stage.key(Qt.Key.Key_O, CONTROL, on=stage.window)
    assert stage.controller.asked("add_paths") == [(paths,)]


def test_ctrl_shift_o_asks_for_a_folder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [stage.root]
    monkeypatch.setattr(dialogs, "choose_folder", lambda _parent, _caption, then: then(paths))
    stage.key(Qt.Key.Key_O, CONTROL | Qt.KeyboardModifier.ShiftModifier, on=stage.window)
    assert stage.controller.asked("add_paths") == [(paths,)]


def test_f1_shows_the_keys(stage: Stage) -> None:
    stage.key(Qt.Key.Key_F1, on=stage.window)
    assert isinstance(stage.dialog(), KeysDialog)


def test_ctrl_comma_shows_the_settings_and_saves_them(stage: Stage) -> None:
    stage.key(Qt.Key.Key_Comma, CONTROL, on=stage.window)
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    edit = dialog.fields["output_folder"].control
    assert isinstance(edit, QLineEdit)
    edit.setText("/elsewhere")
    dialog.changed.emit(dialog.settings)
    assert stage.controller.settings.output_folder == "/elsewhere"


# Narrow windows


def test_under_1000_pixels_the_library_is_a_drawer(stage: Stage) -> None:
    window = stage.window
    job = stage.controller.add("one.mp3")
    window.resize(999, 700)
    assert window.body.narrow
    assert not window.library.isVisible()
    window.add_bar.library.click()
    assert window.library.isVisible()
    assert window.library.geometry().topLeft().toTuple() == (0, 0)
    index = window.library.view.model().index(0, 0)
    centre = window.library.view.visualRect(index).center()
    QTest.mouseClick(window.library.view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert not window.library.isVisible()
    assert window.song.job_id == job.id
    window.resize(1000, 700)
    assert window.library.isVisible()
    assert not window.body.narrow


def test_a_library_that_was_put_away_stays_away(stage: Stage) -> None:
    window = stage.window
    stage.controller.add("one.mp3")
    window.add_bar.library.click()
    assert not window.library.isVisible()
    stage.controller.add("two.mp3")
    assert not window.library.isVisible()
    window.add_bar.library.click()
    assert window.library.isVisible()


def test_escape_and_a_click_beside_it_close_the_drawer(stage: Stage) -> None:
    window = stage.window
    stage.controller.add("one.mp3")
    window.resize(900, 600)
    stage.key(Qt.Key.Key_L, CONTROL, on=window)
    assert window.library.isVisible()
    stage.key(Qt.Key.Key_Escape, on=window.library.view)
    assert not window.library.isVisible()
    window.body.toggle()
    QTest.mouseClick(window.body._scrim, Qt.MouseButton.LeftButton)
    assert not window.library.isVisible()


# The title and the status line


def test_the_title_tells_the_progress(stage: Stage) -> None:
    job = stage.controller.add("one.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.43, 72))
    assert stage.window.windowTitle() == "43 % — StemDesk"
    stage.controller.end(job, state=JobState.CANCELLED)
    assert stage.window.windowTitle() == "StemDesk"


def test_the_status_line_tells_device_queue_and_disk(stage: Stage) -> None:
    status = stage.window.status
    assert status.device.text() == "Looking for a GPU…"
    stage.controller.device_known.emit(NoDevice("cpu", "CPU", "no GPU found"))
    assert status.device.text() == "CPU — no GPU found"
    job = stage.controller.add("one.mp3")
    stage.controller.add("two.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.1))
    stage.qtbot.waitUntil(lambda: status.queue.text() == "1 running, 1 waiting")
    stage.qtbot.waitUntil(lambda: status.disk.text().endswith("free"))
    assert not status.sound.isVisible()
    status.show_sound("no PortAudio")
    assert status.sound.isVisible()
    assert status.sound.toolTip() == "no PortAudio"


def test_quarters_are_announced(stage: Stage) -> None:
    said: list[str] = []
    stage.window.announcer.announced.connect(said.append)
    job = stage.controller.add("one.mp3", tags=Tags("Viper"))
    for fraction in (0.1, 0.26, 0.3, 0.51, 0.8, 1.0):
        stage.controller.run(job, Progress(JobStage.SEPARATING, fraction))
    stage.controller.end(job, state=JobState.DONE)
    assert said == [f"Viper: {n} % separated" for n in (25, 50, 75)] + ["Viper: Done"]


def test_a_download_is_announced_in_quarters_and_at_its_end(stage: Stage) -> None:
    said: list[str] = []
    stage.window.announcer.announced.connect(said.append)
    models = stage.controller.models
    for done in (0, 10, 26, 30, 60, 99):
        transfer = Transfer("htdemucs", done, 100, None, None)
        models.put("htdemucs", Download(Errand.DOWNLOAD, transfer=transfer))
    for _ in range(2):
        models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.DONE))
    assert said == [f"htdemucs: {n} % downloaded" for n in (25, 50, 75)] + [
        "htdemucs: Downloaded and installed"
    ]
    models.put("htdemucs", Download(Errand.DOWNLOAD))
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="No network."))
    assert said[-1] == "htdemucs: No network."


# Failures, trash, locate


def test_a_failed_row_opens_its_details(stage: Stage) -> None:
    failure = Failure(ErrorCode.SOURCE_EMPTY, "0 bytes", Path("/music/bad.mp3"))
    job = stage.controller.add("bad.mp3", state=JobState.FAILED, failure=failure)
    stage.window.show_failure(job.id)
    dialog = stage.dialog()
    assert isinstance(dialog, FailureDialog)
    assert dialog.headline.text() == "bad.mp3 is empty (0 bytes)."
    dialog.copy.click()
    copied = QApplication.clipboard().text()
    assert "source_empty" in copied
    assert "/music/bad.mp3" in copied


def test_a_song_whose_trash_was_refused_is_opened_again(stage: Stage) -> None:
    job = stage.play_song()
    stage.window.ask_trash(job.id)
    stage.press("trash")
    assert stage.player.names()[-1] == "unload"
    stage.controller.job_changed.emit(job.id)  # what the controller says to a refusal
    stage.qtbot.waitUntil(lambda: stage.player.names()[-1] == "load")
    assert stage.window.song.shows_stems


def test_trash_asks_first_and_lets_the_files_go(stage: Stage) -> None:
    job = stage.play_song()
    stage.window.ask_trash(job.id)
    stage.press("keep")
    assert stage.controller.asked("trash") == []
    stage.qtbot.waitUntil(lambda: not stage.window.findChildren(dialogs.Dialog))
    stage.window.ask_trash(job.id)
    stage.press("trash")
    assert stage.controller.asked("trash") == [(job.id,)]
    assert "unload" in stage.player.names()


def test_locate_hands_the_folder_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stage.controller.add("one.mp3", state=JobState.DONE, output=stage.root / "gone")
    monkeypatch.setattr(
        dialogs, "choose_folder", lambda _parent, _caption, then: then([stage.root / "new"])
    )
    stage.window.locate(job.id)
    assert stage.controller.asked("locate") == [(job.id, stage.root / "new")]


def test_computing_makes_way_only_while_something_plays(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(
        stage.controller.tasks, "make_way", lambda wanted, most: asked.append(wanted)
    )
    stage.play_song()
    stage.window.playback.play()
    assert asked[-1]
    stage.window.playback.pause()
    assert not asked[-1]
