from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.energy import Energies
from stemdesk.audio.finished import open_files
from stemdesk.audio.listening import Listening
from stemdesk.audio.output import OutputInfo, OutputKind, Pull
from stemdesk.audio.player import Levels, Player, PlayerState, Side
from stemdesk.audio.remix import Preset, Remix
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.gui.playback import Playback
from stemdesk.gui.song_files import find_stems
from stemdesk.gui.song_source import SongSource
from support.fake_controller import FakeMemory
from support.fake_player import FakePlayer
from support.outputs import HandOutput
from support.stage import song_folder


def source(
    job_id: str = "id", *stems: str, live: bool = False, files: dict[str, Path] | None = None
) -> SongSource:
    """A song whose files nobody opens, or these `files`."""
    names = tuple(files or ()) or stems or ("drums", "vocals")
    opens = partial(open_files, files or {name: Path("/out") / name for name in names})
    return SongSource(job_id, Path("/out"), names, opens, f"key of {job_id}", live)


SONG = source()


@pytest.fixture
def player() -> FakePlayer:
    return FakePlayer()


@pytest.fixture
def playback(qtbot: QtBot, player: FakePlayer) -> Playback:
    made = Playback(lambda: cast(Any, player))
    made.open(SONG)
    return made


def test_nothing_is_made_before_a_song_is_opened(qtbot: QtBot) -> None:
    made: list[FakePlayer] = []

    def factory() -> Any:
        made.append(FakePlayer())
        return made[-1]

    playback = Playback(factory)
    for act in (playback.toggle, playback.stop, playback.pause, playback.close_song):
        act()
    playback.seek(3.0)
    playback.set_muted("drums", True)
    assert made == []
    assert (playback.ready, playback.playing, playback.length_s) == (False, False, 0.0)
    playback.open(SONG)
    playback.open(SONG)
    assert len(made) == 1


def test_a_song_is_loaded(playback: Playback, player: FakePlayer) -> None:
    assert player.calls == [("load", SONG.open)]
    assert playback.ready
    assert playback.length_s == 100.0
    assert [item.name for item in player.remix.stems] == ["drums", "vocals"]


def test_toggle_plays_and_pauses(playback: Playback, player: FakePlayer) -> None:
    playback.toggle()
    assert playback.playing
    playback.toggle()
    assert player.names()[1:] == ["play", "pause"]
    playback.stop()
    assert player.names()[-1] == "stop"


def test_seeking_stays_inside_the_song(playback: Playback, player: FakePlayer) -> None:
    for seconds in (5.5, -3.0, 1000.0):
        playback.seek(seconds)
    assert [call[1] for call in player.calls if call[0] == "seek"] == [5500, 0, 100_000]
    assert playback.position_s == 100.0


def test_the_position_is_told_while_it_plays(
    qtbot: QtBot, playback: Playback, player: FakePlayer
) -> None:
    playback.play()
    with qtbot.waitSignal(playback.moved) as moved:
        player.be(position_frames=1234)
    assert moved.args == [1.234]


def test_the_end_of_the_song_is_told(qtbot: QtBot, playback: Playback, player: FakePlayer) -> None:
    playback.play()
    with qtbot.waitSignal(playback.changed):
        player.be(state=PlayerState.FINISHED, position_frames=100_000)
    assert not playback.playing


def test_polling_rests_when_nothing_happens(qtbot: QtBot, playback: Playback) -> None:
    qtbot.waitUntil(lambda: not playback._timer.isActive())
    playback.play()
    assert playback._timer.isActive()


def test_failures_are_told_once(qtbot: QtBot, playback: Playback, player: FakePlayer) -> None:
    told: list[object] = []
    playback.failed.connect(told.append)
    error = SourceError(ErrorCode.STEMS_MISSING)
    playback.play()
    with qtbot.waitSignal(playback.failed):
        player.fail(error)
    playback.pause()
    assert told == [error]


def test_why_nothing_is_heard(playback: Playback, player: FakePlayer) -> None:
    assert playback.silent_reason == ""
    player.be(output=OutputInfo(OutputKind.NULL, "no sound device", reason="no PortAudio"))
    playback.play()
    assert playback.silent_reason == "no PortAudio"


