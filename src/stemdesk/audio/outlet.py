"""The output that is open, if one is: opened when something is played, rested when nothing is."""

from __future__ import annotations

from collections.abc import Callable

from stemdesk.audio.output import Output, OutputInfo, OutputKind, Pull
from stemdesk.core.errors import DeviceError, ErrorCode

OpenOutput = Callable[[int, Pull, str], Output]
"""Opens what plays: a samplerate in hertz, where sound comes from, a device's name ("": any)."""


class Outlet:
    """One output at a time. One thread calls; others may read the properties."""

    def __init__(self, open_output: OpenOutput, pull: Pull) -> None:
        self._open_output = open_output
        self._pull = pull
        self._output: Output | None = None
        self._asked = 0  # hertz that the output was asked for
        self._running = False
        self._underruns_before = 0  # of outputs that were given up

    @property
    def info(self) -> OutputInfo | None:
        """What is open."""
        output = self._output
        return None if output is None else output.info

    @property
    def underruns(self) -> int:
        """How often the devices themselves ran dry."""
        output = self._output
        return self._underruns_before + (0 if output is None else output.underruns)

    @property
    def running(self) -> bool:
        """Whether it asks for sound."""
        return self._running

    def open(self, samplerate: int, device: str) -> int | None:
        """Have an output for a song of `samplerate` hertz. Returns the rate it runs at if it was
        opened anew, None if it was open. Raises what the opener raises."""
        info = self.info
        if info is not None and (info.kind is OutputKind.NULL or samplerate != self._asked):
            self.close()  # there may be a sound device by now
        if self._output is not None:
            return None
        self._output = self._open_output(samplerate, self._pull, device)
        self._asked = samplerate
        return self._output.info.samplerate or samplerate

    def start(self) -> None:
        """Raises `DeviceError` when the device has gone."""
        if self._output is not None:
            self._output.start()
            self._running = True

    def check(self) -> None:
        """Raises `DeviceError` once the output has stopped by itself."""
        if self._output is not None and not self._output.alive:
            detail = "the device stopped"
            raise DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, detail, retryable=True)

    def rest(self) -> None:
        if self._running and self._output is not None:
            self._output.stop()
        self._running = False

    def close(self) -> None:
        output, self._output, self._running = self._output, None, False
        if output is not None:
            output.close()
            self._underruns_before += output.underruns
