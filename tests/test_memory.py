"""The allocator's settings, in a process of their own: they cannot be taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

SCRIPT = """
import ctypes, os, sys
from stemdesk import memory

def resting():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

taken = memory.keep_freed()
before = resting()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
block = ctypes.c_void_p(libc.malloc(64 << 20))
ctypes.memset(block, 1, 64 << 20)
libc.free(block)
kept = resting() - before
memory.give_back()
print(taken, kept, resting() - before)
"""


BROUGHT_IN = """
import os, sys, threading
from stemdesk import memory

def resting():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

before = resting()
enough = threading.Event()
def bring_in():
    memory.bring_in(64 << 20, enough)
    return resting() - before

nothing = bring_in()
taken = memory.keep_freed()
enough.set()
stopped = bring_in()
enough.clear()
print(taken, nothing, stopped, bring_in())
"""


def run(script: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": str(SOURCE)},
    )
    return done.stdout.split()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_memory_is_brought_in_where_it_is_kept() -> None:
    taken, nothing, stopped, there = run(BROUGHT_IN)
    if taken == "False":
        pytest.skip("another C library than glibc")
    assert int(nothing) < 4 << 20
    assert int(stopped) < 4 << 20
    assert int(there) > 60 << 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_freed_memory_is_kept_for_the_next_use_until_it_is_given_back() -> None:
    taken, kept, left = run(SCRIPT)
    if taken == "False":
        pytest.skip("another C library than glibc")
    assert int(kept) > 60 << 20
    assert int(left) < 4 << 20
