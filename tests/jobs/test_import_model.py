from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    ModelError,
    SourceError,
    StemDeskError,
)
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer
from stemdesk.engine.load import load_model
from stemdesk.jobs import import_model as module
from stemdesk.jobs.import_model import import_model
from stemdesk.models.install import verify_model
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.models.record import read_record
from support.hostile import Runs, hostile_packages, save_hostile, would_run
from support.models import (
    SOURCES,
    edit_arguments,
    edit_header,
    install,
    metadata_of,
    save_network,
    small_hdemucs,
    small_htdemucs,
)
from support.released import IDENTITY, Release, release, save_legacy, sha256_of
from support.tmpfs import tiny_volume


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    return release(tmp_path / "release", monkeypatch)


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "models", None)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model file of the person's own, with a name as people give them."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return save_network(folder, small_htdemucs(3)).rename(folder / "My model (v2), ü.safetensors")


def bring(library: ModelLibrary, path: Path, name: str | None = None) -> str:
    told: list[Transfer] = []
    found = import_model(library, path, name, told.append, CancelToken())
    done = [one.done_bytes for one in told]
    assert told and max(done) <= told[0].total_bytes
    return found


def refusal(
    library: ModelLibrary, path: Path, code: ErrorCode, name: str | None = None
) -> StemDeskError:
    """Refused, and nothing is left in the models folder."""
    before = contents(library)
    with pytest.raises(StemDeskError) as caught:
        import_model(library, path, name, lambda _: None, CancelToken())
    assert caught.value.code is code, caught.value
    assert contents(library) == before
    return caught.value


def contents(library: ModelLibrary) -> set[str]:
    return {path.name for path in library.folder.iterdir()} if library.folder.exists() else set()


# Released files


def test_a_released_file_is_known_by_its_hash(
    made: Release, library: ModelLibrary, tmp_path: Path
) -> None:
    path = Path(shutil.copy(made.files["htdemucs"][0], tmp_path / "whatever it is called.bin"))
    assert bring(library, path) == "htdemucs"
    assert contents(library) == {made.files["htdemucs"][0].name, "htdemucs.yaml"}
    assert library.has("htdemucs")
    assert verify_model(library, "htdemucs", lambda _: None, CancelToken())
    assert bring(library, path, "mine") == "htdemucs", "its name is its own"


def test_a_released_part_of_a_model_is_a_part(made: Release, library: ModelLibrary) -> None:
    assert bring(library, made.files["htdemucs_ft"][1]) == "htdemucs_ft"
    assert library.get("htdemucs_ft", ["bass"]).usable == ("bass",)
    assert bring(library, made.files["htdemucs_ft"][3]) == "htdemucs_ft"
    assert library.get("htdemucs_ft", ["bass", "vocals"]).missing == (0, 2)


@pytest.mark.parametrize("name", ["htdemucs", "hdemucs_mmi"])
def test_a_released_legacy_file_is_converted(
    made: Release, library: ModelLibrary, name: str
) -> None:
    legacy = made.legacy[name][0]
    assert bring(library, legacy) == name
    info = library.get(name)
    seed = {"htdemucs": small_htdemucs(10), "hdemucs_mmi": small_hdemucs(15)}[name]
    found = load_model(info.files[0]).state_dict()
    assert all(torch.equal(value, found[key]) for key, value in seed.state_dict().items())
    record = read_record(info.files[0].path)
    assert record is not None and record.origin == legacy.name
    assert record.origin_sha256 == sha256_of(legacy)
    assert library.hashes(info) == (record.sha256,), "the released hash is another file's"
    assert verify_model(library, name, lambda _: None, CancelToken())
    before = info.files[0].path.stat().st_mtime_ns
    assert bring(library, legacy) == name
    assert info.files[0].path.stat().st_mtime_ns == before, "it was there already"


def test_a_damaged_released_file_is_replaced(made: Release, library: ModelLibrary) -> None:
    file = made.files["htdemucs"][0]
    bring(library, file)
    target = library.file(file.stem)
    target.write_bytes(b"rotten")
    assert bring(library, file) == "htdemucs"
    assert sha256_of(target) == sha256_of(file)


def test_a_model_of_ones_own_keeps_its_released_name(
    made: Release, library: ModelLibrary, tmp_path: Path
) -> None:
    install(library.folder, "htdemucs", [small_htdemucs(5)])
    refusal(library, made.files["htdemucs"][0], ErrorCode.MODEL_NAME_TAKEN)


