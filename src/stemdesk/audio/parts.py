"""Which part of a song is finished: how much of the stems is heard at each frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Playable, Range
from stemdesk.audio.player_status import Side

Samples = NDArray[np.float32]


def covers(parts: tuple[Range, ...], frame: int) -> bool:
    """Whether a frame lies in one of the parts."""
    return any(start <= frame < end for start, end in parts)


def gap_before(parts: tuple[Range, ...], frame: int) -> int:
    """Where the unfinished part that holds `frame` begins: the same for all of its frames."""
    return max((end for _, end in parts if end <= frame), default=0)


def readable(song: Playable, frame: int, side: Side = Side.STEMS) -> int:
    """Up to which frame this side of the song can be read from `frame` on without a hole."""
    if song.complete or song.original is None:
        return song.frames
    if side is Side.ORIGINAL:
        return song.known
    ends = [end for start, end in song.final() if start <= frame < end]
    return max(song.known, *ends) if ends else song.known


def share(song: Playable, first: int, frames: int, fade: int) -> Samples | None:
    """The stems' share at each frame from `first` on, float32 [frames]: 1 in finished parts, 0
    outside, rising and falling within `fade` frames inside of them; the rest is the original's.
    None: 1 everywhere."""
    parts = song.final()
    end = first + frames
    inner = [(a, b) for a, b in parts if a < end and b > first]
    for start, stop in inner:
        rises = start > 0 and first < start + fade
        falls = not is_end(song, stop) and end > stop - fade
        if start <= first and (end <= stop or is_end(song, stop)) and not rises and not falls:
            return None
    shares = np.zeros(frames, dtype=np.float32)
    for start, stop in inner:
        low, high = max(first, start), end if is_end(song, stop) else min(end, stop)
        at = np.arange(low, high)
        part = np.ones(len(at))
        if start > 0:
            part = np.minimum(part, (at - start) / fade)
        if not is_end(song, stop):
            part = np.minimum(part, (stop - 1 - at) / fade)
        shares[low - first : high - first] = np.maximum(part, 0.0)
    return shares


def slewed(target: Samples, before: float, fade: int) -> Samples:
    """`target` without steps upwards: from `before` on at most 1 / `fade` more at each frame. Below
    0 it says which part of a fade passes before anything comes.

    A part that becomes finished while it is played so comes in softly; finished parts never
    shrink, and falls are known ahead, so there are no steps downwards.
    """
    slope = np.arange(1, len(target) + 1) / fade
    lowest = np.minimum.accumulate(np.concatenate(([before], target - slope)))[1:]
    limited: Samples = np.maximum(np.minimum(target, lowest + slope), 0.0).astype(np.float32)
    limited[limited > 1.0 - 1e-6] = 1.0  # what is finished is to be exact
    return limited


def is_end(song: Playable, frame: int) -> bool:
    """Whether the song certainly ends there. Stems that reach beyond what is known of the original
    are files, and as long as the song."""
    if frame < song.frames:
        return False
    if song.complete or song.original is None:
        return True
    return song.known < frame and covers(song.final(), frame - 1)
