"""MP3 by LAME: constant or variable bit rate, with an ID3 tag in front and a LAME tag, which
tells players how much of the beginning and the end is not the song."""

from __future__ import annotations

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.ffmpeg import FfmpegEncoder, Recipe
from stemdesk.audio.writing.id3 import id3_tag

_STEPS = 118  # FFmpeg's FF_QP2LAMBDA: what it counts qualities in


def mp3_encoder(
    target: Target,
    samplerate: int,
    channels: int,
    kbps: int | None,
    quality: int | None,
    tags: FileTags,
) -> FfmpegEncoder:
    """`quality`: LAME's V0 to V9, instead of `kbps` (constant). Rates below 32 kHz have smaller
    bit rates, at most 160 kbit/s: LAME takes the nearest."""
    tag = id3_tag(tags)
    target.write(tag)
    target.start = len(tag)
    options = {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "1"}
    if quality is None:
        recipe = Recipe("mp3", "libmp3lame", bit_rate=(kbps or 320) * 1000, options=options)
    else:
        variable = {"flags": "+qscale", "global_quality": str(quality * _STEPS)}
        recipe = Recipe("mp3", "libmp3lame", codec_options=variable, options=options)
    return FfmpegEncoder(target, recipe, samplerate, channels)
