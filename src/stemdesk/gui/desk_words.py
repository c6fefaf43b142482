"""What stands on the desk: the controls of the lanes and of the transport."""

from __future__ import annotations

from stemdesk.audio.remix import GAIN_MIN_DB, Preset
from stemdesk.core.sentences import format_duration
from stemdesk.gui.labels import stem_label

MINUS = "\N{MINUS SIGN}"  # as wide as a plus

# Values


def db_text(gain_db: float) -> str:
    """`-6` → `-6.0 dB` with a true minus; the lowest gain is silence."""
    if gain_db <= GAIN_MIN_DB:
        return "silent"
    return f"{_signed(gain_db, 1)} dB"


def db_short(gain_db: float) -> str:
    """The same for a narrow place: minus infinity is silence."""
    return f"{MINUS}∞ dB" if gain_db <= GAIN_MIN_DB else db_text(gain_db)


def pan_text(pan: float) -> str:
    percent = round(abs(pan) * 100)
    if percent == 0:
        return "in the middle"
    return f"{percent} % {'left' if pan < 0 else 'right'}"


def speed_text(percent: float) -> str:
    return f"{percent:.0f} %"


def key_text(semitones: float) -> str:
    """`3` → `+3 semitones`."""
    unit = "semitone" if abs(round(semitones)) == 1 else "semitones"
    return f"{_signed(semitones, 0)} {unit}"


def key_short(semitones: float) -> str:
    return f"{_signed(semitones, 0)} st"


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def level_text(level_db: float, lowest_db: float) -> str:
    """What a meter shows, in words."""
    return "quiet" if level_db <= lowest_db else f"{_signed(level_db, 0)} dB"


# Lanes


def volume_name(stem: str) -> str:
    return f"Volume of {stem_label(stem).lower()}"


def pan_name(stem: str) -> str:
    return f"Pan of {stem_label(stem).lower()}"


def meter_name(stem: str) -> str:
    return f"Level of {stem_label(stem).lower()}"


VOLUME_TIP = "Volume: {value} (double-click or Backspace: 0 dB)"
PAN_TIP = "Left or right: {value} (double-click or Backspace: middle)"
MASTER_NAME = "Volume of the whole"
MASTER_TIP = "Volume of the whole: {value} (double-click or Backspace: 0 dB)"
MASTER_METERS = ("Level of the left side", "Level of the right side")


def grip_name(stem: str) -> str:
    return f"Drag {stem_label(stem).lower()} out of the window"


STEMS_UNKNOWN = "The stems come here as soon as the splitting begins."
GRIP_TIP = "Drag the stem into a folder or another program"
GRIP_ALL_NAME = "Drag the remix out of the window"
GRIP_ALL_TIP = "Drag the remix, as you hear it, into a folder or another program"

# The transport

SPEED = "Speed"
SPEED_TIP = "Speed, the pitch stays: {value} ([ slower, ] faster, Backspace: 100 %)"
KEY = "Key"
KEY_TIP = "Key, the speed stays: {value} (double-click or Backspace: as recorded)"
LOOP = "Loop"
LOOP_TIP = "Play the loop again and again (L)"
LOOP_START = "Start of the loop"
LOOP_START_TIP = "The loop starts here (I)"
LOOP_END = "End of the loop"
LOOP_END_TIP = "The loop ends here (O)"
SIDE_NAME = "What is heard"
ORIGINAL = "Original"
ORIGINAL_TIP = "Hear the song as it was (A), as loud as your remix"
NO_ORIGINAL_TIP = "The song itself is not there any more, or has changed since it was split"
STEMS = "Stems"
STEMS_TIP = "Hear the stems as you have set them (A)"
WAITING = "Waiting for sound…"
WAITING_PAUSE = "Pause (it waits for sound)"
ORIGINAL_MEANWHILE = "Original, not split here yet"
ZOOM_IN = "Zoom in"
ZOOM_IN_TIP = "Show less of the song, larger (+ or Ctrl+wheel)"
ZOOM_OUT = "Zoom out"
ZOOM_OUT_TIP = "Show more of the song (-)"
ZOOM_ALL = "The whole song"
ZOOM_ALL_TIP = "Show the whole song (0)"
FOLLOW = "Follow"
FOLLOW_TIP = "Keep in sight what plays (F)"

PRESETS_NAME = "Balance"
PRESETS = {
    Preset.ALL: "All",
    Preset.INSTRUMENTAL: "Instrumental",
    Preset.A_CAPPELLA: "A cappella",
    Preset.NO_DRUMS: "No drums",
    Preset.DRUMS_AND_BASS: "Drums and bass",
}
PRESET_TIPS = {
    Preset.ALL: "Hear all stems",
    Preset.INSTRUMENTAL: "Hear everything but the vocals",
    Preset.A_CAPPELLA: "Hear the vocals alone",
    Preset.NO_DRUMS: "Hear everything but the drums",
    Preset.DRUMS_AND_BASS: "Hear drums and bass alone",
}


def loop_text(start_s: float, end_s: float) -> str:
    return f"{format_duration(int(start_s))} - {format_duration(int(end_s))}"
