"""The options of `stemdesk export`, and those of `stemdesk split` that export each song at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from stemdesk.core.export_order import (
    MODEL_RATE,
    RATES,
    SOURCE_RATE,
    Clipping,
    Collision,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileKind
from stemdesk.core.template import FIELDS
from stemdesk.models.catalogue import catalogue

_KINDS = {kind.value: kind for kind in FileKind} | {"m4a": FileKind.AAC, "vorbis": FileKind.VORBIS}
_NAMED = (PartKind.STEM, PartKind.ALL_BUT)
_ALONE = [kind.value for kind in PartKind if kind is not PartKind.ALL_BUT]
_PARTS = ", ".join([*_ALONE, *(f"{kind.value}:NAME" for kind in _NAMED)])
_BITS_HELP = "16, 24, 32 (float, wav only), or source: as many as the song's own file has"
_RATE_WORDS = {"source": SOURCE_RATE, "model": MODEL_RATE}
_EXTRAS = {
    Extra.REAPER: "a REAPER project (.rpp) with the files on its tracks",
    Extra.DAWPROJECT: "a .dawproject for Bitwig, Studio One and Cubase, with the files inside",
    Extra.MANIFEST: "a JSON file that says what each file is",
    Extra.NI_STEMS: "a .stem.mp4 for DJ programs; alone: nothing but that",
    Extra.VIDEO: "a copy of the song's video with the remix as its sound; alone: nothing but that",
}


def add_export(command: argparse.ArgumentParser) -> None:
    """`stemdesk export`."""
    command.add_argument(
        "songs",
        nargs="*",
        metavar="SONG",
        help="a song that was split: its file, its song folder, a folder of those, its title or "
        "the beginning of its id",
    )
    listed = command.add_mutually_exclusive_group()
    listed.add_argument("--presets", action="store_true", help="list the presets, and export none")
    listed.add_argument(
        "--list", action="store_true", help="list the songs that can be exported, with their ids"
    )
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the files go; default: the settings, Music/StemDesk exports",
    )
    _add_what(command)
    command.add_argument(
        "--loop", action="store_true", help="only the loop of each song that has one"
    )
    command.add_argument(
        "--as-recorded",
        action="store_true",
        help="the remix without the speed and key that it is heard with",
    )
    files = command.add_argument_group("files")
    files.add_argument(
        "--format",
        type=file_kinds,
        metavar="A,B",
        help=f"{', '.join(_KINDS)}; several with commas; default: wav",
    )
    files.add_argument("--bits", type=bits, metavar="N", help=f"{_BITS_HELP}; default: 24")
    files.add_argument(
        "--exact-sum",
        action=argparse.BooleanOptionalAction,
        help="make the stems sum to the song, sample for sample; what is missing goes to “other”; "
        "default: for a project",
    )
    _add_files(files)
    _add_names(command)
    _add_extras(command)
    command.add_argument("--json", action="store_true", help="print one JSON object a line")


def add_split_export(command: argparse.ArgumentParser) -> None:
    """What makes `stemdesk split` export each song right after its split."""
    group = command.add_argument_group(
        "exports",
        "With one of these, or a --format besides wav and flac, each song is exported into the "
        "same folder as soon as it is split; the stems in its song folder stay lossless.",
    )
    _add_what(group)
    _add_files(group)
    _add_names(group)
    _add_extras(group)
    group.add_argument(
        "--no-export",
        action="store_true",
        help="do not export, whatever the settings say of songs that were split",
    )


def file_kinds(text: str) -> tuple[FileKind, ...]:
    """`wav,mp3`."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in _KINDS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"no file format “{', '.join(unknown) or text}”; there are {', '.join(_KINDS)}"
        )
    return tuple(dict.fromkeys(_KINDS[name] for name in names))


def bits(text: str) -> int:
    """Bits per sample; 0: as many as the source has."""
    if text.lower() == "source":
        return 0
    if text not in ("16", "24", "32"):
        raise argparse.ArgumentTypeError("16, 24, 32 or source")
    return int(text)


def _add_what(command: argparse._ActionsContainer) -> None:
    command.add_argument("--preset", metavar="NAME", help="see: stemdesk export --presets")
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--parts",
        type=_parts,
        metavar="A,B",
        help=f"what to write: {_PARTS}; stem alone means each; default: stem",
    )
    what.add_argument(
        "--two-stems",
        type=_stem,
        metavar="STEM",
        help="two files: this stem, and all but it, for example vocals",
    )


def _add_files(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--kbps", type=int, metavar="N", help="bit rate of mp3, aac and opus, for example 320"
    )
    group.add_argument(
        "--vbr",
        type=_vbr,
        metavar="N",
        help="variable bit rate: mp3 0 (best) to 9, ogg 10 (best) to 0",
    )
    group.add_argument(
        "--rate",
        type=_rate,
        metavar="HZ",
        help="sample rate: source (the song's own file's), model, or hertz; default: source",
    )
    group.add_argument(
        "--dither",
        action=argparse.BooleanOptionalAction,
        help="when going to 16 bits; default: yes",
    )
    group.add_argument(
        "--clipping",
        choices=[item.value for item in Clipping],
        help="what becomes of what is too loud: off (float keeps it, else it is cut), shared (one "
        "gain for all files of a song), limit (its peaks are rounded off); default: shared",
    )
    group.add_argument(
        "--tags",
        action=argparse.BooleanOptionalAction,
        help="the song's tags and cover go along; default: yes",
    )


def _add_names(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--template",
        metavar="TEXT",
        help="the files' names without their endings, / makes folders: "
        + ", ".join(f"{{{name}}}" for name in FIELDS),
    )
    command.add_argument(
        "--if-there",
        choices=[item.value for item in Collision],
        help="what happens where a file of that name is there; default: number",
    )
    command.add_argument(
        "--beside", action="store_true", help="put the files beside the song's own file"
    )


def _add_extras(command: argparse._ActionsContainer) -> None:
    for extra, about in _EXTRAS.items():
        command.add_argument(
            f"--{extra.value}", action="append_const", const=extra, dest="extras", help=about
        )


def _parts(text: str) -> tuple[Part, ...]:
    try:
        parts = [_part(word.strip()) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"no such part in “{text}”; there are {_PARTS}") from error
    if not parts:
        raise argparse.ArgumentTypeError("name at least one part")
    return tuple(dict.fromkeys(parts))


def _part(word: str) -> Part:
    """`vocals` is short for `stem:vocals`. Raises `ValueError`."""
    if word in {stem for model in catalogue() for stem in model.sources}:
        return Part(PartKind.STEM, word)
    part = Part.of(word)
    wants_name = part.kind is PartKind.ALL_BUT
    if (wants_name and not part.stem) or (part.stem and part.kind not in _NAMED):
        raise ValueError(word)
    return part


def _stem(text: str) -> str:
    if not text.strip() or "," in text:
        raise argparse.ArgumentTypeError("name one stem")
    return text.strip()


def _vbr(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 10):
        raise argparse.ArgumentTypeError("a number from 0 to 10")
    return int(text)


def _rate(text: str) -> int:
    word = text.lower()
    if word in _RATE_WORDS:
        return _RATE_WORDS[word]
    if not (word.isascii() and word.isdigit() and int(word) in RATES):
        known = ", ".join([*_RATE_WORDS, *map(str, RATES)])
        raise argparse.ArgumentTypeError(f"no sample rate “{text}”; there are {known}")
    return int(word)
