from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stemdesk.engine import threads
from stemdesk.engine.threads import chosen_threads, fix_threads, physical_cores


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Callable[[set[int]], None]:
    """Sets the logical processors that this process may use on a made-up Linux."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")

    def allow(processors: set[int]) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: processors, raising=False)

    return allow


def machine(root: Path, siblings: list[str]) -> Path:
    """A system's tree with the logical processors' siblings."""
    for number, text in enumerate(siblings):
        topology = root / f"sys/devices/system/cpu/cpu{number}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(text + "\n")
    return root


def group(root: Path, name: str, cpu_max: str) -> None:
    folder = root / "sys/fs/cgroup" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.max").write_text(cpu_max + "\n")


def member(root: Path, lines: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(lines)


@pytest.mark.parametrize(
    ("siblings", "processors", "cores"),
    [
        (["0", "1"], {0, 1}, 2),
        (["0-1", "0-1", "2-3", "2-3"], {0, 1, 2, 3}, 2),
        (["0,2", "1,3", "0,2", "1,3"], {0, 1, 2, 3}, 2),
        (["0,2", "1,3", "0,2", "1,3"], {0, 2}, 1),  # only one core is ours
        (["0-1", "0-1", "2", "3"], {0, 1, 2, 3}, 3),  # fast and slow cores
        ([], {0, 5, 7}, 3),  # nothing is told
    ],
)
def test_cores_are_counted_without_hyper_threads(
    allowed: Callable[[set[int]], None],
    tmp_path: Path,
    siblings: list[str],
    processors: set[int],
    cores: int,
) -> None:
    allowed(processors)
    assert physical_cores(machine(tmp_path, siblings)) == cores


@pytest.mark.parametrize(
    ("limits", "cores"),
    [
        ({"": "200000 100000"}, 2),  # a container sees its own group as the root
        ({"user/app": "150000 100000"}, 1),
        ({"user/app": "50000 100000"}, 1),  # at least one
        ({"user/app": "max 100000", "user": "300000 100000"}, 3),  # the slice around it
        ({"user/app": "800000 100000"}, 4),
        ({"other": "100000 100000"}, 4),
        ({"user/app": "nonsense"}, 4),
    ],
)
def test_a_quota_of_processor_time_is_kept(
    allowed: Callable[[set[int]], None], tmp_path: Path, limits: dict[str, str], cores: int
) -> None:
    allowed({0, 1, 2, 3})
    member(tmp_path, "1:cpu:/elsewhere\n0::/user/app\n")
    for name, text in limits.items():
        group(tmp_path, name, text)
    assert physical_cores(machine(tmp_path, ["0", "1", "2", "3"])) == cores


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    for logical, cores in ((None, 1), (2, 2), (4, 4), (8, 4), (16, 8)):
        monkeypatch.setattr(os, "cpu_count", lambda value=logical: value)
        assert physical_cores() == cores
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    for answer in (4, None):
        monkeypatch.setattr(threads, "_mac_cores", lambda value=answer: value)
        assert physical_cores() == (answer or 16)


def test_what_a_person_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, count in (("3", 3), ("3,2", 3), ("", None), ("0", None), ("many", None)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert chosen_threads() == count
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert chosen_threads() is None


def on_a_thread(work: Callable[[], object]) -> object:
    """What `work` returns on a thread of its own: rounding to zero stays with a thread."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_torch_gets_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "physical_cores", lambda: 2)

    def fixed(count: int | None) -> tuple[int, int]:
        used = fix_threads(count)
        # torch keeps the number by thread
        counted = torch.get_num_threads()
        torch.set_num_threads(before)
        return used, counted

    assert on_a_thread(lambda: fixed(None)) == (2, 2)
    assert on_a_thread(lambda: fixed(3)) == (3, 3)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert on_a_thread(lambda: fixed(3)) == (1, 1)
    assert torch.get_num_threads() == before


def test_numbers_next_to_zero_are_zero() -> None:
    def smallest() -> float:
        fix_threads()
        return float(torch.full((1,), 1e-39).mul(1.0))

    if torch.set_flush_denormal(False):  # the processor can; this thread does not
        assert on_a_thread(smallest) == 0.0
        assert float(torch.full((1,), 1e-39).mul(1.0)) > 0.0
