"""The question where songs need a model that is not there: download it, or take another now?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QFrame, QLabel, QWidget

from stemdesk.gui import labels, model_words, offer_words
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.model_values import ModelChoice, Stems
from stemdesk.gui.widgets import headed_card, muted

Act = Callable[[], object]


class AskModel(Dialog):
    """What each way means, with the download's size and licence. Esc leaves the songs waiting."""

    def __init__(
        self,
        parent: QWidget | None,
        choice: ModelChoice,
        stems: Stems,
        other: ModelChoice | None,
        download: Act,
        use_other: Act,
    ) -> None:
        size = choice.missing_bytes(stems)
        super().__init__(parent, offer_words.ask_headline(choice, size, other), "")
        self.setWindowTitle(labels.APP_NAME)
        means = offer_words.ask_means(choice, size)
        title = model_words.download_name(choice.name, size)
        self.body.addWidget(_way(title, means, choice.licence))
        if other is not None:
            title = offer_words.use_instead_text(other)
            self.body.addWidget(_way(title, offer_words.ask_other_means(other)))
        self.add_button(offer_words.LATER, self.reject).setObjectName("later")
        if other is not None:
            button = self.add_button(title, partial(self._take, use_other))
            button.setObjectName("other")
        act = partial(self._take, download)
        button = self.add_button(model_words.download_text(size), act, primary=True)
        button.setObjectName("download")
        button.setAccessibleName(model_words.download_name(choice.name, size))
        self.widen(70)

    def _take(self, act: Act) -> None:
        self.accept()
        act()


def ask_remove(parent: QWidget, choice: ModelChoice, then: Act) -> Dialog:
    """Before a model's files are deleted."""
    headline = model_words.remove_headline(choice.name)
    dialog = Dialog(parent, headline, model_words.remove_text(choice))
    dialog.setWindowTitle(labels.APP_NAME)
    dialog.add_button(model_words.KEEP, dialog.reject, primary=True).setObjectName("keep")

    def remove() -> None:
        dialog.accept()
        then()

    dialog.add_button(model_words.REMOVE_NOW, remove).setObjectName("remove")
    dialog.show_over()
    return dialog


def _way(title: str, text: str, small: str = "") -> QFrame:
    """A card with one of the ways out."""
    below = [QLabel(text), muted(small)] if small else [QLabel(text)]
    for label in below:
        label.setWordWrap(True)
    return headed_card(title, *below, edges_px=(16, 12, 16, 12), gap_px=6)
