import inspect
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import DEFAULTS, HDEMUCS, HTDEMUCS, RULES, check_arguments
from stemdesk.models.header import MAX_HEADER_BYTES, read_header
from support.models import (
    edit_arguments,
    edit_header,
    metadata_of,
    save_network,
    small_hdemucs,
    small_htdemucs,
    write_header,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return save_network(tmp_path_factory.mktemp("models"), small_htdemucs()).read_bytes()


@pytest.fixture
def file(tmp_path: Path, data: bytes) -> Path:
    """A whole model file, to be damaged."""
    path = tmp_path / "whole.safetensors"
    path.write_bytes(data)
    return path


def refusal(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_header(path)
    assert caught.value.path == path
    assert caught.value.detail
    return caught.value


def test_a_saved_network_is_described(file: Path) -> None:
    header = read_header(file)
    state = small_htdemucs().state_dict()
    assert header.klass == HTDEMUCS
    assert header.arguments["segment"] == Fraction(1, 2)
    assert header.arguments["channels"] == 8
    assert {name: place.shape for name, place in header.tensors.items()} == {
        name: tuple(tensor.shape) for name, tensor in state.items()
    }
    assert header.size_bytes == file.stat().st_size


@pytest.mark.parametrize(("klass", "network"), [(HTDEMUCS, HTDemucs), (HDEMUCS, HDemucs)])
def test_the_rules_are_those_of_demucs_own_arguments(klass: str, network: Any) -> None:
    parameters = inspect.signature(network).parameters
    assert list(RULES[klass]) == list(parameters)
    for name, parameter in parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            assert RULES[klass][name].allows(parameter.default), name
    assert DEFAULTS[klass] == {name: parameters[name].default for name in DEFAULTS[klass]}


def test_positional_arguments_are_given_their_names() -> None:
    arguments = check_arguments(HDEMUCS, [["a", "b"], 2, 16], {"segment": 3.5})
    assert arguments["sources"] == ["a", "b"]
    assert arguments["channels"] == 16
    assert (arguments["nfft"], arguments["samplerate"], arguments["segment"]) == (4096, 44100, 3.5)


@pytest.mark.parametrize(
    "klass", ["os.system", "this.s", "demucs.htdemucs.spectro", "HTDemucs", ""]
)
def test_any_other_class_is_refused_without_importing_it(
    file: Path, tmp_path: Path, klass: str
) -> None:
    trap = tmp_path / "trap"

    def change(header: dict[str, Any]) -> None:
        metadata = {"klass": klass, "args": json.dumps([f"touch {trap}"]), "kwargs": "{}"}
        header["__metadata__"] = metadata

    edit_header(file, change)
    assert refusal(file).code is ErrorCode.MODEL_REFUSED
    assert "this" not in sys.modules
    assert not trap.exists()


@pytest.mark.parametrize("key", ["structure", "_class"])
def test_quantised_states_are_refused(file: Path, key: str) -> None:
    edit_header(file, lambda header: header["__metadata__"].update({key: "{}"}))
    error = refusal(file)
    assert error.code is ErrorCode.MODEL_REFUSED
    assert key in error.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"audio_channels": 1},
        {"audio_channels": 2.0},
        {"sources": []},
        {"sources": ["a", "A"]},
        {"sources": ["../x"]},
        {"sources": [" a"]},
        {"sources": ["a" * 33]},
        {"sources": ["a"] * 17},
        {"sources": "drums"},
        {"channels": 1025},
        {"channels": True},
        {"channels": {"_type": "other"}},
        {"depth": 11},
        {"growth": 1e400},
        {"nfft": 4095},
        {"nfft": 131072},
        {"samplerate": 7999},
        {"samplerate": 192001},
        {"segment": 0},
        {"segment": 601},
        {"segment": None},
        {"t_layers": 33},
        {"t_sparse_self_attn": True},
        {"t_sin_random_shift": 5},
        {"segment": {"_type": "fraction", "numerator": 1, "denominator": 0}},
        {"segment": {"_type": "fraction", "numerator": 0.5, "denominator": 1}},
        {"not_an_argument": 1},
    ],
)
def test_arguments_out_of_bounds_are_refused(file: Path, changes: dict[str, Any]) -> None:
    edit_arguments(file, **changes)
    error = refusal(file)
    assert error.code in (ErrorCode.MODEL_REFUSED, ErrorCode.MODEL_CORRUPT)
    # json writes infinity as a word that is not JSON: found before the argument is looked at
    assert (
        "Infinity" in error.detail
        or "fraction" in error.detail
        or next(iter(changes)) in (error.detail)
    )


