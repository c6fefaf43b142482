"""The sentences people read about errors and notices: what happened, to which file, what to do.

One table for the window and the command line, so that both say the same. `{name}` is the file's
name, `{path}` its full path; the other fields are the error's facts, with bytes and seconds
written out by `say`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stemdesk.core.errors import ErrorCode
from stemdesk.core.export_sentences import EXPORT_ERRORS, EXPORT_NOTICES
from stemdesk.core.gpu_sentences import GPU_ERRORS, GPU_REMEDIES
from stemdesk.core.link_sentences import LINK_ERRORS, UPDATE_REMEDIES
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth

_E = ErrorCode
ERRORS: dict[ErrorCode, tuple[str, str]] = {
    _E.SOURCE_MISSING: ("{name} is not there any more.", "Put it back, or choose it anew."),
    _E.SOURCE_UNREADABLE: (
        "{name} cannot be read.",
        "Check that the file is not open elsewhere and that you may read it.",
    ),
    _E.SOURCE_EMPTY: ("{name} is empty (0 bytes).", "Get the file again."),
    _E.SOURCE_UNSUPPORTED: (
        "{name} is not a sound or video file that StemDesk can read.",
        "Check the file in a music player, or convert it to WAV or FLAC.",
    ),
    _E.SOURCE_PLAYLIST: (
        "{name} is a playlist, not a song.",
        "Add the songs that it lists instead.",
    ),
    _E.SOURCE_NO_AUDIO: ("{name} has no sound track.", "Choose a file with sound."),
    _E.SOURCE_NO_FRAMES: ("{name} holds no sound: it is 0 seconds long.", "Get the file again."),
    _E.SOURCE_IMPLAUSIBLE: (
        "{name} says it has {channels} channels at {samplerate_hz} Hz, which cannot be right.",
        "The file is damaged: get it again.",
    ),
    _E.SOURCE_TOO_LONG: (
        "{name} is longer than {limit_s}, the limit in the settings.",
        "Raise the limit in the settings, or cut the file.",
    ),
    _E.SOURCE_CHANGED: (
        "{name} was changed while it was being split.",
        "Split it again when it is finished.",
    ),
    _E.FOLDER_WITHOUT_AUDIO: (
        "There is no sound file in the folder {name}.",
        "Choose a folder with songs.",
    ),
    _E.MODEL_MISSING: (
        "The model “{model}” is not installed.",
        "Choose an installed model, or import its files.",
    ),
    _E.MODEL_NONE_INSTALLED: (
        "No model is installed yet.",
        "Put a Demucs model into the models folder: {path}",
    ),
    _E.MODEL_CORRUPT: (
        "The model file {name} is damaged.",
        "Get it again: remove the model, then download or import it anew.",
    ),
    _E.MODEL_REFUSED: (
        "The model file {name} is not a Demucs model that StemDesk trusts.",
        "Install a model from a source you know.",
    ),
    _E.MODEL_UNKNOWN: (
        "There is no model “{model}”.",
        "The list of models shows which there are: stemdesk models.",
    ),
    _E.MODEL_NOT_DOWNLOADABLE: (
        "The model “{model}” cannot be downloaded with StemDesk.",
        "If you have its files, import them.",
    ),
    _E.MODEL_NOT_RECOGNISED: (
        "{name} is no model file that StemDesk knows, and it was not opened.",
        "Import a Demucs model as .safetensors, or an original file of a model in the list.",
    ),
    _E.MODEL_WRONG_HASH: (
        "The model file {name} is not the one that was released or imported: its SHA-256 is "
        "{found}, and {expected} was expected.",
        "Do not use it: remove the model, then download or import it anew.",
    ),
    _E.MODEL_BUSY: (
        "The model “{model}” is being downloaded right now.",
        "Wait until it is here, or cancel the download.",
    ),
    _E.MODEL_IN_USE: (
        "The model “{model}” is splitting a song right now.",
        "Remove it when that is done.",
    ),
    _E.MODEL_BUILT_IN: (
        "The model “{model}” is built in and cannot be removed.",
        "It needs no room but that of StemDesk itself.",
    ),
    _E.MODEL_NAME_TAKEN: (
        "There is another model with the name “{model}” already.",
        "Choose another name, or remove that model first.",
    ),
    _E.MODEL_NAME_INVALID: (
        "A model cannot have the name “{model}”.",
        "Use up to 64 letters, digits, - and _, without accents.",
    ),
    _E.DOWNLOAD_OFFLINE: (
        "The server {host} cannot be reached.",
        "Check the internet connection and try again. Without one, import the model file or use "
        "the built-in draft model.",
    ),
    _E.DOWNLOAD_PROXY: (
        "The proxy {proxy} does not let the download from {host} through.",
        "Check the proxy in the system's settings or in HTTPS_PROXY, or import the model file.",
    ),
    _E.DOWNLOAD_UNTRUSTED: (
        "No safe connection to {host} is possible: it could not prove who it is.",
        "Check the date of this computer. In a hotel or a company, sign in to the network in a "
        "browser first. Then try again.",
    ),
    _E.DOWNLOAD_ADDRESS: (
        "Nothing can be downloaded from “{address}”.",
        "Check the mirror in the settings: it begins with https://",
    ),
    _E.DOWNLOAD_REDIRECTED: (
        "The server {host} sends the download of {name} on to a place that is not safe.",
        "Check the mirror in the settings. In a hotel or a company, sign in to the network in a "
        "browser first.",
    ),
    _E.DOWNLOAD_REFUSED: (
        "The server {host} did not send {name}: {meaning} (HTTP {status}).",
        "Try again later. If it stays so, check the mirror in the settings or import the model "
        "file.",
    ),
    _E.DOWNLOAD_STALLED: (
        "Nothing more comes from {host}.",
        "Check the internet connection and try again: it goes on from where it stopped.",
    ),
    _E.DOWNLOAD_BROKEN: (
        "The connection to {host} broke off after {done_bytes} of {total_bytes}.",
        "Try again: it goes on from there.",
    ),
    _E.DOWNLOAD_NOT_THE_FILE: (
        "A web page came instead of {name}.",
        "This network may want you to sign in: open a browser, sign in, and try again.",
    ),
    _E.DOWNLOAD_WRONG_SIZE: (
        "What {host} has as {name} is {found_bytes} long, not {expected_bytes}: it is another file "
        "and was not kept.",
        "Check the mirror in the settings, try again later, or import the model file.",
    ),
    _E.DOWNLOAD_WRONG_HASH: (
        "What {host} sent as {name} is not the right file and was deleted: its SHA-256 is {found}, "
        "not {expected}.",
        "Check the mirror in the settings, or import the model file.",
    ),
    **LINK_ERRORS,
    **GPU_ERRORS,
    _E.STEM_UNKNOWN: ("The model has no stem “{stem}”.", "Choose from: {known}."),
    _E.DEVICE_UNAVAILABLE: (
        "This computer cannot compute on “{device}”.",
        "Choose “auto” in the settings.",
    ),
    _E.DEVICE_OUT_OF_MEMORY: (
        "The graphics card has run out of memory.",
        "Close other programs that use it, or compute on the CPU.",
    ),
    _E.OUTPUT_UNAVAILABLE: (
        "The sound device is gone, or it refused; the song is paused.",
        "Connect it again, or press Play: it goes on through the device that is there.",
    ),
    _E.FOLDER_NOT_WRITABLE: (
        "{path} cannot be written to.",
        "Choose another folder, or check that you may write there.",
    ),
    _E.DISK_FULL: (
        "The disk is full: {path} has {free_bytes} left and {needed_bytes} are needed.",
        "Make room: what is finished is kept, and it goes on from there.",
    ),
    _E.ENCODER_FAILED: ("{name} could not be written.", "Try another file format."),
    **EXPORT_ERRORS,
    _E.STEMS_MISSING: (
        "The stems are not in {path} any more.",
        "Locate the folder, split the song again, or remove it from the list.",
    ),
    _E.SCRATCH_DAMAGED: (
        "The working file {name} is gone or cut off.",
        "Try again: what is missing is done anew. Check the disk if it happens twice.",
    ),
    _E.JOB_BUSY: (
        "{name} is being split by another StemDesk right now.",
        "Wait until it is done there.",
    ),
    _E.STORE_FAILED: (
        "The list of jobs at {path} cannot be read or written.",
        "Check the disk. If the file is damaged, move it away and start again.",
    ),
    _E.STORE_BUSY: (
        "Another StemDesk is writing to the list of jobs.",
        "Try again in a moment.",
    ),
    _E.STORE_NEWER: (
        "The list of jobs at {path} was made by a newer StemDesk.",
        "Use that version, or move the file away.",
    ),
    _E.SETTINGS_INVALID: ("A setting has a value that is not allowed: {detail}.", "Change it."),
    _E.INTERNAL: (
        "Something went wrong inside StemDesk while it worked on {name}.",
        "Please try again. If it happens again, report it with the details.",
    ),
}

# A missing model that StemDesk can fetch, and one of which only some stems were fetched.
_DOWNLOAD_IT = "Download it ({needed_bytes}) on the page Models, or with: {command}"
_PARTLY_INSTALLED = "Of the model “{model}” only the part for {installed} is installed."

_N = NoticeCode
NOTICES: dict[NoticeCode, str] = {
    _N.TRUNCATED: (
        "The file is damaged or cut off: {decoded_s} of {declared_s} could be read and were split."
    ),
    _N.NOT_FINITE: "{samples} samples were not numbers and were set to silence.",
    _N.DOWNMIXED: "The {channels} channels were mixed down to stereo.",
    _N.CLIPPED: (
        "The stem “{stem}” is {peak_db:.1f} dB louder than the format can hold and was clipped; "
        "32-bit WAV keeps it whole."
    ),
    _N.RENAMED: "Saved as “{name}”, since a folder of that name was there already.",
    _N.SUM_LEFT_OUT: (
        "The stems were not made to sum to the mix: that takes all stems of the model, and only "
        "some were asked for."
    ),
    _N.BATCH_REDUCED: "{device} ran out of memory and was given less at a time.",
    _N.DEVICE_LEFT: (
        "{device} ran out of memory or stopped answering, so the processor did the rest. The next "
        "song tries it again."
    ),
    **EXPORT_NOTICES,
}

Fact = str | int | float
_TO_THE_BYTE = {"expected_bytes", "found_bytes"}  # they may differ by one


def say(
    code: ErrorCode, path: Path | None, facts: Mapping[str, Fact], detail: str = ""
) -> tuple[str, str]:
    """What happened and what to do next, for an error's code, path and facts."""
    known: dict[str, Fact] = {"detail": detail, **_written(facts)}
    known |= {"path": printable(str(path or "?")), "name": printable(path.name if path else "?")}
    happened, remedy = ERRORS[code]
    if code is ErrorCode.MODEL_MISSING:
        happened = _PARTLY_INSTALLED if "installed" in facts else happened
        remedy = _DOWNLOAD_IT if "command" in facts else remedy
    if "updating" in facts:
        remedy = UPDATE_REMEDIES.get(code, remedy)
    if "gpu_pack" in facts:
        remedy = GPU_REMEDIES.get(code, remedy)
    return happened.format_map(_Gaps(known)), remedy.format_map(_Gaps(known))


