"""The GPU pack in the settings: a computer with an NVIDIA GPU, as far as the window sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from screens.studio import Studio
from stemdesk.core.declared import Section
from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.engine.gpu_pack import Verdict
from stemdesk.engine.nvidia import NvidiaGpu
from stemdesk.gui.gpu_values import GpuServices
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.jobs.gpu_pack import TRYING, UNPACKING, PackStatus
from stemdesk.jobs.gpu_wheels import FETCHING
from support.fake_gpu import FAILED, FETCHED, GPU, OFFERED, PASSED

STEPS = {
    "fetching": Transfer(FETCHING, 430_000_000, 2_532_581_382, 5.3e6, 396.0),
    "unpacking": Transfer(UNPACKING, 1_700_000_000, 4_000_809_170, 9e7, 25.0),
    "trying": Transfer(TRYING, 0, 0),
}
RESTING: dict[str, PackStatus] = {
    "offered": OFFERED,
    "old-driver": replace(OFFERED, gpu=NvidiaGpu(GPU.name, "535.183.01", 12.0)),
    "stopped": FETCHED,
    "passed": PASSED,
    "used": replace(PASSED, in_use=True),
    "failed": FAILED,
    "leaving": replace(PASSED, leaving=True),
}


class Script:
    """What there is, and a way of it that stands still where it is to be looked at."""

    def __init__(self) -> None:
        self.status = OFFERED
        self.step: Transfer | None = None

    def services(self) -> GpuServices:
        return GpuServices(lambda _: self.status, self._install, lambda _: True)

    def _install(self, _: Path, report: TransferReport, cancel: CancelToken) -> Verdict:
        if self.step is None:
            raise FetchError(
                ErrorCode.DOWNLOAD_BROKEN,
                host="packages.example",
                done_bytes=120_000_000,
                total_bytes=423_138_758,
                gpu_pack="2.13.0",
            )
        report(self.step)
        while True:
            cancel.wait(0.05)


def take_gpu_pack(
    studio: Studio,
    script: Script,
    sizes: tuple[QSize, ...],
    both: Callable[[str, QWidget], None],
) -> None:
    """Each state, in its section."""
    desk = studio.controller.gpu
    for size in sizes:
        studio.resize(size)
        with studio.dialog(lambda: studio.window.pages.show_settings(Section.SPLITTING)) as dialog:
            assert isinstance(dialog, SettingsDialog)
            box = dialog.gpu
            assert box is not None
            for name, status in RESTING.items():
                script.status = status
                desk.look()
                studio.wait_for(lambda wanted=status: desk.status == wanted)  # type: ignore[misc] # mypy knows no type of a default
                studio.rest(100)
                both(f"gpu-{name}-{size.width()}", dialog)
            script.status = OFFERED
            for name, step in STEPS.items():
                script.step = step
                desk.start()
                studio.wait_for(
                    lambda: desk.download is not None and desk.download.transfer is not None
                )
                studio.rest(100)
                both(f"gpu-{name}-{size.width()}", dialog)
                desk.cancel()
                studio.wait_for(lambda: desk.download is not None and not desk.download.running)
            script.step = None
            script.status = FETCHED
            desk.start()
            studio.wait_for(lambda: desk.download is not None and bool(desk.download.error))
            desk.look()
            studio.rest(200)
            both(f"gpu-broken-{size.width()}", dialog)
            script.status = OFFERED
            desk.remove()  # and what was said of it
            studio.wait_for(lambda: desk.download is None)
