"""NI Stems (`.stem.mp4`): the mix and four stems as five sound tracks of one MP4 file.

Only the first track is enabled, so that any player plays the mix; programs that know the format
find names and colours of the others as JSON in `moov/udta/stem`.
"""

from __future__ import annotations

import contextlib
import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from stemdesk.audio.encode import Rounded
from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.encoder import EncoderFailed
from stemdesk.audio.writing.ffmpeg import translated
from stemdesk.audio.writing.m4a import PRIMING, add_udta
from stemdesk.audio.writing.mp4_boxes import box, boxes
from stemdesk.audio.writing.mp4_tags import udta_box
from stemdesk.audio.writing.writer import FileWriter
from stemdesk.core.errors import ExportError
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.stem_colours import stem_colour

TRACKS = ("Master", "Drums", "Bass", "Other", "Vocals")
_BIT_RATE = 256_000
_PACKET = 1024  # frames, of AAC
_CHANNELS = 2

# What plays the file may compress and limit the sum of its stems: here nothing is to be done. The
# values are those that Native Instruments' own tool begins with.
_NO_MASTERING = {
    "compressor": {
        "enabled": False,
        "ratio": 3,
        "input_gain": 0.5,
        "output_gain": 0.5,
        "attack": 0.003,
        "release": 0.3,
        "threshold": 0,
        "hp_cutoff": 300,
        "dry_wet": 50,
    },
    "limiter": {"enabled": False, "release": 0.05, "threshold": 0, "ceiling": -0.35},
}


class StemMp4Writer:
    """Writes one file; a context manager. `samplerate`: hertz, one that AAC takes; `frames`: how
    many will be written at most.

    Raises `DiskFullError` and `ExportError` (FOLDER_NOT_WRITABLE, ENCODER_FAILED) from every
    method. What is at `path` is of no use then, and is removed at the end of the `with` block.
    """

    def __init__(
        self, path: Path, samplerate: int, frames: int, tags: FileTags = NO_FILE_TAGS
    ) -> None:
        if FileFormat(FileKind.AAC).samplerate(samplerate) != samplerate:
            raise ValueError(f"AAC has no {samplerate} Hz")
        self.path = path
        channels = len(TRACKS) * _CHANNELS
        bytes_a_frame = len(TRACKS) * _BIT_RATE / 8 / samplerate
        encoder = partial(_encoder, samplerate, tags)
        try:
            self._file = FileWriter(path, Target, encoder, channels, 32, frames, bytes_a_frame)
        except ExportError:
            self._remove()
            raise

    def write(self, block: Rounded) -> None:
        """Append float32 [5, 2, frames]: the mix, drums, bass, other, vocals. Any length."""
        if block.ndim != 3 or block.shape[:2] != (len(TRACKS), _CHANNELS):
            raise ValueError(f"{block.shape} is not [{len(TRACKS)}, {_CHANNELS}, frames]")
        self._file.write(block.reshape(-1, block.shape[2]))

    def close(self) -> None:
        """Finish the file and bring it to the disk. May be called again."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        done = False
        try:
            self._file.__exit__(kind, error, traceback)
            done = kind is None
        finally:
            if not done:
                self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink()


def _encoder(samplerate: int, tags: FileTags, target: Target) -> _Encoder:
    return _Encoder(target, samplerate, tags)


class _Encoder:
    """Five AAC encoders in step, and one container."""

    def __init__(self, target: Target, samplerate: int, tags: FileTags) -> None:
        import av
        from av.stream import Disposition

        self._target, self._samplerate, self._tags = target, samplerate, tags
        self._frames = 0
        self._decoded = 0  # frames in the packets of the mix
        options = {
            "fflags": "+bitexact",
            "movie_timescale": str(samplerate),  # milliseconds would cut or lengthen the song
            "brand": "M4A ",
        }
        with translated():
            self._container = av.open(target, "w", format="mp4", options=options)
        self._streams: list[Any] = []
        try:
            with translated():
                for name in TRACKS:
                    stream: Any = self._container.add_stream("aac", rate=samplerate)
                    stream.codec_context.layout = "stereo"
                    stream.codec_context.bit_rate = _BIT_RATE
                    # FFmpeg enables the default tracks of a file, and no others.
                    first = name == TRACKS[0]
                    stream.disposition = Disposition.default if first else Disposition(0)
                    stream.metadata["title"] = stream.metadata["handler_name"] = name
                    self._streams.append(stream)
                self._container.start_encoding()
        except EncoderFailed:
            with contextlib.suppress(EncoderFailed), translated():  # the first is the one to tell
                self._container.close()
            raise

    def write(self, part: Rounded) -> None:
        if not part.shape[1]:
            return
        tracks = part.reshape(len(TRACKS), _CHANNELS, -1)
        for index, track in enumerate(tracks):
            self._encode(index, track)
        self._frames += part.shape[1]

    def finish(self) -> None:
        try:
            for index in range(len(TRACKS)):
                self._encode(index, None)
        finally:
            with translated():
                self._container.close()
        if self._target.error is None:
            add_udta(self._target, _user_data(self._tags, self._decoded, self._frames))

    def _encode(self, index: int, track: Rounded | None) -> None:
        import av

        frame = None
        if track is not None:
            samples = np.ascontiguousarray(track, np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate = self._samplerate
            frame.time_base = Fraction(1, self._samplerate)
            frame.pts = self._frames
        with translated():
            for packet in self._streams[index].encode(frame):
                if index == 0:
                    self._decoded += _PACKET
                self._container.mux(packet)


def _user_data(tags: FileTags, decoded: int, frames: int) -> bytes:
    """The box `udta`: the song's tags, and the stems' names and colours."""
    known = udta_box(tags, (PRIMING, decoded - PRIMING - frames, frames))
    ((_, body),) = boxes(known)
    return box(b"udta", body, box(b"stem", stem_manifest()))


def stem_manifest() -> bytes:
    """The JSON that says what the tracks 2 to 5 are."""
    stems = [{"name": name, "color": stem_colour(name.lower()).upper()} for name in TRACKS[1:]]
    manifest = {"mastering_dsp": _NO_MASTERING, "version": 1, "stems": stems}
    return json.dumps(manifest).encode()
