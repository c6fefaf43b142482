"""What was exported and how, to read and to copy."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from stemdesk import __version__
from stemdesk.gui import export_reports as reports
from stemdesk.gui import labels
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.export_values import Ended


class DetailsDialog(Dialog):
    """What was exported and how, to read and to copy."""

    def __init__(self, parent: QWidget, ended: Ended) -> None:
        super().__init__(parent, reports.DETAILS_TITLE, "")
        self.setWindowTitle(reports.DETAILS_TITLE)
        report = reports.report(ended, __version__)
        self.details = self.reading_box(report, reports.DETAILS_NAME)
        self.details.setMinimumHeight(self.fontMetrics().height() * 14)
        self.body.addWidget(self.details)
        self.copy = self.add_button(labels.COPY_DETAILS, self._copy)
        self.copy.setObjectName("copy")
        self.add_button(labels.CLOSE, self.reject, primary=True)
        self.widen(84)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        say_copied(self.copy)
