"""Our icons: monochrome SVG in `resources/icons`, tinted in the colours of the scheme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from stemdesk.gui import theme
from stemdesk.paths import resources

_SIZES_PX = (16, 20, 24)
_NAME = "icon_name"
_ROLE = "icon_role"


@cache
def _source(name: str) -> bytes:
    return (resources() / "icons" / f"{name}.svg").read_bytes()


@cache
def pixmap(name: str, colour: str, size_px: int, ratio: float = 1.0) -> QPixmap:
    """An icon in a colour, `size_px` wide, for a screen with `ratio` device pixels a pixel."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace(b"currentColor", colour.encode())))
    side = round(size_px * ratio)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    result = QPixmap.fromImage(image)
    result.setDevicePixelRatio(ratio)
    return result


@cache
def icon(name: str, colour: str, disabled: str, ratios: frozenset[float]) -> QIcon:
    """An icon in a colour, and in another where its button is disabled, sharp on screens with
    these ratios of device pixels to pixels."""
    result = QIcon()
    for size in _SIZES_PX:
        for ratio in ratios:
            result.addPixmap(pixmap(name, colour, size, ratio))
            result.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return result


def themed(name: str, role: str = "text") -> QIcon:
    """An icon in one of the scheme's colours, as the scheme is now (menus)."""
    colours = theme.colours()
    ratios = frozenset(screen.devicePixelRatio() for screen in QGuiApplication.screens())
    return icon(name, getattr(colours, role), colours.outline, ratios)


def set_icon(button: QAbstractButton | QLabel, name: str, role: str = "text") -> None:
    """Give a button or label an icon that keeps to the scheme (see `retint`)."""
    button.setProperty(_NAME, name)
    button.setProperty(_ROLE, role)
    _tint(button)


def retint(root: QWidget) -> None:
    """Draw all icons below `root` in the scheme's colours."""
    for button in root.findChildren(QAbstractButton):
        _tint(button)
    for label in root.findChildren(QLabel):
        _tint(label)


def _tint(widget: QAbstractButton | QLabel) -> None:
    name, role = widget.property(_NAME), widget.property(_ROLE)
    if not name:
        return
    if isinstance(widget, QLabel):
        colour = getattr(theme.colours(), role)
        size = widget.property("icon_px") or 18
        widget.setPixmap(pixmap(name, colour, size, widget.devicePixelRatioF()))
    else:
        widget.setIcon(themed(name, role))


@cache
def app_icon() -> QIcon:
    """The app's own icon, drawn by Qt in whatever size a desktop asks for."""
    return QIcon(str(resources() / "icons" / "stemdesk.svg"))


def app_pixmap(size_px: int, ratio: float = 1.0) -> QPixmap:
    return pixmap("stemdesk", "#000000", size_px, ratio)


def painted(painter: QPainter, name: str, colour: str, area: QRectF) -> None:
    """Draw an icon into `area` of a row that paints itself."""
    device = painter.device()
    ratio = device.devicePixelRatio() if device is not None else 1.0
    painter.drawPixmap(area.topLeft(), pixmap(name, colour, round(area.width()), ratio))


def icon_size() -> QSize:
    """Of a button that is only an icon."""
    return QSize(20, 20)


def small_icon_size() -> QSize:
    """Beside a text: buttons with and without an icon are equally high."""
    return QSize(16, 16)


def transparent(colour: str, alpha: float) -> QColor:
    """`colour` with `alpha` from 0 to 1."""
    value = QColor(colour)
    value.setAlphaF(alpha)
    return value
