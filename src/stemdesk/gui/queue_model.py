"""The queue as a Qt list model. Rows follow the controller's signals; 10 000 are no burden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QPixmap

from stemdesk.core.job import Job, JobState
from stemdesk.gui import labels, messages
from stemdesk.gui.covers import Covers
from stemdesk.gui.fetch_words import failed_briefly, fetch_briefly, list_text
from stemdesk.gui.model_offers import is_draft
from stemdesk.gui.offer_words import DRAFT_QUALITY, arriving_briefly, arriving_text
from stemdesk.gui.row_actions import RowAction, buttons_for, useless_for
from stemdesk.gui.waits import awaited_model
from stemdesk.gui.widgets import plain_tip

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

Index = QModelIndex | QPersistentModelIndex
MIME_TYPE = "application/x-stemdesk-row"
_NOWHERE = QModelIndex()


class QueueModel(QAbstractListModel):
    """One row a job, in the order of the queue."""

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._jobs: list[Job] = []
        self._rows: dict[str, int] = {}
        self._arriving: dict[str, str] = {}  # model: what rows that wait for it say
        self.covers = Covers(lambda: controller.tasks, self)
        self._read_all()
        self.covers.arrived.connect(lambda: self._tell_of(list(range(len(self._jobs)))))
        controller.jobs_reset.connect(self._reset)
        controller.jobs_added.connect(self._add)
        controller.job_changed.connect(self._change)
        controller.progress_changed.connect(self._change)
        controller.job_moved.connect(self._move)
        controller.jobs_removed.connect(self._remove)
        controller.models.changed.connect(self._model_changed)
        controller.models_known.connect(self._models_known)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._jobs):
            return None
        job = self._jobs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return messages.song_title(job)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{messages.song_title(job)}\n{self.state_text(job)}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{messages.song_title(job)}, {self.state_text(job)}"
            case _:
                return None

    # What a row shows. Not as roles of `data`: reading Python objects out of a QVariant while
    # painting was seen to crash (PySide6 6.11.3, Python 3.11).

    def state_text(self, job: Job) -> str:
        """The job's state in words, as its row shows it."""
        controller, name = self._controller, awaited_model(job)
        if name and not controller.is_elsewhere(job.id):
            return arriving_text(name, controller.models.downloads.get(name))
        asked = messages.asked_text(controller.is_cancelling(job.id), controller.is_pausing(job.id))
        progress, elsewhere = controller.progress(job.id), controller.is_elsewhere(job.id)
        found = controller.links.list_of(job.id)
        if found is not None:
            return list_text(found)
        text = messages.state_text(job, progress, elsewhere, asked)
        if self.is_missing(job):
            return labels.STEMS_GONE
        return f"{text}, {DRAFT_QUALITY}" if is_draft(job) else text

    def short_state_text(self, job: Job) -> str:
        """The same where there is little room: how far its model is, before everything else."""
        name, progress = awaited_model(job), self._controller.progress(job.id)
        if job.state is JobState.DOWNLOADING and progress is not None:
            return fetch_briefly(job, progress)
        if job.state is JobState.FAILED and job.failure is not None:
            return failed_briefly(job.failure.code) or self.state_text(job)
        download = self._controller.models.downloads.get(name) if name else None
        return arriving_briefly(name, download) if name else self.state_text(job)

    def fraction(self, job: Job) -> float:
        """How far the job's stage is, 0 to 1."""
        progress = self._controller.progress(job.id)
        return 0.0 if progress is None else progress.fraction

    def is_list(self, job: Job) -> bool:
        """Whether a list was found behind its link, whose entries are to be chosen."""
        return self._controller.links.list_of(job.id) is not None

    def cover(self, job: Job) -> QPixmap | None:
        """The picture of a song from a link, as soon as it is read."""
        return None if job.link is None else self.covers.get(job.link.cover)

    def is_missing(self, job: Job) -> bool:
        """Whether its stems were gone when they were looked for last."""
        return self._controller.was_missing(job.id)

    def is_elsewhere(self, job: Job) -> bool:
        return self._controller.is_elsewhere(job.id)

    def buttons(self, job: Job) -> tuple[RowAction, ...]:
        """The two at most that its row shows."""
        return buttons_for(job, self.is_elsewhere(job), useless_for(self._controller, job))

    def row_of(self, job_id: str) -> int | None:
        return self._rows.get(job_id)

    def job_at(self, row: int) -> Job:
        return self._jobs[row]

    # Dragging rows to another place

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid():
            return flags | Qt.ItemFlag.ItemIsDragEnabled
        return flags | Qt.ItemFlag.ItemIsDropEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        ids = [self._jobs[row].id for row in sorted({index.row() for index in indexes})]
        data = QMimeData()
        data.setData(MIME_TYPE, QByteArray("\n".join(ids).encode()))
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Ask the controller to move the rows before `row`; the view never removes any."""
        if not data.hasFormat(MIME_TYPE) or action != Qt.DropAction.MoveAction:
            return False
        if row < 0:
            row = parent.row() if parent.isValid() else len(self._jobs)
        ids = bytes(data.data(MIME_TYPE).data()).decode().split("\n")
        while row < len(self._jobs) and self._jobs[row].id in ids:
            row += 1
        before = self._jobs[row].id if row < len(self._jobs) else None
        for job_id in ids:
            self._controller.move(job_id, before)
        return False  # so that the view does not take the old rows away itself

    # The controller's signals

    def _read_all(self) -> None:
        self._jobs = list(self._controller.jobs)
        self._index_rows(0)

    def _index_rows(self, first: int) -> None:
        if first == 0:
            self._rows = {}
        for row in range(first, len(self._jobs)):
            self._rows[self._jobs[row].id] = row

    def _reset(self) -> None:
        self.beginResetModel()
        self._read_all()
        self.endResetModel()

    def _add(self, jobs: list[Job]) -> None:
        fresh = [job for job in jobs if job.id not in self._rows]
        if not fresh:
            return
        first = len(self._jobs)
        self.beginInsertRows(_NOWHERE, first, first + len(fresh) - 1)
        self._jobs.extend(fresh)
        self._index_rows(first)
        self.endInsertRows()

    def _change(self, job_id: str) -> None:
        row, job = self._rows.get(job_id), self._controller.job(job_id)
        if row is None or job is None:
            return
        self._jobs[row] = job
        index = self.index(row)
        self.dataChanged.emit(index, index)

    def _model_changed(self, name: str) -> None:
        """Rows that wait for a model say how far its download is, to the percent."""
        text = arriving_text(name, self._controller.models.downloads.get(name))
        if text == self._arriving.get(name, ""):
            return
        self._arriving[name] = text
        self._tell_of([row for row, job in enumerate(self._jobs) if awaited_model(job) == name])

    def _models_known(self) -> None:
        """Rows that wait for a model offer what can be had."""
        self._tell_of([row for row, job in enumerate(self._jobs) if awaited_model(job)])

    def _tell_of(self, rows: list[int]) -> None:
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))

    def _move(self, job_id: str) -> None:
        old = self._rows.get(job_id)
        new = next((row for row, job in enumerate(self._controller.jobs) if job.id == job_id), None)
        if old is None or new is None or old == new:
            return
        # Qt names the row before which it goes, counted with the row still in its old place.
        self.beginMoveRows(_NOWHERE, old, old, _NOWHERE, new + 1 if new > old else new)
        job = self._controller.job(job_id) or self._jobs[old]
        del self._jobs[old]
        self._jobs.insert(new, job)
        self._index_rows(0)
        self.endMoveRows()

    def _remove(self, ids: list[str]) -> None:
        rows = sorted((self._rows[item] for item in ids if item in self._rows), reverse=True)
        if len(rows) > 50:  # each removal tells the view: many are one reset
            self._reset()
            return
        for row in rows:
            self.beginRemoveRows(_NOWHERE, row, row)
            del self._jobs[row]
            self._index_rows(0)
            self.endRemoveRows()
