from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stemdesk.models import catalogue as module
from stemdesk.models.bag import Bag
from stemdesk.models.catalogue import (
    BASE_URL,
    CATALOGUE_FILE,
    LEGACY_URL,
    base_url,
    catalogue,
    files_for,
    known,
    legacy_url,
)

FOUR = ("drums", "bass", "other", "vocals")
NAMES = ["htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx_extra"]
DOWNLOADABLE = NAMES[:3]


def model_of(name: str) -> Any:
    model = known(name)
    assert model is not None
    return model


def test_every_released_model_that_matters_is_there() -> None:
    assert [model.name for model in catalogue()] == NAMES
    assert known("nobody") is None
    for model in catalogue():
        assert model.downloadable == model.tested == (model.name in DOWNLOADABLE)
        assert len(model.purpose) > 20 and model.purpose.endswith(".")
        assert "MIT" in model.licence and "research" in model.licence, "both facts are shown"
        assert model.relative_time > 0
        assert model.sources[:4] == FOUR


def test_sizes_and_hashes_are_whole_and_stand_there_once() -> None:
    files = [file for model in catalogue() for file in model.files]
    assert len(files) == len({file.signature for file in files}) == 11
    hashes = [file.sha256 for file in files if file.sha256]
    legacy = [file.legacy for file in files if file.legacy is not None]
    assert (len(hashes), len(legacy)) == (6, 11)
    every = hashes + [file.sha256 for file in legacy]
    assert len(set(every)) == 17
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in every)
    for one in legacy:
        assert one.name == f"{one.name[:8]}-{one.sha256[:8]}.th"


def test_what_can_be_downloaded_has_an_address_and_nothing_else_has() -> None:
    for model in catalogue():
        for file in model.files:
            assert bool(file.path) == bool(file.sha256) == bool(file.size_bytes)
            assert bool(file.path) == model.downloadable
            assert file.legacy is not None and file.legacy.path.startswith("demucs/")
    file = model_of("htdemucs").files[0]
    assert file.path == (
        "adefossez/HTDemucs/resolve/bf35a81b663819a8255c8fefee17f9d812b786b5/955717e8.safetensors"
    )
    assert file.legacy.path == "demucs/hybrid_transformer/955717e8-8726e21a.th"
    assert model_of("mdx_extra").files[0].legacy.path == "demucs/mdx_final/e51eebcc-c1b80bdd.th"


def test_the_sums() -> None:
    sizes = {model.name: model.size_bytes for model in catalogue()}
    assert sizes["htdemucs"] == 84_025_440
    assert sizes["htdemucs_ft"] == 4 * 84_025_440
    assert sizes["htdemucs_6s"] == 54_885_744
    assert sizes["hdemucs_mmi"] == 167_407_275, "of the legacy file"
    assert sizes["mdx_extra"] == 2 * 167_399_275 + 2 * 167_391_595


def test_the_six_stems_and_what_is_weak() -> None:
    model = model_of("htdemucs_6s")
    assert model.sources == (*FOUR, "guitar", "piano")
    assert model.experimental == ("piano",)


def test_a_stem_of_the_fine_tuned_model_needs_one_file() -> None:
    model = model_of("htdemucs_ft")
    expected = {"drums": "f7e0c4bc", "bass": "d12395a8", "other": "92cfc3b6", "vocals": "04573f0d"}
    for stem, signature in expected.items():
        assert [file.signature for file in files_for(model, [stem])] == [signature]
    assert files_for(model, []) == model.files
    both = files_for(model, ["vocals", "drums"])
    assert [file.signature for file in both] == ["f7e0c4bc", "04573f0d"]
    assert len(files_for(model_of("mdx_extra"), ["vocals"])) == 4
    assert files_for(model, ["kazoo"]) == ()


def test_segments() -> None:
    assert [model.segment for model in catalogue()] == [None, None, None, 44, 44]


def test_a_bag_with_other_files_is_another_model() -> None:
    assert model_of("htdemucs").is_bag(Bag(("955717e8",), None, None))
    assert not model_of("htdemucs").is_bag(Bag(("mine",), None, None))


def test_a_mirror_takes_the_place_of_both_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEMDESK_MODEL_MIRROR", raising=False)
    assert (base_url(""), legacy_url("")) == (BASE_URL, LEGACY_URL)
    assert base_url("https://here/x/") == legacy_url("https://here/x/") == "https://here/x"
    monkeypatch.setenv("STEMDESK_MODEL_MIRROR", "http://there/")
    assert base_url("https://here") == legacy_url("https://here") == "http://there"


Change = Callable[[Any], Any]


def first(key: str, value: Any) -> Change:
    return lambda models: models[0].update({key: value})


@pytest.mark.parametrize(
    "change",
    [
        first("name", "a b"),
        first("title", ""),
        first("licence", None),
        first("surprise", 1),
        lambda models: models[0].pop("purpose"),
        lambda models: models[0].pop("revision"),
        first("revision", "main"),
        first("repository", "../evil"),
        first("relative_time", 0),
        first("relative_time", True),
        first("segment", -1),
        first("downloadable", "yes"),
        first("downloadable", False),
        first("sources", []),
        first("sources", ["a", "a"]),
        first("experimental", ["kazoo"]),
        first("weights", [[1, 0, 0, 0]]),
        first("weights", [[1, 1, 1]]),
        first("weights", [[1, 1, 1, -1]]),
        first("files", []),
        first("legacy_folder", "../.."),
        lambda models: models[0]["files"][0].update(bytes=0),
        lambda models: models[0]["files"][0].update(bytes="84"),
        lambda models: models[0]["files"][0].update(sha256="A" * 64),
        lambda models: models[0]["files"][0].update(sha256="0" * 63),
        lambda models: models[0]["files"][0].update(signature="../x"),
        lambda models: models[0]["files"][0].update(signature=7),
        lambda models: models[0]["files"][0]["legacy"].pop("bytes"),
        lambda models: models[0]["files"][0].pop("legacy"),
        lambda models: models[0]["files"][0].update(legacy=None),
        lambda models: models.append(models[0]),
        lambda models: models[1]["files"].append(models[1]["files"][0]),
        lambda models: models[1]["files"][0].update(sha256=models[0]["files"][0]["sha256"]),
        lambda models: models.append("text"),
        lambda models: models[3]["files"][0].update(bytes=1, sha256="0" * 64),
    ],
)
def test_a_slip_in_the_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    value = json.loads(CATALOGUE_FILE.read_text("utf-8"))
    change(value["models"])
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps(value), "utf-8")
    monkeypatch.setattr(module, "CATALOGUE_FILE", path)
    with pytest.raises(ValueError, match="the catalogue of models: "):
        catalogue()


@pytest.mark.parametrize("text", ["[]", '{"version": 2, "models": []}', '{"models": []}'])
def test_another_kind_of_file_is_no_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "catalogue.json"
    path.write_text(text, "utf-8")
    monkeypatch.setattr(module, "CATALOGUE_FILE", path)
    with pytest.raises(ValueError, match="the catalogue of models: "):
        catalogue()
