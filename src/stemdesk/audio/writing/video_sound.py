"""The sound of a video: where the old one begins, and the remix in its place."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stemdesk.audio.open_media import open_media
from stemdesk.audio.quirks import first_frame_is_priming, frames_lost_at_start
from stemdesk.audio.reader import StemReader
from stemdesk.audio.resample import BlockResampler
from stemdesk.audio.stereo import Samples
from stemdesk.core.errors import ErrorCode
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.audio import AudioStream
    from av.container import OutputContainer

_READ = 16_384  # frames read at a time
_BIT_RATE = 256_000
_OPUS_RATE = 48_000


def sound_start_s(path: Path, cancel: CancelToken) -> float:
    """When the first frame that `audio.decode` gives of this file is heard, in seconds of the
    file's own clock.

    Raises `SourceError` (`open_media`, SOURCE_NO_FRAMES, SOURCE_UNSUPPORTED) and `Cancelled`.
    """
    import av

    with open_media(path, cancel) as media:
        primed = False
        try:
            for packet in media.container.demux(media.stream):
                cancel.check()
                for frame in packet.decode():
                    if not frame.samples:
                        continue
                    if first_frame_is_priming(media) and not primed:
                        primed = True
                        continue
                    lost = frames_lost_at_start(media, frame)
                    return float(frame.time or 0.0) - lost / frame.sample_rate
        except (av.FFmpegError, OSError) as error:
            cancel.check()
            raise media.error(ErrorCode.SOURCE_UNSUPPORTED, str(error)) from error
        cancel.check()
        raise media.error(ErrorCode.SOURCE_NO_FRAMES)


class RemixTrack:
    """A sound track in `container`, encoded from `sound` as far as it is needed.

    `codec`: AAC or OPUS. `start_s`: seconds of silence in front of it; below 0: so much of the
    sound is left out, since nothing can be heard before a file begins.
    """

    def __init__(
        self, container: OutputContainer, codec: FileKind, sound: StemReader, start_s: float
    ) -> None:
        self._container, self._sound = container, sound
        opus = codec is FileKind.OPUS
        rate = _OPUS_RATE if opus else FileFormat(codec).samplerate(sound.samplerate)
        self._rate = rate
        self.stream: Any = container.add_stream("libopus" if opus else "aac", rate=rate)
        self.stream.codec_context.layout = "stereo"
        self.stream.codec_context.format = "flt" if opus else "fltp"
        self.stream.codec_context.bit_rate = _BIT_RATE
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
            self._read()
            while self._ready:
                self._encode(self._ready.popleft())
                check()
            if self._finished:
                self._container.mux(self.stream.encode(None))
                check()

    def _read(self) -> None:
        """The next frames, through the resampler into `_ready`."""
        frames = min(_READ, self._total - self._place)
        if frames > 0:
            start = self._place - self._shift
            silent = min(frames, max(0, -start))
            heard = self._sound.read(max(0, start), frames - silent)
            block = np.concatenate((np.zeros((2, silent), np.float32), heard), axis=1)
            self._resampler.add(np.ascontiguousarray(block.T))
            self._place += frames
        if self._place >= self._total:
            self._resampler.finish()
            self._finished = True

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
