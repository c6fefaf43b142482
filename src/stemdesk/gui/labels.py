"""What stands on the window's controls: names, tooltips, captions. English only for now; all of
it is here, in `messages` (whole sentences), and in `model_words` and `offer_words` (models), so
that translations can come."""

from __future__ import annotations

import sys
from pathlib import Path

from stemdesk.core.quality import BEST_MODEL
from stemdesk.core.sentences import printable

APP_NAME = "StemDesk"
STEMS = {
    "vocals": "Vocals",
    "drums": "Drums",
    "bass": "Bass",
    "other": "Other",
    "guitar": "Guitar",
    "piano": "Piano",
}


def stem_label(stem: str) -> str:
    """`vocals` → `Vocals`; a model's own stem names get a capital letter."""
    return STEMS.get(stem) or printable(stem.replace("_", " ")).capitalize()


STEMS_GONE = "Stems not found"
MISSING_HEADLINE = "The stems are not there any more"
DAMAGED_HEADLINE = "A stem cannot be read"
LOCATE = "Locate…"
LOCATE_CAPTION = "Where is the folder with the stems now?"

# The add bar and the empty window

PATH_HINT = "Drop songs anywhere, paste a link, or type the path of a file or folder"
PATH_NAME = "Link to a song, or path of a song or folder"
PATH_TIP = "A link, or the path of a file or folder, then Enter (Ctrl+V pastes links and files)"
OPEN = "Open…"
OPEN_FILES = "Open files…"
OPEN_FOLDER = "Open a folder…"
OPEN_TIP = "Choose songs to split (Ctrl+O)"
OPEN_FOLDER_TIP = "Choose a folder; all songs in it are split (Ctrl+Shift+O)"
OPEN_FILES_CAPTION = "Which songs should be split?"
OPEN_FOLDER_CAPTION = "Which folder of songs should be split?"
FILE_FILTERS = "Sound and video ({patterns});;All files (*)"
SPLIT = "Split"
SPLIT_TIP = "Split the song at this link or path (Enter)"
MODEL = "Model"
MODEL_TIP = "The model that new songs are split with (Alt+M)"
QUALITY = "Quality"
QUALITY_TIP = "How carefully new songs are split (Alt+Q)"
QUALITY_TIPS = {
    "fast": "less overlap between the parts of a song, a little faster",
    "standard": "the overlap that Demucs uses itself",
    "best": f"the fine-tuned model {BEST_MODEL}, takes several times as long",
}
BEST_MISSING = f"The model {BEST_MODEL} is not installed: splitting offers to download it."
BEST_NOWHERE = f"The model {BEST_MODEL} is not installed."
NO_MODEL = "No model installed"
LOOKING_FOR_MODELS = "Looking for models…"
STEMS_LABEL = "Stems"
SETTINGS = "Settings"
SETTINGS_TIP = "Settings (Ctrl+,)"
LIBRARY = "Library"
LIBRARY_TIP = "Show or hide the list of songs (Ctrl+L)"


def no_model_tip(folder: Path | None) -> str:
    where = f": {printable(str(folder))}" if folder else "."
    return f"Put a Demucs model into the models folder{where}"


def chip_tip(stem: str) -> str:
    return f"Save {stem_label(stem).lower()} for the songs you add next (Space)"


DROP_HEADLINE = "Drop songs here"
DROP_TEXT = (
    "Files or whole folders, music or video, or links from a browser.\n"
    "Every song becomes its stems, on this computer."
)
DEMO = "Try it with a demo song"
DEMO_TIP = "Makes a short song of its own and splits it (Ctrl+D)"
EMPTY_NAME = "Drop songs here, or open them"

# The library

LIBRARY_NAME = "Songs in the library"
FORGET = "Clear finished"
FORGET_TIP = "Take done, failed and cancelled songs off the list; saved stems stay (Ctrl+Shift+Del)"

# Stems and playing

MUTE = "M"
SOLO = "S"


def mute_tip(stem: str, number: int) -> str:
    return f"Mute {stem_label(stem).lower()} ({number})"


def solo_tip(stem: str, number: int) -> str:
    return (
        f"Solo {stem_label(stem).lower()} (Shift+{number}). "
        f"Alt+click or Alt+{number}: only this stem"
    )


def mute_name(stem: str) -> str:
    return f"Mute {stem_label(stem).lower()}"


def solo_name(stem: str) -> str:
    return f"Solo {stem_label(stem).lower()}"


def lane_tip(stem: str, number: int) -> str:
    return f"{stem_label(stem)}: {number} mutes, Shift+{number} solos, Alt+{number} only this"


def wave_name(stem: str) -> str:
    return f"Waveform of {stem_label(stem).lower()}"


