"""The real app at work in a temporary folder: its controller, pipeline and player."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSize, Qt
from PySide6.QtWidgets import QApplication, QWidget

from screens.songs import make_songs
from stemdesk.audio.player import Player
from stemdesk.core.job import ENDED, Job, JobState
from stemdesk.core.settings import Settings
from stemdesk.gui import theme
from stemdesk.gui.controller import Controller
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.export_values import ExportServices
from stemdesk.gui.gpu_values import GpuServices
from stemdesk.gui.lane import Lane
from stemdesk.gui.link_values import LinkServices
from stemdesk.gui.values import Surroundings
from stemdesk.gui.window import SIZE, MainWindow
from stemdesk.paths import Folders
from support.outputs import HandOutput

_PATIENCE_MS = 600_000  # on a busy machine
_REST_MS = 250  # layouts and the counts in the status line
_BLOCK = 2048
_BLOCK_MS = 46


class Studio:
    """The app in `root`, with a window of the design's size; pictures go to `target`."""

    def __init__(
        self,
        root: Path,
        target: Path,
        fill: Callable[[Folders, Path], None] | None = None,
        links: LinkServices | None = None,
        exports: ExportServices | None = None,
        gpu: GpuServices | None = None,
    ) -> None:
        """`fill` puts jobs into the database before the app opens it. `links`: what is behind
        them. `exports`: what songs are exported with. `gpu`: what there is of the GPU pack."""
        self.target = target
        self.app = QApplication.instance() or QApplication([])
        assert isinstance(self.app, QApplication)
        theme.install(self.app)
        self.folders = Folders(
            root / "config", root / "data", root / "logs", root / "Music", root / "models"
        )
        self.songs = make_songs(root / "songs")
        if fill is not None:
            fill(self.folders, root)
        self.output = HandOutput()
        around = Surroundings(
            links=links or LinkServices(),
            exports=exports or ExportServices(),
            gpu=gpu or GpuServices(),
        )
        settings = Settings(draft_accepted=True, links_noticed=True)
        self.controller = Controller(self.folders, settings, surroundings=around)
        self.window = MainWindow(
            self.controller, lambda: Player(open_output=self.output.open), lambda: ""
        )
        self.colour(Qt.ColorScheme.Light)
        self.window.resize(SIZE)
        self.window.show()
        self.controller.start()
        self.wait_for(lambda: bool(self.window.add_bar.chips))
        self.wait_for(lambda: "Looking" not in self.window.status.device.text())
        self.wait_for(lambda: bool(self.window.status.disk.text()))

    # Time

    def wait_for(self, ready: Callable[[], bool]) -> None:
        deadline = QDeadlineTimer(_PATIENCE_MS)
        while not ready():
            if deadline.hasExpired():
                raise TimeoutError("the window did not get there")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    def rest(self, milliseconds: int = _REST_MS) -> None:
        self.wait_for(QDeadlineTimer(milliseconds).hasExpired)

    def hear(self, blocks: int = 12) -> None:
        """Play on for half a second, so that meters and playhead show life."""
        for _ in range(blocks):
            self.output.take(_BLOCK)
            self.rest(_BLOCK_MS)

    # Jobs

    def named(self, name: str) -> Job:
        return next(job for job in self.controller.jobs if job.name == name)

    def state(self, job_id: str) -> JobState | None:
        job = self.controller.job(job_id)
        return job.state if job is not None else None

    def fraction(self, job_id: str) -> float:
        progress = self.controller.progress(job_id)
        separating = self.state(job_id) is JobState.SEPARATING
        return progress.fraction if progress is not None and separating else 0.0

    def all_ended(self) -> bool:
        over = ENDED | {JobState.WAITING}
        jobs = self.controller.jobs
        return bool(jobs) and all(job.state in over for job in jobs)

    def select(self, job_id: str) -> None:
        self.window.library.view.select(job_id)

    def play(self, seconds: float) -> None:
        """Play the selected song from there."""
        playback = self.window.playback
        self.wait_for(lambda: playback.ready)
        playback.seek(seconds)
        playback.play()
        self.wait_for(lambda: playback.playing and self.output.running)
        self.hear()

    def show_drawn(self, job_id: str) -> None:
        """Select a finished song and wait for its waveforms."""
        page = self.window.song.stems
        self.select(job_id)
        self.wait_for(lambda: self.window.song.shows_finished)
        self.wait_for(lambda: bool(page.lanes) and all(lane.wave.layers for lane in page.lanes))
        self.wait_for(lambda: all(self._drawn(lane, job_id) for lane in page.lanes))
        for banner in self.window.banners.all:
            banner.hide()

    def _drawn(self, lane: Lane, job_id: str) -> bool:
        """Whether the lane's whole waveform is known."""
        job = self.controller.job(job_id)
        covers = [layer.pyramid.covers() for layer in lane.wave.layers]
        return job is not None and all(one and one[-1][1] >= job.frames for one in covers)

    # Pictures

    def colour(self, scheme: Qt.ColorScheme) -> None:
        assert isinstance(self.app, QApplication)
        theme.apply(self.app, scheme)

    def resize(self, size: QSize) -> None:
        self.window.resize(size)
        self.rest(60)

    def save(self, name: str, widget: QWidget | None = None) -> None:
        """A picture of the window, or of one of its dialogs."""
        path = self.target / f"{name}.png"
        if not (widget or self.window).grab().save(str(path)):
            raise OSError(f"cannot write {path}")
        print(path, flush=True)

    @contextmanager
    def dialog(self, show: Callable[[], object]) -> Iterator[Dialog]:
        """The dialog that `show` opens, at once or soon; closed in the end."""
        show()
        self.wait_for(lambda: any(one.isVisible() for one in self._dialogs()))
        shown = next(one for one in self._dialogs() if one.isVisible())
        try:
            yield shown
        finally:
            shown.reject()
            self.rest(0)

    def _dialogs(self) -> list[Dialog]:
        return self.window.findChildren(Dialog)

    def close(self) -> None:
        self.window.playback.shut(5.0)
        self.window.close()
        self.controller.close(5000)
