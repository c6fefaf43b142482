"""Where sound goes: a device (`portaudio.py`), or a clock where there is none."""

from __future__ import annotations

from stemdesk.audio.null_output import NullOutput
from stemdesk.audio.output_values import Output, OutputInfo, OutputKind, Pull
from stemdesk.audio.portaudio import (
    SounddeviceOutput,
    describe,
    devices,
    is_stale,
    look_for_devices,
)
from stemdesk.core.errors import DeviceError

__all__ = [
    "NullOutput",
    "Output",
    "OutputInfo",
    "OutputKind",
    "Pull",
    "SounddeviceOutput",
    "describe",
    "devices",
    "open_output",
]


def open_output(samplerate: int, pull: Pull, device: str = "") -> Output:
    """The device of this name (the default one if "" or not there) for sound at `samplerate`
    hertz, or the clock; `info.reason` says why.

    Closes whatever PortAudio has open if the device refuses: only one output at a time.
    """
    try:
        if is_stale():
            look_for_devices()
        return SounddeviceOutput(samplerate, pull, device)
    except DeviceError:
        pass
    try:
        look_for_devices()
        return SounddeviceOutput(samplerate, pull, device)
    except DeviceError as error:
        return NullOutput(samplerate, pull, error.detail)
