"""Skeleton, to build against. Becomes a `Waveform` (a slider) over the whole song."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QSlider, QWidget

from stemdesk.gui.time_view import TimeView

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid
    from stemdesk.gui.waveform import Layer


class Overview(QSlider):
    """The whole song; the part in sight as a frame that can be dragged."""

    def __init__(self, name: str, tip: str, view: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_original(self, pyramid: Pyramid | None) -> None:
        """The undivided song: its shape. None: the stems' sum is drawn."""

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """The stems that are heard, in the lanes' order: their shares colour the shape."""

    def set_finished(self, ranges_s: Sequence[tuple[float, float]] | None) -> None:
        """The parts whose stems are there, in seconds; None: all."""
