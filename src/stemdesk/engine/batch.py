"""Several segments in one call of a network: their windows of the mix in, their stems out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from stemdesk.audio.store import CHANNELS, Samples
from stemdesk.core.errors import DeviceError, ErrorCode, ModelError
from stemdesk.engine.devices import translate
from stemdesk.engine.network import Network
from stemdesk.engine.plan import Outline, Pass

MOST = 16  # larger batches gain nothing
_AUDIBLE = 1e-2  # deviation of a normalised window
_SHARE = 0.7  # of the free memory; the rest is for fragmentation and other programs
_TORCH_ERRORS = (RuntimeError, AssertionError, ValueError, IndexError, TypeError, MemoryError)


@dataclass(slots=True)
class BatchSize:
    """How many segments go into one call: one, until it is known what one takes."""

    most: int = 1
    known: bool = False

    def measured(self, one_bytes: int, free_bytes: int) -> None:
        """One segment took `one_bytes` beside the weights; `free_bytes` are left beside that."""
        fits = 1 + int(_SHARE * free_bytes / max(1, one_bytes))
        self.most, self.known = min(MOST, fits), True

    def reduce(self) -> bool:
        """Half as many from now on. False if it is one already."""
        self.known = True
        if self.most == 1:
            return False
        self.most //= 2
        return True


@dataclass(frozen=True, slots=True)
class Mix:
    """The song, as far as it is known: `frames`. `read(start, frames)`: float32
    [channels, frames]. The networks hear `(mix - mean) / deviation`."""

    read: Callable[[int, int], Samples]
    frames: int
    mean: float
    deviation: float


class InFlight:
    """Passes that were given to the device, whose results may still be on their way."""

    def __init__(
        self,
        network: Network,
        outline: Outline,
        passes: Sequence[Pass],
        song: Mix,
        device: str,
        check: Callable[[], None],
    ) -> None:
        """Start the passes: all of them are `network`'s, and equally long. Raises `DeviceError`,
        `ModelError`, and what `check` raises."""
        self.network = network
        self.passes = tuple(passes)
        self._outline = outline
        self._song = song
        self._device = device
        parts = [_Part(network, outline, one) for one in passes]
        self.mix = torch.stack([_window(song, part) for part in parts])
        with _translated(network, device), torch.inference_mode():
            self.output = network(self.mix.to(device, non_blocking=True), check)
            self._waits = [
                _on_its_way(part.own(output))
                for output, part in zip(self.output, parts, strict=True)
            ]

    def results(self) -> list[Samples]:
        """Each pass's float32 [stems, channels, frames], weighted, on the scale of the mix.

        Waits for the device. Raises `DeviceError` and `ModelError` (MODEL_CORRUPT).
        """
        found = []
        for one, wait in zip(self.passes, self._waits, strict=True):
            with _translated(self.network, self._device):
                samples: Samples = wait()
            if not np.isfinite(samples).all():
                detail = f"its output in pass {one.piece.name} is not finite"
                path = self.network.file.path
                raise ModelError(ErrorCode.MODEL_CORRUPT, detail, path=path)
            samples *= np.float32(self._song.deviation)
            samples += np.float32(self._song.mean)
            samples *= self._outline.weights(one)
            found.append(samples)
        return found

    def is_silent(self) -> bool:
        """Whether the first window is too quiet for a comparison."""
        return float(self.mix[0].std()) < _AUDIBLE

    def error_against(self, other: Network, check: Callable[[], None]) -> float:
        """Relative L2 difference between what `other`, on any device, makes of the first window
        and what this network made of it, over all sources. Raises `DeviceError`, and what `check`
        raises."""
        with _translated(other, other.device), torch.inference_mode():
            # On the processor: Apple's GPUs have no double precision.
            expected = other(self.mix[:1].to(other.device), check).cpu().double()
            return float((self.output[:1].cpu().double() - expected).norm() / expected.norm())


class _Part:
    """One pass's place: the network hears `heard` frames of the song from frame `start` on; the
    pass's own are `begin` to `end` of what it gives."""

    def __init__(self, network: Network, outline: Outline, one: Pass) -> None:
        grid = outline.grids[one.grid]
        stop = one.piece.start + one.piece.frames
        begin = grid.start(one.segment)
        self.heard = network.heard_frames(stop - begin)
        self.start = begin - (self.heard - (stop - begin)) // 2
        self.begin = one.piece.start - self.start
        self.end = self.begin + one.piece.frames
        self._rows = [network.file.sources.index(stem) for stem in one.piece.stems]

    def own(self, output: torch.Tensor) -> torch.Tensor:
        """[stems, channels, frames] of the network's [sources, channels, heard frames]: a copy,
        made without a list as an index, for which CUDA would wait until all is computed."""
        return torch.stack([output[row, :, self.begin : self.end] for row in self._rows])


def _window(song: Mix, part: _Part) -> torch.Tensor:
    """The normalised mix that a network hears, float32 [channels, heard frames]; 0 outside of
    the song."""
    window = torch.zeros(CHANNELS, part.heard)
    first, last = max(part.start, 0), min(part.start + part.heard, song.frames)
    place = window[:, first - part.start : last - part.start]
    torch.sub(torch.from_numpy(song.read(first, last - first)), song.mean, out=place)
    place.div_(song.deviation)
    return window


def _on_its_way(stems: torch.Tensor) -> Callable[[], Samples]:
    """Begin to bring a result to the processor's memory; the function waits for it. On CUDA the
    device goes on with the next pass meanwhile."""
    if stems.device.type != "cuda":
        samples: Samples = stems.cpu().numpy()
        return lambda: samples
    host = torch.empty(stems.shape, dtype=stems.dtype, pin_memory=True)
    host.copy_(stems, non_blocking=True)
    there = torch.cuda.Event()  # type: ignore[no-untyped-call] # torch
    there.record()

    def wait() -> Samples:
        there.synchronize()
        arrived: Samples = host.numpy()
        return arrived

    return wait


@contextmanager
def _translated(network: Network, device: str) -> Iterator[None]:
    try:
        yield
    except _TORCH_ERRORS as error:
        failure = translate(error, device)
        failure.path = None if isinstance(failure, DeviceError) else network.file.path
        raise failure from error
