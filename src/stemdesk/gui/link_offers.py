"""What stands in the desk's place for a song that is still to be fetched from its link, or whose
link did not become one: how it stands, why, and the ways on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Job, JobState
from stemdesk.gui import fetch_words, messages
from stemdesk.gui.model_offers import Offer
from stemdesk.gui.queue_row import LIST_ICON
from stemdesk.gui.row_actions import RowAction, RowCommands, action_buttons, buttons_for
from stemdesk.gui.state_panel import Button

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_A = RowAction
_E = ErrorCode
SETTINGS_HELP = frozenset(
    {
        _E.LINK_PRIVATE,
        _E.LINK_LOGIN,
        _E.LINK_AGE,
        _E.LINK_TOO_LONG,
        _E.LINK_TOO_LARGE,
        _E.LINK_ADDRESS_REFUSED,
        _E.LINK_EMPTY,
        _E.LINK_COOKIES,
    }
)
"""What cookies, limits or a switch in the settings may put right."""
UPDATES_HELP = frozenset({_E.LINK_SITE_CHANGED, _E.LINK_TOOL_FAILED, _E.LINK_REFUSED})
"""What a newer downloader may put right."""


def link_offer(
    controller: Controller, commands: RowCommands, job: Job, show_settings: Callable[[], object]
) -> Offer | None:
    """What a link's song says; None where it is as any other's."""
    if job.link is None or controller.is_cancelling(job.id) or controller.is_pausing(job.id):
        return None
    if job.state is JobState.FAILED:
        return _failed(controller, commands, job, show_settings)
    if not job.needs_fetch or job.state in (JobState.DONE, JobState.WAITING, JobState.CANCELLED):
        return None
    found = controller.links.list_of(job.id)
    if found is not None:
        choose: Button = (
            fetch_words.CHOOSE_ENTRIES,
            "list",
            partial(controller.links.ask_again, job.id),
        )
        return Offer(
            fetch_words.list_headline(found),
            fetch_words.list_explained(found),
            None,
            (choose, *action_buttons(commands, job, (_A.REMOVE,))),
            LIST_ICON,
        )
    progress = controller.progress(job.id)
    loads = progress is not None and progress.transfer is not None
    return Offer(
        fetch_words.headline(job, progress) or messages.state_headline(job),
        fetch_words.explained(job, progress),
        progress.fraction if progress is not None and loads else None,
        tuple(action_buttons(commands, job, buttons_for(job))),
    )


def _failed(
    controller: Controller, commands: RowCommands, job: Job, show_settings: Callable[[], object]
) -> Offer | None:
    """Why a link's song cannot be had, and what may help; None where it failed later."""
    if job.failure is None or not fetch_words.is_about_link(job):
        return None
    code = job.failure.code
    downloader, update = controller.downloader, controller.downloader.update
    text, fraction = "\n".join(messages.explain(job)), None
    buttons: list[Button] = []
    if code in UPDATES_HELP and update is not None and update.running:
        text = f"{text}\n\n{fetch_words.update_text(update)}"
        fraction = update.fraction
        buttons.append((fetch_words.CANCEL_UPDATE_NAME, "close", downloader.cancel))
    elif code in UPDATES_HELP:
        buttons.append((fetch_words.UPDATE, "drop", partial(downloader.start, job.id)))
    elif code in SETTINGS_HELP:
        buttons.append((fetch_words.SETTINGS, "settings", show_settings))
    later = (_A.RETRY, _A.OPEN_LINK, _A.DETAILS, _A.REMOVE)
    buttons += action_buttons(commands, job, later)
    return Offer(messages.state_headline(job), text, fraction, tuple(buttons))
