"""The words of the export window. Those about how an export goes and ends are in
`export_reports`."""

from __future__ import annotations

from collections.abc import Sequence

from stemdesk.audio.listening import Listening, Loop
from stemdesk.core.export_order import (
    MODEL_RATE,
    RATES,
    SOURCE_RATE,
    Clipping,
    Collision,
    Extra,
    PartKind,
)
from stemdesk.core.file_format import BITS, KBPS, QUALITIES, FileFormat, FileKind
from stemdesk.core.sentences import count_of, format_duration, printable
from stemdesk.gui.labels import stem_label
from stemdesk.gui.link_words import shortened

EXPORT = "Export…"
EXPORT_TIP = "Save stems, the remix or an instrumental as files of your choice (Ctrl+E)"
NOT_FINISHED_TIP = "A song can be exported once it is split"
TITLE = "Export"
EXPORT_NOW = "Export"

# Presets

PRESET = "Preset"
PRESET_TIP = "What was exported last, ready-made choices, and your own"
YOUR_CHOICE = "Your choice"
SAVE_AS = "Save as a preset…"
RENAME = "Rename…"
DELETE = "Delete"
PRESET_MENU = "Save, rename or delete presets"
NAME_HEADLINE = "What should the preset be called?"
NAME_NAME = "Name of the preset"
NAME_HINT = "MP3s for the band"
SAVE = "Save"
REPLACES = "A preset of that name is there already: it is replaced."
NAME_TAKEN = "Another preset has that name."


def about_preset(text: str, name: str) -> str:
    """`Rename…` with the preset that it is about."""
    return f"{text.rstrip('…')} “{printable(name)}”" + ("…" if text.endswith("…") else "")


# What

WHAT = "What"
MORE_PARTS = "More"
REST = "Without one"
PARTS = {
    PartKind.REMIX: "Your remix, as you hear it",
    PartKind.INSTRUMENTAL: "Instrumental",
    PartKind.A_CAPPELLA: "A cappella",
    PartKind.RESIDUAL: "What the stems leave over",
    PartKind.ORIGINAL: "The original",
}
PART_TIPS = {
    PartKind.REMIX: "With each song's volumes, pans, mutes and solos of now",
    PartKind.INSTRUMENTAL: "All stems but the vocals, as one file",
    PartKind.A_CAPPELLA: "The vocals alone",
    PartKind.RESIDUAL: "The song minus all of its stems, to listen to what the model missed",
    PartKind.ORIGINAL: "The undivided song, as long as the stems and beginning with them",
}
LOOP_ONLY = "Only the loop"
LOOP_TIP = "Of songs whose loop is on, only the part that it plays"
NO_LOOP_TIP = "Turn the loop on first (L)"
TUNED = "With speed and key as heard"
TUNED_TIP = "The remix as fast and as high as it plays now"


def all_but(stem: str) -> str:
    return f"All but {stem_label(stem).lower()}"


def stem_tip(stem: str) -> str:
    return f"A file with the {stem_label(stem).lower()} alone (Space)"


def loop_text(loop: Loop | None) -> str:
    """`Only the loop (0:12 to 0:24)`."""
    if loop is None:
        return LOOP_ONLY
    return f"{LOOP_ONLY} ({format_duration(loop[0])} to {format_duration(loop[1])})"


def tuned_text(listening: Listening) -> str:
    """`With speed and key as heard (80 %, +2)`."""
    facts = []
    if listening.speed_percent != 100.0:
        facts.append(f"{listening.speed_percent:g} %")
    if listening.key_semitones:
        facts.append(f"{listening.key_semitones:+g}".replace("-", "\N{MINUS SIGN}"))
    return f"{TUNED} ({', '.join(facts)})" if facts else TUNED


# Format

