"""Sound devices, through PortAudio (sounddevice).

`sounddevice` is imported on first use: its import alone starts PortAudio, and raises `OSError`
where that library is missing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from stemdesk.audio.output_values import OutputInfo, OutputKind, Pull, Samples
from stemdesk.audio.sound_server import SinkWatch
from stemdesk.core.errors import DeviceError, ErrorCode

_RATES = (48_000, 44_100, 96_000, 88_200, 192_000, 176_400)
"""What devices run at, in hertz: tried in this order where one refuses the song's and its own."""

LATENCY_S = 0.1
"""A device is given at least so much ahead. What some drivers call their high latency (35 ms for
ALSA before PulseAudio or PipeWire) runs dry many times a minute while all cores are busy, for the
callback is Python; 100 ms held out. Less than the ring, so that changes are heard soon."""


class _PortAudio:
    """What this process knows of PortAudio. `lock` is held while it is asked or started anew:
    several threads do. `stale`: a device was lost, its list of devices is not the real one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.streams = 0
        self.stale = False


_portaudio = _PortAudio()


@dataclass(frozen=True, slots=True)
class _Device:
    """A device of PortAudio's. `index`: its number, None for the default. `samplerate`: its own.
    `latency_s`: how far ahead it likes to be given sound."""

    name: str
    index: int | None
    samplerate: int
    latency_s: float

    @classmethod
    def of(cls, said: Any, index: int | None) -> Self:
        """From what `query_devices` says of it."""
        rate = int(said.get("default_samplerate", 0)) or 48_000
        latency_s = max(LATENCY_S, float(said.get("default_high_output_latency", 0.0)))
        return cls(str(said["name"]), index, rate, latency_s)


class SounddeviceOutput:
    """Plays on a device through PortAudio, at the song's rate or, where it refuses that, at one of
    its own: `info.samplerate`.

    `device`: its name; the system's default where "" or not there (any more).
    Raises `DeviceError` (OUTPUT_UNAVAILABLE): no PortAudio, no device, or one that does not open.
    """

    SILENT_S = 3.0
    """A device that asks for nothing for so long has gone, whatever PortAudio says."""

    def __init__(
        self,
        samplerate: int,
        pull: Pull,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        sounddevice = _import_sounddevice()
        self._library = sounddevice
        self._pull = pull
        self._clock = clock
        self._asked = 0.0  # when it asked last
        self._underruns = 0
        self._started = self._lost = self._closed = False
        self._watch = SinkWatch()
        try:
            with _portaudio.lock:
                found = _find(sounddevice, device)
                self._stream, rate = self._open(samplerate, found)
                _portaudio.streams += 1
        except (sounddevice.PortAudioError, ValueError) as error:
            raise _unavailable(error) from error
        version = _version(sounddevice)
        self._info = OutputInfo(OutputKind.SOUNDDEVICE, found.name, version, samplerate=rate)

    def _open(self, samplerate: int, found: _Device) -> tuple[Any, int]:
        """The stream, and the first rate that the device takes: the song's, the device's own…"""
        refused: Exception | None = None
        for rate in dict.fromkeys((samplerate, found.samplerate, *_RATES)):
            try:
                stream = self._library.OutputStream(
                    samplerate=rate,
                    device=found.index,
                    channels=2,
                    dtype="float32",
                    latency=found.latency_s,
                    callback=self._callback,
                )
            except (self._library.PortAudioError, ValueError) as error:
                refused = refused or error
            else:
                return stream, rate
        raise refused or ValueError("no rate")

    def _callback(self, out: Samples, _frames: int, _time: object, status: Any) -> None:
        self._underruns += bool(status.output_underflow)
        self._asked = self._clock()
        self._pull(out)

    @property
    def info(self) -> OutputInfo:
        return self._info

    @property
    def alive(self) -> bool:
        try:
            silent = self._clock() - self._asked > self.SILENT_S
            gone = silent or self._watch.lost or not self._stream.active
            self._lost = self._started and gone
        except self._library.PortAudioError:
            self._lost = True
        return not self._lost

    @property
    def underruns(self) -> int:
        return self._underruns

    def start(self) -> None:
        if self._started:
            return
        self._asked = self._clock()
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            raise _unavailable(error) from error
        self._watch.start()
        self._started = True

    def stop(self) -> None:
        """Play what was handed over, then rest."""
        self._started = False
        self._watch.stop()
        self._stream.stop()  # ignores errors

    def close(self) -> None:
        self._started = False
        self._watch.stop()
        self._stream.close()  # ignores errors
        with _portaudio.lock:
            _portaudio.streams = max(0, _portaudio.streams - (not self._closed))
            _portaudio.stale |= self._lost
        self._closed = True


def look_for_devices(*, unless_used: bool = False) -> None:
    """PortAudio lists the devices once, when it starts: one that was plugged in later is found
    by starting it anew, which ends what plays; `unless_used`: not then."""
    sounddevice = _import_sounddevice()
    with _portaudio.lock:
        if unless_used and _portaudio.streams:
            return
        try:
            sounddevice._terminate()
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise _unavailable(error) from error
        _portaudio.stale = False


def devices() -> tuple[str, ...]:
    """The names of the devices that can play, those plugged in since the start too unless
    something plays; none without PortAudio. Never raises.

    Its first call starts PortAudio (tenths of a second): not for the window's thread.
    """
    try:
        sounddevice = _import_sounddevice()
        look_for_devices(unless_used=True)
        with _portaudio.lock:
            return tuple(dict.fromkeys(found.name for found in _all(sounddevice)))
    except DeviceError:
        return ()


def describe(device: str = "") -> OutputInfo:
    """What would play on the device of this name, for `doctor` and the status bar.

    Never raises; opens no stream. Its first call starts PortAudio (tenths of a second): not for
    the window's thread.
    """
    try:
        sounddevice = _import_sounddevice()
    except DeviceError as error:
        return OutputInfo(OutputKind.NULL, "no sound device", reason=error.detail)
    try:
        with _portaudio.lock:
            name = _find(sounddevice, device).name
            return OutputInfo(OutputKind.SOUNDDEVICE, name, _version(sounddevice))
    except (sounddevice.PortAudioError, ValueError) as error:
        reason = _unavailable(error).detail
        return OutputInfo(OutputKind.NULL, "no sound device", _version(sounddevice), reason)


def _find(sounddevice: Any, name: str) -> _Device:
    """The device of this name, else the default one. Raises PortAudio's errors."""
    if name:
        for found in _all(sounddevice):
            if found.name == name:
                return found
    default = sounddevice.query_devices(kind="output")
    return _Device.of(default, None)


def _all(sounddevice: Any) -> tuple[_Device, ...]:
    """The devices that can play, of the default one's host API where that is known: Windows
    lists each device once for every API."""
    try:
        listed = list(sounddevice.query_devices())
        default = sounddevice.query_devices(kind="output").get("hostapi")
    except (sounddevice.PortAudioError, ValueError):
        return ()
    return tuple(
        _Device.of(item, index)
        for index, item in enumerate(listed)
        if item["max_output_channels"] > 0 and default in {None, item["hostapi"]}
    )


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


def is_stale() -> bool:
    """Whether a device was lost, so that PortAudio's list of them is not the real one."""
    return _portaudio.stale
