"""Playing a song while it is decoded and separated, and its files changing hands at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.player import Player, PlayerState, Side
from stemdesk.audio.remix import Remix
from stemdesk.audio.transport import RING_S
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.priority import rush
from support.listening import hear, steepest
from support.live_jobs import wait_until
from support.outputs import HandOutput
from support.songs import ArraySong, constant

RATE = 8000
FRAMES = 40_000
FADE = 40  # 5 ms, of the ring
PART_FADE = 400  # 50 ms, between original and stems
ORIGINAL, STEMS = 0.25, 0.75

Samples = NDArray[np.float32]


@pytest.fixture
def output() -> HandOutput:
    return HandOutput()


@pytest.fixture
def player(output: HandOutput) -> Iterator[Player]:
    with Player(output.open) as player:
        yield player


@pytest.fixture
def song() -> ArraySong:
    """Decoded, and nothing of it separated."""
    stems = {"drums": constant(0.5, FRAMES), "bass": constant(0.25, FRAMES)}
    song = ArraySong(stems, constant(ORIGINAL, FRAMES), RATE)
    song.parts = ()
    return song


def load(player: Player, song: ArraySong, *, keep: bool = False) -> None:
    player.load(lambda: song, Remix.of(song.stems), keep=keep)
    assert player.settle()


def hears_original(player: Player) -> bool:
    return player.status.hears_original


def is_waiting(player: Player) -> bool:
    return player.status.waiting


def test_the_original_is_heard_until_the_stems_are_there(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    assert hears_original(player)
    player.play()
    heard = [hear(player, output, 4000, block=160)]
    assert (heard[0] == ORIGINAL).all()
    assert hears_original(player)
    song.parts = ((0, 20_000),)  # under the playhead, and some way ahead
    heard.append(hear(player, output, 4000, block=160))
    assert heard[1][0, -1] == STEMS
    assert not hears_original(player)
    assert player.status.levels.stems == (("drums", 0.5), ("bass", 0.25))
    heard.append(hear(player, output, 14_000, block=160))
    assert heard[2][0, -1] == ORIGINAL
    assert hears_original(player)
    assert steepest(np.concatenate(heard, axis=1)) <= 0.5 / PART_FADE + 1e-6
    assert player.underruns == 0


def test_stems_come_at_once_though_the_ring_holds_the_original(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    with rush():
        player.play()
        hear(player, output, 4000, block=160)
        song.parts = ((0, 20_000),)
        player.settle()  # it looks around
        samples = hear(player, output, FADE + PART_FADE + 1, block=1)
    assert (samples[:, :FADE] == ORIGINAL).all()
    assert samples[0, -1] == STEMS
    assert player.underruns == 0


def test_in_a_rush_more_is_made_ahead_and_a_change_is_heard_as_soon(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.parts = ((0, FRAMES),)
    load(player, song)
    with rush():
        player.play()
        assert player.settle()
        assert (output.take(3900) == STEMS).all()  # while the render thread gets no turn
        assert player.underruns == 0
        assert player.settle()
        player.set_remix(Remix.of(song.stems).with_muted("bass", True))
        assert player.settle()
        assert hear(player, output, FADE + 1, block=1)[0, -1] == 0.5
    for _ in range(60):
        assert player.settle()
        output.take(160)
    assert player.settle()
    assert player._transport._ring.available == round(RING_S * RATE)


def test_files_that_take_long_to_open_are_no_gap(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    player.play()
    hear(player, output, 1000, block=160)
    may_open = threading.Event()
    saved = ArraySong({"drums": constant(0.5, FRAMES)}, constant(ORIGINAL, FRAMES), RATE)

    def slow() -> ArraySong:
        assert may_open.wait(20)
        return saved

    player.load(slow, Remix.of(saved.stems), keep=True)
    assert player.status.busy
    assert not player.settle(0.05)
    for _ in range(50):  # many rings
        wait_until(lambda: player._transport._ring.available >= 160)
        assert (output.take(160) == ORIGINAL).all()
    assert player.state is PlayerState.PLAYING and player.status.busy
    may_open.set()
    assert player.settle()
    assert hear(player, output, 4000, block=160)[0, -1] == 0.5
    assert player.underruns == 0
    assert song.closed and not saved.closed


def test_files_that_nobody_waits_for_any_more_are_closed(player: Player, song: ArraySong) -> None:
    load(player, song)
    may_open, closed = threading.Event(), threading.Event()

    class Late(ArraySong):
        def close(self) -> None:
            super().close()
            closed.set()

    late = Late({"drums": constant(0.5, FRAMES)}, constant(ORIGINAL, FRAMES), RATE)

    def slow() -> ArraySong:
        assert may_open.wait(20)
        return late

    player.load(slow, Remix.of(late.stems), keep=True)
    player.unload()
    assert player.settle()
    may_open.set()
    assert closed.wait(20)
    assert player.state is PlayerState.EMPTY


def test_an_unfinished_part_is_asked_for_once(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    assert song.wanted == []  # looking at a song asks for nothing
    player.play()
    hear(player, output, 2000)
    assert song.wanted == [0]
    player.seek(30_000)
    hear(player, output, 2000)
    assert song.wanted == [0, 30_000]
    song.parts = ((0, 10_000), (20_000, FRAMES))
    player.seek(9000)
    hear(player, output, 900)
    assert song.wanted[2:] == [9000]  # it is finished here: what follows is wanted
    hear(player, output, 1000, block=50)
    assert len(song.wanted) == 4  # the playhead came out of it
    assert 10_000 <= song.wanted[3] < 10_100
    player.pause()
    assert player.settle()
    assert song.wanted[4:] == [player.position_frames]  # this very place, not what comes next
    player.seek(12_000)
    assert player.settle()
    assert song.wanted[5:] == [12_000]  # a seek asks, playing or not


def test_the_song_is_told_on_the_way_where_the_player_is_and_how_fast(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    player.seek(1000)
    assert player.settle()
    assert song.speeds == [0.0]
    player.play()
    for _ in range(6):
        hear(player, output, RATE // 4)
    assert song.speeds[1:] == [1.0] * (len(song.speeds) - 1)
    steps = np.diff(song.wanted)
    assert len(steps) >= 2 and all(RATE // 2 <= step <= RATE for step in steps)


def test_beyond_what_is_decoded_the_player_waits(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.complete, song.known = False, 3000
    load(player, song)
    player.play()
    heard = [hear(player, output, 2800, block=100)]
    assert not is_waiting(player)
    heard.append(hear(player, output, 1000, block=100))
    status = player.status
    assert (status.state, status.waiting, status.position_frames) == (
        PlayerState.PLAYING,
        True,
        3000,
    )
    assert not heard[1][:, 200:].any()
    song.known = 3100  # not worth it
    heard.append(hear(player, output, 300, block=100))
    assert is_waiting(player)
    song.known = 20_000
    heard.append(hear(player, output, 2000, block=100))
    assert not is_waiting(player)
    assert player.position_frames == pytest.approx(5000, abs=100)
    assert (heard[3][:, 300:] == ORIGINAL).all()
    assert steepest(np.concatenate(heard, axis=1)) <= ORIGINAL / FADE + 1e-6
    assert player.underruns == 0


@pytest.mark.parametrize("percent", [100.0, 70.0])
def test_a_seek_beyond_what_is_decoded_waits_there(
    player: Player, output: HandOutput, song: ArraySong, percent: float
) -> None:
    song.complete, song.known = False, 3000
    load(player, song)
    player.set_speed(percent)
    player.play()
    hear(player, output, 500)
    player.seek(10_000)
    heard = hear(player, output, 800)
    assert not heard[:, FADE:].any()
    assert (player.status.waiting, player.position_frames) == (True, 10_000)
    song.known, song.complete = FRAMES, True
    heard = hear(player, output, 2000)
    assert heard[0, -1] == pytest.approx(ORIGINAL, abs=0.01)
    assert player.position_frames == pytest.approx(10_000 + 2000 * percent / 100, abs=300)
    assert player.underruns == 0


def test_a_change_where_nothing_more_is_decoded_is_no_click(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.complete, song.known = False, 3000
    load(player, song)
    player.play()
    heard = [hear(player, output, 2700, block=100)]
    player.set_speed(90.0)  # which has to look further ahead than there is
    heard.append(hear(player, output, 1000, block=100))
    player.seek(30_000)
    heard.append(hear(player, output, 1000, block=100))
    song.known, song.complete = FRAMES, True
    heard.append(hear(player, output, 1000, block=100))
    assert heard[-1][0, -1] == pytest.approx(ORIGINAL, abs=0.01)
    assert steepest(np.concatenate(heard, axis=1)) <= ORIGINAL / FADE + 0.002
    assert player.underruns == 0


def test_a_song_of_unknown_length_has_the_length_that_is_known(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.complete, song.known, song.frames = False, 3000, 0
    load(player, song)
    player.play()
    hear(player, output, 2000)
    assert (player.position_frames, player.length_frames) == (2000, 3000)


def test_a_song_that_turns_out_shorter_ends_there(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.complete, song.known = False, 3000
    load(player, song)
    player.play()
    hear(player, output, 2000)
    song.frames, song.complete = 3000, True
    hear(player, output, 1500)
    assert player.finished
    assert (player.position_frames, player.length_frames) == (3000, 3000)
    assert player.underruns == 0


def test_the_same_song_from_other_files_goes_on_without_a_step(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.parts = ((0, FRAMES),)
    load(player, song)
    player.set_loop((1000, 30_000))
    player.set_speed(100.0)
    player.seek(4000)
    player.play()
    before = hear(player, output, 2000)
    finished = ArraySong({name: song.stem(name).samples for name in song.stems}, samplerate=RATE)
    load(player, finished, keep=True)
    after = hear(player, output, 2000)
    heard = np.concatenate((before, after), axis=1)[:, FADE:]
    np.testing.assert_allclose(heard, STEMS, atol=1e-6)
    assert song.closed
    status = player.status
    assert (status.state, status.position_frames, status.loop) == (
        PlayerState.PLAYING,
        8000,
        (1000, 30_000),
    )
    assert player.underruns == 0


def test_a_paused_song_stays_paused_where_it_is_when_its_files_change(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    load(player, song)
    player.set_side(Side.ORIGINAL)
    player.seek(4000)
    load(player, ArraySong({"drums": constant(0.5, FRAMES)}, samplerate=RATE), keep=True)
    status = player.status
    assert (status.state, status.position_frames, status.side) == (
        PlayerState.STOPPED,
        4000,
        Side.ORIGINAL,
    )
    assert not status.hears_original  # there is none any more
    player.play()
    assert hear(player, output, 500)[0, -1] == 0.5


def test_files_that_do_not_open_when_they_change_are_told(player: Player, song: ArraySong) -> None:
    def fails() -> ArraySong:
        raise SourceError(ErrorCode.STEMS_MISSING, "gone")

    load(player, song)
    player.load(fails, Remix(), keep=True)
    assert player.settle()
    assert player.state is PlayerState.FAILED
    assert player.error is not None
    assert player.error.code is ErrorCode.STEMS_MISSING
    assert song.closed


def test_what_becomes_finished_while_paused_is_noticed(player: Player, song: ArraySong) -> None:
    load(player, song)
    assert hears_original(player)
    song.parts = ((0, FRAMES),)
    assert player.settle()
    assert not hears_original(player)


class Told(ArraySong):
    """Notes which threads ask it."""

    def __init__(self, song: ArraySong) -> None:
        self.asked_by: set[str] = set()
        super().__init__({name: song.stem(name).samples for name in song.stems})

    def __getattribute__(self, name: str) -> object:
        if name in ("frames", "known", "complete", "original", "stems", "samplerate", "final"):
            object.__getattribute__(self, "asked_by").add(threading.current_thread().name)
        return super().__getattribute__(name)


def test_only_the_render_thread_asks_the_song(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    """A song that grows opens files when it is asked, and looks at the disk."""
    told = Told(song)
    load(player, told)
    told.asked_by.clear()
    player.play()
    for _ in range(3):
        hear(player, output, 500)
        status = player.status
        assert status.length_frames == FRAMES and status.has_original is False
        assert [name for name, _ in status.levels.stems] == ["drums", "bass"]
    assert told.asked_by == {"render"}


class Broken:
    """An original whose decoder has given up."""

    def read(self, start: int, frames: int) -> Samples:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE)


def test_a_song_that_will_not_be_decoded_any_further_fails_instead_of_waiting(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.complete, song.known = False, 0
    load(player, song)
    player.play()
    hear(player, output, 500)
    assert is_waiting(player)
    song.original = Broken()  # type: ignore[assignment]  # a reader as good as any
    hear(player, output, 500)
    status = player.status
    assert status.state is PlayerState.FAILED
    assert status.error is not None and status.error.code is ErrorCode.SOURCE_UNREADABLE


def test_a_song_that_cannot_be_closed_does_not_end_the_player(
    player: Player, output: HandOutput, song: ArraySong, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> None:
        raise OSError("the drive is gone")

    monkeypatch.setattr(song, "close", close)
    song.known, song.original = 0, Broken()  # type: ignore[assignment]  # see above
    load(player, song)
    player.play()
    assert player.settle()
    assert player.state is PlayerState.FAILED  # and closed
    other = ArraySong({"drums": constant(0.5, FRAMES)}, samplerate=RATE)
    load(player, other)
    player.play()
    assert hear(player, output, 1000)[0, -1] == 0.5


def test_the_original_is_waited_for_where_only_the_stems_are_there(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.parts, song.known, song.complete = ((0, FRAMES),), 3000, False
    load(player, song)
    player.set_side(Side.ORIGINAL)
    player.seek(10_000)
    player.play()
    hear(player, output, 1000)
    assert is_waiting(player) and player.position_frames == 10_000
    song.known = 20_000
    assert hear(player, output, 1000)[0, -1] == pytest.approx(ORIGINAL)
    assert player.position_frames > 10_000


def test_a_finished_song_ends_though_its_original_is_still_being_decoded(
    player: Player, output: HandOutput, song: ArraySong
) -> None:
    song.parts, song.known, song.complete = ((0, FRAMES),), 3000, False
    load(player, song)
    player.seek(FRAMES - 1000)
    player.play()
    heard = hear(player, output, 1200)
    np.testing.assert_allclose(heard[:, FADE:1000], STEMS, atol=1e-6)
    assert not heard[:, 1000:].any()
    assert player.finished
    player.play()  # from the start
    hear(player, output, 100)
    assert player.position_frames == 100
