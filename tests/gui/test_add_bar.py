from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.options import SeparationOptions
from stemdesk.core.quality import Quality
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer
from stemdesk.gui.add_bar import AddBar
from stemdesk.gui.choosing import plan
from stemdesk.gui.model_list import list_models
from stemdesk.gui.model_values import Download, Errand, ModelChoice, ModelState, Phase
from stemdesk.models.library import ModelLibrary
from support.fake_models import STARTER, released
from support.models import install_best, install_small
from support.stage import FOUR, MODELS, SIX, Stage, file_mime

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

FINE_TUNED = ModelChoice("htdemucs_ft", FOUR, 4_000_000)


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
        choices = list_models(ModelLibrary(tmp_path / "models"), ())
        stage.controller.models_known.emit(choices)
        shown = stage.window.add_bar.model.currentText()
        there = {"hdemucs_x": "hdemucs_x", "broken": "broken (damaged)"}
        assert shown == there.get(wanted, "htdemucs")
        assert plan(choices, stage.controller.settings).options.model == shown.split()[0]


def test_models_can_come_and_go(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit(MODELS[1:])
    assert bar.model.currentText() == "six"
    stage.qtbot.waitUntil(lambda: len(bar.findChildren(type(bar.chips[0]))) == 6)


# Quality


def choose(bar: AddBar, quality: Quality) -> None:
    """With the keys, as people without a mouse do."""
    bar.quality.setFocus()
    steps = list(Quality).index(quality) - bar.quality.currentIndex()
    for _ in range(abs(steps)):
        QTest.keyClick(bar.quality, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
    assert quality_of(bar) is quality


def quality_of(bar: AddBar) -> Quality:
    return bar.quality.quality


def choose_model(bar: AddBar, name: str) -> None:
    bar.model.setCurrentText(name)
    bar.model.activated.emit(bar.model.currentIndex())


def best_flags(bar: AddBar) -> Qt.ItemFlag:
    return bar.quality.model().flags(bar.quality.model().index(2, 0))


def test_the_quality_is_standard_and_remembered(stage: Stage, bar: AddBar) -> None:
    assert [bar.quality.itemText(n) for n in range(3)] == ["Fast", "Standard", "Best"]
    assert quality_of(bar) is Quality.STANDARD
    choose(bar, Quality.FAST)
    assert stage.controller.settings == Settings(quality="fast")
    assert bar.model.currentText() == "small"
    choose(bar, Quality.STANDARD)
    assert stage.controller.settings == Settings()


def test_until_models_are_known_the_quality_waits(qtbot: QtBot, tmp_path: Path) -> None:
    bar = Stage(qtbot, tmp_path, Settings(quality="best"), models=False).window.add_bar
    assert quality_of(bar) is Quality.BEST and not bar.quality.isEnabled()


def test_best_without_its_model_cannot_be_chosen_and_says_why(stage: Stage, bar: AddBar) -> None:
    assert not best_flags(bar) & Qt.ItemFlag.ItemIsEnabled
    missing = "The model htdemucs_ft is not installed."
    assert missing in bar.quality.itemData(2, Qt.ItemDataRole.ToolTipRole)
    assert missing in bar.quality.itemData(2, Qt.ItemDataRole.AccessibleDescriptionRole)
    assert missing in bar.quality.toolTip()
    bar.quality.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_B):
        QTest.keyClick(bar.quality, key)
    assert quality_of(bar) is Quality.STANDARD
    assert stage.controller.asked("change_settings") == []


def test_best_brings_its_model_and_the_stems_follow(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit((*MODELS, FINE_TUNED))
    assert best_flags(bar) & Qt.ItemFlag.ItemIsEnabled
    assert "not installed" not in bar.quality.toolTip()
    choose_model(bar, "six")
    for stem in SIX:
        if stem not in ("vocals", "piano"):
            next(item for item in bar.chips if item.stem == stem).click()
    choose(bar, Quality.BEST)
    assert stage.controller.settings.quality == "best"
    assert bar.model.currentText() == "htdemucs_ft"
    assert [item.stem for item in bar.chips] == list(FOUR)
    assert checked(bar) == ["vocals"], "what it has of the chosen ones"
    choose(bar, Quality.STANDARD)
    assert bar.model.currentText() == "six", "the chosen model is not forgotten"
    assert checked(bar) == ["vocals", "piano"]


def test_another_model_is_not_best_any_more(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit((*MODELS, FINE_TUNED))
    choose(bar, Quality.BEST)
    choose_model(bar, "htdemucs_ft")
    assert quality_of(bar) is Quality.BEST, "it is that model already"
    choose_model(bar, "small")
    assert quality_of(bar) is Quality.STANDARD
    assert stage.controller.settings == Settings(model="small")
    choose_model(bar, "htdemucs_ft")
    choose(bar, Quality.FAST)
    assert stage.controller.settings == Settings(model="htdemucs_ft", quality="fast")
    assert bar.model.currentText() == "htdemucs_ft"


def test_the_bar_shows_what_new_songs_get(qtbot: QtBot, tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path / "models")
    install_small(library.folder, "htdemucs")
    for installed in (False, True):
        if installed:
            install_best(library.folder)
        for quality in Quality:
            for model in ("", "htdemucs", "htdemucs_ft"):
                settings = Settings(quality=quality.value, model=model, stems=("bass",))
                stage = Stage(qtbot, tmp_path, settings)
                choices = list_models(library, ())
                stage.controller.models_known.emit(choices)
                bar = stage.window.add_bar
                overlap = 0.1 if quality_of(bar) is Quality.FAST else 0.25
                shown = SeparationOptions(bar.model.currentText(), ("bass",), overlap)
                assert plan(choices, settings).options == shown
                assert checked(bar) == ["bass"]
                wanted = Quality.STANDARD if quality is Quality.BEST else quality
                assert quality_of(bar) is (quality if installed else wanted)


def test_alt_q_goes_to_the_quality(stage: Stage, bar: AddBar) -> None:
    bar.path.setFocus()
    stage.key(Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert QApplication.focusWidget() is bar.quality


def test_many_stems_take_several_lines(stage: Stage, bar: AddBar) -> None:
    """They are in sight, and the window does not grow."""
    stems = tuple(f"instrument_{number}" for number in range(20))
    stage.window.resize(900, 600)
    stage.controller.models_known.emit((ModelChoice("many", stems, 1),))

    def all_in_sight() -> None:
        areas = [item.visibleRegion().boundingRect().size() for item in bar.chips]
        assert areas == [item.sizeHint() for item in bar.chips]

    stage.qtbot.waitUntil(all_in_sight)
    assert stage.window.width() == 900


# Models that are not there yet


def get(bar: AddBar) -> str:
    return bar.get.text().strip() if bar.get.isVisible() else ""


def test_the_menu_has_what_can_be_downloaded_and_says_so(stage: Stage, bar: AddBar) -> None:
    choices = (STARTER, released(), released("hdemucs_mmi", downloadable=False), *MODELS)
    stage.controller.models_known.emit(choices)
    assert [bar.model.itemText(n) for n in range(bar.model.count())] == [
        "starter (draft)",
        "htdemucs (download 84 MB)",
        "small",
        "six",
    ]
    assert bar.model.currentText() == "small"
    assert get(bar) == ""
    bar.model.setCurrentIndex(1)
    bar.model.activated.emit(1)
    assert stage.controller.settings.model == "htdemucs"
    assert get(bar) == "Download (84 MB)"
    assert bar.get.accessibleName() == "Download htdemucs (84 MB)"
    bar.get.click()
    assert stage.controller.models.asked("download") == [("htdemucs", ())]


def test_a_download_is_followed_beside_its_model(stage: Stage, bar: AddBar) -> None:
    models = stage.controller.models
    stage.controller.models_known.emit((STARTER, released()))
    assert get(bar) == "Download (84 MB)"  # what the first song would ask about
    transfer = Transfer("htdemucs", 43, 100, 2.1e6, 31.0)
    models.put("htdemucs", Download(Errand.DOWNLOAD, transfer=transfer))
    assert get(bar) == "Downloading 43 %"
    bar.get.click()  # to see more
    assert models.asked("download") == []
    stage.dialog().reject()
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    assert get(bar) == ""


def test_best_can_be_chosen_before_it_is_there(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit((*MODELS, released("htdemucs_ft")))
    assert best_flags(bar) & Qt.ItemFlag.ItemIsEnabled
    assert "splitting offers to download it" in bar.quality.toolTip()
    choose(bar, Quality.BEST)
    assert stage.controller.settings.quality == "best"
    assert bar.model.currentText() == "htdemucs_ft (download 336 MB)"
    assert get(bar) == "Download (336 MB)"
    for item in bar.chips:
        if item.stem != "vocals":
            item.click()
    assert get(bar) == "Download (84 MB)"  # one stem needs one network
    assert bar.model.currentText() == "htdemucs_ft (download 84 MB)"
    bar.get.click()
    assert stage.controller.models.asked("download") == [("htdemucs_ft", ("vocals",))]


def test_the_draft_is_shown_where_it_was_accepted(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, Settings(draft_accepted=True), models=False)
    stage.controller.models_known.emit((STARTER, released()))
    bar = stage.window.add_bar
    assert bar.model.currentText() == "starter (draft)"
    assert get(bar) == ""


def test_the_bar_follows_a_draft_that_is_accepted_elsewhere(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit((STARTER, released()))
    assert bar.model.currentText() == "htdemucs (download 84 MB)"
    stage.controller.models.settings_wanted.emit(Settings(draft_accepted=True))
    assert bar.model.currentText() == "starter (draft)"
    assert get(bar) == ""


def test_a_download_that_failed_says_why_beside_its_model(stage: Stage, bar: AddBar) -> None:
    stage.controller.models_known.emit((STARTER, released()))
    failed = Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="No network. Try again.")
    stage.controller.models.put("htdemucs", failed)
    assert get(bar) == "Download (84 MB)"
    assert bar.get.toolTip() == bar.get.accessibleDescription() == "No network. Try again."
    stage.controller.models.put("htdemucs", None)
    assert bar.get.accessibleDescription() == ""
    assert bar.get.toolTip() == "Download htdemucs (84 MB)"


def test_a_damaged_model_that_songs_get_is_shown_as_such(stage: Stage, bar: AddBar) -> None:
    damaged = released(state=ModelState.BROKEN)
    stage.controller.models_known.emit((STARTER, damaged))
    assert bar.model.currentText() == "htdemucs (damaged)"
    stage.controller.models.settings_wanted.emit(Settings(draft_accepted=True))
    assert bar.model.currentText() == "starter (draft)"
    assert bar.model.count() == 1