def test_an_argument_given_twice_is_refused() -> None:
    with pytest.raises(ModelError, match="given twice: sources"):
        check_arguments(HTDEMUCS, [["a"]], {"sources": ["a"]})


def test_too_many_positional_arguments_are_refused() -> None:
    with pytest.raises(ModelError, match="99 positional"):
        check_arguments(HTDEMUCS, [1] * 99, {})


def test_sources_are_needed() -> None:
    with pytest.raises(ModelError, match="sources is missing"):
        check_arguments(HDEMUCS, [], {})


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "x.safetensors").code is ErrorCode.MODEL_MISSING


@pytest.mark.parametrize("kept", [0, 5, 8, 100, -1])
def test_a_file_that_is_cut_off_is_corrupt(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    assert refusal(file).code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize(
    "data",
    [b"<html>Sign in to the network</html>" * 9, b"PK\x03\x04" * 20, b"\0" * 64, b"\xff" * 64],
)
def test_what_is_no_safetensors_file_is_corrupt(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    assert refusal(path).code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"{}",
        b'{"__metadata__": 3}',
        b'{"__metadata__": {"klass": 3}}',
        b'{"a": {}, "a": {}}',
        b'{"a": NaN}',
        b'{"a":' + b"[" * 100_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"\xff": 1}',
    ],
)
def test_a_broken_header_is_corrupt(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "x.safetensors"
    write_header(path, header)
    assert refusal(path).code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize("key", ["args", "kwargs"])
@pytest.mark.parametrize("text", ["3", "{", '{"sources": 1, "sources": 2}', "[" * 100_000])
def test_broken_arguments_are_corrupt(file: Path, key: str, text: str) -> None:
    edit_header(file, lambda header: header["__metadata__"].update({key: text}))
    assert refusal(file).code is ErrorCode.MODEL_CORRUPT


def test_a_header_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}")
    assert str(MAX_HEADER_BYTES + 1) in refusal(path).detail


def first(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    """A change of the header's first tensor."""
    return lambda header: change(header[next(name for name in header if name[0] != "_")])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda tensor: tensor.update(dtype="I64"), ErrorCode.MODEL_REFUSED),
        (lambda tensor: tensor.update(dtype=["F16"]), ErrorCode.MODEL_REFUSED),
        (lambda tensor: tensor.update(dtype="F32"), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(shape=[0]), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(shape=[-1]), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(shape=[1] * 9), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(shape=[True]), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(data_offsets=[0]), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(data_offsets=[-2, 0]), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.update(extra=1), ErrorCode.MODEL_CORRUPT),
        (lambda tensor: tensor.clear(), ErrorCode.MODEL_CORRUPT),
    ],
)
def test_tensors_that_do_not_fit_are_not_read(
    file: Path, change: Callable[[dict[str, Any]], Any], code: ErrorCode
) -> None:
    edit_header(file, first(change))
    assert refusal(file).code is code


def test_tensors_may_not_overlap(tmp_path: Path) -> None:
    metadata = metadata_of(small_hdemucs())
    tensor = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}
    path = tmp_path / "x.safetensors"
    header = {"__metadata__": metadata, "a": tensor, "b": tensor}
    write_header(path, json.dumps(header).encode(), bytes(8))
    assert "overlap" in refusal(path).detail


def test_bytes_behind_the_last_tensor_are_corrupt(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")
    assert refusal(file).code is ErrorCode.MODEL_CORRUPT


def test_a_huge_file_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stemdesk.models.header.MAX_FILE_BYTES", 1000)
    assert refusal(file).code is ErrorCode.MODEL_REFUSED
