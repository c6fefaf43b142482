"""How much room exported files take, guessed before they are written."""

from __future__ import annotations

from pathlib import Path

from stemdesk.core.errors import DiskFullError, free_bytes
from stemdesk.core.file_format import KBPS, FileFormat, FileKind

_CHANNELS = 2
_SHRUNK = 0.4
"""FLAC and ALAC of stems, which are often silent: rather too small a guess than one that refuses
what fits. A disk that fills all the same is said when it is full."""
_VBR_KBPS = {FileKind.MP3: 130, FileKind.VORBIS: 150}


def guessed_bytes(file_format: FileFormat, samplerate: int, frames: int) -> int:
    """What one stereo file of `frames` at `samplerate` hertz takes, about. `bits` are resolved."""
    if file_format.lossless:
        size = frames * _CHANNELS * file_format.bits / 8
        plain = file_format.kind in (FileKind.WAV, FileKind.AIFF)
        return int(size if plain else size * _SHRUNK)
    varies = file_format.quality is not None or file_format.kind not in KBPS
    usual = _VBR_KBPS.get(file_format.kind, 128)
    kbps = usual if varies else file_format.kbps or KBPS[file_format.kind][-1]
    return int(frames / samplerate * kbps * 1000 / 8)


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raises `DiskFullError`."""
    if free_bytes(folder) < needed_bytes:
        raise DiskFullError(folder, needed_bytes)
