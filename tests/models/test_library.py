import hashlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.quality import Quality
from stemdesk.models.bag import MAX_YAML_BYTES
from stemdesk.models.library import (
    BUILT_IN,
    BrokenModel,
    Choice,
    ModelInfo,
    ModelLibrary,
    Why,
    default_quality,
    default_reason,
)
from stemdesk.models.record import Record, write_record
from support.models import (
    SEGMENT,
    SOURCES,
    edit_arguments,
    install,
    install_best,
    install_small,
    small_hdemucs,
    small_htdemucs,
)
from support.released import install_released, sha256_of


def refusal(folder: Path, name: str = "m") -> ModelError:
    with pytest.raises(ModelError) as caught:
        ModelLibrary(folder).get(name)
    return caught.value


def write_yaml(folder: Path, text: str | bytes) -> Path:
    path = folder / "m.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_installed_model_is_described(tmp_path: Path) -> None:
    file = install_small(tmp_path)
    model = ModelLibrary(tmp_path).get("small")
    assert model.sources == SOURCES
    assert model.samplerate == 44100
    assert model.size_bytes == file.stat().st_size
    assert model.weights == ((1.0,) * 4,)
    assert model.segment is None
    assert model.segment_of(0) == SEGMENT
    assert [found.path for found in model.files] == [file]
    assert model.files[0].signature == file.stem
    assert model.files[0].audio_channels == 2


def test_a_bag_has_a_row_of_weights_for_each_file(tmp_path: Path) -> None:
    rows = [[1, 0, 0.5, 0], [0, 1, 0.5, 1]]
    install(tmp_path, "bag", [small_htdemucs(0), small_hdemucs(1)], rows)
    model = ModelLibrary(tmp_path).get("bag")
    assert [list(row) for row in model.weights] == rows
    assert model.size_bytes == sum(file.size_bytes for file in model.files)


def test_the_same_file_twice_is_counted_once(tmp_path: Path) -> None:
    file, _ = install(tmp_path, "bag", [small_htdemucs(), small_htdemucs()])
    assert ModelLibrary(tmp_path).get("bag").size_bytes == file.stat().st_size


def test_names_are_sorted_and_odd_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.yaml", "a-1.yaml", "a b.yaml", ".yaml", "c.yml", "ä.yaml", "x" * 65 + ".yaml"):
        (tmp_path / name).touch()
    (tmp_path / "folder.yaml").mkdir()
    assert ModelLibrary(tmp_path, None).names() == ["a-1", "b"]


def test_a_folder_that_is_not_there_has_no_models(tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path / "none", None)
    assert library.names() == []
    assert library.installed() == []
    assert refusal(tmp_path / "none").code is ErrorCode.MODEL_MISSING


@pytest.mark.parametrize("name", ["nobody", "../m", "", "m.yaml", "/etc/m", "a\0b"])
def test_a_model_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "models"
    install_small(folder, "m")
    install_small(tmp_path, "m")
    error = refusal(folder, name)
    assert error.code is ErrorCode.MODEL_MISSING
    assert error.facts["model"] == name


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = install_small(tmp_path, "m")
    file.unlink()
    error = refusal(tmp_path)
    assert (error.code, error.path) == (ErrorCode.MODEL_MISSING, file)
    assert error.facts == {"model": "m", "file": file.name}


