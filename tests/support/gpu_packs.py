"""GPU packs of a few kilobytes: a torch that says it has CUDA, an index that has it, a driver."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from stemdesk.engine import gpu_pack, nvidia
from stemdesk.engine.gpu_pack import PackFile, WantedPack
from stemdesk.engine.nvidia import NvidiaGpu
from support.package_index import Listed, PackageIndex, wheel
from support.web import Certificate

VERSION = "2.13.0"
GPU = NvidiaGpu("NVIDIA Test 9000", "580.65.06", 9.0)
LIBRARY = random.Random(7).randbytes(200_000)  # does not get smaller when it is packed
WORKS = """
import contextlib
from types import SimpleNamespace

__version__ = "2.13.0"
version = SimpleNamespace(cuda="13.0")

class Tensor:
    def __init__(self, length):
        self.length = length
    def to(self, device):
        return self
    def cpu(self):
        return self
    def norm(self):
        return self.length
    def __sub__(self, other):
        return Tensor(abs(self.length - other.length))
    def __matmul__(self, other):
        return Tensor(self.length * other.length)

class Generator:
    def manual_seed(self, seed):
        return self

def randn(*shape, generator):
    return Tensor(float(sum(shape)))

nn = SimpleNamespace(functional=SimpleNamespace(conv1d=lambda signal, kernel, stride: signal))
fft = SimpleNamespace(rfft=lambda signal: signal)
view_as_real = lambda values: values
device = str
inference_mode = contextlib.nullcontext
cuda = SimpleNamespace(
    init=lambda: None, is_available=lambda: True, get_device_name=lambda index: "NVIDIA Test 9000"
)
"""
NO_DRIVER = f"""{WORKS}
def _init():
    raise RuntimeError("Found no NVIDIA driver on your system.")

cuda.init = _init
"""
HANGS = "import time\ntime.sleep(600)\n"


def torch_wheel(code: str = WORKS) -> Listed:
    return Listed(
        f"torch-{VERSION}-cp311-cp311-manylinux_2_28_x86_64.whl",
        wheel("torch", VERSION, {"torch/__init__.py": code, "torch/lib/libtorch.so": LIBRARY}),
    )


def nvidia_wheel(package: str = "nvidia_cublas", library: bytes = LIBRARY[::-1]) -> Listed:
    files = {f"nvidia/cu13/lib/{package}.so": library, "nvidia/__init__.py": b""}
    name = f"{package}-13.1-py3-none-manylinux_2_27_x86_64.whl"
    return Listed(name, wheel(package.replace("_", "-"), "13.1", files))


def wanted(*files: Listed, unpacked_bytes: int = 400_000) -> WantedPack:
    """The list's entry for these wheels."""
    pinned = tuple(
        PackFile(file.name, sha256(file.body).hexdigest(), len(file.body)) for file in files
    )
    return WantedPack(VERSION, pinned, unpacked_bytes, driver=580, capability=7.5)


@contextmanager
def gpu_place(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, *files: Listed
) -> Iterator[PackageIndex]:
    """A computer with an NVIDIA GPU for which there is a pack of `files` (a good one if there are
    none), and the configured package index, which has them."""
    files = files or (nvidia_wheel(), torch_wheel())
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.delenv(gpu_pack.OFF, raising=False)
    monkeypatch.setenv(gpu_pack.ON, "1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    choose_pack(monkeypatch, wanted(*files))
    choose_gpu(monkeypatch, GPU)
    with PackageIndex(*files, certificate=certificate) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        yield index


def choose_pack(monkeypatch: pytest.MonkeyPatch, pack: WantedPack | None) -> None:
    monkeypatch.setattr(gpu_pack, "wanted_pack", lambda: pack)


def choose_gpu(monkeypatch: pytest.MonkeyPatch, gpu: NvidiaGpu | None) -> None:
    """What is in this computer, instead of what really is."""
    monkeypatch.setattr("stemdesk.jobs.gpu_pack.find_nvidia", lambda: gpu)


def nvidia_smi(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """A driver's program on PATH that is the shell script `script`, and no driver's files."""
    if sys.platform == "win32":
        pytest.skip("a shell script")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(nvidia, "_MODULE", folder / "no-module")


def everything(data: Path) -> set[str]:
    """Names of all files in the packs' folder."""
    root = data / gpu_pack.FOLDER
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
