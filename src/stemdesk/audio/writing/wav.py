"""WAV: PCM or float samples between chunks of texts, a cover and the tempo; RF64 past 4 GiB.

Layout: Microsoft RIFF; EBU Tech 3306 (RF64); the `acid` chunk as Sony's ACID writes it. Written
here because libsndfile takes neither an `id3 ` chunk nor the tempo.
"""

from __future__ import annotations

import struct

from stemdesk.audio.encode import Rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.id3 import id3_tag
from stemdesk.audio.writing.pcm import interleaved

_LARGEST = (1 << 32) - 1
_PCM, _FLOAT = 1, 3
_TEXT_BYTES = 2000  # libsndfile reads none of a WAV's texts from a longer one on
_INFO = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "track": b"ITRK",
    "date": b"ICRD",
    "genre": b"IGNR",
    "copyright": b"ICOP",
    "comment": b"ICMT",
}
_DISK_BASED = 0x08  # ACID's "beatmapped": a whole song, not a loop that is repeated
_MIDDLE_C = 0x3C
_BEATS_A_BAR = 4


class WavEncoder:
    """Writes WAV, or RF64 where `frames` are too many for it (they are the most that will come).

    `bits`: 16, 24, or 32 (float). `bpm`: beats a minute, for DAWs.
    """

    def __init__(
        self,
        target: Target,
        bits: int,
        samplerate: int,
        channels: int,
        frames: int,
        tags: FileTags,
        bpm: float | None,
    ) -> None:
        self._target = target
        self._bits = bits
        self._samplerate = samplerate
        self._channels = channels
        self._bpm = bpm
        self._info = _info(tags)
        self._end = _chunk(b"id3 ", id3_tag(tags)) if tags.texts or tags.cover else b""
        self._written = 0
        self._long = self._size(frames) > _LARGEST
        target.write(self._header(frames))

    def write(self, part: Rounded) -> None:
        self._target.write(interleaved(part, self._bits))
        self._written += part.shape[1]

    def finish(self) -> None:
        self._target.write(b"\0" * (self._data_bytes(self._written) % 2) + self._end)
        self._target.seek(0)
        self._target.write(self._header(self._written))

    def _data_bytes(self, frames: int) -> int:
        return frames * self._channels * (self._bits // 8)

    def _size(self, frames: int) -> int:
        """Bytes of the whole file, a little more."""
        return self._data_bytes(frames) + len(self._info) + len(self._end) + 256

    def _header(self, frames: int) -> bytes:
        """All up to the first sample; equally long for any number of frames."""
        data = self._data_bytes(frames)
        body = self._format() + self._info + self._tempo(frames)
        if self._bits == 32:
            body += _chunk(b"fact", struct.pack("<I", min(frames, _LARGEST)))
        sizes = struct.pack("<4sI28x", b"JUNK", 28) if not self._long else b""
        riff = 4 + 36 + len(body) + 8 + data + data % 2 + len(self._end)
        if not self._long:
            start = struct.pack("<4sI4s", b"RIFF", riff, b"WAVE")
            return start + sizes + body + struct.pack("<4sI", b"data", data)
        start = struct.pack("<4sI4s", b"RF64", _LARGEST, b"WAVE")
        sizes = struct.pack("<4sIQQQI", b"ds64", 28, riff, data, frames, 0)
        return start + sizes + body + struct.pack("<4sI", b"data", _LARGEST)

    def _format(self) -> bytes:
        frame = self._channels * (self._bits // 8)
        kind = _FLOAT if self._bits == 32 else _PCM
        rate = self._samplerate
        form = struct.pack("<HHIIHH", kind, self._channels, rate, rate * frame, frame, self._bits)
        return _chunk(b"fmt ", form + b"\0\0" if kind == _FLOAT else form)

    def _tempo(self, frames: int) -> bytes:
        if not self._bpm:
            return b""
        beats = round(frames / self._samplerate * self._bpm / 60)
        bar = (_BEATS_A_BAR, _BEATS_A_BAR)
        return _chunk(
            b"acid",
            struct.pack("<IHHfIHHf", _DISK_BASED, _MIDDLE_C, 0x8000, 0.0, beats, *bar, self._bpm),
        )


def _info(tags: FileTags) -> bytes:
    """The LIST chunk; its texts are UTF-8, as libsndfile, FFmpeg and DAWs of today read them."""
    joined = tags.joined()
    texts = [(name, joined[key]) for key, name in _INFO.items() if key in joined]
    chunks = b"".join(_chunk(name, _cut(text) + b"\0") for name, text in texts)
    return _chunk(b"LIST", b"INFO" + chunks) if chunks else b""


def _cut(text: str) -> bytes:
    return text.encode()[:_TEXT_BYTES].decode(errors="ignore").encode()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