# Files of one's own


def test_a_file_of_ones_own_gets_a_name(library: ModelLibrary, own: Path) -> None:
    assert bring(library, own) == "My-model-v2"
    info = library.get("My-model-v2")
    assert info.sources == SOURCES and len(info.files) == 1
    assert sha256_of(info.files[0].path) == sha256_of(own)
    record = read_record(info.files[0].path)
    assert record is not None
    assert (record.sha256, record.origin) == (sha256_of(own), own.name)
    assert verify_model(library, "My-model-v2", lambda _: None, CancelToken())
    load_model(info.files[0])
    assert bring(library, own) == "My-model-v2", "once is enough"
    assert library.names() == ["My-model-v2"]
    data = bytearray(info.files[0].path.read_bytes())
    data[-1] ^= 1
    info.files[0].path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        verify_model(library, "My-model-v2", lambda _: None, CancelToken())
    assert caught.value.code is ErrorCode.MODEL_WRONG_HASH


def test_names_that_are_taken_are_numbered_or_refused(
    made: Release, library: ModelLibrary, own: Path, tmp_path: Path
) -> None:
    assert bring(library, own, "mine") == "mine"
    other = save_network(tmp_path, small_htdemucs(4)).rename(tmp_path / "MINE.safetensors")
    for name in ("mine", "Mine", "htdemucs", "HTDEMUCS", BUILT_IN):
        refusal(library, other, ErrorCode.MODEL_NAME_TAKEN, name)
    for name in ("", "a b", "../x", "x" * 65, "ü"):
        refusal(library, other, ErrorCode.MODEL_NAME_INVALID, name)
    assert bring(library, other) == "MINE-2"
    third = save_network(tmp_path, small_htdemucs(5)).rename(tmp_path / "htdemucs.safetensors")
    assert bring(library, third) == "htdemucs-2", "released names are kept for them"
    fourth = save_network(tmp_path, small_htdemucs(6)).rename(tmp_path / "日本.safetensors")
    assert bring(library, fourth) == "model"


def test_the_same_file_under_two_names(library: ModelLibrary, own: Path) -> None:
    assert bring(library, own, "one") == "one"
    assert bring(library, own, "two") == "two"
    one, two = library.get("one"), library.get("two")
    assert one.files[0].path == two.files[0].path


def tensors(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        state = load_file(path)
        change(state)
        save_file(state, path, metadata=metadata_of(small_htdemucs()))

    return rewrite


def header(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    return lambda path: edit_header(path, change)


C, R, N = ErrorCode.MODEL_CORRUPT, ErrorCode.MODEL_REFUSED, ErrorCode.MODEL_NOT_RECOGNISED


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (tensors(lambda state: state.pop("encoder.0.conv.bias")), C),
        (tensors(lambda state: state.update(extra=torch.zeros(1))), C),
        (tensors(lambda state: state.update({"encoder.0.conv.bias": torch.zeros(9)})), C),
        (tensors(lambda state: state["encoder.0.conv.bias"].fill_(torch.nan)), C),
        (lambda path: edit_arguments(path, channels=10**9), R),
        (lambda path: edit_arguments(path, segment=0.001), R),
        (lambda path: edit_arguments(path, sources=["../x"]), R),
        (header(lambda value: value["__metadata__"].update(klass="os.system")), R),
        (header(lambda value: value["__metadata__"].update(structure="{}")), R),
        (header(lambda value: value.pop("__metadata__")), C),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), C),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), C),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), C),
        (lambda path: path.write_bytes(path.read_bytes()[:8]), N),
        (lambda path: path.write_bytes(b""), N),
        (lambda path: path.write_text("<!DOCTYPE html><html>sign in</html>"), N),
        (lambda path: path.write_bytes(b"\x00" * 100_000), N),
    ],
)
def test_what_would_not_load_is_not_installed(
    library: ModelLibrary, own: Path, damage: Callable[[Path], None], code: ErrorCode
) -> None:
    damage(own)
    error = refusal(library, own, code)
    assert error.path == own, "the file that the person named, not our copy"


