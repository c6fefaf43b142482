"""What lossy files say about the encoder's delay and padding, read by the formats' own rules."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.writing.mp4_boxes import boxes
from stemdesk.core.file_format import FileFormat, FileKind
from support import media
from support.round_trip import picture, write

RATE = 44100
FRAMES = 30_000
TAGS = FileTags((("title", "Song"),), picture("mjpeg"), "image/jpeg")


@pytest.mark.parametrize("quality", [None, 2])
def test_mp3_has_a_lame_tag(tmp_path: Path, quality: int | None) -> None:
    """Delay and padding, 12 bits each, add up to whole codec frames (LAME tag, revision 1)."""
    path = tmp_path / "song.mp3"
    write(path, FileFormat(FileKind.MP3, quality=quality), media.bursts(FRAMES, RATE), RATE, TAGS)
    data = path.read_bytes()
    assert data[:3] == b"ID3"
    tag = data.index(b"Info" if quality is None else b"Xing")
    flags, count, size = struct.unpack_from(">III", data, tag + 4)
    assert flags & 0x03 == 0x03 and size == len(data) - data.index(b"\xff\xfb")
    lame = tag + 120
    assert data[lame : lame + 4] in (b"LAME", b"Lavf", b"Lavc")
    both = int.from_bytes(data[lame + 21 : lame + 24], "big")
    delay, padding = both >> 12, both & 0xFFF
    assert delay == 576 and delay + padding + FRAMES == count * 1152


def test_aac_has_an_edit_list_and_itunsmpb(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    write(path, FileFormat(FileKind.AAC), media.bursts(FRAMES, RATE), RATE, TAGS)
    moov = dict(boxes(path.read_bytes()))[b"moov"]
    (duration,) = struct.unpack_from(">I", inside(moov, b"mvhd"), 16)
    (timescale,) = struct.unpack_from(">I", inside(moov, b"mvhd"), 12)
    assert (timescale, duration) == (RATE, FRAMES)
    edits = inside(moov, b"trak", b"edts", b"elst")
    assert struct.unpack_from(">IIi", edits, 4) == (1, FRAMES, 1024)
    samples = struct.unpack_from(">I", inside(moov, b"trak", b"mdia", b"minf", b"stbl", b"stsz"), 8)
    meta = inside(moov, b"udta", b"meta")[4:]
    named = [body for name, body in boxes(inside(meta, b"ilst")) if name == b"----"]
    assert named and b"iTunSMPB" in named[-1]
    numbers = named[-1][named[-1].index(b" 00000000") :].decode().split()
    priming, padding, frames = (int(number, 16) for number in numbers[1:4])
    assert (priming, frames) == (1024, FRAMES)
    assert priming + padding + frames == samples[0] * 1024


def test_alac_has_no_delay_and_its_exact_length(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    write(path, FileFormat(FileKind.ALAC, 16), media.bursts(FRAMES, RATE), RATE, TAGS)
    data = path.read_bytes()
    moov = dict(boxes(data))[b"moov"]
    (length,) = struct.unpack_from(">I", inside(moov, b"trak", b"mdia", b"mdhd"), 16)
    assert length == FRAMES and b"iTunSMPB" not in data
    times = inside(moov, b"trak", b"mdia", b"minf", b"stbl", b"stts")
    entries = np.frombuffer(times[8:], ">u4").reshape(-1, 2)
    assert (entries[:, 0] * entries[:, 1]).sum() == FRAMES


def test_opus_has_its_pre_skip_and_ends_with_the_song(tmp_path: Path) -> None:
    """RFC 7845: the last granule position minus the pre-skip is the length at 48 kHz."""
    path = tmp_path / "song.opus"
    write(path, FileFormat(FileKind.OPUS), media.bursts(FRAMES, 48000), 48000, TAGS)
    data = path.read_bytes()
    (skip,) = struct.unpack_from("<H", data, data.index(b"OpusHead") + 10)
    last = data.rindex(b"OggS")
    flags, granule = struct.unpack_from("<Bq", data, last + 5)
    assert 0 < skip < 1000 and flags & 0x04
    assert granule - skip == FRAMES


def test_vorbis_ends_with_the_song(tmp_path: Path) -> None:
    path = tmp_path / "song.ogg"
    write(path, FileFormat(FileKind.VORBIS), media.bursts(FRAMES, RATE), RATE, TAGS)
    data = path.read_bytes()
    flags, granule = struct.unpack_from("<Bq", data, data.rindex(b"OggS") + 5)
    assert flags & 0x04 and granule == FRAMES


def inside(data: bytes, *names: bytes) -> bytes:
    """The body of the box that lies in these, each in the one before."""
    for name in names:
        data = dict(boxes(data))[name]
    return data
