"""Tells that there is a newer StemDesk, if the person wants that to be looked for. It installs
nothing; that it could not be looked for is a line in the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from stemdesk import __version__
from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
from stemdesk.gui import app_words
from stemdesk.gui.outside import show_page
from stemdesk.gui.tasks import Outcome, ignore
from stemdesk.log import log

if TYPE_CHECKING:
    from stemdesk.fetch.releases import Known, Release
    from stemdesk.gui.banner import Banner
    from stemdesk.gui.controller import Controller

Look = Callable[[Path, float, CancelToken], "Known"]
_EVERY_MS = 3600 * 1000  # whether a day has passed


def look(data: Path, now_s: float, cancel: CancelToken) -> Known:
    """What is known of newer versions, after asking if that is due (`fetch.releases`)."""
    from stemdesk.fetch.releases import look_for_release

    return look_for_release(data, now_s, cancel)


class Updates(QObject):
    """Lives in the GUI thread; asks in the net pool."""

    def __init__(
        self,
        controller: Controller,
        banner: Banner,
        look: Look = look,
        version: str = __version__,
        every_ms: int = _EVERY_MS,
    ) -> None:
        super().__init__(banner)
        self._controller = controller
        self._banner = banner
        self._ask = look
        self._version = version
        self._cancel: CancelToken | None = None
        self._told = ""  # once is enough
        self._timer = QTimer(self, interval=every_ms)
        self._timer.timeout.connect(self.look)

    def look(self) -> None:
        """Look for a newer version, if that is wanted and due; again and again from now on."""
        if not self._controller.settings.check_updates:
            self.stop()
            self._banner.hide()
            self._told = ""
            return
        self._timer.start()
        if self._cancel is not None:
            return
        ask, data, cancel = self._ask, self._controller.folders.data, CancelToken()
        self._cancel = cancel
        self._controller.tasks.net(lambda _: ask(data, time.time(), cancel), self._looked)

    def stop(self) -> None:
        """At the app's end, and when it is not wanted any more."""
        self._timer.stop()
        if self._cancel is not None:
            self._cancel.cancel()

    def _looked(self, outcome: Outcome[Known]) -> None:
        self._cancel = None
        if outcome.error is not None:
            if not isinstance(outcome.error, Cancelled):
                log.info("updates could not be looked for: %s", outcome.error)
            elif self._timer.isActive():  # it is wanted again already
                self.look()
            return
        found = outcome.value.newer_than(self._version) if outcome.value is not None else None
        if found is not None and self._controller.settings.check_updates:
            self._tell(found)

    def _tell(self, found: Release) -> None:
        if found.version == self._told:
            return
        self._told = found.version
        actions = (
            (app_words.OPEN_PAGE, lambda: self._open(found)),
            (app_words.NOT_THIS_VERSION, lambda: self._pass_over(found)),
        )
        self._banner.say(app_words.update_text(found.version), actions)

    def _open(self, found: Release) -> None:
        show_page(found.page)

    def _pass_over(self, found: Release) -> None:
        self._banner.hide()
        data = self._controller.folders.data

        def work() -> None:
            from stemdesk.fetch.releases import pass_over

            pass_over(data, found.version)

        self._controller.tasks.io(work, ignore)
