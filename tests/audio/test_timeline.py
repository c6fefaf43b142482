from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.player_status import Side
from stemdesk.audio.remix import Remix
from stemdesk.audio.sound import Sound
from stemdesk.audio.timeline import Timeline, usable_loop
from support.songs import ArraySong, constant, sine

RATE = 8000
FADE = 400  # 50 ms
SEAM = 40  # 5 ms

Samples = NDArray[np.float32]


def timeline(song: ArraySong, sound: Sound | None = None, frame: int = 0) -> Timeline:
    return Timeline(song, SongMixer(song), sound or Sound(), frame)


def read(line: Timeline, steps: int, block: int = 150) -> Samples:
    """float32 [2, up to `steps`], in blocks as the player asks for them."""
    parts = [line.read(min(block, steps - at)) for at in range(0, steps, block)]
    return np.concatenate(parts, axis=1)


def noise(frames: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (2, frames)).astype(np.float32)


def growing(frames: int = 20_000) -> ArraySong:
    """The original is 0.25, the stems together are 0.75; nothing is separated yet."""
    stems = {"drums": constant(0.5, frames), "bass": constant(0.25, frames)}
    song = ArraySong(stems, constant(0.25, frames), RATE)
    song.parts = ()
    return song


def steepest(samples: Samples) -> float:
    return float(np.abs(np.diff(samples, axis=1)).max())


def test_a_loop_wraps_to_the_sample() -> None:
    song = ArraySong({"drums": noise(10_000)}, samplerate=RATE)
    line = timeline(song, Sound(loop=(2000, 3001)), 1500)
    heard = read(line, 5000)
    samples = song.stem("drums").samples
    assert np.array_equal(heard[:, :1501], samples[:, 1500:3001])
    for turn in range(3):
        at = 1501 + 1001 * turn
        part = heard[:, at + SEAM : min(at + 1001, 5000)]
        assert np.array_equal(part, samples[:, 2000 + SEAM : 2000 + SEAM + part.shape[1]])
        fall = 1 - np.arange(SEAM, dtype=np.float32) / SEAM
        seam = samples[:, 3001 : 3001 + SEAM] * fall + samples[:, 2000 : 2000 + SEAM] * (1 - fall)
        np.testing.assert_allclose(heard[:, at : at + SEAM], seam, atol=1e-6)


def test_a_loops_seam_is_no_steeper_than_the_sound() -> None:
    song = ArraySong({"drums": sine(100.0, 10_000, RATE)}, samplerate=RATE)
    heard = read(timeline(song, Sound(loop=(2013, 3055)), 2100), 20_000)
    assert steepest(heard) <= steepest(song.stem("drums").samples) + 1.0 / SEAM


@pytest.mark.parametrize("end", [10_000, 9990])
def test_a_loop_up_to_the_end_of_the_song_falls_to_silence_there(end: int) -> None:
    song = ArraySong({"drums": constant(0.5, 10_000)}, samplerate=RATE)
    heard = read(timeline(song, Sound(loop=(9000, end)), 9500), 3000)
    assert heard.shape[1] == 3000  # it goes on, too
    assert steepest(heard) <= 0.5 / SEAM + 1e-6
    assert heard[0, end - 9500 - 1] == 0.0


def test_beyond_the_loop_the_song_plays_on() -> None:
    song = ArraySong({"drums": noise(10_000)}, samplerate=RATE)
    line = timeline(song, Sound(loop=(2000, 3000)), 3000)
    assert np.array_equal(read(line, 9000), song.stem("drums").samples[:, 3000:])
    assert line.ended


def test_marks_tell_where_each_step_is() -> None:
    song = ArraySong({"drums": noise(10_000)}, samplerate=RATE)
    line = timeline(song, Sound(loop=(2000, 3001)), 2900)
    read(line, 3000)
    frames = [mark.frame + step - mark.first for mark in line.marks
              for step in range(mark.first, mark.end)]  # fmt: skip
    assert frames == [2000 + (900 + step) % 1001 for step in range(3000)]


def test_a_loop_is_kept_inside_the_song_and_long_enough_to_be_one() -> None:
    song = ArraySong({"drums": noise(10_000)}, samplerate=RATE)
    assert usable_loop((100, 110), song) == (100, 500)
    assert usable_loop((9990, 20_000), song) == (9600, 10_000)
    assert usable_loop((10_000, 12_000), song) is None
    assert usable_loop(None, song) is None
    assert Sound(loop=(9, 4)).loop == (4, 9)
    assert Sound(loop=(4, 4)).loop is None


def test_where_nothing_is_finished_the_original_is_heard() -> None:
    song = growing()
    line = timeline(song)
    assert (read(line, 4000) == 0.25).all()
    assert all(mark.original and not any(mark.stems) for mark in line.marks)


