"""The bar at the top: a link or path, Open…, Split; quality, model and stems that new songs get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from stemdesk.core.quality import BEST_MODEL, Quality
from stemdesk.gui import labels, model_words
from stemdesk.gui.chip import StemChip
from stemdesk.gui.choosing import find, plan, quality_in_reach
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.path_edit import PathEdit
from stemdesk.gui.quality_box import QualityBox
from stemdesk.gui.widgets import ComboBox, FlowLayout, chain, icon_button, muted, push_button

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class AddBar(QFrame):
    """`given`: what is to be split (`Given`); the choices below go to the settings."""

    given = Signal(object)
    open_files_wanted = Signal()
    open_folder_wanted = Signal()
    settings_wanted = Signal()
    models_wanted = Signal()
    library_wanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._all: tuple[ModelChoice, ...] = ()
        self._choices: list[ModelChoice] = []  # those that the menu offers
        self.chips: list[StemChip] = []
        self.setProperty("kind", "bar")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(self._make_first_line())
        layout.addWidget(self.path.note)
        layout.addWidget(self._make_second_line())
        controller.models_known.connect(self.set_models)
        controller.models.changed.connect(self._model_changed)
        controller.models.settings_wanted.connect(self._follow_settings)

    def _make_first_line(self) -> QHBoxLayout:
        self.library = icon_button("library", labels.LIBRARY, labels.LIBRARY_TIP)
        self.library.clicked.connect(self.library_wanted)
        self.path = PathEdit(labels.PATH_HINT, labels.PATH_NAME, labels.PATH_TIP)
        self.path.given.connect(self.given)
        self.open = QToolButton()
        self.open.setProperty("kind", "menu")
        self.open.setText(labels.OPEN)
        self.open.setAccessibleName(labels.OPEN)
        self.open.setToolTip(labels.OPEN_TIP)
        self.open.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.open.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.open.clicked.connect(self.open_files_wanted)
        self.open.setMenu(self._make_open_menu())
        self.split = push_button(labels.SPLIT, labels.SPLIT_TIP, primary=True)
        self.path.bind(self.split)
        self.settings = icon_button("settings", labels.SETTINGS, labels.SETTINGS_TIP)
        self.settings.clicked.connect(self.settings_wanted)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.library)
        line.addWidget(self.path, 1)
        for button in (self.open, self.split, self.settings):
            line.addWidget(button)
        return line

    def _make_open_menu(self) -> QMenu:
        menu = QMenu(self.open)
        menu.addAction(labels.OPEN_FILES, self.open_files_wanted.emit)
        menu.addAction(labels.OPEN_FOLDER, self.open_folder_wanted.emit)
        return menu

    def _make_second_line(self) -> QWidget:
        """Two lines where the window is narrow."""
        self.quality = QualityBox()
        self.quality.show_quality(Quality(self._controller.settings.quality))
        self.quality.setEnabled(False)
        self.quality.chosen.connect(self._choose_quality)
        self.model = ComboBox()
        self.model.setAccessibleName(labels.MODEL)
        self.model.setToolTip(labels.MODEL_TIP)
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.model.setMaximumWidth(380)
        self.model.addItem(labels.LOOKING_FOR_MODELS)
        self.model.setEnabled(False)
        self.model.activated.connect(self._choose_model)
        self._chip_box = QWidget()
        self._chip_box.setAccessibleName(labels.STEMS_LABEL)
        self._chip_flow = FlowLayout(parent=self._chip_box)
        self._stems = _labelled(labels.STEMS_LABEL, self._chip_box)
        self._stems.hide()
        self.get = push_button(model_words.DOWNLOAD)
        self.get.clicked.connect(self._get)
        self.get.hide()
        self.page = push_button(model_words.PAGE_BUTTON, model_words.PAGE_TIP)
        self.page.clicked.connect(self.models_wanted)
        line = QWidget()
        flow = FlowLayout(10, line)
        flow.addWidget(_labelled(labels.QUALITY, self.quality))
        flow.addWidget(_labelled(labels.MODEL, self.model, self.get, self.page))
        flow.addWidget(self._stems)
        for widget in (line, self._chip_box, self._stems):
            _grow_in_height(widget)
        return line

    # Quality, model and stems

    def set_models(self, choices: Sequence[ModelChoice]) -> None:
        """Show the models that can be had; what new songs get is chosen."""
        self._all = tuple(choices)
        chosen = plan(self._all, self._controller.settings).options.model  # it may be damaged
        self._choices = [it for it in choices if it.choosable or it.name == chosen]
        self.model.clear()
        self.model.setEnabled(bool(self._choices))
        if self._choices:
            self.model.setToolTip(labels.MODEL_TIP)
            self.model.addItems(self._names)
        else:
            self.model.addItem(labels.NO_MODEL)
            self.model.setToolTip(labels.no_model_tip(self._controller.folders.models))
        self.quality.setEnabled(True)
        self.quality.set_best(find(self._all, BEST_MODEL))
        self._show_choice()

    @property
    def _names(self) -> list[str]:
        return [choice.name for choice in self._choices]

    def _show_choice(self) -> None:
        """Quality, model and stems as new songs get them (`choosing.plan`)."""
        names, settings = self._names, self._controller.settings
        self.quality.show_quality(quality_in_reach(self._all, settings))
        model = plan(self._all, settings).options.model
        if model in names:
            self.model.setCurrentIndex(names.index(model))
        self._make_chips()
        self._show_sizes()

    def _follow_settings(self) -> None:
        """Another model was taken elsewhere; the controller has heard of it first."""
        if self._all:
            self.set_models(self._all)

    def _show_sizes(self) -> None:
        """What would be downloaded for the chosen stems."""
        stems = self._controller.settings.stems
        for row, choice in enumerate(self._choices):
            self.model.setItemText(row, model_words.menu_text(choice, stems))
        self._show_get()

    @property
    def _choice(self) -> ModelChoice | None:
        """The model that is shown."""
        return self._choices[self.model.currentIndex()] if self._choices else None

    def _model_changed(self, name: str) -> None:
        if self._choice is not None and self._choice.name == name:
            self._show_get()

    def _show_get(self) -> None:
        """Beside a model that is not there: its download, or how far that is."""
        choice, stems = self._choice, self._controller.settings.stems
        missing = choice.missing_bytes(stems) if choice is not None else 0
        self.get.setVisible(bool(missing))
        if choice is None or not missing:
            return
        download = self._controller.models.downloads.get(choice.name)
        running = download is not None and download.running
        text = model_words.download_text(missing)
        if download is not None and running:
            text = model_words.percent_text(download)
        self.get.setText(text)
        name = text if running else model_words.download_name(choice.name, missing)
        self.get.setAccessibleName(name)
        why = download.error if download is not None else ""
        self.get.setAccessibleDescription(why)
        self.get.setToolTip(why or (model_words.PAGE_TIP if running else name))

    def _get(self) -> None:
        choice = self._choice
        if choice is None:
            return
        download = self._controller.models.downloads.get(choice.name)
        if download is not None and download.running:
            self.models_wanted.emit()
        else:
            self._controller.models.download(choice.name, self._controller.settings.stems)

    def _choose_quality(self, quality: Quality) -> None:
        if quality != self._controller.settings.quality:
            settings = replace(self._controller.settings, quality=quality.value)
            self._controller.change_settings(settings)
        self._show_choice()

    def _choose_model(self, index: int) -> None:
        """Best is one model: with another one it is Standard."""
        if not self._choices:
            return
        name, quality, settings = (
            self._names[index],
            self.quality.quality,
            self._controller.settings,
        )
        if quality is Quality.BEST:
            if name == BEST_MODEL:
                return
            quality = Quality.STANDARD
        if (quality, name) != (settings.quality, settings.model):
            changed = replace(settings, quality=quality.value, model=name, stems=())
            self._controller.change_settings(changed)
        self._show_choice()

    def _make_chips(self) -> None:
        while self._chip_flow.takeAt(0) is not None:
            pass
        for chip in self.chips:
            chip.hide()
            chip.deleteLater()
        stems = self._choices[self.model.currentIndex()].stems if self._choices else ()
        wanted = set(self._controller.settings.stems) & set(stems) or set(stems)
        self.chips = [StemChip(stem) for stem in stems]
        for chip in self.chips:
            chip.setChecked(chip.stem in wanted)
            chip.clicked.connect(self._choose_stems)
            self._chip_flow.addWidget(chip)
        self._stems.setVisible(bool(stems))
        chain(self.quality, self.model, self.get, self.page, *self.chips)

    def _choose_stems(self) -> None:
        wanted = tuple(chip.stem for chip in self.chips if chip.isChecked())
        if not wanted:  # nothing at all cannot be split: the last one stays
            chip = self.sender()
            if isinstance(chip, StemChip):
                chip.setChecked(True)
            return
        stems = () if len(wanted) == len(self.chips) else wanted
        self._controller.change_settings(replace(self._controller.settings, stems=stems))
        self._show_sizes()


def _labelled(text: str, control: QWidget, *more: QWidget) -> QWidget:
    """A control with its name before it, and what belongs to it behind."""
    label = muted(text)
    label.setBuddy(control)
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 14, 0)
    line.setSpacing(10)
    line.addWidget(label)
    line.addWidget(control, 1)
    for widget in more:
        line.addWidget(widget)
    return holder


def _grow_in_height(widget: QWidget) -> None:
    """Let a widget be higher where it is too narrow for one line."""
    policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    widget.setSizePolicy(policy)
