"""The GPU pack (`installers/GPU.md`): what is there of it, and its way here.

It lies in `gpu` in the data folder: a folder for each version of torch, `wheels` while it is
fetched, and a lock, since two StemDesks may be asked for it at once. What was fetched stays there
until all is unpacked, so that the next try goes on from where this one ends, however it ends.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import DiskFullError, ErrorCode, StemDeskError, free_bytes, write_error
from stemdesk.core.files import exists, sync_folder
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.engine import gpu_pack
from stemdesk.engine.gpu_pack import FOLDER, LEAVING, Verdict, WantedPack
from stemdesk.engine.gpu_trial import install, try_pack
from stemdesk.engine.nvidia import NvidiaGpu, find_nvidia
from stemdesk.fetch.limits import LIMITS, Limits
from stemdesk.fetch.meter import Meter
from stemdesk.fetch.turn import turn
from stemdesk.fetch.wheel import WheelError
from stemdesk.jobs.gpu_removal import LOCK, remove_each, uses_any
from stemdesk.jobs.gpu_wheels import bytes_there, fetch_wheels
from stemdesk.jobs.space import size_bytes
from stemdesk.log import log

UNPACKING, TRYING = "GPU pack, unpacking", "GPU pack, trying"  # names of transfers
WHEELS = "wheels"
_SPARE_BYTES = 64 << 20
_NEW = ".new-"


@dataclass(frozen=True, slots=True)
class PackStatus:
    """`wanted`: what fits this StemDesk, None if nothing does. `gpu`: the one that is here.
    `whole`: whether the pack is unpacked; `verdict`: what its trial found, None before one.
    `in_use`: whether this process computes with it. `kept_bytes`: all that lies in its folder;
    `fetched_bytes`: wheels of it. `leaving`: it is removed at the next start."""

    wanted: WantedPack | None
    gpu: NvidiaGpu | None = None
    whole: bool = False
    verdict: Verdict | None = None
    in_use: bool = False
    kept_bytes: int = 0
    fetched_bytes: int = 0
    leaving: bool = False

    @property
    def offered(self) -> bool:
        """Whether there is something to say of it to a person."""
        return self.kept_bytes > 0 or (self.gpu is not None and self.wanted is not None)


def look(data: Path) -> PackStatus | None:
    """What is there now; None where this StemDesk uses no packs. Reads folders and runs a program:
    may take seconds. Never raises."""
    if not gpu_pack.packs_wanted() or (gpu_pack.other_cuda() and not uses_any(data)):
        return None
    wanted, root = gpu_pack.wanted_pack(), data / FOLDER
    if wanted is None:
        return PackStatus(None, kept_bytes=size_bytes(root))
    folder = root / wanted.torch
    whole = gpu_pack.is_whole(folder)
    return PackStatus(
        wanted,
        find_nvidia(),
        whole,
        gpu_pack.verdict_of(folder) if whole else None,
        gpu_pack.is_imported(folder),
        size_bytes(root),
        bytes_there(root / WHEELS, wanted.files),
        exists(root / LEAVING),
    )


def is_to_be_tried(data: Path) -> bool:
    """Whether the pack was used until StemDesk was updated: then it is not before its trial has
    passed again. May take seconds. Never raises."""
    wanted = gpu_pack.wanted_pack() if gpu_pack.packs_wanted() else None
    if wanted is None or gpu_pack.pack_to_try(data) is None:
        return False
    return gpu_trouble(wanted, find_nvidia()) is None


def install_pack(
    data: Path,
    report: TransferReport,
    cancel: CancelToken,
    index: str = "",
    limits: Limits = LIMITS,
) -> Verdict:
    """Fetch what is missing of the pack, unpack it, and try it; what is done already is not done
    again. A pack that has passed is used from the next start on, and older ones go.

    `index`: the address of a package index; "": the pack's own, or the configured one. Two at once
    do it one after the other. `report` tells of all files together, then of unpacking, then that
    it is tried (0 bytes of 0). Raises `StemDeskError` (GPU_PACK_NOT_NEEDED, _NONE, _NO_GPU,
    _OLD_DRIVER, _OLD_GPU, _NO_INDEX, _NOT_LISTED, _UNUSABLE), `FetchError`, `DiskFullError`,
    `ExportError`, `Cancelled`. Wheels that are there stay then; half a pack does not.
    """
    wanted = _wanted()
    _check_gpu(wanted)
    root = data / FOLDER
    folder = root / wanted.torch
    try:
        root.mkdir(parents=True, exist_ok=True)
        with turn(root / LOCK, lambda: None, cancel):
            (root / LEAVING).unlink(missing_ok=True)  # who asks for what is to go wants to keep it
            _remove_passing(root)
            if not gpu_pack.is_whole(folder):
                wheels = _fetch(wanted, root, report, cancel, index, limits)
                _unpack(wanted, folder, wheels, report, cancel)
            shutil.rmtree(root / WHEELS, ignore_errors=True)
            return _tried(folder, report, cancel)
    except StemDeskError as error:
        error.facts["gpu_pack"] = wanted.torch  # for the right sentences
        raise
    except OSError as error:
        raise write_error(error, root) from error


def _wanted() -> WantedPack:
    if not gpu_pack.packs_wanted():
        raise StemDeskError(ErrorCode.GPU_PACK_NOT_NEEDED)
    wanted = gpu_pack.wanted_pack()
    if wanted is None:
        raise StemDeskError(ErrorCode.GPU_PACK_NONE, system=gpu_pack.key_here())
    return wanted


def _check_gpu(wanted: WantedPack) -> None:
    """Before gigabytes are fetched for nothing. What is not known is found out by the trial."""
    trouble = gpu_trouble(wanted, find_nvidia())
    if trouble is not None:
        raise trouble


def gpu_trouble(wanted: WantedPack, gpu: NvidiaGpu | None) -> StemDeskError | None:
    """Why a pack cannot work with this GPU, None if it may."""
    if gpu is None:
        return StemDeskError(ErrorCode.GPU_PACK_NO_GPU)
    if 0 < gpu.driver_major < wanted.driver:
        return StemDeskError(
            ErrorCode.GPU_PACK_OLD_DRIVER, driver=gpu.driver, needed=str(wanted.driver)
        )
    if 0 < gpu.capability < wanted.capability:
        return StemDeskError(
            ErrorCode.GPU_PACK_OLD_GPU,
            gpu=gpu.name,
            capability=str(gpu.capability),
            needed=str(wanted.capability),
        )
    return None


def _fetch(
    wanted: WantedPack,
    root: Path,
    report: TransferReport,
    cancel: CancelToken,
    index: str,
    limits: Limits,
) -> dict[Path, str]:
    """The wheels of the pack with their hashes."""
    missing = wanted.fetch_bytes - bytes_there(root / WHEELS, wanted.files)
    needed = missing + wanted.unpacked_bytes + _SPARE_BYTES
    if free_bytes(root) < needed:
        raise DiskFullError(root, needed)
    return fetch_wheels(wanted.files, root / WHEELS, report, cancel, index or wanted.index, limits)


def _unpack(
    wanted: WantedPack,
    folder: Path,
    wheels: dict[Path, str],
    report: TransferReport,
    cancel: CancelToken,
) -> None:
    """Unpack beside it, then give it its place from one moment to the next."""
    meter = Meter(UNPACKING, wanted.unpacked_bytes, report)
    count = 0

    def written(more: int) -> None:
        nonlocal count
        count += more
        meter.at(count, more)

    with _passing_folder(folder.parent) as place:
        try:
            install(place / folder.name, wheels, cancel, written)
        except WheelError as error:
            raise StemDeskError(ErrorCode.GPU_PACK_UNUSABLE, str(error)) from error
        if exists(folder):  # it lacks something, or has too much of it
            folder.rename(place / "damaged")
        (place / folder.name).rename(folder)
        sync_folder(folder.parent)
    meter.finish()
    log.info("GPU pack: torch %s is unpacked, %d bytes", wanted.torch, count)


def _tried(folder: Path, report: TransferReport, cancel: CancelToken) -> Verdict:
    verdict = gpu_pack.verdict_of(folder)
    if verdict is None or not verdict.passed:
        report(Transfer(TRYING, 0, 0))
        verdict = try_pack(folder, cancel=cancel)
    if verdict.passed:
        remove_each(folder.parent, lambda path: path.is_dir() and path != folder)
    return verdict


@contextmanager
def _passing_folder(root: Path) -> Iterator[Path]:
    """A folder in `root` that is removed in any case."""
    place = Path(tempfile.mkdtemp(prefix=_NEW, dir=root))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _remove_passing(root: Path) -> None:
    """What a StemDesk has left that was ended from outside."""
    remove_each(root, lambda path: path.name.startswith(_NEW))
