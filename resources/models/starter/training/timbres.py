"""Instruments of random kinds, wider than any real one: so that the network learns what a note is,
not what twenty instruments are.

- `Ringing`: struck or plucked; partials that each fall at their own speed, in tune or not.
- `Holding`: bowed, blown, a reed or an organ; a spectrum with fixed resonances, breath, vibrato.
- `Modulated`: sines that turn each other's phases, two or three in a row.

A drawn instrument is a value; `played` makes its notes, `random_instrument` draws one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp import (
    RATE,
    SAMPLES,
    Random,
    Sound,
    add_at,
    band_passed,
    decay,
    faded,
    noise,
    panned,
)
from plan import Note

_BLOCK = 256
_TABLE, _STAGES = 2048, 3
_LONGEST = 6.0  # seconds of a note
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ringing:
    """Each partial's frequency (times the note's), level, and time in seconds to 1/e at 200 Hz."""

    ratios: Floats
    levels: Floats
    seconds: Floats
    damping: float  # how much sooner high notes end: time goes with frequency to -damping
    bright_hz: float  # partials above are weaker, by 12 dB an octave
    beating: float  # cents between a partial's two halves; 0 for none
    knock: float  # noise of the stroke
    knock_hz: float
    attack: float = 0.002

    def note(self, rng: Random, hertz: float, seconds: float) -> Sound:
        """Mono, up to the partials' end."""
        count = _whole(min(_LONGEST, max(seconds, 4 * float(self.seconds.max()))))
        tone = np.zeros(count, dtype=np.float32)
        for ratio, level, time in zip(self.ratios, self.levels, self.seconds, strict=True):
            pitch = hertz * ratio
            if not 20 < pitch < 15000:
                continue
            fall = max(0.01, time * (200 / max(pitch, 60)) ** self.damping)
            loud = level / (1 + (pitch / self.bright_hz) ** 2)
            apart = self.beating / 2 * float(rng.uniform(0.5, 1.5))
            for cents in (-apart, apart) if self.beating else (0.0,):
                swing = pitch * 2 ** (cents / 1200)
                tone += np.float32(loud) * _falling_sine(rng, swing, fall, count)
        strike = decay(count, 0.006) * np.float32(self.knock * 0.7)
        tone += band_passed(noise(rng, count) * strike, self.knock_hz, 0.8)
        return faded(tone, self.attack, 0.02)


@dataclass(frozen=True, slots=True)
class Holding:
    """A spectrum of harmonics that lasts as long as its key is held."""

    harmonics: Floats  # levels
    resonances: Floats  # (places, 3): Hz, gain, width as a part of it
    bright: tuple[float, float]  # Hz, at the start and later
    bright_time: float  # seconds
    attack: float
    swell: float  # how much louder or softer it becomes, dB a second
    release: float
    vibrato: float  # cents
    rate: float  # Hz
    late: float  # seconds until vibrato is there
    tremble: float  # of the level, 0 to 1
    breath: float
    breath_hz: float
    scoop: float  # semitones from below

    def note(self, rng: Random, hertz: float, seconds: float) -> Sound:
        """Mono, with its release."""
        count = _whole(min(_LONGEST, seconds + self.release))
        time = np.arange(count) / RATE
        grown = np.clip(time / self.late - 0.3, 0, 1)
        swing = np.sin(2 * np.pi * self.rate * time * rng.uniform(0.95, 1.05) + rng.uniform(0, 6))
        cents = self.vibrato * grown * swing - 100 * self.scoop * np.exp(-time / 0.05)
        drift = np.interp(time, np.arange(12) * 0.6, rng.normal(0, 4, 12))
        phase = np.cumsum(hertz * 2 ** ((cents + drift) / 1200)) / RATE + rng.random()
        index = ((phase % 1.0) * _TABLE).astype(np.int32) % _TABLE
        stage = (1 - np.exp(-time / self.bright_time)) * (_STAGES - 1)
        tables = np.stack([self._table(hertz, step / (_STAGES - 1)) for step in range(_STAGES)])
        lower = np.minimum(stage.astype(np.int32), _STAGES - 2)
        part = (stage - lower).astype(np.float32)
        tone: Sound = tables[lower, index] * (1 - part) + tables[lower + 1, index] * part
        level = 10 ** (self.swell * time / 20) * (1 - self.tremble * grown * (0.5 + 0.5 * swing))
        tone *= np.clip(level, 0.1, 4).astype(np.float32)
        if self.breath:
            air = band_passed(noise(rng, count), self.breath_hz, 0.7)
            tone += air * (self.breath * (1 + 2 * decay(count, 0.03)))
        return faded(tone, min(self.attack, 0.5 * seconds), self.release)

    def _table(self, hertz: float, stage: float) -> Sound:
        """One period, with the brightness of this stage (0 to 1)."""
        start, end = self.bright
        cut = start * (end / start) ** stage
        count = max(1, min(len(self.harmonics), int(18000 / hertz)))
        pitches = hertz * np.arange(1, count + 1)
        levels = self.harmonics[:count] / (1 + (pitches / max(cut, hertz)) ** 4) ** 0.5
        for middle, gain, width in self.resonances:
            levels = levels * (1 + gain / (1 + ((pitches - middle) / (width * middle)) ** 2))
        spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
        spectrum[1 : count + 1] = levels * np.exp(1.7j * np.arange(count) ** 2)
        table = np.fft.irfft(spectrum)
        table *= 0.5 / (np.sqrt(np.square(table).mean()) + 1e-9)
        return table.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Modulated:
    """A sine whose phase another turns, whose phase a third may turn: (ratio, depth, time in
    seconds until the depth is 1/e of it) of each that turns."""

    turns: tuple[tuple[float, float, float], ...]
    steady: float  # the part of the depth that stays
    attack: float
    fall: float  # seconds to 1/e
    held: float  # level it keeps
    release: float
    vibrato: float

    def note(self, rng: Random, hertz: float, seconds: float) -> Sound:
        """Mono, with its release."""
        ring = seconds + self.release if self.held else max(seconds, 4 * self.fall)
        count = _whole(min(_LONGEST, ring))
        time = np.arange(count, dtype=np.float32) / RATE
        swing = np.float32(self.vibrato * 0.003) * np.sin(2 * np.pi * 5.3 * time)
        phase = (2 * np.pi * hertz * time.astype(np.float64)).astype(np.float32) * 1.0
        phase = phase + swing * np.minimum(1, 2 * time)
        bent = np.zeros(count, dtype=np.float32)
        soft = min(1.0, 500 / hertz)  # high notes would be noise
        for ratio, depth, fall in reversed(self.turns):
            level = depth * soft * (self.steady + (1 - self.steady) * decay(count, fall))
            bent = np.sin(np.float32(ratio) * phase + bent) * level
        tone: Sound = np.sin(phase + bent).astype(np.float32)
        tone *= np.float32(self.held) + np.float32(1 - self.held) * decay(count, self.fall)
        return faded(tone, self.attack, self.release if self.held else 0.02)


