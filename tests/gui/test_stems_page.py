from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk.audio.finished import open_files
from stemdesk.audio.peaks import Pyramid
from stemdesk.audio.player import Levels
from stemdesk.audio.remix import Preset
from stemdesk.gui import desk_words, theme
from stemdesk.gui.playback import Playback
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.stems_page import StemsPage
from support.fake_player import FakePlayer
from support.stage import FOUR

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

LEFT = Qt.MouseButton.LeftButton


def source(
    stems: tuple[str, ...] = FOUR, live: bool = False, job_id: str = "id", key: str = "a"
) -> SongSource:
    opens = partial(open_files, {})
    return SongSource(job_id, None if live else Path("/out"), stems, opens, key, live)


def pyramid(level: float = 0.5) -> Pyramid:
    made = Pyramid(1000, 100_000)
    made.add(0, np.full((2, 1000), level, np.float32))
    return made


def loop(player: FakePlayer) -> object:
    return player.status.loop


@pytest.fixture
def player() -> FakePlayer:
    return FakePlayer()


@pytest.fixture
def playback(qtbot: QtBot, player: FakePlayer) -> Playback:
    return Playback(lambda: cast(Any, player))


@pytest.fixture
def page(qtbot: QtBot, playback: Playback) -> StemsPage:
    made = StemsPage(playback)
    qtbot.addWidget(made)
    made.resize(980, 620)
    made.show()
    return made


def test_controls_of_a_lane_reach_the_player(page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source())
    drums = page.lanes[0]
    QTest.keyClick(drums.volume, Qt.Key.Key_PageDown)
    QTest.keyClick(drums.pan, Qt.Key.Key_Home)
    setting = player.remix.setting("drums")
    assert (setting.gain_db, setting.pan) == (-6.0, -1.0)
    QTest.mouseDClick(drums.volume, LEFT)
    assert player.remix.setting("drums").gain_db == 0.0


def test_controls_of_the_transport_reach_the_player(page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source())
    transport = page.transport
    transport.presets.buttons[Preset.INSTRUMENTAL].click()
    assert player.remix.follows(Preset.INSTRUMENTAL)
    assert page.lanes[3].mute.isChecked()
    assert transport.presets.buttons[Preset.INSTRUMENTAL].isChecked()
    page.lanes[3].mute.click()
    assert transport.presets.buttons[Preset.ALL].isChecked()
    assert not transport.presets.buttons[Preset.INSTRUMENTAL].isChecked()
    QTest.keyClick(transport.master.fader, Qt.Key.Key_PageDown)
    assert player.remix.master_db == -6.0
    QTest.keyClick(transport.speed.fader, Qt.Key.Key_PageDown)
    QTest.keyClick(transport.key.fader, Qt.Key.Key_Up)
    assert (player.status.speed_percent, player.status.key_semitones) == (90.0, 1.0)
    transport.side.original.click()
    assert player.status.side.value == "original"
    page._playback.seek(10.0)
    transport.loop_start.click()
    page._playback.seek(12.0)
    transport.loop_end.click()
    assert loop(player) == (10_000, 12_000)
    assert transport.loop_text.text() == "0:10 - 0:12"
    transport.loop.click()
    assert loop(player) is None
    assert page.view.loop is None


def test_a_loop_that_is_drawn_is_played(page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source())
    page.view.drag_loop(30.0, 20.0)
    assert loop(player) is None
    page.view.drop_loop()
    assert loop(player) == (20_000, 30_000)
    assert page.transport.loop.isChecked()
    page.view.remove_loop()
    assert loop(player) is None


def test_stems_that_are_not_known_yet(page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source((), live=True))
    assert page.lanes == []
    assert page.desk.unknown.isVisible()
    assert not page.transport.presets.isVisible()
    assert page.transport.play.isEnabled()  # the original can be heard
    page.show_pyramid("original", pyramid())
    page.replace_song(source(FOUR, live=True))
    assert [lane.stem for lane in page.lanes] == list(FOUR)
    assert not page.desk.unknown.isVisible()
    assert page.transport.presets.isVisible()


def test_lanes_stay_together_on_a_huge_screen(page: StemsPage) -> None:
    page.show_song(source())
    page.resize(3800, 2000)
    page.show()
    lanes = page.lanes
    assert len(lanes) == 4 and lanes[0].height() > 250
    for above, below in pairwise(lanes):
        assert below.y() == above.geometry().bottom() + 1


def test_unfinished_parts_are_under_the_original(page: StemsPage) -> None:
    page.show_song(source(live=True))
    original = pyramid(0.9)
    page.show_pyramid("original", original)
    page.show_pyramid("drums", pyramid())
    page.show_finished(((0.0, 7.8),))
    assert page.lanes[0].wave._finished == ((0.0, 7.8),)
    assert page.lanes[0].wave._under is original
    page.replace_song(source(key="done"))
    assert page.lanes[0].wave._finished is None


