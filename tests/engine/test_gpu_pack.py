"""Which torch is used when there is a pack in the data folder; packs made of small wheels."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stemdesk import __version__
from stemdesk.core.files import replace_file
from stemdesk.engine import gpu_pack, gpu_trial, start
from stemdesk.engine.gpu_pack import RECORD, TRYING, VERDICT, Verdict, WantedPack

PASSED = json.dumps({"passed": True, "said": "NVIDIA Test"})


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(gpu_pack.OFF, raising=False)
    monkeypatch.setattr(gpu_pack, "wanted_pack", lambda: WantedPack("2.13.0", ()))
    return tmp_path / "data"


def unpacked(data: Path) -> Path:
    folder = data / gpu_pack.FOLDER / "2.13.0"
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text("__version__ = 'pack'\n", "utf-8")
    gpu_trial.finish(folder, {"torch/__init__.py": 21})
    return folder


def test_every_listed_file_is_pinned() -> None:
    listed = json.loads((Path(gpu_pack.__file__).parent / "gpu_packs.json").read_text("utf-8"))
    assert listed
    for key in listed:
        wanted = gpu_pack.wanted_pack(key)
        assert wanted is not None
        for file in wanted.files:
            assert re.fullmatch(r"[\w.]+-[\d.]+(\+cu\d+)?-[\w.-]+\.whl", file.name)
            assert file.size_bytes > 0
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        names = [file.package for file in wanted.files]
        assert re.search(rf"'torch-{re.escape(wanted.torch)}[-+]", str(wanted.files))
        assert len(set(names)) == len(names) and wanted.unpacked_bytes > wanted.fetch_bytes
        assert wanted.driver > 500 and wanted.capability > 5
        assert wanted.index.startswith("https://") or not wanted.index
    linux = gpu_pack.wanted_pack("linux-x86_64-cp311")
    assert linux is not None
    names = [file.package for file in linux.files]
    assert {"torch", "nvidia-cublas", "nvidia-cufft", "nvidia-cudnn-cu13"} <= set(names)
    assert gpu_pack.wanted_pack("linux-riscv64-cp311") is None
    assert gpu_pack.wanted_pack() == (
        linux if gpu_pack.key_here() == "linux-x86_64-cp311" else None
    )


def test_a_pack_is_used_only_after_it_has_passed(data: Path) -> None:
    assert gpu_pack.pack_in_use(data, {}) is None
    folder = unpacked(data)
    assert gpu_pack.verdict_of(folder) is None
    assert gpu_pack.pack_in_use(data, {}) is None
    verdict = gpu_trial.try_pack(folder, lambda command, seconds: (0, f"a warning\n{PASSED}\n"))
    assert verdict == Verdict(True, "NVIDIA Test") == gpu_pack.verdict_of(folder)
    assert gpu_pack.pack_in_use(data, {}) == folder
    assert gpu_pack.pack_in_use(data, {gpu_pack.OFF: "1"}) is None


@pytest.mark.parametrize(
    ("exit_code", "printed"), [(0, ""), (-11, PASSED), (0, "[]"), (0, "{}"), (1, PASSED)]
)
def test_a_child_that_does_not_end_well_has_not_passed(
    data: Path, exit_code: int, printed: str
) -> None:
    folder = unpacked(data)
    assert not gpu_trial.try_pack(folder, lambda command, seconds: (exit_code, printed)).passed
    assert gpu_pack.pack_in_use(data, {}) is None
    assert not (folder / TRYING).exists()


def test_a_test_that_took_stemdesk_down_is_not_begun_again_by_using_it(data: Path) -> None:
    folder = unpacked(data)
    gpu_trial.try_pack(folder, lambda command, seconds: (0, PASSED))

    def end(*_: object) -> tuple[int, str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gpu_trial.try_pack(folder, end)
    assert gpu_pack.verdict_of(folder) == Verdict(False, "its test did not come to an end")
    assert gpu_pack.pack_in_use(data, {}) is None


def test_another_stemdesk_tries_it_again(data: Path) -> None:
    folder = unpacked(data)
    old = {"stemdesk": f"{__version__}.1", "passed": True, "said": ""}
    replace_file(folder / VERDICT, json.dumps(old).encode())
    assert gpu_pack.verdict_of(folder) is None
    assert gpu_pack.pack_in_use(data, {}) is None
    assert gpu_pack.pack_to_try(data, {}) == folder
    assert gpu_pack.pack_to_try(data, {gpu_pack.OFF: "1"}) is None
    (folder / TRYING).touch()  # that trial took StemDesk down
    assert gpu_pack.pack_to_try(data, {}) is None
    (folder / TRYING).unlink()
    replace_file(folder / VERDICT, json.dumps({**old, "passed": False}).encode())
    assert gpu_pack.pack_to_try(data, {}) is None
    replace_file(folder / VERDICT, json.dumps(old).encode())
    gpu_trial.try_pack(folder, lambda command, seconds: (0, PASSED))
    assert gpu_pack.pack_to_try(data, {}) is None  # it is done
    assert gpu_pack.pack_in_use(data, {}) == folder


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"files": {}}', b'{"torch": "2.13.0"}'])
def test_a_damaged_record_is_no_pack(data: Path, damage: bytes) -> None:
    folder = unpacked(data)
    assert gpu_pack.is_whole(folder)
    (folder / RECORD).write_bytes(damage)
    assert not gpu_pack.is_whole(folder)
    (folder / VERDICT).write_bytes(damage)
    assert gpu_pack.verdict_of(folder) is None


def test_a_pack_that_lacks_a_file_is_not_used(data: Path) -> None:
    folder = unpacked(data)
    gpu_trial.try_pack(folder, lambda command, seconds: (0, PASSED))
    (folder / "torch" / "__init__.py").write_bytes(b"short")
    assert gpu_pack.pack_in_use(data, {}) is None


def in_child(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_its_torch_comes_before_any_other_and_is_never_mixed(data: Path) -> None:
    folder = unpacked(data)
    first = f"from stemdesk.engine.gpu_pack import put_first\nput_first({str(folder)!r})\n"
    first = first.replace(f"({str(folder)!r})", f"(__import__('pathlib').Path({str(folder)!r}))")
    assert in_child(f"{first}import torch; print(torch.__version__)") == "pack"
    assert "No module named 'torch.nn'" in in_child(f"{first}import torch.nn")
    assert in_child(f"{first}import numpy; print('numpy')") == "numpy"
    said = in_child(f"import sys; sys.modules['torch'] = sys\n{first}")
    assert "torch is imported already" in said


def test_the_frozen_app_takes_it_before_torch_is_imported(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = unpacked(data)
    taken: list[Path] = []
    monkeypatch.setattr(gpu_pack, "put_first", taken.append)
    start._take_gpu_pack(data)
    assert not taken
    gpu_trial.try_pack(folder, lambda command, seconds: (0, PASSED))
    start._take_gpu_pack(data)
    assert taken == [folder]
