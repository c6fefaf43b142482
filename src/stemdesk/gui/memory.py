"""Remembers how each song is listened to: written a second after the last change, and at the
end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer

from stemdesk.audio.listening import Listening
from stemdesk.gui.ledger import Ledger

if TYPE_CHECKING:
    from stemdesk.gui.song_source import SongSource

WRITE_AFTER_MS = 1000


class Memory(Protocol):
    """What playback remembers songs with."""

    def recall(self, job_id: str) -> Listening | None:
        """How the song was listened to last; None if nothing was changed yet."""
        ...

    def remember(self, job_id: str, listening: Listening) -> None:
        """It is listened to like this from now on."""
        ...

    def flush(self) -> None:
        """Write what is not written yet."""
        ...


class Known:
    """How the songs that were opened are listened to: known at once, and told to a `Memory`."""

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory
        self._songs: dict[str, Listening] = {}  # by job, as long as the window lives

    def of(self, job_id: str) -> Listening:
        return self._songs.get(job_id, Listening())

    def recall(self, song: SongSource) -> Listening:
        """How the song was listened to last, with the stems that it has now."""
        known = self._songs.get(song.job_id)
        if known is None and self._memory is not None:
            known = self._memory.recall(song.job_id)
        known = known or Listening()
        if song.stems:  # else they are not known yet
            settings = tuple(known.remix.setting(stem) for stem in song.stems)
            known = replace(known, remix=replace(known.remix, stems=settings))
        self._songs[song.job_id] = known
        return known

    def keep(self, job_id: str, listening: Listening) -> None:
        self._songs[job_id] = listening
        if self._memory is not None:
            self._memory.remember(job_id, listening)

    def forget(self, ids: Iterable[str]) -> None:
        for job_id in ids:
            self._songs.pop(job_id, None)

    def flush(self) -> None:
        if self._memory is not None:
            self._memory.flush()


class LedgerMemory(QObject):
    """A `Memory` in the jobs' database. A song that is removed is forgotten with its row."""

    def __init__(self, ledger: Ledger, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger = ledger
        self._unwritten: dict[str, Listening] = {}
        self._timer = QTimer(self, singleShot=True)
        self._timer.setInterval(WRITE_AFTER_MS)
        self._timer.timeout.connect(self.flush)
        ledger.removed.connect(self._forget)

    def recall(self, job_id: str) -> Listening | None:
        return self._unwritten.get(job_id) or self._ledger.recall(job_id)

    def remember(self, job_id: str, listening: Listening) -> None:
        self._unwritten[job_id] = listening
        self._timer.start()

    def flush(self) -> None:
        self._timer.stop()
        unwritten, self._unwritten = self._unwritten, {}
        self._ledger.remember(unwritten)

    def _forget(self, ids: Iterable[str]) -> None:
        for job_id in ids:
            self._unwritten.pop(job_id, None)
