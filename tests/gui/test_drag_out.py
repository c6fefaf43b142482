from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from stemdesk.audio.remix import Preset, Remix
from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.gui import drag_words
from stemdesk.gui.drag_note import DragNote
from stemdesk.gui.drag_out import DragOut, execute, saved_stems
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.tasks import Tasks
from support.playables import MemorySong, noise_song
from support.stage import FOUR, Stage, song_folder

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


class Hand:
    """Drags out of a widget, and notes what it had in hand."""

    def __init__(self, qtbot: QtBot, root: Path) -> None:
        self.qtbot = qtbot
        self.root = root
        self.tasks = Tasks()
        self.held: list[list[QUrl]] = []
        self.formats: list[list[str]] = []
        self.widget = QWidget()
        qtbot.addWidget(self.widget)
        self.drags = DragOut(self.tasks, lambda: root / "cache", self.widget, self._hold)
        self.folder = song_folder(root / "song", FOUR)
        self.song = noise_song(100_000)

    def _hold(self, drag: QDrag) -> None:
        assert not drag.pixmap().isNull()
        self.held.append(drag.mimeData().urls())
        self.formats.append(drag.mimeData().formats())

    def source(self, folder: Path | None = None, live: bool = False, **more: Any) -> SongSource:
        values = {"open": lambda: self.song, "key": "key", **more}
        return SongSource("job", folder, FOUR, live=live, **values)

    def show(self, **more: Any) -> None:
        self.drags.show_song(self.source(self.folder, **more), "Title")
        self.qtbot.waitUntil(lambda: self.drags.why_not() == "")


@pytest.fixture
def hand(qtbot: QtBot, tmp_path: Path) -> Iterator[Hand]:
    made = Hand(qtbot, tmp_path)
    yield made
    made.drags.close()
    assert made.tasks.close(10_000)


def test_a_stem_is_dragged_as_its_file(hand: Hand) -> None:
    hand.show()
    hand.drags.drag_stem("vocals")
    assert hand.held == [[QUrl.fromLocalFile(str(hand.folder / "vocals.wav"))]]
    assert hand.formats == [["text/uri-list"]]


def test_old_remixes_go_at_the_start(qtbot: QtBot, tmp_path: Path) -> None:
    old = tmp_path / "cache" / "remixes" / ("0" * 24)
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    made = Hand(qtbot, tmp_path)
    qtbot.waitUntil(lambda: not old.exists(), timeout=20_000)
    assert made.tasks.close(10_000)


