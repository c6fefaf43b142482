"""Takes the pictures of the window: `python tests/screenshots.py FOLDER [--all]`.

The real app at work: its controller, pipeline and player, in temporary folders. The model is the
built-in one, the songs are made on the spot. `finished.png` is the README's picture; `--all` adds
the window empty, busy, failed, in the dark, comparing and as small as it gets, and the models
page. `QT_SCALE_FACTOR=2` makes them sharp for large screens.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]

import soundfile  # noqa: E402
from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from stemdesk.audio.demo import write_demo_song  # noqa: E402
from stemdesk.audio.player import Player  # noqa: E402
from stemdesk.audio.remix import Preset  # noqa: E402
from stemdesk.core.job import ENDED, JobState  # noqa: E402
from stemdesk.core.settings import Settings  # noqa: E402
from stemdesk.gui import theme  # noqa: E402
from stemdesk.gui.controller import Controller  # noqa: E402
from stemdesk.gui.models_page import ModelsPage  # noqa: E402
from stemdesk.gui.window import SIZE, SMALLEST, MainWindow  # noqa: E402
from stemdesk.paths import Folders  # noqa: E402
from support.outputs import HandOutput  # noqa: E402

PLAYED_S = 8.2
_PATIENCE_MS = 180_000
_REST_MS = 400  # layouts and the counts in the status line


class Studio:
    """The app in `root`, with a window of the design's size."""

    def __init__(self, root: Path, target: Path) -> None:
        self.target = target
        self.app = QApplication([])
        theme.install(self.app)
        theme.apply(self.app, Qt.ColorScheme.Light)
        self.folders = Folders(
            root / "config", root / "data", root / "logs", root / "Music", root / "models"
        )
        self.songs = make_songs(root / "songs")
        self.output = HandOutput()
        self.controller = Controller(self.folders, Settings(draft_accepted=True))
        self.window = MainWindow(
            self.controller, lambda: Player(open_output=self.output.open), lambda: ""
        )
        self.window.resize(SIZE)
        self.window.show()
        self.controller.start()
        self.wait_for(lambda: bool(self.window.add_bar.chips))
        self.wait_for(lambda: "Looking" not in self.window.status.device.text())
        self.wait_for(lambda: bool(self.window.status.disk.text()))

    def wait_for(self, ready: Callable[[], bool]) -> None:
        deadline = QDeadlineTimer(_PATIENCE_MS)
        while not ready():
            if deadline.hasExpired():
                raise TimeoutError("the window did not get there")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    def save(self, name: str, widget: QWidget | None = None) -> None:
        """A picture of the window, or of one of its dialogs."""
        rest = QDeadlineTimer(_REST_MS)
        self.wait_for(rest.hasExpired)
        path = self.target / f"{name}.png"
        if not (widget or self.window).grab().save(str(path)):
            raise OSError(f"cannot write {path}")
        print(path)

    def save_models(self) -> None:
        """The models page, with nothing but the built-in model installed."""
        self.window.models.show_page()
        (page,) = self.window.findChildren(ModelsPage)
        self.wait_for(QDeadlineTimer(_REST_MS).hasExpired)
        self.save("models", page)
        page.reject()

    def show_busy(self) -> None:
        """A song is being separated, others wait."""

        def separating() -> str:
            jobs = self.controller.jobs
            return next((job.id for job in jobs if job.state is JobState.SEPARATING), "")

        def far_enough() -> bool:
            progress = self.controller.progress(separating())
            return progress is not None and progress.fraction > 0.2

        self.wait_for(far_enough)
        self.window.library.view.select(separating())

    def show_failed(self) -> None:
        self.wait_for(self.all_ended)
        failed = next(job for job in self.controller.jobs if job.state is JobState.FAILED)
        self.window.library.view.select(failed.id)

    def show_finished(self) -> None:
        """The first song with its waveforms, played to `PLAYED_S`."""
        self.wait_for(self.all_ended)
        window, page = self.window, self.window.song.stems
        window.library.view.select(self.controller.jobs[0].id)
        self.wait_for(lambda: bool(page.lanes) and all(lane.wave.layers for lane in page.lanes))
        self.wait_for(lambda: window.playback.ready)
        for banner in window.banners.all:
            banner.hide()
        window.playback.seek(PLAYED_S)
        window.playback.play()
        self.wait_for(lambda: window.playback.playing and self.output.running)
        self.hear()

    def hear(self, blocks: int = 12) -> None:
        """Play on for half a second, so that the meters show something."""
        for _ in range(blocks):
            self.output.take(2048)
            self.wait_for(QDeadlineTimer(46).hasExpired)

    def compare(self) -> None:
        """The original of a loop, slower, with a balance that waits for its turn."""
        playback = self.window.playback
        self.window.song.stems.transport.presets.buttons[Preset.INSTRUMENTAL].click()
        playback.set_gain("drums", -6.0)
        playback.set_pan("bass", -0.4)
        playback.set_loop((PLAYED_S - 2, PLAYED_S + 4))
        playback.set_speed(80.0)
        playback.set_original(True)
        self.window.song.stems.view.zoom(1.8)
        self.hear()

    def all_ended(self) -> bool:
        return bool(self.controller.jobs) and all(
            job.state in ENDED for job in self.controller.jobs
        )

    def close(self) -> None:
        self.window.close()
        self.controller.close(5000)


def make_songs(folder: Path) -> list[Path]:
    """The demo song, two without tags that sound the same, and a file that is no song."""
    folder.mkdir(parents=True)
    demo = write_demo_song(folder)
    songs = [demo]
    samples, samplerate = soundfile.read(demo, dtype="float32")
    for name in ("Rehearsal, second take", "Sunday at the harbour"):
        songs.append(folder / f"{name}.flac")
        soundfile.write(songs[-1], samples, samplerate)
    songs.append(folder / "Liner notes.mp3")
    songs[-1].write_text("These are words, not music.")
    return songs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--all", action="store_true", help="the other faces of the window, too")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        studio = Studio(Path(root), arguments.folder)
        if arguments.all:
            studio.save("empty")
            studio.save_models()
        studio.controller.add_paths(studio.songs)
        if arguments.all:
            studio.show_busy()
            studio.save("busy")
            studio.show_failed()
            studio.save("failed")
        studio.show_finished()
        studio.save("finished")
        if arguments.all:
            theme.apply(studio.app, Qt.ColorScheme.Dark)
            studio.save("dark")
            studio.compare()
            studio.save("compare-dark")
            studio.window.resize(SMALLEST)
            studio.save("small-dark")
            theme.apply(studio.app, Qt.ColorScheme.Light)
            studio.save("small")
        studio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
