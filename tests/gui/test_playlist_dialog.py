from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from stemdesk.fetch.links.values import LinkEntry, LinkList
from stemdesk.gui import link_words
from stemdesk.gui.entry_model import ALL_AT_MOST, EntryModel
from stemdesk.gui.playlist_dialog import PlaylistDialog

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
EVIL = "<b>bold</b>\u202egnp.exe\nnew\x07line"


def entries(count: int) -> list[LinkEntry]:
    return [
        LinkEntry(f"https://x.example/{n}", f"Song {n}", "Artist", 60.0, f"x {n}")
        for n in range(1, count + 1)
    ]


def a_list(*songs: LinkEntry, total: int | None = None, title: str = "Album") -> LinkList:
    return LinkList("https://x.example/list", "x list", "Example", title, songs, total)


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(900, 600)
    qtbot.addWidget(made)
    made.show()
    yield made


def opened(parent: QWidget, found: LinkList, known: frozenset[str] = frozenset()) -> PlaylistDialog:
    dialog = PlaylistDialog(parent, found, known)
    dialog.show_over()
    QTest.qWaitForWindowExposed(dialog)
    return dialog


def chosen(dialog: PlaylistDialog) -> list[str]:
    return [entry.title for entry in dialog.model.chosen()]


def click(dialog: PlaylistDialog, row: int, modifiers: Qt.KeyboardModifier | None = None) -> None:
    where = dialog.view.visualRect(dialog.model.index(row)).center()
    keys = modifiers or Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(dialog.view.viewport(), Qt.MouseButton.LeftButton, keys, where)


def test_all_songs_of_an_album_are_chosen_and_counted(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(12)))
    assert len(chosen(dialog)) == 12
    assert dialog.text.text() == "Example: 12 songs"
    assert dialog.summary.text() == "12 of 12 songs, 12:00"
    assert dialog.split.text() == dialog.split.accessibleName() == "Split 12 songs"
    click(dialog, 0)
    assert dialog.summary.text() == "11 of 12 songs, 11:00"


def test_durations_that_are_unknown_are_not_made_up(parent: QWidget) -> None:
    songs = [
        *entries(2),
        LinkEntry("u", "t", duration_s=None),
        LinkEntry("v", "t", duration_s=1e999),
    ]
    dialog = opened(parent, a_list(*songs))
    assert dialog.summary.text() == "4 of 4 songs, more than 2:00"


def test_of_a_long_list_nothing_is_chosen_at_first(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(ALL_AT_MOST + 1), total=5000))
    assert chosen(dialog) == []
    assert not dialog.split.isEnabled()
    assert dialog.summary.text() == "Nothing is chosen"
    assert dialog.text.text() == "Example: 101 songs, the first of 5000"


def test_all_none_and_the_first(parent: QWidget) -> None:
    songs = entries(20)
    songs[1] = LinkEntry("https://x.example/2", "Song 2", trouble="Private")
    dialog = opened(parent, a_list(*songs))
    dialog.none.click()
    assert chosen(dialog) == []
    dialog.count.setValue(3)
    assert chosen(dialog) == ["Song 1", "Song 3", "Song 4"]
    dialog.all.click()
    assert len(chosen(dialog)) == 19
    dialog.first.click()
    assert len(chosen(dialog)) == 3


def test_what_cannot_be_had_says_why_and_cannot_be_chosen(parent: QWidget) -> None:
    songs = entries(3)
    songs[1] = LinkEntry("https://x.example/2", "Song 2", trouble="Private: ask its owner")
    dialog = opened(parent, a_list(*songs))
    index = dialog.model.index(1)
    click(dialog, 1)
    assert chosen(dialog) == ["Song 1", "Song 3"]
    dialog.all.click()
    assert chosen(dialog) == ["Song 1", "Song 3"]
    assert not index.flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert index.data(Qt.ItemDataRole.CheckStateRole) is None
    name = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert name == "Song 2, Private: ask its owner, cannot be had"
    assert not dialog.model.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)


def test_what_is_in_the_library_is_left_out_but_may_be_chosen(parent: QWidget) -> None:
    known = frozenset({"x 1", "https://x.example/2"})
    dialog = opened(parent, a_list(*entries(3)), known)
    assert chosen(dialog) == ["Song 3"]
    assert [dialog.model.note(row) for row in range(3)] == ["Already in your library"] * 2 + [""]
    click(dialog, 0)
    assert chosen(dialog) == ["Song 1", "Song 3"]


# Keys and the mouse


def test_it_is_all_done_by_keys(qtbot: QtBot, parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(5)))
    qtbot.waitUntil(dialog.view.hasFocus)
    view = dialog.view
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert chosen(dialog) == ["Song 2", "Song 3", "Song 4", "Song 5"]
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert chosen(dialog) == ["Song 4", "Song 5"]
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert chosen(dialog) == ["Song 2", "Song 3", "Song 4", "Song 5"]
    QTest.keyClick(view, Qt.Key.Key_A, CONTROL | SHIFT)
    assert chosen(dialog) == []
    QTest.keyClick(view, Qt.Key.Key_A, CONTROL)
    assert len(chosen(dialog)) == 5
    got: list[tuple[LinkEntry, ...]] = []
    dialog.chosen.connect(got.append)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert [len(one) for one in got] == [5]