def test_lists_tell_broken_models_apart(tmp_path: Path) -> None:
    install_small(tmp_path, "good")
    (tmp_path / "bad.yaml").write_text("models: []", encoding="utf-8")
    bad, good = ModelLibrary(tmp_path, None).installed()
    assert isinstance(bad, BrokenModel)
    assert bad.error.code is ErrorCode.MODEL_CORRUPT
    assert isinstance(good, ModelInfo)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ErrorCode.MODEL_CORRUPT),
        ("just text", ErrorCode.MODEL_CORRUPT),
        ("models: {}", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nmodels: [b]", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nextra: 1", ErrorCode.MODEL_CORRUPT),
        ("models: [" + ", ".join("abcdefghijklmnopq") + "]", ErrorCode.MODEL_CORRUPT),
        ("models: [12345678]", ErrorCode.MODEL_REFUSED),
        ("models: ['../a']", ErrorCode.MODEL_REFUSED),
        ("models: ['a/b']", ErrorCode.MODEL_REFUSED),
        ("models: [" + "a" * 65 + "]", ErrorCode.MODEL_REFUSED),
        ("models: [a]\nsegment: 0", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nsegment: .inf", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nsegment: true", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nweights: 3", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nweights: [[.nan]]", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nweights: [[.inf]]", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nweights: [[-1]]", ErrorCode.MODEL_CORRUPT),
        ("models: [a]\nweights: [[1" + "0" * 400 + "]]", ErrorCode.MODEL_CORRUPT),
        ("models: &x [a]", ErrorCode.MODEL_REFUSED),
        ("models: &x [a]\nweights: *x", ErrorCode.MODEL_REFUSED),
        ("models: !!python/object/apply:os.getcwd []", ErrorCode.MODEL_CORRUPT),
        ("models: [", ErrorCode.MODEL_CORRUPT),
        ("? [a]\n: b", ErrorCode.MODEL_CORRUPT),
        (b"models: \xff", ErrorCode.MODEL_CORRUPT),
        ("[" * 5_000, ErrorCode.MODEL_CORRUPT),
        ("#" * (MAX_YAML_BYTES + 1), ErrorCode.MODEL_REFUSED),
    ],
)
def test_a_bad_yaml_is_refused(tmp_path: Path, text: str | bytes, code: ErrorCode) -> None:
    path = write_yaml(tmp_path, text)
    error = refusal(tmp_path)
    assert (error.code, error.path) == (code, path)
    assert error.detail


@pytest.mark.parametrize(
    "rows", [[[1, 1, 1]], [[1] * 4] * 2, [[1, 1, 1, 0]], [], [[1, 1, 1, 1], [1]]]
)
def test_weights_must_fit_and_leave_no_source_out(tmp_path: Path, rows: list[Any]) -> None:
    install(tmp_path, "m", [small_htdemucs()], rows)
    error = refusal(tmp_path)
    assert (error.code, error.path) == (ErrorCode.MODEL_CORRUPT, tmp_path / "m.yaml")


@pytest.mark.parametrize(
    "changes", [{"sources": ["bass", "drums", "other", "vocals"]}, {"samplerate": 32000}]
)
def test_the_files_of_a_bag_must_agree(tmp_path: Path, changes: dict[str, Any]) -> None:
    install(tmp_path, "m", [small_htdemucs(0), small_htdemucs(1, **changes)])
    assert "differ" in refusal(tmp_path).detail


@pytest.mark.parametrize(
    ("network", "seconds", "expected"),
    [
        (small_htdemucs, 0.25, Fraction(1, 4)),
        (small_htdemucs, 0.75, SEGMENT),
        (small_hdemucs, 0.75, Fraction(3, 4)),
        (small_hdemucs, 1, Fraction(1)),
        (small_hdemucs, 0.29, Fraction(int(44100 * 0.29), 44100)),
    ],
)
def test_the_yaml_segment_is_taken_as_demucs_does(
    tmp_path: Path, network: Any, seconds: float, expected: Fraction
) -> None:
    install(tmp_path, "m", [network()], segment=seconds)
    assert ModelLibrary(tmp_path).get("m").segment_of(0) == expected


def test_a_segment_shorter_than_a_step_of_the_stft_is_refused(tmp_path: Path) -> None:
    file = install(tmp_path, "m", [small_htdemucs()], segment=0.001)[0]
    assert refusal(tmp_path).path == tmp_path / "m.yaml"
    install(tmp_path, "m", [small_htdemucs()])
    edit_arguments(file, segment=0.001)
    assert refusal(tmp_path).path == file


def test_hashes_are_remembered_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = install_small(tmp_path, "m")
    library = ModelLibrary(tmp_path)
    model = library.get("m")
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    assert library.hashes(model) == (expected,)
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
        assert library.hashes(model) == (expected,)
        assert ModelLibrary(tmp_path).hashes(model) == (expected,)
    file.write_bytes(b"other")
    os.utime(file, ns=(0, 0))
    assert library.hashes(model) == (hashlib.sha256(b"other").hexdigest(),)
    file.unlink()
    with pytest.raises(ModelError) as caught:
        library.hashes(model)
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_best_is_the_default_only_where_its_model_can_be_used(tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path)
    assert default_quality(library, "best") is Quality.STANDARD
    files = install_best(tmp_path)
    assert default_quality(library, "best") is Quality.BEST
    assert default_quality(library, "fast") is Quality.FAST
    files[2].unlink()
    assert default_quality(library, "best") is Quality.STANDARD


