"""An own reader of MP4's boxes (ISO/IEC 14496-12), for what players' libraries do not show."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HOLDERS = {"moov", "trak", "mdia", "minf", "stbl", "edts", "udta", "meta", "ilst", "dinf"}


@dataclass(frozen=True)
class Box:
    """`body`: without the header; `inner`: the boxes in it, of those kinds that hold boxes."""

    name: str
    start: int
    body: bytes
    inner: tuple[Box, ...]

    def all(self, *path: str) -> list[Box]:
        """The boxes at this path below."""
        found = [self]
        for name in path:
            found = [box for outer in found for box in outer.inner if box.name == name]
        return found

    def one(self, *path: str) -> Box:
        (found,) = self.all(*path)
        return found


def read_boxes(path: Path) -> Box:
    """The whole file as one box; its boxes must fill it without a gap."""
    data = path.read_bytes()
    return Box("", 0, b"", tuple(_boxes(data, 0, len(data))))


def _boxes(data: bytes, place: int, end: int) -> Iterator[Box]:
    while place < end:
        assert end - place >= 8, f"{end - place} bytes left over"
        size, raw = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        assert head <= size <= end - place, f"{raw!r} of {size} bytes at {place} of {end}"
        name = raw.decode("latin-1")
        inner: tuple[Box, ...] = ()
        if name in _HOLDERS:
            first = place + head + (4 if name == "meta" else 0)  # version and flags
            inner = tuple(_boxes(data, first, place + size))
        yield Box(name, place, data[place + head : place + size], inner)
        place += size


def is_enabled(track: Box) -> bool:
    """A `trak` box's flag: whether players play it unasked."""
    return bool(track.one("tkhd").body[3] & 1)


def handler(track: Box) -> tuple[str, str]:
    """Kind ("soun", "vide") and name of a `trak` box."""
    body = track.one("mdia", "hdlr").body
    return body[8:12].decode("latin-1"), body[24:].rstrip(b"\0").decode()


def sample_entry(track: Box) -> tuple[str, int, int]:
    """Codec, channels and samplerate of a sound track."""
    body = track.one("mdia", "minf", "stbl", "stsd").body
    codec = body[12:16].decode("latin-1")
    channels, _, _, _, rate = struct.unpack_from(">HHHHI", body, 32)
    return codec, channels, rate >> 16


def edits(movie: Box, track: Box) -> list[tuple[float, int]]:
    """Seconds and first media sample (-1: nothing is played) of each edit of the track."""
    body = track.one("edts", "elst").body
    version, count = body[0], struct.unpack_from(">I", body, 4)[0]
    timescale = struct.unpack_from(">I", movie.one("moov", "mvhd").body, 12)[0]
    form = ">QqHH" if version else ">IiHH"
    entries = (struct.unpack_from(form, body, 8 + n * struct.calcsize(form)) for n in range(count))
    return [(length / timescale, start) for length, start, _, _ in entries]


def chunks(track: Box) -> list[int]:
    """Places in the file where the track's samples lie."""
    table = track.one("mdia", "minf", "stbl")
    small = table.all("stco")
    form = ">I" if small else ">Q"
    body = (small or table.all("co64"))[0].body
    count = struct.unpack_from(">I", body, 4)[0]
    return [struct.unpack_from(form, body, 8 + n * struct.calcsize(form))[0] for n in range(count)]
