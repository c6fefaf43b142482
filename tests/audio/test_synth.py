from __future__ import annotations

import numpy as np
import pytest

from stemdesk.audio import synth

RATE = 16000


def loudest_hertz(sound: synth.Sound, below: float = RATE / 2) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(hertz[np.argmax(np.where(hertz < below, spectrum, 0.0))])


@pytest.mark.parametrize(("name", "hertz"), [("A4", 440.0), ("C4", 261.63), ("F#3", 185.0)])
def test_pitch_names(name: str, hertz: float) -> None:
    assert synth.pitch(name) == pytest.approx(hertz, abs=0.01)


@pytest.mark.parametrize("note", ["C4", "E4", "A4"])
def test_the_voice_sings_the_note(note: str) -> None:
    hertz = synth.pitch(note)
    sound = synth.sing(synth.Syllable(hertz, hertz, "u"), RATE, RATE)
    assert loudest_hertz(sound, below=1.5 * hertz) == pytest.approx(hertz, rel=0.02)


@pytest.mark.parametrize("vowel", synth.VOWELS)
def test_a_vowel_is_loudest_near_its_first_formants(vowel: str) -> None:
    sound = synth.sing(synth.Syllable(110.0, 110.0, vowel), RATE, RATE)
    formants = np.array(synth.VOWELS[vowel][:2]) * 1.12
    assert np.min(np.abs(formants - loudest_hertz(sound))) < 110.0


def test_consonants_hiss_before_the_vowel() -> None:
    plain = synth.sing(synth.Syllable(220.0, 220.0, "a"), RATE, RATE)
    for consonant, length_s in (("s", 0.09), ("t", 0.025)):
        added = synth.sing(synth.Syllable(220.0, 220.0, "a", consonant), RATE, RATE) - plain
        length = int(length_s * RATE)
        assert np.abs(added[:length]).max() > 0.1
        assert not added[length:].any()


def test_a_gate_rises_holds_and_falls() -> None:
    shape = synth.gate(1000, 1000, 0.1, 0.2)
    assert shape[0] == 0.0
    assert (shape[100:800] == 1.0).all()
    assert (np.diff(shape[:101]) >= 0).all()
    assert (np.diff(shape[800:]) <= 0).all()
    assert shape[-1] < 1e-3


def test_a_plucked_string_fades_at_its_rate() -> None:
    sound = synth.pluck(200.0, RATE, RATE, bright=0.5, half_s=0.2)
    early, late = (np.abs(sound[at : at + RATE // 100]).max() for at in (1600, 1600 + 3200))
    assert late / early == pytest.approx(0.5, abs=0.1)


def test_high_pass_keeps_the_high_and_takes_the_low() -> None:
    t = synth.seconds(RATE, RATE)
    low, high = np.sin(2 * np.pi * 200 * t), np.sin(2 * np.pi * 6000 * t)
    assert np.abs(synth.high_pass(low, RATE, 2000)).max() < 1e-3
    assert np.abs(synth.high_pass(high, RATE, 2000) - high).max() < 0.02


def test_place_adds_cuts_and_pans() -> None:
    stem = np.zeros((2, 10), dtype=np.float32)
    synth.place(stem, np.ones(4), 8, 0.5, pan=-1.0)
    synth.place(stem, np.ones(2), 0, 0.5)
    assert stem[0] == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0, 0, 0.5 * 2**0.5, 0.5 * 2**0.5])
    assert stem[1] == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0], abs=1e-7)


def test_a_room_adds_a_different_tail_on_each_side() -> None:
    stem = np.zeros((2, RATE), dtype=np.float32)
    stem[:, 0] = 1.0
    result = synth.in_room(stem, RATE, wet=0.5)
    assert result[:, 0] == pytest.approx([1.0, 1.0], abs=1e-6)
    tail = result[:, 1:]
    assert np.sqrt(np.sum(tail**2, axis=1)) == pytest.approx([0.5, 0.5], rel=1e-3)
    overlap = abs(float(tail[0] @ tail[1])) / 0.25
    assert overlap < 0.2
