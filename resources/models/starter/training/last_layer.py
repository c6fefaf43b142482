"""What a network's last layer can say at best, however good the layers before it are.

    python last_layer.py FOLDER [--songs 8]

FOLDER holds songs of render.py. The last transposed convolution of a branch makes the numbers of
four bins or frames, of all stems and sides, from as many numbers as it has channels. The best it
could make are the first principal components of the true ones. Prints for each branch and number of
channels each stem's SDR in dB, the median over songs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import data
import network
from dsp import RATE

_TOGETHER = 4  # bins or frames: the layers' stride
_FIRST_S, _SECONDS = 6, 4
_WINDOW = 4096
_CHANNELS = 16, 24, 32, 48


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the songs are")
    parser.add_argument("--songs", type=int, default=8, help="only the first so many")
    options = parser.parse_args()
    part = slice(_FIRST_S * RATE, (_FIRST_S + _SECONDS) * RATE)
    paths = data.stored(options.folder)[: options.songs]
    songs = [torch.from_numpy(data.whole(path)[..., part]) for path in paths]
    songs = [stems / stems.sum(dim=0).std() for stems in songs]
    ways = {"complex": _complex, "magnitudes": _magnitudes, "waveform": _waveform}
    for name, way in ways.items():
        made = [_rows(way(stems)) for stems in songs]
        count = made[0][0].numel()
        for channels in _CHANNELS:
            if channels < count:
                cells = "  ".join(
                    f"{stem} {value:.1f}"
                    for stem, value in zip(network.SOURCES, best(made, channels), strict=True)
                )
                print(f"{name:10}  {channels} channels for {count} numbers:  {cells}")


def best(songs: list[torch.Tensor], channels: int) -> list[float]:
    """Each stem's SDR in dB, the median over songs. `songs`: (rows, stems, numbers) each."""
    rows = torch.cat(songs).flatten(1).double()
    basis = torch.linalg.eigh(rows.T @ rows).eigenvectors[:, -channels:]
    ratios = []
    for song in songs:
        flat = song.flatten(1).double()
        wrong = (flat - flat @ basis @ basis.T).view(song.shape).square().sum(dim=(0, 2))
        ratios.append(10 * torch.log10((song.double().square().sum(dim=(0, 2)) + 1e-9) / wrong))
    found: list[float] = torch.stack(ratios).quantile(0.5, dim=0).tolist()
    return found


def _complex(stems: torch.Tensor) -> torch.Tensor:
    """(stems, sides · 2, times, bins)"""
    return torch.view_as_real(_spectrum(stems)).movedim(-1, 2).flatten(1, 2)


def _magnitudes(stems: torch.Tensor) -> torch.Tensor:
    """(stems, sides, times, bins): what of a stem has the mix's phase."""
    mix = _spectrum(stems.sum(dim=0))
    found: torch.Tensor = (_spectrum(stems) * (mix / (mix.abs() + 1e-8)).conj()).real
    return found


def _waveform(stems: torch.Tensor) -> torch.Tensor:
    """(stems, sides, 1, frames)"""
    return stems[:, :, None]


def _spectrum(samples: torch.Tensor) -> torch.Tensor:
    """(…, times, bins)"""
    found = torch.stft(
        samples.flatten(0, -2), _WINDOW, _WINDOW // 4, window=torch.hann_window(_WINDOW),
        normalized=True, return_complex=True,
    )[:, : _WINDOW // 2]  # fmt: skip
    return found.transpose(1, 2).reshape(*samples.shape[:-1], -1, _WINDOW // 2)


def _rows(numbers: torch.Tensor) -> torch.Tensor:
    """(stems, kinds, times, places) to (times · groups of places, stems, kinds · places)."""
    stems, kinds, times, places = numbers.shape
    whole = numbers[..., : places // _TOGETHER * _TOGETHER]
    groups = whole.reshape(stems, kinds, times, -1, _TOGETHER).permute(2, 3, 0, 1, 4)
    return groups.reshape(-1, stems, kinds * _TOGETHER)


if __name__ == "__main__":
    main()
