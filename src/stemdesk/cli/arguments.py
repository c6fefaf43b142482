"""The commands and their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from stemdesk import __version__
from stemdesk.cli.export_arguments import add_export, add_split_export, bits, file_kinds
from stemdesk.cli.link_arguments import add_link_options, without_links
from stemdesk.core.options import MAX_SHIFTS
from stemdesk.core.quality import BEST_MODEL, Quality

COMMANDS = (
    *("split", "demo", "export", "models", "update-downloader", "gpu-pack", "doctor", "clean"),
)

_ABOUT = (
    "StemDesk takes a song apart: vocals, drums, bass and the rest, on your own machine. "
    "Without a command the window opens."
)
_EXIT_CODES = "Exit codes: 0 all done, 1 some songs failed, 2 wrong usage, 130 stopped."


_BEST_IS_A_MODEL = (
    f"--quality best always splits with the model {BEST_MODEL}, not with {{model}}: leave --model "
    "out, or choose --quality fast or standard"
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command and its options. Ends the process (2) for those that make no sense."""
    root = parser()
    options = root.parse_args(arguments)
    quality, model = getattr(options, "quality", None), getattr(options, "model", None)
    if quality == Quality.BEST and model not in (None, BEST_MODEL):
        root.error(_BEST_IS_A_MODEL.format(model=model))
    if getattr(options, "two_stems", None) and getattr(options, "stems", None):
        root.error("--two-stems says which stems are needed: leave --stems out")
    if options.command == "export" and not (options.songs or options.presets or options.list):
        root.error("name a song: stemdesk export --list shows which there are")
    more = options.command == "clean" and (options.models or options.yes)
    if more and not options.everything:
        root.error("--models and --yes belong to --everything")
    return options


def parser() -> argparse.ArgumentParser:
    """The parser for every command."""
    root = argparse.ArgumentParser(prog="stemdesk", description=_ABOUT, epilog=_EXIT_CODES)
    root.add_argument("--version", action="version", version=f"StemDesk {__version__}")
    root.add_argument(  # for its help only: `__main__` runs it
        "--self-test",
        action="store_true",
        help="try every part of StemDesk on this computer; with --json: as JSON",
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    split = commands.add_parser("split", help="split songs into stems", epilog=_EXIT_CODES)
    split.add_argument(
        "paths", nargs="+", metavar="FILE_FOLDER_OR_LINK", help="a link begins with https://"
    )
    _add_split_options(split)
    add_link_options(split)
    add_split_export(split)
    demo = commands.add_parser("demo", help="make a short demo song and split it")
    _add_split_options(demo)
    without_links(demo)
    add_split_export(demo)
    export = commands.add_parser(
        "export",
        help="bring stems and remixes of songs that were split into other files",
        epilog=_EXIT_CODES,
    )
    add_export(export)
    _add_models(commands.add_parser("models", help="list, download, import, remove, check models"))
    _add_gpu_pack(
        commands.add_parser("gpu-pack", help="get, show or remove what an NVIDIA GPU is used with")
    )
    for name, about in (
        ("update-downloader", "fetch a newer yt-dlp, which gets the songs behind links"),
        ("doctor", "show the device, versions, folders, disk, sound and models"),
        ("clean", "remove old working files"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("--json", action="store_true", help="print JSON")
        if name == "clean":
            _add_clean_options(command)
    return root


def _add_clean_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--everything",
        action="store_true",
        help="remove all that StemDesk keeps: its list of songs, working files, cache, logs and "
        "settings. Your stems and songs stay. Asks first",
    )
    command.add_argument("--models", action="store_true", help="with --everything: models, too")
    command.add_argument("--yes", action="store_true", help="with --everything: do not ask")


def _add_models(command: argparse.ArgumentParser) -> None:
    """`stemdesk models` alone lists them."""
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    command.set_defaults(action=None)
    download = actions.add_parser(
        "download", help="fetch a model; what a broken download has left is used"
    )
    download.add_argument("name", metavar="NAME", help="a model of the list (stemdesk models)")
    download.add_argument(
        "--stems",
        type=_names,
        metavar="A,B",
        help="only the files that these stems need, for example vocals; default: all",
    )
    bring = actions.add_parser("import", help="install a model file that you have")
    bring.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="a Demucs model (.safetensors), an original .th file of a model in the list, or a "
        ".yaml beside its files",
    )
    bring.add_argument(
        "--name", help="its name, if it is none of the list; default: from the file's name"
    )
    remove = actions.add_parser("remove", help="delete a model's files")
    remove.add_argument("name", metavar="NAME")
    verify = actions.add_parser("verify", help="read the files and compare their SHA-256")
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: every installed model")
    check = actions.add_parser(
        "check-catalogue", help="fetch every file that can be downloaded, check it, delete it"
    )
    check.add_argument("names", nargs="*", metavar="NAME", help="default: every model of the list")
    check.add_argument("--legacy", action="store_true", help="the original .th files, too")
    command.add_argument("--json", action="store_true", help="print JSON")
    for one in (download, bring, remove, verify, check):  # their default must not win over it
        one.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def _add_gpu_pack(command: argparse.ArgumentParser) -> None:
    """`stemdesk gpu-pack` alone shows what there is of it."""
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    command.set_defaults(action=None)
    bring = actions.add_parser(
        "install",
        help="fetch PyTorch with CUDA, gigabytes, and try it; what a broken try has left is used",
    )
    remove = actions.add_parser("remove", help="delete it")
    command.add_argument("--json", action="store_true", help="print JSON")
    for one in (bring, remove):  # their default must not win over it
        one.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def _add_split_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the song folders go; default: the settings, Music/StemDesk",
    )
    add(
        "--quality",
        choices=[item.value for item in Quality],
        help="fast takes a little less time; best takes the model "
        f"{BEST_MODEL} and several times as long; default: the settings, standard",
    )
    add(
        "--model",
        metavar="NAME",
        help="an installed model (see: stemdesk models); default: the settings, else htdemucs, "
        "else another installed one, else the built-in draft",
    )
    add(
        "--stems",
        type=_names,
        metavar="A,B",
        help="only these stems, for example vocals,drums; default: all",
    )
    add(
        "--format",
        type=file_kinds,
        metavar="FORMAT",
        help="wav or flac; default: the settings, flac. Others, or several with commas, are "
        "exports, see below",
    )
    add(
        "--bits",
        type=bits,
        metavar="N",
        help="16, 24 or 32; default: the settings, 24; 32 is float, WAV only",
    )
    add(
        "--exact-sum",
        action=argparse.BooleanOptionalAction,
        help="make the saved stems sum to the mix, sample for sample; what the model left over "
        "goes to “other”; default: the settings, off",
    )
    add(
        "--shifts",
        type=int,
        choices=range(MAX_SHIFTS + 1),
        default=0,
        help="split each song that many times, each time moved by a moment, and take the average: "
        "2 sounds a little cleaner and takes twice the time; default: 0, once and not moved",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), help="default: auto, the fastest")
    add(
        "--full-precision",
        action=argparse.BooleanOptionalAction,
        help="let a GPU compute with full precision, which is slower; default: the settings, no",
    )
    add("--force", action="store_true", help="split again what is split already")
    add("--json", action="store_true", help="print one JSON object a line")


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError("name at least one stem")
    return names
