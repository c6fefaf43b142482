"""The names of the colours that the window is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colours:
    """One scheme, each colour as `#rrggbb`.

    `window` lies behind all, `surface` are cards and fields, `raised` what stands out from
    them, `well` the ground of waveforms; `outline` borders of what can be operated; `muted`
    text of less weight; `mute` and `solo` the pressed buttons of a lane.
    """

    window: str
    surface: str
    raised: str
    well: str
    border: str
    outline: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selected: str
    danger: str
    warning: str
    success: str
    mute: str
    on_mute: str
    solo: str
    on_solo: str
