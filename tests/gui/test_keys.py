from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui import keys, labels
from stemdesk.gui.keys import digit_of
from support.opened import record_opened
from support.stage import SIX, Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path)
    made.play_song(stems=SIX)
    return made


def seeks(stage: Stage) -> list[int]:
    return [call[1] for call in stage.player.calls if call[0] == "seek"]


def test_keys_bring_what_is_heard_in_sight(stage: Stage) -> None:
    view = stage.window.song.stems.view
    view.zoom(10.0, 0.0)
    for key, there in ((Qt.Key.Key_Right, 5.0), (Qt.Key.Key_Home, 0.0)):
        view.scroll(60.0)
        assert not view.following
        stage.key(key)
        assert stage.window.playback.position_s == there
        assert view.first_s <= there <= view.last_s


@pytest.mark.parametrize("focus", ["window", "list", "overview"])
def test_space_plays_and_pauses(stage: Stage, focus: str) -> None:
    widget = {
        "window": stage.window.centre,
        "list": stage.window.library.view,
        "overview": stage.window.song.stems.overview,
    }[focus]
    widget.setFocus()
    stage.key(Qt.Key.Key_Space)
    stage.key(Qt.Key.Key_Space)
    stage.key(Qt.Key.Key_Space, SHIFT)
    assert [name for name in stage.player.names() if name != "load"] == ["play", "pause", "stop"]


def test_space_types_in_the_path(stage: Stage) -> None:
    path = stage.window.add_bar.path
    path.setFocus()
    for key in (Qt.Key.Key_A, Qt.Key.Key_Space, Qt.Key.Key_1, Qt.Key.Key_Left, Qt.Key.Key_B):
        stage.key(key)
    assert path.text() == "a b1"
    assert stage.player.names() == ["load"]


def test_space_operates_a_focused_button(stage: Stage) -> None:
    lane = stage.window.song.stems.lanes[0]
    lane.mute.setFocus()
    stage.key(Qt.Key.Key_Space)
    assert stage.window.playback.is_muted(lane.stem)
    assert "play" not in stage.player.names()


@pytest.mark.parametrize(
    ("key", "modifiers", "frame"),
    [
        (Qt.Key.Key_Right, NONE, 55_000),
        (Qt.Key.Key_Left, NONE, 45_000),
        (Qt.Key.Key_Right, SHIFT, 65_000),
        (Qt.Key.Key_Left, SHIFT, 35_000),
        (Qt.Key.Key_Home, NONE, 0),
    ],
)
@pytest.mark.parametrize("focus", ["window", "overview", "mute"])
def test_arrows_and_home_seek(
    stage: Stage, key: Qt.Key, modifiers: Qt.KeyboardModifier, frame: int, focus: str
) -> None:
    page = stage.window.song.stems
    widget = {
        "window": stage.window.centre,
        "overview": page.overview,
        "mute": page.lanes[0].mute,
    }[focus]
    widget.setFocus()
    stage.window.playback.seek(50.0)
    stage.key(key, modifiers)
    assert seeks(stage) == [50_000, frame]


@pytest.mark.parametrize("number", range(1, 7))
def test_digits_mute_solo_and_leave_alone(stage: Stage, number: int) -> None:
    playback, stem = stage.window.playback, SIX[number - 1]
    stage.window.library.view.setFocus()
    key = Qt.Key(Qt.Key.Key_0.value + number)
    stage.key(key)
    assert playback.is_muted(stem)
    stage.key(key)
    assert not playback.is_muted(stem)
    stage.key(key, SHIFT)
    assert playback.is_soloed(stem)
    stage.key(key, SHIFT)
    assert not playback.is_soloed(stem)
    stage.key(key, ALT)
    assert [other for other in SIX if playback.sounds(other)] == [stem]
    stage.key(key, ALT)
    assert all(playback.sounds(other) for other in SIX)


def test_digits_beyond_the_lanes_do_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.play_song(stems=("vocals",))
    stage.key(Qt.Key.Key_2)
    assert stage.player.names() == ["load"]


def test_digits_without_a_song_do_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.key(Qt.Key.Key_1)
    stage.key(Qt.Key.Key_Space)
    assert stage.players == []