FORMAT = "Format"
KIND_NAME = "File format"
QUALITY_NAME = "Quality of the file format"
ADD_FORMAT = "One more format"
ADD_FORMAT_TIP = "Write every file in another format, too"
REMOVE_FORMAT = "Not in this format"
RATE = "Sample rate"
RATE_TIP = "Files in the song's own rate line up with it in a music program"
KINDS = {
    FileKind.WAV: "WAV",
    FileKind.FLAC: "FLAC",
    FileKind.AIFF: "AIFF",
    FileKind.ALAC: "Apple Lossless (M4A)",
    FileKind.MP3: "MP3",
    FileKind.AAC: "AAC (M4A)",
    FileKind.VORBIS: "Ogg Vorbis",
    FileKind.OPUS: "Opus",
}
_BITS = {0: "As the song", 16: "16 bit", 24: "24 bit", 32: "32 bit float"}


def qualities(kind: FileKind) -> dict[FileFormat, str]:
    """What can be chosen of a kind, each with its text, the usual one first or in the middle."""
    texts: dict[FileFormat, str] = {}
    for bits in (24, 16, 32, 0):
        if kind in BITS and bits in (0, *BITS[kind]):
            texts[FileFormat(kind, bits)] = _BITS[bits]
    for kbps in reversed(KBPS.get(kind, ())):
        texts[FileFormat(kind, kbps=kbps)] = f"{kbps} kbit/s"
    held = QUALITIES.get(kind, range(0))
    for quality in held if kind is FileKind.MP3 else reversed(held):
        texts[FileFormat(kind, quality=quality)] = _variable(kind, quality)
    return texts


def usual(kind: FileKind) -> FileFormat:
    """What a kind begins with."""
    if kind in BITS:
        return FileFormat(kind, 24)
    if kind in KBPS:
        return FileFormat(kind, kbps=KBPS[kind][-1])
    return FileFormat(kind, quality=8)


def _variable(kind: FileKind, quality: int) -> str:
    if kind is FileKind.MP3:
        best = {0: ", the best", 9: ", the smallest"}.get(quality, "")
        return f"Variable, V{quality}{best}"
    best = {10: ", the best", 0: ", the smallest"}.get(quality, "")
    return f"Quality {quality}{best}"


LONGEST_QUALITY = max(len(text) for kind in FileKind for text in qualities(kind).values()) * 3 // 4
"""The longest text of a quality, in letters as wide as X."""


def rates(samplerates: Sequence[int], model_rates: Sequence[int]) -> dict[int, str]:
    """The choices of sample rates; `samplerates`: of the songs' own files, 0 where not known."""
    texts = {
        SOURCE_RATE: f"The song's own{_known(samplerates)}",
        MODEL_RATE: f"The model's{_known(model_rates)}",
    }
    return texts | {rate: kilohertz(rate) for rate in RATES}


def _known(samplerates: Sequence[int]) -> str:
    known = set(samplerates)
    return f" ({kilohertz(known.pop())})" if len(known) == 1 and 0 not in known else ""


def kilohertz(rate: int) -> str:
    return f"{rate / 1000:g} kHz"


# Where

WHERE = "Where"
FOLDER = "Folder"
FOLDER_NAME = "Folder for the files"
FOLDER_CAPTION = "Where should the files go?"
BESIDE = "Beside each song's own file"
BESIDE_TIP = "Each song's files lie in the folder that the song itself lies in"
TEMPLATE = "Names of the files"
TEMPLATE_TIP = "Words in braces are filled in for each file; / makes a folder"
ADD_FIELD = "Add a word…"
ADD_FIELD_TIP = "Put one of the words that are filled in at the cursor"
PREVIEW_NAME = "Names of the files that will be written"
NOT_APART = "All files of a song would have the same name: they get numbers. Add {stem}."
COLLISION = "If a file is there already"
COLLISIONS = {
    Collision.NUMBER: "Keep it, and number the new one",
    Collision.SKIP: "Keep it, and skip the new one",
    Collision.REPLACE: "Replace it",
}


