"""Runs one command. Exit codes: 0 all done, 1 some songs failed, 2 usage, 130 stopped."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from stemdesk.awake import held_off
from stemdesk.cli.arguments import parse
from stemdesk.cli.display import Display, JsonDisplay, TextDisplay
from stemdesk.cli.export_after import ExportAfter, ExportPlan, plan_of
from stemdesk.cli.export_choice import exports_too
from stemdesk.cli.exporting import opened_originals
from stemdesk.cli.link_arguments import with_link_options
from stemdesk.cli.link_songs import LinkPlace
from stemdesk.cli.order import Order
from stemdesk.cli.separation import separation_of
from stemdesk.cli.split import Splitter
from stemdesk.core.errors import ErrorCode, SettingsError, StemDeskError
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import printable, say
from stemdesk.core.settings import Settings, load_settings
from stemdesk.jobs.acquire import rules_of
from stemdesk.jobs.pipeline import Pipeline, Workplace
from stemdesk.jobs.store import JobStore
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders, folders, user_path

_INTERRUPTED = 130
_STOPPABLE = ("export", "models", "update-downloader", "gpu-pack")


def run_command(arguments: Sequence[str]) -> int:
    """Parse and run; returns the exit code. Never a traceback for what a person can meet."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show "█" or "日本"
    options = parse(arguments)
    defaults = folders()
    settings = load_settings(defaults.settings_file)
    where = defaults.chosen(settings)
    try:
        if options.command in ("split", "demo"):
            display: Display = JsonDisplay() if options.json else TextDisplay()
            return _told(lambda: _split(options, where, settings, display), display)
        if options.command in _STOPPABLE:
            return _stoppable(options, where, settings)
        return _report(options, where, settings)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SettingsError as error:
        _complain(error)
        return 2
    except StemDeskError as error:
        _complain(error)
        return 1


def _stoppable(options: argparse.Namespace, where: Folders, settings: Settings) -> int:
    """`stemdesk export`, `models`, `update-downloader` and `gpu-pack`."""
    from stemdesk.cli import export, gpu_pack, models, update

    cancel = CancelToken()
    _stop_on_signals(cancel)
    if options.command == "export":
        return export.run(options, where, settings, cancel)
    if options.command == "models":
        return models.run(options, where, settings, cancel)
    if options.command == "gpu-pack":
        return gpu_pack.run(options, where, cancel)
    return update.run(where, options.json, cancel)


def _report(options: argparse.Namespace, where: Folders, settings: Settings) -> int:
    """`stemdesk doctor` and `stemdesk clean`."""
    from stemdesk.cli import everything, reports

    if options.command == "clean" and options.everything:
        return everything.run(options, where)
    return int(getattr(reports, options.command)(where, settings, options.json))


def _told(run: Callable[[], int], display: Display) -> int:
    """What concerns the whole run is told as what concerns one song is."""
    try:
        return run()
    except SettingsError:
        raise
    except StemDeskError as error:
        display.failed(error)
        display.end(0, 1, 1)
        return 1


def _split(
    options: argparse.Namespace, where: Folders, settings: Settings, display: Display
) -> int:
    """`stemdesk split` and `stemdesk demo`. Raises `StemDeskError` for what concerns the whole
    run: said once, not once a song."""
    root = _root(options, where)
    plan = plan_of(options, settings, where, root, display.note)
    export = _export(options, settings)
    library = ModelLibrary(where.models)
    asked = options.paths if options.command == "split" else [_demo_song(where)]
    separation = separation_of(options, settings, library, display)
    device = options.device or settings.device
    if device not in ("auto", "cpu"):
        from stemdesk.engine.devices import probe

        probe(device)
    place = Workplace(
        scratch=where.scratch,
        compute_lock=where.compute_lock,
        library=library,
        device=device,
        limit_s=settings.longest_hours * 3600,
        force=options.force,
        checks=where.self_checks,
    )
    order = Order(separation, export, root)
    run = _Run(order, place, _links(options, where, settings), where, settings)
    return run(asked, plan, display)


def _demo_song(where: Folders) -> Path:
    from stemdesk.audio.demo import write_demo_song

    return write_demo_song(where.demo)


def _root(options: argparse.Namespace, where: Folders) -> Path:
    return user_path(options.output) if options.output else where.output


def _links(options: argparse.Namespace, where: Folders, settings: Settings) -> LinkPlace:
    """What links may do on this line."""
    chosen = with_link_options(settings, options)
    return LinkPlace(where, lambda: rules_of(chosen, where), options.first, options.force)


@dataclass(frozen=True, slots=True)
class _Run:
    """Splits songs, and exports each where that is planned."""

    order: Order
    place: Workplace
    links: LinkPlace
    where: Folders
    settings: Settings

    def __call__(
        self, asked: Sequence[str | Path], plan: ExportPlan | None, display: Display
    ) -> int:
        cancel = CancelToken()
        _stop_on_signals(cancel)
        store = JobStore(self.where.database)
        with ExitStack() as stack:
            stack.callback(store.close)
            stack.enter_context(held_off(self.settings.stay_awake))
            after = None
            if plan is not None:
                originals = stack.enter_context(opened_originals(self.where, self.settings))
                after = ExportAfter(plan, originals, display, cancel, store.recall)
            splitter = Splitter(store, Pipeline(self.place), display, cancel, self.links, after)
            return splitter.split(asked, self.order)


def _export(options: argparse.Namespace, settings: Settings) -> ExportOptions:
    """How stems are saved in the song folder: as the line says, else the settings; where the line
    says it of an export, as the settings say. `--bits 32` without a format means WAV."""
    if options.exact_sum is not None:
        settings = replace(settings, exact_sum=options.exact_sum)
    if exports_too(options) or (options.format is None and options.bits is None):
        return settings.export
    usual = "wav" if options.bits == 32 else settings.format
    kind = AudioFormat(options.format[0].value if options.format else usual)
    if options.bits is None:
        return replace(settings, format=kind.value).export
    return ExportOptions(kind, options.bits, settings.exact_sum, settings.keep_original)


def _stop_on_signals(cancel: CancelToken) -> None:
    """Ctrl+C and SIGTERM stop the run through the token, which is asked everywhere that takes
    time. Only an import (torch takes seconds) is broken off by an exception: elsewhere one could
    come up inside of a library's callback, which would swallow it, or of a clean-up."""

    def stop(_number: int, frame: FrameType | None) -> None:
        cancel.cancel()
        while frame is not None:
            if "importlib._bootstrap" in frame.f_code.co_filename:
                raise KeyboardInterrupt
            frame = frame.f_back

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _complain(error: StemDeskError) -> None:
    if error.code is ErrorCode.SETTINGS_INVALID:  # the line's own: the detail says it all
        print(f"stemdesk: {printable(error.detail)}", file=sys.stderr)
        return
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    print(f"stemdesk: {happened} {remedy}", file=sys.stderr)
    if error.detail:
        print(f"  ({printable(error.detail)})", file=sys.stderr)
