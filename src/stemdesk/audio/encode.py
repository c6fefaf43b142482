"""Rounds blocks of float32 and streams them into WAV or FLAC files.

Samples are rounded here and given to libsndfile as integers: its own conversion writes floats
with 2^(bits-1) - 1 and reads them back with 2^(bits-1), which changes the level.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.target import Target, TargetWriter
from stemdesk.core.errors import write_error
from stemdesk.core.options import AudioFormat, ExportOptions

Samples = NDArray[np.float32]
Rounded = NDArray[np.int32 | np.float32]
"""Samples as a file holds them: integers in the upper bits of int32, or float32 for 32 bits."""

_WAV_BYTES = (1 << 32) - (1 << 16)  # WAV's sizes are 32 bits wide; the rest is for headers
_BLOCK = 65536  # frames converted at a time
_TEXT_BYTES = 2000  # libsndfile itself reads none of a WAV's texts from a longer one on
_SET_ADD_PEAK_CHUNK = 0x1050  # sndfile.h: SFC_SET_ADD_PEAK_CHUNK
_SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}


def container_format(options: ExportOptions, channels: int, frames: int) -> str:
    """libsndfile's name of the container: FLAC, WAV, or RF64 where WAV's sizes would overflow."""
    if options.format is AudioFormat.FLAC:
        return "FLAC"
    return "RF64" if frames * channels * (options.bits // 8) > _WAV_BYTES else "WAV"


def quantise(block: Samples, bits: int) -> NDArray[np.int32]:
    """float samples -> integers of `bits` bits in the upper bits of int32, same shape.

    Rounds to nearest, clips at full scale and never wraps; NaN becomes 0.
    """
    full = float(1 << (bits - 1))
    scaled = np.rint(np.nan_to_num(block, nan=0.0, posinf=2.0, neginf=-2.0) * np.float32(full))
    steps: NDArray[np.int32] = np.clip(scaled, -full, full - 1).astype(np.int32)
    return steps << (32 - bits)


def rounded(block: Samples, bits: int) -> Rounded:
    """float32 samples as a file of `bits` bits holds them, same shape: integers as `quantise`
    makes them, or floats (32 bits), which keep what lies above full scale. NaN becomes 0, what is
    infinite the largest value there is."""
    return np.nan_to_num(block, nan=0.0) if bits == 32 else quantise(block, bits)


def peak(block: Samples) -> float:
    """The largest absolute sample, linear; NaN does not count, and 0 where there is none."""
    return float(np.fmax.reduce(np.abs(block), axis=None, initial=0.0))


@dataclass(frozen=True, slots=True)
class StemTexts:
    """What a file says about itself, "" for nothing; `comment`: where the song came from."""

    title: str = ""
    artist: str = ""
    album: str = ""
    comment: str = ""


NO_TEXTS = StemTexts()


class StemWriter(TargetWriter):
    """Writes one stem; use as a context manager.

    `frames`: how many will be written at most (decides between WAV and RF64). `texts`: FLAC's
    Vorbis comments, WAV's LIST INFO chunk (UTF-8). Raises
    `DiskFullError` and `ExportError` (FOLDER_NOT_WRITABLE, ENCODER_FAILED) from every method; the
    file is then of no use.
    """

    def __init__(
        self,
        path: Path,
        samplerate: int,
        channels: int,
        options: ExportOptions,
        frames: int,
        texts: StemTexts = NO_TEXTS,
    ) -> None:
        import soundfile

        refusals = (soundfile.SoundFileError, AssertionError)
        bytes_a_frame = channels * options.bits / 8
        super().__init__(path, channels, options.bits, frames, bytes_a_frame, refusals)
        try:
            self._target = Target(path.open("wb", buffering=0))
        except OSError as error:
            raise write_error(error, path) from error
        self._file: Any = None
        try:
            self._file = soundfile.SoundFile(
                self._target,
                "w",
                samplerate,
                channels,
                subtype=_SUBTYPES[options.bits],
                format=container_format(options, channels, frames),
            )
            _without_peak_chunk(self._file)
            _write_texts(self._file, texts)
            self._check()
        except Exception as error:
            if self._file is not None:
                with contextlib.suppress(Exception):  # the first error is the one to tell
                    self._file.close()
            self._target.close()
            self._translate(error)
            raise

    def write(self, block: Rounded) -> None:
        """Append [channels, frames], as `rounded` makes them for this file's depth; blocks without
        frames are fine."""
        self._examine(block)
        for start in range(0, block.shape[1], _BLOCK):
            self._write_part(np.ascontiguousarray(block[:, start : start + _BLOCK].T))

    def close(self) -> None:
        """Finish the file: its header gets the final sizes. May be called again."""
        if self._file is None:
            return
        file, self._file = self._file, None
        self._end_with(file.close)

    def _write_part(self, part: Rounded) -> None:
        """Hand interleaved samples, [frames, channels], to libsndfile."""
        try:
            self._file.write(part)
            self._check()
        except Exception as error:
            self._translate(error)
            raise
        self._frames_left -= part.shape[0]


def _without_peak_chunk(file: Any) -> None:
    """Leave out the chunk with the loudest sample that libsndfile gives float WAVs: it holds the
    time of day, and equal stems should be equal files. soundfile has no name for it."""
    import soundfile

    soundfile._snd.sf_command(file._file, _SET_ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)


def _write_texts(file: Any, texts: StemTexts) -> None:
    """To be called before the first sample is written: they stand in front of it."""
    for name, text in asdict(texts).items():
        if text:
            cut = text.encode("utf-8", "replace")[:_TEXT_BYTES].decode("utf-8", "ignore")
            setattr(file, name, cut)
