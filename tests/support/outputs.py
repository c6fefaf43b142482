"""An audio output that a test drives by hand: sound is asked for when the test says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.output import OutputInfo, OutputKind, Pull
from stemdesk.core.errors import DeviceError, ErrorCode


class HandOutput:
    """`HandOutput.open` fits `Player(open_output=…)`; `take` is what the device would play."""

    def __init__(self) -> None:
        self.info = OutputInfo(OutputKind.SOUNDDEVICE, "by hand")
        self.alive = True
        self.rate = 0  # what it runs at, 0: at what it is asked for
        self.refuses = False
        self.underruns = 0
        self.running = False
        self.opened_at: list[int] = []
        self.devices: list[str] = []
        self.closed = 0
        self._pull: Pull | None = None

    def open(self, samplerate: int, pull: Pull, device: str = "") -> HandOutput:
        self.info = OutputInfo(OutputKind.SOUNDDEVICE, device or "by hand", samplerate=self.rate)
        self.opened_at.append(samplerate)
        self.devices.append(device)
        self._pull = pull
        self.alive = True
        return self

    def start(self) -> None:
        if self.refuses:
            raise DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, "refused by the test")
        self.running = True

    def stop(self) -> None:
        self.running = False

    def close(self) -> None:
        self.running = False
        self.closed += 1

    def take(self, frames: int) -> NDArray[np.float32]:
        """float32 [2, frames], as the device's callback would be handed them."""
        assert self._pull is not None, "nothing was played yet"
        out = np.full((frames, 2), np.nan, dtype=np.float32)
        self._pull(out)
        return out.T
