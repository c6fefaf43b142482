"""What a song's own file says about itself, for the files that are made of it.

Only headers are read. What is about the recording's file and not about the song is left out:
ReplayGain and R128 (a stem has another loudness), iTunNORM, iTunSMPB, encoders, ratings.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.audio.file_tags import LARGEST_COVER, NO_FILE_TAGS, TEXT_KEYS, FileTags
from stemdesk.audio.open_media import Media, open_media
from stemdesk.audio.writing.picture import picture_type
from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_NAMES = {  # what FFmpeg calls a text (it translates the usual ones), besides our own name
    "album_artist": ("albumartist", "album artist"),
    "track": ("tracknumber",),
    "disc": ("discnumber",),
    "date": ("year", "tdrc", "tyer", "tdrl"),
    "comment": ("description",),
    "lyrics": ("unsyncedlyrics", "uslt"),
    "isrc": ("tsrc",),
    "bpm": ("tbpm", "tmpo", "tempo"),
    "key": ("initialkey", "initial_key", "tkey"),
    "publisher": ("organization", "label"),
    "grouping": ("tit1", "contentgroup"),
    "language": ("tlan",),
    "lyricist": ("text",),
    "conductor": ("tpe3",),
    "remixer": ("tpe4", "mixartist"),
    "compilation": ("tcmp", "itunescompilation"),
}
_UNKNOWN = {("bpm", "0"), ("compilation", "0"), ("language", "und")}  # as iTunes and MP4 have it
_TOTALS = {"track": ("tracktotal", "totaltracks"), "disc": ("disctotal", "totaldiscs")}


def read_source_tags(path: Path) -> FileTags:
    """The texts and the cover (up to `LARGEST_COVER`) of a media file; `NO_FILE_TAGS` where it
    cannot be read, for whatever reason."""
    try:
        with open_media(path, CancelToken()) as media:
            texts = _lower(media.stream.metadata) | _lower(media.container.metadata)
            cover = _cover(media)
    except StemDeskError:
        return NO_FILE_TAGS
    found = ((key, _text(key, texts)) for key in TEXT_KEYS)
    return FileTags(tuple((key, text) for key, text in found if text), cover)


def source_bits(path: Path) -> int:
    """Bits a sample of the file's own sound: 16, 24 or 32 (float); 0 for a lossy one, and where
    it cannot be read. Fewer than 16 count as 16."""
    try:
        with open_media(path, CancelToken()) as media:
            context = media.stream.codec_context
            codec, sample = context.codec, context.format.name.rstrip("p")
            lossless = codec.lossless and (not codec.lossy or codec.name == "wavpack")
    except StemDeskError:
        return 0
    if not lossless:
        return 0
    if codec.name.startswith(("pcm_s24", "pcm_u24")):
        return 24
    if codec.name.startswith("pcm_") and sample == "s32":
        return 32
    return {"u8": 16, "s16": 16, "s32": 24}.get(sample, 32)


def source_rate(path: Path) -> int:
    """Hertz of the file's own sound by its header; 0 where that is not known."""
    try:
        with open_media(path, CancelToken()) as media:
            return media.info.samplerate
    except StemDeskError:
        return 0


def _lower(metadata: dict[str, str]) -> dict[str, str]:
    """Ogg writes TITLE, MP3 title; MP3's lyrics have their language in the name."""
    texts = {}
    for key, text in metadata.items():
        name = key.lower()
        if text.strip():
            texts["lyrics" if name.startswith("lyrics-") else name] = text
    return texts


def _text(key: str, texts: dict[str, str]) -> str:
    text = _first((key, *_NAMES.get(key, ())), texts)
    if key in _TOTALS:
        total = _first(_TOTALS[key], texts)
        if total and text and "/" not in text:
            text = f"{text}/{total}"
        return "" if text.partition("/")[0].strip() in ("", "0") else text.removesuffix("/0")
    if (key, text) in _UNKNOWN:
        return ""
    return text


def _first(names: tuple[str, ...], texts: dict[str, str]) -> str:
    return next((_readable(texts[name]) for name in names if name in texts), "")


def _readable(text: str) -> str:
    """Tags that were no UTF-8 arrive with surrogate escapes: old tools wrote Latin-1."""
    with suppress(UnicodeEncodeError):  # whole text, or surrogates that `FileTags` drops
        text.encode("utf-8")
        return text
    with suppress(UnicodeEncodeError):
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text


def _cover(media: Media) -> bytes:
    """The front cover, or the first picture there is; b"" where there is none to be had."""
    import av

    pictures = [one for one in media.container.streams.video if _is_cover(one)]
    pictures.sort(key=lambda one: "front" not in one.metadata.get("comment", "").lower())
    for stream in pictures:
        try:
            packet = next(iter(media.container.demux(stream)), None)
        except (av.FFmpegError, OSError):
            continue
        data = bytes(packet) if packet is not None else b""
        if picture_type(data) and len(data) <= LARGEST_COVER:
            return data
    return b""


def _is_cover(stream: VideoStream) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)
