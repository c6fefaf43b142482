"""What stands in the desk's place: how a song is that cannot be heard, or what its stems lack."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui import messages, reports
from stemdesk.gui.link_offers import link_offer
from stemdesk.gui.model_offers import waiting_offer
from stemdesk.gui.queue_row import state_icon
from stemdesk.gui.row_actions import RowAction, RowCommands, action_buttons, buttons_for
from stemdesk.gui.song_files import give_up_folder
from stemdesk.gui.song_trouble import trouble_state
from stemdesk.gui.state_panel import StatePanel
from stemdesk.gui.tasks import Outcome, Tasks

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_A = RowAction


class SongPanel(StatePanel):
    """`locate_wanted`: id of a song whose stems were moved."""

    locate_wanted = Signal(str)
    models_wanted = Signal()
    settings_wanted = Signal()

    def __init__(
        self,
        controller: Controller,
        commands: RowCommands,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._commands = commands
        self._tasks = tasks

    def show_job(self, job: Job) -> None:
        """How a job stands, and what it may be asked."""
        controller = self._controller
        elsewhere = controller.is_elsewhere(job.id)
        offer = waiting_offer(controller, job, self.models_wanted.emit) or link_offer(
            controller, self._commands, job, self.settings_wanted.emit
        )
        if offer is not None and not elsewhere:
            mark = offer.icon or state_icon(job.state)
            self.show_state(mark, offer.headline, offer.text, offer.fraction, offer.buttons)
            return
        progress = controller.progress(job.id)
        asked = messages.asked_text(controller.is_cancelling(job.id), controller.is_pausing(job.id))
        running = job.state in ACTIVE and not elsewhere
        actions = buttons_for(job, elsewhere)
        if job.state is JobState.FAILED:
            actions = (_A.RETRY, _A.DETAILS, _A.REMOVE)
        self.show_state(
            state_icon(job.state),
            messages.state_headline(job, elsewhere, asked),
            messages.state_explained(job, progress, elsewhere, asked),
            (progress.fraction if progress else 0.0) if running else None,
            action_buttons(self._commands, job, actions),
        )

    def show_opening(self, job: Job) -> None:
        """A finished song whose stems are being looked for."""
        self.show_state(state_icon(job.state), messages.state_headline(job), "")

    def show_trouble(self, job: Job, damaged: Path | None) -> None:
        """Stems that are gone, or (the path) one that cannot be read, and the ways out."""
        headline, text, buttons = trouble_state(
            job,
            damaged,
            self._commands,
            partial(self.locate_wanted.emit, job.id),
            partial(self._split_beside, job.id),
        )
        self.show_state(("locate", "warning"), headline, text, None, buttons)

    def _split_beside(self, job_id: str, folder: Path) -> None:
        """Split a song again whose folder looks complete and is not."""

        def given_up(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._controller.message.emit(reports.error_message(outcome.error, folder))
            else:
                self._commands.run(_A.SPLIT_AGAIN, [job_id])

        self._tasks.io(partial(give_up_folder, folder), given_up)
