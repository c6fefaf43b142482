"""What can be done with a song in the list: which actions in which state, and doing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from stemdesk.core.errors import ErrorCode, ExportError
from stemdesk.core.files import is_folder
from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.core.link import read_link
from stemdesk.gui import labels, reports
from stemdesk.gui.action_row import Button
from stemdesk.gui.icons import themed
from stemdesk.gui.outside import show_folder, show_page
from stemdesk.gui.tasks import Outcome
from stemdesk.gui.waits import awaited_model

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class RowAction(StrEnum):
    """The value names it in tests and as the action's object name."""

    PAUSE = "pause"
    RESUME = "resume"
    GO_ON = "go-on"
    DETAILS = "details"
    RETRY = "retry"
    GET_MODEL = "get-model"
    USE_INSTEAD = "use-instead"
    CANCEL = "cancel"
    SHOW_FOLDER = "show-folder"
    EXPORT = "export"
    SPLIT_AGAIN = "split-again"
    OPEN_LINK = "open-link"
    MOVE_TOP = "move-top"
    MOVE_UP = "move-up"
    MOVE_DOWN = "move-down"
    REMOVE = "remove"
    TRASH = "trash"


LABELS = {action: labels.ACTIONS[action.value] for action in RowAction}
ICONS = {
    RowAction.PAUSE: "pause",
    RowAction.RESUME: "play",
    RowAction.GO_ON: "play",
    RowAction.DETAILS: "info",
    RowAction.RETRY: "retry",
    RowAction.GET_MODEL: "drop",
    RowAction.USE_INSTEAD: "split",
    RowAction.CANCEL: "close",
    RowAction.SHOW_FOLDER: "folder",
    RowAction.EXPORT: "export",
    RowAction.SPLIT_AGAIN: "retry",
    RowAction.OPEN_LINK: "link",
    RowAction.MOVE_TOP: "move-top",
    RowAction.MOVE_UP: "move-up",
    RowAction.MOVE_DOWN: "move-down",
    RowAction.REMOVE: "close",
    RowAction.TRASH: "trash",
}

_A = RowAction
_MOVES = (_A.MOVE_TOP, _A.MOVE_UP, _A.MOVE_DOWN)
_BY_STATE: dict[JobState, tuple[RowAction, ...]] = {
    JobState.QUEUED: (_A.PAUSE, _A.CANCEL, *_MOVES, _A.REMOVE),
    JobState.WAITING: (_A.PAUSE, _A.CANCEL, _A.RETRY, *_MOVES, _A.REMOVE),
    JobState.PAUSED: (_A.RESUME, _A.CANCEL, *_MOVES, _A.REMOVE),
    JobState.DOWNLOADING: (_A.PAUSE, _A.CANCEL, _A.REMOVE),
    JobState.DECODING: (_A.PAUSE, _A.CANCEL, _A.REMOVE),
    JobState.SEPARATING: (_A.PAUSE, _A.CANCEL, _A.REMOVE),
    JobState.SAVING: (_A.CANCEL, _A.REMOVE),
    JobState.DONE: (_A.SHOW_FOLDER, _A.EXPORT, _A.SPLIT_AGAIN, _A.REMOVE, _A.TRASH),
    JobState.FAILED: (_A.RETRY, _A.DETAILS, _A.REMOVE),
    JobState.CANCELLED: (_A.RETRY, _A.REMOVE),
    JobState.INTERRUPTED: (_A.GO_ON, _A.CANCEL, _A.REMOVE),
}
_FOR_A_MODEL = (_A.GET_MODEL, _A.USE_INSTEAD, _A.PAUSE, _A.CANCEL, *_MOVES, _A.REMOVE)
_BUTTONS = (
    _A.GET_MODEL,
    _A.USE_INSTEAD,
    _A.PAUSE,
    _A.RESUME,
    _A.GO_ON,
    _A.RETRY,
    _A.SHOW_FOLDER,
    _A.CANCEL,
)
_OF_MANY = frozenset(
    {
        _A.PAUSE,
        _A.RESUME,
        _A.GO_ON,
        _A.RETRY,
        _A.GET_MODEL,
        _A.USE_INSTEAD,
        _A.CANCEL,
        _A.EXPORT,
        _A.REMOVE,
    }
)


def useless_for(controller: Controller, job: Job) -> frozenset[RowAction]:
    """Of what is offered to a song that waits for its model: what would do nothing."""
    if not awaited_model(job):
        return frozenset()
    desk = controller.models
    choice, useless = desk.choice(job.separation.model), set()
    if choice is None or not choice.choosable:
        useless.add(_A.GET_MODEL)
    if desk.instead(job) is None:
        useless.add(_A.USE_INSTEAD)
    return frozenset(useless)


def actions_for(
    job: Job, elsewhere: bool = False, useless: Collection[RowAction] = ()
) -> tuple[RowAction, ...]:
    """What can be done with a job; nothing while another StemDesk runs it."""
    actions = _of_state(job, elsewhere, useless)
    if job.link is None or _A.REMOVE not in actions:
        return actions
    before = actions.index(_A.REMOVE)
    return *actions[:before], _A.OPEN_LINK, *actions[before:]


