"""What the window says of the GPU pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemdesk.core.gpu_sentences import TERMS
from stemdesk.core.sentences import format_bytes, format_duration, printable
from stemdesk.gui.model_values import Download, Phase

if TYPE_CHECKING:
    from stemdesk.jobs.gpu_pack import PackStatus

LABEL = "GPU pack"
PROGRESS_NAME = "Progress of the GPU pack"
GET, GO_ON, TRY_IT, TRY_AGAIN, KEEP = "Get it", "Go on", "Try it", "Try again", "Keep it"
CANCEL, REMOVE, LOOK_AGAIN = "Cancel", "Remove", "Look again"
BEGINNING = "It begins…"
REMOVING = "Removing…"
NOTE = TERMS


def for_pack(verb: str) -> str:
    """The button `verb` for people who hear it and do not see where it stands."""
    return f"{verb}: GPU pack"


def offer_text(status: PackStatus) -> str:
    """What it is, and what it costs."""
    wanted = status.wanted
    if wanted is None:
        return "There is no GPU pack for this system any more."
    size, room = format_bytes(wanted.fetch_bytes), format_bytes(wanted.unpacked_bytes)
    return (
        f"{_gpu(status)} is in this computer, and StemDesk computes on the processor. The GPU pack "
        f"lets it compute on the GPU: PyTorch {wanted.torch} with NVIDIA's CUDA, {size} to "
        f"fetch, {room} on the disk."
    )


def trouble_text(status: PackStatus, trouble: str) -> str:
    if status.gpu is None:  # taken out, while there is something of a pack
        return trouble
    return f"{_gpu(status)} is in this computer, but StemDesk cannot use it. {trouble}"


def _gpu(status: PackStatus) -> str:
    name = "" if status.gpu is None else printable(status.gpu.name)
    return f"An NVIDIA GPU ({name})" if name else "An NVIDIA GPU"


def strip_text(status: PackStatus, trouble: str) -> str:
    """Why the processor computes although there is a GPU, for the status line; "" if nothing is to
    be said. `trouble`: why the pack cannot work with this GPU."""
    if status.gpu is None or status.wanted is None or status.in_use or status.leaving:
        return ""
    name = printable(status.gpu.name) or "an NVIDIA GPU"
    if status.whole and status.verdict is not None:
        if status.verdict.passed:
            return f"{name} is used from the next start on"
        return f"the GPU pack does not work on {name}"
    if trouble:
        return f"{name} cannot be used, see Settings"
    return f"{name} needs the GPU pack, see Settings"


def fetched_text(status: PackStatus) -> str:
    """What an earlier try has left."""
    wanted = status.wanted
    total = 0 if wanted is None else wanted.fetch_bytes
    return (
        f"{format_bytes(status.fetched_bytes)} of {format_bytes(total)} are fetched. "
        f"“{GO_ON}” goes on from there."
    )


def there_text(status: PackStatus) -> str:
    """What is unpacked, and whether it is used."""
    if status.leaving:
        return "The GPU pack is in use, and is removed at the next start of StemDesk."
    size, verdict = format_bytes(status.kept_bytes), status.verdict
    if verdict is None:
        return f"The GPU pack is there ({size}) and was not tried yet. It is used when it works."
    said = printable(verdict.said)
    if not verdict.passed:
        return f"The GPU pack ({size}) does not work here and is not used: {said}"
    if status.in_use:
        return f"The GPU pack ({size}) is in use: StemDesk can compute on {said}."
    return f"The GPU pack works on {said} ({size}). It is used from the next start on."


def running_text(download: Download) -> str:
    """`Fetching 430 MB of 2.5 GB, 5.1 MB/s, 6:40 left`."""
    from stemdesk.jobs.gpu_pack import TRYING, UNPACKING

    transfer = download.transfer
    if download.phase is Phase.STOPPING:
        return "Stopping…"
    if transfer is None:
        return BEGINNING
    if transfer.name == TRYING:
        return "Trying it on the GPU… The first time may take a few minutes."
    if transfer.name == UNPACKING:
        return f"Unpacking {int(transfer.fraction * 100 + 1e-6)} %"
    parts = [
        f"Fetching {format_bytes(transfer.done_bytes)} of {format_bytes(transfer.total_bytes)}"
    ]
    if transfer.bytes_per_s:
        parts.append(f"{format_bytes(transfer.bytes_per_s)}/s")
    if transfer.left_s is not None and transfer.fraction < 1:
        parts.append(f"{format_duration(transfer.left_s)} left")
    return ", ".join(parts)


def is_measured(download: Download) -> bool:
    """Whether it is known how far it is; not while it begins, nor while it is tried."""
    return download.transfer is not None and download.transfer.total_bytes > 0


def ended_text(passed: bool, said: str) -> str:
    if passed:
        return f"The GPU pack works on {printable(said)}. It is used from the next start on."
    return f"The GPU pack does not work here and is not used: {printable(said)}"


def removed_text(gone: bool) -> str:
    if gone:
        return "The GPU pack is removed."
    return "The GPU pack is in use. It is removed at the next start of StemDesk."