def say_notice(notice: Notice) -> str:
    """A notice as one sentence."""
    return NOTICES[notice.code].format_map(_Gaps(_written(notice.facts)))


def say_null_depth(depth: NullDepth) -> str:
    """How well the saved stems give the song back: `recombines at … dB`, or exactly."""
    if depth.saved_db is None:
        return "recombines exactly"
    return f"recombines at {_decibels(depth.saved_db)}"


def say_null_depth_at_length(depth: NullDepth) -> str:
    """The same as whole sentences, with what the stems were before they were made to sum up."""
    if depth.saved_db is None:
        text = "Added up, the stems are the song, sample for sample."
    else:
        text = (
            f"Added up, the stems give the song back with an error of {_decibels(depth.saved_db)}."
        )
    if depth.plain_db is not None and depth.plain_db != depth.saved_db:
        text += f" As they were separated, the error was {_decibels(depth.plain_db)}."
    return text


def _decibels(value: float) -> str:
    """-38.2 → `-38 dB`, with a real minus sign."""
    return f"{round(value)} dB".replace("-", "\N{MINUS SIGN}")


def format_bytes(count: float) -> str:
    """1 536 000 → `1.5 MB` (decimal units, as file managers show them)."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("bytes", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def format_duration(seconds: float) -> str:
    """Seconds as `m:ss`, from one hour on `h:mm:ss`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def format_wait(seconds: float) -> str:
    """`3 min`, from one hour on `1 h 5 min`; whole minutes that have passed."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def count_of(number: int, word: str) -> str:
    """`1 file`, `3 files`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def printable(text: str) -> str:
    """`text` with control characters and undecodable bytes (halves of surrogate pairs) as `�`,
    safe to show."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _written(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    written: dict[str, Fact] = {}
    for key, value in facts.items():
        if isinstance(value, str):
            written[key] = printable(value)
        elif key in _TO_THE_BYTE:
            written[key] = f"{value:,} bytes"
        elif key.endswith("_bytes"):
            written[key] = "more" if key == "needed_bytes" and not value else format_bytes(value)
        elif key.endswith("_s"):
            vague = key == "declared_s" and not value
            written[key] = "an unknown length" if vague else format_duration(value)
        else:
            written[key] = value
    return written


class _Gaps(dict[str, Fact]):
    """A fact that an error does not carry reads `?` instead of raising."""

    def __missing__(self, key: str) -> str:
        return "?"
