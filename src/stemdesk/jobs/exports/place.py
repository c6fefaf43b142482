"""What exports need of their surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from stemdesk.audio.originals import Originals


@dataclass(frozen=True, slots=True)
class ExportPlace:
    """`originals`: where songs are decoded, also for the player. `today`: what `{date}` becomes
    in file names."""

    originals: Originals
    today: date = field(default_factory=date.today)
