"""Who is asked about the GPU pack; tests put in their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport

if TYPE_CHECKING:
    from stemdesk.engine.gpu_pack import Verdict
    from stemdesk.jobs.gpu_pack import PackStatus


def look(data: Path) -> PackStatus | None:
    """What there is of it; None where this StemDesk uses none. Slow: not for the window's
    thread."""
    from stemdesk.jobs.gpu_pack import look

    return look(data)


def is_to_be_tried(data: Path) -> bool:
    """Whether it was used until StemDesk was updated. Slow, too."""
    from stemdesk.jobs.gpu_pack import is_to_be_tried

    return is_to_be_tried(data)


def install(data: Path, report: TransferReport, cancel: CancelToken) -> Verdict:
    """Fetch it and try it. Raises `StemDeskError`, `Cancelled`."""
    from stemdesk.jobs.gpu_pack import install_pack

    return install_pack(data, report, cancel)


def remove(data: Path) -> bool:
    """Delete it; False: at the next start. Raises `StemDeskError`."""
    from stemdesk.jobs.gpu_removal import remove_pack

    return remove_pack(data)


def trouble(status: PackStatus) -> str:
    """Why the pack cannot work with this GPU; "" if it may."""
    from stemdesk.core.sentences import say
    from stemdesk.jobs.gpu_pack import gpu_trouble

    found = None if status.wanted is None else gpu_trouble(status.wanted, status.gpu)
    return "" if found is None else " ".join(say(found.code, None, found.facts))


@dataclass(frozen=True, slots=True)
class GpuServices:
    look: Callable[[Path], PackStatus | None] = look
    install: Callable[[Path, TransferReport, CancelToken], Verdict] = install
    remove: Callable[[Path], bool] = remove
    is_to_be_tried: Callable[[Path], bool] = is_to_be_tried
