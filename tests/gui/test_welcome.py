from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.declared import Section
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer
from stemdesk.gui.model_values import Download, Errand, ModelState, Phase
from stemdesk.gui.settings_dialog import SettingsDialog
from support.fake_models import STARTER, released
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, models=False)
    made.controller.models_known.emit((STARTER, released()))
    return made


def test_the_first_start_explains_in_one_card(stage: Stage) -> None:
    card = stage.window.empty.welcome
    assert card.isVisible()
    text = "\n".join(line.text() for line in card.lines)
    for part in (
        "Drop a song",
        "built in",
        "get htdemucs",
        "stays on this computer",
        "Your own files stay as they are",
    ):
        assert part in text
    assert card.get.text().strip() == "Get htdemucs (84 MB)"
    card.get.click()
    assert stage.controller.models.asked("download") == [("htdemucs", ())]


def test_it_goes_for_good_once_a_song_was_added(stage: Stage) -> None:
    job = stage.controller.add("one.mp3")
    assert stage.controller.settings.welcomed
    stage.controller.remove([job.id])
    assert stage.window.empty.isVisible()
    assert not stage.window.empty.welcome.isVisible()


def test_a_later_start_does_not_show_it(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, Settings(welcomed=True))
    assert stage.window.empty.isVisible()
    assert not stage.window.empty.welcome.isVisible()


def test_it_follows_the_download(stage: Stage) -> None:
    card, models = stage.window.empty.welcome, stage.controller.models
    models.put("htdemucs", Download(Errand.DOWNLOAD, transfer=Transfer("x", 42, 84, 2.1e6, 31.0)))
    assert card.lines[2].text() == "htdemucs: Downloading 50 %, 2.1 MB/s, 0:31 left"
    assert not card.get.isVisible()
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="No network."))
    assert card.lines[2].text() == "htdemucs: No network."
    assert card.get.isVisible()
    models.put("htdemucs", None)
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    assert card.lines[2].text() == "htdemucs is installed: new songs are split with it."
    assert not card.get.isVisible()


def test_it_says_where_stems_go_and_lets_that_be_changed(stage: Stage) -> None:
    card, folders = stage.window.empty.welcome, stage.controller.folders

    def said() -> str:
        return card.lines[-1].text().replace("\u200b", "")

    assert said().startswith(f"Stems go to {folders.output}.")
    card.place.click()
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    assert dialog.sections.currentItem().text() == Section.SAVING.value
    stage.controller.folders = replace(folders, output_override=stage.root / "new place")
    dialog.save.click()
    assert said().startswith(f"Stems go to {stage.root / 'new place'}.")
