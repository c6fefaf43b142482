"""MP3, AAC, ALAC and Opus through FFmpeg (PyAV).

FFmpeg's muxers signal the encoder's delay and padding: MP3's in the LAME tag, Opus' as pre-skip
and in the last granule, M4A's in an edit list. `bitexact` keeps the time of day and random
numbers out of the file. FFmpeg writes no tags here: it knows too few of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from stemdesk.audio.encode import Rounded
from stemdesk.audio.target import Target
from stemdesk.audio.writing.encoder import EncoderFailed

if TYPE_CHECKING:
    from av.audio import AudioFrame

_LAYOUTS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """`container`, `codec`, `sample`: FFmpeg's names; `sample`: fltp, flt, s16p or s32p.
    `bit_rate`: bits a second, 0 for none; `codec_options`, `options`: FFmpeg's, of the codec and
    the container. `gain`: linear, put to floats before they are encoded."""

    container: str
    codec: str
    sample: str = "fltp"
    bit_rate: int = 0
    codec_options: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    gain: float = 1.0


class FfmpegEncoder:
    """Writes as `recipe` says. `packets`: that were written; `frames_a_packet`: of the codec;
    `frames`: that were given."""

    def __init__(self, target: Target, recipe: Recipe, samplerate: int, channels: int) -> None:
        import av

        if channels not in _LAYOUTS:
            raise EncoderFailed(f"{channels} channels")
        self._recipe = recipe
        self._samplerate = samplerate
        self._layout = _LAYOUTS[channels]
        self.frames = 0
        self.packets = 0
        self.frames_a_packet = 0
        options = {"fflags": "+bitexact", **recipe.options}
        with translated():
            self._container = av.open(target, "w", format=recipe.container, options=options)
        try:
            with translated():
                stream: Any = self._container.add_stream(
                    recipe.codec, rate=samplerate, options=recipe.codec_options
                )
                self._stream = stream
                context = stream.codec_context
                context.layout = self._layout
                context.format = recipe.sample
                if recipe.bit_rate:
                    context.bit_rate = recipe.bit_rate
                self._container.start_encoding()
        except EncoderFailed:
            with contextlib.suppress(EncoderFailed), translated():  # the first is the one to tell
                self._container.close()
            raise

    def write(self, part: Rounded) -> None:
        if part.shape[1]:
            self._encode(self._frame(part))
            self.frames += part.shape[1]

    def finish(self) -> None:
        try:
            self._encode(None)
        finally:
            with translated():
                self._container.close()

    def _encode(self, frame: AudioFrame | None) -> None:
        with translated():
            for packet in self._stream.encode(frame):
                if not packet.duration:  # LAME's last one may hold nothing of the song, and
                    continue  # FFmpeg then tells too little padding: of this one alone
                self.packets += 1
                self.frames_a_packet = self.frames_a_packet or packet.duration
                self._container.mux(packet)

    def _frame(self, part: Rounded) -> AudioFrame:
        import av

        sample = self._recipe.sample
        samples: Rounded = part
        if sample == "s16p":
            samples = part.astype(np.int32, copy=False) >> 16
        kind = {"s16p": np.int16, "s32p": np.int32}.get(sample, np.float32)
        if self._recipe.gain != 1.0:
            samples = samples * np.float32(self._recipe.gain)
        if sample == "flt":
            samples = samples.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples, kind), format=sample, layout=self._layout
        )
        frame.sample_rate = self._samplerate
        frame.time_base = Fraction(1, self._samplerate)
        frame.pts = self.frames
        return frame


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """PyAV says ValueError for a codec or an option that this FFmpeg does not have."""
    import av

    try:
        yield
    except (av.FFmpegError, OSError, ValueError) as error:
        raise EncoderFailed(str(error)) from error
