"""The playback cache: decoded sound as raw float32, so that it can be read from any frame at once.

    <folder>/<name>-<any>.f32   float32, interleaved: frame 0 left, frame 0 right, frame 1 left, …
    <folder>/<name>.json        written last: key, file, samplerate, frames, facts

`<name>` is a hash of the key, which names the content (`original_key`). What is without its JSON,
cut off or not understood is not there. A JSON's date is when it was used last: what was not used
for the longest time goes first. Several processes may share the folder; a volume without room
means that nothing is kept, and is no failure.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stemdesk.audio.raw_reader import FRAME_BYTES, Samples
from stemdesk.core.errors import free_bytes
from stemdesk.core.files import replace_file
from stemdesk.log import log

RESERVE_BYTES = 256 << 20
"""So much of a volume is left to others."""
_VERSION = 1  # counts up when the decoder gives other samples
_LOOK_FRAMES = 20 * 44_100  # how often a growing file asks for the free room
_OURS = "[0-9a-f]" * 32  # other files in the folder are not ours to remove
_LEFT_BEHIND_S = 2 * 86_400.0  # a file without JSON is nobody's after this


@dataclass(frozen=True, slots=True)
class Raw:
    """A whole raw file. `frames` at `samplerate` hertz. `facts`: what whoever wrote it knew."""

    path: Path
    samplerate: int
    frames: int
    facts: dict[str, Any] = field(default_factory=dict)


def original_key(fingerprint: str, samplerate: int) -> str:
    """Names a file's sound: its fingerprint (`core.track`), decoded at `samplerate` hertz."""
    return f"original {fingerprint} {samplerate}"


