import warnings

import pytest
import torch

from stemdesk.core.errors import DeviceError, ErrorCode, ModelError
from stemdesk.engine import devices
from stemdesk.engine.devices import probe, translate


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU, whatever runs the tests."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def pretend(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A GPU that is there; its computing is left to the CPU."""
    where = torch.cuda if kind == "cuda" else torch.backends.mps
    monkeypatch.setattr(where, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA Test 1")
    monkeypatch.setattr(devices, "_name", lambda kind: "cpu")


def test_without_a_gpu_the_cpu_computes() -> None:
    device = probe()
    assert (device.name, device.label, device.reason) == ("cpu", "CPU", "no GPU found")


def test_the_cpu_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "cuda")
    assert probe("cpu").name == "cpu"


@pytest.mark.parametrize(("kind", "label"), [("cuda", "NVIDIA Test 1"), ("mps", "Apple GPU")])
@pytest.mark.parametrize("preference", ["auto", None])
def test_a_gpu_that_passes_its_test_is_taken(
    monkeypatch: pytest.MonkeyPatch, kind: str, label: str, preference: str | None
) -> None:
    pretend(monkeypatch, kind)
    device = probe(preference or kind)
    assert device.label == label
    assert "test passed" in device.reason


def test_names_are_torchs() -> None:
    assert [devices._name(kind) for kind in ("cuda", "mps")] == ["cuda:0", "mps"]


def test_a_gpu_whose_kernels_fail_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices, "_name", lambda kind: "meta")  # has no values to give back
    device = probe()
    assert device.name == "cpu"
    assert "NVIDIA GPU failed its test: " in device.reason


def test_a_gpu_that_computes_nonsense_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "cuda")
    monkeypatch.setattr(devices, "_worst_error", lambda name, with_fft: float("nan"))
    assert "wrong by nan" in probe().reason


def test_torchs_warning_about_the_driver_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_available() -> bool:
        warnings.warn("The NVIDIA driver on your system is too old", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    assert probe().reason == "The NVIDIA driver on your system is too old"


@pytest.mark.parametrize("preference", ["cuda", "mps", "toaster"])
def test_a_wanted_device_that_is_not_there_is_an_error(preference: str) -> None:
    with pytest.raises(DeviceError) as caught:
        probe(preference)
    assert caught.value.code is ErrorCode.DEVICE_UNAVAILABLE
    assert caught.value.facts == {"device": preference}


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuFFT error: CUFFT_ALLOC_FAILED"),
        MemoryError(),
    ],
)
def test_out_of_memory_can_be_tried_again(error: Exception) -> None:
    told = translate(error, "cuda:0")
    assert told.code is ErrorCode.DEVICE_OUT_OF_MEMORY
    assert told.retryable


def test_a_lost_gpu_is_unavailable() -> None:
    told = translate(RuntimeError("CUDA error: unspecified launch failure"), "cuda:0")
    assert (told.code, told.facts) == (ErrorCode.DEVICE_UNAVAILABLE, {"device": "cuda:0"})


def test_a_lost_gpu_frees_nothing_and_has_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise RuntimeError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lost)
    devices.free_unused("cuda:0")
    with pytest.raises(DeviceError) as caught:
        devices.memory_of_one_pass("cuda:0")
    assert caught.value.code is ErrorCode.DEVICE_UNAVAILABLE


def test_a_network_that_cannot_run_is_the_models_fault() -> None:
    told = translate(ValueError("Expected more than 1 value"), "cpu")
    assert isinstance(told, ModelError)
    assert "Expected more than 1 value" in told.detail
