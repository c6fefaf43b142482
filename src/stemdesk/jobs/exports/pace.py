"""How far a batch of exports is, and how long it takes still."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.jobs.exports.values import ExportProgress, ExportSong, ReportExport

ReportFraction = Callable[[float], None]

# Seconds for a song of four minutes at 48 kHz on two cores of 2024: only their proportions count.
DECODING, MEASURING, MAKING, STRETCHING = 1.0, 1.7, 3.5, 15.0
DECODED = 0.1
"""A song that is decoded and not written is done by so much."""
_COST = {FileKind.WAV: 0.2, FileKind.AIFF: 0.2, FileKind.FLAC: 0.7, FileKind.ALAC: 1.0}
_LOSSY = 6.0
_KNOWN_S = 1.0  # a speed that was measured for less is none
_OFTEN_S = 0.05
_NEARLY = 0.999  # all is done when the last song is; until then it may fail


def cost_of(file_format: FileFormat) -> float:
    """How long one file takes to write, as the steps above."""
    return _COST.get(file_format.kind, _LOSSY)


class Pace:
    """Counts the songs of a batch by their lengths (seconds) and the work on each (`Steps`). Its
    reports never go back, and come 20 times a second at most; but each new file is told."""

    def __init__(
        self,
        songs: Sequence[ExportSong],
        lengths_s: Sequence[float],
        report: ReportExport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._songs = songs
        self._lengths = [max(length, 0.1) for length in lengths_s]
        self._report = report
        self._clock = clock
        self._begun = self._last = clock()
        self._told: tuple[int, str] | None = None
        self._fraction = self._before = 0.0
        self._measured = False

    def song(self, index: int) -> Steps:
        """The work on this song begins."""
        self._tell(index, 0.0, "")
        return Steps(lambda fraction, file: self._tell(index, fraction, file), self._measure)

    def end(self, index: int, failed: bool = False) -> None:
        """The song is done, or failed: then nothing is reported before the next one. What was not
        worked on, because it failed or its files were there already, says nothing about the
        speed."""
        self._told = None
        done = sum(self._lengths[: index + 1]) / sum(self._lengths)
        self._before += max(0.0, done - self._fraction)
        if not failed:
            self._tell(index, 1.0, "", most=1.0)

    def _tell(self, index: int, fraction: float, file: str, most: float = _NEARLY) -> None:
        done = sum(self._lengths[:index]) + fraction * self._lengths[index]
        self._fraction = max(self._fraction, min(most, done / sum(self._lengths)))
        now = self._clock()
        if self._told == (index, file) and now - self._last < _OFTEN_S:
            return
        self._told, self._last = (index, file), now
        self._report(
            ExportProgress(
                self._fraction,
                self._songs[index].called,
                index,
                len(self._songs),
                self._left_s(now - self._begun),
                file,
            )
        )

    def _measure(self) -> None:
        """From here on the speed tells how long it takes: what was decoded before may have been
        there already."""
        if not self._measured:
            self._measured = True
            self._begun, self._before = self._clock(), self._fraction

    def _left_s(self, taken_s: float) -> float | None:
        done = self._fraction - self._before
        if not self._measured or taken_s < _KNOWN_S or done <= 0.0:
            return None
        return taken_s / done * (1.0 - self._fraction)


class Steps:
    """The work on one song, step after step, each as long as its `weight` among all."""

    def __init__(
        self, tell: Callable[[float, str], None], measure: Callable[[], None] = lambda: None
    ) -> None:
        self._tell = tell
        self._measure = measure
        self._base, self._span = 0.0, DECODED
        self._total = DECODING
        self._done = self._now = 0.0

    def plan(self, weights: Sequence[float]) -> None:
        """All that there is to do from now on, once that is known: until then (decoding), little
        is done."""
        self._measure()
        self._base = min(DECODED, self._base + self._span * (self._done + self._now) / self._total)
        self._span = 1.0 - self._base
        self._total = max(sum(weights), 1e-9)
        self._done = self._now = 0.0

    def step(self, weight: float, file: str = "") -> ReportFraction:
        """The next step begins; gives what takes its fraction, 0 to 1."""
        self._done += self._now
        self._now = weight
        before = self._done

        def report(fraction: float) -> None:
            done = before + weight * min(1.0, max(0.0, fraction))
            self._tell(self._base + self._span * min(1.0, done / self._total), file)

        report(0.0)
        return report
