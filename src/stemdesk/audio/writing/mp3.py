"""MP3 by LAME: constant or variable bit rate, with an ID3 tag in front and a LAME tag, which
tells players how much of the beginning and the end is not the song."""

from __future__ import annotations

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.ffmpeg import FfmpegEncoder, Recipe
from stemdesk.audio.writing.id3 import id3_tag

_QUIETER = ((160, 0.95), (192, 0.97), (224, 0.98))
"""LAME's linear gain at constant bit rates up to so many kbit/s: it leaves room for the peaks that
coding adds. Measured on LAME 3.100 (PyAV 18); stems should keep their level, so it is undone."""
_MOST_BELOW_32_KHZ = 160  # kbit/s, of MPEG-2; of MPEG-2.5 it is less, with the same gain
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
        held = min(kbps or 320, 320 if samplerate >= 32000 else _MOST_BELOW_32_KHZ)
        gain = 1 / next((gain for most, gain in _QUIETER if held <= most), 1.0)
        recipe = Recipe("mp3", "libmp3lame", bit_rate=held * 1000, options=options, gain=gain)
    else:
        variable = {"flags": "+qscale", "global_quality": str(quality * _STEPS)}
        recipe = Recipe("mp3", "libmp3lame", codec_options=variable, options=options)
    return FfmpegEncoder(target, recipe, samplerate, channels)
