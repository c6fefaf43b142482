"""The sound of a video: where the old one begins, and the remix in its place."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stemdesk.audio.open_media import Media, open_media
from stemdesk.audio.quirks import first_frame_is_priming, frames_lost_at_start
from stemdesk.audio.reader import StemReader
from stemdesk.audio.resample import BlockResampler
from stemdesk.audio.stereo import Samples
from stemdesk.core.errors import ErrorCode
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.audio import AudioFrame, AudioStream
    from av.container import OutputContainer

_READ = 16_384  # frames read at a time
_BIT_RATE = 256_000
_ENCODERS = {FileKind.AAC: "aac", FileKind.OPUS: "libopus", FileKind.MP3: "libmp3lame"}


def sound_start_s(path: Path, cancel: CancelToken) -> float:
    """When the first frame that `audio.decode` gives of this file is heard, in seconds of the
    file's own clock.

    Raises `SourceError` (`open_media`, SOURCE_NO_FRAMES) and `Cancelled`.
    """
    with open_media(path, cancel) as media:
        frames = _frames(media, cancel)
        first = next(frames, None)
        if first is not None and first_frame_is_priming(media):
            first = next(frames, None)
        cancel.check()  # reading ends then as at the file's end
        if first is None:
            raise media.error(ErrorCode.SOURCE_NO_FRAMES)
        lost = frames_lost_at_start(media, first)
        return float(first.time or 0.0) - lost / first.sample_rate


def _frames(media: Media, cancel: CancelToken) -> Iterator[AudioFrame]:
    """Decoded frames; broken packets are passed over, as `decode` does."""
    import av

    with contextlib.suppress(av.FFmpegError, OSError):  # then there are no more
        for packet in media.container.demux(media.stream):
            cancel.check()
            with contextlib.suppress(av.FFmpegError, OSError):
                yield from (frame for frame in packet.decode() if frame.samples)


class RemixTrack:
    """A sound track in `container`, encoded from `sound` as far as it is needed.

    `codec`: AAC, OPUS or MP3. `start_s`: seconds of silence in front of it; below 0: so much of the
    sound is left out, since nothing can be heard before a file begins.
    """

    def __init__(
        self, container: OutputContainer, codec: FileKind, sound: StemReader, start_s: float
    ) -> None:
        self._container, self._sound = container, sound
        rate = FileFormat(codec).samplerate(sound.samplerate)
        self._rate = rate
        self.stream: Any = container.add_stream(_ENCODERS[codec], rate=rate)
        context: Any = self.stream.codec_context
        context.layout = "stereo"
        context.format = "flt" if codec is FileKind.OPUS else "fltp"
        context.bit_rate = _BIT_RATE
        self._shift = round(start_s * sound.samplerate)
        self._place = 0  # the next frame to read; silence in front counts
        self._total = max(0, sound.frames + self._shift)
        self._ready: deque[Samples] = deque()
        self._resampler = BlockResampler(sound.samplerate, rate, self._ready.append, held=0)
        self._encoded = 0
        self._finished = False

    def like(self, other: AudioStream) -> None:
        """Take over the language of the track in whose place it comes."""
        from av.stream import Disposition

        self.stream.disposition = Disposition.default
        self.stream.metadata["title"] = "Remix"
        if language := other.metadata.get("language"):
            self.stream.metadata["language"] = language

    @property
    def fraction(self) -> float:
        """How much of it is written, 0 to 1."""
        return min(1.0, self._place / max(1, self._total))

    def write_until(
        self, moment_s: float | None, cancel: CancelToken, check: Callable[[], None]
    ) -> None:
        """Write what is heard before `moment_s` (seconds from the target's start), None for all of
        it. `check`: called after everything that was written.

        Raises `SourceError` (of the sound), `Cancelled`, what `check` raises, and FFmpeg's errors.
        """
        while not self._finished and (moment_s is None or self._encoded < moment_s * self._rate):
            cancel.check()
            more = self._read()
            while self._ready:
                self._encode(self._ready.popleft())
                check()
            if not more:
                self._finished = True
                self._container.mux(self.stream.encode(None))
                check()

    def _read(self) -> bool:
        """The next frames, through the resampler into `_ready`; False after the last ones."""
        frames = min(_READ, self._total - self._place)
        if frames > 0:
            start = self._place - self._shift
            silent = min(frames, max(0, -start))
            heard = self._sound.read(max(0, start), frames - silent)
            block = np.concatenate((np.zeros((2, silent), np.float32), heard), axis=1)
            self._resampler.add(np.ascontiguousarray(block.T))
            self._place += frames
        if self._place < self._total:
            return True
        self._resampler.finish()
        return False

    def _encode(self, block: Samples) -> None:
        import av

        context = self.stream.codec_context
        packed = context.format.name == "flt"
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block.T).reshape(1, -1) if packed else block,
            format=context.format.name,
            layout="stereo",
        )
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._encoded
        self._encoded += block.shape[1]
        self._container.mux(self.stream.encode(frame))
