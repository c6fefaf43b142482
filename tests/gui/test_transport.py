from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui.transport import TransportBar


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
    assert bar.folder.isEnabled()


def test_time(bar: TransportBar) -> None:
    bar.show_time(41.99, 221.2)
    assert bar.time.text() == "0:41 / 3:41"
    bar.show_time(3700, 7300)
    assert bar.time.text() == "1:01:40 / 2:01:40"
