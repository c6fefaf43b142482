"""Runs one command. Exit codes: 0 all done, 1 some songs failed, 2 usage, 130 stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from stemdesk.cli.arguments import parser
from stemdesk.cli.display import Display, JsonDisplay, TextDisplay
from stemdesk.core.errors import ErrorCode, ModelError, SettingsError, StemDeskError
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import STAND_IN_NOTE, printable, say
from stemdesk.core.settings import Settings, load_settings
from stemdesk.paths import Folders, folders

_INTERRUPTED = 130


def run_command(arguments: Sequence[str]) -> int:
    """Parse and run; returns the exit code. Never a traceback for what a person can meet."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show "█" or "日本"
    options = parser().parse_args(arguments)
    defaults = folders()
    settings = load_settings(defaults.settings_file)
    where = defaults.chosen(settings)
    try:
        if options.command == "split":
            return split(options, options.paths, where, settings)
        if options.command == "demo":
            return demo(options, where, settings)
        from stemdesk.cli import reports

        return int(getattr(reports, options.command)(where, settings, options.json))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SettingsError as error:
        _complain(error)
        return 2
    except StemDeskError as error:
        _complain(error)
        return 1


def split(
    options: argparse.Namespace, paths: Sequence[Path], where: Folders, settings: Settings
) -> int:
    """`stemdesk split`. Raises `StemDeskError` for what concerns the whole run."""
    from stemdesk.models.library import ModelLibrary, default_model

    display: Display = JsonDisplay() if options.json else TextDisplay()
    library = ModelLibrary(where.models)
    model = options.model or default_model(library, settings.model)
    if model is None:
        raise ModelError(ErrorCode.MODEL_NONE_INSTALLED, path=library.folder)
    library.get(model)  # said once, not once a song
    if not options.model:
        display.note(f"Model: {model}")
    separation = SeparationOptions(model, options.stems or ())
    return _run(options, paths, where, settings, separation, library.folder, display)


def demo(options: argparse.Namespace, where: Folders, settings: Settings) -> int:
    """`stemdesk demo`: make the demo song and split it, with a stand-in where no model is."""
    from stemdesk.audio.demo import write_demo_song
    from stemdesk.models.library import STAND_IN, ModelLibrary, default_model

    display: Display = JsonDisplay() if options.json else TextDisplay()
    folder = where.models
    model = options.model or default_model(ModelLibrary(folder), settings.model)
    with tempfile.TemporaryDirectory(prefix="stemdesk-demo-") as temporary:
        if model is None:
            from stemdesk.engine.stand_in import make_stand_in

            display.note(STAND_IN_NOTE)
            folder = Path(temporary) / "models"
            make_stand_in(folder)
            model = STAND_IN
        song = write_demo_song(where.demo)
        separation = SeparationOptions(model, options.stems or ())
        return _run(options, [song], where, settings, separation, folder, display)


def _run(
    options: argparse.Namespace,
    paths: Sequence[Path],
    where: Folders,
    settings: Settings,
    separation: SeparationOptions,
    models: Path,
    display: Display,
) -> int:
    from stemdesk.cli.split import Splitter
    from stemdesk.jobs.pipeline import Pipeline, Workplace
    from stemdesk.jobs.store import JobStore
    from stemdesk.models.library import ModelLibrary

    cancel = CancelToken()
    _stop_on_signals(cancel)
    place = Workplace(
        scratch=where.scratch,
        compute_lock=where.compute_lock,
        library=ModelLibrary(models),
        device=options.device or settings.device,
        limit_s=settings.longest_hours * 3600,
        force=options.force,
    )
    root = (options.output or where.output).expanduser().absolute()
    store = JobStore(where.database)
    try:
        splitter = Splitter(store, Pipeline(place), display, cancel)
        return splitter.split(paths, separation, _export(options, settings), root)
    finally:
        store.close()


def _export(options: argparse.Namespace, settings: Settings) -> ExportOptions:
    """Options given on the line, else the settings; `--bits 32` without a format means WAV."""
    if options.format is None and options.bits is None:
        return settings.export
    kind = AudioFormat(options.format or ("wav" if options.bits == 32 else settings.format))
    return ExportOptions(kind, options.bits or 24)


def _stop_on_signals(cancel: CancelToken) -> None:
    """Ctrl+C and SIGTERM stop the run: the token stops a network between two layers, the
    exception everything else (the import of torch, a wait)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        cancel.cancel()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _complain(error: StemDeskError) -> None:
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    print(f"stemdesk: {happened} {remedy}", file=sys.stderr)
    if error.detail:
        print(f"  ({printable(error.detail)})", file=sys.stderr)
