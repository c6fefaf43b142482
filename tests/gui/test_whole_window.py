"""The window with everything real: controller, database, pipeline, a small model, the player."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.gui import labels
from stemdesk.gui.ask_model import AskModel
from stemdesk.gui.dialogs import CloseChoice, Dialog
from stemdesk.gui.models_page import ModelsPage
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.gui.window import MainWindow
from stemdesk.jobs.folder import is_complete, read_manifest
from stemdesk.jobs.store import JobStore
from support.desk import Desk, failing
from support.house import Ear, House
from support.models import SOURCES
from support.released import release, serving
from support.stage import drag, drop, file_mime
from support.web import Reply, Web

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

LEFT = Qt.MouseButton.LeftButton
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def house(desk: Desk, qtbot: QtBot) -> Iterator[House]:
    made = House(desk, qtbot)
    yield made
    made.close()


def press(window: MainWindow, name: str) -> None:
    """A button of the window's open dialog, by object name or text."""
    (dialog,) = [item for item in window.findChildren(Dialog) if item.isVisible()]
    buttons = dialog.findChildren(QPushButton)
    next(it for it in buttons if name in (it.objectName(), it.text().strip())).click()


def test_a_song_is_dropped_split_and_played_and_another_goes_on_next_time(house: House) -> None:
    controller, window = house.open()
    first = file_mime([house.song("one.wav", 2.0)])
    assert drag(window, first) and drop(window, first)
    house.wait_until(lambda: bool(controller.jobs) and controller.jobs[0].state is JobState.DONE)
    house.wait_until(lambda: window.song.shows_finished)  # the only song is selected
    lanes = window.song.stems.lanes
    house.wait_until(lambda: [lane.stem for lane in lanes if lane.wave.layers] == list(SOURCES))

    house.wait_until(window.song.stems.transport.play.isEnabled)
    window.song.stems.transport.play.click()
    house.wait_until(lambda: window.playback.position_s > 0.3 and house.ear.loudest > 0)
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4):
        QTest.keyClick(window.centre, key)
    assert [lane.mute.isChecked() for lane in lanes] == [True] * 4
    window.song.stems.transport.stop.click()
    house.wait_until(lambda: not window.playback.playing)
    house.ear.loudest = 0.0
    window.song.stems.transport.play.click()
    house.wait_until(lambda: window.playback.position_s > 0.3)
    assert house.ear.loudest == 0.0

    second = file_mime([house.song("two.wav", 12.0)])
    assert drag(window, second) and drop(window, second)
    house.wait_until(lambda: len(controller.jobs) == 2)
    job_id = controller.jobs[1].id
    passes = house.desk.scratch_of(job_id) / "passes"
    house.wait_until(lambda: passes.is_dir() and len(list(passes.iterdir())) > 2)
    assert not window.close()
    press(window, CloseChoice.STOP_NOW.value)
    house.wait_until(lambda: not window.isVisible())
    house.close()
    store = JobStore(house.desk.folders.database)
    assert [job.state for job in store.all()] == [JobState.DONE, JobState.QUEUED]
    store.close()

    kept = len([path for path in passes.iterdir() if path.suffix == ".f32"])
    assert kept > 0
    controller, window = house.open()
    fractions: list[float] = []

    def note(changed: str) -> None:
        progress = controller.progress(changed)
        if progress is not None and progress.stage is Stage.SEPARATING:
            fractions.append(progress.fraction)

    controller.progress_changed.connect(note)
    house.wait_until(lambda: [job.state for job in controller.jobs] == [JobState.DONE] * 2)
    assert fractions and fractions[0] > 0  # not from the start again
    window.library.view.select(job_id)
    house.wait_until(lambda: window.song.shows_finished and window.song.job_id == job_id)
    output = controller.jobs[1].output
    assert output is not None
    manifest = read_manifest(output)
    assert manifest is not None and is_complete(output, manifest)
    assert window.close()


def test_the_format_that_is_chosen_in_the_window_is_what_is_saved(house: House) -> None:
    controller, window = house.open()
    window.show_settings()
    (dialog,) = window.findChildren(SettingsDialog)
    kind = dialog.fields["format"].control
    assert isinstance(kind, QComboBox)
    kind.setCurrentIndex(kind.findData("wav"))
    press(window, labels.SAVE)
    assert controller.settings.format == "wav"
    controller.add_paths([house.song("one.wav", 0.7)])
    house.wait_until(lambda: bool(controller.jobs) and controller.jobs[0].state is JobState.DONE)
    folder = controller.jobs[0].output
    assert folder is not None
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".json") == sorted(
        f"{stem}.wav" for stem in SOURCES
    )
    assert (folder / "vocals.wav").read_bytes()[:4] == b"RIFF"