def _of_state(job: Job, elsewhere: bool, useless: Collection[RowAction]) -> tuple[RowAction, ...]:
    if elsewhere and job.state in ACTIVE | {JobState.WAITING}:
        return ()
    if awaited_model(job):
        return tuple(action for action in _FOR_A_MODEL if action not in useless)
    actions = _BY_STATE[job.state]
    if job.state is JobState.WAITING and job.failure is None:  # it runs: behind another StemDesk
        return tuple(action for action in actions if action is not _A.RETRY)
    return actions


def buttons_for(
    job: Job, elsewhere: bool = False, useless: Collection[RowAction] = ()
) -> tuple[RowAction, ...]:
    """The two at most that its row shows as buttons."""
    allowed = actions_for(job, elsewhere, useless)
    return tuple(action for action in _BUTTONS if action in allowed)[:2]


def common_actions(each: Sequence[tuple[RowAction, ...]]) -> tuple[RowAction, ...]:
    """What can be done with all of several jobs, given what each allows."""
    if len(each) == 1:
        return each[0]
    allowed = set.intersection(*map(set, each)) & _OF_MANY if each else set()
    return tuple(action for action in RowAction if action in allowed)


class RowCommands(QObject):
    """Does the actions. Those that ask first or show something are signals for the window."""

    details_wanted = Signal(str)
    trash_wanted = Signal(str)
    export_wanted = Signal(object)  # list[str]

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller

    def run(self, action: RowAction, ids: Sequence[str]) -> None:
        """Do `action` for the jobs where it is allowed now; they may have changed meanwhile."""
        allowed = [job_id for job_id in ids if action in self.allowed(job_id)]
        if not allowed:
            return
        controller = self._controller
        many = {
            _A.REMOVE: controller.remove,
            _A.EXPORT: self.export_wanted.emit,
            _A.GO_ON: controller.go_on,
            _A.GET_MODEL: controller.models.download_for,
            _A.USE_INSTEAD: controller.models.use_instead,
        }
        if action in many:
            many[action](allowed)
            return
        controller.for_each(allowed, lambda job_id: self._run_one(action, job_id))

    def allowed(self, job_id: str) -> tuple[RowAction, ...]:
        controller, job = self._controller, self._controller.job(job_id)
        if job is None:
            return ()
        return actions_for(job, controller.is_elsewhere(job_id), useless_for(controller, job))

    def _run_one(self, action: RowAction, job_id: str) -> None:
        controller = self._controller
        one = {
            _A.PAUSE: controller.pause,
            _A.RESUME: controller.resume,
            _A.RETRY: controller.retry,
            _A.CANCEL: controller.cancel,
            _A.SPLIT_AGAIN: controller.split_again,
            _A.DETAILS: self.details_wanted.emit,
            _A.TRASH: self.trash_wanted.emit,
            _A.SHOW_FOLDER: self._show_folder,
            _A.OPEN_LINK: self._open_link,
        }
        if action in _MOVES:
            self._move(job_id, action)
        else:
            one[action](job_id)

    def _show_folder(self, job_id: str) -> None:
        """Open the song's folder, or say that it is not there: systems say nothing."""
        job = self._controller.job(job_id)
        if job is None or job.output is None:
            return
        folder = job.output

        def looked(outcome: Outcome[bool]) -> None:
            if outcome.value:
                show_folder(folder)
            else:
                gone = ExportError(ErrorCode.STEMS_MISSING, path=folder)
                self._controller.message.emit(reports.error_message(gone))

        self._controller.tasks.io(lambda: is_folder(folder), looked)

    def _open_link(self, job_id: str) -> None:
        """In the system's browser."""
        job = self._controller.job(job_id)
        address = read_link(job.link.address) if job is not None and job.link is not None else None
        if address is not None:  # http and https only, whatever a site has said
            show_page(address)

    def _move(self, job_id: str, action: RowAction) -> None:
        ids = [job.id for job in self._controller.jobs]
        here = ids.index(job_id)
        there = {_A.MOVE_TOP: 0, _A.MOVE_UP: here - 1, _A.MOVE_DOWN: here + 2}[action]
        if there < 0 or there > len(ids) or (there == here):
            return  # it is at that end already
        self._controller.move(job_id, ids[there] if there < len(ids) else None)

    def menu(self, ids: Sequence[str], parent: QWidget) -> QMenu:
        """The context menu for the selected jobs."""
        menu = QMenu(parent)
        there = [job_id for job_id in ids if self._controller.job(job_id) is not None]
        for action in common_actions([self.allowed(job_id) for job_id in there]):
            if action in (_A.MOVE_TOP, _A.REMOVE) and menu.actions():
                menu.addSeparator()
            item = QAction(themed(ICONS[action]), LABELS[action], menu)
            item.setObjectName(action.value)
            item.triggered.connect(lambda _=False, what=action: self.run(what, ids))
            menu.addAction(item)
        return menu


def action_buttons(commands: RowCommands, job: Job, actions: Iterable[RowAction]) -> list[Button]:
    """A button for each of what can be done with a job."""
    return [
        (LABELS[action], ICONS[action], partial(commands.run, action, [job.id]))
        for action in actions
    ]