def field_text(name: str, meaning: str) -> str:
    """One of the words that can be added to the names."""
    return f"{{{name}}}: {meaning}"


# More

MORE_DAW = "For music programs and DJs"
MORE_SOUND = "Sound"
MORE_NAMES = "Names and tags"
EXACT = "The stems sum to the song, sample for sample"
EXACT_TIP = "What the model leaves over goes to “other”; for mixing on in a music program"
DITHER = "Dither when going to 16 bit"
DITHER_TIP = "A very quiet noise instead of distortion in what is very quiet"
CLIPPING = "Louder than full scale"
CLIPPINGS = {
    Clipping.SHARED: "Turn all files of a song down by the same amount",
    Clipping.OFF: "Leave it: 32 bit float keeps it, others clip",
    Clipping.LIMIT: "Limit it, as the player does",
}
EXTRAS = {
    Extra.REAPER: "REAPER project",
    Extra.DAWPROJECT: "DAWproject",
    Extra.NI_STEMS: "NI Stems for DJs (.stem.mp4)",
    Extra.VIDEO: "The video with your remix as its sound",
    Extra.MANIFEST: "List of the files with their facts (JSON)",
}
EXTRA_TIPS = {
    Extra.REAPER: "A project beside the files, with names, colours, volumes, pans and mutes",
    Extra.DAWPROJECT: "For Bitwig, Studio One, Cubase and others: all tracks in one file",
    Extra.NI_STEMS: "Plays as the whole song everywhere, as five tracks in Traktor and others",
    Extra.VIDEO: "A copy of the video; its picture stays as it is",
    Extra.MANIFEST: "Lengths, rates, model, how exactly the stems sum, checksums",
}
NO_VIDEO_TIP = "The song does not come from a video"
TAGS = "Write the song's tags and cover into the files"
TAGS_TIP = "Title (with the stem), artist, album, cover and the rest"

# What will come of it

NOTHING = "Choose what to export."
LOSSY_SUM = "Files in {formats} do not sum to the song sample for sample; lossless ones do."
RESIDUAL_SILENT = "When the stems sum to the song, nothing is left over: that file is silent."
NO_FOLDER = "Choose a folder."
NO_NAMES = "The names of the files need a change."
WILL_CLIP = "What is louder than full scale will clip in files that are not 32 bit float."


def stems_gone(titles: Sequence[str]) -> str:
    """Of several songs, those that cannot be exported."""
    first = f"“{shortened(printable(titles[0]))}”"
    if len(titles) == 1:
        return f"{first} is left out: its stems are not where they were saved."
    return f"{first} and {len(titles) - 1} more are left out: their stems are not there any more."


def headline(titles: Sequence[str]) -> str:
    """`Export “Viper”`, `Export 3 songs`."""
    if len(titles) == 1:
        return f"Export “{shortened(printable(titles[0]))}”"
    return f"Export {len(titles)} songs"


def files_text(files: int, songs: int) -> str:
    """`8 files`, `24 files of 3 songs`."""
    text = count_of(files, "file")
    return f"{text} of {songs} songs" if songs > 1 else text


def export_text(files: int) -> str:
    """What the button says."""
    return f"Export {count_of(files, 'file')}" if files else EXPORT_NOW


def more_text(count: int) -> str:
    """Under the first names of a preview."""
    return f"and {count} more"


def lossy_sum(kinds: Sequence[FileKind]) -> str:
    names = " and ".join(KINDS[kind] for kind in kinds)
    return LOSSY_SUM.format(formats=names)


def auto_texts(names: Sequence[str], chosen: str) -> dict[str, str]:
    """The presets that can be exported with after each split, in the settings."""
    texts = {"": "No"} | {name: printable(name) for name in names}
    if chosen and chosen not in names:
        texts[chosen] = f"{printable(chosen)} (not there any more)"
    return texts
