"""The lines about exports: what runs, how far it is, and how each ended."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui import export_reports as reports
from stemdesk.gui.banner import Action, Banner, PassingLine
from stemdesk.gui.export_desk import ExportDesk
from stemdesk.gui.export_values import Ended
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import ElidedLabel, muted, push_button

_MOST = 2
_QUARTERS = 4


class RunningLine(PassingLine):
    """What is exported now; hidden while nothing is."""

    stay_wanted = Signal()

    def __init__(self, desk: ExportDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._desk = desk
        mark = QLabel()
        mark.setProperty("icon_px", 20)
        set_icon(mark, "export", "accent")
        self.label = ElidedLabel()
        self.share = muted()
        self.more = muted()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(180)
        self.stay = push_button(reports.STAY_OPEN)
        self.stay.clicked.connect(self.stay_wanted)
        self.cancel = push_button(reports.CANCEL, reports.CANCEL_NAME)
        self.cancel.setAccessibleName(reports.CANCEL_NAME)
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 12, 8)
        layout.setSpacing(10)
        layout.addWidget(mark)
        layout.addWidget(self.label, 1)
        for widget in (self.more, self.share, self.bar, self.stay, self.cancel):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        self._closing = False
        desk.changed.connect(self.look)
        desk.progressed.connect(self.look)
        self.look()

    def show_closing(self, closing: bool) -> None:
        """Whether the window closes when this is done."""
        self._closing = closing
        self.look()

    def _cancel(self) -> None:
        self.cancel.clearFocus()  # else the next button gets it: Space pressed twice hits that one
        self._desk.cancel()

    def look(self) -> None:
        desk = self._desk
        batch = desk.running
        self.setVisible(batch is not None)
        if batch is None:
            return
        text = reports.running_text(batch, desk.progress, desk.cancelling)
        self.label.setText(f"{reports.CLOSES_AFTER} {text}" if self._closing else text)
        self.share.setText("" if desk.cancelling else reports.share_text(desk.progress))
        self.more.setText(reports.waiting_text(len(desk.waiting)))
        self.more.setVisible(bool(desk.waiting))
        self.bar.setValue(0 if desk.progress is None else round(desk.progress.fraction * 1000))
        self.bar.setAccessibleName(text)
        self.stay.setVisible(self._closing)
        self.cancel.setEnabled(not desk.cancelling)


class ExportStrip(QWidget):
    """`details_wanted`: an `Ended`, to be read at length; `change_wanted`: one whose songs that
    failed are to be exported otherwise. `folder_wanted`: a folder to open."""

    details_wanted = Signal(object)
    change_wanted = Signal(object)
    folder_wanted = Signal(object)

    def __init__(self, desk: ExportDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.running = RunningLine(desk)
        self.reports: list[Banner] = []
        self._told: dict[Banner, Ended] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.running)
        self._layout: QBoxLayout = layout
        desk.ended.connect(self._ended)

    def dismiss(self) -> bool:
        """Close the newest report; whether there was one."""
        for banner in self.reports:
            if banner.isVisible():
                banner.hide()
                return True
        return False

    def _ended(self, ended: Ended) -> None:
        """The newest on top. One that went well takes the place of another that did; failures
        stay until they are read, those of the same kind as one."""
        failed = bool(ended.failed)
        for banner in list(self.reports):
            told = self._told[banner]
            if banner.isHidden() or not told.failed:
                self._drop(banner)
            elif failed and ended.goes_with(told):  # a folder that is gone fails song after song
                ended = ended.after(told)
                self._drop(banner)
        while len(self.reports) >= _MOST:
            self._drop(self.reports[-1])
        went_well = not failed and not ended.exported.cancelled
        banner = Banner("done", "success") if went_well else Banner("info", "warning")
        banner.cross.setAccessibleName(reports.DISMISS)
        self.reports.insert(0, banner)
        self._told[banner] = ended
        self._layout.insertWidget(1, banner)
        banner.say(reports.ended_text(ended), self._actions(ended, banner))

    def _actions(self, ended: Ended, banner: Banner) -> tuple[Action, ...]:
        actions: list[Action] = []
        if ended.failed:
            actions.append((reports.TRY_AGAIN, partial(self._again, ended, banner)))
            actions.append((reports.CHANGE, lambda: self.change_wanted.emit(ended)))
        folder = reports.common_folder(ended.files)
        if folder is not None:
            actions.append((reports.SHOW, lambda: self.folder_wanted.emit(folder)))
        if ended.exported.songs or ended.error is not None:
            actions.append((reports.DETAILS, lambda: self.details_wanted.emit(ended)))
        return tuple(actions)

    def _again(self, ended: Ended, banner: Banner) -> None:
        banner.hide()
        self._desk.put(ended.batch.again(ended.failed))

    def _drop(self, banner: Banner) -> None:
        self.reports.remove(banner)
        del self._told[banner]
        self._layout.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
