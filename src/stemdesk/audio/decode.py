"""Any media file -> blocks of float32 stereo at a given sample rate, in order, in constant memory.

What was decoded is counted; declared lengths are not believed. FFmpeg (through PyAV) already
leaves out the priming of MP3, M4A and Opus; put right here is what it gets wrong: the end of M4A
and Ogg, the start of raw AAC and of FFmpeg's own WMA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stemdesk.audio.open_media import (
    AUDIO_SUFFIXES,
    MAX_CHANNELS,
    MAX_RATE,
    MIN_RATE,
    Media,
    MediaInfo,
    check_frame,
    open_media,
    stream_s,
)
from stemdesk.audio.resample import BlockResampler
from stemdesk.audio.stereo import Samples, StereoConverter, zero_not_finite
from stemdesk.core.errors import ErrorCode
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
_HELD = 8192  # frames: more than the padding at the end of any codec's last frames
_MISSING_S = 0.25  # may be missing unsaid: containers round up to whole codec frames
_MOST_SILENCE_S = 10.0  # for one broken packet: a broken length must not fill the disk


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
                seconds = packet.duration * packet.time_base if packet.duration else 0
                song.note_broken(str(error), float(seconds))
                continue
            yield from frames  # type: ignore[misc]  # an audio stream decodes to audio frames
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
        self._silence_s = 0.0  # for broken packets, owed if a frame follows
        self._lost_s = 0.0

    @property
    def _seconds(self) -> float:
        blocks = self._blocks
        return self._before_s + (blocks.frames / blocks.samplerate if blocks else 0.0)

    def check_length(self, seconds: float) -> None:
        if seconds > self._limit_s:
            raise self._media.error(
                ErrorCode.SOURCE_TOO_LONG, length_s=seconds, limit_s=self._limit_s
            )

    def note_broken(self, detail: str, seconds: float) -> None:
        """A packet of so many seconds could not be decoded."""
        self._broken = self._broken or detail
        self._silence_s += min(max(seconds, 0.0), _MOST_SILENCE_S)

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
        blocks = self._blocks
        if first:
            self._silence_s = 0.0  # what breaks before the first frame was no music
            if self._drops_first():
                return
            self._add_silence(self._lost_at_start(frame))
        elif self._silence_s:
            self._lost_s += self._silence_s
            self._add_silence(round(self._silence_s * blocks.samplerate))
            self._silence_s = 0.0
        samples = self._converter.convert(frame)
        self._bad_samples += zero_not_finite(samples)
        blocks.add(samples)
        self.check_length(self._seconds)
        if self._media.info.declared_s:
            self._report(min(1.0, self._seconds / self._media.info.declared_s))

    def finish(self) -> Decoded:
        """Write the rest; raise if there was nothing at all."""
        media = self._media
        if self._blocks is not None and media.source.error is None:
            self._blocks.finish(self._padding(self._blocks))
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
        self._converter = StereoConverter(frame)
        if self._blocks is None or self._blocks.samplerate != rate:
            if self._blocks is not None:
                self._blocks.finish()
                self._before_s = self._seconds
                self._before_frames += self._blocks.written
            self._blocks = BlockResampler(rate, self._target, self._write, held=_HELD)

    def _add_silence(self, frames: int) -> None:
        assert self._blocks is not None
        if frames:
            self._blocks.add(np.zeros((frames, 2), np.float32))

    def _drops_first(self) -> bool:
        """Raw AAC: its decoder starts one frame early, and nothing in the file says so."""
        return self._media.info.container == "aac"

    def _lost_at_start(self, first: AudioFrame) -> int:
        """WMA: FFmpeg's decoder leaves out two codec frames, its encoder puts only one there."""
        made_by = self._media.container.metadata.get("encoder", "")
        codec = self._media.info.codec
        return first.samples if codec in ("wmav1", "wmav2") and made_by.startswith("Lavf") else 0

    def _padding(self, blocks: BlockResampler) -> int:
        """Frames at the end that only fill a codec frame: M4A, and Ogg of a single page."""
        names = self._media.info.container.split(",")
        seconds = stream_s(self._media.stream)  # a fragmented file knows it only now
        if seconds is None or self._before_frames or not {"mov", "ogg"} & set(names):
            return 0
        surplus = blocks.frames - round(seconds * blocks.samplerate)
        return surplus if 0 < surplus <= _HELD else 0

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
                    {"decoded_s": self._seconds, "declared_s": declared_s},
                )
            )
        if self._bad_samples:
            notices.append(Notice(NoticeCode.NOT_FINITE, {"samples": self._bad_samples}))
        if self._most_channels > 2:
            notices.append(Notice(NoticeCode.DOWNMIXED, {"channels": self._most_channels}))
        return tuple(notices)