def test_tab_goes_from_the_list_through_all_controls(qtbot: QtBot, parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(5)))
    qtbot.waitUntil(dialog.view.hasFocus)
    order = [dialog.view, dialog.all, dialog.none, dialog.first, dialog.count]
    for widget in (*order, dialog.remove, dialog.later, dialog.split, dialog.view):
        assert widget.hasFocus(), widget
        QTest.keyClick(widget, Qt.Key.Key_Tab)


def test_enter_in_the_number_takes_so_many(qtbot: QtBot, parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(500)))
    got: list[tuple[LinkEntry, ...]] = []
    dialog.chosen.connect(got.append)
    dialog.count.setFocus()
    dialog.count.selectAll()
    QTest.keyClicks(dialog.count, "25")
    QTest.keyClick(dialog.count, Qt.Key.Key_Return)
    assert [len(one) for one in got] == [25]


def test_enter_does_nothing_where_nothing_is_chosen(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(2)))
    got: list[object] = []
    dialog.chosen.connect(got.append)
    dialog.none.click()
    QTest.keyClick(dialog.view, Qt.Key.Key_Return)
    assert got == []
    assert dialog.isVisible()


def test_shift_and_a_click_choose_a_range(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(8)))
    dialog.none.click()
    click(dialog, 1)
    click(dialog, 4, SHIFT)
    assert chosen(dialog) == ["Song 2", "Song 3", "Song 4", "Song 5"]
    click(dialog, 4)
    click(dialog, 3, SHIFT)
    assert chosen(dialog) == ["Song 2", "Song 3"]


def test_a_press_that_is_let_go_elsewhere_changes_nothing(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(4)))
    port, left = dialog.view.viewport(), Qt.MouseButton.LeftButton
    places = [dialog.view.visualRect(dialog.model.index(row)).center() for row in (0, 2)]
    QTest.mousePress(port, left, Qt.KeyboardModifier.NoModifier, places[0])
    QTest.mouseRelease(port, left, Qt.KeyboardModifier.NoModifier, places[1])
    assert len(chosen(dialog)) == 4


# Screen readers, hostile and long lists


def test_rows_are_said_with_their_state(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(2)))
    click(dialog, 1)
    view = QAccessible.queryAccessibleInterface(dialog.view)
    assert view.text(QAccessible.Text.Name) == "Songs in this list"
    names = [view.child(row).text(QAccessible.Text.Name) for row in range(2)]
    assert names == ["Song 1, Artist, 1:00, chosen", "Song 2, Artist, 1:00, not chosen"]
    assert view.child(0).state().checked
    assert not view.child(1).state().checked


def test_hostile_titles_are_plain_text_of_one_line(parent: QWidget) -> None:
    song = LinkEntry("https://x.example/1", EVIL, "<img src=x>", trouble="")
    dialog = opened(parent, a_list(song, *entries(1), title=EVIL))
    assert dialog.headline.text() == "<b>bold</b>�gnp.exe�new�line"
    assert dialog.headline.textFormat() is Qt.TextFormat.PlainText
    assert dialog.text.textFormat() is Qt.TextFormat.PlainText
    index = dialog.model.index(0)
    assert index.data() == "<b>bold</b>�gnp.exe�new�line"
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;bold" in tip
    assert "<img" not in tip
    assert "\u202e" not in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_of_a_list_of_2000_only_the_rows_in_sight_are_worked_on(
    qtbot: QtBot, parent: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    title = link_words.entry_title

    def counting(text: str) -> str:
        asked.append(text)
        return title(text)

    monkeypatch.setattr(link_words, "entry_title", counting)
    dialog = opened(parent, a_list(*entries(2000)))
    qtbot.waitUntil(lambda: bool(asked))
    dialog.all.click()
    assert len(chosen(dialog)) == 2000
    assert dialog.summary.text().startswith("2000 of 2000 songs")
    QTest.keyClick(dialog.view, Qt.Key.Key_End)
    assert dialog.view.currentIndex().row() == 1999
    dialog.grab()
    assert len(asked) < 200
    assert dialog.view.uniformItemSizes()


def test_it_fits_into_a_small_window(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(300), title="A very long title " * 30))
    assert dialog.width() <= parent.width()
    assert dialog.height() <= parent.height()
    bottom = dialog.split.mapTo(dialog, dialog.split.rect().bottomRight())
    assert dialog.rect().contains(bottom)
    assert dialog.view.viewport().height() > 100


def test_a_choice_is_painted(parent: QWidget) -> None:
    dialog = opened(parent, a_list(*entries(3)))

    def box(row: int) -> str:
        area = dialog.view.visualRect(dialog.model.index(row))
        spot = QPoint(area.left() + 12 + 3, area.center().y() + 1)
        return dialog.view.viewport().grab().toImage().pixelColor(spot).name()

    before = box(1)
    assert box(2) == before
    dialog.model.choose([1], False)
    assert box(1) != before
    assert box(2) == before


def test_the_model_is_sound(qtmodeltester: object) -> None:
    songs = [*entries(3), LinkEntry("u", "", trouble="Gone")]
    qtmodeltester.check(EntryModel(songs))  # type: ignore[attr-defined]
