"""What the window says about models: the same as `labels` and `messages` are for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stemdesk.core.sentences import format_bytes, format_duration, printable
from stemdesk.gui.fetch_words import SILENT
from stemdesk.gui.labels import stem_label
from stemdesk.gui.model_values import (
    Download,
    Errand,
    ModelChoice,
    ModelState,
    Phase,
    Stems,
)
from stemdesk.models.library import DEFAULT

_TIMES = "\N{MULTIPLICATION SIGN}"

DRAFT_TITLE = "The built-in draft"
DRAFT_PURPOSE = (
    "Always there, also without a network, and quick. For a first impression: voices and "
    "instruments stay partly mixed."
)
DRAFT_LICENCE = "Comes with StemDesk, under its licence (MIT)."
OWN_PURPOSE = "A model of your own."

# The models page

TITLE = "Models"
TEXT = "What songs are split with. Models stay on this computer, and so do your songs."
PAGE_BUTTON = "Models…"
PAGE_TIP = "Download, import and remove models (Ctrl+Shift+M)"
LIST_NAME = "Models, installed or to be downloaded"
IMPORT = "Import model file…"
IMPORT_TIP = "Choose a .safetensors or .th file of a Demucs model, or drop it here (Ctrl+I)"
IMPORT_CAPTION = "Which model file?"
IMPORT_FILTERS = "Demucs models (*.safetensors *.th);;All files (*)"
IMPORT_SUFFIXES = (".safetensors", ".th")
NOT_A_MODEL_FILE = "That is no model file: its name should end with .safetensors or .th."
DOWNLOAD = "Download"
CANCEL = "Cancel"
REMOVE = "Remove…"
VERIFY = "Verify"
RETRY = "Try again"
LOOKING = "Looking for models…"
KEEP = "Keep it"
REMOVE_NOW = "Remove"


def size_text(count: int) -> str:
    """84 025 440 → `84 MB`: no more exact than people care for."""
    return f"{round(count / 1e6)} MB" if 10e6 <= count < 1e9 else format_bytes(count)


def download_text(size: int) -> str:
    """A button: `Download (84 MB)`."""
    return f"Download ({size_text(size)})"


def get_text(name: str, size: int) -> str:
    """A button: `Get htdemucs (84 MB)`."""
    return f"Get {printable(name)} ({size_text(size)})"


def download_name(name: str, size: int) -> str:
    return f"Download {printable(name)} ({size_text(size)})"


def for_model(verb: str, name: str) -> str:
    """What a screen reader says for a button of a row: `Verify htdemucs`."""
    return f"{verb.replace('…', '')} {printable(name)}"


def menu_text(choice: ModelChoice, stems: Stems) -> str:
    """An entry of the model menu: the name, and what it would download."""
    missing = choice.missing_bytes(stems)
    name = printable(choice.name)
    if choice.state is ModelState.BUILT_IN:
        return f"{name} (draft)"
    if choice.state is ModelState.BROKEN:
        return f"{name} (damaged)"
    return f"{name} (download {size_text(missing)})" if missing else name


def title(choice: ModelChoice) -> str:
    """`htdemucs — Hybrid Transformer Demucs`."""
    name = printable(choice.name)
    return f"{name} — {printable(choice.title)}" if choice.title else name


def facts(choice: ModelChoice) -> str:
    """`Drums, Bass, Other, Vocals · 84 MB · about the time of htdemucs`."""
    parts = [stems_text(choice.stems)] if choice.stems else []
    if choice.size_bytes:
        parts.append(size_text(choice.size_bytes))
    time = time_text(choice)
    return "  ·  ".join([*parts, time] if time else parts)


def stems_text(stems: Sequence[str]) -> str:
    return ", ".join(stem_label(stem) for stem in stems)


def time_text(choice: ModelChoice) -> str:
    """How long it takes, in words; nothing for htdemucs, which the others are compared with."""
    if choice.state is ModelState.BUILT_IN:
        return f"much faster than {DEFAULT}"
    times = choice.relative_time
    if times is None or choice.name == DEFAULT:
        return ""
    if times < 0.9:
        return f"about {1 / times:.2g}{_TIMES} as fast as {DEFAULT}"
    if times <= 1.1:
        return f"about the time of {DEFAULT}"
    return f"about {times:.2g}{_TIMES} the time of {DEFAULT}"


def notes(choice: ModelChoice) -> str:
    """What is to be known before one takes it: untested, experimental stems, the licence."""
    lines = []
    if not choice.tested:
        lines.append("Untested: StemDesk reads this model, but no one has compared what it makes.")
    if choice.experimental:
        lines.append(f"Experimental: {stems_text(choice.experimental)}.")
    if choice.licence:
        lines.append(printable(choice.licence))
    return "\n".join(lines)


def state_text(choice: ModelChoice, download: Download | None) -> str:
    """Where the model stands: installed or not, or what happens to its files."""
    if download is not None and (download.running or download.phase is Phase.FAILED):
        return errand_text(download)
    text = _STATE_WORDS[choice.state]
    if choice.state is ModelState.PARTIAL:
        rest = size_text(choice.missing_bytes())
        text = f"Installed for {stems_text(choice.stems_there).lower()} only; the rest is {rest}"
    elif choice.state is ModelState.BROKEN:
        text = f"Cannot be used: {choice.trouble}"
    elif choice.state is ModelState.ABSENT and not choice.downloadable:
        text = "Not installed. It cannot be downloaded from here: import its file"
    ended = errand_text(download) if download is not None else ""
    return f"{text}. {ended}" if ended else text


_STATE_WORDS = {
    ModelState.BUILT_IN: "Built in",
    ModelState.INSTALLED: "Installed",
    ModelState.PARTIAL: "",
    ModelState.ABSENT: "Not installed",
    ModelState.BROKEN: "",
}
_PHASE_WORDS = {Phase.WAITING: "Waiting for its turn…", Phase.STOPPING: "Stopping…"}
_DOING = {
    Errand.DOWNLOAD: "Downloading",
    Errand.CHECK: "Checking",
    Errand.IMPORT: "Importing",
}


def errand_text(download: Download) -> str:
    """`Downloading 43 %, 2.1 MB/s, 0:31 left`, or how it ended."""
    if download.phase in _PHASE_WORDS:
        return _PHASE_WORDS[download.phase]
    if download.phase is Phase.FAILED:
        return download.error
    if download.phase is Phase.STOPPED:
        return _stopped_text(download)
    if download.phase is Phase.DONE:
        return _done_text(download)
    return _running_text(download)


def _running_text(download: Download) -> str:
    what = _DOING[download.errand]
    transfer = download.transfer
    if transfer is None:
        return f"{what}…"
    text = f"{what} {int(transfer.fraction * 100 + 1e-6)} %"
    if not transfer.total_bytes:
        text = f"{what}, {format_bytes(transfer.done_bytes)}"
    if transfer.silent and download.errand is Errand.DOWNLOAD:
        return f"{text if transfer.done_bytes else what}, {SILENT}"
    if transfer.bytes_per_s is not None and download.errand is Errand.DOWNLOAD:
        text += f", {format_bytes(transfer.bytes_per_s)}/s"
    if transfer.left_s is not None:
        text += f", {format_duration(transfer.left_s)} left"
    return text


def percent_text(download: Download) -> str:
    """`Downloading 43 %`, where there is little room."""
    if download.phase is Phase.STOPPING or download.transfer is None:
        return errand_text(download)
    return f"{_DOING[download.errand]} {int(download.fraction * 100 + 1e-6)} %"


def _done_text(download: Download) -> str:
    if download.errand is not Errand.CHECK:
        return ""
    if not download.known:
        return "Checked: it can be read, but nothing is known to compare it with"
    return "Checked: every file is what it should be"


def _stopped_text(download: Download) -> str:
    if download.errand is Errand.CHECK:
        return "The check was stopped"
    if download.errand is Errand.IMPORT:
        return "The import was stopped"
    return "The download was stopped; what has come is kept"


def quarter_text(name: str, quarter: int) -> str:
    """`htdemucs: 50 % downloaded`, for screen readers."""
    return f"{printable(name)}: {quarter * 25} % downloaded"


def ended_text(name: str, download: Download) -> str:
    """How a download ended, for screen readers."""
    how = errand_text(download) or "Downloaded and installed"
    return f"{printable(name)}: {how}"


def drop_text(models: int, rest: str) -> str:
    """What a drop with model files will do: `Split 3 files, import 1 model`. `rest`: what it
    does with the others."""
    what = "1 model" if models == 1 else f"{models} models"
    return f"{rest}, import {what}" if rest else f"Import {what}"


def import_text(download: Download) -> str:
    """The line about a file that is imported."""
    name = printable(download.path.name if download.path else "?")
    if download.phase is Phase.WAITING:
        return f"{name}: waiting to be read; a song that is being split goes first"
    return f"{name}: {errand_text(download)}"


def imported_text(name: str, choice: ModelChoice | None) -> str:
    """A file of a model was imported. `choice`: the model as it stands now."""
    parts = choice.parts if choice is not None else ()
    here, all_ = sum(part.there for part in parts), len(parts)
    if choice is None or choice.usable() or not 0 < here < all_:
        return f"{printable(name)} is installed. Choose it as the model, above the songs."
    text = f"{here} of {all_} files of {printable(name)} are here; import the others, too."
    if choice.stems_there:
        text += f" It makes {stems_text(choice.stems_there).lower()} already."
    return text


def removed_text(name: str, freed: int) -> str:
    return f"{printable(name)} was removed: {size_text(freed)} are free again."


def remove_headline(name: str) -> str:
    return f"Remove {printable(name)}?"


def remove_text(choice: ModelChoice) -> str:
    """What removing means; how to get it back."""
    text = "Songs that are split already keep their stems."
    if choice.size_bytes:  # unknown for a damaged one of a person's own
        text = f"That frees {size_text(choice.size_bytes)}. {text}"
    if choice.downloadable:
        return f"{text} You can download it again at any time."
    return f"{text} To have it again you need its file."


def no_model_notice(folder: Path) -> str:
    return (
        "No model is installed, and the built-in one is missing. Get one on the models page, or "
        f"put a Demucs model into {printable(str(folder))}"
    )
