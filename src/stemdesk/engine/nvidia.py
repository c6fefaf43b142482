"""Which NVIDIA GPU is in this computer, asked without torch: a torch without CUDA sees none.

The driver brings a program that tells (nvidia-smi), on Windows and on Linux. Where it does not
answer, the driver's own files say that there is something.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.files import is_file

_ASK_S = 20.0  # a driver that wakes up takes seconds
_QUERIES = ("name,driver_version,compute_cap", "name,driver_version")  # old drivers know less
_NAME = "nvidia-smi.exe" if os.name == "nt" else "nvidia-smi"
_MODULE = Path("/proc/driver/nvidia/version")
_DRIVER = re.compile(r"\b(\d{3,4}\.\d+(?:\.\d+)?)\b")


@dataclass(frozen=True, slots=True)
class NvidiaGpu:
    """`name`: "" if unknown. `driver`: its version ("580.65.06"), "" if unknown. `capability`:
    which instructions it has (7.5 is Turing), 0 if unknown."""

    name: str = ""
    driver: str = ""
    capability: float = 0.0

    @property
    def driver_major(self) -> int:
        """580 of "580.65.06", 0 if unknown."""
        number = self.driver.partition(".")[0]
        return int(number) if number.isdecimal() else 0


def find_nvidia() -> NvidiaGpu | None:
    """The best NVIDIA GPU here; None without one, or without its driver. Runs a program: may take
    seconds. Never raises."""
    program = _program()
    if program is not None:
        for query in _QUERIES:
            gpus = _asked(program, query)
            if gpus:
                return max(gpus, key=lambda gpu: gpu.capability)
    return _by_files()


def _program() -> Path | None:
    """The driver's nvidia-smi. Never one in the current folder, where Windows looks first: whoever
    opens a song in a folder of downloads does not want to run a program from there."""
    entries = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep)]
    for folder in [_system32(), *entries] if os.name == "nt" else entries:
        path = folder / _NAME
        if folder.is_absolute() and is_file(path) and os.access(path, os.X_OK):
            return path
    return None


def _system32() -> Path:
    return Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"


def _asked(program: Path, query: str) -> list[NvidiaGpu]:
    """What nvidia-smi lists, one GPU a line: `NVIDIA H200, 580.65.06, 9.0`."""
    try:
        done = subprocess.run(
            [program, f"--query-gpu={query}", "--format=csv,noheader"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_S,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:  # what it prints then is no list
        return []
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [gpu for gpu in map(_read, lines) if gpu is not None]


def _read(line: str) -> NvidiaGpu | None:
    name, driver, capability = (*(part.strip() for part in line.split(",")), "", "")[:3]
    if not name or not _DRIVER.fullmatch(driver):
        return None
    number = re.fullmatch(r"\d+\.\d+", capability)
    return NvidiaGpu(name, driver, float(capability) if number else 0.0)


def _by_files() -> NvidiaGpu | None:
    if sys.platform == "win32":
        return NvidiaGpu() if is_file(_system32() / "nvcuda.dll") else None
    try:
        found = _DRIVER.search(_MODULE.read_text("utf-8", "replace"))
    except OSError:
        return None
    return NvidiaGpu(driver=found[1] if found else "")
