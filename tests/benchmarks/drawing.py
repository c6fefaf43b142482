"""How many frames a second the waveforms are drawn with: six lanes, ruler and overview of an hour.

    python tests/benchmarks/drawing.py [--seconds 3] [--busy] [--scale 2] [--minutes 60]

Real widgets, 1280 by 800, on the display that is there, else on a virtual one; the pyramids are
made of numbers. A frame is the time from a change of the view until all of it is painted; beside
it, the processor time of the window's thread (on a busy machine the truer number). `--busy`: a
thread of the same process does all the while what a network's layers do (Python between large
products of numpy). Goals: at least 50 frames a second idle, 25 busy.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).parents[2] / "src")]

import numpy as np
from real_window import screen

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid

RATE = 44100
STEMS = ("vocals", "drums", "bass", "other", "guitar", "piano")
MINUTE = 60 * RATE


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=3.0)
    options.add_argument("--minutes", type=int, default=60)
    options.add_argument("--scale", type=float, default=1.0)
    options.add_argument("--busy", action="store_true")
    arguments = options.parse_args()
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)
    with screen() as name:
        print(f"drawing on {name}, scale {arguments.scale:g}, busy: {arguments.busy}")
        with busy() if arguments.busy else idle():
            _measure(arguments.minutes, arguments.seconds)


@contextmanager
def idle() -> Iterator[None]:
    yield


@contextmanager
def busy() -> Iterator[None]:
    """Large products in numpy, and some Python between them, as a network's layers are."""
    over = threading.Event()

    def work() -> None:
        rng = np.random.default_rng(1)
        one = rng.standard_normal((384, 384)).astype(np.float32)
        while not over.is_set():
            for _ in range(20):
                np.tanh(one @ one)
            sum(n * n for n in range(20_000))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _measure(minutes: int, seconds: float) -> None:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

    from stemdesk.audio.peaks import Pyramid
    from stemdesk.gui import theme
    from stemdesk.gui.overview import Overview
    from stemdesk.gui.ruler import Ruler
    from stemdesk.gui.shapes import common_scale
    from stemdesk.gui.time_view import TimeView
    from stemdesk.gui.waveform import Layer, Waveform

    painted = 0

    class Counting(Waveform):
        def paintEvent(self, event: QPaintEvent) -> None:
            nonlocal painted
            super().paintEvent(event)
            painted += 1

    app = QApplication([])
    theme.install(app)
    pyramids = {name: Pyramid(RATE, minutes * MINUTE) for name in (*STEMS, "original")}
    for number, pyramid in enumerate(pyramids.values()):
        _fill(pyramid, minutes, number)
    memory = sum(pyramid.nbytes for pyramid in pyramids.values())
    print(f"pyramids of {minutes} minutes, six stems and original: {memory / 1e6:.0f} MB")

    view, page = TimeView(), QWidget()
    view.set_length(minutes * 60.0)
    layout = QVBoxLayout(page)
    overview = Overview("Overview", "", view)
    layout.addWidget(overview, 1)
    layout.addWidget(Ruler(view))
    scale = common_scale(pyramids[name] for name in STEMS)
    waves = [Counting(name, "", False, view) for name in STEMS]
    half = [(0.0, minutes * 30.0)]
    layers = [Layer(theme.wave_colour(name), pyramids[name], scale) for name in STEMS]
    for wave, layer in zip(waves, layers, strict=True):
        layout.addWidget(wave, 2)
        wave.set_layers([layer])
        wave.set_finished(half, pyramids["original"])
    overview.set_original(pyramids["original"])
    overview.set_layers(layers)
    overview.set_finished(half)
    page.resize(1280, 800)
    page.show()

    def frame(change: Callable[[], None]) -> float:
        before = painted
        begin = time.perf_counter()
        change()
        while painted - before < len(STEMS):
            app.processEvents()
        return time.perf_counter() - begin

    def run(what: str, change: Callable[[int], None]) -> None:
        times: list[float] = []
        end, cpu = time.perf_counter() + seconds, time.thread_time()
        while time.perf_counter() < end:
            times.append(frame(lambda: change(len(times))))
        _print(what, times, (time.thread_time() - cpu) / len(times))

    centre = minutes * 30.0
    view.set_playhead(centre)
    app.processEvents()
    view.zoom(minutes / 2, centre)
    run("scroll", lambda n: view.scroll(0.1 * (1 if n // 100 % 2 == 0 else -1)))
    run("scroll fast", lambda n: view.scroll(9.0 * (1 if n // 40 % 2 == 0 else -1)))
    view.show_all()
    run("zoom", lambda n: view.zoom(1.05 if n // 120 % 2 == 0 else 1 / 1.05, centre))
    view.show_all()
    run("playhead", lambda n: view.set_playhead(n % 1000 * minutes * 0.06))


def _fill(pyramid: Pyramid, minutes: int, number: int) -> None:
    rng = np.random.default_rng(number)
    seconds = np.arange(MINUTE) / RATE
    shape = 0.5 + 0.5 * np.sin(2 * np.pi * seconds / (5 + number)) ** 2
    sound = (shape * rng.uniform(-0.5, 0.5, MINUTE)).astype(np.float32)
    for minute in range(minutes):
        pyramid.add(minute * MINUTE, np.stack((sound, -sound)))


def _print(what: str, times: list[float], cpu_s: float) -> None:
    milliseconds = 1000 * np.array(times[1:])
    p50, p99 = np.percentile(milliseconds, [50, 99])
    worst = float(milliseconds.max())
    print(
        f"{what:12} p50 {1000 / p50:4.0f} frames/s ({p50:.1f} ms)  "
        f"p99 {1000 / p99:4.0f} ({p99:.1f} ms)  worst {1000 / worst:4.0f} ({worst:.1f} ms)  "
        f"{len(times)} frames, {1000 * cpu_s:.1f} ms of the core each",
        flush=True,
    )


if __name__ == "__main__":
    main()
