"""Opens what plays: the clock, and the sound device where there is one."""

from __future__ import annotations

import importlib
import threading
import time

from stemdesk.audio.null_output import NullOutput
from stemdesk.audio.output_values import Output, OutputKind, Samples
from stemdesk.audio.portaudio import SounddeviceOutput, describe
from stemdesk.core.errors import DeviceError
from stemdesk.selftest.report import TroubleError

_RATE = 48_000
_FRAMES = 4_800  # a tenth of a second
_WAIT_S = 10.0


def check_clock() -> str:
    """Raises `TroubleError` if it does not ask for sound."""
    asked = _Silence()
    seconds = asked.run(NullOutput(_RATE, asked))
    return f"asked for {asked.frames} frames in {seconds:.2f} s"


def check_device() -> str:
    """Plays silence. No device is no failure: a machine may have none. Raises `TroubleError`,
    `DeviceError`."""
    found = describe()
    if not found.library:
        raise TroubleError(f"PortAudio does not load ({found.reason})")
    _be_called()
    if found.kind is OutputKind.NULL:
        return f"no sound device here; {found.library}"
    asked = _Silence()
    try:
        output = SounddeviceOutput(_RATE, asked)
    except DeviceError as error:  # listed, but used by another program, or not plugged in
        return f"{found.label} cannot be opened now ({error.detail}); {found.library}"
    asked.run(output)
    return f"{found.label} at {output.info.samplerate} Hz; {found.library}"


def _be_called() -> None:
    """PortAudio asks for sound by a function that is made when a stream is opened, in memory that
    becomes code. A hardened system may forbid that, which is to be seen without a device, too.
    Raises `TroubleError`."""
    library = importlib.import_module("_cffi_backend")  # what sounddevice calls PortAudio by
    try:
        answer = library.FFI().callback("int(int)", abs)(-42)
    except MemoryError as error:
        raise TroubleError(f"PortAudio may not call StemDesk here ({error})") from error
    if answer != 42:
        raise TroubleError(f"a function that was called says {answer}")


class _Silence:
    """Gives silence to an output and counts the frames."""

    def __init__(self) -> None:
        self.frames = 0
        self._enough = threading.Event()

    def __call__(self, out: Samples) -> None:
        out[:] = 0
        self.frames += len(out)
        if self.frames >= _FRAMES:
            self._enough.set()

    def run(self, output: Output) -> float:
        """Let it play for a moment; returns the seconds. Raises `TroubleError`, `DeviceError`."""
        began = time.monotonic()
        try:
            output.start()
            played = self._enough.wait(_WAIT_S)
            output.stop()
        finally:
            output.close()
        if not played:
            raise TroubleError(f"asked for {self.frames} frames in {_WAIT_S:.0f} s")
        return time.monotonic() - began
