from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.audio.listening import Listening
from stemdesk.audio.remix import Remix
from stemdesk.gui import desk_words, theme
from stemdesk.gui.transport import TransportBar
from stemdesk.gui.tuning import Tuning

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def bar(qtbot: QtBot) -> TransportBar:
    made = TransportBar()
    qtbot.addWidget(made)
    made.show_state(playing=False, ready=True)
    return made


@pytest.mark.parametrize(
    ("button", "signal"),
    [
        ("play", "toggle_wanted"),
        ("stop", "stop_wanted"),
        ("to_start", "start_wanted"),
        ("folder", "folder_wanted"),
        ("loop", "loop_wanted"),
        ("loop_start", "loop_start_wanted"),
        ("loop_end", "loop_end_wanted"),
    ],
)
def test_buttons_ask(qtbot: QtBot, bar: TransportBar, button: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(bar, signal)):
        getattr(bar, button).click()


def test_play_becomes_pause(bar: TransportBar) -> None:
    assert bar.play.accessibleName() == "Play"
    bar.show_state(playing=True, ready=True)
    assert bar.play.accessibleName() == "Pause"
    assert bar.play.property("icon_name") == "pause"


def test_without_a_song_there_is_nothing_to_play(bar: TransportBar) -> None:
    bar.show_state(playing=False, ready=False)
    assert not bar.play.isEnabled()
    assert not bar.loop.isEnabled()
    assert bar.folder.isEnabled()


def test_time(bar: TransportBar) -> None:
    bar.show_time(41.99, 221.2)
    assert bar.time.text() == "0:41 / 3:41"
    bar.show_time(3700, 7300)
    assert bar.time.text() == "1:01:40 / 2:01:40"


def test_waiting_for_sound_is_seen(bar: TransportBar) -> None:
    bar.show_state(playing=True, ready=True, waiting=True)
    assert bar.play.property("icon_name") == "waiting"
    assert "waits" in bar.play.accessibleName()
    bar.show_state(playing=True, ready=True)
    assert bar.play.property("icon_name") == "pause"


def test_a_hint_moves_nothing_while_a_song_is_split(qtbot: QtBot, bar: TransportBar) -> None:
    bar.resize(1200, 100)
    bar.show()
    bar.show_hint("", live=True)
    QApplication.sendPostedEvents()
    before = bar.sizeHint()
    bar.show_hint(desk_words.ORIGINAL_MEANWHILE, live=True)
    QApplication.sendPostedEvents()
    assert bar.sizeHint() == before
    assert bar.hint.isVisible()
    bar.show_hint("", live=False)
    assert not bar.hint.isVisible()
    qtbot.waitUntil(lambda: bar.sizeHint().width() < before.width())


def test_how_it_is_listened_to_is_shown(qtbot: QtBot, bar: TransportBar) -> None:
    with (
        qtbot.assertNotEmitted(bar.loop_wanted),
        qtbot.assertNotEmitted(bar.speed.chosen),
        qtbot.assertNotEmitted(bar.key.chosen),
    ):
        bar.show_listening(Listening(Remix(), 80.0, -3.0, (30.0, 75.5), looping=True))
    assert bar.loop.isChecked()
    assert bar.loop_text.text() == "0:30 - 1:15"
    assert (bar.speed.value.text(), bar.key.value.text()) == ("80 %", "\N{MINUS SIGN}3 st")
    bar.show_listening(Listening())
    assert not bar.loop.isChecked()
    assert bar.loop_text.text() == ""


@pytest.mark.parametrize(("name", "neutral"), [("speed", 100.0), ("key", 0.0)])
def test_a_double_click_is_as_recorded(
    qtbot: QtBot, bar: TransportBar, name: str, neutral: float
) -> None:
    tuning: Tuning = getattr(bar, name)
    for part in (tuning.fader, tuning.value):
        tuning.show_amount(neutral + 5)
        with qtbot.waitSignal(tuning.chosen) as chosen:
            QTest.mouseDClick(part, Qt.MouseButton.LeftButton)
        assert chosen.args == [neutral]
        assert tuning.fader.amount == neutral


def test_the_sides_are_exclusive(qtbot: QtBot, bar: TransportBar) -> None:
    side = bar.side
    assert (side.original.isChecked(), side.stems.isChecked()) == (False, True)
    for button, original in ((side.original, True), (side.original, True), (side.stems, False)):
        with qtbot.waitSignal(side.chosen) as chosen:
            button.click()
        assert chosen.args == [original]
        assert (side.original.isChecked(), side.stems.isChecked()) == (original, not original)


def test_master_volume_and_its_meters(qtbot: QtBot, bar: TransportBar) -> None:
    bar.master.show_amount(-60.0)
    assert bar.master.value.text() == "\N{MINUS SIGN}\N{INFINITY} dB"
    with qtbot.waitSignal(bar.master.chosen) as chosen:
        QTest.mouseDClick(bar.master.fader, Qt.MouseButton.LeftButton)
    assert chosen.args == [0.0]
    bar.master.show_peaks((1.0, 0.1))
    left, right = bar.master.meters
    assert left.bar_db == pytest.approx(0.0)
    assert right.bar_db == pytest.approx(-20.0)


@pytest.mark.parametrize("width", [860, 945, 980, 2200])
def test_two_lines_or_fewer(
    qtbot: QtBot, qapp: QApplication, bar: TransportBar, width: int
) -> None:
    theme.install(qapp)
    bar.presets.show_stems(("drums", "bass", "other", "vocals"))
    bar.show_listening(Listening(Remix(), loop=(30.0, 75.5)))
    bar.show_time(12.0, 221.0)
    bar.show_hint(desk_words.ORIGINAL_MEANWHILE, live=True)
    bar.show()
    bar.resize(width, bar.heightForWidth(width))
    qtbot.waitUntil(lambda: bar.heightForWidth(width) == bar.height())
    assert bar.height() < 110
    assert bool(bar.export.text()) == bar.folder.isVisible() == (width > 950)
    assert bool(bar.folder.text()) == (width > 1000)
    assert bar.folder.accessibleName() == "Show in folder"
    others = (bar.master, bar.grip)
    edges = [widget.mapTo(bar, widget.rect().topRight()).x() for widget in others]
    assert edges[-1] == width - 1  # as far as the lanes above it go
    assert edges[0] == width - 1 or width > 1000


def test_loop_times_come_and_go_and_nothing_moves(qtbot: QtBot, bar: TransportBar) -> None:
    bar.resize(1200, 120)
    bar.show()
    qtbot.waitExposed(bar)
    bar.show_time(0.0, 4000.0)

    def places() -> list[tuple[int, int]]:
        QApplication.sendPostedEvents()
        QTest.qWait(0)
        return [
            (spot.x(), spot.y())
            for spot in (control.mapTo(bar, control.rect().topLeft()) for control in bar.controls)
        ]

    before = places()
    for loop in ((0.0, 1.0), (1111.0, 2222.0), (3000.0, 4000.0), None):
        bar.show_listening(Listening(Remix(), loop=loop))
        assert places() == before
