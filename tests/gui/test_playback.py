from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.output import OutputInfo, OutputKind
from stemdesk.audio.player import Player, PlayerState, open_files
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.gui.playback import Playback
from stemdesk.gui.song_files import find_stems
from stemdesk.gui.song_source import SongSource
from support.fake_player import FakePlayer
from support.outputs import HandOutput
from support.stage import song_folder


def source(job_id: str, files: dict[str, Path]) -> SongSource:
    """A finished song, as the window opens it."""
    return SongSource(job_id, Path("/out"), tuple(files), partial(open_files, files), "key")


FILES = {"drums": Path("/out/d"), "vocals": Path("/out/v")}
SONG = source("id", FILES)


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
    assert player.names()[0] == "load"
    assert player.opened_files == FILES
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
    playback.skip(-15.0)
    assert playback.position_s == 85.0


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
    playback.open(source("other", {"drums": Path("/b/d")}))
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
    song = source("id", find_stems("id", song_folder(tmp_path / "song", seconds=1.0)).files)
    real.open(song)
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


def test_the_real_player_tells_of_lost_files(qtbot: QtBot, real: Playback, tmp_path: Path) -> None:
    song = source("id", {"drums": tmp_path / "gone.wav"})
    with qtbot.waitSignal(real.failed) as failed:
        real.open(song)
    assert failed.args[0].code is ErrorCode.STEMS_MISSING
