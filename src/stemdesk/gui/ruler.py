"""Skeleton, to build against."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from stemdesk.gui.time_view import TimeView


class Ruler(QWidget):
    """Times above the lanes, and the loop with two handles. Stands in the same column as the
    lanes' waveforms, as wide as they are."""

    def __init__(self, view: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
