from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.settings import Settings
from stemdesk.gui.add_bar import AddBar
from stemdesk.gui.adding import separation_options
from stemdesk.gui.machine import _installed
from stemdesk.models.library import ModelLibrary
from support.models import install_small
from support.stage import FOUR, MODELS, SIX, Stage, file_mime


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


@pytest.fixture
def bar(stage: Stage) -> AddBar:
    return stage.window.add_bar


def checked(bar: AddBar) -> list[str]:
    return [chip.stem for chip in bar.chips if chip.isChecked()]


def chip(bar: AddBar, stem: str) -> object:
    return next(item for item in bar.chips if item.stem == stem)


def test_a_typed_path_is_split(stage: Stage, bar: AddBar) -> None:
    assert not bar.split.isEnabled()
    bar.path.setFocus()
    QTest.keyClicks(bar.path, "/music/1 song.mp3")
    assert bar.split.isEnabled()
    bar.split.click()
    assert stage.controller.asked("add_paths") == [([Path("/music/1 song.mp3")],)]
    assert bar.path.text() == ""


def test_enter_splits_as_well(stage: Stage, bar: AddBar) -> None:
    bar.path.setText('"/music/folder"')
    stage.key(Qt.Key.Key_Return, on=bar.path)
    assert stage.controller.asked("add_paths") == [([Path("/music/folder")],)]


def test_spaces_are_no_path(stage: Stage, bar: AddBar) -> None:
    bar.path.setText("   ")
    assert not bar.split.isEnabled()
    stage.key(Qt.Key.Key_Return, on=bar.path)
    assert stage.controller.asked("add_paths") == []


def test_files_pasted_into_the_field_are_added(stage: Stage, bar: AddBar) -> None:
    paths = [stage.root / "a.mp3"]
    QApplication.clipboard().setMimeData(file_mime(paths))
    bar.path.setFocus()
    stage.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert stage.controller.asked("add_paths") == [(paths,)]
    assert bar.path.text() == ""


def test_text_pasted_into_the_field_is_text(stage: Stage, bar: AddBar) -> None:
    QApplication.clipboard().setText("/music/x")
    bar.path.setFocus()
    stage.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert stage.controller.asked("add_paths") == []
    assert bar.path.text() == "/music/x"


def test_open_has_files_and_folders(stage: Stage, bar: AddBar) -> None:
    with (
        stage.qtbot.waitSignal(bar.open_folder_wanted),
        stage.qtbot.assertNotEmitted(bar.open_files_wanted),
    ):
        bar.open_folder_wanted.disconnect(stage.window.open_folder)
        bar.open.menu().actions()[1].trigger()


def test_no_model_says_where_to_put_one(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit(())
    assert bar.model.currentText() == "No model installed"
    assert not bar.model.isEnabled()
    assert str(stage.root / "models") in bar.model.toolTip()
    assert bar.chips == []


def test_until_models_are_known_it_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    bar = Stage(qtbot, tmp_path, models=False).window.add_bar
    assert bar.model.currentText() == "Looking for models…"
    assert not bar.model.isEnabled()


def test_the_first_model_is_the_default(bar: AddBar) -> None:
    assert [bar.model.itemText(n) for n in range(bar.model.count())] == ["small", "six"]
    assert bar.model.currentText() == "small"
    assert [item.stem for item in bar.chips] == list(FOUR)
    assert checked(bar) == list(FOUR)


def test_the_settings_choose_model_and_stems(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(model="six", stems=("vocals", "piano"))
    bar = Stage(qtbot, tmp_path, settings).window.add_bar
    assert bar.model.currentText() == "six"
    assert checked(bar) == ["vocals", "piano"]


def test_choosing_a_model_changes_the_settings(stage: Stage, bar: AddBar) -> None:
    bar.model.setCurrentIndex(1)
    bar.model.activated.emit(1)
    assert stage.controller.settings.model == "six"
    assert [item.stem for item in bar.chips] == list(SIX)


def test_chips_choose_the_stems(stage: Stage, bar: AddBar) -> None:
    for item in bar.chips[:2]:
        QTest.mouseClick(item, Qt.MouseButton.LeftButton)
    assert stage.controller.settings.stems == ("other", "vocals")
    for item in bar.chips[:2]:
        item.setFocus()
        stage.key(Qt.Key.Key_Space)
    assert not stage.controller.settings.stems  # all of them


def test_the_last_chip_stays(stage: Stage, bar: AddBar) -> None:
    for item in bar.chips:
        item.click()
    assert checked(bar) == ["vocals"]
    assert stage.controller.settings.stems == ("vocals",)


def test_stems_that_the_model_lacks_are_forgotten(qtbot: QtBot, tmp_path: Path) -> None:
    bar = Stage(qtbot, tmp_path, Settings(stems=("choir",))).window.add_bar
    assert checked(bar) == list(FOUR)


def test_without_a_choice_the_bar_shows_the_model_that_jobs_get(
    qtbot: QtBot, tmp_path: Path
) -> None:
    for name in ("broken", "hdemucs_x", "htdemucs"):
        install_small(tmp_path / "models", name)
    (tmp_path / "models" / "broken.yaml").write_text("models: [nothing]")
    for wanted in ("", "hdemucs_x", "broken", "gone"):
        stage = Stage(qtbot, tmp_path, Settings(model=wanted))
        stage.controller.models_known.emit(_installed(tmp_path / "models"))
        shown = stage.window.add_bar.model.currentText()
        assert shown == ("hdemucs_x" if wanted == "hdemucs_x" else "htdemucs")
        options = separation_options(ModelLibrary(tmp_path / "models"), stage.controller.settings)
        assert options.model == shown


def test_models_can_come_and_go(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit(MODELS[1:])
    assert bar.model.currentText() == "six"
    stage.qtbot.waitUntil(lambda: len(bar.findChildren(type(bar.chips[0]))) == 6)
