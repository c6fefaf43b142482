"""Writes a file with an export's writer, and reads it back through decoders that are not ours."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stemdesk.audio.encode import Rounded, rounded
from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.writing.writer import open_writer
from stemdesk.core.file_format import BITS, FileFormat, FileKind
from support.media import Samples

LOSSLESS_FORMATS = [FileFormat(kind, bits) for kind, held in BITS.items() for bits in held]
LOSSY_FORMATS = [
    FileFormat(FileKind.MP3, kbps=128),
    FileFormat(FileKind.MP3, kbps=320),
    FileFormat(FileKind.MP3, quality=0),
    FileFormat(FileKind.MP3, quality=9),
    FileFormat(FileKind.AAC, kbps=128),
    FileFormat(FileKind.AAC, kbps=320),
    FileFormat(FileKind.VORBIS, quality=3),
    FileFormat(FileKind.VORBIS),
    FileFormat(FileKind.OPUS, kbps=96),
    FileFormat(FileKind.OPUS),
]
FORMATS = LOSSLESS_FORMATS + LOSSY_FORMATS


def format_id(file_format: FileFormat) -> str:
    """A short name for a test."""
    chosen = (file_format.bits, file_format.kbps, file_format.quality)
    return "-".join([file_format.kind.value, *(str(one) for one in chosen if one)])


def one_of_each_kind() -> list[FileFormat]:
    """A format of every kind."""
    return list({one.kind: one for one in FORMATS}.values())


def write(
    path: Path,
    file_format: FileFormat,
    samples: Samples,
    samplerate: int,
    tags: FileTags = NO_FILE_TAGS,
    *,
    bpm: float | None = None,
    block: int = 5000,
) -> Rounded:
    """Write float32 [2, frames] in blocks; returns what the file was given."""
    given = rounded(samples, file_format.bits or 32)
    frames = given.shape[1]
    with open_writer(path, file_format, samplerate, given.shape[0], frames, tags, bpm) as writer:
        for start in range(0, frames, block):
            writer.write(given[:, start : start + block])
    return given


def by_libsndfile(path: Path, dtype: str = "float32") -> Rounded:
    """WAV, FLAC, AIFF, MP3 (mpg123), Vorbis (libvorbis), Opus (libopus)."""
    samples, _ = soundfile.read(path, dtype=dtype, always_2d=True)
    return np.ascontiguousarray(samples.T)


def by_ffmpeg_library(path: Path) -> Rounded:
    """PyAV, with nothing of `audio.decode`. Integers come as they are, in the upper bits of int32;
    M4A is cut to its edit list's length, which FFmpeg leaves to its callers."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
        planar = stream.codec_context.format.is_planar
        length = stream.duration if path.suffix == ".m4a" else None
    joined = np.concatenate(frames, axis=1)
    if not planar:
        joined = joined.reshape(-1, 2).T
    if joined.dtype == np.int16:
        joined = joined.astype(np.int32) << 16
    return np.ascontiguousarray(joined[:, :length])


def by_ffmpeg_program(path: Path, *, floats: bool) -> Rounded:
    """The `ffmpeg` command, an older FFmpeg than PyAV's; skips the test where there is none."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("no ffmpeg command")
    kind = "f32le" if floats else "s32le"
    command = [program, "-v", "error", "-i", str(path), "-map", "0:a", "-f", kind, "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.ascontiguousarray(np.frombuffer(raw, "<f4" if floats else "<i4").reshape(-1, 2).T)


def picture(codec: str, width: int = 64, height: int = 48) -> bytes:
    """A small picture file; `codec`: mjpeg or png."""
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = width, height
    context.pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24"}[codec]
    context.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=context.pix_fmt)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in context.encode(frame) + context.encode(None))