# The built-in model


def test_the_built_in_model_is_listed_with_the_others(tmp_path: Path) -> None:
    install_small(tmp_path / "built in", BUILT_IN)
    library = ModelLibrary(tmp_path / "models", tmp_path / "built in")
    assert library.names() == [BUILT_IN]
    info = library.get(BUILT_IN)
    assert info.built_in and info.files[0].path.parent == tmp_path / "built in"
    install_small(tmp_path / "models", "mine")
    install_small(tmp_path / "models", BUILT_IN)  # the name is taken
    mine, starter = library.installed()
    assert isinstance(mine, ModelInfo) and isinstance(starter, ModelInfo)
    assert not mine.built_in and starter.built_in
    assert default_reason(library, "").name == "mine"


def test_the_app_brings_its_own_model(tmp_path: Path) -> None:
    info = ModelLibrary(tmp_path).get(BUILT_IN)
    assert info.built_in and info.sources == SOURCES and info.samplerate == 44100
    assert info.size_bytes <= 12_000_000


# Parts of released models


@pytest.fixture
def vocals_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelLibrary:
    files = install_released(tmp_path / "models", "htdemucs_ft", monkeypatch)
    for file in files[:3]:
        file.unlink()
    return ModelLibrary(tmp_path / "models", None)


def test_a_part_of_a_released_model_serves_for_its_stems(vocals_only: ModelLibrary) -> None:
    info = vocals_only.get("htdemucs_ft", ["vocals"])
    assert (info.missing, info.usable) == ((0, 1, 2), ("vocals",))
    assert info.sources == SOURCES and len(info.files) == len(info.weights) == 4
    assert info.needed(["vocals"]) == (3,) and info.needed(["bass", "drums"]) == (0, 1)
    assert [info.segment_of(index) for index in range(4)] == [SEGMENT] * 4
    assert vocals_only.installed() == [info]
    assert vocals_only.has("htdemucs_ft", ["vocals"]) and not vocals_only.has("htdemucs_ft")
    assert vocals_only.hashes(info, ["vocals"]) == (sha256_of(info.files[3].path),)
    for stems in ((), ("bass",), ("bass", "vocals")):
        with pytest.raises(ModelError) as caught:
            vocals_only.get("htdemucs_ft", stems)
        assert caught.value.code is ErrorCode.MODEL_MISSING
        assert caught.value.facts["installed"] == "vocals"
    assert caught.value.facts["command"] == (
        "stemdesk models download htdemucs_ft --stems bass,vocals"
    )


def test_a_released_model_without_any_file_is_broken(vocals_only: ModelLibrary) -> None:
    vocals_only.get("htdemucs_ft", ["vocals"]).files[3].path.unlink()
    (item,) = vocals_only.installed()
    assert isinstance(item, BrokenModel) and item.error.code is ErrorCode.MODEL_MISSING


def test_other_files_under_a_released_name_are_another_model(
    tmp_path: Path, vocals_only: ModelLibrary
) -> None:
    (vocals_only.folder / "htdemucs_ft.yaml").unlink()
    files = install_best(vocals_only.folder)
    assert vocals_only.has("htdemucs_ft")
    files[0].unlink()
    with pytest.raises(ModelError) as caught:
        vocals_only.get("htdemucs_ft", ["vocals"])
    assert caught.value.facts == {"model": "htdemucs_ft", "file": files[0].name}


def test_a_damaged_file_stops_only_the_stems_that_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = install_released(tmp_path / "models", "htdemucs_ft", monkeypatch)
    files[0].write_bytes(b"no model at all")
    library = ModelLibrary(tmp_path / "models")
    assert library.get("htdemucs_ft", ["vocals"]).usable == ("bass", "other", "vocals")
    for stems in (["drums"], ["vocals", "drums"], []):
        with pytest.raises(ModelError) as caught:
            library.get("htdemucs_ft", stems)
        assert caught.value.code is ErrorCode.MODEL_CORRUPT and caught.value.path == files[0]
    assert isinstance(library.installed()[0], BrokenModel)


