"""The words of the settings window, of the diagnostics page, and of what deletes everything. The
settings' own labels and helps stand where they are declared (`core.settings`)."""

from __future__ import annotations

from stemdesk.core.quality import BEST_MODEL
from stemdesk.core.sentences import format_bytes, printable

SECTIONS_NAME = "Sections of the settings"
TEXT = "How songs are split and saved counts for those that you add from now on."
QUALITIES = {
    "fast": "Fast: a little quicker",
    "standard": "Standard: as Demucs does it itself",
    "best": f"Best: the model {BEST_MODEL}, takes several times as long",
}
BEST_INSTALLED_MODEL = "The best one that is installed"
SYSTEM_OUTPUT = "The system's output"
LOOKING_FOR_OUTPUTS = "Looking for sound devices…"
MODELS = "Models…"
MODELS_TIP = "What is installed and what can be downloaded (Ctrl+Shift+M)"

# Folders and space

HOLDS = "Holds now"
ASKING = "Looking…"
UNKNOWN = "It could not be looked into."
EMPTY_CACHE = "Empty cache"
EMPTY_CACHE_TIP = (
    "Delete decoded songs, waveforms and the files of remixes that were dragged out; they are made "
    "again when they are needed here"
)
EMPTYING = "Emptying…"


def not_connected(device: str) -> str:
    return f"{printable(device)} (not connected)"


def not_installed(model: str) -> str:
    return f"{printable(model)} (not installed)"


def working_files_text(count: int) -> str:
    return f"{format_bytes(count)} of songs that are not finished"


def cache_text(count: int) -> str:
    return f"{format_bytes(count)} that can be made again"


def freed_text(count: int) -> str:
    return f"{format_bytes(count)} freed"


# About

PLACES = "Where everything lies"
PLACE_NAMES = {
    "output": "Stems",
    "exports": "Exports",
    "settings": "Settings",
    "data": "List of songs",
    "models": "Models",
    "scratch": "Working files",
    "cache": "Cache",
    "logs": "Logs",
}
SHOW = "Open"
DIAGNOSTICS = "Diagnostics…"
DIAGNOSTICS_TIP = "How StemDesk does on this computer (F12)"
DELETE_EVERYTHING = "Delete everything StemDesk keeps…"
DELETE_EVERYTHING_TIP = "Shows what would go, and asks first; your stems and songs stay"


def open_name(place: str) -> str:
    return f"Open folder: {place.lower()}"


def about_text(version: str) -> str:
    return f"StemDesk {version} works on this computer; it asks the network only for what you want."


# Deleting everything

DELETE_HEADLINE = "Delete everything StemDesk keeps?"
DELETE_TEXT = (
    "Your stems and your songs stay where they are. All of this goes, and then StemDesk closes:"
)
KEPT_NAMES = {
    "list": "The list of songs",
    "scratch": "Working files of songs that are not finished",
    "downloads": "Songs from links on their way",
    "downloader": "A newer downloader",
    "gpu-pack": "The GPU pack",
    "cache": "Decoded songs, waveforms, dragged-out remixes",
    "models": "Models",
    "logs": "Logs",
    "settings": "Settings",
}
NOTHING_KEPT = "There is nothing to delete."
KEEP_EVERYTHING = "Keep everything"
DELETE_AND_CLOSE = "Delete and close"
AT_WORK_HEADLINE = "A song is being split"
AT_WORK_TEXT = (
    "Everything can be deleted when no song is being split, here or in another StemDesk. "
    "Wait for it, or cancel it, then try again."
)


def models_too(count: int) -> str:
    return f"Models, too ({format_bytes(count)}; imported ones cannot be downloaded again)"


def left_text(paths: tuple[str, ...], gpu_pack_leaves: bool = False) -> str:
    """`gpu_pack_leaves`: it is among them, and goes at the next start."""
    text = "This is still there:\n" + "\n".join(map(printable, paths))
    return f"{text}\n\n{_GPU_PACK_LEFT}" if gpu_pack_leaves else text


_GPU_PACK_LEFT = (
    "The GPU pack was in use. It is not used any more, and is removed at the next start of "
    "StemDesk."
)


# Diagnostics

DIAGNOSTICS_TITLE = "Diagnostics"
DIAGNOSTICS_TEXT = (
    "How StemDesk does on this computer. What is copied names neither you nor your home folder, "
    "and no web address in full; the log's last lines may name songs."
)
DIAGNOSTICS_NAME = "Diagnostics as text"
COPY_DIAGNOSTICS = "Copy diagnostics"
COPY_DIAGNOSTICS_TIP = "Copy all of it, for a report or a question (Ctrl+Shift+C)"
LOOK_AGAIN = "Look again"
LOOK_AGAIN_TIP = "Ask for all of it anew (F5)"
LOG_HEAD = "The log's last lines:"
NO_LOG = "The log is empty."
NOT_PLAYED = "nothing was played yet"


def sound_line(output: str, underruns: int) -> str:
    if not underruns:
        return f"Sound: {printable(output) or NOT_PLAYED}; no breaks so far"
    breaks = "once" if underruns == 1 else f"{underruns} times"
    return f"Sound: {printable(output) or NOT_PLAYED}; it broke off {breaks}"


def device_line(label: str, reason: str) -> str:
    return f"Device: {printable(label)} ({printable(reason)})"