def test_a_song_with_a_damaged_stem_is_really_split_again(house: House) -> None:
    controller, window = house.open()
    controller.add_paths([house.song("one.wav", 0.7)])
    house.wait_until(lambda: window.song.shows_finished)
    before = controller.jobs[0].output
    assert before is not None
    window.close()
    house.close()
    bad = before / "vocals.flac"
    bad.write_bytes(bytes(bad.stat().st_size))
    controller, window = house.open()
    panel = window.song.panel
    house.wait_until(lambda: panel.headline.text() == labels.DAMAGED_HEADLINE)
    next(it for it in panel.buttons if it.text().strip() == "Split again").click()
    house.wait_until(lambda: controller.jobs[0].output not in (None, before))
    house.wait_until(lambda: window.song.shows_finished)
    after = controller.jobs[0].output
    assert after is not None and after == before.with_name("one (2)")
    assert bad.is_file()  # nothing of the person's is deleted


# The window over a real controller and database, with jobs that do what the test says.


@pytest.fixture
def window(desk: Desk, qtbot: QtBot) -> MainWindow:
    """Shown; its controller (`desk.controller`) starts no job until it is released."""
    controller = desk.open(start=False)
    made = MainWindow(controller, Ear().player, lambda: "")

    def end(_: object) -> None:
        desk.close()
        controller.deleteLater()  # here: the garbage collector would do it in any thread

    qtbot.addWidget(made, before_close_func=end)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    controller.hold()
    with qtbot.waitSignal(controller.jobs_reset):
        controller.start()
    return made


def test_500_files_are_rows_at_once(desk: Desk, qtbot: QtBot, window: MainWindow) -> None:
    songs = desk.songs(*(f"{n:03}.mp3" for n in range(500)))
    model = window.library.view.model()
    inserted: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    dropped = file_mime(songs)
    assert drag(window, dropped) and drop(window, dropped)
    desk.wait_until(lambda: model.rowCount() == 500)
    window.grab()
    assert [len(names) for names in desk.added] == [500]  # one transaction, one signal
    assert inserted == [(0, 499)]


def test_all_failed_songs_are_tried_again_from_the_banner(
    desk: Desk, qtbot: QtBot, window: MainWindow
) -> None:
    names = ("good.mp3", "bad.mp3", "worse.mp3")
    for name in names[1:]:
        desk.script.behaviours[name] = failing(SourceError(ErrorCode.SOURCE_UNREADABLE))
    good, *bad = desk.add(*names)
    desk.controller.release()
    desk.wait_until(window.banners.batch.isVisible)
    assert window.banners.batch.label.text() == "1 done, 2 failed"
    show, retry = window.banners.batch.buttons
    show.click()
    assert window.song.job_id == bad[0]
    desk.script.behaviours.clear()
    retry.click()
    desk.wait_for(JobState.DONE, good, *bad)
    desk.wait_until(lambda: len(desk.batches) == 2)
    assert desk.batches[-1].done == 2
    desk.close()
    store = JobStore(desk.folders.database)
    assert [job.state for job in store.all()] == [JobState.DONE] * 3
    store.close()


def test_a_song_that_is_cancelled_says_so_until_it_has_ended(
    desk: Desk, qtbot: QtBot, window: MainWindow
) -> None:
    let_go = threading.Event()

    def deaf(_: Job, report: Report, cancel: CancelToken) -> None:
        report(Progress(Stage.SEPARATING, 0.5))
        assert let_go.wait(30)
        cancel.check()

    desk.script.behaviours["a.mp3"] = deaf
    (job_id,) = desk.add("a.mp3")
    desk.controller.release()
    desk.wait_for(JobState.SEPARATING, job_id)
    desk.wait_until(lambda: window.song.shows_stems)  # its file is there
    next(it for it in window.song.strip.buttons if it.text().strip() == "Cancel").click()
    assert window.song.strip.text.text() == "Cancelling…"
    let_go.set()
    desk.wait_for(JobState.CANCELLED, job_id)
    assert window.song.panel.headline.text() == "Cancelled"


