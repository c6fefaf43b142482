from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.audio.listening import Listening
from stemdesk.core.export_order import (
    ALL_STEMS,
    MODEL_RATE,
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.export_presets import BUILT_IN, ExportPreset
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.gui import export_words as words
from stemdesk.gui import theme
from stemdesk.gui.export_dialog import ExportDialog, Start
from stemdesk.gui.export_preset_bar import NameDialog
from stemdesk.gui.export_values import Batch, Subject
from stemdesk.gui.fold import Fold
from stemdesk.gui.tasks import Tasks
from stemdesk.jobs.exports.values import ExportSong
from support.export_script import FOUR, ExportScript

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

FULL = ExportOrder(
    parts=(
        Part(PartKind.STEM, "drums"),
        Part(PartKind.STEM, "vocals"),
        Part(PartKind.REMIX),
        Part(PartKind.ORIGINAL),
        Part(PartKind.ALL_BUT, "bass"),
    ),
    formats=(FileFormat(FileKind.FLAC, 16), FileFormat(FileKind.MP3, quality=2)),
    samplerate=MODEL_RATE,
    exact_sum=True,
    dither=False,
    clipping=Clipping.OFF,
    tempo_and_key=False,
    loop_only=True,
    template="{album}/{track:02} {stem}",
    collision=Collision.SKIP,
    extras=frozenset({Extra.REAPER, Extra.VIDEO, Extra.MANIFEST}),
    tags=False,
    beside_source=True,
)


class Room:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.tasks = Tasks()
        self.script = ExportScript(video=True)
        self.chosen: list[Batch] = []
        self.parent = QWidget()
        self.parent.resize(1280, 800)
        qtbot.addWidget(self.parent)

    def song(self, title: str = "Viper", listening: Listening | None = None) -> ExportSong:
        heard = listening or Listening(loop=(12.0, 24.0), looping=True)
        return ExportSong(Path("/songs") / title, Path("/viper.mp3"), title, heard)

    def open(
        self,
        order: ExportOrder | None = None,
        *,
        subjects: tuple[Subject, ...] = (),
        own: tuple[ExportPreset, ...] = (),
        **changes: Any,
    ) -> ExportDialog:
        """Shown, with its first preview."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, Qt.ColorScheme.Light)
        one = Subject(self.song(), FOUR, 48_000, 44_100, video=True)
        songs = subjects or (replace(one, **changes),)
        start = Start(songs, order or ExportOrder(), Path("/exports"), own)
        dialog = ExportDialog(self.parent, start, self.tasks, self.script.services())
        dialog.chosen.connect(self.chosen.append)
        dialog.edited.connect(self.script.saved.append)
        dialog.show_over()
        self.settle(dialog)
        return dialog

    def settle(self, dialog: ExportDialog) -> None:
        """Until the names are those of the choice of now."""
        self.qtbot.waitUntil(lambda: not dialog.planning, timeout=20_000)

    def name_dialog(self, dialog: ExportDialog) -> NameDialog:
        found = [one for one in dialog.findChildren(NameDialog) if one.isVisible()]
        assert len(found) == 1
        return found[0]


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made = Room(qtbot)
    yield made
    assert made.tasks.close(10_000)


@pytest.mark.parametrize("order", [ExportOrder(), FULL, *(one.order for one in BUILT_IN)])
def test_an_order_stays_as_it_is(room: Room, order: ExportOrder) -> None:
    wanted = order if order.formats else replace(order, formats=(words.usual(FileKind.WAV),))
    dialog = room.open(order)
    shown = dialog.order()
    assert shown is not None
    assert shown.to_json() == wanted.to_json()


def test_the_names_and_their_number_are_seen_before(room: Room) -> None:
    dialog = room.open()
    preview = dialog.where.preview
    assert preview.lines[0].text() == "Viper/Viper (drums).wav"
    assert preview.more.text() == "and 1 more"
    assert dialog.export.text() == "Export 4 files"
    dialog.parts.boxes[PartKind.INSTRUMENTAL].click()
    room.settle(dialog)
    assert dialog.export.text() == "Export 5 files"


def test_export_gives_the_order_and_the_folder(room: Room, tmp_path: Path) -> None:
    dialog = room.open()
    dialog.where.folder.clear()
    QTest.keyClicks(dialog.where.folder, str(tmp_path))
    room.settle(dialog)
    dialog.export.click()
    (batch,) = room.chosen
    assert batch.folder == tmp_path
    assert batch.order == ExportOrder()
    assert [song.title for song in batch.songs] == ["Viper"]


def test_stems_that_are_not_all_go_by_name(room: Room) -> None:
    dialog = room.open()
    assert dialog.parts.parts() == (ALL_STEMS,)
    dialog.parts.chips[0].click()
    assert dialog.parts.parts() == tuple(Part(PartKind.STEM, stem) for stem in FOUR[1:])


def test_nothing_is_no_export(room: Room) -> None:
    dialog = room.open()
    for chip in dialog.parts.chips:
        chip.click()
    assert dialog.order() is None
    assert not dialog.export.isEnabled()
    assert dialog.summary.text() == words.NOTHING


def test_a_template_that_cannot_be_says_why(room: Room) -> None:
    dialog = room.open()
    dialog.where.names.set_open(True)
    height = dialog.where.preview.height()
    QTest.keyClicks(dialog.where.template, "{nobody}")
    room.settle(dialog)
    assert "nobody" in dialog.where.preview.trouble.text()
    assert dialog.where.preview.height() >= height  # nothing jumps below the mouse
    assert dialog.summary.text() == words.NO_NAMES
    assert not dialog.export.isEnabled()
    dialog.where.template.clear()
    QTest.keyClicks(dialog.where.template, "{title}")
    room.settle(dialog)
    assert dialog.export.isEnabled()
    assert dialog.notes.text() == words.NOT_APART


def test_what_is_unfolded_is_seen(room: Room) -> None:
    room.parent.resize(900, 600)
    dialog = room.open()
    bar = dialog.area.verticalScrollBar()
    bar.setValue(bar.maximum())
    dialog.more.sound.head.click()
    box = dialog.more.clipping
    below = box.mapTo(dialog.area.viewport(), box.rect().bottomLeft())
    assert 0 < below.y() <= dialog.area.viewport().height()


def test_a_preset_with_more_to_it_is_seen_from_its_top(room: Room) -> None:
    room.parent.resize(900, 600)
    dialog = room.open(ExportOrder(exact_sum=True))
    assert dialog.more.daw.open
    assert dialog.area.verticalScrollBar().value() == 0


def test_tab_goes_from_top_to_bottom_and_what_has_the_focus_is_seen(room: Room) -> None:
    room.parent.resize(900, 600)
    dialog = room.open()
    for fold in dialog.findChildren(Fold):
        fold.set_open(True)
    dialog.formats.add.click()
    room.settle(dialog)
    dialog.presets.button.setFocus()
    room.qtbot.waitUntil(dialog.isActiveWindow, timeout=20_000)
    met: list[QWidget] = []
    while not dialog.cancel.hasFocus():
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        now = focused()
        assert len(met) < 99
        if now is not dialog.cancel:
            seen = now.mapTo(dialog.area, now.rect().center()).y()
            assert 0 <= seen <= dialog.area.height()
            met.append(now)
    assert len(met) > 30
    inside = dialog.area.widget()
    assert inside is not None
    tops = [one.mapTo(inside, QPoint()).y() for one in met]
    assert all(later > sooner - 8 for sooner, later in pairwise(tops))  # 8: one line
    dialog.presets.button.setFocus()
    QTest.keyClick(dialog.presets.button, Qt.Key.Key_Tab)  # from outside, back to its top
    assert dialog.parts.chips[0].hasFocus()
    assert dialog.area.verticalScrollBar().value() < dialog.area.height() // 4


def test_a_word_is_added_to_the_names(room: Room) -> None:
    dialog = room.open()
    dialog.where.template.setText("x ")
    action = next(a for a in dialog.where.words().actions() if a.text().startswith("{bpm}"))
    action.trigger()
    assert dialog.where.template.text() == "x {bpm}"


def test_a_project_wants_an_exact_sum_until_told_not_to(room: Room) -> None:
    dialog = room.open()
    dialog.more.daw.set_open(True)
    reaper, daw = dialog.more.extras[Extra.REAPER], dialog.more.extras[Extra.DAWPROJECT]
    reaper.click()
    assert dialog.more.exact.isChecked()
    dialog.more.exact.click()
    order = dialog.order()
    assert order is not None and not order.exact_sum and Extra.REAPER in order.extras
    daw.click()
    assert dialog.more.exact.isChecked()


def test_limiting_does_not_go_with_an_exact_sum(room: Room) -> None:
    dialog = room.open(ExportOrder(clipping=Clipping.LIMIT))
    clips = [dialog.more.clips]
    dialog.more.exact.click()
    clips.append(dialog.more.clips)
    assert clips == [Clipping.LIMIT, Clipping.SHARED]
    assert dialog.order() is not None


def test_formats_come_and_go(room: Room) -> None:
    dialog = room.open()
    box = dialog.formats
    assert not box.lines[0].remove.isVisible()
    box.add.click()
    assert [one.kind for one in box.formats()] == [FileKind.WAV, FileKind.MP3]
    first = box.lines[0]
    first.kind.setCurrentIndex(first.kind.findData(FileKind.VORBIS.value))
    first.kind.activated.emit(first.kind.currentIndex())
    assert box.formats()[0] == FileFormat(FileKind.VORBIS, quality=8)
    box.lines[0].remove.click()
    assert [one.kind for one in box.formats()] == [FileKind.MP3]
    room.settle(dialog)
    assert dialog.export.text() == "Export 4 files"


def test_the_same_format_twice_counts_once(room: Room) -> None:
    dialog = room.open()
    dialog.formats.add.click()
    second = dialog.formats.lines[1]
    second.show_format(FileFormat(FileKind.WAV, 24))
    assert dialog.formats.formats() == (FileFormat(FileKind.WAV, 24),)


@pytest.mark.parametrize("kind", FileKind)
def test_every_kind_has_choices_and_a_usual_one(kind: FileKind) -> None:
    texts = words.qualities(kind)
    assert words.usual(kind) in texts
    assert len(set(texts.values())) == len(texts) > 1


def test_lossy_files_do_not_sum_exactly(room: Room) -> None:
    formats = (FileFormat(FileKind.MP3, kbps=320), FileFormat(FileKind.OPUS, kbps=128))
    dialog = room.open(ExportOrder(formats=formats, exact_sum=True))
    assert "MP3 and Opus" in dialog.notes.text()
    assert dialog.notes.isVisible()


def test_what_a_song_does_not_have_cannot_be_chosen(room: Room) -> None:
    song = room.song(listening=Listening())
    subject = Subject(song, ("drums", "other"), there=False)
    dialog = room.open(FULL, subjects=(subject,))
    assert not dialog.parts.loop.isEnabled()
    assert not dialog.parts.boxes[PartKind.ORIGINAL].isEnabled()
    assert not dialog.more.exact.isEnabled()
    assert not dialog.more.extras[Extra.VIDEO].isEnabled()
    assert PartKind.A_CAPPELLA not in dialog.parts.boxes
    order = dialog.order()
    assert order is not None
    assert not order.loop_only and not order.exact_sum and Extra.VIDEO not in order.extras
    assert order.parts == (Part(PartKind.STEM, "drums"), Part(PartKind.REMIX))


def test_speed_and_key_are_offered_where_they_are_not_the_songs(room: Room) -> None:
    dialog = room.open()
    dialog.parts.boxes[PartKind.REMIX].click()
    assert not dialog.parts.tuned.isVisible()
    tuned = Subject(room.song(listening=Listening(speed_percent=80.0, key_semitones=-2)), FOUR)
    dialog = room.open(subjects=(tuned,))
    assert not dialog.parts.tuned.isVisible()  # there is no remix to export
    dialog.parts.boxes[PartKind.REMIX].click()
    assert dialog.parts.tuned.isVisible()
    assert dialog.parts.tuned.text() == "With speed and key as heard (80 %, \N{MINUS SIGN}2)"


def test_several_songs_offer_what_any_of_them_has(room: Room) -> None:
    two = Subject(room.song("Adder", Listening()), ("vocals", "piano"), 44_100, 44_100)
    dialog = room.open(subjects=(Subject(room.song(), FOUR, 48_000, 44_100), two))
    assert dialog.headline.text() == "Export 2 songs"
    assert dialog.parts.stems == (*FOUR, "piano")
    assert dialog.formats.rate.itemText(0) == "The song's own"
    assert dialog.formats.rate.itemText(1) == "The model's (44.1 kHz)"
    assert dialog.summary.text() == "8 files of 2 songs"


def test_songs_without_stems_are_named(room: Room) -> None:
    gone = Subject(room.song("Adder", Listening()))
    dialog = room.open(subjects=(Subject(room.song(), FOUR), gone))
    assert dialog.notes.text().startswith("“Adder” is left out")


# Presets


def test_a_preset_is_applied_and_named_until_something_changes(room: Room) -> None:
    dialog = room.open()
    bar = dialog.presets
    wanted = BUILT_IN[2]
    index = bar.box.findData(wanted.name)
    bar.box.setCurrentIndex(index)
    bar.box.activated.emit(index)
    assert dialog.order() == wanted.order
    assert bar.name == wanted.name
    dialog.parts.chips[0].click()
    assert bar.name == "" and bar.box.currentText() == words.YOUR_CHOICE
    dialog.parts.chips[0].click()
    assert bar.name == wanted.name


def test_the_choice_is_saved_as_a_preset(room: Room) -> None:
    dialog = room.open(FULL)
    dialog.presets.save_as()
    ask = room.name_dialog(dialog)
    assert not ask.save.isEnabled()
    ask.name.setText(BUILT_IN[0].name.upper())
    assert ask.note.text() == words.NAME_TAKEN and not ask.save.isEnabled()
    ask.name.setText("  For the drummer ")
    ask.save.click()
    order = dialog.order()
    assert order is not None
    assert room.script.saved == [(ExportPreset("For the drummer", order),)]
    assert dialog.presets.name == "For the drummer"


def test_a_preset_of_ones_own_is_replaced_renamed_deleted(room: Room) -> None:
    own = (ExportPreset("Mine", FULL), ExportPreset("Other", ExportOrder()))
    dialog = room.open(own=own)
    bar = dialog.presets
    dialog.apply(own[0].order, "Mine")
    assert [action.isEnabled() for action in bar.menu().actions()] == [True, True, True]
    assert bar.menu().actions()[1].text() == "Rename “Mine”…"
    bar.menu().actions()[1].trigger()
    ask = room.name_dialog(dialog)
    assert ask.name.text() == "Mine"
    ask.name.setText("Ours")
    ask.save.click()
    assert [one.name for one in bar.own] == ["Ours", "Other"]
    assert bar.name == "Ours"
    dialog.more.dither.setChecked(True)
    bar.save_as()
    ask = room.name_dialog(dialog)
    assert ask.name.text() == "Ours" and ask.note.text() == words.REPLACES
    ask.save.click()
    assert [one.name for one in bar.own] == ["Other", "Ours"]
    assert bar.own[1].order.dither
    bar.menu().actions()[2].trigger()
    assert [one.name for one in bar.own] == ["Other"]
    assert room.script.saved[-1] == bar.own
    assert bar.name == ""


def test_ready_made_presets_cannot_be_renamed(room: Room) -> None:
    dialog = room.open(BUILT_IN[0].order)
    assert dialog.presets.name == BUILT_IN[0].name
    assert [action.isEnabled() for action in dialog.presets.menu().actions()] == [
        True,
        False,
        False,
    ]
