from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import heldout
import heldout_programs
from heldout import SONGS, STEMS, Samples, mix_of, render
from heldout_chant import chant
from heldout_score import GROOVES, Note, Score, runs, tune
from heldout_sound import RATE, Mono, Random, frames, room
from heldout_speech import sing_speech
from heldout_tones import string
from heldout_voice import Singer, sing

SECONDS = 3.0


@pytest.fixture(scope="module")
def rendered() -> dict[str, dict[str, Samples]]:
    """Two short songs without system programs."""
    return {song.name: render(song, SECONDS, programs=False) for song in SONGS[:2]}


def test_stems_are_stereo_sound_and_sum_to_a_mix_that_fits(
    rendered: dict[str, dict[str, Samples]],
) -> None:
    for stems in rendered.values():
        assert tuple(stems) == STEMS
        for stem in stems.values():
            assert stem.shape == (2, frames(SECONDS))
            assert stem.dtype == np.float32
            assert np.isfinite(stem).all()
            assert 10 * np.log10(np.mean(stem**2)) > -45
        assert 0.9 < np.max(np.abs(mix_of(stems))) <= 1


def test_a_song_is_the_same_every_time(rendered: dict[str, dict[str, Samples]]) -> None:
    again = render(SONGS[0], SECONDS, programs=False)
    for stem, samples in rendered[SONGS[0].name].items():
        assert np.array_equal(samples, again[stem])


def test_songs_have_names_and_grooves_of_their_own() -> None:
    assert len({song.name for song in SONGS}) == len({song.groove for song in SONGS}) == 12
    assert len({song.seed for song in SONGS}) == 12
    for groove in GROOVES.values():
        assert {len(pattern) for pattern in (*groove.drums.values(), *groove.bass)} == {
            groove.steps
        }


def test_a_cached_song_is_the_rendered_one(
    tmp_path: Path, rendered: dict[str, dict[str, Samples]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heldout, "render", lambda song, *_: rendered[song.name])
    list(heldout.songs(tmp_path, 1, SECONDS, programs=False))
    monkeypatch.setattr(heldout, "render", None)  # from the folder now
    ((name, stems),) = heldout.songs(tmp_path, 1, SECONDS, programs=False)
    for stem in STEMS:
        assert np.array_equal(stems[stem], rendered[name][stem])


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heldout_programs, "SOUNDFONT", Path("nowhere/FluidR3_GM.sf2"))
    with pytest.raises(FileNotFoundError, match=r"FluidR3_GM\.sf2.*--synth-only"):
        render(SONGS[0], SECONDS)


def test_a_midi_file_ends_a_key_before_it_sounds_again() -> None:
    data = heldout_programs.midi_file([(0.0, 0.5, 60, 1.0), (0.5, 0.5, 60, 1.0)], 11, 0)
    assert data[:14] == b"MThd\0\0\0\6\0\0\0\1\1\xe0"
    # Program; key on; 480 ticks (83 60) later off, then at once on; off; the track's end.
    assert data[22:] == (
        b"\0\xc0\x0b\0\x90\x3c\x7f\x83\x60\x80\x3c\0\0\x90\x3c\x7f\x83\x60\x80\x3c\0\0\xff\x2f\0"
    )


@pytest.mark.parametrize("pitch", [41.2, 110.0, 329.6, 880.0])
def test_a_string_sounds_its_pitch(pitch: float) -> None:
    sound = string(pitch, RATE, Random(1), keep=0.5, bright=0.7, pick=0.2)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE), 8 * RATE))
    near = slice(int(8 * pitch * 0.94), int(8 * pitch * 1.06))
    peak = (near.start + np.argmax(spectrum[near])) / 8
    assert abs(1200 * np.log2(peak / pitch)) < 12  # cents


def sung_pitch(sound: Mono, start_s: float) -> float:
    """The MIDI pitch of 0.35 s, by autocorrelation."""
    part = sound[frames(start_s) : frames(start_s + 0.35)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17)) ** 2
    lag = np.fft.irfft(power)
    least, most = int(RATE / 500), int(RATE / 120)
    period = least + int(np.argmax(lag[least:most]))
    return float(69 + 12 * np.log2(RATE / period / 440))


@pytest.mark.parametrize("way", [sing, chant])
def test_a_voice_sings_its_pitch_and_rests_between_notes(
    way: Callable[[list[Note], Singer, Random, int], Mono],
) -> None:
    notes = [Note(0.1, 0.8, 57), Note(1.2, 0.6, 64)]
    voice = way(notes, Singer(0.9, vibrato_cents=0), Random(2), frames(2.0))
    assert sung_pitch(voice, 0.4) == pytest.approx(57, abs=0.5)
    assert sung_pitch(voice, 1.4) == pytest.approx(64, abs=0.5)
    rest = voice[frames(1.0) : frames(1.1)]
    assert np.mean(rest**2) < 1e-3 * np.mean(voice**2)


def test_speech_is_moved_to_the_tune_and_its_time() -> None:
    singer = Singer(0.9, vibrato_cents=0)
    spoken = chant([Note(0.0, 0.7, 50)], singer, Random(4), frames(0.7))
    notes = [Note(0.1, 0.6, 57), Note(0.7, 0.6, 60)]  # one phrase
    sung = sing_speech(notes, [spoken], singer, Random(5), frames(1.5))
    assert sung_pitch(sung, 0.2) == pytest.approx(57, abs=0.7)
    assert sung_pitch(sung, 0.85) == pytest.approx(60, abs=0.7)
    assert not sung[: frames(0.09)].any()
    assert np.mean(sung[frames(1.35) :] ** 2) < 1e-3 * np.mean(sung**2)


def test_a_room_dies_away_as_long_as_it_was_told() -> None:
    click = np.zeros((2, 2 * RATE))
    click[:, 0] = 1.0
    wet = room(click, seconds=1.0, dark=0.0)
    early, late = (np.mean(wet[:, frames(at) : frames(at + 0.1)] ** 2) for at in (0.2, 0.7))
    assert 10 * np.log10(early / late) == pytest.approx(30, abs=3)
    assert abs(np.asarray(np.corrcoef(wet))[0, 1]) < 0.3  # the two sides hear different echoes


def test_a_tune_stays_in_its_range_and_scale() -> None:
    score = Score(GROOVES["break"], 100, 2, "dorian", (0, 3), 20.0)
    notes = tune(score, Random(3), 57, 72)
    assert len(notes) > 15
    scale = {(2 + step) % 12 for step in (0, 2, 3, 5, 7, 9, 10)}
    assert {note.pitch % 12 for note in notes} <= scale
    assert all(57 <= note.pitch <= 72 for note in notes)
    ends = [note.start_s + note.length_s for note in notes]
    assert all(end <= after.start_s + 1e-6 for end, after in zip(ends, notes[1:], strict=False))


def test_a_pattern_gives_its_notes() -> None:
    assert runs("r-.r..5--") == [(0, 2), (3, 1), (6, 3)]
