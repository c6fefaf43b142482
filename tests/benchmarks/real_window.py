"""The real app in a process of its own, measured from inside; the scripts beside this one use it.

`run` starts this file as that process: the window of `stemdesk.gui.app.run`, started as
`__main__` does, and a timer of 10 ms that notes when it is called.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from stemdesk.gui.controller import Controller
    from stemdesk.gui.window import MainWindow

ROOT = Path(__file__).parents[2]
TICK_MS = 10


@dataclass(frozen=True, slots=True)
class Orders:
    """What happens in the window: it splits `songs`, plays the song folder `play`, and closes
    `seconds` after its first paint, or (None) `rest_s` after the jobs have ended. `make_way`:
    whether the compute threads let the sound go first, as they do."""

    songs: tuple[str, ...] = ()
    play: str = ""
    seconds: float | None = None
    rest_s: float = 0.0
    make_way: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured. `shown_s`: from the start of the process to the end of the first paint.
    `gaps_ms`: between the timer's calls, from the first paint on. `job_s`: until the jobs ended,
    None if they did not. `memory_mb`: what /proc says at the first paint and at the end."""

    shown_s: float
    gaps_ms: list[float]
    job_s: float | None
    passes: int
    underruns: int
    memory_mb: list[dict[str, float]]


def run(home: Path, models: Path, orders: Orders) -> Seen:
    """Start the app with its own folders `home` and the models folder, wait for its end."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "STEMDESK_HOME": str(home),
        "STEMDESK_MODELS": str(models),
    }
    done = subprocess.run(
        [sys.executable, __file__, repr(time.monotonic()), json.dumps(asdict(orders))],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def screen() -> Iterator[str]:
    """The display that is there, else a virtual one (Xvfb), else Qt's offscreen platform; yields
    its name."""
    if os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM"):
        yield os.environ.get("QT_QPA_PLATFORM") or "the display"
    elif shutil.which("Xvfb") is None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        yield "offscreen"
    else:
        reader, writer = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1000x24"],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as numbers:
            os.environ["DISPLAY"] = f":{numbers.readline().strip()}"
        try:
            yield "Xvfb"
        finally:
            server.terminate()
            server.wait()
            del os.environ["DISPLAY"]


# From here on: inside the process that is measured.


class Watch:
    """Follows the window from its first paint on, and ends it as ordered."""

    def __init__(self, began: float, orders: Orders) -> None:
        self.began = began
        self.orders = orders
        self.facts: dict[str, Any] = {"job_s": None, "passes": 0, "underruns": 0, "memory_mb": []}
        self.ticks: list[float] = []
        self.window: MainWindow | None = None
        self.controller: Controller | None = None

    def connect(self, app: QApplication, controller: Controller, window: MainWindow) -> None:
        self.controller, self.window = controller, window
        app.aboutToQuit.connect(self.tell)
        controller.batch_finished.connect(self.jobs_ended)
        controller.progress_changed.connect(self.note_progress)

    def begin(self) -> None:
        """The window was painted."""
        from PySide6.QtCore import QTimer

        self.painted = time.monotonic()
        self.facts["shown_s"] = self.painted - self.began
        self.facts["memory_mb"].append(memory_mb())
        self.timer = QTimer(interval=TICK_MS)
        self.timer.timeout.connect(lambda: self.ticks.append(time.monotonic()))
        self.timer.start()
        if self.orders.play:
            self.play(Path(self.orders.play))
        if self.orders.seconds is not None:
            self.quit_in(self.orders.seconds)

    def play(self, folder: Path) -> None:
        from functools import partial

        from stemdesk.audio.player import open_files
        from stemdesk.gui.song_source import SongSource

        assert self.window is not None
        files = {path.stem: path for path in folder.iterdir() if path.suffix in (".flac", ".wav")}
        opened = partial(open_files, files)
        self.window.playback.open(SongSource("bench", folder, tuple(files), opened, "bench"))
        self.window.playback.play()

    def note_progress(self, job_id: str) -> None:
        assert self.controller is not None
        progress = self.controller.progress(job_id)
        if progress is not None and progress.stage == "separating":
            self.facts["passes"] += 1

    def jobs_ended(self, _: object) -> None:
        self.facts["job_s"] = time.monotonic() - self.painted
        if self.orders.seconds is None:
            self.quit_in(self.orders.rest_s)

    def quit_in(self, seconds: float) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        # not `quit`: the window would ask whether the running job is to be stopped
        QTimer.singleShot(round(seconds * 1000), lambda: QApplication.exit(0))

    def tell(self) -> None:
        self.timer.stop()
        assert self.window is not None
        player = self.window.playback._player
        self.facts["underruns"] = player.underruns if player is not None else 0
        self.facts["memory_mb"].append(memory_mb())
        times = [self.painted, *self.ticks]
        gaps = [1000 * (after - before) for before, after in pairwise(times)]
        self.facts["gaps_ms"] = [round(gap, 2) for gap in gaps]
        print(json.dumps(self.facts), flush=True)


def memory_mb() -> dict[str, float]:
    """This process' resident memory as Linux counts it: whole, anonymous, files' pages. Empty
    elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return {}
    values = dict(line.split(":", 1) for line in lines)
    return {
        name: round(int(values[name].split()[0]) * 1024 / 1e6, 1)
        for name in ("VmRSS", "RssAnon", "RssFile")
    }


def main(began: float, orders: Orders) -> int:
    from stemdesk import memory

    memory.keep_freed()  # as `__main__` does, before any thread
    from stemdesk.gui import app as root
    from stemdesk.gui.given import Given
    from stemdesk.gui.tasks import Tasks

    if not orders.make_way:
        Tasks.make_way = lambda *_: None  # type: ignore[method-assign] # compared
    watch = Watch(began, orders)
    first_paint, connect = root.FirstPaint, root.connect

    def painted(window: MainWindow, then: Any) -> Any:
        def both() -> None:
            watch.begin()
            then()

        return first_paint(window, both)

    def connected(app: Any, instance: Any, controller: Controller, window: MainWindow) -> None:
        connect(app, instance, controller, window)
        watch.connect(app, controller, window)

    root.FirstPaint, root.connect = painted, connected  # type: ignore[assignment, misc] # watched
    return root.run(Given(tuple(Path(song) for song in orders.songs)))


def _orders(text: str) -> Orders:
    values: dict[str, Any] = json.loads(text)
    songs: Sequence[str] = values.pop("songs")
    return Orders(songs=tuple(songs), **values)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), _orders(sys.argv[2])))
