"""Pictures of songs: read off the GUI thread, small, and only what is a picture that we expect.

They come from the web: a file's first bytes say what it is, not its name, and large ones are
passed over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPainter, QPainterPath, QPixmap

from stemdesk.gui.tasks import Outcome, Tasks

SIDE_PX = 96  # as it is kept: sharp at twice the largest size that is shown
_KEPT = 300
_BYTES_MAX = 10_000_000
_PIXELS_MAX = 40_000_000
_KINDS = ((b"\xff\xd8\xff", b"jpeg"), (b"\x89PNG\r\n\x1a\n", b"png"))


class Covers(QObject):
    """What was read last is kept."""

    arrived = Signal()  # pictures that were asked for can be shown

    def __init__(self, tasks: Callable[[], Tasks], parent: QObject | None = None) -> None:
        """`tasks` is called when the first picture is wanted."""
        super().__init__(parent)
        self._tasks = tasks
        self._known: OrderedDict[Path, QPixmap | None] = OrderedDict()
        self._asked: set[Path] = set()

    def get(self, path: Path | None) -> QPixmap | None:
        """A square picture; None where there is none, or not yet: then `arrived` follows."""
        if path is None:
            return None
        if path in self._known:
            self._known.move_to_end(path)
            return self._known[path]
        if path not in self._asked:
            self._asked.add(path)
            self._tasks().io(partial(read_cover, path), partial(self._on_read, path), behind=True)
        return None

    def _on_read(self, path: Path, outcome: Outcome[QImage | None]) -> None:
        self._asked.discard(path)
        image = outcome.value
        self._known[path] = None if image is None else QPixmap.fromImage(image)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        if image is not None:
            self.arrived.emit()


def read_cover(path: Path) -> QImage | None:
    """The middle square of a JPEG, PNG or WebP picture, `SIDE_PX` wide; None if it is none, or too
    large."""
    try:
        if path.stat().st_size > _BYTES_MAX:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    kind = _kind(data)
    if not kind:
        return None
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    reader = QImageReader(buffer, QByteArray(kind))
    size = reader.size()
    if size.isEmpty() or size.width() * size.height() > _PIXELS_MAX:
        return None
    reader.setScaledSize(size.scaled(QSize(SIDE_PX, SIDE_PX), _WHOLE))
    image = reader.read()
    if image.isNull():
        return None
    left, top = (image.width() - SIDE_PX) // 2, (image.height() - SIDE_PX) // 2
    return image.copy(left, top, SIDE_PX, SIDE_PX)


_WHOLE = Qt.AspectRatioMode.KeepAspectRatioByExpanding


def _kind(data: bytes) -> bytes:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return b"webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), b"")


def paint_cover(painter: QPainter, cover: QPixmap, area: QRectF) -> None:
    """Draw a picture with round corners."""
    shape = QPainterPath()
    shape.addRoundedRect(area, 5, 5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(shape)
    painter.drawPixmap(area, cover, QRectF(cover.rect()))
    painter.restore()
