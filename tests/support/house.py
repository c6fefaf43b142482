"""The window with everything real: controller, database, pipeline, a small model, the player."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from stemdesk.audio.output import NullOutput, Pull
from stemdesk.audio.player import Player
from stemdesk.audio.ring import Ring
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
    silent after the first sound.

    They wait for a ring that is empty although more is due: that a busy machine is late is measured
    in tests/benchmarks/playback.py; here it would hide, or seem to be, a gap that the player makes.
    """

    PATIENCE_S = 10.0

    def __init__(self) -> None:
        self.loudest = 0.0
        self.gaps = 0
        self._never = threading.Event()
        self._ring: Callable[[], Ring]

    def open(self, samplerate: int, pull: Pull, _device: str = "") -> NullOutput:
        def listening(out: NDArray[np.float32]) -> None:
            end = time.monotonic() + self.PATIENCE_S
            while self._is_late(len(out)) and time.monotonic() < end:
                self._never.wait(0.002)
            pull(out)
            loud = float(np.abs(out).max())
            self.gaps += loud == 0.0 and self.loudest > 0
            self.loudest = max(self.loudest, loud)

        return NullOutput(samplerate, listening)

    def player(self) -> Player:
        """A player that is heard by this."""
        player = Player(self.open)
        self._ring = lambda: player._transport._ring
        return player

    def _is_late(self, frames: int) -> bool:
        ring = self._ring()
        return ring._due and ring._count < frames


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
        window = MainWindow(controller, self.ear.player, lambda: "")
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
