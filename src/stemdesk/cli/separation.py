"""How a line of `stemdesk split` wants its songs separated: model, stems, quality."""

from __future__ import annotations

import argparse

from stemdesk.cli.choice import say_best_is_missing, say_choice
from stemdesk.cli.display import Display
from stemdesk.core.options import SeparationOptions
from stemdesk.core.quality import BEST_MODEL, Quality, model_and_overlap
from stemdesk.core.settings import Settings
from stemdesk.jobs.pipeline import wanted_stems
from stemdesk.models.library import ModelLibrary, default_quality, default_reason


def separation_of(
    options: argparse.Namespace, settings: Settings, library: ModelLibrary, display: Display
) -> SeparationOptions:
    """What the line asks for, else the settings; tells the model if the line names none.
    Raises `ModelError`."""
    stems = _needed_first(options)
    quality = _quality(options, settings, library)
    if quality is Quality.BEST and not options.model:
        display.note(f"Model: {BEST_MODEL}, quality: {quality.value}.")
        model = BEST_MODEL
    elif options.model:
        model = options.model
    else:
        choice = default_reason(library, settings.model, stems)
        display.note(say_choice(choice, quality, library, stems))
        model = choice.name
    best = Quality(settings.quality) is Quality.BEST and not (options.quality or options.model)
    if best and quality is not Quality.BEST:
        display.note(say_best_is_missing(stems))
    model, overlap = model_and_overlap(quality, model)
    info = library.get(model, stems)
    wanted_stems(info, stems)
    if options.two_stems and info.needed(stems) == info.needed():
        stems = ()  # the others come for nothing: one network gives them all
    full = options.full_precision
    full_precision = settings.full_precision if full is None else full
    return SeparationOptions(model, stems, overlap, options.shifts, full_precision)


def _needed_first(options: argparse.Namespace) -> tuple[str, ...]:
    """The stems that a model must give; () for all of its."""
    return (options.two_stems,) if options.two_stems else options.stems or ()


def _quality(options: argparse.Namespace, settings: Settings, library: ModelLibrary) -> Quality:
    """A model that the line names is taken even where the settings say Best."""
    if options.quality:
        return Quality(options.quality)
    quality = default_quality(library, settings.quality, _needed_first(options))
    return Quality.STANDARD if options.model and quality is Quality.BEST else quality
