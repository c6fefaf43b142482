"""What the window says where songs need a model: the question, waiting, drafts, the first card."""

from __future__ import annotations

import re
from pathlib import Path

from stemdesk.core.quality import BEST_MODEL
from stemdesk.core.sentences import printable
from stemdesk.gui.model_values import Download, Errand, ModelChoice, Phase, Stems
from stemdesk.gui.model_words import download_name, errand_text, size_text
from stemdesk.models.library import BUILT_IN, DEFAULT

# The question at the first split, and what waits for its answer

LATER = "Not now"
DRAFT_NOW = "Split a draft now"
DRAFT_MEANS = (
    "A draft: with the model that is built in, at once and without a network. Voices and "
    "instruments stay partly mixed."
)
BEST_MEANS = (
    "“Best” has a network of its own for each stem: a little cleaner, about 4 times as long."
)
WAITS_MEANS = "Your songs wait in the list and go on by themselves as soon as it is here."

# The card of an empty window, and the draft's mark

WELCOME_TITLE = "How it works"
WELCOME_LINES = (
    "Drop a song or paste a link, or try the demo: it becomes its stems, to play and to keep.",
    "A draft model is built in, so it works at once, without a network.",
    f"For the real thing, get {DEFAULT}: one download.",
    "Everything stays on this computer. Nothing is uploaded, there is no account.",
    "",  # `welcome_place`
)
WELCOME_THERE = f"{DEFAULT} is installed: new songs are split with it."
CHANGE_PLACE = "Change folder…"
CHANGE_PLACE_TIP = "Choose where stems are saved (Ctrl+,)"
_BREAK = "\u200b"  # lets a long path be wrapped


def welcome_place(folder: Path) -> str:
    """Where stems go."""
    shown = re.sub(r"([/\\])", rf"\1{_BREAK}", printable(str(folder)))
    return f"Stems go to {shown}. Your own files stay as they are."


DRAFT_QUALITY = "draft quality"
AGAIN = f"Split again with {DEFAULT}"


# Songs that wait for a model


def arriving_text(name: str, download: Download | None) -> str:
    """A row: `Waiting for htdemucs: downloading 43 %`."""
    text = f"Waiting for {printable(name)}"
    if download is None or download.errand is not Errand.DOWNLOAD:
        return text
    if download.phase is Phase.RUNNING:
        percent = int(download.fraction * 100 + 1e-6)
        return f"{text}: downloading {percent} %"
    ended = {
        Phase.WAITING: "its download waits for its turn",
        Phase.STOPPING: "stopping the download",
        Phase.STOPPED: "the download was stopped",
        Phase.FAILED: "the download failed",
    }.get(download.phase, "")
    return f"{text}: {ended}" if ended else text


def arriving_briefly(name: str, download: Download | None) -> str:
    """The same in a narrow row: `Download of htdemucs: 43 %`."""
    if download is None or download.errand is not Errand.DOWNLOAD:
        return f"Waiting for {printable(name)}"
    short = {
        Phase.WAITING: "waiting",
        Phase.RUNNING: f"{int(download.fraction * 100 + 1e-6)} %",
        Phase.STOPPING: "stopping",
        Phase.STOPPED: "stopped",
        Phase.FAILED: "failed",
    }.get(download.phase)
    return f"Download of {printable(name)}: {short}" if short else f"Waiting for {printable(name)}"


def waiting_headline(name: str) -> str:
    return f"Waiting for {printable(name)}"


def waiting_explained(
    choice: ModelChoice | None, name: str, stems: Stems, download: Download | None
) -> str:
    """The lines below it: how far the download is, why it failed, or what to do."""
    checked = download is not None and download.errand is Errand.CHECK and download.running
    if download is not None and download.errand is not Errand.DOWNLOAD:
        download = None  # how a check ended is no news about the download
    if download is not None and download.running:
        return f"{errand_text(download)}\nThe song goes on by itself as soon as the model is here."
    if download is not None and download.phase is Phase.FAILED:
        return download.error
    if download is not None and download.phase is Phase.STOPPED:
        return errand_text(download) + "."
    if choice is None or not choice.choosable:
        return (
            f"The model {printable(name)} is not installed. Import its file on the models page, "
            "or split with another one."
        )
    size = size_text(choice.missing_bytes(stems))
    text = f"It is not installed: a download of {size}. {printable(choice.licence)}"
    if checked:
        text += "\nIts files are being checked now; a download begins when that is done."
    return text


def use_instead_text(other: ModelChoice) -> str:
    """A button: another model does."""
    if other.name == BUILT_IN:
        return DRAFT_NOW
    return f"Use {printable(other.name)} instead"


def ask_headline(choice: ModelChoice, size: int, other: ModelChoice | None) -> str:
    """`Download htdemucs (84 MB) or a draft now?`"""
    question = download_name(choice.name, size)
    if other is not None and other.name == BUILT_IN:
        return f"{question} or a draft now?"
    return f"{question}?"


def ask_means(choice: ModelChoice, size: int) -> str:
    """What the download means."""
    text = printable(choice.purpose)
    if choice.name == BEST_MODEL:
        text = BEST_MEANS
    return f"{text} {size_text(size)} once; then it needs no network any more. {WAITS_MEANS}"


def ask_other_means(other: ModelChoice) -> str:
    """What the alternative means."""
    if other.name == BUILT_IN:
        return DRAFT_MEANS
    return f"With {printable(other.name)}, which is installed: at once, in Standard quality."


def draft_text(size: int) -> str:
    """Below a song that the draft model has split."""
    text = f"Draft quality: for the real thing get {DEFAULT}"
    return f"{text} ({size_text(size)})." if size else "Draft quality."
