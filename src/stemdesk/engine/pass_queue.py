"""Which pass comes next: the passes that are to do, while the song is still being decoded.

Shared by threads: one decodes and tells how far it has come, one computes, any may ask for a place
to be next or which frames are final. Torch-free.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from stemdesk.audio.store import Piece
from stemdesk.core.progress import CancelToken
from stemdesk.engine.plan import Outline, Pass, by_time
from stemdesk.priority import rushing

_LOOK_S = 0.05  # how often a waiting thread looks whether it was cancelled

# So far ahead of the passes the song is decoded while they are computed. Decoding on a core that
# a network computes on holds its other cores up at every step: a minute of decoding would cost
# minutes, so it is done before the first pass, while torch is loaded, and then as needed.
LEAD_S = 300
RUSH_LEAD_S = 40  # while a person waits for the first of them to be done

# What a second of a pass takes as long as nobody has measured one: of a core's time, with the
# full-size HTDemucs; and on a GPU. Too short a guess costs less than too long a one.
_CORE_S = 0.65
_GPU_S = 0.06

# What is to be left of its part of the song for a player to be in time. A part that comes just too
# late costs a player one pass; one that is passed over needlessly costs as much as two segments
# overlap, and more: without the one before it the next one is final from there on only. What is
# begun, by one of several passes over the same part, is not given up for a margin.
MARGIN_S = 0.5
_MEASURED = 3  # passes whose middle one tells what the next takes
_TOLD_S = 1.0  # a player that has said nothing for longer has come no further than that

Range = tuple[int, int]


def guess_s(segment_s: float, device: str, threads: int) -> float:
    """Seconds that a pass over `segment_s` may take, by torch's name of the device."""
    return segment_s * (_CORE_S / threads if device == "cpu" else _GPU_S)


@dataclass(frozen=True, slots=True)
class Wish:
    """A person is at `frame`. `told_s`: when that was, on the clock of `time.monotonic`, if the
    song plays on from there at `speed` (1: its own); None: it does not."""

    frame: int
    told_s: float | None = None
    speed: float = 1.0

    def at(self, now_s: float, samplerate: int) -> float:
        """The frame at which the person is now."""
        passed_s = 0.0 if self.told_s is None else min(now_s - self.told_s, _TOLD_S)
        return self.frame + passed_s * self.speed * samplerate


