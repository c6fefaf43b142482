"""Opens a media file for FFmpeg, safely: this file and no other, no rubbish, no absurd headers.

FFmpeg guesses formats by content and follows what it finds: a text file named `song.mp3` can be a
playlist of other files and hosts. So it never gets a path, only an open file to read from; only
formats that hold sound themselves are allowed, and no protocol to open anything else with.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stemdesk.audio.riff_header import RiffHeader, read_riff_header
from stemdesk.audio.sniff import is_playlist, name_for_probing
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.audio import AudioStream
    from av.container import InputContainer

MAX_CHANNELS = 64
MIN_RATE = 1_000  # hertz
MAX_RATE = 768_000  # hertz

_FORMATS = (  # FFmpeg's names of the containers that hold sound themselves
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,matroska,mov,mp3,mpc,mpc8,"
    "mpeg,mpegts,ogg,tak,tta,w64,wav,wv"
)
# Containers whose header promises a length; elsewhere FFmpeg estimates it from the bit rate.
_PROMISING = frozenset(
    ["aiff", "ape", "au", "caf", "dsf", "flac", "mov", "ogg", "tak", "tta", "w64", "wv"]
)

_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file declares; `declared_s` (seconds) may be an estimate, or None if unknown."""

    samplerate: int
    channels: int
    declared_s: float | None
    codec: str
    container: str


@dataclass(frozen=True, slots=True)
class Media:
    """An open file. `promised_s`: the length that its header promises for the audio itself, None
    where FFmpeg only estimates. `order`: the channels' names where they stand in an order of the
    file's own, else empty. Use only inside `open_media`: afterwards FFmpeg's values are garbage.
    """

    path: Path
    container: InputContainer
    stream: AudioStream
    info: MediaInfo
    promised_s: float | None
    order: tuple[str, ...]
    source: SourceFile

    def error(self, code: ErrorCode, detail: str = "") -> SourceError:
        """A `SourceError` about this file; unreadable, if that was the cause."""
        if self.source.error is not None:
            return SourceError(ErrorCode.SOURCE_UNREADABLE, str(self.source.error), path=self.path)
        return SourceError(code, detail, path=self.path)


class SourceFile:
    """What FFmpeg reads from. An exception must not pass through FFmpeg, which may swallow it or
    hand it out at a later call: trouble and cancelling read as the end of the file, and `error`
    keeps the trouble."""

    def __init__(self, file: BinaryIO, name: str, cancel: CancelToken) -> None:
        self.name = name  # FFmpeg looks at its suffix
        self.error: OSError | None = None
        self._file = file
        self._cancel = cancel

    def read(self, size: int) -> bytes:
        if self._cancel.cancelled or self.error is not None:
            return b""
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -1  # FFmpeg tries places that a broken header names

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def open_media(path: Path, cancel: CancelToken) -> Iterator[Media]:
    """Open `path` and its first audio track.

    Raises `SourceError` (missing, unreadable, empty, playlist, unsupported, no audio, implausible)
    and `Cancelled`.
    """
    import av

    with _open_file(path) as file:
        try:
            head = file.read(_HEAD_BYTES)
            riff = read_riff_header(file)
            file.seek(0)
        except OSError as error:
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error
        if is_playlist(path, head):
            raise SourceError(ErrorCode.SOURCE_PLAYLIST, path=path)
        if riff is not None:
            _check_plausible(path, riff.samplerate, riff.channels)
        source = SourceFile(file, name_for_probing(path, head), cancel)
        try:
            container = av.open(
                source,
                "r",
                options={"format_whitelist": _FORMATS, "protocol_whitelist": ""},
                metadata_errors="surrogateescape",
            )
        except (av.FFmpegError, OSError) as error:
            cancel.check()
            failed = source.error or error
            code = ErrorCode.SOURCE_UNREADABLE if source.error else ErrorCode.SOURCE_UNSUPPORTED
            raise SourceError(code, str(failed), path=path) from error
        with container:
            cancel.check()
            stream = _audio_stream(path, container)
            channels, order = _channels(stream)
            info = _info(container, stream, channels)
            _check_plausible(path, info.samplerate, info.channels, unknown=True)
            promised_s = _promised_s(container, stream, info, riff)
            yield Media(path, container, stream, info, promised_s, order, source)


