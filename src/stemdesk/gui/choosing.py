"""Which model new songs get, and which one could do instead: pure functions over the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stemdesk.core.options import SeparationOptions
from stemdesk.core.quality import BEST_MODEL, Quality, model_and_overlap
from stemdesk.core.settings import Settings
from stemdesk.gui.model_values import ModelChoice, ModelState, Stems
from stemdesk.models.library import BUILT_IN, DEFAULT

Choices = Sequence[ModelChoice]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new song is split with. `waits`: the model is to be downloaded first."""

    options: SeparationOptions
    waits: bool = False


def find(choices: Choices, name: str) -> ModelChoice | None:
    return next((choice for choice in choices if choice.name == name), None)


def quality_in_reach(choices: Choices, settings: Settings) -> Quality:
    """The chosen quality; Standard in place of Best where its model cannot be had at all."""
    quality = Quality(settings.quality)
    best = find(choices, BEST_MODEL)
    reachable = best is not None and best.choosable
    return Quality.STANDARD if quality is Quality.BEST and not reachable else quality


def chosen_model(choices: Choices, settings: Settings) -> str:
    """The model that songs get unless the quality brings its own: the one in the settings, else
    the best that is installed, else htdemucs, which is to be asked about once, or the draft.
    A damaged one is not passed over in silence: the song says what is wrong with it."""
    chosen = find(choices, settings.model)
    if chosen is not None and (chosen.choosable or chosen.state is ModelState.BROKEN):
        return chosen.name
    better = better_than_draft(choices, settings.stems) or better_than_draft(choices)
    if better is not None:
        return better.name
    draft, default = find(choices, BUILT_IN), find(choices, DEFAULT)
    can_ask = default is not None and default.choosable
    damaged = default is not None and default.state is ModelState.BROKEN
    if damaged and not settings.draft_accepted:
        return DEFAULT
    if draft is not None and (settings.draft_accepted or not can_ask):
        return BUILT_IN
    broken = next((choice.name for choice in choices if choice.state is ModelState.BROKEN), None)
    return DEFAULT if can_ask or broken is None else broken


def better_than_draft(choices: Choices, stems: Stems = ()) -> ModelChoice | None:
    """htdemucs if it is installed, else the first other one, of those that make these stems."""
    able = [
        choice
        for choice in choices
        if choice.name != BUILT_IN and choice.usable(stems) and _makes(choice, stems)
    ]
    return find(able, DEFAULT) or (able[0] if able else None)


def _makes(choice: ModelChoice, stems: Stems) -> bool:
    return set(stems) <= set(choice.stems)


def plan(choices: Choices, settings: Settings) -> Plan:
    """A snapshot of the settings; stems that the model does not have are not asked for."""
    quality = quality_in_reach(choices, settings)
    model, overlap = model_and_overlap(quality, chosen_model(choices, settings))
    wanted = SeparationOptions(
        model, settings.stems, overlap, full_precision=settings.full_precision
    )
    return _plan(choices, wanted)


def plan_at_once(choices: Choices, settings: Settings) -> Plan:
    """The same with what is installed: nothing is waited for where anything can be had."""
    first = plan(choices, settings)
    name, stems = first.options.model, first.options.stems
    choice = find(choices, name)
    there = choice is not None and choice.usable(stems)
    other = None if there else instead_of(choices, name, stems)
    return first if other is None else with_other(first.options, other)


def with_other(options: SeparationOptions, model: ModelChoice) -> Plan:
    """The same song with another model, and with those of the stems that it has."""
    return _plan((model,), replace(options, model=model.name))


def _plan(choices: Choices, wanted: SeparationOptions) -> Plan:
    choice = find(choices, wanted.model)
    if choice is not None and choice.stems:
        stems = tuple(stem for stem in wanted.stems if stem in choice.stems)
        wanted = replace(wanted, stems=stems)
    waits = choice is not None and choice.choosable and not choice.usable(wanted.stems)
    return Plan(wanted, waits)


def instead_of(choices: Choices, model: str, stems: Stems = ()) -> ModelChoice | None:
    """What can split a song now in place of `model`: a better one than the draft, or that, if
    they make these stems; else what is there, for those of the stems that it has."""
    others = [choice for choice in choices if choice.name != model]
    draft, better = find(others, BUILT_IN), better_than_draft(others, stems)
    if better is None and (draft is None or not _makes(draft, stems)):
        better = better_than_draft(others)
    return better or draft


def settings_with_other(settings: Settings, model: str, other: ModelChoice) -> Settings:
    """The settings of someone who takes `other` and does not want to be asked again."""
    if other.name == BUILT_IN:
        settings = replace(settings, draft_accepted=True)
    if model == BEST_MODEL and settings.quality == Quality.BEST.value:
        settings = replace(settings, quality=Quality.STANDARD.value)
    if settings.model == model:
        settings = replace(settings, model="" if other.name == BUILT_IN else other.name)
    return settings


def settings_with_default(settings: Settings) -> Settings:
    """The settings for a song that is to be split with htdemucs, whatever others get."""
    quality = settings.quality
    if quality == Quality.BEST.value:  # it would bring its own model
        quality = Quality.STANDARD.value
    return replace(settings, model=DEFAULT, quality=quality)
