from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.chain import Chain
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.player_status import Side
from stemdesk.audio.remix import Remix
from stemdesk.audio.ring import Block, Span
from stemdesk.audio.sound import Sound
from support.songs import ArraySong, constant, pitch, sine

RATE = 44100

Samples = NDArray[np.float32]


def chain(
    song: ArraySong, sound: Sound | None = None, position: Fraction | int = 0, rate: int = RATE
) -> Chain:
    return Chain(song, SongMixer(song), sound or Sound(), rate, Fraction(position))


def all_of(chain: Chain, frames: int = 10**9, block: int = 1000) -> tuple[Samples, list[Span]]:
    """What the chain gives, up to so many frames."""
    blocks: list[Block] = []
    while frames > 0:
        blocks.append(chain.read(min(block, frames)))
        frames -= blocks[-1].frames
        assert sum(span.frames for span in blocks[-1].spans) == blocks[-1].frames
        if blocks[-1].last or not blocks[-1].frames:
            break
    spans = [span for block in blocks for span in block.spans]
    return np.concatenate([block.samples for block in blocks], axis=1), spans


def heard_all(chain: Chain) -> bool:
    return chain.ended


def noise(frames: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (2, frames)).astype(np.float32)


def test_untouched_samples_are_the_exact_sum_of_the_stems() -> None:
    stems = {name: noise(30_000, seed) for seed, name in enumerate(("drums", "bass", "vocals"))}
    heard, spans = all_of(chain(ArraySong(stems), position=7))
    wanted = ((stems["drums"] + stems["bass"]) + stems["vocals"])[:, 7:]
    assert np.array_equal(heard, wanted)
    assert spans[0].position == 7
    assert spans[-1].end == 30_000


def test_the_masters_gain_and_the_guard_come_last() -> None:
    song = ArraySong({"drums": constant(0.5, 5000)})
    heard, spans = all_of(chain(song, Sound(Remix().with_master(-6.0))))
    assert heard == pytest.approx(0.5 * 10 ** (-6 / 20))
    heard, spans = all_of(chain(song, Sound(Remix().with_master(12.0))))
    assert ((heard > 0.99) & (heard <= 1.0)).all()
    assert spans[0].master == (heard[0, 0], heard[1, 0])
    assert spans[0].stems == (0.5,)


def test_peaks_are_of_each_stem_after_gain_and_pan() -> None:
    frames = 44_100
    late = constant(0.0, frames)
    late[:, 22_050:] = 0.4
    song = ArraySong({"drums": constant(0.2, frames), "bass": late})
    remix = Remix().with_gain("drums", -6.0).with_pan("bass", 1.0)
    _, spans = all_of(chain(song, Sound(remix)))
    for span in spans:
        assert span.frames <= 441
        bass = 0.4 if span.end > 22_050 else 0.0
        assert span.stems == pytest.approx((0.2 * 10 ** (-6 / 20), bass))
    assert spans[-1].master == pytest.approx((0.2 * 10 ** (-6 / 20), 0.4 + 0.2 * 10 ** (-6 / 20)))


