"""A song's sound for its export: its stems, and its own file at each rate that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from types import TracebackType
from typing import Self

from stemdesk.audio.originals import Originals
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.rendition import SongSound, needed_stems
from stemdesk.audio.whole_original import WholeOriginal, wait_for_stems, whole_original
from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.known import Known
from stemdesk.jobs.saved_song import SavedSong


class Sounds:
    """Open as long as a song is exported; a context manager."""

    def __init__(self, known: Known, originals: Originals, cancel: CancelToken) -> None:
        self._known = known
        self._originals = originals
        self._cancel = cancel
        self._stack = ExitStack()
        self._song: SavedSong | None = None
        self._whole: dict[int, WholeOriginal | StemDeskError] = {}  # by rate

    def __enter__(self) -> Self:
        """Raises `SourceError`, `Cancelled`, and what decoding stems in a lossy format raises."""
        song = self._known.song
        try:
            saved = SavedSong(song.folder, song.source, self._originals, with_original=False)
            self._song = self._stack.enter_context(closing(saved))
            wait_for_stems(saved, self._cancel)
        except BaseException:  # also cancelled: no file stays open
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def frames(self) -> int:
        """Of the stems, at the model's rate."""
        assert self._song is not None
        return self._song.frames

    def original(
        self, samplerate: int, report: Callable[[float], None]
    ) -> WholeOriginal | StemDeskError:
        """The song's own sound at this rate, or why there is none: a `SourceError` where it is
        gone, changed, or of another length than what was split; other errors are the cache's.
        Waits until it is decoded. Raises `Cancelled`."""
        found = self._whole.get(samplerate)
        if found is None:
            found = self._whole[samplerate] = self._open(samplerate, report)
        report(1.0)
        return found

    def at(
        self, samplerate: int, parts: Sequence[PartMix], whole: WholeOriginal | None, complete: bool
    ) -> SongSound:
        """What these parts need; all stems where `complete`."""
        assert self._song is not None
        names = needed_stems(parts, self._song.stems, complete=complete)
        sound = SongSound.of(self._song, names)
        if whole is None:
            return sound.at(samplerate)
        same = samplerate == self._song.samplerate
        return sound.at(samplerate, whole.reader, 0 if same else whole.frames)

    def _open(
        self, samplerate: int, report: Callable[[float], None]
    ) -> WholeOriginal | StemDeskError:
        known, manifest = self._known, self._known.manifest
        source = known.source if known.source is not None else known.song.source
        opened: AbstractContextManager[WholeOriginal] = whole_original(
            self._originals, source, samplerate, manifest.fingerprint, report, self._cancel
        )
        try:
            whole = self._stack.enter_context(opened)
        except StemDeskError as error:
            return error
        if not whole.fits(self.frames, manifest.samplerate):
            return SourceError(
                ErrorCode.SOURCE_CHANGED, f"{whole.frames} frames at {samplerate} Hz", path=source
            )
        return whole