def test_a_finished_part_fades_in_and_out_inside_of_itself() -> None:
    song = growing()
    song.parts = ((2000, 5000),)
    heard = read(timeline(song), 8000)
    assert (heard[:, :2001] == 0.25).all()
    assert heard[:, 2000 + FADE : 5000 - FADE] == pytest.approx(0.75)
    assert (heard[:, 4999:] == 0.25).all()
    assert steepest(heard) <= 0.5 / FADE + 1e-6


def test_the_songs_start_and_end_do_not_fade() -> None:
    song = growing()
    song.parts = ((0, 3000), (15_000, 20_000))
    line = timeline(song)
    heard = read(line, 20_000)
    assert (heard[:, : 3000 - FADE] == 0.75).all()
    assert (heard[:, 15_000 + FADE :] == 0.75).all()
    assert line.ended


@pytest.mark.parametrize("when", [1900, 2100, 2450, 3000, 4900])
def test_what_becomes_finished_under_the_playhead_comes_in_softly(when: int) -> None:
    song = growing()
    song.parts = ((1000, 5000),)
    line = timeline(song)
    before = read(line, when)
    song.parts = ((0, 20_000),)
    heard = np.concatenate((before, read(line, 10_000)), axis=1)
    assert steepest(heard) <= 0.5 / FADE + 1e-6
    assert (heard[:, when + 2 * FADE :] == 0.75).all()


def test_parts_that_grow_at_each_block_never_click() -> None:
    song = growing()
    line, heard = timeline(song), []
    for at in range(0, 18_000, 150):
        song.parts = ((0, max(0, at - 4000 + at // 2 // 500 * 700)),)  # overtakes the playhead
        heard.append(line.read(150))
    joined = np.concatenate(heard, axis=1)
    assert joined.min() == 0.25
    assert joined.max() == pytest.approx(0.75)
    assert steepest(joined[:, 200:]) <= 0.5 / FADE + 1e-6


def test_the_remix_is_not_heard_where_the_original_is() -> None:
    song = growing()
    song.parts = ((0, 5000),)
    remix = Remix().with_muted("drums", True).with_muted("bass", True)
    heard = read(timeline(song, Sound(remix)), 8000)
    assert not heard[:, : 5000 - FADE].any()
    assert (heard[:, 5000:] == 0.25).all()


def test_the_originals_gain_is_for_comparing_only() -> None:
    song = growing()
    louder = Sound(original_db=6.0)
    assert (read(timeline(song, louder), 500) == 0.25).all()
    compared = Sound(original_db=6.0, side=Side.ORIGINAL)
    assert read(timeline(song, compared), 500) == pytest.approx(0.25 * 10**0.3)
    assert Sound(original_db=40.0).original_db == 6.0


def test_without_an_original_both_sides_are_the_stems() -> None:
    song = ArraySong({"drums": constant(0.5, 5000)}, samplerate=RATE)
    line = timeline(song, Sound(side=Side.ORIGINAL))
    assert (read(line, 5000) == 0.5).all()
    assert not any(mark.original for mark in line.marks)


def test_stems_that_become_known_later_are_mixed() -> None:
    song = growing()
    song.stems = ()
    line = timeline(song)
    read(line, 500)
    song.stems, song.parts = ("drums", "bass"), ((0, 20_000),)
    assert (read(line, 2000)[:, FADE + 1 :] == 0.75).all()


def test_reading_goes_as_far_as_the_song_is_known() -> None:
    song = growing()
    song.complete, song.known = False, 1000
    line = timeline(song)
    assert read(line, 5000).shape[1] == 1000
    assert not line.ended
    song.known, song.frames = 1500, 1500
    assert read(line, 5000).shape[1] == 500
    assert not line.ended  # the length is not known for sure yet
    song.complete = True
    assert read(line, 500).shape[1] == 0
    assert line.ended


def test_a_loop_goes_on_in_a_song_that_turns_out_shorter() -> None:
    song = growing()
    song.complete, song.known, song.parts = False, 6000, ((0, 6000),)
    line = timeline(song, Sound(loop=(1000, 20_000)), 500)
    read(line, 3000)
    song.frames, song.complete = 6000, True
    read(line, 4000)
    assert not line.ended and line.marks[-1].frame < 6000
    assert any(mark.frame == 1000 and mark.first > 4000 for mark in line.marks)


@pytest.mark.parametrize("frames", [1, 10, 399])
def test_a_song_of_a_few_frames_is_not_looped(frames: int) -> None:
    song = ArraySong({"drums": noise(frames)}, samplerate=RATE)
    line = timeline(song, Sound(loop=(0, frames)))
    assert np.array_equal(line.read(2000), song.stem("drums").samples)
    assert line.ended
