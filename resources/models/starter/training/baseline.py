"""Separation without learning, to measure a model against.

Drums: harmonic/percussive separation by median filters (Fitzgerald, "Harmonic/percussive
separation using median filtering", DAFx 2010): a note is a line along time, a stroke one along
frequency, and a median along the other way removes it. Bass: the low end of the harmonic part.
Vocals: what is in the middle of the harmonic part's stereo picture (as Avendano and Jot, 2004, by
how similar the two sides are). Other: the rest. The four stems sum to the mix.

The numbers in `Tuning` are the best that `python baseline.py FOLDER` found, one after the other, on
songs that render.py put into FOLDER: as the model, it has not heard the songs it is measured on.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spectrum = NDArray[np.complex64]
Mask = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tuning:
    """`window`: frames of the spectrum's; a quarter of it is a hop. `along_s`, `along_hz`: lengths
    of the two medians. `power`: of the masks, the higher the harder; `percussive`: so many times
    as strong a stroke counts. Bass is below `bass_hz`, voices are between it and `voice_hz`.
    `centre`: how sharply the middle is cut out, `voice_share` of what is in it."""

    window: int = 8192
    along_s: float = 0.2
    along_hz: float = 100.0
    power: float = 1.5
    percussive: float = 1.4
    bass_hz: float = 180.0
    voice_hz: float = 4000.0
    centre: float = 4.0
    voice_share: float = 0.85


def separate(mix: Samples, rate: int, tuning: Tuning | None = None) -> dict[str, Samples]:
    """Drums, bass, other and vocals of float32 [2, frames], of the same shape."""
    tuning = tuning or Tuning()
    hop = tuning.window // 4
    spectrum = _short_time(mix, tuning.window, hop)
    level = np.sqrt(np.sum(np.abs(spectrum) ** 2, axis=0))
    steady = _median(level.T, max(3, round(tuning.along_s * rate / hop))).T
    sudden = _median(level, max(3, round(tuning.along_hz * tuning.window / rate)))
    stroke = (tuning.percussive * sudden) ** tuning.power
    drums = stroke / (stroke + steady**tuning.power + 1e-20)
    rest = 1 - drums
    hertz = np.fft.rfftfreq(tuning.window, 1 / rate)[None]
    low = 1 / (1 + (hertz / tuning.bass_hz) ** 8)
    high = 1 / (1 + (hertz / tuning.voice_hz) ** 8)
    voice = tuning.voice_share * _centre(spectrum) ** tuning.centre * (1 - low) * high
    masks = {
        "drums": drums,
        "bass": rest * low,
        "other": rest * (1 - low) * (1 - voice),
        "vocals": rest * (1 - low) * voice,
    }
    stems = {}
    for name, mask in masks.items():
        stems[name] = _overlap_add(spectrum * mask.astype(np.float32), hop, mix.shape[1])
    stems["other"] += mix - sum(
        stems.values()
    )  # what rounding and the voice's double low edge left
    return stems


def _centre(spectrum: Spectrum) -> Mask:
    """How much a place of the spectrum is in the middle, 0 to 1: equal on both sides, in phase."""
    left, right = spectrum
    both = np.abs(left) ** 2 + np.abs(right) ** 2 + 1e-20
    similar: Mask = np.clip(2 * (left * right.conj()).real / both, 0, 1)
    return similar


def _median(level: Mask, length: int) -> Mask:
    """The running median along the last axis over an odd number of values about `length`."""
    reach = length // 2
    view = np.lib.stride_tricks.sliding_window_view(
        np.pad(level, ((0, 0), (reach, reach)), "reflect"), 2 * reach + 1, axis=1
    )
    medians = np.empty_like(level)
    for row in range(0, len(level), 64):  # the windows are copied: not all at once
        part = np.partition(view[row : row + 64], reach, axis=-1)
        medians[row : row + 64] = part[..., reach]
    return medians


def _window(length: int) -> Mask:
    hann: Mask = np.sqrt(np.hanning(length + 1)[:-1]).astype(np.float32)
    return hann


def _short_time(mix: Samples, length: int, hop: int) -> Spectrum:
    """complex64 [2, windows, bins]; the first window is centred at frame 0."""
    count = mix.shape[1] // hop + 2
    padded = np.zeros((len(mix), (count - 1) * hop + length), dtype=np.float32)
    padded[:, length // 2 : length // 2 + mix.shape[1]] = mix
    view = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)[:, ::hop]
    spectrum: Spectrum = np.fft.rfft(view * _window(length)).astype(np.complex64)
    return spectrum


def _overlap_add(spectrum: Spectrum, hop: int, frames: int) -> Samples:
    length = 2 * (spectrum.shape[2] - 1)
    pieces = np.fft.irfft(spectrum, length) * _window(length) * (2 * hop / length)
    sound = np.zeros((len(pieces), (pieces.shape[1] - 1) * hop + length), dtype=np.float32)
    for index in range(pieces.shape[1]):
        sound[:, index * hop : index * hop + length] += pieces[:, index]
    return sound[:, length // 2 : length // 2 + frames]


_TRIED: dict[str, tuple[float, ...]] = {
    "window": (2048, 4096, 8192),
    "along_s": (0.1, 0.2, 0.4, 0.7, 1.0, 1.5),
    "along_hz": (40.0, 60.0, 100.0, 200.0, 400.0),
    "power": (1.0, 1.5, 2.0, 4.0),
    "percussive": (0.5, 0.7, 1.0, 1.2, 1.4, 2.0),
    "bass_hz": (100.0, 130.0, 180.0, 240.0),
    "voice_hz": (2500.0, 4000.0, 7000.0, 12000.0),
    "centre": (0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
    "voice_share": (0.5, 0.7, 0.85, 1.0),
}


def tuned(songs: list[Samples], rate: int, start: Tuning) -> Tuning:
    """The tuning with the best mean SDR over stems (each the median over songs), found by trying
    each number's values in turn, the others held. `songs`: float32 [4 stems, 2, frames] each."""
    from sdr import windowed_sdr

    def score(tuning: Tuning) -> float:
        table = []
        for stems in songs:
            found = separate(stems.sum(axis=0), rate, tuning)
            pairs = zip(stems, found.values(), strict=True)
            table.append([windowed_sdr(true, stem, rate) for true, stem in pairs])
        return float(np.mean(np.median(table, axis=0)))

    best, top = start, score(start)
    for field in fields(Tuning):
        for value in _TRIED[field.name]:
            if value == getattr(best, field.name):
                continue
            tried = replace(best, **{field.name: value})  # type: ignore[arg-type]  # by its name
            if (reached := score(tried)) > top:
                best, top = tried, reached
        print(f"{field.name:12} {getattr(best, field.name):8g}   mean SDR {top:.2f} dB", flush=True)
    return best


def main() -> None:
    options = argparse.ArgumentParser(description="Tune the baseline on songs of render.py.")
    options.add_argument("folder", type=Path, help="where they are")
    options.add_argument("--songs", type=int, default=12, help="only the first so many")
    arguments = options.parse_args()
    import data
    from dsp import RATE

    found = [data.whole(path) for path in data.stored(arguments.folder)[: arguments.songs]]
    print(tuned(found, RATE, Tuning()))


if __name__ == "__main__":
    main()
