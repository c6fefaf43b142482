"""Writes a file with every encoder of an export and reads it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stemdesk.audio.encode import Rounded, rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.writing.writer import open_writer
from stemdesk.core.errors import StemDeskError
from stemdesk.core.file_format import BITS, FileFormat, FileKind
from stemdesk.core.sentences import say
from stemdesk.selftest.decoding import decoded, unlike_the_sine
from stemdesk.selftest.report import TroubleError
from stemdesk.selftest.samples import RATE, sine

_TAGS = FileTags((("title", "Ünïcödé 日本"), ("artist", "StemDesk")))


def check(folder: Path) -> str:
    """Raises `TroubleError` with each format that cannot be written here."""
    wrong = []
    formats = list(_formats())
    for index, file_format in enumerate(formats):
        bits = f" {file_format.bits}-bit" if file_format.bits else ""
        try:
            trouble = _trouble(folder / f"written {index}{file_format.suffix}", file_format)
        except StemDeskError as error:
            trouble = f"{say(error.code, error.path, error.facts)[0]} {error.detail}"
        except Exception as error:  # a library without this encoder raises anything
            trouble = f"{type(error).__name__}: {error}"
        if trouble:
            wrong.append(f"{file_format.kind.value}{bits} {trouble}")
    if wrong:
        raise TroubleError(f"{len(wrong)} formats cannot be written: {'; '.join(wrong)}")
    names = ", ".join(kind.value for kind in FileKind)
    return f"{len(formats)} formats written and read again ({names})"


def _formats() -> Iterator[FileFormat]:
    """Each kind of file in each depth."""
    for kind in FileKind:
        for bits in BITS.get(kind, (0,)):
            yield FileFormat(kind, bits)


def _trouble(path: Path, file_format: FileFormat) -> str:
    """What is wrong with a file that was written and read again, "" for nothing: lossless ones
    are the same to the last bit."""
    rate = file_format.samplerate(RATE)
    block = rounded(sine(rate, 2), file_format.bits or 32)
    frames = block.shape[1]
    with open_writer(path, file_format, rate, 2, frames, _TAGS, bpm=120.0) as writer:
        writer.write(block)
    heard = decoded(path)
    if not file_format.lossless:
        return unlike_the_sine(heard)
    if heard.shape[1] != frames:
        return f"has {heard.shape[1]} frames instead of {frames}"
    return "" if np.array_equal(heard, _as_floats(block)) else "has other samples"


def _as_floats(block: Rounded) -> Rounded:
    """Integers in the upper bits of int32 as the floats that a decoder makes of them."""
    if block.dtype == np.float32:
        return block
    return (block / np.float64(1 << 31)).astype(np.float32)
