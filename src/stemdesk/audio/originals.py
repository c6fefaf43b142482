"""Songs as they are, decoded once for whoever wants to hear, draw or separate them.

Each song that is open has one decoding thread, which fills a file of the playback cache in order;
all who have the song open read the same file while it grows. The last one who closes it stops the
thread. What was decoded before is there at once.
"""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from stemdesk.audio.play_cache import Filling, PlayCache, Raw, original_key
from stemdesk.audio.raw_reader import RawReader, Samples
from stemdesk.core.errors import (
    Cancelled,
    ErrorCode,
    SourceError,
    StemDeskError,
    write_error,
)
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import fingerprint
from stemdesk.log import log
from stemdesk.priority import rushing

if TYPE_CHECKING:
    from stemdesk.audio.decode import Decoded

LEAD_S = 60
"""So far ahead of who follows it a song is decoded. Decoding beside a network costs the network
more than it costs the decoder."""
RUSH_LEAD_S = 40
"""So far ahead of who hears it while somebody waits for something else (`priority.rush`)."""
_SOON_S = 2
_REST_S = 0.05
_PATIENCE_S = 2.0  # for a decoder that hangs, on a network drive maybe


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a song is there, at one moment: `known` frames can be read; it has `frames`, as
    declared (0: not known) until it is `complete`. `error`: why there is no more of it, and then
    nothing of it can be read."""

    known: int = 0
    frames: int = 0
    complete: bool = False
    error: StemDeskError | None = None


class Original:
    """One song's sound at one rate. Read by any thread, filled by one of its own."""

    def __init__(self, cache: PlayCache, source: Path, samplerate: int, mark: str = "") -> None:
        """`mark`: the fingerprint that the file must have; "" for the one it has."""
        self.source = source
        self.samplerate = samplerate
        self.users = 0  # kept by `Originals`
        self.extent = Extent()
        self.raw: Raw | None = None  # once it is complete
        self.mark = mark
        self._cache = cache
        self._cancel = CancelToken()
        self._reader: RawReader | None = None
        self._held: Path | None = None
        self._heard = 0  # what was heard last ends here
        self._followed: int | None = None
        self._wanted = 0  # by so many who wait for all of it
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    @property
    def path(self) -> Path | None:
        """The raw file, once there is one."""
        reader = self._reader
        return None if reader is None else reader.path

    def start(self) -> None:
        """Look into the cache, and decode on a thread of its own what is not there."""
        if self.mark and self._look(original_key(self.mark, self.samplerate)):
            return
        self._thread = threading.Thread(target=self._run, name="original", daemon=True)
        self._thread.start()

    def read(self, start: int, frames: int, *, heard: bool = False) -> Samples:
        """float32 [2, frames] from frame `start` (>= 0); zeros beyond what is there. `heard`: by a
        person, so that it is decoded as far ahead of there, too; not only drawn."""
        if heard:
            self._heard = start + frames
        reader = self._reader
        if reader is None:
            return np.zeros((2, frames), np.float32)
        return reader.read(start, frames)

    def read_there(self, start: int, frames: int) -> Samples:
        """The same without the zeros. Raises `OSError`."""
        reader = self._reader
        if reader is None:
            raise FileNotFoundError(self.source)
        return reader.read_there(start, frames)

    def follow(self, frame: int | None) -> None:
        """Somebody works through the song and has come to `frame`; None: nobody does any more."""
        with self._changed:
            self._followed = frame
            self._changed.notify_all()

    def want_all(self, more: int) -> None:
        """So many `more` wait for all of it, whoever follows it, or less."""
        with self._changed:
            self._wanted += more
            self._changed.notify_all()

    def wait(self, known: int, timeout_s: float) -> Extent:
        """How far it is there: once that is more than `known`, or after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.extent.known > known or self.extent.complete or self.extent.error,
                timeout_s,
            )
            return self.extent

    def stop(self) -> None:
        """Nobody wants it any more."""
        self._cancel.cancel()
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout_s: float = _PATIENCE_S) -> bool:
        """Let everything go; whether the thread ended in time."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():
                log.warning("a decoder did not stop; it is left behind")
                return False
        if self._held is not None:
            self._cache.let_go(self._held)
            self._held = None
        return True

    def _look(self, key: str) -> bool:
        """Take what the cache has."""
        raw = self._cache.take(key)
        if raw is None:
            return False
        self._held = raw.path
        self._reader, self.raw = RawReader(raw.path), raw
        self._be(Extent(raw.frames, raw.frames, complete=True))
        return True

    def _be(self, extent: Extent) -> None:
        with self._changed:
            self.extent = extent
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._decode()
        except Cancelled:
            pass  # nobody hears it any more
        except StemDeskError as error:
            log.info("%s cannot be heard: %s", self.source, error)
            self._be(Extent(error=error))
        except Exception as error:  # the thread's edge: a song that is not heard, no more
            log.exception("a decoder failed unexpectedly")
            self._be(Extent(error=StemDeskError(ErrorCode.INTERNAL, repr(error))))

    def _decode(self) -> None:
        mark = fingerprint(self.source)
        if self.mark and mark != self.mark:
            raise SourceError(ErrorCode.SOURCE_CHANGED, path=self.source)
        self.mark = mark
        key = original_key(mark, self.samplerate)
        if self._look(key):
            return
        try:
            filling = self._cache.begin(key, self.samplerate)
        except OSError as error:
            raise write_error(error, self._cache.folder) from error
        try:
            self._fill(filling)
        except BaseException as error:  # also cancelled: nothing half-decoded stays
            self._reader = None
            filling.abandon()
            if isinstance(error, OSError):
                raise write_error(error, self._cache.folder) from error
            raise

    def _fill(self, filling: Filling) -> None:
        from stemdesk.audio.decode import decode, probe

        declared = int((probe(self.source).declared_s or 0.0) * self.samplerate)
        self._reader = RawReader(filling.path)
        self._be(Extent(frames=declared))

        def write(block: Samples) -> None:
            filling.append(block)
            self._be(Extent(filling.frames, max(declared, filling.frames)))
            self._rest()

        decoded = decode(self.source, self.samplerate, write, cancel=self._cancel)
        if fingerprint(self.source) != self.mark:
            raise SourceError(ErrorCode.SOURCE_CHANGED, path=self.source, retryable=True)
        raw = filling.finish(source_facts(decoded))
        self._held, self.raw = raw.path, raw
        self._be(Extent(raw.frames, raw.frames, complete=True))

    def _rest(self) -> None:
        """Wait while there is enough for now."""
        while True:
            self._cancel.check()
            with self._changed:
                if self.extent.known < self._enough():
                    return
                self._changed.wait(_REST_S)

    def _enough(self) -> float:
        """Up to this frame it is decoded now: all of it, unless somebody follows and nobody waits
        for all, or somebody waits for something else."""
        if rushing():  # and who follows it says when it has enough
            soon = 0 if self._followed is None else self._followed + _SOON_S * self.samplerate
            return max(soon, self._heard + RUSH_LEAD_S * self.samplerate)
        if self._followed is None or self._wanted:
            return math.inf
        return max(self._followed, self._heard) + LEAD_S * self.samplerate


