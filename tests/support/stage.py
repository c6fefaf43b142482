"""The window on a stage: with a fake controller and a fake player, in temporary folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.core.settings import Settings
from stemdesk.gui import theme
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.window import MainWindow
from support.fake_controller import FakeController
from support.fake_player import FakePlayer

FOUR = ("drums", "bass", "other", "vocals")
SIX = (*FOUR, "guitar", "piano")
MODELS = (ModelChoice("small", FOUR, 1_000_000), ModelChoice("six", SIX, 2_000_000))


def song_folder(folder: Path, stems: Sequence[str] = FOUR, seconds: float = 0.1) -> Path:
    """A finished song folder with short stems, each a steady tone of its own loudness."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = round(seconds * 8000)
    files = []
    for number, stem in enumerate(stems, start=1):
        wave = (0.1 * number * np.sin(np.arange(frames) * 0.3)).astype(np.float32)
        path = folder / f"{stem}.wav"
        soundfile.write(path, np.stack((wave, wave), axis=1), 8000, subtype="PCM_16")
        files.append({"stem": stem, "file": path.name, "bytes": path.stat().st_size})
    manifest = {
        "version": 1,
        "key": "key",
        "source": {"title": "", "artist": ""},
        "model": {"name": "small"},
        "frames": frames,
        "samplerate": 8000,
        "files": files,
        "notices": [],
    }
    (folder / "stemdesk.json").write_text(json.dumps(manifest))
    return folder


class Stage:
    """A shown window of 1280 by 800 pixels in the light scheme."""

    def __init__(
        self, qtbot: QtBot, root: Path, settings: Settings | None = None, models: bool = True
    ) -> None:
        self.qtbot = qtbot
        self.root = root
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.app = app
        if theme.is_dark() or not app.styleSheet():
            app.setStyle("Fusion")
            theme.apply(app, Qt.ColorScheme.Light)
        self.controller = FakeController(root, settings)
        self.players: list[FakePlayer] = []
        self.window = MainWindow(
            cast(Any, self.controller), cast(Any, self._new_player), lambda: ""
        )
        qtbot.addWidget(self.window, before_close_func=self._let_go)
        self.window.resize(1280, 800)
        self.window.show()
        with qtbot.waitActive(self.window):
            self.window.activateWindow()
        if models:
            self.controller.models_known.emit(MODELS)

    def _new_player(self) -> FakePlayer:
        self.players.append(FakePlayer())
        return self.players[-1]

    def _let_go(self, _: object) -> None:
        self.controller.busy = False
        self.controller.tasks.close(10_000)  # nothing is delivered to a window that is gone
        # It hangs in a circle with the window: the garbage collector would end it and its pools
        # in whatever thread that happens to run.
        self.controller.deleteLater()

    @property
    def player(self) -> FakePlayer:
        return self.players[-1]

    def done_song(self, name: str = "done", stems: Sequence[str] = FOUR, **changes: Any) -> Job:
        """A finished song with real files, in the list."""
        folder = song_folder(self.root / "out" / name, stems)
        values = {"frames": 800, "samplerate": 8000, **changes}
        return self.controller.add(f"{name}.mp3", state=JobState.DONE, output=folder, **values)

    def play_song(self, name: str = "done", stems: Sequence[str] = FOUR) -> Job:
        """A finished song that is selected, opened and drawn."""
        job = self.done_song(name, stems)
        self.window.library.view.select(job.id)
        page = self.window.song.stems
        self.qtbot.waitUntil(
            lambda: len(page.lanes) == len(stems) and all(lane.wave.layers for lane in page.lanes)
        )
        return job

    def dialog(self) -> Dialog:
        """The one dialog that is open."""
        open_ones = [item for item in self.window.findChildren(Dialog) if item.isVisible()]
        assert len(open_ones) == 1, open_ones
        return open_ones[0]

    def button(self, name: str) -> QPushButton:
        """A button of the open dialog, by its object name."""
        found = self.dialog().findChild(QPushButton, name)
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        self.button(name).click()

    def key(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        on: QWidget | None = None,
    ) -> None:
        QTest.keyClick(on or QApplication.focusWidget() or self.window, key, modifiers)


def file_mime(paths: Sequence[Path]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag(widget: QWidget, data: QMimeData) -> bool:
    """Data is dragged over a widget; whether it or one above it takes it."""
    enter = QDragEnterEvent(
        QPoint(20, 20),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, enter)
    return enter.isAccepted()


def drag_on(widget: QWidget, data: QMimeData) -> bool:
    move = QDragMoveEvent(
        QPoint(30, 30),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, move)
    return move.isAccepted()


def drop(widget: QWidget, data: QMimeData) -> bool:
    """The same data is let go there."""
    event = QDropEvent(
        QPointF(30, 30),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()
