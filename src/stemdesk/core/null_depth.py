"""How completely a song's saved stems give the song back when they are added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class NullDepth:
    """20 · log10(rms(mix - sum of the stems) / rms(mix)) in decibels, over the whole song.

    `plain_db`: of the stems as separated, rounded to the file's depth. `saved_db`: of the stems
    as they are saved; the same, unless they were made to sum to the mix. None stands for exact:
    nothing is left over at any sample. More negative is better. The mix is the decoded song,
    rounded to that depth too and, for integers, clipped; a silent one counts as one step loud.
    """

    plain_db: float | None
    saved_db: float | None

    def to_json(self) -> dict[str, float | None]:
        return {"plain": self.plain_db, "saved": self.saved_db}

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Self | None:
        """The depth in a document; None where there is none (a part of the stems, an old file).

        Raises `KeyError`, `TypeError`, `ValueError` for what is no depth.
        """
        if value is None:
            return None
        plain, saved = value["plain"], value["saved"]
        return cls(None if plain is None else float(plain), None if saved is None else float(saved))
