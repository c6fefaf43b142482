"""Reads what is drawn of a song: in the io pool, in short steps, as far as it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.tasks import Outcome, Tasks, ignore

if TYPE_CHECKING:
    from stemdesk.audio.playable import Playable
    from stemdesk.audio.song_waves import SongWaves, Step

ORIGINAL = "original"
STEP_S = 0.2
"""So long a step reads; after each, what grew is drawn: five times a second."""
LOOK_MS = 500
"""How often a song that grows is looked at."""
_LOOKS_MOST = 8
"""Where nothing grows it is looked at less and less, down to this part of that."""
_REST_MOST_S = 0.4
_KEPT_SONGS = 12
_KEPT_BYTES = 250_000_000


@dataclass(slots=True)
class _Reading:
    """One song that is read. Not frozen: it goes back and forth between the window's thread and
    one task at a time, which owns `playable` while `busy`."""

    source: SongSource
    cancel: CancelToken = field(default_factory=CancelToken)
    playable: Playable | None = None
    waves: SongWaves | None = None
    busy: bool = True  # a task is at work on it

    def close(self) -> None:
        playable, self.playable = self.playable, None
        if playable is not None:
            playable.close()


class WaveReader(QObject):
    """One song at a time; asking for another one stops the first.

    `drawn`: job id, a stem's name or ORIGINAL, its `Pyramid`; again whenever more is known.
    `measured`: job id, `Energies`, once all is final. `failed`: job id, the StemDeskError of a
    stem that cannot be read.
    """

    drawn = Signal(str, str, object)
    measured = Signal(str, object)
    failed = Signal(str, object)

    def __init__(
        self,
        tasks: Tasks,
        cache: Callable[[], Path | None] = lambda: None,
        parent: QObject | None = None,
    ) -> None:
        """`cache`: the folder in which waveforms are kept now; None: in memory only."""
        super().__init__(parent)
        self._tasks = tasks
        self._cache = cache
        self._kept: dict[str, SongWaves] = {}  # by key, the one used last at the end
        self._reading: _Reading | None = None
        self._looks = 1
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._step)

    def read(self, source: SongSource) -> None:
        """Read a song. Of the same song from other files (its job has ended) only what was not
        read yet."""
        last = self._reading
        self.stop()
        waves = self._kept.get(source.key)
        if waves is None and last is not None and last.source.live:
            waves = last.waves if last.source.job_id == source.job_id else None
        self._reading = reading = _Reading(source, waves=waves)
        if waves is not None and waves.complete:
            reading.busy = False
            self._show_all(reading)
            self._finish(reading, save=source.key not in self._kept)
            return
        self._tasks.io(partial(_open, reading, self._cache()), partial(self._opened, reading))

    def look(self) -> None:
        """More of the song may be there now."""
        self._looks = 1
        if self._timer.isActive():
            self._timer.start(0)

    def stop(self) -> None:
        """Read no more; the files are let go."""
        self._timer.stop()
        reading = self._reading
        if reading is not None:
            reading.cancel.cancel()
            if not reading.busy:
                reading.close()  # else the task does

    def _opened(self, reading: _Reading, outcome: Outcome[SongWaves]) -> None:
        reading.busy = False
        waves = outcome.value
        if reading.cancel.cancelled:
            reading.close()
        elif waves is None:
            self._fail(reading, outcome.error)
        else:
            reading.waves = waves
            self._show_all(reading)
            if waves.complete:
                self._finish(reading, save=False)
            else:
                self._keep(reading)
                self._step()

    def _step(self) -> None:
        reading = self._reading
        if reading is not None and not reading.cancel.cancelled:
            reading.busy = True
            # behind whatever else waits for the pool
            self._tasks.io(partial(_read, reading), partial(self._stepped, reading), behind=True)

    def _stepped(self, reading: _Reading, outcome: Outcome[Step]) -> None:
        reading.busy = False
        step = outcome.value
        if reading.cancel.cancelled:
            reading.close()
        elif step is None:
            self._fail(reading, outcome.error)
        else:
            self._show(reading, step.grown)
            if step.complete:
                self._finish(reading, save=True)
            elif step.grown:  # waiting for a core is a sign that others need it
                self._looks = 1
                self._timer.start(round(min(_REST_MOST_S, max(0.0, step.waited_s)) * 1000))
            else:
                self._timer.start(LOOK_MS * self._looks)
                self._looks = min(_LOOKS_MOST, 2 * self._looks)

    def _show_all(self, reading: _Reading) -> None:
        if reading.waves is not None:
            self._show(reading, tuple(reading.waves.pyramids))

    def _show(self, reading: _Reading, names: tuple[str, ...]) -> None:
        if reading.waves is None:
            return
        for name in names:
            pyramid = reading.waves.pyramids.get(name)
            if pyramid is not None:
                self.drawn.emit(reading.source.job_id, name, pyramid)

    def _finish(self, reading: _Reading, save: bool) -> None:
        reading.close()
        waves = reading.waves
        if waves is None:
            return
        self._keep(reading)
        cache = self._cache() if save else None
        if cache is not None:
            self._tasks.io(partial(_save, cache, reading.source.key, waves), ignore)
        self.measured.emit(reading.source.job_id, waves.energies)

    def _fail(self, reading: _Reading, error: BaseException | None) -> None:
        reading.cancel.cancel()
        reading.close()
        if isinstance(error, StemDeskError):
            self.failed.emit(reading.source.job_id, error)

    def _keep(self, reading: _Reading) -> None:
        """The song's waveforms; those that were looked at longest ago are forgotten."""
        kept, key = self._kept, reading.source.key
        kept.pop(key, None)
        if reading.waves is not None:
            kept[key] = reading.waves
        while len(kept) > 1 and (
            len(kept) > _KEPT_SONGS or sum(waves.nbytes for waves in kept.values()) > _KEPT_BYTES
        ):
            del kept[next(iter(kept))]


# In the io pool


def _open(reading: _Reading, cache: Path | None) -> SongWaves:
    from stemdesk.audio.song_waves import SongWaves, WaveCache

    reading.cancel.check()
    if reading.waves is None and cache is not None:
        waves = WaveCache(cache).load(reading.source.key)
        if waves is not None:
            return waves
    reading.playable = playable = reading.source.open()
    if reading.cancel.cancelled:
        reading.close()
    reading.cancel.check()
    waves = reading.waves
    if waves is None or waves.samplerate != playable.samplerate:
        waves = SongWaves(playable.samplerate, playable.frames)
    return waves


def _read(reading: _Reading) -> Step:
    playable, waves = reading.playable, reading.waves
    try:
        reading.cancel.check()
        assert playable is not None
        assert waves is not None
        return waves.read(playable, reading.cancel, STEP_S)
    finally:
        if reading.cancel.cancelled:
            reading.close()


def _save(cache: Path, key: str, waves: SongWaves) -> None:
    from stemdesk.audio.song_waves import WaveCache

    WaveCache(cache).save(key, waves)
