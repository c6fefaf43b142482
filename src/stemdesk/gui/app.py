"""Composition root of the window: everything is made and connected here, by hand."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from PySide6.QtCore import QDeadlineTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from stemdesk import __version__, log
from stemdesk.core.errors import StemDeskError
from stemdesk.core.files import exists
from stemdesk.core.settings import load_settings
from stemdesk.gui import settings_words, theme
from stemdesk.gui.collector import Collector
from stemdesk.gui.controller import Controller
from stemdesk.gui.crash_notice import CrashNotice
from stemdesk.gui.delete_everything import delete_everything, delete_locks
from stemdesk.gui.desktop_notes import notes
from stemdesk.gui.given import Given, given_by_url
from stemdesk.gui.instance import TOKEN, Instance, Start, claim_or_hand_over
from stemdesk.gui.notifier import Notifier
from stemdesk.gui.reports import NO_ANSWER, error_message
from stemdesk.gui.run_notes import RunNotes
from stemdesk.gui.runner import load_pipeline
from stemdesk.gui.stay_awake import StayAwake
from stemdesk.gui.updates import Updates
from stemdesk.gui.wake import Wake
from stemdesk.gui.window import MainWindow, why_no_sound
from stemdesk.paths import Folders, folders

NAME = "StemDesk"
DESKTOP_FILE = "io.github.stemdesk.StemDesk"
# For all threads together, after the running job had up to 1 s (Surroundings.stop_ms): below 2 s
# in all.
_CLOSE_MS = 700
_PAINT_S = 30.0
_PAINT_MS = 1000  # a window that starts minimised is never painted


class Application(QApplication):
    """Also takes the files and links that macOS opens with the app, or that are dropped on its
    icon."""

    opened = Signal(object)  # Given

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            given = given_by_url(event.url())
            if given:
                self.opened.emit(given)
            return True
        return super().event(event)


class FirstPaint(QObject):
    """Calls `then` once, when the window has been painted for the first time, or `latest_ms`
    from now."""

    def __init__(
        self, window: QWidget, then: Callable[[], None], latest_ms: int = _PAINT_MS
    ) -> None:
        super().__init__(window)
        self._window = window
        self._then: Callable[[], None] | None = then
        window.installEventFilter(self)
        # Counted from the event loop's first turn: a slow start is no reason to begin early.
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(latest_ms, self, self._call))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self, self._call)
        return False

    def _call(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()


def run(given: Given, arguments: Sequence[str] = ()) -> int:
    """Show the window, or hand what is `given` to the one that is there; returns the exit code.

    `arguments`: Qt's own, such as `--platform offscreen`.
    """
    app = make_application(arguments)
    where = folders()
    try:
        instance = Instance(where.data)
        start = claim_or_hand_over(instance, where.data, given)
    except StemDeskError as error:
        return _refuse(error_message(error).text)
    if start is not Start.FIRST:
        return 0 if start is Start.HANDED_OVER else _refuse(NO_ANSWER)
    theme.install(app)
    Collector(app)  # before there are other threads
    controller = Controller(where, load_settings(where.settings_file))
    controller.load_libraries()
    painted = threading.Event()

    def sound_reason() -> str:
        painted.wait(_PAINT_S)  # PortAudio's start would hold the first paint up
        return why_no_sound()

    window = MainWindow(controller, sound_reason=sound_reason)
    window.pages.settings_changed.connect(StayAwake(controller).look)
    RunNotes(controller)
    Notifier(controller, window, notes(controller.tasks, window, lambda: bring_to_front(window)))
    crash_notice = CrashNotice(where.logs, controller.tasks, window.banners.crash)
    updates = Updates(controller, window.banners.update_ready)
    window.pages.settings_changed.connect(updates.look)
    app.aboutToQuit.connect(updates.stop)
    connect(app, instance, controller, window)

    def begin() -> None:
        painted.set()
        # Not here: importing NumPy and what else jobs need takes a tenth of a second.
        controller.tasks.io(load_pipeline, lambda _: controller.start())
        window.adds.take(given)
        crash_notice.look()
        updates.look()

    FirstPaint(window, begin)
    window.show()
    exit_code = app.exec()
    return _end(controller, instance, window, exit_code)


def make_application(arguments: Sequence[str]) -> Application:
    """Qt's application object, with the names that desktops look for."""
    app = Application([NAME, *arguments])
    forget_own_plugins()
    app.setOrganizationName(NAME)
    app.setApplicationName(NAME)
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(DESKTOP_FILE)
    return app


def forget_own_plugins() -> None:
    """In the frozen app, PyInstaller tells Qt by the environment where our plug-ins are. Qt has
    read it by now; a file manager that we start is Qt, too, and must not load them."""
    if getattr(sys, "frozen", False):
        for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
            os.environ.pop(name, None)


def connect(
    app: Application, instance: Instance, controller: Controller, window: MainWindow
) -> None:
    """Files and links from outside go to the window; Ctrl+C and a system's "please end" stop it."""

    def take(given: Given, token: str = "") -> None:
        window.adds.take(given)
        bring_to_front(window, token)

    def end() -> None:
        instance.end_listening()
        controller.stop_now()

    def stop(_number: int, _frame: FrameType | None) -> None:
        controller.stopped.connect(app.quit)
        QTimer.singleShot(0, end)

    instance.handed_over.connect(take)
    window.ends.connect(instance.end_listening)
    app.opened.connect(take)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    Wake(app)


def bring_to_front(window: QWidget, token: str = "") -> None:
    """Show the window above the others, out of the dock if need be. `token`: what Wayland desktops
    want for that; Qt takes it from the environment."""
    if token:
        os.environ[TOKEN] = token
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    os.environ.pop(TOKEN, None)


def _end(controller: Controller, instance: Instance, window: MainWindow, exit_code: int) -> int:
    deadline = QDeadlineTimer(_CLOSE_MS)
    ended = window.playback.shut(deadline.remainingTime() / 1000)
    ended = controller.close(max(0, deadline.remainingTime())) and ended
    delete = window.pages.delete_at_end
    if delete is not None:
        _delete(controller.folders, delete)
    instance.close()  # not before: no other window opens while all is deleted
    if delete is not None:
        delete_locks(controller.folders)
    log.end()
    if not ended:  # a thread is deep inside of a library and would be waited for
        log.log.info("ended without waiting for a task")
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(exit_code)
    return exit_code


def _delete(where: Folders, models: bool) -> None:
    """All is written and let go: now it can be deleted."""
    left = delete_everything(where, models)
    if left:
        from stemdesk.engine.gpu_pack import LEAVING

        leaves = exists(where.gpu_packs / LEAVING)  # not if another StemDesk fetches it just now
        _say(settings_words.left_text(tuple(map(str, left)), leaves))


def _refuse(text: str) -> int:
    """Say why there is no window; 1."""
    _say(text)
    return 1


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr)
    if QApplication.platformName() not in ("offscreen", "minimal"):
        QMessageBox.critical(None, NAME, text)
