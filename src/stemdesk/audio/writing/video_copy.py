"""What is copied of a video: pictures, subtitles, further sound, fonts, chapters, tags."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stemdesk.audio.open_media import Media
from stemdesk.core.errors import ErrorCode

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

_OF_THE_FILE = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
)
"""Tags that tell of the old file, not of what is in it."""
_SWAPPED = {"hev1", "hvc1", "dvh1", "dvhe"}
"""Names of one codec in MP4: some players take only the one that the file had."""


def pictures(container: InputContainer) -> list[VideoStream]:
    """The moving pictures of a file; a cover is none."""
    from av.stream import Disposition

    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None
    ]


class Copied:
    """The streams of `media` that `target` takes, and their packets. `sound_start_s`: when the
    sound of `media` begins, on its own clock. `origin_s`: what of that clock is the target's 0.

    `muxer`: FFmpeg's name of the target's format.
    """

    def __init__(
        self, media: Media, target: OutputContainer, muxer: str, sound_start_s: float
    ) -> None:
        from av.container.core import Flags

        self._media, self._target, self._muxer = media, target, muxer
        flag: Any = Flags.gen_pts.value  # an int, whatever PyAV's stubs say
        media.container.flags |= flag  # AVI tells only the order of decoding
        self._streams: dict[int, tuple[Any, Any]] = {}  # by index: the file's, the target's
        self.origin_s = sound_start_s
        for stream in pictures(media.container):
            self._add(stream)
            if stream.start_time is not None and stream.time_base is not None:
                start_s = float(stream.start_time * stream.time_base)
                self.origin_s = min(self.origin_s, start_s)

    def add_the_rest(self) -> None:
        """Further sound tracks, subtitles, covers and fonts, as far as the target takes them; and
        what the file says about itself."""
        container = self._media.container
        for stream in container.streams:
            wanted = stream.type in ("audio", "subtitle", "video", "attachment")
            first = stream.index == self._media.stream.index
            if not wanted or first or stream.index in self._streams:
                continue
            with contextlib.suppress(ValueError):  # the target has no room for such a one
                self._add(stream)
        texts = container.metadata.items()
        self._target.metadata.update(
            {key: _clean(text) for key, text in texts if key.lower() not in _OF_THE_FILE}
        )
        self._target.set_chapters([self._moved(chapter) for chapter in container.chapters()])

    def packets(self) -> Iterator[tuple[float, Packet[Any]]]:
        """All packets as the target takes them, each with its moment in seconds from the target's
        start. Raises `SourceError` SOURCE_UNREADABLE for a file that cannot be read to its end."""
        import av

        streams = [stream for stream, _ in self._streams.values() if stream.type != "attachment"]
        try:
            for packet in self._media.container.demux(streams):
                if packet.size == 0:
                    continue  # the end of a stream
                if packet.dts is None and packet.pts is None:  # a cover
                    packet.pts = packet.dts = round(self.origin_s / packet.time_base)
                _, target = self._streams[packet.stream.index]
                base = packet.time_base
                shift = round(self.origin_s / base)
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.dts = None if packet.dts is None else packet.dts - shift
                packet.stream = target
                moment = packet.dts if packet.dts is not None else packet.pts
                yield float((moment or 0) * base), packet
        except (av.FFmpegError, OSError) as error:
            raise self._media.error(ErrorCode.SOURCE_UNREADABLE, str(error)) from error

    def _add(self, stream: Any) -> None:
        """Raises `ValueError` for a codec that the target does not take."""
        from av.stream import Disposition

        cover = bool(stream.disposition & Disposition.attached_pic)
        if cover and self._muxer not in ("mp4", "mov"):
            raise ValueError("a cover is no stream there")
        if stream.type == "attachment" and self._muxer != "matroska":
            raise ValueError("only Matroska holds files")
        made = self._target.add_stream_from_template(stream, opaque=True)
        context = stream.codec_context
        if context is not None and self._muxer in ("mp4", "mov"):
            tag = context.codec_tag
            if tag in _SWAPPED or self._muxer == "mov":
                made.codec_context.codec_tag = tag
        made.metadata.update({key: _clean(text) for key, text in stream.metadata.items()})
        kept = stream.disposition
        made.disposition = kept & ~Disposition.default if stream.type == "audio" else kept
        self._streams[stream.index] = stream, made

    def _moved(self, chapter: Any) -> Any:
        shift = round(self.origin_s / chapter["time_base"]) if chapter["time_base"] else 0
        start, end = (max(0, chapter[key] - shift) for key in ("start", "end"))
        texts = {key: _clean(text) for key, text in chapter["metadata"].items()}
        return {**chapter, "start": start, "end": end, "metadata": texts}


def _clean(text: str) -> str:
    """Without the halves of surrogate pairs that stand for undecodable bytes."""
    return text.encode("utf-8", "replace").decode()
