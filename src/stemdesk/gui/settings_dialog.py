"""The settings window, made from what the settings declare of themselves (`core.settings`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from stemdesk.core.declared import Kind, Section
from stemdesk.core.export_presets import BUILT_IN, ExportPreset, load_presets
from stemdesk.core.sentences import printable
from stemdesk.core.settings import Settings, declared
from stemdesk.gui import fetch_words, gpu_words, labels, setting_fields, settings_words
from stemdesk.gui.about_box import AboutBox, Diagnose
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.downloader import Downloader
from stemdesk.gui.downloader_box import DownloaderBox
from stemdesk.gui.gpu_box import GpuBox
from stemdesk.gui.gpu_desk import GpuDesk
from stemdesk.gui.icons import retint
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.setting_fields import ChoiceField, Field, OutputField, PresetField
from stemdesk.gui.settings_extras import SpaceBox
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.widgets import ComboBox, chain, muted, push_button
from stemdesk.models.catalogue import BASE_URL
from stemdesk.paths import Folders

_WIDTH_PX = 860
_HEIGHT_PX = 640
_CHOICES: dict[str, dict[Any, str]] = {
    "format": labels.FORMATS,
    "bits": labels.BITS,
    "device": labels.DEVICES,
    "quality": settings_words.QUALITIES,
    "cookies_browser": fetch_words.BROWSERS,
}


def output_devices() -> tuple[str, ...]:
    """The names of the sound devices. Slow: not for the window's thread."""
    from stemdesk.audio import output

    ask = getattr(output, "devices", None)
    return tuple(ask()) if ask is not None else ()


@dataclass(frozen=True, slots=True)
class Around:
    """What the dialog knows of the machine. `models`: those that can be split with now.
    `devices`: asks for sound devices. `hidden`: settings that have no effect on this system.
    `downloader`, `gpu`: without it, nothing is said of it. `diagnose`: copies diagnostics."""

    folders: Folders
    tasks: Tasks
    models: Sequence[ModelChoice] = ()
    devices: Callable[[], tuple[str, ...]] = output_devices
    hidden: frozenset[str] = frozenset()
    downloader: Downloader | None = None
    gpu: GpuDesk | None = None
    diagnose: Diagnose | None = None