def test_rows_are_dragged_to_another_place(desk: Desk, qtbot: QtBot, window: MainWindow) -> None:
    ids = desk.add("a.mp3", "b.mp3", "c.mp3", "d.mp3")
    view = window.library.view
    # Only a drag by the system has a source, without which nothing counts as an inner move.
    view.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
    model = view.model()
    data = model.mimeData([model.index(0, 0)])
    move, none = Qt.DropAction.MoveAction, Qt.KeyboardModifier.NoModifier
    below_c = view.visualRect(model.index(2, 0)).bottomLeft() + QPoint(60, 0)
    for kind in (QDragEnterEvent, QDragMoveEvent):
        over = kind(below_c, move, data, LEFT, none)
        QApplication.sendEvent(view.viewport(), over)
        assert over.isAccepted()
    QApplication.sendEvent(view.viewport(), QDropEvent(below_c, move, data, LEFT, none))
    assert desk.names() == ["b.mp3", "c.mp3", "a.mp3", "d.mp3"]
    assert [model.index(n, 0).data() for n in range(4)] == ["b", "c", "a", "d"]
    assert view.current_id() == ids[0]  # it stays selected
    desk.close()
    store = JobStore(desk.folders.database)
    assert [job.source.name for job in store.all()] == ["b.mp3", "c.mp3", "a.mp3", "d.mp3"]
    store.close()


def test_a_first_song_waits_for_the_model_that_is_downloaded_for_it(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the question to the stems, with a real server."""
    (house.desk.folders.models / "small.yaml").unlink()
    made = release(tmp_path / "release", monkeypatch)
    with serving(made.root) as server:
        monkeypatch.setenv("STEMDESK_MODEL_MIRROR", server.url)
        controller, window = house.open()
        assert window.empty.welcome.isVisible()
        dropped = file_mime([house.song("one.wav", 0.7)])
        assert drag(window, dropped) and drop(window, dropped)
        house.wait_until(lambda: bool(window.findChildren(AskModel)))
        (job,) = controller.jobs
        assert job.state is JobState.WAITING and server.asked == []
        press(window, "download")
        house.wait_until(lambda: controller.jobs[0].state is JobState.DONE)
        assert len(server.asked) == 1
    assert controller.jobs[0].separation.model == "htdemucs"
    house.wait_until(lambda: window.song.shows_finished)
    assert not window.song.header.draft.isVisible()
    assert window.add_bar.model.currentText() == "htdemucs"


def test_a_server_that_is_not_there_is_said_and_the_draft_is_taken_instead(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house.desk.folders.models / "small.yaml").unlink()
    made = release(tmp_path / "release", monkeypatch)
    with serving(made.root) as server:
        monkeypatch.setenv("STEMDESK_MODEL_MIRROR", server.url)
    controller, window = house.open()
    controller.add_paths([house.song("one.wav", 0.7)])
    house.wait_until(lambda: bool(window.findChildren(AskModel)))
    press(window, "download")
    strip = window.song.strip  # the song can be heard meanwhile
    house.wait_until(lambda: "cannot be reached" in f"{strip.text.text()} {strip.more.text()}")
    next(it for it in strip.buttons if it.text().strip() == "Split a draft now").click()
    house.wait_until(lambda: controller.jobs[0].state is JobState.DONE)
    assert controller.settings.draft_accepted
    house.wait_until(lambda: window.song.shows_finished)
    assert window.song.header.draft.isVisible()


def test_a_download_that_hangs_does_not_hold_the_end_up_and_goes_on_next_time(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = release(tmp_path / "release", monkeypatch)
    (file,) = made.files["htdemucs"]
    body = file.read_bytes()
    half = len(body) // 2
    with Web(Reply(body, stalls_after=half), Reply(body)) as web:
        monkeypatch.setenv("STEMDESK_MODEL_MIRROR", web.url(""))
        controller, window = house.open()
        window.models.show_page()
        (page,) = window.findChildren(ModelsPage)
        row = page.rows["htdemucs"]
        row.download.click()
        assert web.stalled.wait(60)
        house.wait_until(lambda: row.state.text().startswith("Downloading 50 %"))
        page.reject()
        assert window.close()  # no question: no song is being split
        assert controller.close(10_000)  # the download itself would wait three times as long
        assert web.holds()
        house.close()
        (part,) = house.desk.folders.models.glob("*.part")
        assert part.stat().st_size == half

        controller, window = house.open()
        window.empty.welcome.get.click()

        def installed() -> bool:
            choice = controller.models.choice("htdemucs")
            return choice is not None and choice.usable()

        house.wait_until(installed)
        assert window.empty.welcome.get.isHidden()
        assert web.ranges == [None, f"bytes={half}-"]
    assert not list(house.desk.folders.models.glob("*.part"))
