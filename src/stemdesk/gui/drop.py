"""Files that are dropped or pasted, and what the window shows while they are dragged over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, QUrl
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from stemdesk.core.files import exists, is_folder
from stemdesk.gui import labels, messages, model_words, theme
from stemdesk.gui.icons import painted, transparent

_LOOKED_AT = 8
"""So many paths are looked at, in the window's thread: on a slow drive each may hold it up."""


def paths_from_mime(data: QMimeData) -> list[Path]:
    """The local files and folders in dropped or pasted data: file URLs, else lines of text that
    are paths."""
    if data.hasUrls():
        return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if data.hasText():
        return paths_from_text(data.text())
    return []


def paths_from_text(text: str) -> list[Path]:
    """The lines of `text` that are whole paths, quoted or as `file:` URLs too; none if none of
    the first ones is there: then it is some other text."""
    lines = map(path_from_text, text.splitlines())
    paths = [path for path in lines if path is not None and path.is_absolute()]
    return paths if any(exists(path) for path in paths[:_LOOKED_AT]) else []


def path_from_text(text: str) -> Path | None:
    """What a person typed as a path: without quotes, `~` and `file:` URLs understood."""
    line = text.strip().strip("\"'")
    if not line:
        return None
    if line.startswith("file:"):
        return Path(QUrl(line).toLocalFile())
    try:
        return Path(line).expanduser()
    except RuntimeError:  # no such user
        return Path(line)


def model_files(paths: Sequence[Path]) -> list[Path]:
    """Those that are called like model files: they are imported, not split."""
    return [path for path in paths if path.suffix.lower() in model_words.IMPORT_SUFFIXES]


def drop_text(paths: Sequence[Path], links: int = 0) -> str:
    """What a drop of `paths` and so many links will do: `Split 3 files`."""
    from stemdesk.jobs.link_files import is_link_file  # not before the first paint

    models = model_files(paths)
    if models:
        rest = [path for path in paths if path not in models]
        text = drop_text(rest, links) if rest or links else ""
        return model_words.drop_text(len(models), text)
    rest = [path for path in paths if not is_link_file(path)]
    links += len(paths) - len(rest)
    if len(rest) > _LOOKED_AT:
        return messages.drop_many_text(len(rest) + links)
    folders = sum(is_folder(path) for path in rest)
    return messages.drop_text(len(rest) - folders, folders, links)


class DropOverlay(QWidget):
    """Covers its parent while files are dragged over it and says what a drop will do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(labels.DROP_HEADLINE)
        parent.installEventFilter(self)
        self.hide()

    def show_text(self, text: str) -> None:
        self.text = text
        self.setAccessibleDescription(text)
        self.setGeometry(self._parent.rect())
        self.raise_()
        self.show()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._parent.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), transparent(colours.window, 0.97))
        painter.setPen(QPen(QColor(colours.accent), 3, Qt.PenStyle.DashLine))
        painter.setBrush(transparent(colours.accent, 0.07))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(18, 18, -18, -18), 16, 16)
        middle = QRectF(self.rect()).center()
        painted(painter, "drop", colours.accent, QRectF(middle.x() - 24, middle.y() - 70, 48, 48))
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(self.rect().adjusted(0, 40, 0, 0), Qt.AlignmentFlag.AlignCenter, self.text)
