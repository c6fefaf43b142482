"""Colours, light and dark, the stems' own among them; follows the system while the app runs.

Texts keep a contrast of at least 4.5:1 and waveforms of 3:1 to what is behind them (WCAG 2 AA);
tests compute it for every pair in `TEXT_PAIRS`.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from stemdesk.core.stem_colours import stem_colour
from stemdesk.gui.style import stylesheet
from stemdesk.gui.tokens import Colours

LIGHT = Colours(
    window="#f3f4f8",
    surface="#ffffff",
    raised="#e8eaf1",
    well="#f7f8fb",
    border="#d5d8e2",
    outline="#878da0",
    text="#1a1e29",
    muted="#545b6c",
    accent="#4350d0",
    on_accent="#ffffff",
    selected="#e0e3fa",
    danger="#b3261e",
    warning="#7d4e00",
    success="#17683f",
    mute="#b3261e",
    on_mute="#ffffff",
    solo="#f2b81c",
    on_solo="#14161c",
)
DARK = Colours(
    window="#14161c",
    surface="#1c1f27",
    raised="#2a2e39",
    well="#171a21",
    border="#333845",
    outline="#767d90",
    text="#eceef3",
    muted="#a7adbc",
    accent="#97a3ff",
    on_accent="#12141b",
    selected="#2b3158",
    danger="#ff928a",
    warning="#f2b95b",
    success="#6fd3a0",
    mute="#ff928a",
    on_mute="#14161c",
    solo="#f2b81c",
    on_solo="#14161c",
)

ON_STEM = "#101217"
"""Text on any stem's colour."""
WAVE_CONTRAST = 3.0

TEXT_PAIRS = (
    ("text", "window"),
    ("text", "surface"),
    ("text", "raised"),
    ("text", "selected"),
    ("muted", "window"),
    ("muted", "surface"),
    ("muted", "raised"),
    ("muted", "selected"),
    ("on_accent", "accent"),
    ("accent", "window"),
    ("accent", "surface"),
    ("danger", "window"),
    ("danger", "surface"),
    ("danger", "selected"),
    ("warning", "surface"),
    ("success", "surface"),
    ("on_mute", "mute"),
    ("on_solo", "solo"),
)


class _Watch(QObject):
    """Tells painted widgets and tinted icons that the colours are others now."""

    changed = Signal()


class _Current:
    colours = LIGHT


@cache
def watch() -> _Watch:
    return _Watch()


def colours() -> Colours:
    """The colours of the scheme that is shown now."""
    return _Current.colours


def is_dark() -> bool:
    return _Current.colours is DARK


def install(app: QApplication) -> None:
    """Fusion style in our colours, following the system's scheme from now on."""
    app.setStyle("Fusion")
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(lambda scheme: apply(app, scheme))
    apply(app, hints.colorScheme())


def apply(app: QApplication, scheme: Qt.ColorScheme) -> None:
    """Show the app in a scheme; an unknown one is light."""
    _Current.colours = DARK if scheme is Qt.ColorScheme.Dark else LIGHT
    app.setPalette(palette(_Current.colours))
    app.setStyleSheet(stylesheet(_Current.colours))
    watch().changed.emit()


def palette(colours: Colours) -> QPalette:
    """The colours as a palette, for what no style sheet reaches (dialogs, menus, views)."""
    role = QPalette.ColorRole
    values = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.danger,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.Light: colours.surface,
        role.Midlight: colours.raised,
        role.Mid: colours.border,
        role.Dark: colours.outline,
        role.Shadow: "#000000",
        role.Accent: colours.accent,
    }
    result = QPalette()
    for key, value in values.items():
        result.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.outline))
    return result


def wave_colour(stem: str) -> str:
    """The stem's colour, darkened or lightened until it stands out from a lane's ground."""
    return readable(stem_colour(stem), colours().well, WAVE_CONTRAST)


@cache
def readable(colour: str, ground: str, ratio: float) -> str:
    """`colour` moved away from `ground` in small steps until the contrast is `ratio`."""
    value = QColor(colour)
    darker = luminance(ground) > 0.5
    for _ in range(40):
        if contrast(value.name(), ground) >= ratio:
            break
        value = value.darker(104) if darker else value.lighter(104)
    return value.name()


def mixed(colour: str, ground: str, share: float) -> str:
    """`share` (0 to 1) of a colour over a ground."""
    top, below = QColor(colour), QColor(ground)
    red, green, blue = (
        share * a + (1 - share) * b
        for a, b in (
            (top.redF(), below.redF()),
            (top.greenF(), below.greenF()),
            (top.blueF(), below.blueF()),
        )
    )
    return QColor.fromRgbF(red, green, blue).name()


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2)."""
    value = QColor(colour)
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value.redF(), value.greenF(), value.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
