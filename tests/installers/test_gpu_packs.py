"""The GPU pack is pinned from pip's own answer, and every file of it was fetched once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from installers import gpu_packs
from installers.gpu_packs import PinError, entry_of, main, needs, pip_report
from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.engine import gpu_pack
from stemdesk.engine.gpu_pack import wanted_pack
from support.gpu_packs import LIBRARY, gpu_place, nvidia_wheel, torch_wheel
from support.package_index import Listed, PackageIndex, listed, wheel
from support.web import make_certificate

PACKED = {"torch/__init__.py": "version = 1\n", "torch/lib/libtorch.so": LIBRARY, "other/a.py": "b"}


def whole(package: str, version: str, files: dict[str, Any], *needs: str) -> bytes:
    """A wheel that pip takes for one."""
    info = f"{package}-{version}.dist-info/WHEEL"
    return wheel(package, version, {**files, info: "Wheel-Version: 1.0\n"}, needs)


def needing_torch() -> Listed:
    """A torch that names what it needs."""
    body = whole("torch", "2.13.0", PACKED, "cuda-toolkit", "filelock")
    return replace(torch_wheel(), body=body)


def runtime() -> Listed:
    name = "nvidia_cuda_runtime"
    return replace(nvidia_wheel(name), body=whole(name, "13.1", {"nvidia/lib/cudart.so": LIBRARY}))


def toolkit() -> Listed:
    """Names others only."""
    return listed("cuda_toolkit", "3.0", whole("cuda_toolkit", "3.0", {}, "nvidia-cuda-runtime"))


def plain(package: str) -> Listed:
    return listed(package, "3.0", whole(package, "3.0", {f"{package}/__init__.py": ""}))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    certificate = make_certificate(tmp_path)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_TRUSTED_HOST", "127.0.0.1")  # its certificate is its own
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    with gpu_place(
        monkeypatch, certificate, needing_torch(), toolkit(), runtime(), plain("filelock")
    ) as made:
        yield made


@pytest.mark.skipif(
    gpu_pack.key_here() != "linux-x86_64-cp311", reason="the wheels here are for Linux"
)
def test_what_pip_would_install_is_pinned(index: PackageIndex, tmp_path: Path) -> None:
    out = tmp_path / "gpu_packs.json"
    out.write_text('{"win32-AMD64-cp311": {}}', "utf-8")
    assert main(["torch==2.13.0", "--index-url", index.address, "--out", str(out)]) == 0
    found = json.loads(out.read_text("utf-8"))
    assert list(found) == ["win32-AMD64-cp311", "linux-x86_64-cp311"]  # the other one stays
    entry = found["linux-x86_64-cp311"]
    names = [runtime().name, needing_torch().name]
    assert [file["name"] for file in entry["files"]] == names
    assert [file["size_bytes"] for file in entry["files"]] == [
        len(runtime().body),
        len(needing_torch().body),
    ]
    assert (entry["torch"], entry["driver"], entry["capability"]) == ("2.13.0", 580, 7.5)
    assert entry["index"] == index.address
    # Both libraries, the torch's few lines and its metadata; nothing of another package.
    assert 2 * len(LIBRARY) < entry["unpacked_bytes"] < 2 * len(LIBRARY) + 500


def test_an_answer_that_is_none_is_no_release(
    index: PackageIndex, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "gpu_packs.json"
    out.write_text("{}", "utf-8")
    assert main(["torch==9.9", "--index-url", index.address, "--out", str(out)]) == 1
    assert "not pinned" in capsys.readouterr().err
    assert out.read_text("utf-8") == "{}"
    with pytest.raises(PinError):
        pip_report("torch==9.9", index.address)


def report(file: Listed, name: str = "torch", version: str = "2.13.0") -> dict[str, Any]:
    info = {"url": f"https://x/{file.name}", "archive_info": {"hashes": {"sha256": file.hash}}}
    return {"install": [{"download_info": info, "metadata": {"name": name, "version": version}}]}


def test_a_file_that_cannot_be_had_is_no_release(index: PackageIndex) -> None:
    file = needing_torch()
    with pytest.raises(FetchError) as caught:
        entry_of(report(replace(file, sha256="0" * 64), version="2.13.0+cu130"), "")
    assert caught.value.code is ErrorCode.DOWNLOAD_WRONG_HASH
    with pytest.raises(PinError, match="does not have"):
        entry_of(report(replace(file, name="torch-2.13.0-py3-none-any.whl")), "")
    with pytest.raises(PinError, match="no wheel"):
        entry_of(report(replace(file, name="torch-2.13.0.tar.gz")), "")
    with pytest.raises(PinError, match="no torch"):
        entry_of({"install": []}, "")
    with pytest.raises(PinError, match="no build with a CUDA"):
        entry_of(report(file), "")
    entry = entry_of(report(file, version="2.13.0+cu130"), "")
    assert "index" not in entry and entry["torch"] == "2.13.0"


def test_what_a_cuda_needs() -> None:
    assert needs("2.13.0+cu126", []) == (525, 5.0)
    assert needs("2.13.0", [{"name": "nvidia_cuda_runtime-13.0.96-py3-none-any.whl"}]) == (580, 7.5)
    with pytest.raises(PinError):
        needs("2.13.0+cpu", [])


def test_the_list_is_where_the_app_looks() -> None:
    assert gpu_packs.PINNED.is_file()
    assert wanted_pack("linux-x86_64-cp311") is not None
