from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from stemdesk.core.settings import Settings
from stemdesk.gui import labels, theme
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.paths import Folders

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

FOLDERS = Folders(Path("/config"), Path("/data"), Path("/logs"), Path("/music"))


def opened(qtbot: QtBot, settings: Settings | None = None) -> SettingsDialog:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, Qt.ColorScheme.Light)
    dialog = SettingsDialog(None, settings or Settings(), FOLDERS)
    qtbot.addWidget(dialog)
    return dialog


def test_untouched_settings_stay(qtbot: QtBot) -> None:
    for settings in (
        Settings(),
        Settings(
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
            welcomed=True,
            scratch_folder="/work",
            longest_hours=1.5,
            window="geometry",
        ),
        Settings(exact_sum=True),
    ):
        assert opened(qtbot, settings).settings == settings


def test_changes_are_saved(qtbot: QtBot) -> None:
    dialog = opened(qtbot)
    dialog.output.setText(" /elsewhere ")
    dialog.format.setCurrentIndex(dialog.format.findData("wav"))
    dialog.bits.setCurrentIndex(dialog.bits.findData(32))
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    dialog.full_precision.click()
    dialog.mirror.setText(" https://models.example ")
    dialog.hours.setValue(2.5)
    with qtbot.waitSignal(dialog.changed) as changed:
        dialog._save()
    assert changed.args == [
        Settings(
            output_folder="/elsewhere",
            format="wav",
            bits=32,
            device="cpu",
            full_precision=True,
            model_mirror="https://models.example",
            longest_hours=2.5,
        )
    ]


def test_the_switch_is_worked_by_keys_and_on_its_text(qtbot: QtBot) -> None:
    dialog = opened(qtbot)
    dialog.show()
    switch = dialog.exact_sum
    assert switch.accessibleName() == "Stems sum to the mix"
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert dialog.settings == Settings(exact_sum=True)
    on_the_text = QPoint(switch.width() // 3, switch.height() // 2)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=on_the_text)
    assert dialog.settings == Settings()


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_the_switch_shows_its_state_in_both_schemes(qtbot: QtBot, scheme: Qt.ColorScheme) -> None:
    dialog = opened(qtbot)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, scheme)
    switch, colours = dialog.exact_sum, theme.colours()
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


def test_flac_has_no_32_bits(qtbot: QtBot) -> None:
    dialog = opened(qtbot, Settings(format="wav", bits=32))
    dialog.format.setCurrentIndex(dialog.format.findData("flac"))
    assert dialog.bits.findData(32) < 0
    assert dialog.settings.bits == 24
    dialog.format.setCurrentIndex(dialog.format.findData("wav"))
    assert dialog.bits.findData(32) >= 0


def test_cancelling_saves_nothing(qtbot: QtBot) -> None:
    dialog = opened(qtbot)
    dialog.output.setText("/elsewhere")
    with qtbot.assertNotEmitted(dialog.changed):
        dialog.reject()


def test_empty_folders_say_what_they_mean(qtbot: QtBot) -> None:
    dialog = SettingsDialog(
        None, Settings(output_folder="/x"), FOLDERS.chosen(Settings(output_folder="/x"))
    )
    qtbot.addWidget(dialog)
    assert dialog.output.placeholderText() == str(Path("/music/StemDesk"))
    assert dialog.models.placeholderText() == str(Path("/data/models"))


def test_folders_can_be_chosen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from stemdesk.gui import settings_dialog

    monkeypatch.setattr(
        settings_dialog, "choose_folder", lambda _parent, _caption, then: then([Path("/new")])
    )
    dialog = opened(qtbot)
    dialog._choose(dialog.scratch, "Working folder")
    assert dialog.settings.scratch_folder == str(Path("/new"))


def test_every_choice_has_words() -> None:
    texts: dict[str, dict[Any, str]] = {
        "format": labels.FORMATS,
        "bits": labels.BITS,
        "device": labels.DEVICES,
        "quality": labels.QUALITY_TIPS,
    }
    for item in fields(Settings):
        if item.metadata["declared"].choices:
            assert set(texts[item.name]) == set(item.metadata["declared"].choices)


def test_the_longest_song_can_be_read(qtbot: QtBot) -> None:
    dialog = opened(qtbot)
    dialog.show()
    edit = dialog.hours.findChild(QLineEdit)
    assert edit is not None
    assert edit.text() == dialog.hours.text()
    assert edit.width() > edit.fontMetrics().horizontalAdvance(edit.text()) + 8
