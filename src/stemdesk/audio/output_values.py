"""What an output is: something that asks for sound at its own pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

Pull = Callable[[Samples], None]
"""Fills float32 [frames, 2] with the next sound; called from the output's own thread."""


class OutputKind(StrEnum):
    """Whether anything is heard."""

    SOUNDDEVICE = "sounddevice"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """What plays. `label`: the device's name. `library`: PortAudio's version, "" without it.
    `reason`: why there is no sound, "" otherwise. `samplerate`: what it runs at, in hertz; 0: at
    what it was asked for."""

    kind: OutputKind
    label: str
    library: str = ""
    reason: str = ""
    samplerate: int = 0


class Output(Protocol):
    """Asks for sound at its own pace between `start` and `stop`. None of this raises, but
    `start`: `DeviceError` when the device has gone."""

    @property
    def info(self) -> OutputInfo: ...
    @property
    def alive(self) -> bool:
        """False once a started output has stopped by itself (unplugged)."""
        ...

    @property
    def underruns(self) -> int:
        """How often the device itself ran dry."""
        ...

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...
