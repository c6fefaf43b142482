"""What an export is asked to do: a frozen order, the same for every song of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.file_format import FileFormat, FileKind

SOURCE_RATE = 0
MODEL_RATE = -1
RATES = (22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""Sample rates, hertz, that can be chosen besides the two above."""
DEFAULT_TEMPLATE = "{artist} - {title}/{artist} - {title} ({stem})"


class PartKind(StrEnum):
    """What a file holds. STEM: one stem; without a name, each stem of the song. ALL_BUT: all
    stems but the named one. REMIX: the song as it is heard now. RESIDUAL: the song minus its
    stems. ORIGINAL: the undivided song."""

    STEM = "stem"
    REMIX = "remix"
    INSTRUMENTAL = "instrumental"
    A_CAPPELLA = "a-cappella"
    ALL_BUT = "all-but"
    RESIDUAL = "residual"
    ORIGINAL = "original"


class Clipping(StrEnum):
    """What becomes of samples above full scale. OFF: floats keep them, integers are clipped, with
    a notice. SHARED: one gain for all files of a song, so that balance and sum stay. LIMIT: bent
    as the player does. Never a gain of its own for one stem."""

    OFF = "off"
    SHARED = "shared"
    LIMIT = "limit"


class Collision(StrEnum):
    """What happens where a file of the name is there already."""

    NUMBER = "number"
    SKIP = "skip"
    REPLACE = "replace"


class Extra(StrEnum):
    """What is made beside the files, or of them."""

    REAPER = "reaper"
    DAWPROJECT = "dawproject"
    MANIFEST = "manifest"
    NI_STEMS = "ni-stems"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to write; `stem`: the named one, of STEM and ALL_BUT."""

    kind: PartKind
    stem: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """`stem`, `stem:vocals`, `all-but:drums`, `remix`, … Raises `ValueError`."""
        kind, _, stem = text.partition(":")
        return cls(PartKind(kind), stem)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.stem}" if self.stem else self.kind.value


ALL_STEMS = Part(PartKind.STEM)


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """Each of `parts` in each of `formats`, for every song. `samplerate`: hertz, SOURCE_RATE or
    MODEL_RATE. `exact_sum`: what is missing of the song goes to "other", so that the stems sum to
    the song's own file. `dither`: when going to 16 bits (TPDF). `tempo_and_key`: the remix with
    the speed and key it is heard with. `loop_only`: only the loop of each song that has one.
    `template`: the files' names without suffix (`core.template`). `tags`: the song's tags and
    cover go along. `beside_source`: files lie beside the song's own file, not in the chosen
    folder.

    Raises `SettingsError` for what cannot be.
    """

    parts: tuple[Part, ...] = (ALL_STEMS,)
    formats: tuple[FileFormat, ...] = (FileFormat(FileKind.WAV, 24),)
    samplerate: int = SOURCE_RATE
    exact_sum: bool = False
    dither: bool = True
    clipping: Clipping = Clipping.SHARED
    tempo_and_key: bool = True
    loop_only: bool = False
    template: str = DEFAULT_TEMPLATE
    collision: Collision = Collision.NUMBER
    extras: frozenset[Extra] = frozenset()
    tags: bool = True
    beside_source: bool = False

    def __post_init__(self) -> None:
        if not self.extras and not (self.parts and self.formats):
            raise SettingsError(ErrorCode.SETTINGS_INVALID, "nothing to export")
        if self.samplerate not in (SOURCE_RATE, MODEL_RATE) and not (
            8000 <= self.samplerate <= 384_000
        ):
            raise SettingsError(ErrorCode.SETTINGS_INVALID, f"sample rate {self.samplerate}")
        if self.exact_sum and self.clipping is Clipping.LIMIT:
            why = "limited stems do not sum to the song: choose a shared gain, or none"
            raise SettingsError(ErrorCode.SETTINGS_INVALID, why)
        if len(set(self.formats)) != len(self.formats) or len(set(self.parts)) != len(self.parts):
            raise SettingsError(ErrorCode.SETTINGS_INVALID, "the same thing twice")

    def to_json(self) -> dict[str, Any]:
        return {
            "parts": [str(part) for part in self.parts],
            "formats": [one.to_json() for one in self.formats],
            "samplerate": self.samplerate,
            "exact_sum": self.exact_sum,
            "dither": self.dither,
            "clipping": self.clipping.value,
            "tempo_and_key": self.tempo_and_key,
            "loop_only": self.loop_only,
            "template": self.template,
            "collision": self.collision.value,
            "extras": sorted(extra.value for extra in self.extras),
            "tags": self.tags,
            "beside_source": self.beside_source,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError`, `SettingsError` for what is none."""
        return cls(
            parts=tuple(Part.of(str(one)) for one in value["parts"]),
            formats=tuple(FileFormat.from_json(one) for one in value["formats"]),
            samplerate=int(value["samplerate"]),
            exact_sum=value["exact_sum"] is True,
            dither=value["dither"] is True,
            clipping=Clipping(value["clipping"]),
            tempo_and_key=value["tempo_and_key"] is True,
            loop_only=value["loop_only"] is True,
            template=str(value["template"]),
            collision=Collision(value["collision"]),
            extras=frozenset(Extra(one) for one in value["extras"]),
            tags=value["tags"] is True,
            beside_source=value["beside_source"] is True,
        )