def test_drags_are_copies_only(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(QDrag, "exec", lambda _, *actions: asked.append(actions))
    widget = QWidget()
    qtbot.addWidget(widget)
    drag = QDrag(widget)
    drag.setMimeData(QMimeData())
    execute(drag)
    assert asked == [(Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)]


@pytest.mark.parametrize("live", [True, False])
def test_unfinished_songs_stay_and_say_why(hand: Hand, live: bool) -> None:
    assert hand.drags.why_not("vocals") == drag_words.NO_SONG
    hand.drags.show_song(hand.source(hand.folder if live else None, live=live), "Title")
    for stem in ("vocals", ""):
        assert hand.drags.why_not(stem) == hand.drags.tip(stem) == drag_words.NOT_FINISHED
    hand.drags.drag_stem("vocals")
    hand.drags.drag_remix()
    assert hand.held == []


def test_stems_that_are_gone_stay_and_say_so(hand: Hand) -> None:
    (hand.folder / "bass.wav").unlink()
    with hand.qtbot.waitSignals([hand.drags.changed] * 2):
        hand.drags.show_song(hand.source(hand.folder), "Title")
    hand.qtbot.waitUntil(lambda: hand.drags.why_not("vocals") == drag_words.GONE)
    assert saved_stems(hand.folder) == {}


def test_the_remix_is_made_first_and_then_dragged(hand: Hand) -> None:
    hand.show()
    hand.drags.show_remix(Remix.of(FOUR).with_preset(Preset.INSTRUMENTAL))
    told: list[tuple[str, float]] = []
    hand.drags.progressed.connect(lambda name, fraction: told.append((name, fraction)))
    with hand.qtbot.waitSignal(hand.drags.ready) as ready:
        hand.drags.drag_remix()
    assert ready.args == ["Title (Instrumental).wav"]
    assert told[0] == ("Title (Instrumental).wav", 0.0)
    assert hand.held == []
    hand.drags.drag_remix()
    ((url,),) = hand.held
    path = Path(url.toLocalFile())
    assert path.name == "Title (Instrumental).wav"
    assert path.is_relative_to(hand.root / "cache")
    assert soundfile.info(path).frames == 100_000


def test_another_remix_is_another_file(hand: Hand) -> None:
    hand.show()
    for preset in (Preset.INSTRUMENTAL, Preset.A_CAPPELLA):
        hand.drags.show_remix(Remix.of(FOUR).with_preset(preset))
        with hand.qtbot.waitSignal(hand.drags.ready):
            hand.drags.drag_remix()
        hand.drags.drag_remix()
    names = [Path(url.toLocalFile()).name for (url,) in hand.held]
    assert names == ["Title (Instrumental).wav", "Title (A cappella).wav"]


def held_song(hand: Hand) -> tuple[threading.Event, threading.Event]:
    """The song's reading waits: `begun` once it has, and until `go`."""
    begun, go = threading.Event(), threading.Event()

    def heard(start: int) -> None:
        begun.set()
        assert go.wait(30)

    stems = {name: hand.song.stem(name).samples for name in FOUR}
    hand.song = MemorySong(stems, heard=heard)
    return begun, go


@pytest.mark.parametrize("how", ["cancel", "remix", "song"])
def test_making_is_stopped_when_it_is_not_wanted_any_more(hand: Hand, how: str) -> None:
    begun, go = held_song(hand)
    hand.show()
    hand.drags.drag_remix()
    assert begun.wait(30)
    with hand.qtbot.waitSignal(hand.drags.dropped):
        if how == "cancel":
            hand.drags.cancel()
        elif how == "remix":
            hand.drags.show_remix(Remix.of(FOUR).with_muted("bass", True))
        else:
            hand.drags.show_song(None)
    go.set()
    ended: list[bool] = []
    hand.tasks.io(lambda: True, lambda _: ended.append(True))
    with hand.qtbot.assertNotEmitted(hand.drags.ready):
        hand.qtbot.waitUntil(lambda: bool(ended) and hand.song.closed == 1)
    assert [path for path in (hand.root / "cache").rglob("*") if path.is_file()] == []
    assert hand.held == []


def test_a_file_that_is_gone_is_made_again(hand: Hand) -> None:
    hand.show()
    for count in (1, 2):
        with hand.qtbot.waitSignal(hand.drags.ready):
            hand.drags.drag_remix()
        hand.drags.drag_remix()
        assert len(hand.held) == count
        path = Path(hand.held[-1][0].toLocalFile())
        assert path.is_file()
        path.unlink()  # the cache is emptied


def test_a_second_drag_while_it_is_made_does_not_make_it_twice(hand: Hand) -> None:
    begun, go = held_song(hand)
    hand.show()
    hand.drags.drag_remix()
    assert begun.wait(30)
    hand.drags.drag_remix()
    with hand.qtbot.waitSignal(hand.drags.ready):
        go.set()
    assert hand.song.closed == 1


def test_what_goes_wrong_is_told(hand: Hand) -> None:
    def broken() -> MemorySong:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, path=hand.folder)

    hand.show(open=broken)
    with hand.qtbot.waitSignal(hand.drags.failed) as failed:
        hand.drags.drag_remix()
    (error,) = cast(list[StemDeskError], failed.args)
    assert error.code is ErrorCode.SOURCE_UNREADABLE


def test_the_note_shows_how_far_it_is_and_can_be_dragged(hand: Hand) -> None:
    note = DragNote(hand.drags)
    hand.qtbot.addWidget(note)
    begun, go = held_song(hand)
    hand.show()
    assert not note.isVisible()
    hand.drags.drag_remix()
    assert begun.wait(30)
    assert note.isVisible() and "0 %" in note.label.text() and note.bar.isVisible()
    with hand.qtbot.waitSignal(hand.drags.ready):
        go.set()
    assert "is ready" in note.accessibleName() and not note.bar.isVisible()
    QTest.mousePress(note, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    QTest.mouseMove(note, QPoint(24, 10))
    assert hand.held == []  # a hand that trembles
    QTest.mouseMove(note, QPoint(60, 20))
    assert len(hand.held) == 1
    hand.drags.show_remix(Remix.of(FOUR).with_muted("bass", True))
    assert not note.isVisible()


def test_the_note_cancels(hand: Hand) -> None:
    note = DragNote(hand.drags)
    hand.qtbot.addWidget(note)
    begun, go = held_song(hand)
    hand.show()
    hand.drags.drag_remix()
    assert begun.wait(30)
    note.cross.click()
    go.set()
    assert not note.isVisible()
    hand.qtbot.waitUntil(lambda: hand.song.closed == 1)


def test_the_window_does_not_take_what_is_dragged_out_of_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(qtbot, tmp_path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "vocals.wav"))])
    place = QPoint(300, 300)
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
    for source, taken in ((stage.window, False), (None, True)):
        for event in (QDragEnterEvent, QDropEvent):
            monkeypatch.setattr(event, "source", lambda _, source=source: source)
        enter = QDragEnterEvent(place, copy, data, left, none)
        enter.ignore()
        stage.window.dragEnterEvent(enter)
        assert enter.isAccepted() is stage.window.overlay.isVisible() is taken
        stage.window.dropEvent(QDropEvent(QPointF(place), copy, data, left, none))
        assert bool(stage.controller.asked("add_paths")) is taken
