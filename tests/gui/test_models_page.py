from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.transfer import Transfer
from stemdesk.gui import dialogs, model_words
from stemdesk.gui.model_desk import IMPORTING
from stemdesk.gui.model_row import ModelRow
from stemdesk.gui.model_values import Download, Errand, ModelChoice, ModelState, Phase
from stemdesk.gui.models_page import ModelsPage
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.gui.values import UserMessage
from support.fake_models import FOUR, MB, STARTER, FakeModels, released
from support.stage import Stage, drag, drop, file_mime

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

RUNNING = Download(Errand.DOWNLOAD, transfer=Transfer("htdemucs", 36 * MB, 84 * MB, 2.1e6, 31.0))
MINE = ModelChoice("mine", FOUR, 50 * MB)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, models=False)
    made.controller.models_known.emit(
        (STARTER, released(), released("htdemucs_ft", ModelState.PARTIAL, relative_time=4.0), MINE)
    )
    return made


@pytest.fixture
def page(stage: Stage) -> ModelsPage:
    stage.window.models.show_page()
    (made,) = stage.window.findChildren(ModelsPage)
    return made


@pytest.fixture
def models(stage: Stage) -> FakeModels:
    return stage.controller.models


def shown(row: ModelRow) -> list[str]:
    return [button.text().strip() for button in row.buttons if button.isVisible()]


def test_each_model_says_what_it_is_and_where_it_stands(page: ModelsPage) -> None:
    rows = page.rows
    assert list(rows) == ["starter", "htdemucs", "htdemucs_ft", "mine"]
    assert rows["htdemucs"].title.text() == "htdemucs — Hybrid Transformer Demucs"
    assert rows["htdemucs"].state.text() == "Not installed"
    assert rows["htdemucs"].facts.text() == "Drums, Bass, Other, Vocals  ·  84 MB"
    assert rows["htdemucs"].notes.text() == "The author says MIT."
    times = "\N{MULTIPLICATION SIGN}"
    assert rows["htdemucs_ft"].facts.text().endswith(f"about 4{times} the time of htdemucs")
    assert "vocals only; the rest is 252 MB" in rows["htdemucs_ft"].state.text()
    assert rows["starter"].state.text() == "Built in"
    assert shown(rows["starter"]) == []
    assert shown(rows["htdemucs"]) == ["Download (84 MB)"]
    assert shown(rows["htdemucs_ft"]) == ["Download (252 MB)", "Verify", "Remove…"]
    assert shown(rows["mine"]) == ["Verify", "Remove…"]


def test_a_download_shows_speed_and_time_left_and_can_be_stopped(
    page: ModelsPage, models: FakeModels
) -> None:
    row = page.rows["htdemucs"]
    row.download.click()
    assert models.asked("download") == [("htdemucs", ())]
    models.put("htdemucs", RUNNING)
    assert row.state.text() == "Downloading 42 %, 2.1 MB/s, 0:31 left"
    assert row.progress.isVisible() and row.progress.value() == 429
    assert shown(row) == ["Cancel"]
    row.cancel.click()
    assert models.asked("cancel") == [("htdemucs",)]
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.STOPPING))
    assert row.state.text() == "Stopping…" and shown(row) == ["Cancel"]
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.STOPPED))
    assert row.state.text() == "Not installed. The download was stopped; what has come is kept"
    assert shown(row) == ["Download (84 MB)"]
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="No network."))
    assert row.state.text() == "No network."
    assert not row.progress.isVisible()


def test_the_keys_stay_in_the_row_where_a_button_goes(page: ModelsPage, models: FakeModels) -> None:
    row = page.rows["htdemucs"]
    row.download.setFocus()
    QTest.keyClick(row.download, Qt.Key.Key_Space)
    models.put("htdemucs", RUNNING)
    assert QApplication.focusWidget() is row.cancel
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.STOPPING))
    assert QApplication.focusWidget() is row.cancel
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=Phase.STOPPED))
    assert QApplication.focusWidget() is row.download


def test_a_check_tells_its_result(page: ModelsPage, models: FakeModels) -> None:
    row = page.rows["mine"]
    row.verify.click()
    assert models.asked("verify") == [("mine",)]
    half = Transfer("mine", 1, 2, None, None)
    models.put("mine", Download(Errand.CHECK, transfer=half))
    assert row.state.text() == "Checking 50 %"
    models.put("mine", Download(Errand.CHECK, phase=Phase.DONE))
    assert row.state.text() == "Installed. Checked: every file is what it should be"
    models.put("mine", Download(Errand.CHECK, phase=Phase.DONE, known=False))
    assert "nothing is known to compare it with" in row.state.text()
    models.put("mine", Download(Errand.CHECK, phase=Phase.FAILED, error="Wrong hash."))
    assert row.state.text() == "Wrong hash."


def test_removing_asks_first(stage: Stage, page: ModelsPage, models: FakeModels) -> None:
    def question() -> dialogs.Dialog:
        (found,) = [it for it in page.findChildren(dialogs.Dialog) if it.isVisible()]
        return found

    page.rows["mine"].remove.click()
    assert "To have it again you need its file." in question().text.text()
    question().reject()
    assert models.asked("remove") == []
    stage.qtbot.waitUntil(lambda: not page.findChildren(dialogs.Dialog))
    page.rows["mine"].remove.click()
    button = next(it for it in question().findChildren(type(page.close_)) if it.text() == "Remove")
    button.click()
    assert models.asked("remove") == [("mine",)]


