"""A row of buttons that change with what can be done; those that stay keep the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtWidgets import QPushButton, QWidget

from stemdesk.gui.widgets import FlowLayout, push_button

Button = tuple[str, str, Callable[[], object]]
"""Text, icon, what it does."""
_TURNS = {"pause": "play", "play": "pause"}
"""What a button becomes when it was pressed: the focus stays where it is."""
_LOUD = ("play", "retry", "locate", "drop", "list")
"""The first button stands out if it brings the song on; pause and cancel do not."""


class ActionRow(QWidget):
    """Hidden while there is nothing to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(10, self)
        self.buttons: list[QPushButton] = []
        self._shown: list[tuple[str, str]] = []
        self._acts: list[Callable[[], object]] = []

    def show_buttons(self, buttons: Sequence[Button]) -> None:
        wanted = [(text, icon) for text, icon, _ in buttons]
        if wanted != self._shown:
            held = next((shown for shown, button in self._both() if button.hasFocus()), None)
            self._shown = wanted
            while self._flow.takeAt(0) is not None:
                pass
            if any(button.hasFocus() for button in self.buttons):
                self.window().setFocus()  # not some button far away that Space would press
            for button in self.buttons:
                button.hide()
                button.deleteLater()
            self.buttons = [
                push_button(text, icon=icon, primary=number == 0 and icon in _LOUD)
                for number, (text, icon) in enumerate(wanted)
            ]
            for number, button in enumerate(self.buttons):
                button.clicked.connect(lambda _=False, index=number: self._acts[index]())
                self._flow.addWidget(button)
                button.show()  # else only the event loop does, and what is hidden gets no focus
            self.setVisible(bool(wanted))
            self.updateGeometry()
            if held is not None:
                self._focus(held)
        self._acts = [act for _, _, act in buttons]

    def _both(self) -> Iterator[tuple[tuple[str, str], QPushButton]]:
        return zip(self._shown, self.buttons, strict=True)

    def _focus(self, held: tuple[str, str]) -> None:
        """The same button again, or what it has become: Resume where Pause was. Another one would
        be pressed by the next Space."""
        same = [button for shown, button in self._both() if shown == held]
        became = [button for (_, icon), button in self._both() if icon == _TURNS.get(held[1])]
        for button in (*same, *became)[:1]:
            button.setFocus()
