"""Opens a writer for one file of an export: any format, tags, cover, exactly the frames given."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from stemdesk.audio.encode import Rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target, TargetWriter
from stemdesk.audio.writing.aiff import AiffEncoder
from stemdesk.audio.writing.encoder import Encoder, EncoderFailed
from stemdesk.audio.writing.ffmpeg import FfmpegEncoder, Recipe
from stemdesk.audio.writing.flac_tags import FlacTarget
from stemdesk.audio.writing.m4a import M4aEncoder
from stemdesk.audio.writing.mp3 import mp3_encoder
from stemdesk.audio.writing.ogg_tags import OggTarget
from stemdesk.audio.writing.sndfile import DEFAULT_VORBIS, SndfileEncoder
from stemdesk.audio.writing.wav import WavEncoder
from stemdesk.core.errors import ErrorCode, ExportError, write_error
from stemdesk.core.file_format import KBPS, FileFormat, FileKind

_BLOCK = 65536  # frames given to an encoder at a time
_AIFF_BYTES = (1 << 32) - (1 << 26)  # its sizes are 32 bits wide; the rest is for the largest cover

_OPUS_A_CHANNEL = 256_000  # bits a second, at most


class Writer(Protocol):
    """One file. Use as a context manager; every method raises what `open_writer` does, and the
    file is then of no use."""

    @property
    def path(self) -> Path: ...

    def write(self, block: Rounded) -> None:
        """Append [channels, frames], of any length: int32 with 16 or 24 bits in its upper ones,
        float32 for 32 bits and for lossy formats (`audio.encode.rounded`)."""

    def close(self) -> None:
        """Finish the file and bring it to the disk. May be called again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def too_large(file_format: FileFormat, frames: int, channels: int) -> bool:
    """Whether the format has no room for so many frames: AIFF from 4 GiB on."""
    size = frames * channels * (file_format.bits // 8)
    return file_format.kind is FileKind.AIFF and size > _AIFF_BYTES


def open_writer(
    path: Path,
    file_format: FileFormat,
    samplerate: int,
    channels: int,
    frames: int,
    tags: FileTags,
    bpm: float | None = None,
) -> Writer:
    """A writer into `path`, which is made or emptied.

    `file_format`: with its bits chosen, for lossless kinds. `samplerate`: hertz, one that the kind
    takes. `frames`: how many will be written at most. `bpm`: beats a minute, where known: in the
    tags, and for DAWs in a WAV.

    Raises `DiskFullError` and `ExportError` (FOLDER_NOT_WRITABLE, ENCODER_FAILED, FILE_TOO_LARGE).
    """
    if file_format.lossless and not file_format.bits:
        raise ValueError("the format's bits are not chosen")
    if too_large(file_format, frames, channels):
        raise ExportError(ErrorCode.FILE_TOO_LARGE, path=path)
    if bpm and not tags.get("bpm"):
        tags = tags.with_text("bpm", str(round(bpm)))
    bits = file_format.bits
    form = (samplerate, channels)
    target: Callable[[BinaryIO], Target] = Target
    encoder: Callable[[Target], Encoder]
    match file_format.kind:
        case FileKind.WAV:
            encoder = partial(_wav, bits, form, frames, tags, bpm)
        case FileKind.AIFF:
            encoder = partial(_aiff, bits, form, tags)
        case FileKind.FLAC:
            target = partial(FlacTarget, tags=tags)
            encoder = partial(_sndfile, "FLAC", f"PCM_{bits}", form, None)
        case FileKind.VORBIS:
            target = partial(OggTarget, tags=tags)
            quality = DEFAULT_VORBIS if file_format.quality is None else file_format.quality
            encoder = partial(_sndfile, "OGG", "VORBIS", form, quality)
        case FileKind.OPUS:
            target = partial(OggTarget, tags=tags)
            encoder = partial(_opus, form, file_format.kbps)
        case FileKind.MP3:
            encoder = partial(_mp3, form, file_format, tags)
        case FileKind.AAC | FileKind.ALAC:
            encoder = partial(_m4a, form, file_format, tags)
    bytes_a_frame = _bytes_a_frame(file_format, samplerate, channels)
    return FileWriter(path, target, encoder, channels, bits or 32, frames, bytes_a_frame)


def _wav(
    bits: int,
    form: tuple[int, int],
    frames: int,
    tags: FileTags,
    bpm: float | None,
    target: Target,
) -> Encoder:
    return WavEncoder(target, bits, *form, frames, tags, bpm)


def _aiff(bits: int, form: tuple[int, int], tags: FileTags, target: Target) -> Encoder:
    return AiffEncoder(target, bits, *form, tags)


def _sndfile(
    container: str, subtype: str, form: tuple[int, int], quality: int | None, target: Target
) -> Encoder:
    return SndfileEncoder(target, container, subtype, *form, quality)


def _opus(form: tuple[int, int], kbps: int | None, target: Target) -> Encoder:
    bit_rate = min((kbps or KBPS[FileKind.OPUS][-1]) * 1000, _OPUS_A_CHANNEL * form[1])
    return FfmpegEncoder(target, Recipe("opus", "libopus", "flt", bit_rate), *form)


def _mp3(form: tuple[int, int], file_format: FileFormat, tags: FileTags, target: Target) -> Encoder:
    return mp3_encoder(target, *form, file_format.kbps, file_format.quality, tags)


def _m4a(form: tuple[int, int], file_format: FileFormat, tags: FileTags, target: Target) -> Encoder:
    return M4aEncoder(target, *form, file_format.bits, file_format.kbps, tags)


def _bytes_a_frame(file_format: FileFormat, samplerate: int, channels: int) -> float:
    """At most, roughly: to say how much room is missing."""
    if file_format.lossless:
        return channels * file_format.bits / 8
    most = KBPS.get(file_format.kind, (500,))[-1]
    return (file_format.kbps or most) * 125 / samplerate


class FileWriter(TargetWriter):
    """A file, the encoder that fills it, and what goes wrong with either as `StemDeskError`."""

    def __init__(
        self,
        path: Path,
        target: Callable[[BinaryIO], Target],
        encoder: Callable[[Target], Encoder],
        channels: int,
        bits: int,
        frames: int,
        bytes_a_frame: float,
    ) -> None:
        super().__init__(path, channels, bits, frames, bytes_a_frame, (EncoderFailed,))
        self._encoder: Encoder | None = None
        try:
            self._target = target(path.open("w+b", buffering=0))
        except OSError as error:
            raise write_error(error, path) from error
        try:
            self._encoder = encoder(self._target)
            self._check()
        except Exception as error:
            self._give_up()
            self._translate(error)
            raise

    def write(self, block: Rounded) -> None:
        self._examine(block)
        if self._encoder is None:
            raise ValueError(f"{self.path.name} is closed")
        try:
            for start in range(0, block.shape[1], _BLOCK):
                part = block[:, start : start + _BLOCK]
                self._encoder.write(part)
                self._check()
                self._frames_left -= part.shape[1]
        except Exception as error:
            self._translate(error)
            raise

    def close(self) -> None:
        if self._encoder is None:
            return
        encoder, self._encoder = self._encoder, None
        self._end_with(encoder.finish, self._target.sync)

    def _give_up(self) -> None:
        """Close all after an error that is told."""
        if self._encoder is not None:
            with contextlib.suppress(Exception):  # the first error is the one to tell
                self._encoder.finish()
            self._encoder = None
        self._target.close()
