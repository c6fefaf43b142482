"""A finished song, as the player plays it: its saved stems, and the original beside them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import soundfile

from stemdesk.audio.originals import Extent, Handle, Original, Originals
from stemdesk.audio.playable import Range, Reader
from stemdesk.audio.reader import StemReader
from stemdesk.audio.store import Samples
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.files import is_file
from stemdesk.jobs.folder import Manifest, read_manifest

_LOSSLESS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC")
"""libsndfile's names of the formats that can be read from any frame exactly."""


class SavedSong:
    """A `Playable` of a song folder. Stems in a lossy format or at another rate than the manifest
    says are decoded once, in order, into the playback cache; until then they end early. The
    original comes from there, too: from the job's mix, or decoded anew if its file, `source` or
    the one in the folder, is still the one that was split; else there is none.
    """

    def __init__(
        self, folder: Path, source: Path, originals: Originals, *, with_original: bool = True
    ) -> None:
        """`with_original`: else there is none, and nothing is decoded for it. Raises `SourceError`:
        STEMS_MISSING, and as `StemReader`."""
        manifest = read_manifest(folder)
        if manifest is None or not manifest.files:
            raise SourceError(ErrorCode.STEMS_MISSING, path=folder, retryable=True)
        self.samplerate = manifest.samplerate
        self.stems = tuple(file.stem for file in manifest.files)
        self._folder = folder
        if manifest.beside.original and not is_file(source):
            source = folder / manifest.beside.original
        with contextlib.ExitStack() as stack:
            self._decoded: list[Original] = []
            self._readers = self._open_stems(manifest, originals, stack)
            self._original: Handle | None = None
            if manifest.fingerprint and with_original:
                handle = originals.open(source, self.samplerate, manifest.fingerprint)
                self._original = stack.enter_context(handle)
            self._frames = self._length(manifest)
            self._stack = stack.pop_all()

    @property
    def frames(self) -> int:
        return self._frames

    @property
    def complete(self) -> bool:
        extents = [original.extent for original in self._all_decoded()]
        return all(extent.complete or extent.error is not None for extent in extents)

    @property
    def known(self) -> int:
        return min(self._extent.known, self._frames)

    @property
    def original(self) -> Reader | None:
        if self._original is None or self._extent.error is not None:
            return None
        return self._original.original

    def stem(self, name: str) -> Reader:
        return self._readers[name]

    def final(self) -> tuple[Range, ...]:
        extents = [original.extent for original in self._decoded]
        # what cannot be decoded counts as there: reading it says why
        ends = [it.known for it in extents if not it.complete and it.error is None]
        end = min([self._frames, *ends])
        return ((0, end),) if end else ()

    def want(self, frame: int, speed: float = 0.0) -> None:
        """Everything is there, or on its way."""

    def close(self) -> None:
        self._stack.close()

    @property
    def _extent(self) -> Extent:
        return Extent() if self._original is None else self._original.original.extent

    def _all_decoded(self) -> list[Original]:
        own = [] if self._original is None else [self._original.original]
        return self._decoded + own

    def _open_stems(
        self, manifest: Manifest, originals: Originals, stack: contextlib.ExitStack
    ) -> Mapping[str, Reader]:
        readers: dict[str, Reader] = {}
        for file in manifest.files:
            path = self._folder / file.name
            if _is_direct(path, self.samplerate):
                readers[file.stem] = stack.enter_context(StemReader(path))
                continue
            handle = stack.enter_context(originals.open(path, self.samplerate))
            self._decoded.append(handle.original)
            readers[file.stem] = _Decoded(handle.original)
        return readers

    def _length(self, manifest: Manifest) -> int:
        """Frames of the longest stem; what the manifest says where stems are decoded first."""
        lengths = [it.frames for it in self._readers.values() if isinstance(it, StemReader)]
        return max([*lengths, manifest.frames if self._decoded else 0])


class _Decoded:
    """A stem that is decoded into the cache."""

    def __init__(self, original: Original) -> None:
        self._original = original

    def read(self, start: int, frames: int) -> Samples:
        error = self._original.extent.error
        if error is not None:
            raise error
        return self._original.read(start, frames)


def _is_direct(path: Path, samplerate: int) -> bool:
    """Whether a stem can be read as it lies there. What cannot be opened is: `StemReader` says
    why."""
    try:
        with soundfile.SoundFile(path) as file:
            return file.samplerate == samplerate and file.format in _LOSSLESS
    except (soundfile.SoundFileError, OSError):
        return not path.is_file() or path.suffix.lower() in (".wav", ".flac")
