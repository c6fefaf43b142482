"""A loaded sub-model together with the code that runs it: our own forward pass, or demucs'."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import torch
from torch import nn

from stemdesk.engine.htdemucs import FastHTDemucs, supports
from stemdesk.engine.load import load_model
from stemdesk.engine.setup import Implementation
from stemdesk.log import log
from stemdesk.models.arguments import HTDEMUCS, segment_frames
from stemdesk.models.library import ModelFile

_DTYPE = {Implementation.FAST: torch.float32, Implementation.FAST_HALF: torch.float16}


class Network:
    """One sub-model on a device. Belongs to the thread that touches torch."""

    def __init__(
        self, file: ModelFile, segment: Fraction, device: str, how: Implementation
    ) -> None:
        """Load `file` with passes of `segment` seconds. Where our forward cannot run the network,
        demucs' does. Raises what `load_model` raises."""
        self.file = file
        self.device = device
        module = load_model(file, device, segment)
        self._frames = segment_frames(segment, file.samplerate)
        self._trained_length = bool(getattr(module, "use_train_segment", False))
        self._fewest = _fewest_frames(module)
        self.how = how if how is Implementation.STOCK or self._can_be_fast(module) else _STOCK
        self._run: Callable[[torch.Tensor, Callable[[], None]], torch.Tensor]
        if self.how is _STOCK:
            self._run = _Stock(module)
        else:
            self._run = FastHTDemucs(module, self._frames, _DTYPE[self.how])

    def heard_frames(self, frames: int) -> int:
        """How many frames the network must be given for a segment of `frames`.

        An HTDemucs always gets the length it was trained on; the rest is real context on both
        sides, as in `demucs.apply`. Others run on what is left of the song. Where that is shorter
        than an eighth of the STFT window (for networks without a time branch: the half that the
        STFT mirrors), stock may raise: they get so much context, too.
        """
        return self._frames if self._trained_length else max(frames, self._fewest)

    def __call__(self, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        """float32 [batch, channels, heard frames] -> [batch, sources, channels, heard frames].

        `check` is called between the layers; what it raises ends the call.
        """
        return self._run(mix, check)

    def _can_be_fast(self, module: nn.Module) -> bool:
        if self.file.klass != HTDEMUCS:
            return False
        why = supports(module) if self._trained_length else "it hears segments of any length"
        if why is not None:
            log.info("%s runs on demucs' own forward: %s", self.file.path.name, why)
        return why is None


_STOCK = Implementation.STOCK


class _Stock:
    """Demucs' own forward."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        with _checked(self._module, check):
            output: torch.Tensor = self._module(mix)
        return output


@contextmanager
def _checked(module: nn.Module, check: Callable[[], None]) -> Iterator[None]:
    """Call `check` before each layer of a network that runs inside this block."""

    def before(*_: object) -> None:
        check()

    handles = [layer.register_forward_pre_hook(before) for layer in module.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _fewest_frames(module: nn.Module) -> int:
    settings: Any = module
    window: int = settings.nfft
    return window // 8 if getattr(module, "hybrid", True) else window // 2 + 1
