"""Songs as they are exported: rates, regions, and what the player makes of a remix."""

from __future__ import annotations

import gc
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from stemdesk.audio.chain import Chain
from stemdesk.audio.finish import Finisher
from stemdesk.audio.listening import Listening
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.remix import Remix
from stemdesk.audio.rendition import (
    PlainRendition,
    SongSound,
    frames_at,
    needed_stems,
    region,
    renditions,
)
from stemdesk.audio.sound import Sound
from stemdesk.audio.stem_stream import BLOCK
from stemdesk.core.errors import Cancelled
from stemdesk.core.export_order import Part, PartKind
from stemdesk.core.progress import CancelToken
from support.decoding import decode_all
from support.media import make_in
from support.playables import MemorySong
from support.renditions import all_stems, noise, rendition, sound_of

Samples = NDArray[np.float32]

RATE = 44100
FOUR = ("drums", "bass", "other", "vocals")
FRAMES = 100_003


def four(frames: int = FRAMES) -> dict[str, Samples]:
    return {name: noise(frames, seed) for seed, name in enumerate(FOUR)}


def test_at_their_own_rate_stems_are_what_they_are() -> None:
    stems = four()
    made = rendition(sound_of(stems, original=noise(FRAMES, 9)), ["stem"])
    assert (made.frames, made.samplerate, made.stems) == (FRAMES, RATE, FOUR)
    for _ in range(2):  # each time from the start
        np.testing.assert_array_equal(all_stems(made), np.stack(list(stems.values())))
    blocks = list(made.blocks(CancelToken()))
    assert [block.frames for block in blocks] == [BLOCK, FRAMES - BLOCK]
    originals = [block.original for block in blocks if block.original is not None]
    np.testing.assert_array_equal(np.concatenate(originals, axis=1), noise(FRAMES, 9))


@pytest.mark.parametrize(
    ("rate", "to"),
    [(44100, 48000), (44100, 96000), (44100, 22050), (48000, 44100), (44100, 44101)],
)
def test_at_another_rate_they_are_resampled_to_the_frame(rate: int, to: int) -> None:
    stems = four()
    made = rendition(sound_of(stems, rate, to=to), ["stem"])
    assert made.frames == round(FRAMES * to / rate)
    given = all_stems(made)
    assert given.shape == (4, 2, made.frames)
    for row, stem in enumerate(stems.values()):
        once = soxr.resample(np.ascontiguousarray(stem.T), rate, to, quality="VHQ").T
        np.testing.assert_allclose(
            given[row][:, : once.shape[1]], once[:, : made.frames], atol=1e-6
        )


def test_a_declared_length_is_kept() -> None:
    """The song's own file may have a frame more than the stems at its rate."""
    stems = {"drums": noise(1000, 1)}
    for frames in (1087, 1088, 1089, 3000):
        sound = SongSound.of(MemorySong(stems)).at(48000, frames=frames)
        given = all_stems(rendition(sound, ["stem"]))
        assert given.shape[2] == frames
        assert not given[:, :, 1100:].any()


def test_stems_lie_where_the_songs_own_file_has_them(tmp_path: Path) -> None:
    """Split at 44.1 kHz, exported at the file's 48 kHz: the same sound at the same frames."""
    spectrum = np.fft.rfft(noise(96_000, 3))
    spectrum[:, 36_000:] = 0  # nothing above 18 kHz
    song = np.fft.irfft(spectrum).astype(np.float32)
    source = make_in(tmp_path, "wav-f32", song, 48000)
    stem, original = decode_all(source, RATE).samples, decode_all(source, 48000).samples
    made = rendition(sound_of({"drums": stem}, original=original, to=48000), ["stem"])
    given = all_stems(made)[0]
    likeness = np.fft.irfft(np.fft.rfft(given[0]) * np.conj(np.fft.rfft(original[0])))
    assert int(likeness.argmax()) == 0
    np.testing.assert_allclose(given[:, 500:-500], original[:, 500:-500], atol=2e-5)


@pytest.mark.parametrize("to", [44100, 48000, 96000, 22050])
def test_a_region_is_the_same_cut_of_the_whole(to: int) -> None:
    sound = sound_of(four(300_000), original=noise(round(300_000 * to / RATE), 7), to=to)
    whole = all_stems(rendition(sound, ["stem"]))
    for start_s, end_s in [(3.21, 5.4321), (0.0, 0.01), (0.03, 1.0), (6.5, 99.0)]:
        made = rendition(sound, ["stem"], region=(start_s, end_s))
        start, end = round(start_s * to), min(sound.frames, round(end_s * to))
        assert made.frames == end - start
        np.testing.assert_allclose(all_stems(made), whole[:, :, start:end], atol=1e-7)
        (block, *_) = made.blocks(CancelToken())
        assert block.original is not None and sound.original is not None
        np.testing.assert_array_equal(block.original, sound.original.read(start, block.frames))


def test_regions_are_inside_of_the_song_and_not_empty() -> None:
    assert region(None, 1000, 500) == (0, 500)
    assert region((0.1, 0.1), 1000, 500) == (100, 101)
    assert region((2.0, 3.0), 1000, 500) == (499, 500)
    assert region((-1.0, 9.0), 1000, 500) == (0, 500)
    assert region((0.1, 0.2), 1000, 0) == (0, 0)
    assert frames_at(0, 44100, 48000) == 0 and frames_at(1, 96000, 8000) == 1


