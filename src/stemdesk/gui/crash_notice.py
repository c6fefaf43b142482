"""Tells at the start that StemDesk crashed last time, and offers a report to copy."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from stemdesk import __version__, crash
from stemdesk.core import project
from stemdesk.core.redact import redact
from stemdesk.gui import app_words, settings_words
from stemdesk.gui.banner import Banner
from stemdesk.gui.outside import show_page
from stemdesk.gui.tasks import Outcome, Tasks, ignore

_COPIED_S = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    """`ended`: whether StemDesk crashed; False if something went wrong and it went on."""

    text: str
    ended: bool


class CrashNotice(QObject):
    """Asks in the io pool. It is offered at every start until it was copied or dismissed."""

    def __init__(self, logs: Path, tasks: Tasks, banner: Banner) -> None:
        super().__init__(banner)
        self._path = crash.crash_path(logs, "window")
        self._tasks = tasks
        self._banner = banner
        self._text = ""
        banner.cross.clicked.connect(self._put_away)

    def look(self) -> None:
        """Show the banner if there is something to tell."""
        path = self._path
        self._tasks.io(lambda: report(path), self._looked)

    def _looked(self, outcome: Outcome[Report | None]) -> None:
        found = outcome.value
        if found is None:
            return
        self._text = found.text
        said = app_words.ENDED if found.ended else app_words.WENT_WRONG
        actions = ((app_words.COPY_REPORT, self._copy), (app_words.DISMISS, self._dismiss))
        self._banner.say(said, actions)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self._put_away()
        action = (app_words.REPORT_PAGE, self._open_page)
        self._banner.say(app_words.CRASH_COPIED, (action,), _COPIED_S)

    def _open_page(self) -> None:
        show_page(project.ISSUES)

    def _dismiss(self) -> None:
        self._banner.hide()
        self._put_away()

    def _put_away(self) -> None:
        path = self._path
        self._tasks.io(lambda: crash.put_away(path), ignore)


def report(path: Path) -> Report | None:
    """What the last time's crash log (`crash.last_time`) and the log beside it say, for others to
    read: it names neither the user nor the home folder. Reads files: not for the window's
    thread."""
    last = crash.last_time(path)
    if last is None:
        return None
    from stemdesk.jobs.health import log_tail
    from stemdesk.jobs.versions import package_versions, system_name

    log = log_tail(path.with_name("window.log"))
    lines = [
        app_words.crash_headline(last.ended, __version__),
        f"Python {platform.python_version()}, {system_name()}",
        ", ".join(f"{name} {version}" for name, version in package_versions().items()),
        "",
        last.text,
        "",
        settings_words.LOG_HEAD if log else settings_words.NO_LOG,
        log,
    ]
    return Report(redact("\n".join(lines)), last.ended)