def test_mute_and_solo(qtbot: QtBot, playback: Playback, player: FakePlayer) -> None:
    with qtbot.waitSignal(playback.remixed):
        playback.set_muted("drums", True)
    assert player.remix.gains() == {"drums": 0.0, "vocals": 1.0}
    assert playback.is_muted("drums")
    assert not playback.sounds("drums")
    playback.set_muted("drums", False)
    playback.set_soloed("vocals", True)
    assert playback.is_soloed("vocals")
    assert player.remix.gains() == {"drums": 0.0, "vocals": 1.0}
    playback.set_soloed("drums", True)  # solo is additive
    assert player.remix.gains() == {"drums": 1.0, "vocals": 1.0}


def test_only_this_and_all_again(playback: Playback) -> None:
    playback.set_soloed("drums", True)
    playback.only("vocals")
    assert [playback.sounds(stem) for stem in SONG.stems] == [False, True]
    playback.only("vocals")
    assert [playback.sounds(stem) for stem in SONG.stems] == [True, True]


def test_a_song_keeps_its_balance(playback: Playback, player: FakePlayer) -> None:
    playback.set_muted("drums", True)
    playback.open(source("other", "drums"))
    assert not playback.is_muted("drums")
    playback.open(SONG)
    assert playback.is_muted("drums")
    assert player.remix.gain("drums") == 0.0
    playback.forget(["id"])
    playback.open(SONG)
    assert not playback.is_muted("drums")


def test_files_are_let_go(playback: Playback, player: FakePlayer) -> None:
    playback.close_song()
    assert player.names()[-1] == "unload"
    assert not playback.ready
    playback.shut()
    assert player.names()[-1] == "close"


def last(player: FakePlayer, name: str) -> object:
    return next(call[1] for call in reversed(player.calls) if call[0] == name)


def test_volume_pan_master_and_presets(playback: Playback, player: FakePlayer) -> None:
    playback.set_gain("drums", -6.0)
    playback.set_pan("vocals", 0.5)
    playback.set_master(-3.0)
    assert player.remix.setting("drums").gain_db == -6.0
    assert player.remix.setting("vocals").pan == 0.5
    assert player.remix.master_db == -3.0
    playback.use_preset(Preset.NO_DRUMS)
    assert [playback.sounds(stem) for stem in SONG.stems] == [False, True]
    assert player.remix.setting("drums").gain_db == -6.0


def test_speed_and_key_stay_within_what_there_is(
    qtbot: QtBot, playback: Playback, player: FakePlayer
) -> None:
    with qtbot.waitSignal(playback.tuned):
        playback.set_speed(80.0)
    playback.change_speed(-5.0)
    assert last(player, "set_speed") == 75.0
    playback.change_speed(-90.0)
    playback.set_key(-30.0)
    assert (last(player, "set_speed"), last(player, "set_key")) == (50.0, -12.0)
    assert (playback.listening.speed_percent, playback.listening.key_semitones) == (50.0, -12.0)


def test_the_loop_is_told_in_frames(playback: Playback, player: FakePlayer) -> None:
    playback.set_loop((2.0, 5.5))
    assert last(player, "set_loop") == (2000, 5500)
    playback.toggle_loop()
    assert (last(player, "set_loop"), playback.loop) == (None, None)
    playback.toggle_loop()  # the last one
    assert playback.loop == (2.0, 5.5)


def test_without_a_loop_the_whole_song_is_looped(playback: Playback, player: FakePlayer) -> None:
    playback.toggle_loop()
    assert last(player, "set_loop") == (0, 100_000)


def test_the_ends_of_the_loop_are_set_at_the_playhead(playback: Playback) -> None:
    playback.seek(20.0)
    playback.start_loop_here()
    assert playback.loop == (20.0, 100.0)
    playback.seek(30.0)
    playback.end_loop_here()
    assert playback.loop == (20.0, 30.0)
    playback.seek(40.0)
    playback.start_loop_here()  # behind the end
    assert playback.loop == (40.0, 100.0)
    playback.seek(10.0)
    playback.end_loop_here()  # before the start
    assert playback.loop == (0.0, 10.0)


def test_a_loop_beyond_the_song_is_not_played(
    qtbot: QtBot, player: FakePlayer, playback: Playback
) -> None:
    memory = FakeMemory()
    memory.songs["id"] = Listening(loop=(150.0, 160.0), looping=True)
    other = Playback(lambda: cast(Any, player), memory=memory)
    other.open(SONG)
    assert last(player, "set_loop") is None


