from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.core.declared import Kind, Section
from stemdesk.core.settings import Settings, declared
from stemdesk.gui import dialogs, settings_words, theme
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.setting_fields import (
    ChoiceField,
    FileField,
    FolderField,
    NumberField,
    OutputField,
)
from stemdesk.gui.settings_dialog import _CHOICES, Around, SettingsDialog
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.widgets import CheckBox
from stemdesk.paths import Folders
from support.opened import record_opened

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

FOLDERS = Folders(Path("/config"), Path("/data"), Path("/logs"), Path("/music"))
OTHER = Settings(
    output_folder="/out",
    format="wav",
    bits=32,
    quality="fast",
    model="six",
    stems=("vocals",),
    device="cpu",
    full_precision=True,
    models_folder="/models",
    model_mirror="https://models.example",
    draft_accepted=True,
    scratch_folder="/work",
    longest_hours=1.5,
    window="geometry",
    exact_sum=True,
    welcomed=True,
    output_device="Headphones",
    cache_folder="/cache",
    cache_gb=2.5,
    threads_playing=3,
    stay_awake=False,
    notify=False,
    check_updates=True,
    local_network=True,
    longest_link_hours=2.0,
    largest_link_gb=0.5,
    keep_original=False,
    cookies_browser="firefox",
    cookies_file="/cookies.txt",
    links_noticed=True,
    auto_export="MP3s for the band",
    export_folder="/exports",
    last_export="{}",
)


