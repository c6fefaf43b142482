"""What is changed while it plays: speed, key, loop, side, output; heard at once and in step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.player import Player, PlayerState, Side
from stemdesk.audio.remix import Remix
from stemdesk.core.errors import ErrorCode
from support.listening import hear, steepest
from support.outputs import HandOutput
from support.songs import ArraySong, constant, pitch, sine

RATE = 44100
FADE = 221  # 5 ms

Samples = NDArray[np.float32]


@pytest.fixture
def output() -> HandOutput:
    return HandOutput()


@pytest.fixture
def player(output: HandOutput) -> Iterator[Player]:
    with Player(output.open) as player:
        yield player


def start(
    player: Player, song: ArraySong, at: int = 0, percent: float = 100.0, semitones: float = 0.0
) -> None:
    player.load(lambda: song, Remix.of(song.stems))
    player.set_speed(percent)
    player.set_key(semitones)
    player.seek(at)
    player.play()
    assert player.settle()


def hears_original(player: Player) -> bool:
    return player.status.hears_original


def noise(frames: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (2, frames)).astype(np.float32)


def test_pan_gain_and_master_are_heard_exactly(player: Player, output: HandOutput) -> None:
    song = ArraySong({"drums": noise(RATE), "bass": noise(RATE, 1)})
    start(player, song)
    remix = Remix.of(song.stems).with_pan("drums", -1.0).with_gain("bass", -20.0)
    player.set_remix(remix.with_master(-6.0))
    heard = hear(player, output, 2000)[:, FADE:]
    drums, bass = (song.stem(name).samples[:, FADE:2000] for name in song.stems)
    master = np.float32(10 ** (-6 / 20))
    np.testing.assert_allclose(heard[0], (drums[0] + bass[0] / 10) * master, atol=1e-6)
    np.testing.assert_allclose(heard[1], bass[1] / 10 * master, atol=1e-6)


@pytest.mark.parametrize("percent", [50.0, 80.0, 150.0])
def test_the_position_follows_the_speed(player: Player, output: HandOutput, percent: float) -> None:
    start(player, ArraySong({"drums": sine(440.0, 4 * RATE)}), 10_000)
    player.set_speed(percent)
    assert player.status.speed_percent == percent
    heard = hear(player, output, 20_000)
    assert player.position_frames == 10_000 + 20_000 * percent / 100
    assert pitch(heard[:, 3000:]) == pytest.approx(440.0, abs=0.1)
    assert steepest(heard) < 0.06  # a sine of 440 Hz at 0.5 is as steep as 0.031
    player.set_speed(100.0)
    heard = hear(player, output, 1000)
    at = int(10_000 + 20_000 * percent / 100)
    wanted = sine(440.0, 4 * RATE)[:, at + FADE : at + 1000]
    np.testing.assert_allclose(heard[:, FADE:], wanted, atol=1e-6)  # as if nothing had been
    assert player.underruns == 0


def test_a_song_played_fast_ends_at_its_end(player: Player, output: HandOutput) -> None:
    start(player, ArraySong({"drums": noise(30_000)}))
    player.set_speed(150.0)
    heard = hear(player, output, 21_000)
    assert player.finished
    assert player.position_frames == 30_000
    assert not heard[:, 20_000:].any()
    assert heard[:, 19_500:20_000].any()
    assert player.underruns == 0
    player.play()
    assert player.settle()
    assert player.position_frames == 0


def test_the_key_changes_the_pitch_only(player: Player, output: HandOutput) -> None:
    start(player, ArraySong({"drums": sine(440.0, 4 * RATE)}), 10_000)
    player.set_key(-12)
    heard = hear(player, output, 30_000)
    assert pitch(heard[:, 3000:]) == pytest.approx(220.0, abs=0.1)
    assert abs(player.position_frames - 40_000) <= 1
    player.set_key(12)
    assert pitch(hear(player, output, 30_000)[:, 3000:]) == pytest.approx(880.0, abs=0.1)
    assert player.status.key_semitones == 12.0
    assert player.underruns == 0


def test_out_of_bounds_is_brought_back_into_them(player: Player) -> None:
    player.set_speed(1000.0)
    player.set_key(-99.0)
    assert (player.status.speed_percent, player.status.key_semitones) == (150.0, -12.0)
    player.set_speed(float("nan"))
    assert player.status.speed_percent == 100.0


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize(("percent", "semitones"), [(100.0, 0.0), (60.0, 0.0), (83.7, 2.0)])
def test_the_other_side_is_aligned_to_the_frame(
    percent: float, semitones: float, rate: int
) -> None:
    # A key is begun at to a hundredth of a frame or so: noise would show it.
    stem = sine(440.0, 4 * RATE) if semitones else noise(4 * RATE)
    song = ArraySong({"drums": stem}, original=stem.copy())

    def played(*, switching: bool) -> Samples:
        output, parts = HandOutput(), []
        output.rate = rate
        with Player(output.open) as player:
            start(player, song, 5000, percent, semitones)
            for turn in range(6):
                parts.append(hear(player, output, 1777))
                assert hears_original(player) is (switching and turn % 2 == 1)
                if switching:
                    player.set_side(Side.STEMS if turn % 2 else Side.ORIGINAL)
                    assert player.settle()
            assert player.underruns == 0
        return np.concatenate(parts, axis=1)

    # Both sides are the same here, so switching is not to be heard at all.
    tolerance = 0.003 if semitones else 1e-5
    np.testing.assert_allclose(played(switching=True), played(switching=False), atol=tolerance)


@pytest.mark.parametrize("semitones", [0.0, 2.0])
def test_dragging_a_fader_is_smooth_at_another_speed(
    player: Player, output: HandOutput, semitones: float
) -> None:
    start(player, ArraySong({"drums": sine(440.0, 4 * RATE)}), 4000)
    player.set_speed(80.0)
    player.set_key(semitones)
    heard = []
    for turn in range(60):
        heard.append(hear(player, output, 700, block=350))
        player.set_remix(Remix().with_gain("drums", -0.01 * turn))
    joined = np.concatenate(heard, axis=1)
    assert pitch(joined[:, 4000:]) == pytest.approx(440 * 2 ** (semitones / 12), rel=1e-4)
    assert steepest(joined[:, 4000:]) < 0.5 * 2 * np.pi * 440 * 2 ** (semitones / 12) / RATE * 1.05


def test_the_original_is_matched_in_level(player: Player, output: HandOutput) -> None:
    song = ArraySong({"drums": constant(0.2, RATE)}, original=constant(0.1, RATE))
    start(player, song)
    player.set_original_gain(5.0)
    assert hear(player, output, 500)[0, -1] == pytest.approx(0.2)
    player.set_side(Side.ORIGINAL)
    assert hear(player, output, 500)[0, -1] == pytest.approx(0.1 * 10**0.25)
    player.set_original_gain(60.0)
    assert hear(player, output, 500)[0, -1] == pytest.approx(0.1 * 10**0.3)


def test_a_loop_set_while_playing_is_sample_exact(player: Player, output: HandOutput) -> None:
    song = ArraySong({"drums": noise(RATE)})
    start(player, song, 9000)
    player.set_loop((8000, 12_000))
    assert player.status.loop == (8000, 12_000)
    heard = hear(player, output, 11_000)
    samples = song.stem("drums").samples
    assert np.array_equal(heard[:, FADE:3000], samples[:, 9000 + FADE : 12_000])
    for turn in (3000, 7000):
        exact = heard[:, turn + FADE : turn + 4000]
        assert np.array_equal(exact, samples[:, 8000 + FADE : 12_000])
    assert player.position_frames == 8000
    player.set_loop(None)
    heard = hear(player, output, 6000)
    assert np.array_equal(heard[:, FADE:], samples[:, 8000 + FADE : 14_000])
    assert player.underruns == 0


def test_a_loop_without_a_click_at_any_place(player: Player, output: HandOutput) -> None:
    tone = sine(150.0, RATE)
    start(player, ArraySong({"drums": tone}), 9000)
    for loop in ((8000, 10_501), (8003, 11_000), (8100, 12_345)):
        player.set_loop(loop)
        heard = hear(player, output, 12_000)
        assert steepest(heard) <= steepest(tone) + 1.0 / FADE
    assert player.underruns == 0


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_a_device_at_another_rate_plays_the_same_at_the_same_place(
    player: Player, output: HandOutput, rate: int
) -> None:
    output.rate = rate
    start(player, ArraySong({"drums": sine(1000.0, 2 * RATE)}), RATE // 2)
    heard = hear(player, output, rate // 2, block=480)
    assert abs(player.position_frames - RATE) <= 1
    wanted = sine(1000.0, 2 * rate, rate)[:, rate // 2 : rate]
    inside = slice(rate // 100, None)
    np.testing.assert_allclose(heard[:, inside], wanted[:, inside], atol=1e-3)
    assert output.opened_at == [RATE]
    player.set_remix(Remix().with_master(-6.0))
    again = hear(player, output, rate // 10, block=480)
    wanted = sine(1000.0, 2 * rate, rate)[:, rate : rate + rate // 10] * 10 ** (-6 / 20)
    np.testing.assert_allclose(again[:, inside], wanted[:, inside], atol=1e-3)
    assert player.underruns == 0


def test_another_output_goes_on_at_the_same_frame(player: Player, output: HandOutput) -> None:
    song = ArraySong({"drums": noise(RATE)})
    start(player, song)
    hear(player, output, 5000)
    player.set_output("Headphones")
    heard = hear(player, output, 1000)
    np.testing.assert_allclose(
        heard[:, FADE:], song.stem("drums").samples[:, 5000 + FADE : 6000], atol=1e-6
    )
    assert output.devices == ["", "Headphones"]
    status = player.status
    assert status.output is not None
    assert (status.state, status.output.label) == (PlayerState.PLAYING, "Headphones")
    player.pause()
    player.set_output("Speakers")
    assert player.settle()
    assert (player.state, player.position_frames) == (PlayerState.PAUSED, 6000)
    assert output.devices == ["", "Headphones"]  # opened when it plays
    player.play()
    assert player.settle()
    assert output.devices == ["", "Headphones", "Speakers"]


def test_unplugging_pauses_and_play_goes_on_with_the_next_device(
    player: Player, output: HandOutput
) -> None:
    song = ArraySong({"drums": noise(RATE)})
    start(player, song)
    player.set_speed(80.0)
    hear(player, output, 5000)
    output.alive = False
    assert player.settle()
    status = player.status
    assert (status.state, status.position_frames) == (PlayerState.PAUSED, 4000)
    assert status.error is not None
    assert status.error.code is ErrorCode.OUTPUT_UNAVAILABLE
    output.rate = 48_000  # another one is the default now
    player.play()
    hear(player, output, 4800)
    assert player.position_frames == pytest.approx(4000 + 44_100 / 10 * 0.8, abs=2)
    assert player.status.error is None


def test_levels_are_of_what_is_heard_now(player: Player, output: HandOutput) -> None:
    early, late = constant(0.0, RATE), constant(0.0, RATE)
    early[0, :10_000] = 0.4
    late[1, 10_000:] = 0.6
    start(player, ArraySong({"drums": early, "bass": late}))
    hear(player, output, 9900, block=100)
    levels = player.status.levels  # the ring holds what comes after by now
    assert dict(levels.stems) == pytest.approx({"drums": 0.4, "bass": 0.0})
    assert levels.master == pytest.approx((0.4, 0.0))
    hear(player, output, 4000, block=100)
    levels = player.status.levels
    assert dict(levels.stems) == pytest.approx({"drums": 0.0, "bass": 0.6})
    assert levels.master == pytest.approx((0.0, 0.6))
    player.pause()
    assert player.settle()
    assert player.status.levels.master == (0.0, 0.0)


@pytest.mark.parametrize("percent", [100.0, 75.0])
def test_a_storm_of_everything_has_no_gap_and_no_click(
    player: Player, output: HandOutput, percent: float
) -> None:
    song = ArraySong({"drums": sine(100.0, 4 * RATE, level=0.3)}, original=constant(0.1, 4 * RATE))
    start(player, song)
    player.set_speed(percent)
    assert player.settle()
    rng, heard = np.random.default_rng(1), []
    for turn in range(300):
        target = int(rng.integers(0, 3 * RATE))
        player.seek(target)
        assert player.position_frames == target
        if turn % 7 == 0:
            player.set_side(rng.choice([Side.STEMS, Side.ORIGINAL]))
        if turn % 11 == 0:
            player.set_remix(Remix().with_gain("drums", float(rng.uniform(-20, 0))))
        if turn % 13 == 0:
            player.set_loop((target, target + 5000))
        heard.append(output.take(300))  # wherever the render thread is with it
        assert player.settle()
    assert player.underruns == 0
    # Two changes within 5 ms cross two fades.
    assert steepest(np.concatenate(heard, axis=1)) < 0.3 * 100 * 2 * np.pi / RATE + 1.6 / FADE


def test_status_tells_what_is_asked_at_once(player: Player) -> None:
    song = ArraySong({"drums": noise(RATE)}, original=noise(RATE))
    player.load(lambda: song, Remix.of(song.stems))
    player.set_side(Side.ORIGINAL)
    player.set_loop((5000, 1000))
    status = player.status
    assert (status.side, status.loop, status.state) == (
        Side.ORIGINAL,
        (1000, 5000),
        PlayerState.LOADING,
    )
    assert player.settle()
    assert player.status == replace(player.status, side=Side.ORIGINAL, hears_original=True)
    player.load(lambda: song, Remix.of(song.stems))  # another song: as it is
    assert (player.status.side, player.status.loop) == (Side.STEMS, None)
