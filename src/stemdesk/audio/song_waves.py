"""What is drawn of a song, read from a `Playable` bit by bit, and kept in a cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemdesk.audio.energy import Energies
from stemdesk.audio.peaks import Pyramid, without
from stemdesk.audio.playable import Playable, Range, Reader
from stemdesk.core.errors import StemDeskError
from stemdesk.core.files import replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.log import log

ORIGINAL = "original"
"""The undivided song's name among the pyramids."""
BLOCK_FRAMES = 1 << 16
CACHE_BYTES = 500_000_000
"""The cache folder's cap: 160 songs of four minutes in six stems, four of three hours."""
_INDEX = "song.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What one `SongWaves.read` did: whose pyramids grew, and whether all is read now. `waited_s`:
    so long the thread waited for a core or the disk."""

    grown: tuple[str, ...]
    complete: bool
    waited_s: float = 0.0


class SongWaves:
    """The pyramids of a song's stems and original, and its energies, as far as they were read."""

    def __init__(self, samplerate: int, frames: int) -> None:
        self.samplerate = samplerate
        self.frames = frames
        self.pyramids: dict[str, Pyramid] = {}
        self.energies: Energies | None = None
        self.complete = False
        self._measured: tuple[Range, ...] = ()  # where the stems are read
        self._lost = False  # the original cannot be read
        self._reading = threading.Lock()

    @property
    def nbytes(self) -> int:
        return sum(pyramid.nbytes for pyramid in list(self.pyramids.values()))

    def read(self, playable: Playable, cancel: CancelToken, seconds: float) -> Step:
        """Read for about so long what is known, final and not read yet: half of the time the
        original, for the overview, then stems and original side by side.

        Raises `Cancelled`, and what a stem's reader raises. An original that cannot be read is
        left out.
        """
        with self._reading:
            begin, cpu = time.monotonic(), time.thread_time()
            grown = {ORIGINAL: None} if self._read_original(playable, cancel, seconds / 2) else {}
            left = seconds - (time.monotonic() - begin)
            if self._read_stems(playable, cancel, left):
                grown |= dict.fromkeys(self.pyramids)
            self.frames = playable.frames
            self.complete = self._is_complete(playable)
            waited = (time.monotonic() - begin) - (time.thread_time() - cpu)
            return Step(tuple(grown), self.complete, waited)

    def _read_original(self, playable: Playable, cancel: CancelToken, seconds: float) -> bool:
        original = None if self._lost else playable.original
        if original is None or not playable.known:
            return False
        pyramid = self._pyramid(ORIGINAL)
        end = time.monotonic() + seconds
        any_read = False
        for start, stop in blocks(without([(0, playable.known)], pyramid.covers())):
            cancel.check()
            samples = self._original_block(original, start, stop)
            if samples is None:
                break
            pyramid.add(start, samples)
            any_read = True
            if time.monotonic() >= end:
                break
        return any_read

    def _read_stems(self, playable: Playable, cancel: CancelToken, seconds: float) -> bool:
        names = playable.stems
        if not names:
            return False
        if self.energies is None or self.energies.stems != names:
            self.energies, self._measured = Energies(names), ()
        original = None if self._lost else playable.original
        limit = playable.known if original is not None and not playable.complete else None
        end = time.monotonic() + seconds
        any_read = False
        for start, stop in blocks(without(_up_to(playable.final(), limit), self._measured)):
            cancel.check()
            stems = [playable.stem(name).read(start, stop - start) for name in names]
            whole = None if original is None else self._original_block(original, start, stop)
            self.energies.add(stems, whole)
            for name, samples in zip(names, stems, strict=True):
                self._pyramid(name).add(start, samples)
            self._measured = without([*self._measured, (start, stop)], ())
            any_read = True
            if time.monotonic() >= end:
                break
        return any_read

    def _original_block(self, original: Reader, start: int, stop: int) -> Any:
        try:
            return original.read(start, stop - start)
        except StemDeskError as error:
            log.warning("the original cannot be drawn: %s", error)
            self._lost = True
            self.pyramids.pop(ORIGINAL, None)
            return None

    def _pyramid(self, name: str) -> Pyramid:
        if name not in self.pyramids:
            self.pyramids[name] = Pyramid(self.samplerate, self.frames)
        return self.pyramids[name]

    def _is_complete(self, playable: Playable) -> bool:
        if not playable.complete or not playable.stems:
            return False
        whole = [(0, playable.frames)]
        original = self.pyramids.get(ORIGINAL)
        unread = original is not None and without([(0, playable.known)], original.covers())
        return not unread and not without(whole, self._measured)


def blocks(ranges: Iterable[Range]) -> Iterator[Range]:
    """The ranges in pieces of at most BLOCK_FRAMES that end at its multiples."""
    for begin, end in ranges:
        place = begin
        while place < end:
            stop = min(end, (place // BLOCK_FRAMES + 1) * BLOCK_FRAMES)
            yield place, stop
            place = stop


def _up_to(ranges: Iterable[Range], limit: int | None) -> Iterator[Range]:
    for begin, end in ranges:
        yield begin, end if limit is None else min(end, limit)


class WaveCache:
    """Complete `SongWaves` on disk: a folder for each song, the ones unused for longest removed
    when there are more than `cap_bytes`. What is damaged counts as not there."""

    def __init__(self, folder: Path, cap_bytes: int = CACHE_BYTES) -> None:
        self._folder = folder
        self._cap_bytes = cap_bytes

    def load(self, key: str) -> SongWaves | None:
        """What was saved under this key, complete; else None."""
        folder = self._place(key)
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            index = json.loads((folder / _INDEX).read_bytes())
            waves = SongWaves(int(index["samplerate"]), int(index["frames"]))
            waves.energies = Energies.from_json(index["energies"])
            for number, name in enumerate(index["names"]):
                pyramid = Pyramid.load(folder / f"{number}.peaks")
                if pyramid is None or pyramid.samplerate != waves.samplerate:
                    return None
                waves.pyramids[str(name)] = pyramid
            waves.complete = True
            os.utime(folder)
            return waves
        return None

    def save(self, key: str, waves: SongWaves) -> None:
        """Keep them. A full or read-only disk is no error: they are read again next time."""
        if waves.energies is None:
            return
        folder = self._place(key)
        names = list(waves.pyramids)
        index = {
            "samplerate": waves.samplerate,
            "frames": waves.frames,
            "names": names,
            "energies": waves.energies.to_json(),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number, name in enumerate(names):
                waves.pyramids[name].save(folder / f"{number}.peaks")
            replace_file(folder / _INDEX, json.dumps(index).encode())  # last: then it counts
            self._clean(folder)
        except OSError as error:
            log.warning("waveforms are not kept: %s", error)

    def _place(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _clean(self, kept: Path) -> None:
        songs = sorted(
            ((path.stat().st_mtime_ns, path) for path in self._folder.glob("[0-9a-f]" * 32)),
            reverse=True,
        )
        left = self._cap_bytes
        for _, path in songs:
            left -= sum(file.stat().st_size for file in path.iterdir())
            if left < 0 and path != kept:
                shutil.rmtree(path, ignore_errors=True)
