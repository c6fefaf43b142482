"""What people read of the GPU pack where it cannot be had or used (`installers/GPU.md`)."""

from __future__ import annotations

from stemdesk.core.errors import ErrorCode

_E = ErrorCode
GPU_ERRORS: dict[ErrorCode, tuple[str, str]] = {
    _E.GPU_PACK_NOT_NEEDED: (
        "This StemDesk runs from source and takes the PyTorch that pip has installed.",
        "Install the PyTorch for your GPU with pip; pytorch.org says how.",
    ),
    _E.GPU_PACK_NONE: (
        "There is no GPU pack for this system ({system}).",
        "StemDesk computes on the processor.",
    ),
    _E.GPU_PACK_NO_GPU: (
        "There is no NVIDIA GPU here, or its driver is not installed.",
        "Install NVIDIA's driver and try again. Without one the GPU pack is of no use.",
    ),
    _E.GPU_PACK_OLD_DRIVER: (
        "NVIDIA's driver is too old: it is version {driver}, and the GPU pack needs {needed} or "
        "newer.",
        "Install a newer driver, restart the computer, and try again.",
    ),
    _E.GPU_PACK_OLD_GPU: (
        "The GPU ({gpu}) is too old for the GPU pack: its compute capability is {capability}, and "
        "{needed} or more is needed.",
        "StemDesk computes on the processor.",
    ),
    _E.GPU_PACK_NO_INDEX: (
        "StemDesk knows no safe place to get the GPU pack from ({index}).",
        "Set PIP_INDEX_URL to the address of a package index; it begins with https://",
    ),
    _E.GPU_PACK_NOT_LISTED: (
        "The package index {host} does not have {file}, which belongs to the GPU pack.",
        "Try again later. If it stays so, choose another package index (PIP_INDEX_URL), or look "
        "for a newer StemDesk.",
    ),
    _E.GPU_PACK_UNUSABLE: (
        "The GPU pack could not be put together from its files.",
        "Try again: what is wrong is fetched anew. If it happens twice, report it with the "
        "details.",
    ),
    _E.GPU_PACK_BUSY: (
        "The GPU pack is being fetched or tried by another StemDesk right now.",
        "Wait until it is done there, or stop it.",
    ),
}

_CHECK_INDEX = "Try again later. If it stays so, check the package index (PIP_INDEX_URL)."
# What to do where a download was one of the GPU pack, rather than of a model.
GPU_REMEDIES: dict[ErrorCode, str] = {
    _E.DOWNLOAD_OFFLINE: "Check the internet connection and try again: it goes on from where it "
    "stopped.",
    _E.DOWNLOAD_PROXY: "Check the proxy in the system's settings or in HTTPS_PROXY.",
    _E.DOWNLOAD_ADDRESS: _CHECK_INDEX,
    _E.DOWNLOAD_REDIRECTED: _CHECK_INDEX,
    _E.DOWNLOAD_REFUSED: _CHECK_INDEX,
    _E.DOWNLOAD_WRONG_SIZE: _CHECK_INDEX,
    _E.DOWNLOAD_WRONG_HASH: _CHECK_INDEX,
    _E.DISK_FULL: "Make room and try again: what is fetched is kept, and it goes on from there.",
}
TERMS = (
    "NVIDIA's terms count for CUDA and cuDNN (docs.nvidia.com/cuda/eula), the BSD licence for "
    "PyTorch. They are fetched from a package index, not from StemDesk."
)
