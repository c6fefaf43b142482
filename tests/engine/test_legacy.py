from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.progress import CancelToken
from stemdesk.engine.legacy import convert_legacy
from stemdesk.engine.load import check_file, load_model
from stemdesk.models.catalogue import LegacyFile
from stemdesk.models.header import read_header
from stemdesk.models.info import read_file
from support.hostile import Runs, hostile_packages, save_hostile, would_run
from support.models import SEGMENT, install_small, small_hdemucs, small_htdemucs
from support.released import save_legacy, sha256_of


def pinned(path: Path) -> LegacyFile:
    """The file as a catalogue would pin it."""
    return LegacyFile(path.name, path.stat().st_size, sha256_of(path))


def converted(path: Path) -> Path:
    target = path.with_suffix(".safetensors")
    target.write_bytes(convert_legacy(path, pinned(path)))
    return target


def refusal(path: Path, expected: LegacyFile | None = None) -> ModelError:
    with pytest.raises(ModelError) as caught:
        convert_legacy(path, expected or pinned(path))
    assert caught.value.path == path
    return caught.value


@pytest.mark.parametrize("network", [small_htdemucs(), small_hdemucs()], ids=["v4", "v3"])
def test_the_same_bits_come_out(tmp_path: Path, network: nn.Module) -> None:
    path = tmp_path / "old.th"
    save_legacy(path, network)
    file = converted(path)
    check_file(file, CancelToken())
    info = read_file(file, "old")
    assert info.segment == SEGMENT and info.klass.endswith(type(network).__name__)
    assert {place.dtype for place in read_header(file).tensors.values()} == {"F16"}
    expected, found = network.state_dict(), load_model(info).state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "old.th"
    save_legacy(path, small_htdemucs())
    assert convert_legacy(path, pinned(path)) == convert_legacy(path, pinned(path))


def test_arguments_of_classes_of_then_are_left_out(tmp_path: Path) -> None:
    path, network = tmp_path / "old.th", small_htdemucs()
    settings: Any = network
    args, kwargs = settings._init_args_kwargs
    save_legacy(path, network, args=args, kwargs=kwargs | {"long_gone": 3, "segment": SEGMENT})
    header = read_header(converted(path))
    assert "long_gone" not in header.arguments
    assert header.arguments["segment"] == Fraction(1, 2)


def test_only_the_pinned_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.th"
    save_legacy(path, small_htdemucs())
    other = tmp_path / "other.th"
    save_legacy(other, small_htdemucs(1))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    assert refusal(other, pinned(path)).code is ErrorCode.MODEL_NOT_RECOGNISED
    longer = LegacyFile(path.name, path.stat().st_size, sha256_of(path))
    path.write_bytes(path.read_bytes() + b"x")
    assert refusal(path, longer).code is ErrorCode.MODEL_NOT_RECOGNISED
    missing = tmp_path / "missing.th"
    assert refusal(missing, longer).code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
@pytest.mark.parametrize("place", ["klass", "args", "kwargs", "state", "beside"])
def test_a_hostile_pickle_does_not_run_even_with_its_hash_pinned(
    tmp_path: Path, place: str, zipped: bool
) -> None:
    marker = tmp_path / "it ran"
    package = hostile_packages(marker, small_htdemucs())[place]
    path = save_hostile(tmp_path / "evil.th", package, zipped)
    assert would_run(path, marker), "it is hostile indeed"
    error = refusal(path)
    assert error.code is ErrorCode.MODEL_REFUSED
    assert "weights_only" not in error.detail, "no advice to open it all the same"
    assert ".system" in error.detail or not zipped
    assert not marker.exists()


@pytest.mark.parametrize("package", ["itself", "class that runs"])
def test_a_pickle_that_names_a_function_is_refused(tmp_path: Path, package: str) -> None:
    marker = tmp_path / "it ran"
    packages = hostile_packages(marker, small_htdemucs()) | {"itself": Runs(marker)}
    path = save_hostile(tmp_path / "evil.th", packages[package])
    assert refusal(path).code is ErrorCode.MODEL_REFUSED
    assert not marker.exists()


def test_the_networks_classes_are_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pickle may call what it is allowed to name: that is an empty class here."""
    klass = type(small_htdemucs())
    monkeypatch.setattr(klass, "__init__", lambda *_, **__: pytest.fail("it was called"))

    class Calls:
        def __reduce__(self) -> tuple[Any, ...]:
            return klass, (["a"],)

    path = save_hostile(tmp_path / "calls.th", {"klass": Calls()})
    assert refusal(path).code is ErrorCode.MODEL_REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        {"klass": Fraction},
        {"klass": []},
        {"klass": "demucs.htdemucs.HTDemucs"},
        {"args": None},
        {"args": (torch.zeros(1),)},
        {"kwargs": None},
        {"kwargs": {"sources": {1, 2}}},
        {"kwargs": {"segment": float("nan")}},
        {"state": None},
        {"state": {"x": 1}},
        {"state": {1: torch.zeros(1)}},
        {"state": {"x": torch.zeros(1, dtype=torch.float64)}},
        {"state": {"__quantized": True}},
    ],
    ids=str,
)
def test_what_is_no_network_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "old.th"
    save_legacy(path, small_htdemucs(), **changes)
    assert refusal(path).code is ErrorCode.MODEL_REFUSED


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_what_is_no_pickle_of_ours_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "old.th"
    path.write_bytes(data)
    assert refusal(path).code is ErrorCode.MODEL_REFUSED


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.th"
    save_legacy(path, small_htdemucs())
    data = path.read_bytes()
    for share in (0.01, 0.5, 0.99):
        path.write_bytes(data[: int(share * len(data))])
        assert refusal(path).code is ErrorCode.MODEL_REFUSED


def test_a_hostile_file_in_the_models_folder_is_not_unpickled(tmp_path: Path) -> None:
    """Put there by hand under the name that a yaml asks for."""
    marker = tmp_path / "it ran"
    file = install_small(tmp_path)
    info = read_file(file, file.stem)
    for zipped in (True, False):
        save_hostile(file, Runs(marker), zipped)
        for attempt in (
            lambda: read_file(file, file.stem),
            lambda: load_model(info),
            lambda: check_file(file, CancelToken()),
        ):
            with pytest.raises(ModelError) as caught:
                attempt()
            assert caught.value.code is ErrorCode.MODEL_CORRUPT
    assert not marker.exists()
    torch.load(io.BytesIO(file.read_bytes()), weights_only=False)
    assert marker.exists(), "it is hostile indeed"
