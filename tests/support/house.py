"""The window with everything real: controller, database, pipeline, a small model, the player."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from stemdesk.audio.output import NullOutput, Pull
from stemdesk.audio.player import Player
from stemdesk.core.settings import Settings
from stemdesk.gui.controller import Controller
from stemdesk.gui.values import Surroundings
from stemdesk.gui.window import MainWindow
from support.desk import Desk
from support.media import bursts, make
from support.models import SAMPLERATE, install_small

LONG_MS = 60_000


class Ear:
    """Makes outputs that nobody hears, and knows how loud they were, and how many blocks were
    silent after the first sound."""

    def __init__(self) -> None:
        self.loudest = 0.0
        self.gaps = 0

    def open(self, samplerate: int, pull: Pull, _device: str = "") -> NullOutput:
        def listening(out: NDArray[np.float32]) -> None:
            pull(out)
            loud = float(np.abs(out).max())
            self.gaps += loud == 0.0 and self.loudest > 0
            self.loudest = max(self.loudest, loud)

        return NullOutput(samplerate, listening)


class House:
    """Windows with their controllers, one after the other, on the same folders."""

    def __init__(self, desk: Desk, qtbot: QtBot) -> None:
        self.desk = desk
        self.qtbot = qtbot
        self.ear = Ear()
        self._controllers: list[Controller] = []
        # Held until the test is over: the garbage collector would end them in any thread.
        self._held: list[tuple[Controller, MainWindow]] = []
        install_small(desk.folders.models, "small")

    def open(self) -> tuple[Controller, MainWindow]:
        around = Surroundings(poll_ms=20, retry_ms=20)
        controller = Controller(self.desk.folders, Settings(device="cpu"), surroundings=around)
        self._controllers.append(controller)
        window = MainWindow(controller, lambda: Player(self.ear.open), lambda: "")
        self._held.append((controller, window))
        self.qtbot.addWidget(window, before_close_func=lambda _: self._end())
        window.resize(1280, 800)
        window.show()
        self.qtbot.waitExposed(window)
        with self.qtbot.waitSignal(controller.models_known, timeout=LONG_MS):
            controller.start()
        return controller, window

    def close(self) -> None:
        """End the controller as the app does when its window has closed."""
        while self._controllers:
            assert self._controllers.pop().close(30_000)

    def _end(self) -> None:
        self.close()
        for controller, _ in self._held:
            controller.deleteLater()

    def song(self, name: str, seconds: float) -> Path:
        samples = bursts(round(seconds * SAMPLERATE), SAMPLERATE, seed=7)
        return make(self.desk.root / name, "wav-f32", samples, SAMPLERATE)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=LONG_MS)
