"""Packs are unpacked from wheels whose hash is right, and tried by a real child process."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.engine import gpu_pack, gpu_trial
from stemdesk.fetch.wheel import WheelError


def wheel(folder: Path, name: str, files: dict[str, str]) -> tuple[Path, str]:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def wheels(tmp_path: Path) -> dict[Path, str]:
    shared = {"nvidia/__init__.py": ""}
    return dict(
        [
            wheel(tmp_path, "torch", {"torch/__init__.py": "raise RuntimeError('no kernel')"}),
            wheel(tmp_path, "nvidia_a", {**shared, "nvidia/cu13/lib/liba.so": "a"}),
            wheel(tmp_path, "nvidia_b", {**shared, "nvidia/cu13/lib/libb.so": "b"}),
        ]
    )


def test_wheels_become_a_whole_pack(tmp_path: Path, wheels: dict[Path, str]) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    gpu_trial.install(folder, wheels, CancelToken())
    assert gpu_pack.is_whole(folder)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        "pack.json",
        "torch/__init__.py",
        "nvidia/__init__.py",
        "nvidia/cu13/lib/liba.so",
        "nvidia/cu13/lib/libb.so",
    }


def test_another_file_than_the_pinned_one_is_not_unpacked(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    changed = next(iter(wheels))
    with changed.open("ab") as file:
        file.write(b"more")
    with pytest.raises(WheelError, match="is not what it should be"):
        gpu_trial.install(folder, wheels, CancelToken())
    assert not folder.exists()


def test_wheels_that_contradict_each_other_leave_nothing(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    path, digest = wheel(tmp_path, "nvidia_c", {"nvidia/__init__.py": "other = 1"})
    with pytest.raises(WheelError, match="nvidia/__init__"):
        gpu_trial.install(folder, {**wheels, path: digest}, CancelToken())
    assert not folder.exists()


def test_cancelling_leaves_nothing_and_a_pack_that_is_there_is_not_touched(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        gpu_trial.install(folder, wheels, cancel)
    assert not folder.exists()
    gpu_trial.install(folder, wheels, CancelToken())
    with pytest.raises(StemDeskError):
        gpu_trial.install(folder, wheels, CancelToken())
    assert gpu_pack.is_whole(folder)


def test_a_torch_that_cannot_be_imported_says_why(tmp_path: Path, wheels: dict[Path, str]) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    gpu_trial.install(folder, wheels, CancelToken())
    verdict = gpu_trial.try_pack(folder)
    assert verdict == gpu_pack.Verdict(False, "RuntimeError: no kernel")
    assert gpu_pack.verdict_of(folder) == verdict


def test_a_real_torch_is_tried_on_a_real_gpu_or_refused_without_one(tmp_path: Path) -> None:
    """The torch of this environment in the place of a pack's."""
    folder = tmp_path / "gpu" / "2.13.0"
    folder.mkdir(parents=True)
    for name in ("torch", "torchgen", "functorch"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        (folder / name).symlink_to(Path(spec.origin).parent)
    import torch

    verdict = gpu_trial.try_pack(folder)
    assert verdict.passed == torch.cuda.is_available(), verdict.said
    if not verdict.passed:  # torch for the CPU, or one with CUDA where there is no driver
        assert "not compiled with CUDA" in verdict.said or "NVIDIA driver" in verdict.said


def test_a_child_that_hangs_is_ended() -> None:
    code = "import time; time.sleep(600)"
    assert gpu_trial.run_child([sys.executable, "-c", code], 0.3) == (None, "")


def test_why_nothing_was_found_out_is_said_in_words(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    gpu_trial.install(folder, wheels, CancelToken())
    verdict = gpu_trial.try_pack(folder, lambda *_: (None, ""))
    assert verdict == gpu_pack.Verdict(False, "its test did not end within 5 minutes")

    def missing(command: Sequence[str], _: float) -> tuple[int | None, str]:
        return gpu_trial.run_child([str(folder / "none"), *command], 1)

    verdict = gpu_trial.try_pack(folder, missing)
    assert not verdict.passed and "could not be started" in verdict.said
    assert gpu_pack.verdict_of(folder) == verdict


def test_a_trial_that_is_cancelled_is_to_be_done_again(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    gpu_trial.install(folder, wheels, CancelToken())
    gpu_trial.try_pack(folder, lambda *_: (0, '{"passed": true, "said": ""}'))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        gpu_trial.try_pack(folder, cancel=cancel)
    assert gpu_pack.verdict_of(folder) is None and gpu_pack.is_whole(folder)


def test_what_is_unpacked_is_told_and_can_be_cancelled_inside_of_a_file(
    tmp_path: Path, wheels: dict[Path, str]
) -> None:
    folder = tmp_path / "gpu" / "2.13.0"
    counts: list[int] = []
    gpu_trial.install(folder, wheels, CancelToken(), counts.append)
    record = json.loads((folder / gpu_pack.RECORD).read_text("utf-8"))
    # What two wheels share is unpacked twice.
    assert sum(counts) == sum(record["files"].values())
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        gpu_trial.install(tmp_path / "again", wheels, cancel, lambda _: cancel.cancel())
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("suffix", ["", ".exe"])
def test_the_frozen_window_has_it_tried_by_the_program_that_can_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    window, console = (tmp_path / f"{name}{suffix}" for name in ("stemdesk-window", "stemdesk"))
    window.touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(window))
    folder = tmp_path / "gpu" / "2.13.0"
    folder.mkdir(parents=True)
    asked: list[str] = []

    def run(command: Sequence[str], _: float) -> tuple[int, str]:
        asked.extend(command)
        return 1, ""

    gpu_trial.try_pack(folder, run)
    console.touch()
    gpu_trial.try_pack(folder, run)
    rest = [gpu_trial.TRIAL, str(folder)]
    assert asked == [str(window), *rest, str(console), *rest]
