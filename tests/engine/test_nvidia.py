"""Which GPU is there, from what a driver's program says; and without one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from stemdesk.engine import nvidia
from stemdesk.engine.nvidia import NvidiaGpu, find_nvidia
from support.gpu_packs import nvidia_smi


def test_the_best_gpu_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = "echo 'NVIDIA GeForce GT 1030, 580.65.06, 6.1'\necho 'NVIDIA H200, 580.65.06, 9.0'"
    nvidia_smi(monkeypatch, tmp_path, lines)
    found = find_nvidia()
    assert found == NvidiaGpu("NVIDIA H200", "580.65.06", 9.0)
    assert found.driver_major == 580


def test_an_old_driver_knows_less(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = "case $1 in *compute_cap*) echo 'not a valid field'; exit 2;; esac\n"
    nvidia_smi(monkeypatch, tmp_path, f"{script}echo 'GeForce GTX 970, 418.88'")
    assert find_nvidia() == NvidiaGpu("GeForce GTX 970", "418.88", 0.0)


@pytest.mark.parametrize(
    "script", ["echo 'NVIDIA-SMI has failed, because'; exit 9", "echo", "kill $$"]
)
def test_a_program_that_finds_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    nvidia_smi(monkeypatch, tmp_path, script)
    assert find_nvidia() is None


def test_a_driver_without_its_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nvidia_smi(monkeypatch, tmp_path, "exit 9")
    (tmp_path / "no-module").write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
    )
    assert find_nvidia() == NvidiaGpu("", "535.183.01", 0.0)
    assert NvidiaGpu().driver_major == 0
    (tmp_path / "nvidia-smi").chmod(stat.S_IRUSR)
    monkeypatch.setenv("PATH", os.defpath)
    assert nvidia.find_nvidia() is not None


def test_no_program_of_the_current_folder_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nvidia_smi(monkeypatch, tmp_path, "echo 'NVIDIA H200, 580.65.06, 9.0'")
    assert find_nvidia() is not None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(tmp_path / "none")]))
    assert find_nvidia() is None