Instrument = Ringing | Holding | Modulated


def random_instrument(rng: Random, sustained: bool | None = None) -> Instrument:
    """An instrument of any kind, or one that lasts (`sustained`), or one that fades."""
    if sustained is None:
        sustained = bool(rng.random() < 0.5)
    if rng.random() < 0.25:
        return _modulated(rng, sustained)
    return _holding(rng) if sustained else _ringing(rng)


def played(
    rng: Random, instrument: Instrument, notes: Sequence[Note], transposed: float = 0.0
) -> Sound:
    """The notes, (2, SAMPLES); a fading note is made once for each pitch and cut to its length."""
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    kept: dict[int, Sound] = {}
    width = float(rng.choice([0, 0.1, 0.5]))
    cut = float(rng.choice([0.03, 0.15, 1.0]))  # seconds after the key is let go
    for note in notes:
        hertz = 440 * 2 ** ((note.pitch + transposed - 69) / 12)
        if isinstance(instrument, Ringing):
            if note.pitch not in kept:
                kept[note.pitch] = instrument.note(rng, hertz, note.length)
            count = min(len(kept[note.pitch]), int((note.length + cut) * RATE))
            tone = faded(kept[note.pitch][:count].copy(), 0.0, min(cut, 0.3))
        else:
            tone = instrument.note(rng, hertz, note.length)
        place = width * (note.pitch % 12 - 6) / 6
        add_at(track, panned(tone * np.float32(note.loud), place), note.start)
    return track


