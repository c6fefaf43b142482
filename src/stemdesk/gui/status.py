"""The line at the bottom: what computes and why, the queue, the room on the disk, no sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from stemdesk.core.errors import free_bytes
from stemdesk.core.job import ACTIVE, JobState
from stemdesk.gui import gpu_words, labels, messages, settings_words
from stemdesk.gui.diagnostics import Heard
from stemdesk.gui.gpu_values import trouble
from stemdesk.gui.icons import set_icon
from stemdesk.gui.later import Later
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import DeviceLike
from stemdesk.gui.widgets import ElidedLabel, icon_button, muted

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_DISK_EVERY_MS = 10_000


class StatusLine(QFrame):
    """Follows the controller. `sound_reason`: why there is no sound, "" if there is; asked for
    once, away from the window's thread. `heard`: asked for what its tooltip says of the sound."""

    def __init__(
        self,
        controller: Controller,
        tasks: Tasks,
        sound_reason: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "status")
        self._controller = controller
        self._tasks = tasks
        self._sound_reason = sound_reason
        self._asked_disk: Path | None = None
        self._device: DeviceLike | None = None
        self.device = ElidedLabel(labels.LOOKING_FOR_GPU)
        self.device.setProperty("kind", "muted")
        self.queue, self.disk, self.sound = muted(), muted(), muted(labels.NO_SOUND)
        self._sound_icon = _icon("sound-off")
        self.diagnostics = icon_button(
            "info", settings_words.DIAGNOSTICS_TITLE, settings_words.DIAGNOSTICS_TIP, "muted"
        )
        self.diagnostics.setProperty("icon_px", 16)
        self.heard: Callable[[], Heard] = Heard
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 2, 10, 2)
        layout.setSpacing(6)
        layout.addWidget(_icon("device"))
        layout.addWidget(self.device, 1)
        for icon, label in (
            (self._sound_icon, self.sound),
            (_icon("list"), self.queue),
            (_icon("disk"), self.disk),
        ):
            layout.addSpacing(12)
            layout.addWidget(icon)
            layout.addWidget(label)
        layout.addSpacing(6)
        layout.addWidget(self.diagnostics)
        self.show_sound("")
        self._follow()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip:  # as it is now
            heard = self.heard()
            self.setToolTip(settings_words.sound_line(heard.output, heard.underruns))
        return super().event(event)

    def _follow(self) -> None:
        controller = self._controller
        controller.device_known.connect(self._know_device)
        controller.gpu.changed.connect(self._show_device)
        self._later = Later(self._count, self)
        for signal in (
            controller.jobs_reset,
            controller.jobs_added,
            controller.jobs_removed,
            controller.job_changed,
        ):
            signal.connect(self._changed)
        self._count()
        self._disk_timer = QTimer(self)
        self._disk_timer.setInterval(_DISK_EVERY_MS)
        self._disk_timer.timeout.connect(self.look_at_disk)

    def start(self) -> None:
        """Begin to look at the disk and for a sound device: after the window has shown."""
        self._disk_timer.start()
        self.look_at_disk()
        self._tasks.io(self._sound_reason, self._heard_of_sound)

    def look_at_disk(self) -> None:
        """One look at a time: a drive that hangs must not fill the pool with looks."""
        if self._asked_disk is None:
            folder = self._asked_disk = self._controller.folders.output
            self._tasks.io(lambda: free_bytes(folder), self._show_disk)

    def show_sound(self, reason: str) -> None:
        """Why nothing is heard; "" where there is sound."""
        self.sound.setVisible(bool(reason))
        self.sound.setToolTip(reason)
        self._sound_icon.setVisible(bool(reason))

    def _heard_of_sound(self, outcome: Outcome[str]) -> None:
        if outcome.value is not None:
            self.show_sound(outcome.value)

    def _changed(self) -> None:
        self._later.ask()

    def _count(self) -> None:
        jobs = self._controller.jobs
        waiting = sum(job.state in (JobState.QUEUED, JobState.WAITING) for job in jobs)
        fetching = sum(job.state is JobState.DOWNLOADING for job in jobs)
        running = any(job.state in ACTIVE - {JobState.DOWNLOADING} for job in jobs)
        self.queue.setText(messages.queue_text(waiting, running, fetching))

    def _know_device(self, device: DeviceLike) -> None:
        self._device = device
        self._show_device()
        if self._misses_gpu(device):
            self._controller.gpu.look()

    def _misses_gpu(self, device: DeviceLike) -> bool:
        """Whether the processor computes though nobody has chosen it: a GPU may wait for its
        pack."""
        return device.name == "cpu" and self._controller.settings.device == "auto"

    def _show_device(self) -> None:
        device, status = self._device, self._controller.gpu.status
        if device is None:
            return
        reason = device.reason
        if status is not None and self._misses_gpu(device):
            reason = gpu_words.strip_text(status, trouble(status)) or reason
        self.device.setText(messages.device_text(device.label, reason))

    def _show_disk(self, outcome: Outcome[int]) -> None:
        folder, self._asked_disk = self._asked_disk, None
        if folder != self._controller.folders.output:  # chosen meanwhile
            self.look_at_disk()
        elif outcome.value is not None:
            self.disk.setText(messages.disk_text(outcome.value))
            self.disk.setToolTip(str(folder))


def _icon(name: str) -> QLabel:
    label = QLabel()
    label.setProperty("icon_px", 16)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    set_icon(label, name, "muted")
    return label