class SettingsDialog(Dialog):
    """`changed`: the new Settings, when they are saved."""

    changed = Signal(object)
    models_wanted = Signal()
    diagnostics_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, parent: QWidget | None, settings: Settings, around: Around) -> None:
        super().__init__(parent, labels.SETTINGS, settings_words.TEXT)
        self._settings = settings
        self._around = around
        self._defaults = _without_choices(around.folders, settings)
        self.fields: dict[str, Field] = {}
        self.sections = QListWidget()
        self.sections.setAccessibleName(settings_words.SECTIONS_NAME)
        self.sections.setProperty("kind", "sections")
        self._pages = QStackedWidget()
        self._grids = {section: self._add_page(section) for section in Section}
        for item in fields(Settings):
            if declared(item.name).kind is not Kind.HIDDEN and item.name not in around.hidden:
                self._add_field(item.name)
            if item.name == "device":
                self._add_gpu()
        self._add_extras()
        self._finish_pages()
        self._add_buttons()
        self._look_around()
        self._order_tabs()
        em = self.fontMetrics().averageCharWidth()
        self.fit(max(_WIDTH_PX, 100 * em), _HEIGHT_PX)

    @property
    def settings(self) -> Settings:
        """The settings as the fields say."""
        return replace(
            self._settings, **{name: field.value() for name, field in self.fields.items()}
        )

    def show_section(self, section: Section) -> None:
        self.sections.setCurrentRow(list(Section).index(section))

    # How it is made

    def _add_page(self, section: Section) -> QGridLayout:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(2, 2, 12, 2)  # room for the ring around what has the focus
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(section.value)
        area.setWidget(inside)
        self.sections.addItem(section.value)
        self._pages.addWidget(area)
        return grid

    def _finish_pages(self) -> None:
        for grid in self._grids.values():
            grid.setRowStretch(grid.rowCount(), 1)
        self.sections.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sections.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        metrics = self.fontMetrics()
        width = max(metrics.horizontalAdvance(section.value) for section in Section) + 32
        for row in range(self.sections.count()):
            self.sections.item(row).setSizeHint(QSize(width, metrics.height() + 16))
        self.sections.setFixedWidth(width + 4)
        self.sections.currentRowChanged.connect(self._pages.setCurrentIndex)
        self.sections.setCurrentRow(0)
        line = QHBoxLayout()
        line.setSpacing(18)
        line.addWidget(self.sections)
        line.addWidget(self._pages, 1)
        self.body.addLayout(line, 1)

    def _add_field(self, name: str) -> None:
        said = declared(name)
        field = self.fields[name] = self._make_field(name)
        control = field.control
        control.setAccessibleName(said.label)
        control.setAccessibleDescription(said.help)
        control.setToolTip(said.help or said.label)
        label = muted("" if said.kind is Kind.SWITCH else said.label)
        label.setBuddy(control)
        row = _at_left(field.row) if said.kind is Kind.NUMBER else field.row
        self._add_row(said.section or Section.ABOUT, label, row, said.help)

    def _add_row(
        self,
        section: Section,
        label: QLabel,
        row: QWidget,
        note: str = "",
        *,
        top: bool = False,
    ) -> None:
        """`top`: the row has several lines, and its label stands beside the first."""
        grid = self._grids[section]
        place = grid.rowCount()
        if label.text():
            grid.setRowMinimumHeight(place, self.fontMetrics().height() + 16)
        side = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(label, place, 0, side)
        grid.addWidget(row, place, 1)
        if note:
            below = muted(note)
            below.setWordWrap(True)
            grid.addWidget(below, place + 1, 1)
        grid.setRowMinimumHeight(place + 2, 4)

    def _make_field(self, name: str) -> Field:
        said, value = declared(name), getattr(self._settings, name)
        makers: dict[Kind, Callable[[], Field]] = {
            Kind.FOLDER: lambda: setting_fields.FolderField(said, value, self._default(name)),
            Kind.FILE: lambda: setting_fields.FileField(
                said, value, fetch_words.NO_FILE, fetch_words.COOKIES_FILTERS
            ),
            Kind.CHOICE: lambda: ChoiceField({i: _CHOICES[name][i] for i in said.choices}, value),
            Kind.MODEL: lambda: ChoiceField(self._model_texts(value), value),
            Kind.PRESET: lambda: PresetField(value, [one.name for one in BUILT_IN]),
            Kind.SWITCH: lambda: setting_fields.SwitchField(said, value),
            Kind.NUMBER: lambda: setting_fields.NumberField(said, value),
            Kind.DEVICE: lambda: OutputField(value, settings_words.SYSTEM_OUTPUT),
            Kind.ADDRESS: lambda: setting_fields.TextField(value, BASE_URL),
        }
        return makers[said.kind]()

    def _default(self, name: str) -> Path:
        """The folder that an empty field means."""
        where = self._defaults
        return {
            "output_folder": where.output,
            "export_folder": where.exports,
            "models_folder": where.models,
            "scratch_folder": where.scratch,
            "cache_folder": where.cache,
        }[name]

    def _model_texts(self, chosen: str) -> dict[str, str]:
        texts = {"": settings_words.BEST_INSTALLED_MODEL}
        texts |= {one.name: printable(one.name) for one in self._around.models}
        return {chosen: settings_words.not_installed(chosen)} | texts if chosen else texts

    def _add_extras(self) -> None:
        around = self._around
        self.models_page = push_button(settings_words.MODELS, settings_words.MODELS_TIP)
        self.models_page.clicked.connect(partial(self._go, self.models_wanted))
        self._add_row(Section.NETWORK, muted(), _at_left(self.models_page))
        self.downloader: DownloaderBox | None = None
        if self._around.downloader is not None:
            self.downloader = DownloaderBox(self._around.downloader)
            beside = muted(fetch_words.DOWNLOADER)
            beside.setContentsMargins(0, 8, 0, 0)
            self._add_row(Section.LINKS, beside, self.downloader, top=True)
        self.space = SpaceBox(self._around.tasks, self._around.folders)
        for label, row in self.space.rows:
            self._add_row(Section.FOLDERS, muted(label), row)
        self.about = AboutBox(around.tasks, around.folders, self._settings.model, around.diagnose)
        self.about.diagnostics.clicked.connect(partial(self._go, self.diagnostics_wanted))
        self.about.delete.clicked.connect(partial(self._go, self.delete_wanted))
        grid = self._grids[Section.ABOUT]
        grid.addWidget(self.about, 0, 0, 1, 2)

    def _add_gpu(self) -> None:
        """Below the choice of what computes."""
        self.gpu: GpuBox | None = None
        if self._around.gpu is not None:
            beside = muted()
            self.gpu = GpuBox(self._around.gpu, beside)
            self._add_row(Section.SPLITTING, beside, self.gpu, top=True)
            beside.setText(gpu_words.LABEL)
            self.gpu.begin()

    def _add_buttons(self) -> None:
        self.cancel = self.add_button(labels.CANCEL, self.reject)
        self.save = self.add_button(labels.SAVE, self._save, primary=True)
        kind, bits = self.fields["format"].control, self.fields["bits"].control
        assert isinstance(kind, ComboBox)
        assert isinstance(bits, ComboBox)
        fit = partial(setting_fields.fit_bits, kind, bits)
        kind.currentIndexChanged.connect(lambda _: fit())
        fit()

    def _order_tabs(self) -> None:
        """Through the section's fields from top to bottom, then to what stands below them."""
        update = [] if self.downloader is None else [self.downloader.update_it]
        extras = (self.models_page, *update, *self.space.buttons, *self.about.buttons)
        controls: list[QWidget] = []
        for field in self.fields.values():
            controls.append(field.control)
            if isinstance(field, setting_fields.FolderField):
                controls.append(field.button)
            if field is self.fields["device"] and self.gpu is not None:
                controls += self.gpu.buttons
        chain(self.sections, *controls, *extras, self.cancel, self.save)

    # What it asks and does

    def _look_around(self) -> None:
        self._over = False
        self.finished.connect(self._end)
        self.space.look()
        presets = partial(load_presets, self._around.folders.export_presets)
        self._around.tasks.io(presets, self._show_presets)
        self._around.tasks.io(self._around.devices, self._show_devices)

    def _show_devices(self, outcome: Outcome[tuple[str, ...]]) -> None:
        output = self.fields.get("output_device")
        if not self._over and isinstance(output, OutputField) and outcome.value is not None:
            output.show_devices(outcome.value)

    def _show_presets(self, outcome: Outcome[tuple[ExportPreset, ...]]) -> None:
        field = self.fields.get("auto_export")
        if not self._over and isinstance(field, PresetField) and outcome.value is not None:
            field.show_names(one.name for one in (*BUILT_IN, *outcome.value))

    def _end(self) -> None:
        self._over = True
        self.space.end()
        self.about.end()
        for box in (self.downloader, self.gpu):
            if box is not None:
                box.end()

    def _save(self) -> None:
        self.changed.emit(self.settings)
        self.accept()

    def _go(self, wanted: Any, _: bool = False) -> None:
        """To another page; what was changed here is kept."""
        self._save()
        wanted.emit()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        retint(self)
        self.sections.setFocus()


def _at_left(button: QWidget) -> QWidget:
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(button)
    layout.addStretch(1)
    return line


def _without_choices(folders: Folders, settings: Settings) -> Folders:
    """The folders as they are where a field is left empty."""
    models = None if settings.models_folder else folders.models_override
    return replace(
        folders,
        models_override=models,
        scratch_override=None,
        output_override=None,
        cache_override=None,
        exports_override=None,
    )
