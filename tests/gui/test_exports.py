"""Exports in the whole window: asked for, running, ended, and the window's end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import DiskFullError
from stemdesk.core.export_order import ExportOrder, Part, PartKind
from stemdesk.core.export_presets import ExportPreset
from stemdesk.core.job import Job, JobState
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.core.track import Tags
from stemdesk.gui import export_reports
from stemdesk.gui.export_details import DetailsDialog
from stemdesk.gui.export_dialog import ExportDialog
from stemdesk.gui.export_preset_bar import NameDialog
from stemdesk.gui.export_values import Batch
from stemdesk.gui.row_actions import RowAction
from stemdesk.gui.values import UserMessage
from stemdesk.jobs.exports.values import Exported, ExportedSong, ReportExport
from support.export_script import done, endless
from support.opened import record_opened
from support.stage import Stage
from support.told import record_told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

CTRL = Qt.KeyboardModifier.ControlModifier


class Theatre(Stage):
    """A stage with songs to export."""

    def song(self, name: str = "Viper") -> Job:
        return self.done_song(name)

    def asked(self) -> ExportDialog:
        """The export window, once it is there with its first names."""
        self.qtbot.waitUntil(lambda: bool(self._shown()), timeout=20_000)
        (dialog,) = self._shown()
        self.qtbot.waitUntil(lambda: not dialog.planning, timeout=20_000)
        return dialog

    def _shown(self) -> list[ExportDialog]:
        return [one for one in self.window.findChildren(ExportDialog) if one.isVisible()]

    def export(self, *jobs: Job, ended: bool = True) -> None:
        """Press Export for these songs, and wait for the end."""
        self.window.exports.show([job.id for job in jobs])
        count = len(self.script.exported)
        self.asked().export.click()
        self.qtbot.waitUntil(lambda: len(self.script.exported) > count, timeout=20_000)
        if ended:
            self.qtbot.waitUntil(lambda: not self.controller.exports.busy, timeout=20_000)

    @property
    def script(self):  # type: ignore[no-untyped-def] # the fake controller's
        return self.controller.export_script

    @property
    def strip(self):  # type: ignore[no-untyped-def] # the window's
        return self.window.exports.strip

    def report(self) -> str:
        """What the newest report says."""
        return str(self.strip.reports[0].label.text())


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Theatre]:
    made = Theatre(qtbot, tmp_path)
    yield made
    made.controller.exports.stop()


def failing(*names: str) -> object:
    """These songs fail, the others do not."""

    def run(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
        full = DiskFullError(batch.folder, 10**9)
        return Exported(
            tuple(
                ExportedSong(song, error=full) if song.title in names else done(song, batch.folder)
                for song in batch.songs
            )
        )

    return run


def test_a_song_is_called_as_in_the_library(stage: Theatre) -> None:
    job = stage.done_song("viper", tags=Tags("Viper", "Reptiles"))
    stage.window.exports.show([job.id])
    assert stage.asked().headline.text() == "Export “Viper — Reptiles”"
    stage.asked().export.click()
    stage.qtbot.waitUntil(lambda: bool(stage.strip.reports), timeout=20_000)
    assert "of “Viper — Reptiles” exported." in stage.report()


def test_ctrl_e_exports_what_is_selected_as_it_is_heard(stage: Theatre) -> None:
    job = stage.song()
    heard = Listening(speed_percent=80.0)
    stage.controller.memory.remember(job.id, heard)
    stage.window.library.view.select(job.id)
    stage.key(Qt.Key.Key_E, CTRL, on=stage.window)
    stage.asked().export.click()
    stage.qtbot.waitUntil(lambda: bool(stage.script.exported), timeout=20_000)
    (batch,) = stage.script.exported
    assert [song.listening for song in batch.songs] == [heard]
    assert batch.songs[0].folder == job.output
    assert batch.folder == stage.controller.folders.exports


def test_the_transports_button_and_the_menu_open_the_same_window(stage: Theatre) -> None:
    stage.play_song()
    button = stage.window.song.stems.transport.export
    assert button.isEnabled()
    button.click()
    stage.asked().reject()
    one, two = stage.song("one"), stage.song("two")
    menu = stage.window.commands.menu([one.id, two.id], stage.window)
    (action,) = [a for a in menu.actions() if a.objectName() == RowAction.EXPORT.value]
    action.trigger()
    assert stage.asked().headline.text() == "Export 2 songs"


def test_unfinished_songs_are_not_exported(stage: Theatre) -> None:
    job = stage.controller.add("queued.mp3")
    stage.window.exports.show([job.id])
    assert RowAction.EXPORT not in stage.window.commands.allowed(job.id)


def test_stems_that_are_gone_are_told(stage: Theatre) -> None:
    said: list[UserMessage] = []
    stage.controller.message.connect(said.append)
    stage.script.stems = ()
    stage.window.exports.show([stage.song().id])
    stage.qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "The stems are not in" in said[0].text


def test_the_last_choice_comes_again(stage: Theatre, tmp_path: Path) -> None:
    job = stage.song()
    stage.window.exports.show([job.id])
    dialog = stage.asked()
    dialog.parts.boxes[PartKind.INSTRUMENTAL].click()
    dialog.where.folder.setText(str(tmp_path / "elsewhere"))
    dialog.export.click()
    stage.qtbot.waitUntil(lambda: bool(stage.script.exported), timeout=20_000)
    settings: Settings = stage.controller.settings
    order = ExportOrder.from_json(json.loads(settings.last_export))
    assert Part(PartKind.INSTRUMENTAL) in order.parts
    assert settings.export_folder == str(tmp_path / "elsewhere")
    stage.window.exports.show([job.id])
    assert stage.asked().order() == order


def test_a_last_choice_that_cannot_be_read_is_the_usual(stage: Theatre) -> None:
    stage.controller.settings = replace(stage.controller.settings, last_export='{"parts": 3}')
    stage.window.exports.show([stage.song().id])
    assert stage.asked().order() == ExportOrder()


def test_what_runs_is_shown_and_can_be_cancelled(stage: Theatre) -> None:
    stage.script.behaviour = endless
    line = stage.strip.running
    assert not line.isVisible()
    stage.export(stage.song(), ended=False)
    stage.qtbot.waitUntil(lambda: bool(line.share.text()), timeout=20_000)
    assert line.isVisible()
    assert line.label.text() == "Exporting “Viper”: vocals.wav"
    assert line.share.text() == "43 %, 1:12 left"
    assert line.bar.value() == 430
    stage.controller.exports.put(stage.script.exported[0].again(stage.script.exported[0].songs))
    assert line.more.text() == "1 more export after it"
    stage.controller.exports.cancel_all()
    assert line.label.text() == export_reports.CANCELLING
    assert not line.share.text()
    stage.qtbot.waitUntil(lambda: not line.isVisible(), timeout=20_000)
    assert stage.report() == "The export was cancelled. Nothing was written."


def test_cancel_pressed_twice_presses_nothing_else(stage: Theatre) -> None:
    stage.script.behaviour = endless
    stage.export(stage.song(), ended=False)
    cancel = stage.strip.running.cancel
    cancel.setFocus()
    stage.key(Qt.Key.Key_Space, on=cancel)
    assert QApplication.focusWidget() is None
    stage.qtbot.waitUntil(lambda: not stage.controller.exports.busy, timeout=20_000)


def test_what_came_of_it(stage: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    def exact(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
        depth = NullDepth(-38.0, None)
        one = done(batch.songs[0], batch.folder, gain_db=-1.24, null_depth=depth)
        return Exported((one,))

    stage.script.behaviour = exact
    told = record_told(monkeypatch)
    stage.export(stage.song())
    text = (
        "1 file of “Viper” exported. The stems sum to the song exactly. "
        "All are 1.2 dB quieter, so that none clips."
    )
    assert stage.report() == text
    assert told.count(text) == 1
    (banner,) = stage.strip.reports
    folder, details = banner.buttons
    opened = record_opened(monkeypatch)
    where = stage.controller.folders.exports
    where.mkdir(parents=True)
    folder.click()
    stage.qtbot.waitUntil(lambda: bool(opened), timeout=20_000)
    assert Path(opened[0].toLocalFile()) == where
    details.click()
    dialog = stage.dialog()
    assert isinstance(dialog, DetailsDialog)
    words = dialog.details.toPlainText()
    assert "All of its files are 1.2 dB quieter" in words
    assert "Added up, the stems are the song, sample for sample." in words
    assert f"In {where}:\n    Viper.wav" in words
    stage.press("copy")
    assert QGuiApplication.clipboard().text() == words


def test_a_folder_that_is_gone_is_told(stage: Theatre) -> None:
    said: list[UserMessage] = []
    stage.controller.message.connect(said.append)
    stage.export(stage.song())
    stage.strip.reports[0].buttons[0].click()
    stage.qtbot.waitUntil(lambda: bool(said), timeout=20_000)
    assert "is not there. Connect its drive" in said[0].text


def test_failures_stay_and_can_be_tried_again(stage: Theatre) -> None:
    stage.script.behaviour = failing("two")
    one, two = stage.song("one"), stage.song("two")
    stage.export(one, two)
    assert stage.report().startswith("1 file of 1 song exported. “two” could not be exported. The")
    assert "The disk is full" in stage.report()
    failed = stage.strip.reports[0]
    stage.export(one)  # another one that goes well
    assert stage.report() == "1 file of “one” exported."
    assert failed in stage.strip.reports and failed.isVisible()
    failed.buttons[0].click()
    stage.qtbot.waitUntil(lambda: len(stage.script.exported) == 3, timeout=20_000)
    stage.qtbot.waitUntil(lambda: not stage.controller.exports.busy, timeout=20_000)
    assert [song.title for song in stage.script.exported[2].songs] == ["two"]
    assert stage.report().startswith("“two” could not be exported. The disk is full")
    assert [banner.isVisible() for banner in stage.strip.reports].count(True) == 1


def test_songs_that_fail_one_after_the_other_are_told_as_one(stage: Theatre) -> None:
    stage.script.behaviour = failing("one", "two", "three")
    one, two, three = (stage.song(name) for name in ("one", "two", "three"))
    for job in (one, two, one, three):
        stage.export(job)
    (banner,) = stage.strip.reports
    assert stage.report().startswith("None of the 3 songs could be exported. The disk is full")
    banner.buttons[0].click()
    stage.qtbot.waitUntil(lambda: len(stage.script.exported) == 5, timeout=20_000)
    assert [song.title for song in stage.script.exported[-1].songs] == ["one", "two", "three"]
    stage.qtbot.waitUntil(lambda: not stage.controller.exports.busy, timeout=20_000)


def test_a_report_that_went_well_makes_room_for_the_next(stage: Theatre) -> None:
    job = stage.song()
    for _ in range(4):
        stage.export(job)
    assert len(stage.strip.reports) == 1


def test_when_no_song_went_well_it_is_said_once(stage: Theatre) -> None:
    stage.script.behaviour = failing("one", "two")
    stage.export(stage.song("one"), stage.song("two"))
    assert stage.report().startswith("None of the 2 songs could be exported. The disk is full")


def test_songs_that_failed_are_exported_otherwise(stage: Theatre, tmp_path: Path) -> None:
    stage.script.behaviour = failing("two")
    stage.export(stage.song("one"), stage.song("two"))
    (change,) = [b for b in stage.strip.reports[0].buttons if b.text() == export_reports.CHANGE]
    change.click()
    dialog = stage.asked()
    assert dialog.headline.text() == "Export “two”"
    assert dialog.order() == stage.script.exported[0].order


def test_ctrl_e_exports_what_is_shown_where_nothing_is_selected(stage: Theatre) -> None:
    stage.song()
    stage.play_song()
    stage.window.library.view.clearSelection()
    stage.key(Qt.Key.Key_E, CTRL, on=stage.window)
    stage.asked().reject()


def test_ctrl_e_says_why_nothing_can_be_exported(stage: Theatre) -> None:
    said: list[UserMessage] = []
    stage.controller.message.connect(said.append)
    stage.key(Qt.Key.Key_E, CTRL, on=stage.window)
    assert [one.text for one in said] == ["A song can be exported once it is split."]


def test_a_preset_that_songs_are_exported_with_may_get_another_name(stage: Theatre) -> None:
    stage.script.presets = (ExportPreset("Mine", ExportOrder()),)
    stage.controller.settings = replace(stage.controller.settings, auto_export="Mine")
    stage.window.exports.show([stage.song().id])
    bar = stage.asked().presets
    bar.show_name("Mine")
    bar.menu().actions()[1].trigger()
    (ask,) = stage.window.findChildren(NameDialog)
    ask.name.setText("Ours")
    ask.save.click()
    settings: Settings = stage.controller.settings
    assert settings.auto_export == "Ours"


def test_the_presets_that_are_saved_last_stay(stage: Theatre) -> None:
    free, begun = threading.Event(), threading.Event()
    saved: list[tuple[ExportPreset, ...]] = []

    def save(path: Path, presets: Sequence[ExportPreset]) -> None:
        begun.set()
        assert free.wait(20)
        saved.append(tuple(presets))

    desk = stage.controller.exports
    desk.services = replace(desk.services, save=save)
    stage.window.exports.show([stage.song().id])
    edited = stage.asked().edited
    first, second = ExportPreset("a", ExportOrder()), ExportPreset("b", ExportOrder())
    edited.emit((first,))
    stage.qtbot.waitUntil(begun.is_set, timeout=20_000)
    edited.emit((first, second))
    edited.emit((second,))
    free.set()
    stage.qtbot.waitUntil(lambda: len(saved) == 2, timeout=20_000)
    assert saved == [(first,), (second,)]


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["C:/a/x.wav", "C:/a/b/y.wav"], "C:/a"),
        (["C:/a/x.wav", "D:/a/y.wav"], "C:/a"),
        (["C:/a/x.wav", "C:/b/y.wav"], "C:/a"),
        (["C:/x.wav", "C:/y.wav"], "C:/"),
        ([], None),
    ],
)
def test_the_folder_that_is_shown(paths: list[str], folder: str | None) -> None:
    there = [PureWindowsPath(path) for path in paths]
    found = export_reports.common_folder(there)  # type: ignore[arg-type] # of no system's own
    assert str(found) == str(folder and PureWindowsPath(folder))


def test_escape_closes_a_report(stage: Theatre) -> None:
    stage.export(stage.song())
    stage.key(Qt.Key.Key_Escape, on=stage.window)
    assert not stage.strip.reports[0].isVisible()


def test_closing_asks_while_an_export_runs(stage: Theatre) -> None:
    stage.script.behaviour = endless
    stage.export(stage.song(), ended=False)
    stage.window.close()
    assert stage.window.isVisible()
    stage.window.close()  # one question is enough
    stage.press("stay")
    assert stage.window.isVisible() and stage.controller.exports.busy
    stage.window.close()
    stage.press("finish")
    line = stage.strip.running
    assert export_reports.CLOSES_AFTER in line.label.text()
    line.stay.click()
    assert export_reports.CLOSES_AFTER not in line.label.text()
    stage.window.close()
    stage.press("stop")
    stage.qtbot.waitUntil(lambda: not stage.window.isVisible(), timeout=20_000)


def test_the_window_closes_when_the_export_is_done(stage: Theatre) -> None:
    stage.script.behaviour = endless
    stage.export(stage.song(), ended=False)
    stage.window.close()
    stage.press("finish")
    stage.controller.exports.cancel()  # its end, whatever it is
    stage.qtbot.waitUntil(lambda: not stage.window.isVisible(), timeout=20_000)


def test_then_it_asks_about_a_song_that_is_split(stage: Theatre) -> None:
    stage.script.behaviour = endless
    stage.export(stage.song(), ended=False)
    stage.controller.busy = True
    stage.controller.add("run.mp3", state=JobState.SEPARATING)
    stage.window.close()
    stage.press("stop")
    stage.qtbot.waitUntil(lambda: not stage.controller.exports.busy, timeout=20_000)
    stage.qtbot.waitUntil(lambda: stage.dialog().findChild(QPushButton, "finish-first") is not None)
    assert stage.window.isVisible()