class Room:
    """Opens dialogs; its tasks end with the test."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.tasks = Tasks()
        self.devices: tuple[str, ...] = ()

    def open(
        self, settings: Settings | None = None, folders: Folders = FOLDERS, models: str = ""
    ) -> SettingsDialog:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, Qt.ColorScheme.Light)
        choices = [ModelChoice(name, ("vocals",), 1) for name in models.split()]
        around = Around(folders, self.tasks, choices, lambda: self.devices)
        dialog = SettingsDialog(None, settings or Settings(), around)
        self.qtbot.addWidget(dialog)
        return dialog


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made = Room(qtbot)
    yield made
    assert made.tasks.close(10_000)


def choose(dialog: SettingsDialog, name: str, value: object) -> None:
    field = dialog.fields[name]
    assert isinstance(field, ChoiceField)
    index = field.control.findData(value)
    assert index >= 0
    field.control.setCurrentIndex(index)


def write(dialog: SettingsDialog, name: str, text: str) -> None:
    cast(QLineEdit, dialog.fields[name].control).setText(text)


def test_the_example_differs_in_every_setting() -> None:
    plain = Settings()
    same = [f.name for f in fields(Settings) if getattr(OTHER, f.name) == getattr(plain, f.name)]
    assert same == []


@pytest.mark.parametrize("settings", [Settings(), OTHER])
def test_untouched_settings_stay(room: Room, settings: Settings) -> None:
    assert room.open(settings).settings == settings


def test_every_declared_setting_has_a_field_in_its_section(room: Room) -> None:
    dialog = room.open()
    shown = {f.name for f in fields(Settings) if declared(f.name).kind is not Kind.HIDDEN}
    assert set(dialog.fields) == shown
    for name, field in dialog.fields.items():
        area = field.control.parentWidget()
        while not isinstance(area, QScrollArea):
            assert area is not None
            area = area.parentWidget()
        section = declared(name).section
        assert section is not None and area.accessibleName() == section.value
        assert field.control.accessibleName() == declared(name).label
        assert field.control.accessibleDescription() == declared(name).help


def test_every_choice_has_words() -> None:
    for item in fields(Settings):
        if declared(item.name).choices:
            assert set(_CHOICES[item.name]) == set(declared(item.name).choices)


def test_changes_are_saved(room: Room) -> None:
    dialog = room.open(models="six htdemucs")
    for name in (
        "output_folder",
        "models_folder",
        "scratch_folder",
        "cache_folder",
        "cookies_file",
        "export_folder",
    ):
        write(dialog, name, f" {getattr(OTHER, name)} ")
    choose(dialog, "auto_export", OTHER.auto_export)
    write(dialog, "model_mirror", " https://models.example ")
    for name in ("format", "bits", "device", "quality", "model", "cookies_browser"):
        choose(dialog, name, getattr(OTHER, name))
    switches = (
        "exact_sum",
        "keep_original",
        "full_precision",
        "stay_awake",
        "notify",
        "check_updates",
        "local_network",
    )
    for name in switches:
        cast(CheckBox, dialog.fields[name].control).click()
    numbers = (
        "longest_hours",
        "threads_playing",
        "cache_gb",
        "longest_link_hours",
        "largest_link_gb",
    )
    for name in numbers:
        number = dialog.fields[name]
        assert isinstance(number, NumberField)
        number.control.setValue(getattr(OTHER, name))
    with room.qtbot.waitSignal(dialog.changed) as changed:
        dialog.save.click()
    (saved,) = cast(list[Settings], changed.args)
    hidden = {"stems", "draft_accepted", "window", "welcomed", "output_device", "links_noticed"}
    hidden.add("last_export")
    for item in fields(Settings):
        wanted = Settings() if item.name in hidden else OTHER
        assert getattr(saved, item.name) == getattr(wanted, item.name), item.name


def test_a_number_with_more_digits_than_are_shown_stays(room: Room) -> None:
    settings = Settings(longest_hours=0.25, cache_gb=0.04)
    dialog = room.open(settings)
    assert dialog.settings == settings
    number = dialog.fields["cache_gb"]
    assert isinstance(number, NumberField)
    cast(QDoubleSpinBox, number.control).setValue(0.3)
    assert dialog.settings == Settings(longest_hours=0.25, cache_gb=0.3)


def test_cancelling_saves_nothing(room: Room) -> None:
    dialog = room.open()
    write(dialog, "output_folder", "/elsewhere")
    with room.qtbot.assertNotEmitted(dialog.changed):
        dialog.cancel.click()


def test_sound_devices_are_asked_for_and_one_that_is_gone_stays_chosen(room: Room) -> None:
    room.devices = ("Speakers", "Headphones", "Speakers")
    dialog = room.open(Settings(output_device="Yesterday's"))
    field = dialog.fields["output_device"]
    assert isinstance(field, OutputField)
    room.qtbot.waitUntil(lambda: field.control.count() == 4)
    texts = [field.control.itemText(row) for row in range(4)]
    assert texts == [
        settings_words.SYSTEM_OUTPUT,
        "Speakers",
        "Headphones",
        "Yesterday's (not connected)",
    ]
    assert dialog.settings == Settings(output_device="Yesterday's")
    choose(dialog, "output_device", "Headphones")
    assert dialog.settings == Settings(output_device="Headphones")


def test_a_model_that_is_not_there_any_more_stays_chosen(room: Room) -> None:
    dialog = room.open(Settings(model="gone"), models="htdemucs")
    assert dialog.settings == Settings(model="gone")
    choose(dialog, "model", "")
    assert dialog.settings == Settings()


def test_the_switch_is_worked_by_keys_and_on_its_text(room: Room) -> None:
    dialog = room.open()
    dialog.show()
    switch = dialog.fields["exact_sum"].control
    assert switch.accessibleName() == "Stems sum to the mix"
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert dialog.settings == Settings(exact_sum=True)
    on_the_text = QPoint(80, switch.height() // 2)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=on_the_text)
    assert dialog.settings == Settings()


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_the_switch_shows_its_state_in_both_schemes(room: Room, scheme: Qt.ColorScheme) -> None:
    dialog = room.open()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, scheme)
    switch, colours = cast(CheckBox, dialog.fields["exact_sum"].control), theme.colours()
    dialog.show()

    def shades() -> set[str]:
        image = switch.grab(QRect(0, 0, 20, switch.height())).toImage()
        return {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
        }

    assert {colours.outline, colours.surface} <= shades()
    switch.setChecked(True)
    assert {colours.accent, colours.on_accent} <= shades()


def test_flac_has_no_32_bits(room: Room) -> None:
    dialog = room.open(Settings(format="wav", bits=32))
    bits = cast(ChoiceField, dialog.fields["bits"]).control
    choose(dialog, "format", "flac")
    assert bits.findData(32) < 0
    assert dialog.settings.bits == 24
    choose(dialog, "format", "wav")
    assert bits.findData(32) >= 0


def test_empty_folders_say_what_they_mean(room: Room) -> None:
    chosen = Settings(output_folder="/x", cache_folder="/y", scratch_folder="/z")
    dialog = room.open(chosen, FOLDERS.chosen(chosen))
    for name, path in (
        ("output_folder", "/music/StemDesk"),
        ("models_folder", "/data/models"),
        ("scratch_folder", "/data/jobs"),
        ("cache_folder", "/data/cache"),
    ):
        edit = cast(QLineEdit, dialog.fields[name].control)
        assert edit.placeholderText() == str(Path(path))


def test_folders_can_be_chosen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dialogs,
        "choose_folder",
        lambda _parent, _caption, then: then([Path("/new")]),
    )
    dialog = room.open()
    field = dialog.fields["scratch_folder"]
    assert isinstance(field, FolderField)
    field.button.click()
    assert dialog.settings.scratch_folder == str(Path("/new"))


def test_a_cookies_file_can_be_chosen(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dialogs,
        "choose_file",
        lambda _parent, _caption, _filters, then: then([Path("/new.txt")]),
    )
    dialog = room.open()
    field = dialog.fields["cookies_file"]
    assert isinstance(field, FileField)
    field.button.click()
    assert dialog.settings.cookies_file == str(Path("/new.txt"))


def test_space_is_told_and_the_cache_emptied(room: Room, tmp_path: Path) -> None:
    folders = Folders(*(tmp_path / name for name in ("config", "data", "logs", "music")))
    cached = folders.cache / "waves" / ("0" * 32) / "0.peaks"
    for path, size in ((folders.scratch / "job" / "mix.f32", 3000), (cached, 2000)):
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(size))
    dialog = room.open(folders=folders)
    space = dialog.space
    room.qtbot.waitUntil(lambda: space.working.text().startswith("3 kB"))
    assert space.cached.text().startswith("2 kB")
    space.empty.click()
    room.qtbot.waitUntil(lambda: space.cached.text() == "2 kB freed")
    assert list((folders.cache / "waves").iterdir()) == []
    assert (folders.scratch / "job" / "mix.f32").exists()


def test_answers_that_come_late_are_not_shown(room: Room, qtbot: QtBot) -> None:
    go = threading.Event()
    room.tasks.io(lambda: go.wait(30), lambda _: None)
    room.tasks.io(lambda: go.wait(30), lambda _: None)
    dialog = room.open()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.show()
        dialog.reject()
    ended: list[bool] = []
    room.tasks.io(lambda: True, lambda _: ended.append(True))
    go.set()
    qtbot.waitUntil(lambda: ended == [True])


def test_all_places_are_named_and_can_be_opened(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = record_opened(monkeypatch)
    about = room.open().about
    assert about.places["cache"].text() == str(Path("/data/cache"))
    assert about.places["exports"].text() == str(Path("/music/StemDesk exports"))
    assert len({button.accessibleName() for button in about.open.values()}) == len(about.open) == 8
    about.open["logs"].click()
    assert opened == []  # the disk is not asked here
    room.qtbot.waitUntil(lambda: bool(opened))
    assert [Path(url.toLocalFile()) for url in opened] == [Path("/")]  # the nearest that is there


def test_other_pages_are_asked_for_and_changes_kept(room: Room) -> None:
    for button, signal in (
        ("diagnostics", "diagnostics_wanted"),
        ("delete", "delete_wanted"),
        ("models_page", "models_wanted"),
    ):
        dialog = room.open()
        write(dialog, "output_folder", "/elsewhere")
        owner = dialog if button == "models_page" else dialog.about
        with room.qtbot.waitSignals([dialog.changed, getattr(dialog, signal)]):
            getattr(owner, button).click()


def test_the_whole_dialog_is_reached_by_keys(room: Room) -> None:
    dialog = room.open()
    dialog.show()
    room.qtbot.waitExposed(dialog)
    assert dialog.focusWidget() is dialog.sections
    for section in Section:
        assert dialog.sections.currentItem().text() == section.value
        dialog.sections.setFocus()
        reached: list[QWidget | None] = []
        while not reached or reached[-1] is not dialog.save:
            QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
            assert dialog.focusWidget() not in reached
            reached.append(dialog.focusWidget())
        named = {name for name, f in dialog.fields.items() if f.control in reached}
        assert named == {name for name in dialog.fields if declared(name).section is section}
        QTest.keyClick(dialog.sections, Qt.Key.Key_Down)


def test_large_fonts_need_no_more_than_a_small_window(room: Room) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before, large = app.font(), QFont(app.font())
    large.setPointSizeF(before.pointSizeF() * 1.5)
    app.setFont(large)
    try:
        dialog = room.open(OTHER)
        dialog.resize(852, 552)
        dialog.show()
        room.qtbot.waitExposed(dialog)
        for section in Section:
            dialog.show_section(section)
            area = dialog._pages.currentWidget()
            assert isinstance(area, QScrollArea)
            inside = area.widget()
            assert inside is not None
            assert inside.minimumSizeHint().width() <= area.viewport().width(), section
    finally:
        app.setFont(before)


def test_numbers_can_be_read(room: Room) -> None:
    dialog = room.open()
    dialog.show()
    for field in dialog.fields.values():
        if isinstance(field, NumberField):
            edit = field.control.lineEdit()
            assert edit.text() == field.control.text()
            dialog.show_section(Section.SPLITTING)
            needed = edit.fontMetrics().horizontalAdvance(edit.text()) + 8
            assert field.control.sizeHint().width() > needed
