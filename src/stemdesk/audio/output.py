"""Where sound goes: PortAudio (sounddevice), or a clock where there is no sound device.

`sounddevice` is imported on first use: its import alone starts PortAudio, and raises `OSError`
where that library is missing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stemdesk.core.errors import DeviceError, ErrorCode

Samples = NDArray[np.float32]

_starting = threading.Lock()
"""Held while PortAudio is asked or started anew: `describe` is called by another thread."""

Pull = Callable[[Samples], None]
"""Fills float32 [frames, 2] with the next sound; called from the output's own thread."""


class OutputKind(StrEnum):
    """Whether anything is heard."""

    SOUNDDEVICE = "sounddevice"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """What plays. `label`: the device's name. `library`: PortAudio's version, "" without it.
    `reason`: why there is no sound, "" otherwise."""

    kind: OutputKind
    label: str
    library: str = ""
    reason: str = ""


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


class SounddeviceOutput:
    """Plays on the system's default device through PortAudio.

    Raises `DeviceError` (OUTPUT_UNAVAILABLE): no PortAudio, no device, or not at this rate.
    """

    def __init__(self, samplerate: int, pull: Pull, device: str = "") -> None:
        sounddevice = _import_sounddevice()
        self._library = sounddevice
        self._pull = pull
        self._underruns = 0
        self._started = False
        try:
            self._info = _query(sounddevice)
            self._stream = sounddevice.OutputStream(
                samplerate=samplerate,
                channels=2,
                dtype="float32",
                latency="high",  # a callback in Python shares the processor with a separation
                callback=self._callback,
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise _unavailable(error) from error

    def _callback(self, out: Samples, _frames: int, _time: object, status: Any) -> None:
        self._underruns += bool(status.output_underflow)
        self._pull(out)

    @property
    def info(self) -> OutputInfo:
        return self._info

    @property
    def alive(self) -> bool:
        try:
            return not self._started or bool(self._stream.active)
        except self._library.PortAudioError:
            return False

    @property
    def underruns(self) -> int:
        return self._underruns

    def start(self) -> None:
        if self._started:
            return
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            raise _unavailable(error) from error
        self._started = True

    def stop(self) -> None:
        """Play what was handed over, then rest."""
        self._started = False
        self._stream.stop()  # ignores errors

    def close(self) -> None:
        self._started = False
        self._stream.close()  # ignores errors


class NullOutput:
    """Asks for sound at the pace of a clock and drops it: everything works, nothing is heard."""

    PERIOD_S = 0.01
    MAX_TICK_S = 0.05
    """A clock that jumped (suspend, a busy machine) does not drain the ring at once."""

    def __init__(
        self,
        samplerate: int,
        pull: Pull,
        reason: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._samplerate = samplerate
        self._pull = pull
        self._info = OutputInfo(OutputKind.NULL, "no sound device", reason=reason)
        self._clock = clock
        self._last = clock()
        self._owed = 0.0  # frames, with their fraction
        self._buffer = np.zeros((int(samplerate * self.MAX_TICK_S) + 1, 2), dtype=np.float32)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def info(self) -> OutputInfo:
        return self._info

    @property
    def alive(self) -> bool:
        return True

    @property
    def underruns(self) -> int:
        return 0

    def start(self) -> None:
        if self._thread is None:
            self._last = self._clock()
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="null-output", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(self.PERIOD_S):
            self.tick()

    def tick(self) -> None:
        """Take the frames that are due since the last tick."""
        now = self._clock()
        self._owed += min(now - self._last, self.MAX_TICK_S) * self._samplerate
        self._last = now
        frames = int(self._owed)
        self._owed -= frames
        if frames:
            self._pull(self._buffer[:frames])

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        self.stop()


def devices() -> tuple[str, ...]:
    """The names of the devices that can play; none without PortAudio. Never raises.

    Its first call starts PortAudio (tenths of a second): not for the window's thread.
    """
    return ()


def open_output(samplerate: int, pull: Pull, device: str = "") -> Output:
    """The default sound device at `samplerate` hertz, or the clock; `info.reason` says why.

    Closes whatever PortAudio has open if the device refuses: only one output at a time.
    """
    try:
        return SounddeviceOutput(samplerate, pull, device)
    except DeviceError:
        pass
    try:
        _look_for_devices()
        return SounddeviceOutput(samplerate, pull, device)
    except DeviceError as error:
        return NullOutput(samplerate, pull, error.detail)


def _look_for_devices() -> None:
    """PortAudio lists the devices once, when it starts: one that was plugged in later is found
    by starting it anew."""
    sounddevice = _import_sounddevice()
    with _starting:
        try:
            sounddevice._terminate()
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise _unavailable(error) from error


def describe() -> OutputInfo:
    """What would play, for `doctor` and the status bar. Never raises; opens no stream.

    Its first call starts PortAudio (tenths of a second): not for the window's thread.
    """
    try:
        sounddevice = _import_sounddevice()
    except DeviceError as error:
        return OutputInfo(OutputKind.NULL, "no sound device", reason=error.detail)
    try:
        with _starting:
            return _query(sounddevice)
    except (sounddevice.PortAudioError, ValueError) as error:
        reason = _unavailable(error).detail
        return OutputInfo(OutputKind.NULL, "no sound device", _version(sounddevice), reason)


def _query(sounddevice: Any) -> OutputInfo:
    name = str(sounddevice.query_devices(kind="output")["name"])
    return OutputInfo(OutputKind.SOUNDDEVICE, name, _version(sounddevice))


def _version(sounddevice: Any) -> str:
    """Such as "PortAudio V19.6.0-devel", without the revision."""
    return str(sounddevice.get_portaudio_version()[1]).split(",")[0]


def _import_sounddevice() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # the package, or the library PortAudio
        detail = f"no PortAudio: {error}"
        raise DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, detail) from error
    return sounddevice


def _unavailable(error: Exception) -> DeviceError:
    return DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, f"no device: {error}", retryable=True)
