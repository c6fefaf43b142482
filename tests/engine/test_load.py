import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from stemdesk.core.errors import Cancelled, DeviceError, ErrorCode, ModelError
from stemdesk.core.progress import CancelToken
from stemdesk.engine.load import check_file, load_model
from stemdesk.models.header import read_header
from stemdesk.models.library import ModelFile, ModelLibrary
from support.models import (
    edit_arguments,
    edit_header,
    install,
    metadata_of,
    small_hdemucs,
    small_htdemucs,
)

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "htdemucs": small_htdemucs,
    "whole segment": lambda: small_htdemucs(segment=1),
    "scaled positions": lambda: small_htdemucs(t_emb="scaled", t_max_positions=500),
    "cape positions": lambda: small_htdemucs(t_emb="cape"),
    "no transformer": lambda: small_htdemucs(t_layers=0),
    "group norms": lambda: small_htdemucs(t_norm_in=False, t_norm_in_group=1, t_group_norm=1),
    "hdemucs": small_hdemucs,
    "bands": lambda: small_hdemucs(multi_freqs=[0.25, 0.5]),
    "masks": lambda: small_hdemucs(cac=False),
}


def installed(folder: Path, network: nn.Module) -> ModelFile:
    install(folder, "m", [network])
    return ModelLibrary(folder).get("m").files[0]


def rewrite(file: ModelFile, change: Any) -> None:
    """Change the tensors of a model file and leave its metadata."""
    state = load_file(file.path)
    change(state)
    save_file(state, file.path, metadata=metadata_of(small_htdemucs()))


def refusal(file: ModelFile) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load_model(file)
    assert caught.value.path == file.path
    return caught.value


@pytest.mark.parametrize("name", NETWORKS)
def test_a_loaded_network_computes_the_same_bits(tmp_path: Path, name: str) -> None:
    network = NETWORKS[name]()
    loaded = load_model(installed(tmp_path, network))
    settings: Any = network
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(1, 2, int(settings.segment * 44100), generator=generator)
    with torch.inference_mode():
        expected, found = network.requires_grad_(False)(mix), loaded(mix)
    assert expected.abs().max() > 1e-3
    assert torch.equal(expected, found)


def test_a_loaded_network_is_float32_and_still(tmp_path: Path) -> None:
    loaded = load_model(installed(tmp_path, small_hdemucs()), "cpu", Fraction(1, 4))
    assert {value.dtype for value in loaded.state_dict().values()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert not any(module.training for module in loaded.modules())
    settings: Any = loaded
    assert settings.segment == Fraction(1, 4)


def test_float32_files_load_too(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    rewrite(file, lambda state: state.update({k: v.float() for k, v in state.items()}))
    expected = small_htdemucs().state_dict()
    found = load_model(file).state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


_OPPOSITE = torch.tensor([torch.inf, -torch.inf])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("encoder.0.conv.bias"), "missing: encoder.0.conv.bias"),
        (lambda state: state.update(surprise=torch.zeros(1)), "too many: surprise"),
        (lambda state: state.update({"encoder.0.conv.bias": torch.zeros(9)}), r"(9,), not (8,)"),
        (lambda state: state["encoder.0.conv.bias"].fill_(torch.nan), "not finite"),
        (lambda state: state["encoder.0.conv.bias"].fill_(torch.inf), "not finite"),
        (lambda state: state["encoder.0.conv.bias"][:2].copy_(_OPPOSITE), "not finite"),
        (lambda state: state.clear(), "missing"),
    ],
)
def test_tensors_that_are_not_the_networks_are_corrupt(
    tmp_path: Path, change: Any, words: str
) -> None:
    file = installed(tmp_path, small_htdemucs())
    rewrite(file, change)
    error = refusal(file)
    assert error.code is ErrorCode.MODEL_CORRUPT
    assert words in error.detail


def test_a_file_cut_off_after_it_was_listed_is_corrupt(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    file.path.write_bytes(file.path.read_bytes()[:-10])
    assert refusal(file).code is ErrorCode.MODEL_CORRUPT


def test_a_file_replaced_after_it_was_listed_is_not_loaded(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    edit_arguments(file.path, sources=["a", "b", "c", "d"])
    assert "replaced" in refusal(file).detail


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    file.path.unlink()
    assert refusal(file).code is ErrorCode.MODEL_MISSING


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": 1024, "depth": 10, "growth": 8},  # more weights than there is memory
        {"channels": 1024, "bottom_channels": 4096},
        {"growth": 1.5},
        {"norm_starts": 0, "norm_groups": 7},
        {"t_heads": 5},
        {"nfft": 64, "depth": 9},
        {"wiener_iters": 1},
        {"dconv_comp": 64},
        {"multi_freqs": [0.5], "norm_starts": 0},
    ],
)
def test_a_network_that_cannot_be_is_not_built(tmp_path: Path, changes: dict[str, Any]) -> None:
    file = installed(tmp_path, small_htdemucs())
    edit_arguments(file.path, **changes)
    error = refusal(file)
    assert error.code in (ErrorCode.MODEL_REFUSED, ErrorCode.MODEL_CORRUPT)