def _open_file(path: Path) -> BinaryIO:
    """Open an ordinary, non-empty file for reading, or say why not."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait for ever
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, "not an ordinary file", path=path)
        if status.st_size == 0:
            raise SourceError(ErrorCode.SOURCE_EMPTY, path=path)
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in it
        raise SourceError(ErrorCode.SOURCE_MISSING, str(error), path=path) from error
    except OSError as error:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error


def _audio_stream(path: Path, container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise SourceError(ErrorCode.SOURCE_NO_AUDIO, container.format.name, path=path)
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise SourceError(ErrorCode.SOURCE_UNSUPPORTED, "unknown or protected codec", path=path)
    return stream


def _channels(stream: AudioStream) -> tuple[int, tuple[str, ...]]:
    """The number of channels, and their names where they stand in an order of the file's own.

    PyAV (18 at least) frees the memory of such a layout once for each look at it, which kills the
    process, and every decoded frame is such a look. So it is looked at once and replaced by one
    without an order before the decoder opens; the names are applied in `stereo`.
    """
    layout = stream.codec_context.layout
    channels = layout.nb_channels
    if not layout.name.startswith(f"{channels} channels ("):
        return channels, ()
    order = tuple(channel.name for channel in layout.channels)
    stream.codec_context.layout = f"{channels} channels"
    return channels, order


def _info(container: InputContainer, stream: AudioStream, channels: int) -> MediaInfo:
    declared_s = stream_s(stream)
    if declared_s is None and container.duration is not None:
        declared_s = container.duration / 1e6
    return MediaInfo(
        samplerate=stream.codec_context.sample_rate,
        channels=channels,
        declared_s=declared_s,
        codec=stream.codec_context.name,
        container=container.format.name,
    )


def stream_s(stream: AudioStream) -> float | None:
    """Seconds that FFmpeg believes the stream to last."""
    if not stream.duration or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)


def _promised_s(
    container: InputContainer, stream: AudioStream, info: MediaInfo, riff: RiffHeader | None
) -> float | None:
    if riff is not None:
        return None if riff.frames is None else riff.frames / riff.samplerate
    names = set(info.container.split(","))
    if "mp3" in names:  # only a file with a LAME tag starts late, and only such a tag is exact
        return stream_s(stream) if stream.start_time else None
    if "matroska" in names:
        return _matroska_s(container, stream)
    return stream_s(stream) if names & _PROMISING else None


def _matroska_s(container: InputContainer, stream: AudioStream) -> float | None:
    """From the tag `DURATION` (hours:minutes:seconds); the file's own length is the video's. Both
    say when the sound ends: one that begins later than the picture is shorter by as much."""
    try:
        hours, minutes, seconds = stream.metadata.get("DURATION", "").split(":")
        end_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        if container.streams.video or container.duration is None:
            return None
        end_s = container.duration / 1e6
    start_s = 0.0  # before 0 there is only priming, which is no part of the length
    if stream.start_time and stream.time_base is not None:
        start_s = max(0.0, float(stream.start_time * stream.time_base))
    return max(0.0, end_s - start_s)


def _check_plausible(path: Path, samplerate: int, channels: int, *, unknown: bool = False) -> None:
    """Refuse rates and channel counts that no recording has, before anything is allocated.

    `unknown`: 0 means "not known before decoding" and passes.
    """
    rate_ok = MIN_RATE <= samplerate <= MAX_RATE or (unknown and samplerate == 0)
    channels_ok = 1 <= channels <= MAX_CHANNELS or (unknown and channels == 0)
    if not (rate_ok and channels_ok):
        raise SourceError(
            ErrorCode.SOURCE_IMPLAUSIBLE, path=path, samplerate_hz=samplerate, channels=channels
        )


def check_frame(path: Path, samplerate: int, channels: int) -> None:
    """Raise `SourceError` if a decoded frame has a rate or channel count no recording has."""
    _check_plausible(path, samplerate, channels)