def test_models_come_and_go_while_the_page_is_open(stage: Stage, page: ModelsPage) -> None:
    broken = ModelChoice("bad", (), 0, ModelState.BROKEN, trouble="It is damaged.")
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED), broken))
    assert list(page.rows) == ["starter", "htdemucs", "bad"]
    assert page.rows["htdemucs"].state.text() == "Installed"
    assert page.rows["bad"].state.text() == "Cannot be used: It is damaged."
    assert shown(page.rows["bad"]) == ["Remove…"]
    untested = released(tested=False, downloadable=False, experimental=("bass",))
    stage.controller.models_known.emit((untested,))
    row = page.rows["htdemucs"]
    assert "import its file" in row.state.text()
    assert "Untested" in row.notes.text() and "Experimental: Bass." in row.notes.text()
    assert shown(row) == []


def test_files_are_imported_from_a_dialog_and_by_dropping_them(
    stage: Stage, page: ModelsPage, models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [stage.root / "a.safetensors", stage.root / "b.TH"]
    monkeypatch.setattr(dialogs, "choose_of_kind", lambda *args: args[-1](files[:1]))
    page.import_.click()
    assert models.asked("import_files") == [(files[:1],)]
    stage.key(Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier, on=page)
    assert len(models.asked("import_files")) == 2
    data = file_mime([*files, stage.root / "notes.txt"])
    assert drag(page, data) and drop(page, data)
    assert models.asked("import_files")[-1] == (files,)
    assert not drag(page, file_mime([stage.root / "song.mp3"]))
    assert stage.controller.asked("add_paths") == []


@pytest.mark.parametrize("songs", [[], ["song.mp3"]])
def test_model_files_dropped_on_the_window_are_imported(stage: Stage, songs: list[str]) -> None:
    models, added = [stage.root / "a.safetensors"], [stage.root / name for name in songs]
    data = file_mime([*models, *added])
    assert drag(stage.window, data) and drop(stage.window, data)
    assert stage.controller.models.asked("import_files") == [(models,)]
    assert stage.controller.asked("add_paths") == ([(added,)] if added else [])
    (page,) = [it for it in stage.window.findChildren(ModelsPage) if it.isVisible()]
    page.reject()
    stage.window.add_bar.path.setText(str(models[0]))
    stage.window.add_bar.split.click()
    assert len(stage.controller.models.asked("import_files")) == 2


def test_a_file_that_is_called_otherwise_is_refused_in_words(
    page: ModelsPage, models: FakeModels, stage: Stage
) -> None:
    page._import([stage.root / "song.mp3"])
    assert models.asked("import_files") == []
    assert page.import_note.text() == model_words.NOT_A_MODEL_FILE
    assert page.import_note.property("kind") == "danger"
    assert page.importing.isVisible() and not page.import_cancel.isVisible()


def test_a_wrong_file_leaves_the_line_of_an_import_alone(
    page: ModelsPage, models: FakeModels, stage: Stage
) -> None:
    said: list[UserMessage] = []
    stage.controller.message.connect(said.append)
    half = Transfer("x", 1, 4, None, None)
    models.put(IMPORTING, Download(Errand.IMPORT, path=Path("a.th"), transfer=half))
    page._import([stage.root / "song.mp3"])
    assert page.import_note.text() == "a.th: Importing 25 %"
    assert page.import_cancel.isVisible() and page.import_note.property("kind") == ""
    assert said == [UserMessage(model_words.NOT_A_MODEL_FILE)]


def test_the_import_says_what_happens_to_the_file(page: ModelsPage, models: FakeModels) -> None:
    path = Path("/downloads/955717e8.safetensors")
    assert not page.importing.isVisible()
    models.put(IMPORTING, Download(Errand.IMPORT, path=path, phase=Phase.WAITING))
    assert "a song that is being split goes first" in page.import_note.text()
    page.import_cancel.click()
    assert models.asked("cancel") == [(IMPORTING,)]
    models.put(
        IMPORTING, Download(Errand.IMPORT, path=path, transfer=Transfer("x", 1, 4, None, None))
    )
    assert page.import_note.text() == "955717e8.safetensors: Importing 25 %"
    models.put(IMPORTING, Download(Errand.IMPORT, path=path, phase=Phase.FAILED, error="Not one."))
    assert page.import_note.text() == "955717e8.safetensors: Not one."
    assert not page.import_cancel.isVisible()
    models.put(IMPORTING, Download(Errand.IMPORT, path=path, phase=Phase.DONE))
    assert not page.importing.isVisible()


def test_a_failed_import_has_been_read_when_the_page_closes(
    page: ModelsPage, models: FakeModels
) -> None:
    assert models.asked("close_imports") == []
    page.close_.click()
    assert models.asked("close_imports") == [()]


def test_there_are_ways_to_the_page(stage: Stage) -> None:
    def opens(act: object) -> None:
        assert callable(act)
        act()
        (page,) = [it for it in stage.window.findChildren(ModelsPage) if it.isVisible()]
        page.reject()
        stage.qtbot.waitUntil(lambda: not stage.window.findChildren(ModelsPage))
        with stage.qtbot.waitActive(stage.window):
            stage.window.activateWindow()

    opens(stage.window.add_bar.page.click)
    opens(stage.window.empty.welcome.page.click)
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    opens(lambda: stage.key(Qt.Key.Key_M, keys, on=stage.window))
    stage.window.show_settings()
    settings = stage.dialog()
    assert isinstance(settings, SettingsDialog)
    opens(settings.models_page.click)
    assert stage.controller.models.asked("look") == [()] * 4  # each time anew


def test_it_fits_into_the_smallest_window(stage: Stage) -> None:
    stage.window.resize(900, 600)
    stage.window.models.show_page()
    (page,) = stage.window.findChildren(ModelsPage)
    assert page.width() <= 900 and page.height() <= 600