def event(key: int, code: int) -> QKeyEvent:
    """A key with the system's number, wherever that system has it."""
    return QKeyEvent(QEvent.Type.KeyPress, key, NONE, code, code, 0, "")


def test_digits_are_physical_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_PHYSICAL", {code: code - 9 for code in range(10, 16)} | {19: 0})
    # AZERTY: the key right of ² is & without Shift and 1 with it.
    assert digit_of(event(Qt.Key.Key_Ampersand.value, 10)) == 1
    assert digit_of(event(Qt.Key.Key_Exclam.value, 10)) == 1  # QWERTY with Shift
    assert digit_of(event(Qt.Key.Key_3.value, 0)) == 3  # a screen keyboard
    assert digit_of(event(Qt.Key.Key_3.value, 81)) == 3  # a keypad
    assert digit_of(event(Qt.Key.Key_Agrave.value, 19)) == 0  # AZERTY without Shift
    assert digit_of(event(Qt.Key.Key_7.value, 16)) is None
    assert digit_of(event(Qt.Key.Key_A.value, 38)) is None


def hold(stage: Stage, key: Qt.Key, times: int = 3) -> None:
    """A key is pressed and held until it has repeated itself."""
    for number in range(times):
        held = QKeyEvent(QEvent.Type.KeyPress, key, NONE, "", autorep=number > 0)
        QApplication.sendEvent(QApplication.focusWidget() or stage.window, held)


def test_a_held_key_acts_once_but_arrows_go_on(stage: Stage) -> None:
    stage.window.centre.setFocus()
    hold(stage, Qt.Key.Key_Space)
    assert stage.player.names().count("play") == 1
    assert "pause" not in stage.player.names()
    hold(stage, Qt.Key.Key_Right)
    assert seeks(stage) == [5000, 10_000, 15_000]


def test_held_shortcuts_act_once(stage: Stage) -> None:
    assert not any(shortcut.autoRepeat() for shortcut in stage.window.findChildren(QShortcut))


def test_delete_removes_from_anywhere_but_text(stage: Stage) -> None:
    job = stage.controller.jobs[0]
    stage.window.add_bar.path.setFocus()
    stage.key(Qt.Key.Key_Delete)
    assert stage.controller.asked("remove") == []
    stage.window.song.stems.overview.setFocus()
    stage.key(Qt.Key.Key_Delete)
    assert stage.controller.asked("remove") == [([job.id],)]


def test_keys_do_nothing_behind_a_dialog(stage: Stage) -> None:
    stage.window.show_keys()
    stage.key(Qt.Key.Key_Space, on=stage.window.centre)
    assert stage.player.names() == ["load"]
    stage.dialog().reject()


def test_shortcuts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = record_opened(monkeypatch)
    window = stage.window
    stage.key(Qt.Key.Key_F, CONTROL | SHIFT, on=window)
    stage.qtbot.waitUntil(
        lambda: [Path(url.toLocalFile()) for url in shown] == [stage.controller.jobs[0].output]
    )
    stage.key(Qt.Key.Key_D, CONTROL, on=window)
    assert stage.controller.asked("add_demo") == [()]
    stage.key(Qt.Key.Key_M, ALT, on=window)
    assert QApplication.focusWidget() is window.add_bar.model
    stage.key(Qt.Key.Key_Delete, CONTROL | SHIFT, on=window)
    assert stage.controller.asked("forget_ended") == [()]


def test_ctrl_l_goes_to_the_library(stage: Stage) -> None:
    view = stage.window.library.view
    stage.key(Qt.Key.Key_L, CONTROL, on=stage.window)
    assert not view.isVisible()
    stage.key(Qt.Key.Key_L, CONTROL, on=stage.window)
    assert QApplication.focusWidget() is view


def test_ctrl_q_asks_while_working(stage: Stage) -> None:
    job = stage.controller.add(state=JobState.SEPARATING)
    stage.controller.busy = True
    stage.key(Qt.Key.Key_Q, CONTROL, on=stage.window)
    assert stage.dialog().headline.text() == labels.CLOSE_HEADLINE
    stage.dialog().reject()
    assert stage.controller.job(job.id) is not None


def test_keys_of_the_focused_list_stay_its_own(stage: Stage) -> None:
    stage.controller.add("z.mp3")
    view = stage.window.library.view
    view.setFocus()
    stage.key(Qt.Key.Key_End)
    stage.key(Qt.Key.Key_Home)
    assert view.currentIndex().row() == 0
    assert seeks(stage) == []


