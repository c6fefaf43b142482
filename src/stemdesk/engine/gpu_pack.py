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

from stemdesk import __version__
from stemdesk.core.imports import import_from

FOLDER = "gpu"
OFF = "STEMDESK_NO_GPU_PACK"  # set to anything: the app's own torch is used
RECORD, VERDICT, TRYING = "pack.json", "verdict.json", "trying"
# What a pack's torch imports from itself, never from the app.
PACKAGES = ("torch", "torchgen", "functorch", "nvidia", "cuda")


@dataclass(frozen=True, slots=True)
class PackFile:
    """A wheel of a pack, as package indexes name it, and the SHA-256 that it must have."""

    name: str
    sha256: str

    @property
    def package(self) -> str:
        """Its package, by which an index is asked for it."""
        return self.name.partition("-")[0].replace("_", "-").lower()


@dataclass(frozen=True, slots=True)
class WantedPack:
    """The pack that fits this StemDesk. `torch`: its version."""

    torch: str
    files: tuple[PackFile, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trial found. `said`: the GPU's name, or why the pack is not used."""

    passed: bool
    said: str


def wanted_pack(system: str = "", machine: str = "", python: str = "") -> WantedPack | None:
    """The pack for a system ("linux", "win32"), a machine ("x86_64") and a Python ("cp311"), here
    if they are not named; None where there is none."""
    here = f"{sys.implementation.name[:1]}p{sys.version_info.major}{sys.version_info.minor}"
    key = f"{system or sys.platform}-{machine or platform.machine()}-{python or here}"
    listed = json.loads((files("stemdesk.engine") / "gpu_packs.json").read_text("utf-8"))
    found = listed.get(key)
    if found is None:
        return None
    wheels = tuple(PackFile(file["name"], file["sha256"]) for file in found["files"])
    return WantedPack(found["torch"], wheels)


def pack_in_use(data: Path, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of the pack that is used, or None. Reads two small files and looks at a few
    thousand others. Never raises."""
    wanted = wanted_pack()
    if wanted is None or environment.get(OFF):
        return None
    folder = data / FOLDER / wanted.torch
    verdict = verdict_of(folder)
    return folder if verdict is not None and verdict.passed and is_whole(folder) else None


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
    if (folder / TRYING).exists():
        return Verdict(False, "its test did not come to an end")
    try:
        said = json.loads((folder / VERDICT).read_bytes())
        if said["stemdesk"] != __version__:
            return None
        return Verdict(bool(said["passed"]), str(said["said"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def put_first(folder: Path) -> None:
    """Let `import torch` take the pack's. Raises `ImportError` if torch is imported already."""
    if "torch" in sys.modules:
        raise ImportError("torch is imported already")
    if sys.platform == "win32":
        for libraries in [folder / "torch" / "lib", *folder.glob("nvidia/*/bin")]:
            if libraries.is_dir():
                os.add_dll_directory(str(libraries))
    import_from(folder, PACKAGES)
