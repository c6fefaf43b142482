"""`stemdesk gpu-pack` against a real index; what its trial is, is tested elsewhere."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from jsonschema import Draft202012Validator

from cli.conftest import Command, Said
from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.engine import gpu_pack
from stemdesk.engine.gpu_pack import Verdict
from stemdesk.paths import folders
from support.gpu_packs import NO_DRIVER, choose_gpu, choose_pack, gpu_place, torch_wheel, wanted
from support.package_index import PackageIndex
from support.web import make_certificate

SCHEMA = json.loads(
    importlib.resources.files("stemdesk.cli").joinpath("gpu_pack.schema.json").read_text("utf-8")
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    with gpu_place(monkeypatch, make_certificate(tmp_path)) as index:
        yield index


def facts(stemdesk: Command) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stemdesk("gpu-pack", "--json").out)["gpu_pack"]
    assert json.loads(stemdesk("doctor", "--json").out)["gpu_pack"] == found
    return found


def test_it_is_shown_fetched_and_removed(index: PackageIndex, stemdesk: Command) -> None:
    said = stemdesk("gpu-pack").out
    assert "NVIDIA GPU: NVIDIA Test 9000, driver 580.65.06" in said and "GPU pack: none" in said
    assert "stemdesk gpu-pack install" in said and "NVIDIA's terms" in said
    before = facts(stemdesk)
    assert (before["installed"], before["passed"], before["kept_bytes"]) == (False, None, 0)
    assert index.asked == []
    done = stemdesk("gpu-pack", "install", "--json")
    lines = done.events(SCHEMA)
    assert done.code == 0
    names = list(dict.fromkeys(line["name"] for line in lines if line["event"] == "transfer"))
    assert names == ["GPU pack", "GPU pack, unpacking", "GPU pack, trying"]
    assert (lines[-2]["passed"], lines[-2]["said"]) == (True, "NVIDIA Test 9000")
    after = facts(stemdesk)
    assert (after["installed"], after["passed"], after["in_use"]) == (True, True, False)
    assert "torch 2.13.0, used from the next start on" in stemdesk("doctor").out
    assert "stemdesk gpu-pack install" not in stemdesk("gpu-pack").out
    everything = stemdesk("clean", "--everything").out
    assert "GPU pack: 4" in everything
    removed = stemdesk("gpu-pack", "remove", "--json")
    assert removed.events(SCHEMA)[-2]["removed"] is True
    assert not folders().gpu_packs.exists()
    assert stemdesk("gpu-pack", "remove").out == "There is none.\n"


def test_it_is_not_taken_from_under_a_stemdesk_that_computes_with_it(
    index: PackageIndex, stemdesk: Command
) -> None:
    assert stemdesk("gpu-pack", "install").code == 0
    with FileLock(folders().data / "window.lock"):
        for _ in range(2):
            said = stemdesk("gpu-pack", "remove")
            assert said.code == 0 and "still in use" in said.out
        assert stemdesk("clean").code == 0
        assert facts(stemdesk)["leaving"] and facts(stemdesk)["installed"]
    assert stemdesk("clean").code == 0
    assert not folders().gpu_packs.exists()


def test_one_that_was_not_used_yet_goes_at_once_and_from_source_too(
    index: PackageIndex, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders().gpu_packs.mkdir(parents=True)
    (folders().gpu_packs / "left").write_bytes(bytes(2000))
    monkeypatch.delenv(gpu_pack.ON)
    with FileLock(folders().data / "window.lock"):
        assert stemdesk("gpu-pack", "remove").out == "The GPU pack is removed (2 kB).\n"
    assert not folders().gpu_packs.exists()


def test_one_that_does_not_work_says_why(
    index: PackageIndex, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.files = (torch_wheel(NO_DRIVER),)
    choose_pack(monkeypatch, wanted(*index.files))
    said = stemdesk("gpu-pack", "install")
    assert said.code == 1 and "Found no NVIDIA driver" in said.out and "Traceback" not in said.err
    assert "GPU pack, trying…\n" in said.err + said.out
    assert "not used: Found no NVIDIA driver" in stemdesk("gpu-pack").out


def test_what_cannot_work_is_told_before_anything_is_fetched(
    index: PackageIndex, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_gpu(monkeypatch, None)
    said = stemdesk("gpu-pack", "install", "--json")
    assert said.code == 1 and said.events(SCHEMA)[0]["code"] == "gpu_pack_no_gpu"
    shown = stemdesk("gpu-pack").out
    assert "none found" in shown and "driver" in shown and "gpu-pack install" not in shown
    choose_pack(monkeypatch, None)
    assert stemdesk("gpu-pack").out == "GPU pack: there is none for this system\n"
    monkeypatch.delenv(gpu_pack.ON)
    assert stemdesk("gpu-pack").out == "GPU pack: not needed, PyTorch comes from pip\n"
    assert facts(stemdesk) is None
    said = stemdesk("gpu-pack", "install")
    assert said.code == 1 and "from source" in said.err + said.out
    assert index.asked == []


def test_ctrl_c_keeps_what_was_fetched(
    index: PackageIndex, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: Path, __: TransferReport, ___: CancelToken) -> Verdict:
        raise Cancelled

    monkeypatch.setattr("stemdesk.cli.gpu_pack.install_pack", stopped)
    said: Said = stemdesk("gpu-pack", "install")
    assert said.code == 130 and "goes on where it stopped" in said.err + said.out


def test_everything_goes_with_the_pack(index: PackageIndex, stemdesk: Command) -> None:
    stemdesk("gpu-pack", "install")
    said = stemdesk("clean", "--everything", "--yes", "--json")
    assert said.code == 0
    assert json.loads(said.out)["removed_bytes"]["gpu-pack"] > 400_000
    assert not folders().gpu_packs.exists()


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
