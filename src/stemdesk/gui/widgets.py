"""Small widgets that several places use."""

from __future__ import annotations

import html
import sys
from itertools import pairwise

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLayout,
    QLayoutItem,
    QListView,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui import theme
from stemdesk.gui.icons import icon_size, painted, set_icon, small_icon_size
from stemdesk.gui.labels import native_keys

_ROW_GAP_PX = 3


class ElidedLabel(QLabel):
    """One line of plain text, shortened with `…` where it does not fit; the tooltip has it all."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._describe()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._describe()

    def shown_text(self) -> str:
        """The text as it is drawn."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

    def _describe(self) -> None:
        cut = self.shown_text() != self.text()
        self.setToolTip(plain_tip(self.text()) if cut else "")


def plain_tip(text: str) -> str:
    """A tooltip that shows `text` as it is: songs' titles come from anywhere, and Qt would take one
    with a tag in it for HTML."""
    if "<" not in text and "&" not in text:
        return text
    return "<qt>" + html.escape(text).replace("\n", "<br>") + "</qt>"


def muted(text: str = "") -> QLabel:
    """A line of less weight."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("kind", "muted")
    return label


def headed_card(
    title: str, *below: QWidget, edges_px: tuple[int, int, int, int], gap_px: int
) -> QFrame:
    """A card with a title and what stands below it. `edges_px`: left, top, right, bottom."""
    card = QFrame()
    card.setProperty("kind", "card")
    head = QLabel(title)
    font = QFont(head.font())
    font.setWeight(QFont.Weight.DemiBold)
    head.setFont(font)
    layout = QVBoxLayout(card)
    layout.setContentsMargins(*edges_px)
    layout.setSpacing(gap_px)
    for widget in (head, *below):
        layout.addWidget(widget)
    return card


class _PushButton(QPushButton):
    """As high as one with an icon. Enter presses the one that has the focus, on every desktop but a
    Mac's: Qt would press the dialog's default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and sys.platform != "darwin":
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Qt takes it for the minimum, too."""
        size = super().sizeHint()
        if not self.icon().isNull():
            return size
        around = size.height() - self.fontMetrics().height()
        return size.expandedTo(QSize(0, small_icon_size().height() + around))


def push_button(text: str, tip: str = "", icon: str = "", primary: bool = False) -> QPushButton:
    """A button with a text; its accessible name is that text."""
    button = _PushButton(f" {text}" if icon else text)  # Qt sets icon and text close together
    button.setAccessibleName(text.replace("…", ""))
    button.setToolTip(native_keys(tip or text))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setAutoDefault(False)
    if primary:
        button.setProperty("kind", "primary")
    if icon:
        button.setIconSize(small_icon_size())
        set_icon(button, icon, "on_accent" if primary else "text")
    return button


def icon_button(icon: str, name: str, tip: str, role: str = "text") -> QToolButton:
    """A button that is only an icon: `name` is what a screen reader says."""
    button = QToolButton()
    button.setProperty("kind", "icon")
    button.setIconSize(icon_size())
    button.setAccessibleName(name)
    button.setToolTip(native_keys(tip))
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    set_icon(button, icon, role)
    return button


def chain(*widgets: QWidget) -> None:
    """Let Tab go through widgets in this order; those made later would come last."""
    for first, second in pairwise(widgets):
        QWidget.setTabOrder(first, second)


class ComboBox(QComboBox):
    """A style sheet takes the arrow away; this draws ours. Its list opens below it, all of it in
    sight: the menu that Fusion would show is too low under a style sheet and cuts its last row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        view = self.view()
        if isinstance(view, QListView):
            view.setSpacing(_ROW_GAP_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        colours, side = theme.colours(), 16
        left, top = self.width() - side - 8, (self.height() - side) / 2
        colour = colours.text if self.isEnabled() else colours.outline
        painted(QPainter(self), "chevron-down", colour, QRectF(left, top, side, side))


class CheckBox(QCheckBox):
    """Its box is the style sheet's, without a tick; this draws ours."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        middle = QRectF(box).center()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QPen(QColor(theme.colours().on_accent), 2)
        ink.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(ink)
        tick = ((-4.0, 0.2), (-1.2, 3.2), (4.2, -3.2))
        painter.drawPolyline([middle + QPointF(x, y) for x, y in tick])


class FlowLayout(QLayout):
    """Lays widgets out like words: as many in a line as fit, each in the middle of its line. One
    that is too wide by itself gets a line, and as much height as it needs there. `line_px`:
    between lines, as between widgets by default. `to_edge`: the last of several in a line stands
    at the right edge."""

    def __init__(
        self,
        spacing_px: int = 6,
        parent: QWidget | None = None,
        line_px: int | None = None,
        to_edge: bool = False,
    ) -> None:
        super().__init__(parent)
        self._to_edge = to_edge
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing_px)
        self._line_px = spacing_px if line_px is None else line_px
        self._items: list[QLayoutItem] = []

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        spare = rect.height() - self.heightForWidth(rect.width())
        self._arrange(rect.translated(0, max(0, spare // 2)), place=True)

    def sizeHint(self) -> QSize:
        """All in one line."""
        hints = [item.sizeHint() for item in self._shown()]
        width = sum(hint.width() for hint in hints) + self.spacing() * max(0, len(hints) - 1)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return size

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange(self, rect: QRect, place: bool) -> int:
        """Place the widgets inside `rect`; returns the height they take."""
        lines = self._lines(rect.width())
        y = rect.y()
        for line in lines:
            x, height = rect.x(), max(size.height() for _, size in line)
            for item, size in line:
                if self._to_edge and x > rect.x() and item is line[-1][0]:
                    x = max(x, rect.x() + rect.width() - size.width())
                if place:
                    middle = y + (height - size.height()) // 2
                    item.setGeometry(QRect(QPoint(x, middle), size))
                x += size.width() + self.spacing()
            y += height + self._line_px
        return y - self._line_px - rect.y() if lines else 0

    def _lines(self, width: int) -> list[list[tuple[QLayoutItem, QSize]]]:
        """The widgets with their sizes, in lines of at most `width`."""
        lines: list[list[tuple[QLayoutItem, QSize]]] = []
        right = 0
        for item in self._shown():
            size = item.sizeHint()
            if size.width() > width and item.hasHeightForWidth():
                size = QSize(width, item.heightForWidth(width))
            if not lines or right + size.width() > width:
                lines.append([])
                right = 0
            lines[-1].append((item, size))
            right += size.width() + self.spacing()
        return lines
