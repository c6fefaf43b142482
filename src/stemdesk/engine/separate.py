"""Runs a plan: reads segments of the mix, runs the networks on them, writes the passes.

The result equals `demucs.apply.apply_model(model, mix, shifts=0, split=True)` on the normalised
mix, for every length of song (stock raises or gives NaN for some).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from stemdesk.audio.store import CHANNELS, Piece, Samples
from stemdesk.core.errors import DeviceError, ErrorCode, ModelError
from stemdesk.core.progress import CancelToken
from stemdesk.engine.devices import translate
from stemdesk.engine.load import load_model
from stemdesk.engine.plan import Pass, Plan
from stemdesk.models.arguments import segment_frames
from stemdesk.models.library import ModelFile, ModelInfo


class PassAudio(Protocol):
    """What a separation reads and writes (`stemdesk.audio.store.JobAudio`)."""

    def read_mix(self, start: int, frames: int) -> Samples: ...
    def has_pass(self, piece: Piece) -> bool: ...
    def write_pass(self, piece: Piece, samples: Samples) -> None: ...


_Key = tuple[Path, int, int, Fraction]


class Separator:
    """Keeps the networks of the last model loaded, for the next song.

    Belongs to the one thread that may touch torch. `device`: a name from `devices.probe`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._modules: dict[_Key, nn.Module] = {}

    def run(
        self,
        model: ModelInfo,
        plan: Plan,
        audio: PassAudio,
        mean: float,
        deviation: float,
        report: Callable[[int, int], None],
        cancel: CancelToken,
    ) -> None:
        """Do every pass of `plan` that `audio` has not yet, in the plan's order.

        The networks hear `(mix - mean) / deviation`. `report(done, total)` after each pass.
        `cancel` is checked between the layers of a network, pauses between passes.
        Raises `ModelError`, `DeviceError` (DEVICE_OUT_OF_MEMORY, DEVICE_UNAVAILABLE),
        `DiskFullError`, `ExportError`, `Cancelled`, `Paused`.
        """
        keys = [_key(file, model.segment_of(index)) for index, file in enumerate(model.files)]
        self._forget_all_but(keys)
        total = len(plan.passes)
        todo = [one for one in plan.passes if not audio.has_pass(one.piece)]
        for done, one in enumerate(todo, start=total - len(todo) + 1):
            cancel.check_pause()
            file = model.files[one.model]
            module = self._module(keys[one.model], file)
            samples = self._separate(module, file, plan, one, audio, (mean, deviation), cancel)
            audio.write_pass(one.piece, samples)
            report(done, total)

    def close(self) -> None:
        """Free all networks."""
        self._forget_all_but([])

    def _module(self, key: _Key, file: ModelFile) -> nn.Module:
        if key not in self._modules:
            self._modules[key] = load_model(file, self.device, key[-1])
        return self._modules[key]

    def _forget_all_but(self, keys: list[_Key]) -> None:
        kept = {key: module for key, module in self._modules.items() if key in keys}
        forgotten = len(kept) < len(self._modules)
        self._modules = kept
        if forgotten:
            self._free_unused()

    def _free_unused(self) -> None:
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()
        elif self.device == "mps":
            torch.mps.empty_cache()

    @torch.inference_mode()
    def _separate(
        self,
        module: nn.Module,
        file: ModelFile,
        plan: Plan,
        one: Pass,
        audio: PassAudio,
        normalisation: tuple[float, float],
        cancel: CancelToken,
    ) -> Samples:
        """One pass: float32 [stems, channels, frames], weighted, on the scale of the mix."""
        frames = one.piece.frames
        heard = heard_frames(module, frames)
        before = (heard - frames) // 2
        mix = _read_window(audio, plan.frames, one.piece.start - before, heard, normalisation)
        rows = [file.sources.index(stem) for stem in one.piece.stems]
        scale = plan.stem_shares(one)[:, None, None] * plan.weights(one)
        mean, deviation = normalisation
        try:
            with _cancellable(module, cancel):
                output = module(mix.to(self.device))
            stems = output[0, rows, :, before : before + frames]  # a copy of the wanted stems
            stems.mul_(deviation).add_(mean)
            stems.mul_(torch.from_numpy(scale).to(self.device))
            finite = bool(torch.isfinite(stems).all())
            samples: Samples = stems.cpu().numpy()
        except _TORCH_ERRORS as error:
            failure = translate(error, self.device)
            failure.path = None if isinstance(failure, DeviceError) else file.path
            self._free_unused()
            raise failure from error
        if not finite:
            detail = f"its output in pass {one.piece.name} is not finite"
            raise ModelError(ErrorCode.MODEL_CORRUPT, detail, path=file.path)
        return samples


_TORCH_ERRORS = (RuntimeError, AssertionError, ValueError, IndexError, TypeError, MemoryError)


def heard_frames(module: nn.Module, frames: int) -> int:
    """How many frames a network must be given for a segment of `frames`.

    An HTDemucs always gets the length it was trained on; the rest is real context on both sides,
    as in `demucs.apply`. Others run on what is left of the song. Where that is shorter than an
    eighth of the STFT window (for networks without a time branch: the half that the STFT
    mirrors), stock may raise: they get so much context, too.
    """
    settings: Any = module
    window: int = settings.nfft
    if getattr(module, "use_train_segment", False):
        return segment_frames(settings.segment, settings.samplerate)
    if getattr(module, "hybrid", True):
        return max(frames, window // 8)
    return max(frames, window // 2 + 1)


def _read_window(
    audio: PassAudio, song_frames: int, start: int, frames: int, normalisation: tuple[float, float]
) -> torch.Tensor:
    """The normalised mix, float32 [1, channels, frames] from frame `start`; 0 outside the song."""
    mean, deviation = normalisation
    window = torch.zeros(1, CHANNELS, frames)
    first, last = max(start, 0), min(start + frames, song_frames)
    mix = torch.from_numpy(audio.read_mix(first, last - first))
    torch.sub(mix, mean, out=window[0, :, first - start : last - start])
    return window.div_(deviation)


@contextmanager
def _cancellable(module: nn.Module, cancel: CancelToken) -> Iterator[None]:
    """Check `cancel` before each layer of a network, while it runs inside this block."""

    def check(*_: object) -> None:
        cancel.check()

    handles = [layer.register_forward_pre_hook(check) for layer in module.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _key(file: ModelFile, segment: Fraction) -> _Key:
    """Names a loaded network: the same file, unchanged, with the same segment."""
    try:
        facts = file.path.stat()
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_MISSING, str(error), path=file.path) from error
    return file.path, facts.st_size, facts.st_mtime_ns, segment