def peak_kb() -> int:
    """The most memory that this process has had, where the system tells (not on Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("count", [10**9, 2**63, 10**30, -1, 1e9])
def test_a_file_that_asks_for_a_billion_channels_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: Any
) -> None:
    file = installed(tmp_path, small_htdemucs())
    edit_arguments(file.path, channels=count)
    built: list[str] = []
    monkeypatch.setattr("stemdesk.engine.load._network_class", built.append)
    before = peak_kb()
    assert refusal(file).code is ErrorCode.MODEL_REFUSED
    with pytest.raises(ModelError):
        check_file(file.path, CancelToken())
    assert built == [], "nothing of it was even begun"
    assert peak_kb() - before < 50_000


def test_a_network_of_terabytes_costs_nothing(tmp_path: Path) -> None:
    """Each argument is within its bounds, all together they are not."""
    file = installed(tmp_path, small_htdemucs())
    edit_arguments(file.path, channels=1024, growth=8, depth=6, bottom_channels=4096)
    before = peak_kb()
    refusal(file)
    assert peak_kb() - before < 50_000


@pytest.mark.parametrize("klass", ["os.system", "builtins.eval", "demucs.htdemucs.HTDemucs ", ""])
def test_no_other_class_is_even_imported(tmp_path: Path, klass: str) -> None:
    file = installed(tmp_path, small_htdemucs())

    def change(header: dict[str, Any]) -> None:
        header["__metadata__"].update(klass=klass, args='["touch it-ran"]', kwargs="{}")

    edit_header(file.path, change)
    assert refusal(file).code is ErrorCode.MODEL_REFUSED


def boundaries(path: Path) -> list[int]:
    """Where a part of the file ends: the length, the header, each tensor; and beside those."""
    header = read_header(path)
    starts = [place.start for place in header.tensors.values()]
    edges = {0, 8, min(starts), header.size_bytes, *starts}
    around = {edge + step for edge in edges for step in (-1, 0, 1)}
    return sorted(cut for cut in around if 0 <= cut < header.size_bytes)


def test_a_file_cut_off_anywhere_is_corrupt(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs(t_layers=0, depth=2))
    data = file.path.read_bytes()
    cuts = boundaries(file.path)
    assert len(cuts) > 50
    for cut in cuts:
        file.path.write_bytes(data[:cut])
        assert refusal(file).code is ErrorCode.MODEL_CORRUPT, f"cut at {cut}"


def test_what_would_load_passes_the_check_and_nothing_else(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    check_file(file.path, CancelToken())
    stopped = CancelToken()
    stopped.cancel()
    with pytest.raises(Cancelled):
        check_file(file.path, stopped)
    rewrite(file, lambda state: state["encoder.0.conv.bias"].fill_(torch.nan))
    with pytest.raises(ModelError, match="not finite") as caught:
        check_file(file.path, CancelToken())
    assert caught.value.path == file.path


def test_no_room_on_the_device_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = installed(tmp_path, small_htdemucs())

    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(nn.Module, "to", no_room)
    with pytest.raises(DeviceError) as caught:
        load_model(file)
    assert caught.value.code is ErrorCode.DEVICE_OUT_OF_MEMORY


def test_loading_leaves_the_random_numbers_alone(tmp_path: Path) -> None:
    file = installed(tmp_path, small_htdemucs())
    before = torch.random.get_rng_state().numpy()
    load_model(file)
    np.testing.assert_array_equal(before, torch.random.get_rng_state().numpy())


def test_loading_does_not_import_torchs_compiler(tmp_path: Path) -> None:
    """It takes more than a second and a hundred megabytes."""
    installed(tmp_path, small_htdemucs(t_emb="scaled"))
    code = (
        f"import sys; sys.path[:0] = {[entry for entry in sys.path if entry]!r}\n"
        "from pathlib import Path\n"
        "from stemdesk.engine.load import load_model\n"
        "from stemdesk.models.library import ModelLibrary\n"
        f"load_model(ModelLibrary(Path({str(tmp_path)!r})).get('m').files[0])\n"
        "print(sorted({'sympy', 'torch._dynamo', 'demucs.apply'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