def test_original_and_stems(qtbot: QtBot, playback: Playback, player: FakePlayer) -> None:
    with qtbot.waitSignal(playback.changed):
        playback.toggle_side()
    assert last(player, "set_side") is Side.ORIGINAL
    assert (playback.on_original, playback.hears_original) == (True, True)
    playback.toggle_side()
    assert last(player, "set_side") is Side.STEMS
    assert (playback.on_original, playback.hears_original) == (False, False)
    playback.set_original(True)
    playback.open(source("other"))  # another song begins with its stems
    assert (playback.on_original, playback.hears_original) == (False, False)


def test_what_is_not_split_yet_is_heard_and_said(
    qtbot: QtBot, playback: Playback, player: FakePlayer
) -> None:
    playback.play()
    with qtbot.waitSignal(playback.changed):
        player.be(hears_original=True, waiting=True)
    assert playback.hears_original
    assert playback.waiting
    assert not playback.on_original


def energies() -> Energies:
    made = Energies(("drums", "vocals"))
    drums, vocals = np.zeros((2, 100), np.float32), np.full((2, 100), 0.5, np.float32)
    made.add([drums, vocals], drums + vocals)
    return made


def test_the_original_is_made_as_loud_as_the_remix(playback: Playback, player: FakePlayer) -> None:
    playback.match(energies())
    assert player.original_gain_db == pytest.approx(0.0)
    playback.set_gain("vocals", -4.0)
    assert player.original_gain_db == pytest.approx(-4.0, abs=0.01)
    playback.open(source("other"))  # nothing is known of this one
    playback.set_gain("vocals", -2.0)
    assert last(player, "set_original_gain") == pytest.approx(-4.0, abs=0.01)


def test_levels_are_told(qtbot: QtBot, playback: Playback, player: FakePlayer) -> None:
    levels = Levels((("drums", 0.5), ("vocals", 0.0)), (0.5, 0.4))
    playback.play()
    with qtbot.waitSignal(playback.levels) as told:
        player.be(levels=levels)
    assert told.args == [levels]


def test_the_output_device_is_chosen(qtbot: QtBot) -> None:
    player = FakePlayer()
    playback = Playback(lambda: cast(Any, player))
    playback.set_output("Headphones")  # there is no player yet
    playback.open(SONG)
    assert last(player, "set_output") == "Headphones"
    playback.set_output("")
    playback.set_output("")
    assert [call[1] for call in player.calls if call[0] == "set_output"] == ["Headphones", ""]


def test_a_song_that_is_replaced_goes_on(playback: Playback, player: FakePlayer) -> None:
    playback.open(source("id", live=True))
    playback.set_muted("drums", True)
    playback.seek(12.0)
    done = source("id", "drums", "vocals")
    playback.replace(done)
    assert player.calls[-1] == ("load", done.open, True)
    assert player.remix.gain("drums") == 0.0
    assert playback.position_s == 12.0
    playback.replace(source("other"))  # not the same: opened as any
    assert player.calls[-1][0] == "load" and len(player.calls[-1]) == 2


def test_stems_that_become_known_get_what_they_had(player: FakePlayer, qtbot: QtBot) -> None:
    memory = FakeMemory()
    memory.songs["id"] = Listening(Remix.of(["drums", "vocals"]).with_gain("vocals", -9.0))
    playback = Playback(lambda: cast(Any, player), memory=memory)
    opens = partial(open_files, {})
    playback.open(SongSource("id", None, (), opens, "live", live=True))
    playback.replace(SONG)
    assert [item.name for item in player.remix.stems] == ["drums", "vocals"]
    assert player.remix.setting("vocals").gain_db == -9.0


def test_everything_is_remembered_for_the_next_window(player: FakePlayer, qtbot: QtBot) -> None:
    memory = FakeMemory()
    first = Playback(lambda: cast(Any, player), memory=memory)
    first.open(SONG)
    assert memory.songs == {}  # nothing was changed
    first.set_gain("drums", -6.0)
    first.set_speed(80.0)
    first.set_key(2.0)
    first.set_loop((1.0, 2.0))
    first.shut()
    assert memory.flushed == 1
    fresh = FakePlayer()
    second = Playback(lambda: cast(Any, fresh), memory=memory)
    second.open(SONG)
    assert fresh.remix.setting("drums").gain_db == -6.0
    assert fresh.status.speed_percent == 80.0
    assert fresh.status.key_semitones == 2.0
    assert fresh.status.loop == (1000, 2000)


