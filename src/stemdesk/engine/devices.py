"""Which device computes: looks for a GPU, tries it with real work, and says why.

Importing this module does not import torch; calling its functions does.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.errors import DeviceError, ErrorCode, ModelError, StemDeskError
from stemdesk.engine.start import import_torch
from stemdesk.log import log

if TYPE_CHECKING:
    import torch

PREFERENCES = ("auto", "cpu", "cuda", "mps")
_LABELS = {"cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU"}
_OUT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "alloc_failed",  # cuBLAS and cuFFT
)
_GPU_WORDS = ("cuda", "cudnn", "cublas", "cufft", "mps")
_TOLERANCE = 1e-2  # relative; GPUs may multiply with ten bits of mantissa (TF32: 1e-3)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """`name`: for torch ("cuda:0", "mps", "cpu"). `label`: for people. `reason`: why this one."""

    name: str
    label: str
    reason: str


def probe(preference: str = "auto") -> DeviceInfo:
    """Choose the device: the wanted one, or with "auto" the first GPU that passes its test.

    With "auto" the CPU is the fall-back and `reason` says what is wrong with the GPU.
    Raises `DeviceError(DEVICE_UNAVAILABLE)` with the fact `device` if another preference than
    "auto" cannot be met.
    """
    if preference == "cpu":
        return DeviceInfo("cpu", _LABELS["cpu"], "chosen in the settings")
    if preference not in PREFERENCES:
        raise _unavailable(preference, f"not one of {', '.join(PREFERENCES)}")
    import_torch()
    faults = []
    for kind in ("cuda", "mps") if preference == "auto" else (preference,):
        fault = _fault(kind)
        if fault is None:
            return DeviceInfo(_name(kind), _label(kind), f"{_LABELS[kind]} found, test passed")
        if fault:
            faults.append(fault)
    reason = "; ".join(faults) or "no GPU found"
    if preference != "auto":
        raise _unavailable(preference, reason)
    return DeviceInfo("cpu", _LABELS["cpu"], reason)


def translate(error: Exception, device: str) -> StemDeskError:
    """What torch raised while a network was loaded or ran, as an error for people: out of
    memory, the device lost, or a network that its file describes wrongly."""
    import torch

    detail = f"{type(error).__name__}: {str(error)[:500]}"
    text = str(error).lower()
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        words in text for words in _OUT_OF_MEMORY
    ):
        return DeviceError(ErrorCode.DEVICE_OUT_OF_MEMORY, detail, retryable=True, device=device)
    if device != "cpu" and any(word in text for word in _GPU_WORDS):
        return DeviceError(ErrorCode.DEVICE_UNAVAILABLE, detail, retryable=True, device=device)
    return ModelError(ErrorCode.MODEL_REFUSED, f"its network cannot run: {detail}")


def is_cuda(device: str) -> bool:
    """Whether a device has memory of its own, works while the processor does something else, and
    computes in half precision well."""
    return device.startswith("cuda")


def set_up(device: str) -> None:
    """Make a GPU compute float32 as float32: by default convolutions keep ten bits of mantissa
    (TF32) there."""
    import torch

    if is_cuda(device):
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False


def processor(device: str) -> str:
    """What computes, as far as it decides about the last bits: the processor's name and the
    instructions that torch uses of it, or the GPU's name."""
    import torch

    if device != "cpu":
        return label(device)
    return f"{_processor_name()}, {torch.backends.cpu.get_cpu_capability()}"


def label(device: str) -> str:
    """A device's name for people, also of one that was lost."""
    kind = device.partition(":")[0]
    try:
        return _label(kind)
    except (RuntimeError, AssertionError):
        return _LABELS[kind]


def watch_memory(device: str) -> None:
    """Begin to measure for `memory_of_one_pass`."""
    import torch

    if is_cuda(device):
        torch.cuda.reset_peak_memory_stats()


def memory_of_one_pass(device: str) -> tuple[int, int]:
    """Bytes that the passes since `watch_memory`, one segment each, took beside the weights, and
    bytes of the device's memory that are free beside that. Raises `DeviceError`."""
    import torch

    try:
        resting = torch.cuda.memory_allocated()
        peak = torch.cuda.max_memory_allocated()
        free, _ = torch.cuda.mem_get_info()
        return peak - resting, free + torch.cuda.memory_reserved() - peak
    except RuntimeError as error:
        raise translate(error, device) from error


def free_unused(device: str) -> None:
    """Give the memory back that torch keeps on a GPU for later, if the GPU is still there."""
    import torch

    try:
        if is_cuda(device):
            torch.cuda.empty_cache()
        elif device == "mps":
            torch.mps.empty_cache()
    except RuntimeError as error:  # after a launch failure, every call fails
        log.warning("the memory of %s was not freed: %s", device, error)


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # no Linux
        pass
    return platform.processor() or platform.machine()


def _fault(kind: str) -> str | None:
    """None if the GPU works, "" if there is none, else what is wrong with it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")  # torch warns when the driver is too old
        try:
            if not _is_there(kind):
                return "; ".join(str(warning.message)[:300] for warning in caught)
            wrong_by = _worst_error(_name(kind), with_fft=kind == "cuda")
        except Exception as error:  # whatever a driver comes up with: the CPU still works
            return f"{_LABELS[kind]} failed its test: {type(error).__name__}: {str(error)[:300]}"
    if not wrong_by <= _TOLERANCE:
        return f"{_LABELS[kind]} failed its test: its results are wrong by {wrong_by:.2g}"
    return None


def _is_there(kind: str) -> bool:
    import torch

    return torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()


def _name(kind: str) -> str:
    return "cuda:0" if kind == "cuda" else kind


def _label(kind: str) -> str:
    import torch

    return torch.cuda.get_device_name(0) if kind == "cuda" else _LABELS[kind]


def _worst_error(name: str, with_fft: bool) -> float:
    """Largest relative L2 difference between this device and the CPU in what networks do.

    `with_fft`: also Fourier transforms (demucs keeps them on the CPU for Apple's GPUs).
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(1, 4, 1024, generator=generator)
    kernel = torch.randn(8, 4, 8, generator=generator)
    square = torch.randn(64, 64, generator=generator)
    works: list[Callable[[torch.device], torch.Tensor]] = [
        lambda d: torch.nn.functional.conv1d(signal.to(d), kernel.to(d), stride=4),
        lambda d: square.to(d) @ square.to(d),
    ]
    if with_fft:
        works.append(lambda d: torch.view_as_real(torch.fft.rfft(signal.to(d))))
    errors = []
    with torch.inference_mode():
        for work in works:
            expected = work(torch.device("cpu"))
            difference = work(torch.device(name)).cpu() - expected
            errors.append(float(difference.norm() / expected.norm()))
    return max(errors)


def _unavailable(device: str, detail: str) -> DeviceError:
    return DeviceError(ErrorCode.DEVICE_UNAVAILABLE, detail, device=device)