def test_a_missing_model_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ModelLibrary(tmp_path).get("htdemucs_ft", ["vocals"])
    assert caught.value.facts == {
        "model": "htdemucs_ft",
        "needed_bytes": 84_025_440,
        "command": "stemdesk models download htdemucs_ft --stems vocals",
    }
    with pytest.raises(ModelError) as caught:
        ModelLibrary(tmp_path).get("mdx_extra")
    assert caught.value.facts == {"model": "mdx_extra"}, "it cannot be downloaded"


# Hashes that are known


def test_a_released_file_that_is_another_one_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = install_released(tmp_path / "models", "htdemucs", monkeypatch)
    library = ModelLibrary(tmp_path / "models", None)
    info = library.get("htdemucs")
    expected = sha256_of(file)
    assert library.hashes(info) == (expected,)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(0, 0))
    with pytest.raises(ModelError) as caught:
        library.hashes(info)
    assert (caught.value.code, caught.value.path) == (ErrorCode.MODEL_WRONG_HASH, file)
    assert caught.value.facts == {"expected": expected, "found": sha256_of(file)}


def test_an_imported_file_is_held_to_its_record(tmp_path: Path) -> None:
    file = install_small(tmp_path, "m")
    library = ModelLibrary(tmp_path, None)
    write_record(file, Record(sha256_of(file), file.stat().st_size, "mine.safetensors", "0" * 64))
    assert library.hashes(library.get("m")) == (sha256_of(file),)
    write_record(file, Record("0" * 64, file.stat().st_size))
    with pytest.raises(ModelError) as caught:
        library.hashes(library.get("m"))
    assert caught.value.code is ErrorCode.MODEL_WRONG_HASH


# Which one is taken


def test_the_default_model_and_why(tmp_path: Path) -> None:
    install_small(tmp_path / "built in", BUILT_IN)
    library = ModelLibrary(tmp_path / "models", tmp_path / "built in")

    def why(wanted: str = "") -> Choice:
        return default_reason(library, wanted)

    assert why() == Choice(BUILT_IN, Why.BUILT_IN)
    assert why("gone") == Choice(BUILT_IN, Why.BUILT_IN, "gone")
    assert why(BUILT_IN) == Choice(BUILT_IN, Why.SETTING)
    install_small(library.folder, "a")
    install_small(library.folder, "z")
    assert why() == Choice("a", Why.ANOTHER)
    assert why("z") == Choice("z", Why.SETTING)
    assert why(BUILT_IN) == Choice(BUILT_IN, Why.SETTING)
    install_small(library.folder, "htdemucs")
    assert why() == Choice("htdemucs", Why.USUAL)
    library.yaml("z").write_text("models: [")
    assert why("z") == Choice("htdemucs", Why.USUAL, "z")
    library.yaml("htdemucs").write_text("models: [")
    assert why() == Choice("a", Why.ANOTHER)


def test_a_part_of_a_model_is_the_default_for_its_stems_only(vocals_only: ModelLibrary) -> None:
    assert default_reason(vocals_only, "", ["vocals"]).name == "htdemucs_ft"
    assert default_reason(vocals_only, "htdemucs_ft", ["vocals"]).name == "htdemucs_ft"
    assert default_reason(vocals_only, "htdemucs_ft").name == BUILT_IN
    assert default_quality(vocals_only, "best", ["vocals"]) is Quality.BEST
    assert default_quality(vocals_only, "best") is Quality.STANDARD


def test_the_former_stand_in_is_no_model(tmp_path: Path) -> None:
    install_small(tmp_path, "stand-in")
    library = ModelLibrary(tmp_path)
    assert "stand-in" not in library.names()
    assert default_reason(library, "").name == BUILT_IN


def test_a_model_without_a_wanted_stem_is_not_the_default(tmp_path: Path) -> None:
    install_small(tmp_path, "htdemucs")
    install(tmp_path, "six", [small_htdemucs(sources=[*SOURCES, "guitar"])])
    library = ModelLibrary(tmp_path)
    assert default_reason(library, "htdemucs", ["guitar"]).name == "six"
    assert default_reason(library, "", ["vocals"]).name == "htdemucs"
