"""The export window: what, in which format, where; the rest is folded away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from stemdesk.core.errors import SettingsError
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.export_presets import ExportPreset
from stemdesk.gui import export_words as words
from stemdesk.gui import labels, reports, theme
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.export_checks import warnings
from stemdesk.gui.export_formats import FormatsBox
from stemdesk.gui.export_more import MoreBox
from stemdesk.gui.export_parts import PartsBox
from stemdesk.gui.export_planner import Planner
from stemdesk.gui.export_preset_bar import PresetBar
from stemdesk.gui.export_values import Batch, ExportServices, Subject
from stemdesk.gui.export_where import WhereBox
from stemdesk.gui.icons import retint
from stemdesk.gui.seen_area import SeenArea
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.widgets import headed_card, muted

_WIDTH_PX = 760
_HEIGHT_PX = 760


@dataclass(frozen=True, slots=True)
class Start:
    """What the window begins with. `order`: what was chosen last. `own`: a person's presets."""

    subjects: tuple[Subject, ...]
    order: ExportOrder
    folder: Path
    own: tuple[ExportPreset, ...] = ()


class ExportDialog(Dialog):
    """`chosen`: a `Batch`. `edited`: a person's own presets, to be saved."""

    chosen = Signal(object)
    edited = Signal(object)

    def __init__(
        self, parent: QWidget | None, start: Start, tasks: Tasks, services: ExportServices
    ) -> None:
        titles = [one.song.called for one in start.subjects]
        super().__init__(parent, words.headline(titles), "")
        self.setWindowTitle(words.TITLE)
        self._start = start
        songs = [one.song for one in start.subjects]
        plan = partial(services.plan, songs)
        self._planner = Planner(tasks, plan, lambda: (self.order(), self.where.path), self)
        self._gone = [one.song.called for one in start.subjects if not one.stems]
        self._applying = False
        self._mark: tuple[str, ExportOrder | None] = ("", None)
        self.presets = PresetBar(start.own)
        self.parts = PartsBox(start.subjects)
        self.formats = FormatsBox(start.subjects)
        self.where = WhereBox(start.folder)
        self.more = MoreBox(start.subjects)
        self.notes = QLabel()
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setProperty("kind", "warning")
        self.notes.setWordWrap(True)
        self.summary = muted()
        self._lay_out()
        self._connect()
        self.apply(start.order)
        em = self.fontMetrics().averageCharWidth()
        self.fit(max(_WIDTH_PX, 92 * em), _HEIGHT_PX)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2, 2, 12, 2)  # room for the ring around what has the focus
        column.setSpacing(10)
        for title, box in (
            (words.WHAT, self.parts),
            (words.FORMAT, self.formats),
            (words.WHERE, self.where),
        ):
            column.addWidget(headed_card(title, box, edges_px=(16, 10, 16, 8), gap_px=8))
        column.addWidget(self.more)
        column.addStretch(1)
        self.area = SeenArea(inside)
        self.area.setAccessibleName(words.TITLE)
        self.body.addWidget(self.presets)
        self.body.addWidget(self.area, 1)
        self.body.addWidget(self.notes)
        self._buttons.insertWidget(0, self.summary)
        self.cancel = self.add_button(labels.CANCEL, self.reject)
        self.cancel.setObjectName("cancel")
        self.export = self.add_button(words.EXPORT_NOW, self._export, primary=True)
        self.export.setObjectName("export")

    def _connect(self) -> None:
        for box in (self.parts, self.formats, self.where, self.more):
            box.changed.connect(self._changed)
        self.presets.picked.connect(self._picked)
        self.presets.edited.connect(self._edited)
        self._planner.answered.connect(self._answered)
        self.presets.ask_for(self.order)
        self.finished.connect(self._planner.end)
        theme.watch().changed.connect(self._retint)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presets.box.setFocus()

    # What is chosen

    def order(self) -> ExportOrder | None:
        """As the window says; None while it is no order."""
        try:
            return ExportOrder(
                parts=self.parts.parts(),
                formats=self.formats.formats(),
                samplerate=self.formats.samplerate,
                exact_sum=self.more.exact_sum,
                dither=self.more.dither.isChecked(),
                clipping=self.more.clips,
                tempo_and_key=self.parts.tempo_and_key,
                loop_only=self.parts.loop_only,
                template=self.where.template.text(),
                collision=self.where.collides,
                extras=self.more.chosen_extras,
                tags=self.where.tags.isChecked(),
                beside_source=self.where.beside.isChecked(),
            )
        except SettingsError:
            return None

    def apply(self, order: ExportOrder, name: str = "") -> None:
        """Choose what an order says, as far as the songs have it. `name`: of its preset."""
        self._applying = True
        for box in (self.parts, self.formats, self.where, self.more):
            box.apply(order)
        self._applying = False
        known = (one.name for one in self.presets.presets if one.order == order)
        self._mark = (name or next(known, ""), self.order())
        self._changed()

    def _picked(self, preset: ExportPreset) -> None:
        self.apply(preset.order, preset.name)

    def _edited(self, own: tuple[ExportPreset, ...]) -> None:
        self._mark = (self.presets.name, self.order())
        self.edited.emit(own)

    def _changed(self) -> None:
        if self._applying:
            return
        order = self.order()
        name, marked = self._mark
        self.presets.show_name(name if order == marked and order is not None else "")
        said = [words.stems_gone(self._gone)] if self._gone else []
        said += [] if order is None else warnings(order, len(self.parts.stems))
        self.notes.setText("\n".join(said))
        self.notes.setVisible(bool(said))
        self._planner.ask()
        self._show_ready(order)

    # What will come of it

    @property
    def planning(self) -> bool:
        """Whether the files that are shown are those of a moment ago."""
        return self._planner.behind

    def _answered(self) -> None:
        error = self._planner.error
        if error is None:
            self.where.preview.show_names(self._planner.files, self.where.path)
        else:
            self.where.preview.show_trouble(_trouble(error))
        self._show_ready(self.order())

    def _show_ready(self, order: ExportOrder | None) -> None:
        """The files are those of the choice of a moment ago, at most."""
        count = len(self._planner.files)
        ready = order is not None and self.where.chosen and count > 0
        if order is None:
            text = words.NOTHING
        elif not self.where.chosen:
            text = words.NO_FOLDER
        elif self._planner.error is not None:
            text = words.NO_NAMES
        else:
            text = words.files_text(count, len(self._start.subjects)) if count else ""
        self.summary.setText(text)
        self.export.setText(words.export_text(count if ready else 0))
        self.export.setAccessibleName(self.export.text())
        self.export.setEnabled(ready)

    def _export(self) -> None:
        order = self.order()
        if order is not None:
            self.accept()
            songs = tuple(one.song for one in self._start.subjects)
            self.chosen.emit(Batch(songs, order, self.where.path))

    def _retint(self) -> None:
        retint(self)


def _trouble(error: BaseException) -> str:
    """Why there are no names: of a template what is wrong with it, for people see it."""
    if isinstance(error, SettingsError) and error.detail:
        return f"{error.detail[:1].upper()}{error.detail[1:]}."
    return reports.error_message(error).text
