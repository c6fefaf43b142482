"""A GPU pack is unpacked from its wheels, and tried by a child process (`gpu_pack`)."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from stemdesk import __version__
from stemdesk.core.errors import (
    Cancelled,
    DeviceError,
    ErrorCode,
    StemDeskError,
    write_error,
)
from stemdesk.core.files import replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.engine.gpu_pack import PACKAGES, RECORD, TRYING, VERDICT, Verdict, put_first
from stemdesk.fetch.wheel import WheelError, unpack
from stemdesk.log import log

TRIAL = "--gpu-trial"
TRIAL_S = 300.0  # the first use of a new GPU compiles its kernels
UNPACKED_BYTES = 12 << 30  # torch 2.13 with CUDA 13 and what it needs: about 5 GB
_POLL_S = 0.05
_CONSOLE = "stemdesk"  # of the two programs of the frozen app
_BLOCK = 1 << 20
_PARTS = ".wheel"

Run = Callable[[Sequence[str], float], tuple[int | None, str]]
"""Runs a program for so many seconds at most; returns its exit code, None if that was not enough,
and what it printed. Raises `OSError` if it cannot be started."""


def install(
    folder: Path,
    wheels: Mapping[Path, str],
    cancel: CancelToken,
    written: Callable[[int], None] = lambda _: None,
) -> None:
    """Unpack wheels into a pack's folder, named by torch's version, which must not be there.

    `wheels`: files with the SHA-256 that each must have. Where two wheels have the same file (a
    package that they share), it must be the same. `written` is told of the bytes of each block.
    Raises `WheelError`, `ExportError`, `DiskFullError`, `Cancelled`; the folder is gone then.
    """
    for wheel, expected in wheels.items():
        if _sha256(wheel, cancel) != expected:
            raise WheelError(f"{wheel.name} is not what it should be")
    sizes: dict[str, int] = {}
    try:
        folder.mkdir(parents=True)
    except OSError as error:  # also where one is there: it is not touched
        raise write_error(error, folder) from error
    try:
        for wheel in wheels:
            sizes |= _add(folder, wheel, cancel, written)
        finish(folder, sizes)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise write_error(error, folder) from error
    except BaseException:  # also Ctrl+C: half a pack is none
        shutil.rmtree(folder, ignore_errors=True)
        raise


def finish(folder: Path, sizes: Mapping[str, int]) -> None:
    """Say that a pack is unpacked. `sizes`: bytes of each file by its name in there. Raises
    `OSError`."""
    record = {"torch": folder.name, "files": dict(sizes)}
    replace_file(folder / RECORD, json.dumps(record).encode())


def try_pack(folder: Path, run: Run | None = None, cancel: CancelToken | None = None) -> Verdict:
    """Let a child process compute with a pack, and remember what it found. Blocks. Raises
    `OSError` if that cannot be written, and `Cancelled`: it is to be tried again then."""
    run = run or partial(run_child, cancel=cancel or CancelToken())
    (folder / VERDICT).unlink(missing_ok=True)
    (folder / TRYING).touch()
    try:
        verdict = _read(*run([*_program(), TRIAL, str(folder)], TRIAL_S))
    except Cancelled:
        (folder / TRYING).unlink()
        raise
    except OSError as error:
        verdict = Verdict(False, f"its test could not be started: {error}")
    record = {"stemdesk": __version__, "passed": verdict.passed, "said": verdict.said}
    replace_file(folder / VERDICT, json.dumps(record).encode())
    (folder / TRYING).unlink()
    log.info("GPU pack %s: passed %s, %s", folder.name, verdict.passed, verdict.said)
    return verdict


def _read(exit_code: int | None, printed: str) -> Verdict:
    """What a child that has ended says with its last line."""
    if exit_code is None:
        return Verdict(False, f"its test did not end within {TRIAL_S / 60:.0f} minutes")
    try:
        said = json.loads(printed.strip().splitlines()[-1])
        return Verdict(bool(said["passed"]) and exit_code == 0, str(said["said"]))
    except (ValueError, IndexError, TypeError, KeyError):
        return Verdict(False, f"its test ended with {exit_code}")


def serve_trial(folder: Path) -> int:
    """The child: import the pack's torch, compute on the GPU and compare, print what came out."""
    from stemdesk.engine.devices import probe

    folder = folder.absolute()
    try:
        put_first(folder)
        import torch

        if not Path(str(torch.__file__)).is_relative_to(folder):
            raise ImportError(f"torch came from {torch.__file__}")
        _begin()
        verdict = Verdict(True, probe("cuda").label)
    except StemDeskError as error:
        verdict = Verdict(False, error.detail)
    except Exception as error:  # whatever a torch that does not fit comes up with
        verdict = Verdict(False, f"{type(error).__name__}: {error}"[:500])
    print(json.dumps({"passed": verdict.passed, "said": verdict.said}), flush=True)
    return 0 if verdict.passed else 1


def _begin() -> None:
    """Reach the GPU: here torch says why it cannot, for instance that there is no driver. Raises
    `DeviceError`."""
    import torch

    try:
        torch.cuda.init()  # type: ignore[no-untyped-call] # torch has no type for it
    except (RuntimeError, AssertionError) as error:  # the latter: a torch without CUDA
        raise DeviceError(ErrorCode.DEVICE_UNAVAILABLE, str(error)[:500]) from error


def run_child(
    command: Sequence[str], seconds: float, cancel: CancelToken | None = None
) -> tuple[int | None, str]:
    """As `Run`. What a child prints on its way is not read, only its last line. Raises `Cancelled`;
    no child is left in any case."""
    cancel = cancel or CancelToken()
    end = time.monotonic() + seconds
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as child:
        try:
            while True:
                try:
                    printed, _ = child.communicate(timeout=_POLL_S)
                    return child.returncode, printed.decode("utf-8", "replace")
                except subprocess.TimeoutExpired:
                    cancel.check()
                    if time.monotonic() > end:
                        return None, ""
        finally:
            if child.poll() is None:
                child.kill()


def _add(
    folder: Path, wheel: Path, cancel: CancelToken, written: Callable[[int], None]
) -> dict[str, int]:
    """One wheel, unpacked beside the others and then moved to them."""
    parts = folder / _PARTS
    sizes = unpack(wheel, parts, PACKAGES, cancel, UNPACKED_BYTES, written)
    for name in sizes:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.read_bytes() != (parts / name).read_bytes():
            raise WheelError(f"{wheel.name} has another {name} than a wheel before it")
        (parts / name).replace(target)
    shutil.rmtree(parts, ignore_errors=True)
    return sizes


def _sha256(path: Path, cancel: CancelToken) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                cancel.check()
                digest.update(block)
    except OSError as error:
        raise WheelError(f"{path.name}: {error}") from error
    return digest.hexdigest()


def _program() -> list[str]:
    """This StemDesk, as a program that can print: on Windows the window's own may have no output,
    and the other one lies beside it."""
    if not getattr(sys, "frozen", False):
        return [sys.executable, "-m", "stemdesk"]
    here = Path(sys.executable)
    beside = here.with_name(f"{_CONSOLE}{here.suffix}")
    return [str(beside if beside.is_file() else here)]
