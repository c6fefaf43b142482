"""Balances in one click: instrumental, a cappella …"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from stemdesk.audio.remix import Preset, Remix
from stemdesk.gui import desk_words
from stemdesk.gui.toggles import text_toggle
from stemdesk.gui.widgets import FlowLayout


def presets_for(stems: Sequence[str]) -> tuple[Preset, ...]:
    """The presets that make a difference with these stems; each balance once."""
    found: dict[frozenset[str], Preset] = {}
    for preset in Preset:
        remix = Remix.of(stems).with_preset(preset)
        heard = frozenset(stem for stem in stems if remix.sounds(stem))
        # One that says “no drums” where there are none says nothing.
        if heard and (preset is Preset.ALL or heard != set(stems)):
            found.setdefault(heard, preset)
    return tuple(found.values()) if len(found) > 1 else ()


class PresetBar(QWidget):
    """`chosen`: a `Preset`. The one that is heard now is checked."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(desk_words.PRESETS_NAME)
        self.buttons: dict[Preset, QToolButton] = {}
        line = FlowLayout(4, self)
        for preset in Preset:
            words = desk_words.PRESETS[preset], desk_words.PRESET_TIPS[preset]
            button = text_toggle("pill", *words)
            button.clicked.connect(lambda _, preset=preset: self.chosen.emit(preset))
            self.buttons[preset] = button
            line.addWidget(button)
        self.show_stems(())

    def show_stems(self, stems: Sequence[str]) -> None:
        """Offer what makes sense for these stems."""
        offered = presets_for(stems)
        for preset, button in self.buttons.items():
            button.setVisible(preset in offered)
        self.setVisible(bool(offered))

    def show_remix(self, remix: Remix) -> None:
        for preset, button in self.buttons.items():
            button.setChecked(bool(remix.stems) and remix.follows(preset))
