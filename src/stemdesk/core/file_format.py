"""File formats that songs are exported to, and what each of them can hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from stemdesk.core.errors import ErrorCode, SettingsError


class FileKind(StrEnum):
    """A container with its codec; the values are the words of the command line."""

    WAV = "wav"
    FLAC = "flac"
    AIFF = "aiff"
    ALAC = "alac"
    MP3 = "mp3"
    AAC = "aac"
    VORBIS = "ogg"
    OPUS = "opus"


LOSSLESS = frozenset({FileKind.WAV, FileKind.FLAC, FileKind.AIFF, FileKind.ALAC})
SUFFIXES = {
    FileKind.WAV: ".wav",
    FileKind.FLAC: ".flac",
    FileKind.AIFF: ".aiff",
    FileKind.ALAC: ".m4a",
    FileKind.MP3: ".mp3",
    FileKind.AAC: ".m4a",
    FileKind.VORBIS: ".ogg",
    FileKind.OPUS: ".opus",
}
BITS: dict[FileKind, tuple[int, ...]] = {
    FileKind.WAV: (16, 24, 32),
    FileKind.FLAC: (16, 24),
    FileKind.AIFF: (16, 24),
    FileKind.ALAC: (16, 24),
}
"""Bits per sample of lossless formats; 32 is float."""
KBPS: dict[FileKind, tuple[int, ...]] = {
    FileKind.MP3: (128, 160, 192, 224, 256, 320),
    FileKind.AAC: (128, 160, 192, 256, 320),
    FileKind.OPUS: (96, 128, 160, 192, 256, 320),
}
"""Bit rates of lossy formats, kbit/s; Opus varies around its own."""
QUALITIES: dict[FileKind, range] = {FileKind.MP3: range(10), FileKind.VORBIS: range(11)}
"""Variable bit rates: MP3 as LAME counts (0 the best), Vorbis as its encoder does (10 the best)."""
_RATES: dict[FileKind, tuple[int, ...]] = {
    FileKind.MP3: (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    FileKind.AAC: (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200,
                   96000),
    FileKind.OPUS: (48000,),
}  # fmt: skip
"""Sample rates in hertz where a format does not take any."""
_MOST = {FileKind.VORBIS: 192_000}
"""The highest one, where it takes any other."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """`bits`: of lossless kinds; 0: as many as the source has (`with_source_bits`). `kbps` or
    `quality`: of lossy kinds, the other one is None; neither: the best of the usual (`KBPS`'
    largest, Vorbis 8). Raises `SettingsError` for what the kind cannot hold."""

    kind: FileKind
    bits: int = 0
    kbps: int | None = None
    quality: int | None = None

    def __post_init__(self) -> None:
        lossless = self.kind in LOSSLESS
        wrong = (
            (self.bits not in (0, *BITS.get(self.kind, ())))
            or (self.kbps is not None and self.kbps not in KBPS.get(self.kind, ()))
            or (self.quality is not None and self.quality not in QUALITIES.get(self.kind, ()))
            or (self.kbps is not None and self.quality is not None)
            or (not lossless and self.bits != 0)
        )
        if wrong:
            asked = f"{self.kind.value}, bits {self.bits}, kbit/s {self.kbps}, V{self.quality}"
            raise SettingsError(ErrorCode.SETTINGS_INVALID, f"no such file format: {asked}")

    @property
    def lossless(self) -> bool:
        return self.kind in LOSSLESS

    @property
    def suffix(self) -> str:
        """The file name's end, with its dot."""
        return SUFFIXES[self.kind]

    @property
    def label(self) -> str:
        """For people and in file names: `WAV 24-bit`, `MP3 320 kbps`, `MP3 V0`, `OGG Q8`."""
        name = self.kind.value.upper()
        if self.bits:
            return f"{name} {self.bits}-bit{' float' if self.bits == 32 else ''}"
        if self.kbps is not None:
            return f"{name} {self.kbps} kbps"
        if self.quality is None:
            return name
        return f"{name} {'V' if self.kind is FileKind.MP3 else 'Q'}{self.quality}"

    def with_source_bits(self, bits: int) -> Self:
        """The same with its bits chosen, where they are the source's: `bits` of it (16, 24, 32;
        0 where it has none, a lossy one: 24), as many of them as the kind can hold."""
        if not self.lossless or self.bits:
            return self
        held = BITS[self.kind]
        return type(self)(self.kind, min(max(bits or 24, held[0]), held[-1]))

    def samplerate(self, wanted: int) -> int:
        """The rate that a file of this kind gets where `wanted` hertz are asked for: the nearest
        one that it can hold, rather a higher one."""
        rates = _RATES.get(self.kind)
        if rates is None or wanted in rates:
            return min(wanted, _MOST.get(self.kind, wanted))
        return next((rate for rate in rates if rate > wanted), rates[-1])

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "bits": self.bits,
            "kbps": self.kbps,
            "quality": self.quality,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError`, `SettingsError` for what is none."""
        kbps, quality = value["kbps"], value["quality"]
        return cls(
            FileKind(value["kind"]),
            int(value["bits"]),
            None if kbps is None else int(kbps),
            None if quality is None else int(quality),
        )
