"""Each test runs in a process of its own: torch is imported once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stemdesk.engine import start

SOURCE = Path(start.__file__).parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only done on Linux")

COUNT_TURNS = """
import threading
from stemdesk.engine import start

turns, over = 0, threading.Event()
def tick():
    global turns
    while not over.wait(0.001):
        turns += 1
ticker = threading.Thread(target=tick)
ticker.start()
before = turns
start._load_libraries()
print(turns - before)
over.set()
ticker.join()
"""


def output(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
    )
    return done.stdout.split()


def test_torch_is_there_and_later_collections_pass_it_over() -> None:
    code = (
        "import gc, sys\n"
        "from stemdesk.engine.start import import_torch\n"
        "assert 'torch' not in sys.modules\n"
        "before = gc.get_threshold()\n"
        "import_torch()\n"
        "assert gc.get_threshold() == before and before[0]\n"
        "frozen = gc.get_freeze_count()\n"
        "gc.freeze = None\n"
        "import_torch()\n"
        "print(gc.isenabled(), frozen > 100_000, float(sys.modules['torch'].ones(3).sum()))"
    )
    assert output(code) == ["True", "True", "3.0"]


def test_threads_take_short_turns_meanwhile_and_as_before_afterwards() -> None:
    code = (
        "import builtins, sys\n"
        "from stemdesk.engine import start\n"
        "before, seen, found = sys.getswitchinterval(), [], builtins.__import__\n"
        "def spy(name, *rest):\n"
        "    if name == 'torch':\n"
        "        seen.append(sys.getswitchinterval())\n"
        "    return found(name, *rest)\n"
        "builtins.__import__ = spy\n"
        "start.import_torch()\n"
        "print(seen[0] < before, sys.getswitchinterval() == before)"
    )
    assert output(code) == ["True", "True"]


@linux
def test_the_libraries_are_loaded_before_torch_and_by_its_own_files() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from stemdesk.engine import start\n"
        "start._load_libraries()\n"
        "assert 'torch' not in sys.modules\n"
        "def loaded():\n"
        "    lines = Path('/proc/self/maps').read_text().splitlines()\n"
        "    return {line.split()[-1] for line in lines if 'libtorch_cpu' in line}\n"
        "before = loaded()\n"
        "import torch\n"
        "print(len(before), before == loaded())"
    )
    assert output(code) == ["1", "True"]


@linux
def test_what_the_disk_has_in_memory_is_loaded_ahead_and_used_by_the_import() -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from stemdesk.engine import start\n"
        "start._library_folder().joinpath('libtorch_cpu.so').read_bytes()\n"
        "start.load_ahead()\n"
        "assert 'torch' not in sys.modules and 'av' not in sys.modules\n"
        "def loaded():\n"
        "    lines = Path('/proc/self/maps').read_text().splitlines()\n"
        "    return {line.split()[0] for line in lines if 'libtorch_cpu' in line}\n"
        "before = loaded()\n"
        "start.import_torch()\n"
        "print(len(before) > 0, before == loaded())"
    )
    assert output(code) == ["True", "True"]


@linux
def test_what_would_be_waited_for_is_not_loaded_ahead() -> None:
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from stemdesk.engine import start\n"
        "def cold(*_):\n"
        "    raise BlockingIOError\n"
        "os.preadv = cold\n"
        "start.load_ahead()\n"
        "print('libtorch_cpu' in Path('/proc/self/maps').read_text())"
    )
    assert output(code) == ["False"]


@linux
def test_a_file_that_is_not_there_is_in_no_memory(tmp_path: Path) -> None:
    assert not start._is_cached(tmp_path / "libtorch_cpu.so")


@linux
def test_other_threads_run_while_the_libraries_are_loaded() -> None:
    (turns,) = output(COUNT_TURNS)
    assert int(turns) >= 10  # with the lock held there would be none


def test_where_torch_is_missing_its_import_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "find_spec", lambda _: None)
    start._load_libraries()
