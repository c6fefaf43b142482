"""AAC and ALAC in M4A. FFmpeg writes the samples and an edit list; the tags come in afterwards."""

from __future__ import annotations

from stemdesk.audio.encode import Rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.encoder import EncoderFailed
from stemdesk.audio.writing.ffmpeg import FfmpegEncoder, Recipe
from stemdesk.audio.writing.mp4_boxes import box, boxes, last_moov
from stemdesk.audio.writing.mp4_tags import udta_box

PRIMING = 1024  # frames that FFmpeg's AAC encoder puts before the song


class M4aEncoder:
    """`bits`: of ALAC; 0: AAC of `kbps`."""

    def __init__(
        self,
        target: Target,
        samplerate: int,
        channels: int,
        bits: int,
        kbps: int | None,
        tags: FileTags,
    ) -> None:
        self._target = target
        self._tags = tags
        self._lossy = bits == 0
        # Lengths are told in this: FFmpeg's own milliseconds would cut or lengthen the song.
        options = {"movie_timescale": str(samplerate)}
        if self._lossy:
            recipe = Recipe("ipod", "aac", bit_rate=(kbps or 320) * 1000, options=options)
        else:
            recipe = Recipe("ipod", "alac", f"s{16 if bits == 16 else 32}p", options=options)
        self._encoder = FfmpegEncoder(target, recipe, samplerate, channels)

    def write(self, part: Rounded) -> None:
        self._encoder.write(part)

    def finish(self) -> None:
        encoder = self._encoder
        encoder.finish()
        if self._target.error is not None:
            return
        gapless = None
        if self._lossy:
            decoded = encoder.packets * encoder.frames_a_packet
            gapless = PRIMING, decoded - PRIMING - encoder.frames, encoder.frames
        if udta := udta_box(self._tags, gapless):
            add_udta(self._target, udta)


def add_udta(target: Target, udta: bytes) -> None:
    """Put the box into the `moov` box, which FFmpeg writes behind the samples: nothing moves."""
    found = last_moov(target)
    if found is None:
        raise EncoderFailed("FFmpeg wrote no moov box at the end")
    place, body = found
    kept = [box(name, part) for name, part in boxes(body) if name != b"udta"]
    target.seek(place)
    target.write(box(b"moov", *kept, udta))