def test_an_unknown_legacy_file_is_not_opened(
    made: Release, library: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "955717e8-8726e21a.th"  # the name alone proves nothing
    save_legacy(path, small_htdemucs())
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    assert sha256_of(path) in refusal(library, path, N).detail


@pytest.mark.parametrize("name", ["evil.th", "evil.safetensors", "evil.bin"])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
def test_a_hostile_pickle_does_not_run(
    made: Release, library: ModelLibrary, tmp_path: Path, name: str, zipped: bool
) -> None:
    marker = tmp_path / "it ran"
    path = save_hostile(tmp_path / name, Runs(marker), zipped)
    assert would_run(path, marker), "it is hostile indeed"
    refusal(library, path, N)
    assert not marker.exists()


def test_a_hostile_pickle_does_not_run_even_if_the_catalogue_pins_it(
    made: Release, library: ModelLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "it ran"
    legacy = made.legacy["hdemucs_mmi"][0]
    package = hostile_packages(marker, small_hdemucs(15))["state"]
    old = sha256_of(legacy)
    save_hostile(legacy, package)
    assert would_run(legacy, marker), "it is hostile indeed"
    catalogue = tmp_path / "release" / "catalogue.json"
    text = catalogue.read_text("utf-8")
    assert old in text
    pinned = tmp_path / "pinned.json"
    pinned.write_text(text.replace(old, sha256_of(legacy)), "utf-8")
    monkeypatch.setattr("stemdesk.models.catalogue.CATALOGUE_FILE", pinned)
    refusal(library, legacy, ErrorCode.MODEL_NOT_RECOGNISED)  # its size is pinned, too
    size = f'"bytes": {legacy.stat().st_size}'
    value = pinned.read_text("utf-8")
    before = value.index(sha256_of(legacy))
    start = value.rindex('"bytes": ', 0, before)
    end = value.index(",", start)
    pinned = tmp_path / "pinned as a whole.json"
    pinned.write_text(value[:start] + size + value[end:], "utf-8")
    monkeypatch.setattr("stemdesk.models.catalogue.CATALOGUE_FILE", pinned)
    error = refusal(library, legacy, ErrorCode.MODEL_REFUSED)
    assert ".system" in error.detail
    assert not marker.exists()


def test_a_hostile_pickle_among_the_models_does_not_run(
    library: ModelLibrary, tmp_path: Path
) -> None:
    marker = tmp_path / "it ran"
    (file,) = install(library.folder, "m", [small_htdemucs()])
    save_hostile(file, Runs(marker))
    (item,) = library.installed()
    assert getattr(item, "error", None) is not None
    assert verify_or_error(library) is ErrorCode.MODEL_CORRUPT
    assert not marker.exists()


def verify_or_error(library: ModelLibrary) -> ErrorCode:
    with pytest.raises(ModelError) as caught:
        verify_model(library, "m", lambda _: None, CancelToken())
    return caught.value.code


# Models of several files


def test_a_yaml_brings_the_files_beside_it(library: ModelLibrary, tmp_path: Path) -> None:
    rows = [[1, 0, 0.5, 0], [0, 1, 0.5, 1]]
    folder = tmp_path / "pair"
    files = install(folder, "pair", [small_htdemucs(1), small_htdemucs(2)], rows, segment=0.4)
    assert bring(library, folder / "pair.yaml") == "pair"
    info = library.get("pair")
    assert [list(row) for row in info.weights] == rows
    assert float(info.segment or 0) == pytest.approx(0.4, abs=1e-4)
    assert [sha256_of(file.path) for file in info.files] == [sha256_of(file) for file in files]
    assert bring(library, folder, "again") == "again", "the folder will do"


def test_a_released_model_with_its_yaml(made: Release, library: ModelLibrary) -> None:
    folder = made.files["htdemucs_ft"][0].parent
    bag = {"models": [file.stem for file in made.files["htdemucs_ft"]], "weights": IDENTITY}
    (folder / "any.yaml").write_text(yaml.safe_dump(bag))
    assert bring(library, folder) == "htdemucs_ft"
    assert library.has("htdemucs_ft")


def test_released_files_with_weights_of_ones_own_are_another_model(
    made: Release, library: ModelLibrary
) -> None:
    folder = made.files["htdemucs_ft"][0].parent
    bag = {"models": [file.stem for file in made.files["htdemucs_ft"]], "segment": 0.4}
    (folder / "average.yaml").write_text(yaml.safe_dump(bag))
    assert bring(library, folder) == "average"
    assert library.get("average").weights == ((1.0,) * 4,) * 4
    assert bring(library, folder, "mine") == "mine"
    assert "htdemucs_ft" not in library.names()


def test_original_files_beside_a_yaml(made: Release, library: ModelLibrary) -> None:
    folder = made.legacy["hdemucs_mmi"][0].parent
    signature = made.legacy["hdemucs_mmi"][0].name.split("-")[0]
    (folder / "old.yaml").write_text(yaml.safe_dump({"models": [signature]}))
    assert bring(library, folder / "old.yaml") == "hdemucs_mmi"


def test_a_model_of_which_one_file_is_bad_leaves_nothing(
    library: ModelLibrary, tmp_path: Path
) -> None:
    folder = tmp_path / "pair"
    files = install(folder, "pair", [small_htdemucs(1), small_htdemucs(2)])
    edit_arguments(files[1], channels=10**9)
    assert refusal(library, folder, R).path == files[1]
    files[1].unlink()
    assert refusal(library, folder, ErrorCode.SOURCE_MISSING).path == files[1]
    other = save_network(folder, small_htdemucs(3, sources=["a", "b"]))
    (folder / "pair.yaml").write_text(yaml.safe_dump({"models": [files[0].stem, other.stem]}))
    assert refusal(library, folder, C).detail.endswith("differ in sources or rate")


def test_a_folder_without_just_one_yaml(library: ModelLibrary, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refusal(library, tmp_path / "empty", N)


# What else can go wrong


def test_a_file_that_is_not_there(library: ModelLibrary, tmp_path: Path) -> None:
    error = refusal(library, tmp_path / "gone.safetensors", ErrorCode.SOURCE_MISSING)
    assert isinstance(error, SourceError)


def test_a_disk_that_fills_while_copying(tmp_path: Path, own: Path) -> None:
    for free in (
        own.stat().st_size // 2,
        own.stat().st_size - 100,
    ):  # the last block is a short one
        with tiny_volume(tmp_path / f"volume{free}", f"{free // 4096 * 4}k") as volume:
            library = ModelLibrary(volume / "models", None)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, "free_bytes", lambda _: 1 << 60)
                with pytest.raises(DiskFullError):
                    import_model(library, own, None, lambda _: None, CancelToken())
            assert contents(library) == set()


def test_a_refused_name_takes_no_file_from_another_model(library: ModelLibrary, own: Path) -> None:
    name = bring(library, own)
    file = library.get(name).files[0].path
    file.write_bytes(b"damaged")
    with pytest.raises(ModelError) as caught:
        bring(library, own, "htdemucs")
    assert caught.value.code is ErrorCode.MODEL_NAME_TAKEN
    assert file.read_bytes() == own.read_bytes(), "mended meanwhile, and not removed"


def test_progress_goes_up_to_the_end_once(made: Release, library: ModelLibrary, own: Path) -> None:
    for path in (own, made.files["htdemucs"][0], made.legacy["hdemucs_mmi"][0]):
        told: list[Transfer] = []
        import_model(library, path, None, told.append, CancelToken())
        fractions = [one.fraction for one in told]
        assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_a_full_disk(library: ModelLibrary, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _: own.stat().st_size - 1)
    with pytest.raises(DiskFullError) as caught:
        import_model(library, own, None, lambda _: None, CancelToken())
    assert caught.value.facts["needed_bytes"] == own.stat().st_size
    assert contents(library) == set()


def test_cancelled_it_leaves_nothing(library: ModelLibrary, own: Path) -> None:
    for share in (0.0, 0.6, 1.0):
        cancel = CancelToken()

        def report(transfer: Transfer, cancel: CancelToken = cancel, share: float = share) -> None:
            if transfer.fraction >= share:
                cancel.cancel()

        with pytest.raises(Cancelled):
            import_model(library, own, None, report, cancel)
        assert contents(library) == set()


def test_what_a_crash_has_left_is_swept_away(library: ModelLibrary, own: Path) -> None:
    library.folder.mkdir()
    old, fresh = library.folder / ".x.1.import", library.folder / ".x.2.import"
    for path in (old, fresh):
        path.write_bytes(b"x")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    bring(library, own)
    assert not old.exists() and fresh.exists()
