"""Any media file -> blocks of float32 stereo at a given sample rate, in order, in constant memory.

What was decoded is counted; declared lengths are not believed. What FFmpeg (through PyAV) gets
wrong about starts and ends is in `quirks`, opening a file safely in `open_media`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stemdesk.audio.open_media import (
    MAX_CHANNELS,
    MAX_RATE,
    MIN_RATE,
    Media,
    MediaInfo,
    check_frame,
    open_media,
)
from stemdesk.audio.quirks import (
    MAX_PADDING,
    GapFinder,
    first_frame_is_priming,
    frames_lost_at_start,
    padding_at_end,
)
from stemdesk.audio.resample import BLOCK, BlockResampler
from stemdesk.audio.sniff import AUDIO_SUFFIXES
from stemdesk.audio.stereo import Samples, StereoConverter, zero_not_finite
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.audio import AudioFrame

__all__ = [
    "AUDIO_SUFFIXES",
    "MAX_CHANNELS",
    "MAX_RATE",
    "MIN_RATE",
    "Decoded",
    "MediaInfo",
    "decode",
    "probe",
]

DAY_S = 24 * 3600.0
_MISSING_S = 0.25  # may be missing unsaid: containers round up to whole codec frames


@dataclass(frozen=True, slots=True)
class Decoded:
    """`frames`: written, at `samplerate`. `source_samplerate`, `source_channels`: of the first
    decoded frame."""

    frames: int
    samplerate: int
    source_samplerate: int
    source_channels: int
    notices: tuple[Notice, ...]


def probe(path: Path) -> MediaInfo:
    """What the file declares, without decoding it. Raises `SourceError` (see `open_media`)."""
    with open_media(path, CancelToken()) as media:
        return media.info


def decode(
    path: Path,
    samplerate: int,
    write: Callable[[Samples], None],
    *,
    limit_s: float = DAY_S,
    report: Callable[[float], None] = lambda _: None,
    cancel: CancelToken,
) -> Decoded:
    """Decode the first audio track of `path`.

    `write` is given contiguous blocks float32 [2, frames] of up to 65536 frames, in order;
    `report` a fraction, 0 to 1. Raises `SourceError`: those of `open_media`, SOURCE_NO_FRAMES, and
    SOURCE_TOO_LONG over `limit_s` seconds, declared or decoded; `Cancelled`; what `write` raises.
    """
    with open_media(path, cancel) as media:
        song = _Song(media, samplerate, write, limit_s, report)
        song.check_length(media.promised_s or 0.0)
        for frame in _frames(media, song, cancel):
            cancel.check()
            song.add(frame)
        cancel.check()
        return song.finish()


def _frames(media: Media, song: _Song, cancel: CancelToken) -> Iterator[AudioFrame]:
    """The decoded frames. Broken packets are counted and passed over."""
    import av

    try:
        for packet in media.container.demux(media.stream):
            cancel.check()
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError) as error:
                song.note_broken(str(error))
                continue
            yield from frames
    except (av.FFmpegError, OSError) as error:
        song.note_cut_off(str(error))


class _Song:
    """What is known while a song is decoded, and the way of a frame to `write`."""

    def __init__(
        self,
        media: Media,
        samplerate: int,
        write: Callable[[Samples], None],
        limit_s: float,
        report: Callable[[float], None],
    ) -> None:
        self._media = media
        self._target = samplerate
        self._write = write
        self._limit_s = limit_s
        self._report = report
        self._converter: StereoConverter | None = None
        self._blocks: BlockResampler | None = None
        self._source = (0, 0)  # samplerate, channels of the first frame
        self._most_channels = 0
        self._before_s = 0.0  # of blocks finished before a change of the rate
        self._before_frames = 0  # the same, at the target's rate
        self._bad_samples = 0
        self._broken = ""  # the first error met
        self._cut_off = False
        self._gaps = GapFinder()
        self._lost_s = 0.0  # silence put in for what was lost in mid-song

    @property
    def _seconds(self) -> float:
        blocks = self._blocks
        return self._before_s + (blocks.frames / blocks.samplerate if blocks else 0.0)

    def check_length(self, seconds: float) -> None:
        if seconds > self._limit_s:
            raise SourceError(
                ErrorCode.SOURCE_TOO_LONG,
                path=self._media.path,
                length_s=seconds,
                limit_s=self._limit_s,
            )

    def note_broken(self, detail: str) -> None:
        """A packet could not be decoded."""
        self._broken = self._broken or detail
        self._gaps.damaged = True

    def note_cut_off(self, detail: str) -> None:
        """The container could not be read on; Ogg whose second song has another rate, too."""
        self._broken = self._broken or detail
        self._cut_off = True

    def add(self, frame: AudioFrame) -> None:
        """Take one decoded frame."""
        if not frame.samples:
            return
        first = self._converter is None
        if self._converter is None or not self._converter.fits(frame):
            self._prepare(frame)
        assert self._converter is not None and self._blocks is not None
        gap_s = self._gaps.before(frame)
        if first and first_frame_is_priming(self._media):
            return
        if first:
            self._add_silence(frames_lost_at_start(self._media, frame))
        elif gap_s:
            self._lost_s += gap_s
            self._add_silence(round(gap_s * frame.sample_rate))
        samples = self._convert(self._converter, frame)
        self._bad_samples += zero_not_finite(samples)
        self._blocks.add(samples)
        self.check_length(self._seconds)
        if self._media.info.declared_s:
            self._report(min(1.0, self._seconds / self._media.info.declared_s))

    def finish(self) -> Decoded:
        """Write the rest; raise if there was nothing at all."""
        media = self._media
        if self._blocks is not None and media.source.error is None:
            blocks, one_rate = self._blocks, not self._before_frames
            padding = padding_at_end(media, blocks.frames, blocks.samplerate) if one_rate else 0
            blocks.finish(padding)
        frames = self._before_frames + (self._blocks.written if self._blocks else 0)
        if media.source.error is not None or not frames:
            known = media.info.samplerate and not self._broken  # no rate: rubbish named .flac
            code = ErrorCode.SOURCE_NO_FRAMES if known else ErrorCode.SOURCE_UNSUPPORTED
            raise media.error(code, self._broken)
        self._report(1.0)
        return Decoded(frames, self._target, *self._source, self._notices())

    def _prepare(self, frame: AudioFrame) -> None:
        """Get ready for frames like this one: the first, or one after a change in the stream."""
        rate, channels = frame.sample_rate, frame.layout.nb_channels
        check_frame(self._media.path, rate, channels)
        if self._converter is None:
            self._source = rate, channels
        self._most_channels = max(self._most_channels, channels)
        self._converter = StereoConverter(frame, self._media.order)
        if self._blocks is None or self._blocks.samplerate != rate:
            if self._blocks is not None:
                self._blocks.finish()
                self._before_s = self._seconds
                self._before_frames += self._blocks.written
            self._blocks = BlockResampler(rate, self._target, self._write, held=MAX_PADDING)

    def _convert(self, converter: StereoConverter, frame: AudioFrame) -> Samples:
        import av

        try:
            return converter.convert(frame)
        except (av.FFmpegError, OSError) as error:  # channels that FFmpeg has no matrix for
            detail = f"{frame.layout.name}, {frame.format.name}: {error}"
            raise self._media.error(ErrorCode.SOURCE_UNSUPPORTED, detail) from error

    def _add_silence(self, frames: int) -> None:
        assert self._blocks is not None
        for start in range(0, frames, BLOCK):
            self._blocks.add(np.zeros((min(BLOCK, frames - start), 2), np.float32))

    def _notices(self) -> tuple[Notice, ...]:
        notices = []
        promised_s = self._media.promised_s
        missing_s = self._lost_s + max(0.0, (promised_s or 0.0) - self._seconds)
        unsure = self._broken and not promised_s
        if missing_s >= _MISSING_S or unsure or self._cut_off:
            declared_s = promised_s or self._media.info.declared_s or 0.0
            notices.append(
                Notice(
                    NoticeCode.TRUNCATED,
                    {"decoded_s": self._seconds - self._lost_s, "declared_s": declared_s},
                )
            )
        if self._bad_samples:
            notices.append(Notice(NoticeCode.NOT_FINITE, {"samples": self._bad_samples}))
        if self._most_channels > 2:
            notices.append(Notice(NoticeCode.DOWNMIXED, {"channels": self._most_channels}))
        return tuple(notices)
