"""Parts as files hold them: exact sums, gain, limiting, dither."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemdesk.audio.encode import rounded
from stemdesk.audio.finish import Finisher, shared_gain_db
from stemdesk.audio.guard import KNEE, guard
from stemdesk.audio.listening import Listening
from stemdesk.audio.originals import Originals
from stemdesk.audio.part_mix import part_mixes
from stemdesk.audio.play_cache import PlayCache
from stemdesk.audio.remix import Remix, amplitude
from stemdesk.audio.rendition import SongSound, renditions
from stemdesk.audio.whole_original import whole_original
from stemdesk.core.export_order import Clipping, Part
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import fingerprint
from support.decoding import decode_all
from support.media import make_in
from support.playables import MemorySong
from support.renditions import finished, noise, rendition, sound_of

Samples = NDArray[np.float32]

RATE = 44100
FOUR = ("drums", "bass", "other", "vocals")
FRAMES = 90_001
SUMS = ["stem", "instrumental", "a-cappella", "all-but:drums", "residual", "original"]
DEPTHS = pytest.mark.parametrize("bits", [16, 24, 32])


def song_at(rate: int, level: float = 0.1, frames: int = FRAMES) -> SongSound:
    """A song at `rate` whose stems, at 44.1 kHz, leave a lot of it out."""
    length = round(frames * rate / RATE)
    stems = {name: noise(frames, seed, level) for seed, name in enumerate(FOUR)}
    return sound_of(stems, RATE, noise(length, 99, 2 * level), rate)


def original_of(sound: SongSound) -> Samples:
    assert sound.original is not None
    return sound.original.read(0, sound.frames)


def steps(samples: Samples, bits: int) -> Any:
    """What an independent rounding gives: integers of `bits` bits, int64."""
    full = 1 << (bits - 1)
    return np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1).astype(np.int64)


@DEPTHS
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_exact_sums_are_the_song_bit_for_bit(rate: int, bits: int) -> None:
    sound = song_at(rate)
    made = rendition(sound, SUMS)
    finisher = Finisher(made, bits, exact_sum=True, complete=True, dither=False)
    files = finished(made, finisher)
    song = original_of(sound).astype(np.float64) if bits == 32 else steps(original_of(sound), bits)
    added = sum(files[name].astype(song.dtype) for name in FOUR)
    halves = files["vocals"].astype(song.dtype) + files["instrumental"]
    rest = files["drums"].astype(song.dtype) + files["no drums"]
    assert all(file.shape == (2, sound.frames) for file in files.values())
    np.testing.assert_array_equal(files["original"], song)
    np.testing.assert_array_equal(files["a cappella"], files["vocals"])
    if bits == 32:  # each is off by its own rounding
        for total in (added, halves, rest):
            np.testing.assert_allclose(total, song, atol=2.0**-23)
        assert np.abs(files["residual"]).max() <= 2.0**-24
        return
    for total in (added, halves, rest):
        np.testing.assert_array_equal(total, song)
    assert not files["residual"].any()
    depth = finisher.null_depth
    assert depth is not None and depth.saved_db is None
    assert depth.plain_db is not None and depth.plain_db > -20


def test_exact_sums_of_16_bits_are_the_dithered_song() -> None:
    sound = song_at(48000)
    made = rendition(sound, ["stem", "instrumental", "original"])
    files = finished(made, Finisher(made, 16, exact_sum=True, complete=True))
    assert not np.array_equal(files["original"], steps(original_of(sound), 16))
    assert np.abs(files["original"] - original_of(sound) * 32768.0).max() <= 1.5
    np.testing.assert_array_equal(sum(files[name] for name in FOUR), files["original"])
    np.testing.assert_array_equal(files["vocals"] + files["instrumental"], files["original"])


@pytest.mark.parametrize("bits", [16, 24])
def test_exact_sums_hold_where_stems_and_song_are_too_loud(bits: int) -> None:
    sound = song_at(RATE, level=1.2)
    made = rendition(sound, ["stem", "instrumental", "original"])
    finisher = Finisher(made, bits, exact_sum=True, complete=True, dither=False)
    files = finished(made, finisher)
    song = steps(original_of(sound), bits)  # clipped
    np.testing.assert_array_equal(files["original"], song)
    np.testing.assert_array_equal(sum(files[name] for name in FOUR), song)
    named = dict(zip(files, zip(finisher.peaks, finisher.touched, strict=True), strict=True))
    vocals = np.abs(sound.stems["vocals"].read(0, FRAMES))
    whole = np.abs(original_of(sound))
    for name, samples in (("vocals", vocals), ("original", whole)):
        loudest, cut = named[name]
        assert loudest == pytest.approx(float(samples.max()))
        assert cut == int((samples > 1.0).sum())
    loudest, cut = named["instrumental"]
    assert loudest > 1.0 and cut > 0


@pytest.mark.parametrize("bits", [16, 24])
def test_a_part_of_the_stems_stays_as_separated_and_sums_with_the_rest(bits: int) -> None:
    """Only the vocals were wanted: the instrumental is the song minus them."""
    song = noise(96_000, 9, 0.4)
    sound = sound_of({"vocals": noise(88_200, 1)}, RATE, song, 48000)
    parts = [Part.of("stem"), Part.of("instrumental")]
    mixes = part_mixes(parts, ("vocals",), Listening(), tempo_and_key=True, complete=False)
    (made,) = renditions(sound, mixes)
    finisher = Finisher(made, bits, exact_sum=True, dither=False)
    files = finished(made, finisher)
    np.testing.assert_array_equal(files["vocals"] + files["instrumental"], steps(song, bits))
    alone = finished(made, Finisher(made, bits, dither=False))
    np.testing.assert_array_equal(files["vocals"], alone["vocals"])
    assert np.abs(files["instrumental"] - alone["instrumental"]).max() <= 1
    assert finisher.null_depth is None
    assert shared_gain_db([made], exact_sum=True, complete=False, cancel=CancelToken()) == 0.0


@DEPTHS
def test_without_it_each_part_is_rounded_once(bits: int) -> None:
    sound = song_at(48000)
    made = rendition(sound, SUMS)
    finisher = Finisher(made, bits, complete=True, dither=False)
    files = finished(made, finisher)
    plain = rendition(sound, ["stem"])
    stems = np.concatenate([block.stems for block in plain.blocks(CancelToken())], axis=2)
    instrumental = (stems[0] + stems[1]) + stems[2]
    song, residual = original_of(sound), -stems.sum(axis=0) + original_of(sound)
    wanted = {"vocals": stems[3], "instrumental": instrumental, "original": song}
    for name, samples in wanted.items():
        held = samples if bits == 32 else steps(samples, bits)
        np.testing.assert_array_equal(files[name], held)
    step = 1.0 if bits == 32 else float(1 << (bits - 1))
    np.testing.assert_allclose(files["residual"] / step, residual, atol=1e-6 + 1 / step)
    depth = finisher.null_depth
    left, all_of_it = np.square(residual).sum(), np.square(song).sum()
    assert depth is not None and depth.saved_db == depth.plain_db
    assert depth.plain_db == pytest.approx(10 * math.log10(left / all_of_it), abs=0.02)


def test_the_null_depth_needs_all_stems_and_the_song() -> None:
    sound = song_at(RATE, frames=1000)
    for known, complete in [(sound, False), (sound.at(RATE), True)]:
        made = rendition(known, ["stem"])
        finisher = Finisher(made, 24, complete=complete)
        finished(made, finisher)
        assert finisher.null_depth is None


def test_what_cannot_be_is_a_bug() -> None:
    made = rendition(song_at(RATE, frames=1000), ["stem"])
    with pytest.raises(ValueError, match="limited stems"):
        Finisher(made, 24, exact_sum=True, complete=True, clipping=Clipping.LIMIT)
    without = rendition(song_at(RATE, frames=1000).at(RATE), ["stem", "original"])
    for exact_sum in (True, False):
        finisher = Finisher(without, 24, exact_sum=exact_sum, complete=True)
        with pytest.raises(ValueError, match="no original"):
            finished(without, finisher)


def of_constant(value: float, frames: int = 200_000) -> SongSound:
    stems = {name: np.full((2, frames), value, np.float32) for name in ("drums", "vocals")}
    return sound_of(stems)


def test_dither_makes_rounding_noise_of_what_is_below_a_step() -> None:
    """A level of 0.3 steps: lost without dither, there on average with it; the noise's power is
    that of triangular dither plus rounding, 1/4 of a step squared, whatever the level is."""
    for level in (0.3, 0.5, 1000.1):
        sound = of_constant(level / 32768)
        made = rendition(sound, ["stem"])
        files = finished(made, Finisher(made, 16))
        for stem in ("drums", "vocals"):
            noise = files[stem] - level
            assert abs(noise.mean()) < 0.005
            assert noise.var() == pytest.approx(0.25, abs=0.005)
            assert np.abs(noise).max() <= 1.5
        sides = np.stack((*files["drums"], *files["vocals"]))
        apart = np.corrcoef(sides) - np.eye(4)
        assert np.abs(apart).max() < 0.02  # no noise is another's
        after = np.corrcoef(files["drums"][0, 1:], files["drums"][0, :-1])
        assert abs(after[0, 1]) < 0.02  # white
        again = finished(made, Finisher(made, 16))
        np.testing.assert_array_equal(again["drums"], files["drums"])
    made = rendition(of_constant(0.3 / 32768), ["stem"])
    assert not finished(made, Finisher(made, 16, dither=False))["drums"].any()


def test_only_16_bits_are_dithered() -> None:
    sound = song_at(RATE)
    made = rendition(sound, ["stem", "instrumental"])
    for bits in (24, 32):
        with_it, without = (
            finished(made, Finisher(made, bits, dither=dither)) for dither in (True, False)
        )
        for name, file in with_it.items():
            np.testing.assert_array_equal(file, without[name])


def test_what_16_bits_hold_stays_bit_for_bit() -> None:
    held = np.random.default_rng(3).integers(-32768, 32768, (2, FRAMES))
    sound = sound_of({"drums": noise(FRAMES, 1)}, original=(held / 32768).astype(np.float32))
    made = rendition(sound, ["stem", "original"])
    files = finished(made, Finisher(made, 16))
    np.testing.assert_array_equal(files["original"], held)
    quieter = finished(made, Finisher(made, 16, gain_db=-1.0))  # has to be rounded
    gained = held * amplitude(-1.0)
    assert not np.array_equal(quieter["original"], np.rint(gained))
    assert np.abs(quieter["original"] - gained).max() <= 1.51


@DEPTHS
def test_one_gain_for_all_keeps_balance_and_sum(bits: int) -> None:
    sound = song_at(48000, level=0.4)
    made = rendition(sound, ["stem", "instrumental"])
    told: list[float] = []
    gain_db = shared_gain_db([made], exact_sum=True, report=told.append, cancel=CancelToken())
    assert -12 < gain_db < -1 and round(gain_db, 2) == gain_db
    assert told == sorted(told) and told[-1] == 1.0
    loud = Finisher(made, 32, exact_sum=True, complete=True)
    finished(made, loud)
    assert 20 * math.log10(max(loud.peaks)) == pytest.approx(-gain_db, abs=0.03)
    finisher = Finisher(made, bits, exact_sum=True, complete=True, gain_db=gain_db)
    files = finished(made, finisher)
    assert max(finisher.peaks) <= 1.0 and not any(finisher.touched)
    assert max(finisher.peaks) > 0.995
    whole = sum(files[name].astype(np.float64) for name in FOUR)
    step = 1.0 if bits == 32 else float(1 << (bits - 1))
    wanted = original_of(sound) * amplitude(gain_db)
    np.testing.assert_allclose(whole / step, wanted, atol=1.6 / step + 3e-7)


def test_nothing_gets_quieter_that_is_not_too_loud() -> None:
    made = rendition(song_at(RATE, level=0.1, frames=5000), SUMS)
    assert shared_gain_db([made], cancel=CancelToken()) == 0.0
    assert shared_gain_db([], cancel=CancelToken()) == 0.0


def test_all_renditions_count_but_remixes_bend_by_themselves() -> None:
    stems = {name: np.full((2, 5000), 0.9, np.float32) for name in FOUR}
    quiet = rendition(song_at(RATE, level=0.05, frames=5000), ["stem"])
    remix = rendition(sound_of(stems), ["remix"], Listening(Remix().with_gain("drums", 12.0)))
    assert shared_gain_db([remix, quiet], cancel=CancelToken()) == 0.0
    too_loud = rendition(sound_of(stems), ["instrumental", "remix"])
    expected = -20 * math.log10(2.7)
    gain_db = shared_gain_db([quiet, too_loud, remix], cancel=CancelToken())
    assert expected - 0.03 < gain_db < expected


def test_without_a_gain_floats_keep_what_integers_cut() -> None:
    stems = {"drums": np.linspace(-1.5, 1.5, 2 * 4000, dtype=np.float32).reshape(2, 4000)}
    made = rendition(sound_of(stems), ["stem"])
    floats = Finisher(made, 32, clipping=Clipping.OFF)
    np.testing.assert_array_equal(finished(made, floats)["drums"], stems["drums"])
    assert floats.peaks == (1.5,) and floats.touched == (0,)
    integers = Finisher(made, 24, clipping=Clipping.OFF)
    np.testing.assert_array_equal(finished(made, integers)["drums"], steps(stems["drums"], 24))
    assert integers.peaks == (1.5,)
    assert integers.touched == (int((np.abs(stems["drums"]) > 1.0).sum()),)


def test_limited_parts_bend_as_the_player_does() -> None:
    ramp = np.linspace(-1.5, 1.5, 2 * 4000, dtype=np.float32).reshape(2, 4000)
    made = rendition(sound_of({"drums": ramp}, original=ramp), ["stem", "original"])
    finisher = Finisher(made, 32, clipping=Clipping.LIMIT, complete=True)
    files = finished(made, finisher)
    for name in ("drums", "original"):
        np.testing.assert_array_equal(files[name], guard(ramp))
    bent = int((np.abs(ramp) > KNEE).sum())
    assert finisher.peaks == (1.5, 1.5) and finisher.touched == (bent, bent)


@pytest.mark.parametrize("clipping", list(Clipping))
def test_a_remix_bends_once_and_then_gets_the_gain(clipping: Clipping) -> None:
    """As heard; and in balance with what else is written."""
    stems = {"drums": noise(5000, 1, 0.5), "vocals": noise(5000, 2, 0.5)}
    song = MemorySong(stems)
    remix = Remix().with_gain("drums", 3.0).with_pan("vocals", 0.3).with_master(2.0)
    made = rendition(SongSound.of(song), ["remix"], Listening(remix))
    gain_db = 0.0 if clipping is Clipping.LIMIT else -2.5
    finisher = Finisher(made, 24, clipping=clipping, gain_db=gain_db)
    left, right = remix.sides("vocals")
    panned = np.array([[left], [right]], np.float32) * stems["vocals"]
    mixed = (np.float32(amplitude(3.0)) * stems["drums"] + panned) * np.float32(amplitude(2.0))
    heard = guard(mixed) * np.float32(amplitude(gain_db))
    np.testing.assert_array_equal(
        finished(made, finisher)["remix"], rounded(heard, 24).astype(np.int64) >> 8
    )
    assert finisher.touched == (int((np.abs(mixed) > KNEE).sum()),)


@pytest.mark.parametrize(
    ("kind", "rate", "bits"),
    [("wav-16", 48000, 16), ("flac", 44100, 16), ("flac-24", 96000, 24), ("wav-16", 22050, 24)],
)
def test_exact_stems_sum_to_the_persons_own_file(
    tmp_path: Path, kind: str, rate: int, bits: int
) -> None:
    """Split at 44.1 kHz; above that band the model hears nothing, and "other" takes it."""
    source = make_in(tmp_path, kind, noise(rate * 2 + 77, 4, 0.4), rate)
    heard = decode_all(source, RATE).samples
    stems = {name: share * heard for name, share in zip(FOUR, (0.4, 0.3, 0.1, 0.2), strict=True)}
    originals = Originals(PlayCache(tmp_path / "cache", 1 << 30))
    mark = fingerprint(source)
    with whole_original(originals, source, rate, mark, lambda _: None, CancelToken()) as song:
        assert song.fits(heard.shape[1], RATE)
        sound = SongSound.of(MemorySong(stems)).at(rate, song.reader, song.frames)
        made = rendition(sound, ["stem", "original"])
        files = finished(made, Finisher(made, bits, exact_sum=True, complete=True))
    own, _ = soundfile.read(source, dtype="int32", always_2d=True)
    own = own.T.astype(np.int64) >> (32 - bits)
    np.testing.assert_array_equal(sum(files[name] for name in FOUR), own)
    np.testing.assert_array_equal(files["original"], own)
    if rate == 96000:
        size = np.abs(np.fft.rfft(files["other"][0])) / np.abs(np.fft.rfft(own[0]))
        bin_hz = 96000 / own.shape[1]
        assert np.median(size[round(25_000 / bin_hz) :]) == pytest.approx(1.0, abs=0.01)
        assert np.median(size[: round(18_000 / bin_hz)]) == pytest.approx(0.1, abs=0.01)