class PassQueue:
    """The passes of one song. `is_done`: whether an earlier run finished a piece.
    `declared_frames`: the song's length as its file says, 0 if it says nothing.

    A pass is let out once the song is known as far as it reaches, so that nothing overtakes the
    decoder and every pass is the one of the final plan.
    """

    def __init__(
        self,
        outline: Outline,
        is_done: Callable[[Piece], bool],
        declared_frames: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outline = outline
        self.usual_s = 0.0  # what a pass takes, as long as none was measured
        self._measured_s: deque[float] = deque(maxlen=_MEASURED)
        self._clock = clock
        self._is_done = is_done
        self._declared = declared_frames
        self._changed = threading.Condition()
        self._frames = 0
        self._complete = False
        self._error: BaseException | None = None
        self._next_segment = [grid.first for grid in outline.grids]  # not let out yet
        self._let_out = 0  # passes
        self._open: dict[str, Pass] = {}  # to do, in the order of the plan; by the piece's name
        self._given: dict[str, Pass] = {}  # being computed
        self._given_s: dict[str, float] = {}  # since when
        self._done: dict[str, Pass] = {}
        self._wish = Wish(0)  # what a person wants next
        self._final: tuple[Range, ...] | None = None  # None: to be found anew
        self._reach = -1  # end of the last frame of passes that were taken; -1: none was yet

    def grow(self, frames: int, complete: bool = False) -> None:
        """The song is known up to `frames`; `complete`: it ends there."""
        with self._changed:
            self._frames, self._complete, self._final = frames, complete, None
            fresh = [one for grid in range(len(self.outline.grids)) for one in self._fresh(grid)]
            self._let_out += len(fresh)
            for one in sorted(fresh, key=by_time):
                place = self._done if self._is_done(one.piece) else self._open
                place[one.piece.name] = one
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """Nothing more is coming: whoever waits is told why."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def prioritise(self, wish: Wish) -> None:
        """The passes that a person needs there come next, then what follows them, then the rest.

        Where the song plays on meanwhile, those that would come too late count to the rest.
        """
        with self._changed:
            self._wish = wish
            self._changed.notify_all()

    def rest(self, cancel: CancelToken) -> None:
        """For the decoder: wait while there is more than enough to compute. Raises `Cancelled`."""
        while True:
            cancel.check()
            with self._changed:
                lead = (RUSH_LEAD_S if rushing() else LEAD_S) * self.outline.samplerate
                near = self._frames < max(self._reach, self._wish.frame) + lead
                if near or not self._open or (self._reach < 0 and not rushing()):
                    return
                self._changed.wait(_LOOK_S)

    def take(self, most: int, cancel: CancelToken, wait: bool = True) -> tuple[Pass, ...]:
        """The next passes, up to `most`, all of one sub-model and equally long; none once nothing
        more is coming.

        Waits for the decoder, or with `wait` false gives none, too. Raises `Cancelled`, `Paused`,
        and what stopped the decoder.
        """
        while True:
            cancel.check_pause()
            with self._changed:
                if self._error is not None:
                    raise self._error
                if self._open:
                    return self._next(most)
                if self._complete or not wait:
                    return ()
                self._changed.wait(_LOOK_S)

    def finish(self, one: Pass) -> None:
        """A pass that was taken is on the disk."""
        with self._changed:
            del self._given[one.piece.name]
            self._done[one.piece.name] = one
            self._final = None
            self._measured_s.append(self._clock() - self._given_s.pop(one.piece.name))

    def put_back(self) -> None:
        """What was taken and not finished is to do again."""
        with self._changed:
            self._open |= self._given
            self._given = {}

    def redo(self) -> None:
        """Everything is to do again, what was finished, too."""
        with self._changed:
            self._open |= self._given | self._done
            self._given, self._done = {}, {}
            self._final = None

    @property
    def pass_s(self) -> float | None:
        """Seconds from taking a pass to its end, as they are now; None before the first one's."""
        measured = sorted(self._measured_s)
        return measured[(len(measured) - 1) // 2] if measured else None

    @property
    def frames(self) -> int:
        """So much of the song is known."""
        return self._frames

    @property
    def complete(self) -> bool:
        """Whether the song's end is known."""
        return self._complete

    @property
    def done(self) -> int:
        """How many passes are finished."""
        return len(self._done)

    @property
    def total(self) -> int:
        """How many passes there are; while the song's end is not known, how many there are in a
        song as long as declared, or more than are known of if that is not enough."""
        with self._changed:
            if self._complete:
                return self._let_out
            return max(self.outline.count(self._declared), self._let_out + 1)

    def finished(self) -> tuple[Piece, ...]:
        """The pieces that are on the disk, in the order of the plan."""
        with self._changed:
            passes = list(self._done.values())
        return tuple(one.piece for one in sorted(passes, key=by_time))

    def final(self) -> tuple[Range, ...]:
        """The parts of the song, as (first frame, end), whose stems will not change any more: every
        pass that covers them is finished. Ordered, and not touching each other. The player asks
        several times for each block: found once for each change."""
        with self._changed:
            if self._final is None:
                pending = [*self._open.values(), *self._given.values()]
                holes = [(one.piece.start, _end(one)) for one in pending]
                self._final = _between(sorted(holes), self._certain_end())
            return self._final

    def _certain_end(self) -> int:
        """Up to here the passes that cover the song are known."""
        if self._complete:
            return self._frames
        grids = zip(self.outline.grids, self._next_segment, strict=True)
        return min(self._frames, *(max(0, grid.start(number)) for grid, number in grids))

    def _fresh(self, index: int) -> Iterator[Pass]:
        """The passes of a grid that have become certain."""
        grid, first = self.outline.grids[index], self._next_segment[index]
        end = grid.end(self._frames) if self._complete else grid.ready(self._frames)
        self._next_segment[index] = max(first, end)
        return self.outline.passes(index, first, end, self._frames)

    def _next(self, most: int) -> tuple[Pass, ...]:
        """Up to `most` open passes that can run together, from the wanted frame on."""
        ordered = sorted(self._open.values(), key=self._urgency())
        kind = self._kind(ordered[0])
        taken = list(islice((one for one in ordered if self._kind(one) == kind), most))
        for one in taken:
            self._given[one.piece.name] = self._open.pop(one.piece.name)
            self._given_s[one.piece.name] = self._clock()
            self._reach = max(self._reach, _end(one))
        self._changed.notify_all()
        return tuple(taken)

    def _urgency(self) -> Callable[[Pass], tuple[bool, tuple[int, int, int]]]:
        """Sorts open passes: first what a person needs, and what follows it."""
        wish, rate = self._wish, self.outline.samplerate
        if wish.told_s is None:
            return lambda one: (_end(one) <= wish.frame, by_time(one))
        here = wish.at(self._clock(), rate)
        pass_s, speed = self.pass_s, wish.speed * rate
        if pass_s is None:
            pass_s = self.usual_s
        left = Counter(one.piece.start for one in self._open.values())  # of each place
        begun = {one.piece.start for one in (*self._done.values(), *self._given.values())}

        def urgency(one: Pass) -> tuple[bool, tuple[int, int, int]]:
            """Too late comes what ends before the player will be there when its place is done."""
            place = one.piece.start
            wait_s = left[place] * pass_s + (0.0 if place in begun else MARGIN_S)
            return self._final_end(one) <= here + wait_s * speed, by_time(one)

        return urgency

    def _final_end(self, one: Pass) -> int:
        """Up to here the song is final by this pass: where the next one begins, if that is not
        done."""
        grid, following = self.outline.grids[one.grid], one.segment + 1
        if grid.piece_name(following) in self._done:
            return _end(one)
        return grid.start(following)

    def _kind(self, one: Pass) -> tuple[int, int]:
        """Its sub-model, and its frames: what comes before the song's first frame, too."""
        grid = self.outline.grids[one.grid]
        return grid.model, one.piece.start + one.piece.frames - grid.start(one.segment)


def _end(one: Pass) -> int:
    return one.piece.start + one.piece.frames


def _between(holes: list[Range], end: int) -> tuple[Range, ...]:
    """What of the frames 0 to `end` lies in none of the `holes`, which are sorted."""
    parts = []
    place = 0
    for first, last in holes:
        if min(first, end) > place:
            parts.append((place, min(first, end)))
        place = max(place, last)
    if place < end:
        parts.append((place, end))
    return tuple(parts)
