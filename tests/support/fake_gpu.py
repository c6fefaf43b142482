"""The GPU pack's part of the controller for tests: remembers what was asked, says what it is told
to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from stemdesk.engine.gpu_pack import PackFile, Verdict, WantedPack
from stemdesk.engine.nvidia import NvidiaGpu
from stemdesk.gui.model_values import Download
from stemdesk.jobs.gpu_pack import PackStatus

WANTED = WantedPack(
    "2.13.0",
    (PackFile("torch-2.13.0.whl", "0" * 64, 2_532_581_382),),
    4_000_809_170,
    driver=580,
    capability=7.5,
)
GPU = NvidiaGpu("NVIDIA GeForce RTX 5060", "580.65.06", 12.0)
OFFERED = PackStatus(WANTED, GPU)
FETCHED = PackStatus(WANTED, GPU, kept_bytes=430_000_000, fetched_bytes=430_000_000)
UNTRIED = PackStatus(WANTED, GPU, whole=True, kept_bytes=4_000_809_170)
PASSED = PackStatus(WANTED, GPU, True, Verdict(True, GPU.name), kept_bytes=4_000_809_170)
FAILED = PackStatus(
    WANTED,
    GPU,
    True,
    Verdict(False, "The NVIDIA driver on your system is too old (found version 12020)."),
    kept_bytes=4_000_809_170,
)


class FakeGpu(QObject):
    """`calls`: what was asked. `status`, `download`, `removing`: what is told."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.calls: list[str] = []
        self.status: PackStatus | None = None
        self.download: Download | None = None
        self.removing = False

    def put(
        self, status: PackStatus | None, download: Download | None = None, removing: bool = False
    ) -> None:
        """Something is different now."""
        self.status, self.download, self.removing = status, download, removing
        self.changed.emit()

    def look(self) -> None:
        self.calls.append("look")

    def start(self) -> None:
        self.calls.append("start")

    def cancel(self) -> None:
        self.calls.append("cancel")

    def remove(self) -> None:
        self.calls.append("remove")