@pytest.mark.parametrize("percent", [50.0, 80.0, 119.3, 150.0])
def test_speed_changes_the_length_and_not_the_pitch(percent: float) -> None:
    song = ArraySong({"drums": sine(440.0, 2 * RATE)})
    heard, spans = all_of(chain(song, Sound(speed_percent=percent)))
    assert abs(heard.shape[1] - 2 * RATE * 100 / percent) < 1
    assert pitch(heard[:, 8000:44_000]) == pytest.approx(440.0, abs=0.02)
    assert spans[0].position == 0
    assert spans[-1].end >= song.frames
    middle = spans[len(spans) // 2]
    before = sum(span.frames for span in spans[: len(spans) // 2])
    assert middle.position == before * Fraction(round(percent * 10), 1000)  # no drift


@pytest.mark.parametrize("semitones", [-12.0, -1.0, 3.0, 7.5, 12.0])
def test_the_key_changes_the_pitch_and_not_the_length(semitones: float) -> None:
    song = ArraySong({"drums": sine(440.0, 2 * RATE)})
    heard, spans = all_of(chain(song, Sound(key_semitones=semitones)))
    assert abs(heard.shape[1] - 2 * RATE) <= 1
    assert pitch(heard[:, 8000:60_000]) == pytest.approx(440.0 * 2 ** (semitones / 12), rel=1e-4)
    assert np.abs(heard).max() < 0.65  # a tone that is cut off swings over
    assert spans[0].position == 0


def test_speed_and_key_together() -> None:
    song = ArraySong({"drums": sine(440.0, 2 * RATE)})
    sound = Sound(speed_percent=80.0, key_semitones=-2.0)
    heard, _ = all_of(chain(song, sound, rate=48_000), 10**6)
    assert heard.shape[1] == pytest.approx(2 * 48_000 / 0.8, abs=2)
    assert pitch(heard[:, 8000:80_000], 48_000) == pytest.approx(440 * 2 ** (-1 / 6), rel=1e-4)


@pytest.mark.parametrize("rate", [48_000, 88_200, 96_000, 176_400, 192_000, 22_050])
def test_another_rate_of_the_device_is_the_same_sound(rate: int) -> None:
    song = ArraySong({"drums": sine(1000.0, RATE)})
    heard, spans = all_of(chain(song, rate=rate))
    assert abs(heard.shape[1] - rate) <= 1
    wanted = sine(1000.0, rate, rate)[:, : heard.shape[1]]
    inside = slice(rate // 100, -rate // 100)  # no tone before its start and after its end
    np.testing.assert_allclose(heard[:, inside], wanted[:, inside], atol=1e-4)
    assert spans[-1].end == pytest.approx(RATE, abs=3)


@pytest.mark.parametrize("rate", [48_000, 96_000])
def test_a_resampled_chain_begins_exactly_where_another_one_was(rate: int) -> None:
    song = ArraySong({"drums": noise(RATE)})
    whole, spans = all_of(chain(song, rate=rate))
    at = sum(span.frames for span in spans[:37])
    assert spans[37].position.denominator > 1  # between two frames of the song
    again, others = all_of(chain(song, position=spans[37].position, rate=rate))
    np.testing.assert_allclose(again, whole[:, at:], atol=1e-5)
    assert others[0].position == spans[37].position


@pytest.mark.parametrize("percent", [50.0, 80.0, 100.0, 150.0])
def test_stems_and_original_are_in_step_at_any_speed(percent: float) -> None:
    stem = noise(2 * RATE)
    song = ArraySong({"drums": stem}, original=stem)
    stems, left = all_of(chain(song, Sound(speed_percent=percent), 12_345))
    sound = Sound(speed_percent=percent, side=Side.ORIGINAL)
    original, right = all_of(chain(song, sound, 12_345))
    assert np.array_equal(stems, original)  # to the frame, and to the bit
    assert [(span.frames, span.position) for span in left] == [
        (span.frames, span.position) for span in right
    ]
    assert not any(span.original for span in left)
    assert all(span.original for span in right)


@pytest.mark.parametrize("percent", [60.0, 100.0, 140.0])
def test_positions_follow_a_loop_at_any_speed(percent: float) -> None:
    song = ArraySong({"drums": noise(2 * RATE)})
    sound = Sound(speed_percent=percent, loop=(20_000, 30_007))
    _, spans = all_of(chain(song, sound, 25_000), 60_000)
    for span, following in pairwise(spans):
        wrapped = span.end - 10_007 if span.end >= 30_007 else span.end
        assert following.position == wrapped  # exact, round and round
    assert min(span.position for span in spans) < 20_002
    assert max(span.end for span in spans) < 30_007 + 2


def test_what_is_not_decoded_yet_is_waited_for() -> None:
    song = ArraySong({"drums": noise(RATE)}, original=noise(RATE, 1))
    song.complete, song.known, song.parts = False, 9000, ()
    started = chain(song)
    heard, _ = all_of(started)
    assert heard.shape[1] == 9000
    assert not heard_all(started)
    song.known = 12_000
    more, spans = all_of(started)
    assert more.shape[1] == 3000
    assert spans[0].position == 9000
    song.known, song.complete = RATE, True
    rest, _ = all_of(started)
    assert heard_all(started)
    assert song.original is not None
    joined = np.concatenate((heard, more, rest), axis=1)
    assert np.array_equal(joined, song.original.samples)