def test_only_the_stems_that_are_heard_are_read() -> None:
    parts = [
        PartMix(Part(PartKind.REMIX), "remix", (("vocals", 1.0, 0.0), ("bass", 1.0, 1.0))),
        PartMix(Part(PartKind.ORIGINAL), "original", (), 1.0),
    ]
    assert needed_stems(parts, FOUR, complete=False) == ("bass", "vocals")
    assert needed_stems(parts, FOUR, complete=True) == FOUR
    song = MemorySong(four(1000))
    sound = SongSound.of(song, needed_stems(parts, FOUR, complete=False)).at(48000)
    (block,) = PlainRendition(sound, parts).blocks(CancelToken())
    assert block.stems.shape == (2, 2, 1088) and block.original is None
    (block,) = PlainRendition(SongSound.of(song, ()).at(48000), parts).blocks(CancelToken())
    assert block.stems.shape == (0, 2, 1088)


def test_cancelling_ends_it() -> None:
    cancel = CancelToken()
    for parts in (["stem"], ["remix"]):
        blocks = rendition(sound_of(four()), parts, Listening(speed_percent=90)).blocks(cancel)
        next(blocks)
        cancel.cancel()
        with pytest.raises(Cancelled):
            next(blocks)
        cancel = CancelToken()


class Endless:
    """Sound of any length without memory."""

    def read(self, start: int, frames: int) -> Samples:
        return np.full((2, frames), (start % 1000) / 2000, np.float32)


def test_memory_does_not_grow_with_the_song() -> None:
    stems = {name: Endless() for name in FOUR}

    def peak_of(seconds: int, parts: list[str], listening: Listening) -> int:
        sound = SongSound(stems, RATE, RATE * seconds, Endless(), 48000, 48000 * seconds)
        made = rendition(sound, parts, listening)
        finisher = Finisher(made, 16)
        gc.collect()
        tracemalloc.reset_peak()
        for block in made.blocks(CancelToken()):
            finisher.finish(block)
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        for parts, listening in [
            (["stem", "remix"], Listening()),
            (["remix"], Listening(speed_percent=80.0)),
        ]:
            short = peak_of(5, parts, listening)
            assert peak_of(20, parts, listening) < 1.2 * short < 60e6
    finally:
        tracemalloc.stop()


REMIX = (
    Remix.of(FOUR)
    .with_gain("drums", 12.0)
    .with_pan("bass", -0.4)
    .with_muted("other", True)
    .with_master(12.0)
)


def played(
    song: MemorySong, listening: Listening, rate: int, position: Fraction | int, frames: int
) -> Samples:
    """As the player hands it to a device of this rate, in its small blocks."""
    sound = Sound(listening.remix, listening.speed_percent, listening.key_semitones)
    chain = Chain(song, SongMixer(song), sound, rate, Fraction(position))
    parts, have = [], 0
    while have < frames and not chain.ended:
        parts.append(chain.read(min(1111, frames - have)).samples)
        have += parts[-1].shape[1]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize(
    ("speed", "key", "rate"),
    [(100.0, 0.0, RATE), (80.0, 0.0, RATE), (130.0, -3.0, RATE), (100.0, 2.0, 48000),
     (87.5, 0.5, 48000)],
)  # fmt: skip
def test_a_remix_is_bit_for_bit_what_the_player_plays(speed: float, key: float, rate: int) -> None:
    song = MemorySong(four())
    listening = Listening(REMIX, speed, key)
    made = rendition(SongSound.of(song).at(rate), ["remix"], listening)
    assert made.frames == round(round(FRAMES * rate / RATE) / (speed / 100))
    finisher = Finisher(made, 32)
    given = np.concatenate([finisher.finish(b)[0] for b in made.blocks(CancelToken())], axis=1)
    heard = played(song, listening, rate, 0, made.frames)
    assert given.shape[1] == made.frames and made.frames - heard.shape[1] <= 1
    np.testing.assert_array_equal(given[:, : heard.shape[1]], heard)
    assert finisher.touched[0] > 0 and np.abs(given).max() <= 1.0  # it is bent, once


def test_a_stretched_region_is_what_plays_from_there() -> None:
    song = MemorySong(four())
    listening = Listening(REMIX, 80.0, 1.0)
    sound = SongSound.of(song).at(48000)
    made = rendition(sound, ["remix"], listening, (0.5, 1.0))
    assert made.frames == 30_000
    finisher = Finisher(made, 32)
    given = np.concatenate([finisher.finish(b)[0] for b in made.blocks(CancelToken())], axis=1)
    np.testing.assert_array_equal(given, played(song, listening, 48000, RATE // 2, 30_000))


def test_what_is_stretched_is_a_rendition_of_its_own() -> None:
    song = MemorySong(four(20_000))
    sound = SongSound.of(song)
    stretched = PartMix(
        Part(PartKind.REMIX), "remix", (("bass", 1.0, 1.0),), speed=Fraction(4, 5), heard=True
    )
    plain = PartMix(Part(PartKind.STEM, "bass"), "bass", (("bass", 1.0, 1.0),), stem="bass")
    first, second = renditions(sound, [stretched, plain])
    assert first.parts == (plain,) and first.frames == 20_000
    assert [part.name for part in second.parts] == ["remix"] and second.frames == 25_000
    assert not second.parts[0].stretched
    assert [part.name for (made,) in [renditions(sound, [stretched])] for part in made.parts] == [
        "remix"
    ]
    assert renditions(sound, []) == ()


def test_songs_without_frames_give_nothing() -> None:
    sound = sound_of({"bass": np.zeros((2, 0), np.float32)}, to=48000)
    for listening in (Listening(), Listening(speed_percent=70.0)):
        made = rendition(sound, ["remix"], listening)
        assert made.frames == 0 and list(made.blocks(CancelToken())) == []