OVERVIEW_NAME = "Position in the song"
PLAY = "Play"
PAUSE = "Pause"
PLAY_TIP = "Play or pause (Space)"
STOP = "Stop"
STOP_TIP = "Stop and go back to the start (Shift+Space)"
TO_START = "To the start"
TO_START_TIP = "Go to the start (Home)"
TIME_NAME = "Time"
SHOW_FOLDER = "Show in folder"
SHOW_FOLDER_TIP = "Open the folder with the stems (Ctrl+Shift+F)"

# Banners

GO_ON = "Go on"
REMOVE = "Remove"
SHOW = "Show"
RETRY_FAILED = "Retry all failed"
DETAILS = "Details…"
DISMISS = "Close this message"
DISMISS_TIP = "Close this message (Esc)"
CLOSING_LATER = "StemDesk closes when this song is done; the rest goes on next time."
STAY_OPEN = "Stay open"
CANCEL_DOWNLOAD = "Cancel the download"

# The status line

LOOKING_FOR_GPU = "Looking for a GPU…"
NO_SOUND = "No sound device"

# Dialogs

FAILURE_TITLE = "What happened"
FAILURE_DETAILS = "Details for a report"
COPY_DETAILS = "Copy details"
COPIED = "Copied"
CLOSE = "Close"
CLOSE_HEADLINE = "A song is still being split"
CLOSE_STOP = "Stop now, go on next time"
CLOSE_FINISH = "Finish this song first"
CLOSE_STAY = "Stay"
KEEP = "Keep them"
TRASH = "Move to trash"
KEYS_TITLE = "Keys"
KEYS = (
    ("Space", "Play or pause"),
    ("← / →", "5 seconds back or on"),
    ("Shift+← / →", "15 seconds back or on"),
    ("Home", "To the start"),
    ("Shift+Space", "Stop"),
    ("1 - 6", "Mute a stem"),
    ("Shift+1 - 6", "Solo a stem"),
    ("Alt+1 - 6", "Only this stem"),
    ("A", "The original, or the stems"),
    ("L", "Loop on or off"),
    ("I / O", "The loop starts or ends here"),
    ("[ / ] or , / .", "Slower or faster"),
    ("+ / -", "Zoom in or out"),
    ("0", "The whole song in sight"),
    ("F", "Follow what plays"),
    ("Backspace", "On a slider: as recorded"),
    ("Ctrl+E", "Export"),
    ("Ctrl+Shift+F", "Show the stems in their folder"),
    ("Ctrl+O", "Open files"),
    ("Ctrl+Shift+O", "Open a folder"),
    ("Ctrl+V", "Paste links or files"),
    ("Ctrl+D", "The demo song"),
    ("Ctrl+L", "Show the library, go to it"),
    ("Del", "Remove songs from the list"),
    ("Alt+↑ / ↓", "Move a song in the queue"),
    ("Ctrl+Shift+M", "Models"),
    ("Alt+M / Alt+Q", "Choose model or quality"),
    ("Ctrl+,", "Settings"),
    ("F1", "These keys"),
    ("F12", "Diagnostics"),
    ("Ctrl+Q", "Quit"),
)

# Settings

CHOOSE = "Choose…"
SAVE = "Save"
CANCEL = "Cancel"
FORMATS = {"flac": "FLAC (smaller, exact)", "wav": "WAV"}
BITS = {16: "16 bit", 24: "24 bit", 32: "32 bit float"}
DEVICES = {
    "auto": "The best there is",
    "cpu": "CPU",
    "cuda": "NVIDIA or AMD graphics card",
    "mps": "Apple graphics",
}


def choose_name(label: str) -> str:
    return f"Choose: {label.lower()}"


def native_keys(text: str, mac: bool = sys.platform == "darwin") -> str:
    """Key names as the system writes them: ⌘ and ⌥ on a Mac."""
    if not mac:
        return text
    for ours, theirs in (("Ctrl+", "⌘"), ("Alt+", "⌥"), ("Shift+", "⇧")):
        text = text.replace(ours, theirs)
    return text


STOPPING = "Stopping… — StemDesk"

# What can be done with a song, by the action's name

ACTIONS = {
    "pause": "Pause",
    "resume": "Resume",
    "go-on": "Go on",
    "details": "What happened…",
    "retry": "Try again",
    "get-model": "Download its model",
    "use-instead": "Split with another model now",
    "cancel": "Cancel",
    "show-folder": "Show in folder",
    "export": "Export…",
    "split-again": "Split again",
    "open-link": "Open the link",
    "move-top": "Move to the top",
    "move-up": "Move up",
    "move-down": "Move down",
    "remove": "Remove from the list",
    "trash": "Move stems to trash…",
}