def _whole(seconds: float) -> int:
    """Samples, in whole blocks."""
    return max(2, int(seconds * RATE) // _BLOCK) * _BLOCK


def _falling_sine(rng: Random, hertz: float, seconds: float, count: int) -> Sound:
    """By powers of one complex number: those of whole blocks times those within one."""
    step = 2j * np.pi * hertz / RATE - 1 / (seconds * RATE)
    start = np.exp(2j * np.pi * rng.random())
    blocks = np.exp(step * _BLOCK * np.arange(count // _BLOCK)) * start
    within = np.exp(step * np.arange(_BLOCK))
    wave: Sound = np.outer(blocks.astype(np.complex64), within.astype(np.complex64)).imag.ravel()
    return wave


def _ringing(rng: Random) -> Ringing:
    count = int(rng.integers(3, 28))
    order = np.arange(1, count + 1, dtype=np.float64)
    kind = str(rng.choice(["string", "string", "stiff", "bar", "bell"]))
    ratios = {
        "string": order,
        "stiff": order * np.sqrt(1 + 10 ** rng.uniform(-4.5, -2.8) * order**2),
        "bar": ((2 * order + 1) / 3) ** rng.uniform(1.6, 2.1),
        "bell": np.cumsum(rng.uniform(0.25, 1.0, count)) + rng.uniform(0, 0.6),
    }[kind]
    levels = order ** -rng.uniform(0.3, 2.0)
    if kind in ("string", "stiff"):  # where it is plucked
        levels = levels * np.abs(np.sin(np.pi * order * rng.uniform(0.06, 0.5))) + 1e-3
    else:
        ratios[1:] *= np.exp(rng.normal(0, 0.03, count - 1))
        levels = levels * rng.uniform(0.1, 1, count)
    longest = float(np.exp(rng.uniform(np.log(0.06), np.log(2.5))))
    return Ringing(
        ratios / ratios[0],
        levels * np.exp(rng.normal(0, 0.4, count)),
        longest * np.exp(rng.normal(0, 0.3, count)) * order ** -rng.uniform(0, 0.5),
        damping=float(rng.uniform(0.0, 0.8)),
        bright_hz=float(np.exp(rng.uniform(np.log(700), np.log(9000)))),
        beating=float(rng.choice([0.0, rng.uniform(1, 8), rng.uniform(5, 25)])),
        knock=float(rng.choice([0.0, rng.uniform(0, 0.4)])),
        knock_hz=float(np.exp(rng.uniform(np.log(400), np.log(6000)))),
        attack=float(rng.uniform(0.0005, 0.008)),
    )


def _holding(rng: Random) -> Holding:
    order = np.arange(1, 129, dtype=np.float64)
    levels = order ** -rng.uniform(0.4, 1.8) * np.exp(rng.normal(0, rng.uniform(0, 0.8), 128))
    shape = rng.random()
    if shape < 0.2:  # odd harmonics, as a clarinet's
        levels[1::2] *= rng.uniform(0, 0.3)
    elif shape < 0.4:  # few, as an organ's pipes
        levels *= np.isin(order, rng.choice([1, 2, 3, 4, 5, 6, 8, 10, 12], 5)) + 1e-3
    levels[0] = max(levels[0], 0.15 * levels.max())
    places = int(rng.integers(0, 5))
    resonances = np.stack(
        [
            np.exp(rng.uniform(np.log(250), np.log(5000), places)),
            np.exp(rng.uniform(np.log(0.5), np.log(6), places)),
            rng.uniform(0.05, 0.5, places),
        ],
        axis=1,
    )
    late = float(np.exp(rng.uniform(np.log(400), np.log(8000))))
    sudden = bool(rng.random() < 0.5)
    return Holding(
        levels,
        resonances,
        bright=(late * float(np.exp(rng.normal(0, 0.8))), late),
        bright_time=float(rng.uniform(0.03, 0.8)),
        attack=float(rng.uniform(0.002, 0.03) if sudden else rng.uniform(0.03, 0.35)),
        swell=float(rng.choice([0.0, rng.uniform(-12, 6)])),
        release=float(rng.choice([0.03, rng.uniform(0.05, 0.6)])),
        vibrato=float(rng.choice([0.0, rng.uniform(3, 50)])),
        rate=float(rng.uniform(3.5, 7.5)),
        late=float(rng.uniform(0.05, 0.7)),
        tremble=float(rng.choice([0.0, rng.uniform(0, 0.7)])),
        breath=float(rng.choice([0.0, rng.uniform(0, 0.15)])),
        breath_hz=float(np.exp(rng.uniform(np.log(500), np.log(6000)))),
        scoop=float(rng.choice([0.0, 0.0, rng.uniform(0, 1.5)])),
    )


def _modulated(rng: Random, sustained: bool) -> Modulated:
    turns = []
    for _ in range(int(rng.integers(1, 3))):
        ratio = float(rng.choice([0.5, 1, 1, 2, 3, 4, 5, 7, 9, 11, 14, 1.41, 2.76, 3.5, 1.003]))
        turns.append((ratio, float(rng.uniform(0.2, 4)), float(rng.uniform(0.03, 1.2))))
    return Modulated(
        tuple(turns),
        steady=float(rng.uniform(0.2, 0.9) if sustained else rng.uniform(0, 0.4)),
        attack=float(rng.uniform(0.01, 0.25) if sustained else rng.uniform(0.001, 0.008)),
        fall=float(np.exp(rng.uniform(np.log(0.1), np.log(1.5)))),
        held=float(rng.uniform(0.4, 1)) if sustained else 0.0,
        release=float(rng.uniform(0.03, 0.5)),
        vibrato=float(rng.choice([0, 0, rng.uniform(0, 5)])),
    )
