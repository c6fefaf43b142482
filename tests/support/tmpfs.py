"""A tiny volume that really fills up: a Linux tmpfs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HOLD = 'mount -t tmpfs -o "size=$2,mode=0777" tmpfs "$1" && echo ready && read -r _'


@contextlib.contextmanager
def tiny_volume(folder: Path, size: str = "256k") -> Iterator[Path]:
    """Mount a tmpfs of `size` and yield a folder on it; `folder` is made if missing.

    Root mounts it on `folder`. Others mount it in a name space of their own, which a waiting
    shell holds open; the folder yielded then leads there through `/proc`. Skips the test where
    neither is possible: not on Linux, or name spaces forbidden.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("a tmpfs needs Linux")
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=0777"
    if _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)):
        try:
            yield folder
        finally:
            _run("umount", "-l", str(folder))  # lazily: a failed test may hold a file open
        return
    with _shell_in_name_space(folder, size) as shell:
        yield Path(f"/proc/{shell.pid}/root{folder.resolve()}")


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def _shell_in_name_space(folder: Path, size: str) -> Iterator[subprocess.Popen[str]]:
    command = ["unshare", "-rm", "sh", "-c", _HOLD, "sh", str(folder.resolve()), size]
    try:
        shell = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        pytest.skip("no unshare command: no tmpfs")
    with shell:
        assert shell.stdout is not None and shell.stdin is not None
        if shell.stdout.readline() != "ready\n":
            pytest.skip("neither root nor allowed to make a name space: no tmpfs")
        try:
            yield shell
        finally:
            shell.stdin.close()  # ends its `read`; the volume goes with the name space
