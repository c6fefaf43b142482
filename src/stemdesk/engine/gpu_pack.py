"""A second torch, with CUDA, in the data folder: whether it is used (`installers/GPU.md`).

The frozen app comes with torch for the CPU, since NVIDIA's libraries may not be packed into it. A
pack is a folder `gpu/<torch's version>/` with torch and NVIDIA's packages as their wheels have
them, and `pack.json`, which is written when all is unpacked. It is used once a child process has
computed with it on this machine's GPU; what it said stands in `verdict.json`. Where StemDesk was
ended in the middle of that, the file `trying` is left, and the pack is not used.

Does not import torch, and has to be asked before torch is imported. `gpu_trial` unpacks and tries.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from stemdesk import __version__
from stemdesk.core.files import exists
from stemdesk.core.imports import import_from

FOLDER = "gpu"
LIST = "gpu_packs.json"
OFF = "STEMDESK_NO_GPU_PACK"  # set to anything: the app's own torch is used
ON = "STEMDESK_GPU_PACK"  # set to anything: packs also where StemDesk runs from source
RECORD, VERDICT, TRYING = "pack.json", "verdict.json", "trying"
LEAVING = "leaving"  # beside the packs: they are to go, and are not used any more
# What a pack's torch imports from itself, never from the app.
PACKAGES = ("torch", "torchgen", "functorch", "nvidia", "cuda")


@dataclass(frozen=True, slots=True)
class PackFile:
    """A wheel of a pack, as package indexes name it, its bytes, and the SHA-256 that it must
    have."""

    name: str
    sha256: str
    size_bytes: int

    @property
    def package(self) -> str:
        """Its package, by which an index is asked for it."""
        return self.name.partition("-")[0].replace("_", "-").lower()


@dataclass(frozen=True, slots=True)
class WantedPack:
    """The pack that fits this StemDesk. `torch`: its version. `unpacked_bytes`: on the disk.
    `driver`: the oldest that it works with (580); `capability`: of the oldest GPU (7.5 is Turing).
    `index`: the package index that has it, "" for the configured one."""

    torch: str
    files: tuple[PackFile, ...]
    unpacked_bytes: int = 0
    driver: int = 0
    capability: float = 0.0
    index: str = ""

    @property
    def fetch_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial found. `said`: the GPU's name, or why the pack is not used."""

    passed: bool
    said: str


def key_here() -> str:
    """The system ("linux", "win32"), the machine ("x86_64", "AMD64") and the Python ("cp311") that
    a pack has to be for."""
    python = f"{sys.implementation.name[:1]}p{sys.version_info.major}{sys.version_info.minor}"
    return f"{sys.platform}-{platform.machine()}-{python}"


def wanted_pack(key: str = "") -> WantedPack | None:
    """The pack for a system (`key_here`, which it is if none is named); None where there is
    none."""
    listed = json.loads((files("stemdesk.engine") / LIST).read_text("utf-8"))
    found = listed.get(key or key_here())
    if found is None:
        return None
    return WantedPack(
        torch=found["torch"],
        files=tuple(PackFile(**file) for file in found["files"]),
        unpacked_bytes=found["unpacked_bytes"],
        driver=found["driver"],
        capability=found["capability"],
        index=found.get("index", ""),
    )


def packs_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this StemDesk uses packs at all: the frozen app does. From source, pip has installed
    the torch that is wanted."""
    return bool(getattr(sys, "frozen", False) or environment.get(ON))


def pack_in_use(data: Path, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of the pack that is used, or None. Reads two small files and looks at a few
    thousand others. Never raises."""
    wanted = wanted_pack()
    if wanted is None or environment.get(OFF) or exists(data / FOLDER / LEAVING):
        return None
    folder = data / FOLDER / wanted.torch
    verdict = verdict_of(folder)
    return folder if verdict is not None and verdict.passed and is_whole(folder) else None


def pack_to_try(data: Path, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of the pack that was used until StemDesk was updated, and has not been tried
    since; None without one. Never raises."""
    wanted = wanted_pack()
    if wanted is None or environment.get(OFF) or exists(data / FOLDER / LEAVING):
        return None
    folder = data / FOLDER / wanted.torch
    passed = _recorded(folder).get("passed") is True and verdict_of(folder) is None
    return folder if passed and is_whole(folder) else None


def is_whole(folder: Path) -> bool:
    """Whether each file of a pack is there in its size, and the pack is for this StemDesk's
    torch."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        sizes = {str(name): int(size) for name, size in record["files"].items()}
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    return bool(sizes) and whole and record.get("torch") == folder.name


def verdict_of(folder: Path) -> Verdict | None:
    """What the last trial of a pack found, if it was by this StemDesk; None: it is to be tried."""
    if exists(folder / TRYING):
        return Verdict(False, "its test did not come to an end")
    recorded = _recorded(folder)
    if recorded.get("stemdesk") != __version__ or not {"passed", "said"} <= set(recorded):
        return None
    return Verdict(bool(recorded["passed"]), str(recorded["said"]))


def _recorded(folder: Path) -> dict[str, Any]:
    """What stands in the verdict's file, of whichever StemDesk; {} without one."""
    try:
        recorded = json.loads((folder / VERDICT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def is_imported(folder: Path) -> bool:
    """Whether this process computes with a pack's torch."""
    torch = sys.modules.get("torch")
    place = getattr(torch, "__file__", None)
    return bool(place) and Path(str(place)).is_relative_to(folder.absolute())


def other_cuda() -> bool:
    """Whether this process has a torch with CUDA that is of no pack; False before torch is
    imported."""
    version = getattr(sys.modules.get("torch"), "version", None)
    return getattr(version, "cuda", None) is not None


def put_first(folder: Path) -> None:
    """Let `import torch` take the pack's. Raises `ImportError` if torch is imported already."""
    if "torch" in sys.modules:
        raise ImportError("torch is imported already")
    if sys.platform == "win32":
        for libraries in [folder / "torch" / "lib", *folder.glob("nvidia/*/bin")]:
            if libraries.is_dir():
                os.add_dll_directory(str(libraries))
    import_from(folder, PACKAGES)