def test_a_remembered_loop_is_taken_as_soon_as_the_song_reaches_it(
    player: FakePlayer, qtbot: QtBot
) -> None:
    memory = FakeMemory()
    memory.songs["id"] = Listening(loop=(110.0, 120.0), looping=True)
    playback = Playback(lambda: cast(Any, player), memory=memory)
    playback.open(source("id", live=True))  # so far 100 s are decoded
    assert player.status.loop is None
    player.be(length_frames=115_000)
    qtbot.waitUntil(lambda: player.status.loop == (110_000, 115_000))
    player.be(length_frames=300_000)
    qtbot.waitUntil(lambda: player.status.loop == (110_000, 120_000))
    player.be(samplerate=2000, length_frames=600_000)  # saved at another rate
    qtbot.waitUntil(lambda: player.status.loop == (220_000, 240_000))


@pytest.fixture
def output() -> HandOutput:
    return HandOutput()


@pytest.fixture
def real(qtbot: QtBot, output: HandOutput) -> Iterator[Playback]:
    playback = Playback(lambda: Player(open_output=output.open))
    yield playback
    playback.shut()


def test_the_real_player_plays_real_stems(
    qtbot: QtBot, real: Playback, output: HandOutput, tmp_path: Path
) -> None:
    song = find_stems("id", song_folder(tmp_path / "song", seconds=1.0))
    real.open(source("id", files=song.files))
    qtbot.waitUntil(lambda: real.ready)
    assert real.length_s == 1.0
    real.play()
    qtbot.waitUntil(lambda: real.playing and output.running)
    loud = float(abs(output.take(400)).max())
    assert 0.9 < loud <= 1.0  # 0.1 + 0.2 + 0.3 + 0.4
    qtbot.waitUntil(lambda: real.position_s == pytest.approx(0.05))
    real.seek(0.5)
    qtbot.waitUntil(lambda: real.position_s == pytest.approx(0.5))
    real.stop()
    qtbot.waitUntil(lambda: not real.playing and real.position_s == 0.0)


def test_a_sound_device_that_opens_slowly_is_waited_for(
    qtbot: QtBot, output: HandOutput, tmp_path: Path
) -> None:
    may_open = threading.Event()

    def slow(samplerate: int, pull: Pull, device: str = "") -> HandOutput:
        assert may_open.wait(20)
        return output.open(samplerate, pull, device)

    playback = Playback(lambda: Player(open_output=slow))
    playback.open(source("id", files=find_stems("id", song_folder(tmp_path / "song")).files))
    qtbot.waitUntil(lambda: playback.ready)
    polls: list[None] = []
    playback.play()
    playback._timer.timeout.connect(lambda: polls.append(None))
    qtbot.waitUntil(lambda: len(polls) > 25)  # it would have rested by now
    may_open.set()
    qtbot.waitUntil(lambda: playback.playing)
    assert playback.shut(10)


def test_the_real_player_tells_of_lost_files(qtbot: QtBot, real: Playback, tmp_path: Path) -> None:
    song = source("id", files={"drums": tmp_path / "gone.wav"})
    with qtbot.waitSignal(real.failed) as failed:
        real.open(song)
    assert failed.args[0].code is ErrorCode.STEMS_MISSING


def test_a_growing_song_that_was_given_up_goes_on_by_play(
    player: FakePlayer, playback: Playback
) -> None:
    live = replace(source("other", live=True), samplerate=1000)
    playback.open(live)
    playback.set_speed(90.0)
    playback.play()
    player.be(position_frames=42_000)
    playback._poll()
    player.fail(SourceError(ErrorCode.SOURCE_UNREADABLE))
    player.be(position_frames=0, length_frames=0, samplerate=0)
    playback._poll()
    assert playback.can_begin_anew and not playback.ready
    player.calls.clear()
    playback.toggle()
    assert player.calls == [("load", live.open), ("set_speed", 90.0), ("seek", 42_000), ("play",)]
    assert playback.playing is True and not playback.can_begin_anew


def test_a_finished_song_that_was_given_up_is_not_opened_again(
    player: FakePlayer, playback: Playback
) -> None:
    playback.play()
    player.fail(SourceError(ErrorCode.STEMS_MISSING))
    playback._poll()
    assert not playback.can_begin_anew