def test_a_replaced_song_keeps_its_lanes(page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source(live=True))
    lanes = list(page.lanes)
    page.show_pyramid("drums", pyramid())
    page.view.zoom(4.0)
    page._playback.seek(40.0)
    assert not page.transport.folder.isEnabled()  # nothing is saved yet
    page.replace_song(source(key="done"))
    assert page.lanes == lanes
    assert lanes[0].wave.layers
    assert page.view.span_s == 25.0
    assert page._playback.position_s == 40.0
    assert player.calls[-1][0] == "load" and player.calls[-1][2] is True
    assert page.transport.folder.isEnabled()


def test_lanes_share_one_scale(page: StemsPage) -> None:
    page.show_song(source())
    page.show_pyramid("drums", pyramid(0.25))
    assert page.lanes[0].wave.layers[0].scale == pytest.approx(4.0, rel=0.02)
    page.show_pyramid("vocals", pyramid(0.5))
    scales = {lane.wave.layers[0].scale for lane in page.lanes if lane.wave.layers}
    assert len(scales) == 1
    assert scales.pop() == pytest.approx(2.0, rel=0.02)
    colours = [layer.colour for layer in page.overview.layers]
    assert colours == [theme.wave_colour("drums"), theme.wave_colour("vocals")]


def test_what_is_heard_is_said(qtbot: QtBot, page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source(live=True))
    hint = page.transport.hint
    assert hint.text() == ""
    page._playback.play()
    player.be(hears_original=True)
    qtbot.waitUntil(lambda: hint.text() == desk_words.ORIGINAL_MEANWHILE)
    player.be(waiting=True)
    qtbot.waitUntil(lambda: hint.text() == desk_words.WAITING)
    assert page.transport.play.property("icon_name") == "waiting"
    player.be(waiting=False, hears_original=False)
    qtbot.waitUntil(lambda: hint.text() == "")
    page.transport.side.original.click()  # they asked for it: there is nothing to say
    qtbot.waitUntil(lambda: page._playback.hears_original)
    assert hint.text() == ""


def test_a_part_that_is_finished_is_heard_of_while_nothing_plays(
    qtbot: QtBot, page: StemsPage, player: FakePlayer
) -> None:
    page.show_song(source(live=True))
    player.be(hears_original=True)
    page.show_finished(())
    hint = page.transport.hint
    qtbot.waitUntil(lambda: hint.text() == desk_words.ORIGINAL_MEANWHILE)
    qtbot.waitUntil(lambda: not page._playback._timer.isActive())
    player.be(hears_original=False)
    page.show_finished(((0.0, 7.8),))
    assert hint.text() == ""


def test_without_an_original_there_is_nothing_to_compare(
    qtbot: QtBot, page: StemsPage, player: FakePlayer
) -> None:
    page.show_song(source())
    side = page.transport.side
    assert side.original.isEnabled()
    page._playback.play()
    player.be(has_original=False)
    qtbot.waitUntil(lambda: not side.original.isEnabled())
    assert side.original.toolTip() == desk_words.NO_ORIGINAL_TIP
    page._playback.toggle_side()
    assert not page._playback.on_original
    assert side.stems.isChecked()


def test_meters_show_what_is_heard(qtbot: QtBot, page: StemsPage, player: FakePlayer) -> None:
    page.show_song(source())
    page._playback.play()
    player.be(levels=Levels((("drums", 0.5), ("bass", 0.0)), (0.9, 0.1)))
    drums, bass = page.lanes[0].meter, page.lanes[1].meter
    qtbot.waitUntil(lambda: drums.bar_db > -20.0)
    assert bass.bar_db == pytest.approx(-54.0)
    left, right = page.transport.master.meters
    assert left.bar_db > right.bar_db


def test_stems_and_remix_are_dragged_out(qtbot: QtBot, page: StemsPage) -> None:
    page.show_song(source())
    with qtbot.waitSignal(page.drag_wanted) as stem:
        page.lanes[2].head.grip.drag_wanted.emit()
    assert stem.args == ["other"]
    with qtbot.waitSignal(page.remix_drag_wanted):
        page.transport.grip.drag_wanted.emit()


@pytest.mark.parametrize("height", [380, 620])
def test_the_ruler_stands_over_the_waveforms(qtbot: QtBot, page: StemsPage, height: int) -> None:
    page.show_song(source(("a", "b", "c", "d", "e", "f")))
    page.resize(900, height)  # small: with a scroll bar

    def lined_up() -> None:
        wave, ruler = page.lanes[0].wave, page.desk.ruler
        left, above = (part.mapTo(page, part.rect().topLeft()).x() for part in (wave, ruler))
        assert (left, wave.width()) == (above, ruler.width())

    qtbot.waitUntil(lined_up)
