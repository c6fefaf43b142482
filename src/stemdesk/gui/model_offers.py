"""What a song's own place says and offers about models: while it waits for one, and where the
draft has split it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from stemdesk.core.job import Job, JobState
from stemdesk.gui import labels, model_words, offer_words
from stemdesk.gui.choosing import settings_with_default
from stemdesk.gui.model_values import Errand
from stemdesk.gui.state_panel import Button
from stemdesk.gui.waits import awaited_model
from stemdesk.models.library import BUILT_IN, DEFAULT

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Offer:
    """A headline, lines below it, how far a download is (None: no bar), and the ways on. `icon`:
    name and colour, where it is not the state's."""

    headline: str
    text: str
    fraction: float | None
    buttons: tuple[Button, ...]
    icon: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line below a draft's title, and (if `button` is not empty) what can be done about it."""

    text: str
    button: str = ""
    act: Act | None = None


def waiting_offer(controller: Controller, job: Job, show_models: Act) -> Offer | None:
    """What a song that waits for a model says; None for any other."""
    name, desk = awaited_model(job), controller.models
    if not name:
        return None
    choice, download, stems = desk.choice(name), desk.downloads.get(name), job.separation.stems
    running = download is not None and download.fetches
    buttons: list[Button] = []
    if running:
        buttons.append((labels.CANCEL_DOWNLOAD, "close", partial(desk.cancel, name)))
    elif choice is not None and choice.choosable:
        text = model_words.download_text(choice.missing_bytes(stems))
        if choice.usable(stems):
            text = model_words.RETRY  # it came a moment ago, by another way
        buttons.append((text, "drop", partial(_get, controller, job.id)))
    else:
        buttons.append((model_words.PAGE_BUTTON, "drop", show_models))
    other = desk.instead(job)
    if other is not None:
        text = offer_words.use_instead_text(other)
        buttons.append((text, "split", partial(desk.use_instead, [job.id])))
    buttons.append((labels.ACTIONS["cancel"], "close", partial(controller.cancel, job.id)))
    if running:  # two things that can be cancelled: the download is the one at hand
        buttons.pop()
    return Offer(
        offer_words.waiting_headline(name),
        offer_words.waiting_explained(choice, name, stems, download),
        download.fraction if download is not None and running else None,
        tuple(buttons),
    )


def _get(controller: Controller, job_id: str) -> None:
    """Download what a waiting song needs, or go on with it if that is there."""
    job = controller.job(job_id)
    choice = controller.models.choice(awaited_model(job)) if job is not None else None
    if job is not None and choice is not None and choice.usable(job.separation.stems):
        controller.go_on([job_id])
    else:
        controller.models.download_for([job_id])


def is_draft(job: Job) -> bool:
    """Whether the built-in model has split it."""
    return job.state is JobState.DONE and job.separation.model == BUILT_IN


def draft_line(controller: Controller, job: Job) -> DraftLine | None:
    """What is to be known about a draft; None for any other song."""
    if not is_draft(job):
        return None
    desk = controller.models
    choice, download = desk.choice(DEFAULT), desk.downloads.get(DEFAULT)
    if choice is None or not choice.choosable:
        return DraftLine(offer_words.draft_text(0))
    if choice.usable():
        text = offer_words.draft_text(0)
        return DraftLine(text, offer_words.AGAIN, partial(_split_better, controller, job.id))
    if download is not None and download.errand is not Errand.DOWNLOAD:
        download = None
    if download is not None and download.running:
        return DraftLine(f"{DEFAULT}: {model_words.errand_text(download)}")
    size = choice.missing_bytes()
    text = offer_words.draft_text(size)
    ended = model_words.errand_text(download) if download is not None else ""
    if ended:
        text = f"{text} {ended}"
    act = partial(desk.download, DEFAULT)
    return DraftLine(text, model_words.get_text(DEFAULT, size), act)


def _split_better(controller: Controller, job_id: str) -> None:
    """Split a draft again with htdemucs, also where the draft's stems are gone."""
    settings = controller.settings
    if settings.model == BUILT_IN:  # chosen once; this is another choice
        controller.models.settings_wanted.emit(replace(settings, model=DEFAULT))
    controller.split_again(job_id, settings_with_default(settings))
