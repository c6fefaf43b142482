"""The remix put to a video: its picture is copied packet by packet, never encoded again.

What the target can hold goes along: subtitles, chapters, tags, other sound tracks, fonts. The
remix takes the place of the first sound track and begins where that one's sound begins.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.audio.open_media import Media, open_media
from stemdesk.audio.reader import StemReader
from stemdesk.audio.target import Target
from stemdesk.audio.writing.video_copy import Copied, pictures
from stemdesk.audio.writing.video_sound import RemixTrack, sound_start_s
from stemdesk.core.errors import ErrorCode, ExportError, SourceError, StemDeskError, write_error
from stemdesk.core.file_format import FileKind
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.container import OutputContainer

_MUXERS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm",
    ".avi": "avi", ".flv": "flv", ".wmv": "asf",
}  # fmt: skip
_ANY = ".mkv"  # takes nearly every codec, and tells times exactly
_OLD = {"mov": ".mov", "avi": ".avi", "flv": ".flv", "asf": ".wmv"}
"""Where the few codecs are at home that Matroska does not take."""
_SOUNDS = {"webm": FileKind.OPUS, "avi": FileKind.MP3}


def has_video(path: Path) -> bool:
    """Whether the file has a moving picture and sound; a cover is none. Reads the headers only,
    and never raises for files that cannot be read."""
    try:
        with open_media(path, CancelToken()) as media:
            return bool(pictures(media.container))
    except StemDeskError:
        return False


def video_suffix(source: Path) -> str:
    """How the name of the copy ends: as the source's where that is MP4, MOV, Matroska or WebM,
    else `.mkv`; only codecs that Matroska does not take stay at home. Raises `SourceError`
    (`open_media`, SOURCE_NO_VIDEO)."""
    with open_media(source, CancelToken()) as media:
        return _suffix(media)


def mux_video(
    source: Path,
    audio: Path,
    target: Path,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    """Write `target` (of the suffix that `video_suffix` names): the video `source` with the sound
    of `audio`.

    `audio`: WAV or FLAC, the whole song at its speed, whose first frame is the first one that
    `audio.decode` gives of `source`. It becomes AAC, in WebM Opus, in AVI MP3.
    `report`: the fraction done.

    Raises `Cancelled`, `SourceError` (`open_media`, SOURCE_NO_VIDEO, of `audio`: STEMS_MISSING,
    SOURCE_UNREADABLE), `DiskFullError`, `ExportError` (FOLDER_NOT_WRITABLE, ENCODER_FAILED);
    nothing is left then.
    """
    start_s = sound_start_s(source, cancel)
    with open_media(source, cancel) as media, contextlib.closing(StemReader(audio)) as sound:
        if not pictures(media.container):
            raise SourceError(ErrorCode.SOURCE_NO_VIDEO, path=source)
        try:
            file = target.open("w+b", buffering=0)
        except OSError as error:
            raise write_error(error, target) from error
        out = Target(file)
        try:
            with _translated(target, out):
                _mux(media, sound, start_s, out, report, cancel)
                out.sync()
                out.close()
                if out.error is not None:
                    raise out.error
        except BaseException:  # also Ctrl+C: nothing half-written stays
            out.close()
            with contextlib.suppress(OSError):
                target.unlink()
            raise


def _suffix(media: Media) -> str:
    """Raises `SourceError` SOURCE_NO_VIDEO."""
    codecs = {stream.codec_context.name for stream in pictures(media.container)}
    if not codecs:
        raise SourceError(ErrorCode.SOURCE_NO_VIDEO, path=media.path)
    kinds = set(media.info.container.split(","))
    own = media.path.suffix.lower()
    if "mov" in kinds:
        own = own if own in (".mov", ".m4v") else ".mp4"
    elif "webm" in kinds:
        own = own if own == ".webm" else _ANY
    else:
        own = _ANY
    for suffix in (own, _ANY, *(_OLD[kind] for kind in kinds if kind in _OLD)):
        if codecs <= _codecs(_MUXERS[suffix]):
            return suffix
    return _ANY  # writing it will tell what is wrong


def _codecs(muxer: str) -> set[str]:
    import av

    with av.open(io.BytesIO(), "w", format=muxer) as container:
        return container.supported_codecs


def _mux(
    media: Media,
    sound: StemReader,
    start_s: float,
    out: Target,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    """Copied packets and the remix's, in the order of time, so that little waits in memory."""

    def check() -> None:
        if out.error is not None:
            raise out.error

    muxer = _MUXERS[_suffix(media)]
    with _container(out, muxer) as container:
        copied = Copied(media, container, muxer, start_s)
        remix = RemixTrack(
            container, _SOUNDS.get(muxer, FileKind.AAC), sound, start_s - copied.origin_s
        )
        remix.like(media.stream)
        copied.add_the_rest()
        for moment_s, packet in copied.packets():
            cancel.check()
            remix.write_until(moment_s, cancel, check)
            container.mux(packet)
            check()
            report(remix.fraction)
        cancel.check()  # reading ends then as at the file's end
        remix.write_until(None, cancel, check)
    check()
    report(1.0)


@contextlib.contextmanager
def _container(out: Target, muxer: str) -> Iterator[OutputContainer]:
    """Closed in any case; what goes wrong with that after an error is not told."""
    import av

    # bitexact: without the time of day
    container = av.open(out, "w", format=muxer, options={"fflags": "+bitexact"})
    try:
        yield container
    except BaseException:  # also Ctrl+C: the first error is the one to tell
        with contextlib.suppress(av.FFmpegError, OSError, ValueError):
            container.close()
        raise
    container.close()


@contextlib.contextmanager
def _translated(target: Path, out: Target) -> Iterator[None]:
    """What the operating system said of the target comes first: FFmpeg only says that not
    everything was written, or nothing at all."""
    import av

    try:
        yield
    except (av.FFmpegError, OSError, ValueError) as error:
        if out.error is not None:
            raise write_error(out.error, target) from error
        raise ExportError(ErrorCode.ENCODER_FAILED, str(error), path=target) from error
    except StemDeskError as error:
        if out.error is not None:
            raise write_error(out.error, target) from error
        raise
