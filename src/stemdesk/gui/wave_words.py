"""What stands on the ruler and the waveforms."""

from __future__ import annotations

RULER_NAME = "Times and the loop"
RULER_TIP = "Drag to loop a part; drag its ends to change it; double-click removes it"
WAVE_TIP = "Click to go there, drag to loop a part. Ctrl+wheel zooms, then the wheel scrolls"
OVERVIEW_TIP = "Click to go there; drag the frame to look elsewhere (←/→ 5 s, with Shift 15 s)"


def time_text(seconds: float, step_s: float = 1.0) -> str:
    """A time as `m:ss`, from one hour on `h:mm:ss`; with tenths or hundredths where `step_s`,
    what it is told apart from, is shorter than a second."""
    digits = 0 if step_s >= 1.0 else 1 if step_s >= 0.1 else 2
    units = max(0, round(seconds * 10**digits))
    whole, part = divmod(units, 10**digits)
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    text = f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
    return f"{text}.{part:0{digits}}" if digits else text
