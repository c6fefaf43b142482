"""How long a download waits, and how often it tries again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`connect_s`: for one address; `reach_s`: for a connection at all, since a name may take long
    to look up and have ten addresses, eight of them dead; `silent_s`: without a byte, then the
    download has stalled. `breaks_max`: connections that may break in one download, each after it
    brought something new; `pause_s`: before the next one.
    """

    connect_s: float = 4.0
    reach_s: float = 45.0
    silent_s: float = 30.0
    breaks_max: int = 20
    pause_s: float = 1.0


LIMITS = Limits()
POLL_S = 0.1  # how late a cancel may be noticed
