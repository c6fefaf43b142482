"""What part of the song is in sight, and where its playhead and loop are.

One `TimeView` stands behind the ruler, the lanes and the overview; whoever draws time asks it, and
whoever is clicked tells it. Seconds are those of the song.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

SHORTEST_S = 0.5
"""Nobody zooms in further than to this much time in sight."""
LOOP_MIN_S = 0.05
"""The shortest loop that the player takes."""
_AHEAD = 0.04
"""Where a page begins that the playhead has turned: this share of it before the playhead."""

Loop = tuple[float, float]


class TimeView(QObject):
    """`changed`: what is in sight, the length or the loop. `moved`: the playhead alone, seconds.
    `loop_wanted`: a loop in seconds that the person drew, or None. `sought`: seconds that the
    person wants to hear."""

    changed = Signal()
    moved = Signal(float)
    loop_wanted = Signal(object)
    sought = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._length_s = 0.0
        self._first_s = 0.0
        self._span_s = 0.0  # 0 until there is a length
        self._playhead_s = 0.0
        self._loop: Loop | None = None
        self._draft: Loop | None = None
        self._following = True
        self._wanted = True

    # What is

    @property
    def length_s(self) -> float:
        return self._length_s

    @property
    def first_s(self) -> float:
        """The time at the left edge."""
        return self._first_s

    @property
    def last_s(self) -> float:
        """The time at the right edge."""
        return self._first_s + self._span_s

    @property
    def span_s(self) -> float:
        """So much time is in sight; exactly the same while it is scrolled."""
        return self._span_s

    @property
    def zoomed(self) -> bool:
        """Whether only a part of the song is in sight."""
        return self._span_s < self._length_s

    @property
    def playhead_s(self) -> float:
        return self._playhead_s

    @property
    def loop(self) -> Loop | None:
        """Start and end in seconds; while the person drags it, as they drag it."""
        return self._draft or self._loop

    @property
    def following(self) -> bool:
        """Whether the playhead is kept in sight; not while the person looks elsewhere, and not
        if they do not want it."""
        return self._following

    # What the player says

    def set_length(self, seconds: float) -> None:
        """Another length. A whole song stays whole in sight; a zoomed part stays where it is."""
        if seconds == self._length_s:
            return
        whole = not self.zoomed
        self._length_s = max(0.0, seconds)
        self._show(self._first_s, self._length_s if whole else self._span_s, anew=True)

    def set_playhead(self, seconds: float) -> None:
        """The playhead moved by itself, or was moved. Turns the page where it leaves it."""
        if seconds == self._playhead_s:
            return
        self._playhead_s = seconds
        if self._following:
            self._turn_page()
        self.moved.emit(seconds)

    def set_loop(self, loop: Loop | None) -> None:
        """The loop that plays."""
        if loop != self._loop:
            self._loop = loop
            self.changed.emit()

    def reset(self) -> None:
        """Another song: all in sight, at its start, no loop."""
        self._length_s = self._first_s = self._span_s = self._playhead_s = 0.0
        self._loop = self._draft = None
        self._following = self._wanted
        self.changed.emit()

    # What the person does

    def seek(self, seconds: float) -> None:
        """They want to hear this; the playhead is kept in sight again, if they want that."""
        self._following = self._wanted
        self.sought.emit(min(max(0.0, seconds), self._length_s))

    def follow(self) -> None:
        """Keep the playhead in sight from now on."""
        self._following = self._wanted = True
        self._turn_page()
        self.changed.emit()

    def stay(self) -> None:
        """Look where one looks, from now on; the playhead is followed no more."""
        self._following = self._wanted = False
        self.changed.emit()

    def play_began(self) -> None:
        """Whoever looked elsewhere and presses Play wants to see it, unless they stay."""
        if self._wanted:
            self.follow()

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show `factor` times less time (more, below 1); `at_s` stays where it is on the screen,
        by default the playhead or else the middle."""
        if not self._span_s:
            return
        at = self._anchor() if at_s is None else min(max(0.0, at_s), self._length_s)
        span = min(self._length_s, max(min(SHORTEST_S, self._length_s), self._span_s / factor))
        share = (at - self._first_s) / self._span_s
        self._show(at - share * span, span)
        if not self._first_s <= self._playhead_s <= self.last_s:
            self._following = False

    def scroll(self, seconds: float) -> None:
        """Look further on (back, below 0), by hand: the playhead is not followed any more."""
        self.show_from(self._first_s + seconds)

    def show_from(self, first_s: float) -> None:
        """Scroll by hand until the left edge is at a time, as far as there is song."""
        if self.zoomed:
            self._following = False
            self._show(first_s, self._span_s)

    def show_all(self) -> None:
        """The whole song."""
        self._show(0.0, self._length_s)

    def drag_loop(self, start_s: float, end_s: float) -> None:
        """A loop is being drawn: shown, and not wanted yet. The ends come in any order."""
        low, high = sorted(min(max(0.0, s), self._length_s) for s in (start_s, end_s))
        high = min(self._length_s, max(high, low + LOOP_MIN_S))
        self._draft = (max(0.0, min(low, high - LOOP_MIN_S)), high)
        self.changed.emit()

    def drop_loop(self) -> None:
        """The loop is drawn: now it is wanted."""
        if self._draft is not None:
            self._loop, self._draft = self._draft, None
            self.loop_wanted.emit(self._loop)
            self.changed.emit()

    def remove_loop(self) -> None:
        """No loop is wanted any more."""
        self._loop = self._draft = None
        self.loop_wanted.emit(None)
        self.changed.emit()

    # Inside

    def _anchor(self) -> float:
        if self._first_s <= self._playhead_s <= self.last_s:
            return self._playhead_s
        return self._first_s + self._span_s / 2

    def _turn_page(self) -> None:
        if self.zoomed and not self._first_s <= self._playhead_s < self.last_s:
            self._show(self._playhead_s - _AHEAD * self._span_s, self._span_s)

    def _show(self, first_s: float, span_s: float, anew: bool = False) -> None:
        span = min(span_s, self._length_s)
        first = min(max(0.0, first_s), self._length_s - span)
        if anew or (first, span) != (self._first_s, self._span_s):
            self._first_s, self._span_s = first, span
            self.changed.emit()