class PlayCache:
    """A folder of decoded sound, `cap_bytes` at most. Every method may be called from any thread;
    none raises for what happens on the disk."""

    def __init__(self, folder: Path, cap_bytes: int) -> None:
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._folder = folder
        self._cap_bytes = cap_bytes
        self._held: Counter[Path] = Counter()  # files that this process reads or writes
        self._over = False  # the cap is not kept, because of them
        self._spare: set[Path] = set()  # of those: another file was kept for the same key first

    @property
    def folder(self) -> Path:
        return self._folder

    def move(self, folder: Path, cap_bytes: int) -> None:
        """Use another folder or cap from now on; what is read goes on being read."""
        self._folder, self._cap_bytes = folder, cap_bytes

    def find(self, key: str) -> Raw | None:
        """What is kept for `key`; it counts as used."""
        path = self._json(key)
        raw = _read(path, key)
        if raw is not None:
            with contextlib.suppress(OSError):  # another process has just removed it
                os.utime(path)
        return raw

    def take(self, key: str) -> Raw | None:
        """The same, held until `let_go`."""
        raw = self.find(key)
        if raw is None:
            return None
        self.hold(raw.path)
        if not raw.path.is_file():  # somebody needed the room just now
            self.let_go(raw.path)
            return None
        return raw

    def begin(self, key: str, samplerate: int) -> Filling:
        """A new file for `key`, which grows. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Filling(self, key, samplerate, self._fresh(key))

    def adopt(self, key: str, path: Path, samplerate: int, facts: dict[str, Any]) -> bool:
        """Keep the raw file `path`, of the same layout, for `key`; whether that went well.

        Both names then stand for one file, where the file system can do that; else it is moved.
        It is not copied: on another volume it stays where it is.
        """
        if self.find(key) is not None:
            return True
        target, kept = self._fresh(key), False
        try:
            size = path.stat().st_size
            if size > self._cap_bytes:
                return False
            self._folder.mkdir(parents=True, exist_ok=True)
            with self.holding(target):
                _link_or_move(path, target)
                self.keep(key, Raw(target, samplerate, size // FRAME_BYTES, facts))
            kept = True
        except OSError as error:
            log.info("not kept for playing: %s", error)
        finally:
            if not kept:
                _remove(target)
        return kept

    def keep(self, key: str, raw: Raw) -> None:
        """The file, which is held, is whole and counts from now on. Where the same was decoded
        twice at the same time, the first one counts and the other goes when it is let go. Raises
        `OSError`."""
        value = {
            "version": _VERSION,
            "key": key,
            "file": raw.path.name,
            "samplerate": raw.samplerate,
            "frames": raw.frames,
            "facts": raw.facts,
        }
        with self._keeping:
            if self.find(key) is not None:
                with self._lock:
                    self._spare.add(raw.path)
                return
            replace_file(self._json(key), json.dumps(value).encode("ascii"))
        self.trim()

    @contextmanager
    def holding(self, path: Path) -> Iterator[None]:
        """This process does not remove the file meanwhile."""
        self.hold(path)
        try:
            yield
        finally:
            self.let_go(path)

    def hold(self, path: Path) -> None:
        with self._lock:
            self._held[path] += 1

    def let_go(self, path: Path) -> None:
        with self._lock:
            self._held[path] -= 1
            if self._held[path]:
                return
            del self._held[path]
            over, spare = self._over, path in self._spare
            self._spare.discard(path)
        if spare:
            _remove(path)
        if over:
            self.trim()

    def trim(self) -> None:
        """Remove what was not used for the longest time until the cap is kept, and what dead
        processes have left."""
        with self._lock:
            held = set(self._held)
        kept = sorted(self._entries(), key=lambda entry: entry[0])
        named = {raw.path for _, _, raw in kept}
        total = 0
        for path, size, changed in _files(self._folder):
            if path in named or path in held:
                total += size
            elif time.time() - changed > _LEFT_BEHIND_S:
                _remove(path)
        for _, path, raw in kept:
            if total <= self._cap_bytes:
                break
            with self._lock:  # held now, maybe
                removed = raw.path not in self._held and _remove(raw.path)
            if removed:
                _remove(path)
                total -= raw.frames * FRAME_BYTES
        self._over = total > self._cap_bytes

    def size_bytes(self) -> int:
        """What it takes on the disk."""
        return sum(size for _, size, _ in _files(self._folder))

    def _entries(self) -> Iterator[tuple[float, Path, Raw]]:
        """When it was used last, its JSON, the file; JSONs without a whole file are removed."""
        with contextlib.suppress(OSError):  # there is no folder yet
            for path in list(self._folder.glob(f"{_OURS}.json")):
                raw = _read(path)
                if raw is None:
                    _remove(path)
                    continue
                with contextlib.suppress(OSError):
                    yield path.stat().st_mtime, path, raw

    def _json(self, key: str) -> Path:
        return self._folder / f"{_name(key)}.json"

    def _fresh(self, key: str) -> Path:
        return self._folder / f"{_name(key)}-{uuid.uuid4().hex[:8]}.f32"


class Filling:
    """A file of the cache while it grows: one thread appends, any may read what is there."""

    def __init__(self, cache: PlayCache, key: str, samplerate: int, path: Path) -> None:
        """Raises `OSError`."""
        self.path = path
        self.samplerate = samplerate
        self.frames = 0
        self._cache = cache
        self._key = key
        self._looked = -_LOOK_FRAMES
        self._file = path.open("xb", buffering=0)
        cache.hold(path)

    def append(self, block: Samples) -> None:
        """Write float32 [2, frames] behind what is there. Raises `OSError`, also where the volume
        is nearly full."""
        if self.frames - self._looked >= _LOOK_FRAMES:
            self._looked = self.frames
            if free_bytes(self.path.parent) < RESERVE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        data = np.ascontiguousarray(block.T, dtype=np.float32)
        view = data.reshape(-1).view(np.uint8).data
        while view:  # a nearly full disk takes a part and then raises
            view = view[self._file.write(view) :]
        self.frames += block.shape[1]

    def finish(self, facts: dict[str, Any]) -> Raw:
        """It is whole: keep it. The file stays held. Raises `OSError`."""
        os.fsync(self._file.fileno())
        self._file.close()
        raw = Raw(self.path, self.samplerate, self.frames, facts)
        self._cache.keep(self._key, raw)
        return raw

    def abandon(self) -> None:
        """It will not become whole: remove it. For whoever did not `finish`."""
        self._file.close()
        self._cache.let_go(self.path)
        _remove(self.path)


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _read(path: Path, key: str | None = None) -> Raw | None:
    """The entry of a JSON, if it is for `key` and its file is whole."""
    try:
        value = json.loads(path.read_bytes())
        file = path.with_name(Path(value["file"]).name)
        raw = Raw(file, int(value["samplerate"]), int(value["frames"]), dict(value["facts"]))
        known = value["version"] == _VERSION and key in (None, value["key"])
        whole = file.stat().st_size == raw.frames * FRAME_BYTES
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return raw if known and whole else None


def _link_or_move(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # FAT, or another volume: then this raises, too
        path.rename(target)


def _files(folder: Path) -> list[tuple[Path, int, float]]:
    """Raw files: path, bytes, when they were written last."""
    found = []
    with contextlib.suppress(OSError):  # there is no folder yet
        for path in folder.glob(f"{_OURS}-????????.f32"):
            with contextlib.suppress(OSError):  # removed while we looked
                facts = path.stat()
                found.append((path, facts.st_size, facts.st_mtime))
    return found


def _remove(path: Path) -> bool:
    """Whether it is gone; Windows does not remove open files."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