FOCI = ["window", "list", "mute"]


def loop(stage: Stage) -> object:
    return stage.player.status.loop


def focus_on(stage: Stage, focus: str) -> None:
    page = stage.window.song.stems
    {
        "window": stage.window.centre,
        "list": stage.window.library.view,
        "mute": page.lanes[0].mute,
        "fader": page.lanes[0].volume,
    }[focus].setFocus()


@pytest.mark.parametrize("focus", FOCI)
def test_loop_keys(stage: Stage, focus: str) -> None:
    focus_on(stage, focus)
    playback = stage.window.playback
    playback.seek(20.0)
    stage.key(Qt.Key.Key_I)
    playback.seek(30.0)
    stage.key(Qt.Key.Key_O)
    assert loop(stage) == (20_000, 30_000)
    assert stage.window.song.stems.view.loop == (20.0, 30.0)
    stage.key(Qt.Key.Key_L)
    assert loop(stage) is None
    stage.key(Qt.Key.Key_L)
    assert loop(stage) == (20_000, 30_000)
    assert stage.window.song.stems.transport.loop.isChecked()


@pytest.mark.parametrize("focus", FOCI)
def test_sides_speed_and_zoom_keys(stage: Stage, focus: str) -> None:
    focus_on(stage, focus)
    page = stage.window.song.stems
    stage.key(Qt.Key.Key_A)
    assert stage.player.status.side.value == "original"
    assert page.transport.side.original.isChecked()
    stage.key(Qt.Key.Key_A)
    assert stage.player.status.side.value == "stems"
    stage.key(Qt.Key.Key_BracketLeft)
    assert stage.player.status.speed_percent == 95.0
    stage.key(Qt.Key.Key_BracketRight)
    stage.key(Qt.Key.Key_BracketRight)
    assert stage.player.status.speed_percent == 105.0
    stage.key(Qt.Key.Key_Comma)
    stage.key(Qt.Key.Key_Period)
    assert stage.player.status.speed_percent == 105.0
    assert page.transport.speed.value.text() == "105 %"
    stage.key(Qt.Key.Key_Plus)
    stage.key(Qt.Key.Key_Equal)
    assert page.view.span_s < 50.0
    stage.key(Qt.Key.Key_Minus)
    assert 50.0 < page.view.span_s < 100.0
    stage.key(Qt.Key.Key_0)
    assert page.view.span_s == 100.0
    stage.key(Qt.Key.Key_F)
    assert not page.view.following
    stage.key(Qt.Key.Key_F)
    assert page.view.following


def test_a_focused_fader_keeps_its_own_keys(stage: Stage) -> None:
    focus_on(stage, "fader")
    stage.key(Qt.Key.Key_Left)
    stage.key(Qt.Key.Key_Left)
    assert stage.window.playback.remix.setting(SIX[0]).gain_db == -2.0
    stage.key(Qt.Key.Key_Home)
    assert seeks(stage) == []
    stage.key(Qt.Key.Key_Backspace)
    assert stage.window.playback.remix.setting(SIX[0]).gain_db == 0.0
    assert stage.controller.asked("remove") == []
    stage.key(Qt.Key.Key_Space)
    assert stage.window.playback.playing
    stage.key(Qt.Key.Key_L)
    assert stage.player.status.loop == (0, 100_000)


def test_letters_are_typed_where_there_is_text(stage: Stage) -> None:
    path = stage.window.add_bar.path
    path.setFocus()
    letters = (Qt.Key.Key_A, Qt.Key.Key_L, Qt.Key.Key_I, Qt.Key.Key_O, Qt.Key.Key_F)
    for key in (*letters, Qt.Key.Key_BracketLeft, Qt.Key.Key_Minus, Qt.Key.Key_0):
        stage.key(key)
    assert path.text() == "aliof[-0"
    assert stage.player.names() == ["load"]


def test_every_key_of_the_desk_is_in_the_list(stage: Stage) -> None:
    told = " ".join(key for key, _ in labels.KEYS)
    for key in ("A", "L", "I / O", "[ / ]", "+ / -", "0", "F", "Backspace"):
        assert key in told
