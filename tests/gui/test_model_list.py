from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.gui.model_list import list_models
from stemdesk.gui.model_values import ModelState
from stemdesk.models.catalogue import catalogue
from stemdesk.models.library import ModelLibrary
from support.models import SOURCES, install_small
from support.released import install_released


def test_a_fresh_machine_has_the_built_in_model_and_what_can_be_downloaded(tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path / "models")
    choices = list_models(library, catalogue())
    names = [choice.name for choice in choices]
    assert names[0] == "starter" and choices[0].state is ModelState.BUILT_IN
    assert names[1:4] == ["htdemucs", "htdemucs_ft", "htdemucs_6s"]
    by_name = {choice.name: choice for choice in choices}
    assert by_name["htdemucs"].missing_bytes() == 84_025_440
    assert by_name["htdemucs_ft"].missing_bytes() == 4 * 84_025_440
    assert by_name["htdemucs_ft"].missing_bytes(("vocals",)) == 84_025_440
    assert by_name["htdemucs_6s"].experimental == ("piano",)
    for name in ("hdemucs_mmi", "mdx_extra"):
        assert not by_name[name].tested and not by_name[name].choosable
        assert by_name[name].missing_bytes() == 0


def test_a_part_of_a_model_says_which_stems_it_serves_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    files = install_released(folder, "htdemucs_ft", monkeypatch)
    library = ModelLibrary(folder)
    (whole,) = [it for it in list_models(library, catalogue()) if it.name == "htdemucs_ft"]
    assert whole.state is ModelState.INSTALLED and whole.usable()
    sizes = [file.stat().st_size for file in files]
    for file in files[:3]:
        file.unlink()
    (part,) = [it for it in list_models(library, catalogue()) if it.name == "htdemucs_ft"]
    assert part.state is ModelState.PARTIAL
    assert part.stems == SOURCES and part.stems_there == (SOURCES[3],)
    assert part.missing_bytes() == sum(sizes[:3])
    assert part.missing_bytes((SOURCES[3],)) == 0


def test_a_persons_own_models_come_last_and_broken_ones_say_why(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    install_small(folder, "mine")
    (folder / "broken.yaml").write_text("models: 3")
    choices = list_models(ModelLibrary(folder), catalogue())
    broken, mine = choices[-2:]
    assert (broken.name, broken.state) == ("broken", ModelState.BROKEN)
    assert "broken.yaml is damaged" in broken.trouble
    assert (mine.name, mine.stems, mine.state) == ("mine", SOURCES, ModelState.INSTALLED)


def test_a_released_model_that_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    (file,) = install_released(folder, "htdemucs", monkeypatch)
    file.write_bytes(b"not a model")
    (found,) = [
        it for it in list_models(ModelLibrary(folder), catalogue()) if it.name == "htdemucs"
    ]
    assert found.state is ModelState.BROKEN and found.trouble
    assert not found.usable() and not found.choosable


def test_a_released_model_that_cannot_be_used_tells_which_files_are_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    files = install_released(folder, "htdemucs_ft", monkeypatch)
    files[0].write_bytes(bytes(files[0].stat().st_size))
    for file in files[1:]:
        file.unlink()
    choices = list_models(ModelLibrary(folder), catalogue())
    (found,) = [it for it in choices if it.name == "htdemucs_ft"]
    assert found.state is ModelState.BROKEN
    assert [part.there for part in found.parts] == [True, False, False, False]