def source_facts(decoded: Decoded) -> dict[str, Any]:
    """What decoding found out about a source, as it is kept beside the samples."""
    return {
        "source_samplerate": decoded.source_samplerate,
        "source_channels": decoded.source_channels,
        "notices": json.dumps([notice.to_json() for notice in decoded.notices]),
    }


class Handle:
    """Somebody's hold on a song, until `close`."""

    def __init__(self, owner: Originals, original: Original) -> None:
        self.original = original
        self._owner: Originals | None = owner

    def close(self) -> None:
        """Let it go; the last one ends its decoding. May be called again."""
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.let_go(self.original)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Originals:
    """The songs that are open now. Every method may be called from any thread."""

    def __init__(self, cache: PlayCache) -> None:
        self.cache = cache
        self._lock = threading.Lock()
        self._open: dict[Any, Original] = {}
        self._closed = False

    def open(self, source: Path, samplerate: int, mark: str = "") -> Handle:
        """The song in the file `source` at `samplerate` hertz, from the cache or decoded from now
        on. Returns at once. `mark`: as for `Original`; what the cache has of it serves even if
        the file is gone."""
        with self._lock:
            original = self._open.get((source, samplerate, mark))
            if original is None or original.extent.error is not None:
                original = Original(self.cache, source, samplerate, mark)
                self._open[source, samplerate, mark] = original
                if not self._closed:
                    original.start()
            original.users += 1
            return Handle(self, original)

    def share(self, source: Path, samplerate: int, mark: str) -> Handle | None:
        """The same if nothing has to be decoded for it that is not being decoded already."""
        with self._lock:
            going = [
                original
                for (path, rate, wanted), original in self._open.items()
                if (path, rate) == (source, samplerate) and wanted in ("", mark)
                if original.extent.error is None
            ]
            if going:
                going[0].users += 1
                return Handle(self, going[0])
        if self.cache.find(original_key(mark, samplerate)) is None:
            return None
        return self.open(source, samplerate, mark)

    def let_go(self, original: Original) -> None:
        with self._lock:
            original.users -= 1
            if original.users:
                return
            self._open = {key: it for key, it in self._open.items() if it is not original}
        original.stop()
        original.join()

    def close(self, timeout_s: float = _PATIENCE_S) -> bool:
        """The end of the app: stop all decoding; whether it ended in time."""
        with self._lock:
            self._closed = True
            left = list(self._open.values())
        for original in left:
            original.stop()
        ended = [original.join(timeout_s) for original in left]
        return all(ended)
