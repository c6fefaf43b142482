"""Tags of songs as other programs write them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from stemdesk.audio.file_tags import LARGEST_COVER, NO_FILE_TAGS
from stemdesk.audio.source_tags import read_source_tags, source_bits, source_rate
from support import media
from support.decoding import put

SONG = media.sine(4000, 44100)
TAGS = {"title": "Song", "artist": "Band", "album": "Album", "track": "7", "genre": "Pop"}


@pytest.mark.parametrize("kind", ["mp3", "m4a", "alac", "flac-av", "opus", "wma", "mkv", "aac"])
def test_what_ffmpeg_writes(tmp_path: Path, kind: str) -> None:
    rate = media.KINDS[kind].samplerates[0]
    path = media.make(tmp_path / f"a{media.KINDS[kind].suffix}", kind, SONG, rate, tags=TAGS)
    found = read_source_tags(path).joined()
    assert found == ({} if kind == "aac" else TAGS)  # a raw stream has no place for them


@pytest.mark.parametrize("kind", ["mp3", "m4a", "flac-av"])
def test_the_cover_comes_along(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{media.KINDS[kind].suffix}"
    media.make_with_cover(path, kind, SONG, 44100, {"title": "Song"}, cover_bytes=5000)
    found = read_source_tags(path)
    assert found.cover_type == "image/png" and len(found.cover) == 5000
    assert found.get("title") == "Song"


def test_a_cover_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    media.make_with_cover(path, "m4a", SONG, 44100, {}, cover_bytes=LARGEST_COVER + 1)
    assert read_source_tags(path) == NO_FILE_TAGS


def test_what_is_about_the_file_alone_is_left_out(tmp_path: Path) -> None:
    """A stem is not as loud as its song, and has another encoder and other gaps."""
    tags = {
        "title": "Song",
        "REPLAYGAIN_TRACK_GAIN": "-7.5 dB",
        "R128_TRACK_GAIN": "-1000",
        "iTunNORM": " 00000A",
        "iTunSMPB": " 00000000 00000840",
        "encoder": "LAME",
        "encoded_by": "x",
        "creation_time": "2020-01-01T00:00:00Z",
    }
    for kind in ("mp3", "flac-av", "opus"):
        rate = media.KINDS[kind].samplerates[0]
        path = media.make(tmp_path / f"a{media.KINDS[kind].suffix}", kind, SONG, rate, tags=tags)
        assert read_source_tags(path).texts == (("title", "Song"),)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"TRACKNUMBER": "3", "TRACKTOTAL": "12"}, {"track": "3/12"}),
        ({"TRACKNUMBER": "3/12", "TRACKTOTAL": "12"}, {"track": "3/12"}),
        ({"TRACKNUMBER": "0", "DISCNUMBER": "1", "TOTALDISCS": "2"}, {"disc": "1/2"}),
        ({"TRACKNUMBER": "3/0"}, {"track": "3"}),
        ({"INITIALKEY": "Am", "BPM": "120"}, {"bpm": "120", "key": "Am"}),
        ({"BPM": "0", "COMPILATION": "0"}, {}),
        ({"ALBUM ARTIST": "A", "YEAR": "1999"}, {"album_artist": "A", "date": "1999"}),
        ({"DESCRIPTION": "d", "UNSYNCEDLYRICS": "l"}, {"comment": "d", "lyrics": "l"}),
        ({"LABEL": "L", "ISRC": "X", "PERFORMER": "P"}, {"publisher": "L", "isrc": "X"}),
    ],
)
def test_the_names_that_other_programs_use(
    tmp_path: Path, written: dict[str, str], expected: dict[str, str]
) -> None:
    path = media.make(tmp_path / "a.flac", "flac-av", SONG, 44100, tags=written)
    assert read_source_tags(path).joined() == expected


def test_tags_in_an_old_encoding(tmp_path: Path) -> None:
    """A WAV's texts have no encoding: old ones are Latin-1."""
    name = "Motörhead\0".encode("latin-1")
    info = b"INFOINAM" + struct.pack("<I", len(name)) + name
    data = media.make_in(tmp_path, "wav-16", SONG, 44100).read_bytes()
    data += b"LIST" + struct.pack("<I", len(info)) + info
    path = put(tmp_path / "old.wav", data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert read_source_tags(path).get("title") == "Motörhead"


@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        ("wav-8", 16),
        ("wav-16", 16),
        ("wav-24", 24),
        ("wav-rf64", 24),
        ("wav-32", 32),
        ("wav-f32", 32),
        ("wav-f64", 32),
        ("flac", 16),
        ("flac-24", 24),
        ("aiff", 16),
        ("aiff-24", 24),
        ("alac", 24),
        ("mp3", 0),
        ("m4a", 0),
        ("ogg", 0),
        ("opus", 0),
        ("wma", 0),
        ("mkv", 16),
    ],
)
def test_bits_and_rate_of_the_source(tmp_path: Path, kind: str, bits: int) -> None:
    rate = media.KINDS[kind].samplerates[-1]
    path = media.make_in(tmp_path, kind, SONG, rate)
    assert (source_bits(path), source_rate(path)) == (bits, rate)


def test_files_that_are_no_songs(tmp_path: Path) -> None:
    odd = [
        tmp_path / "missing.mp3",
        tmp_path,
        put(tmp_path / "empty.mp3", b""),
        put(tmp_path / "text.flac", b"hello\n" * 100),
        put(tmp_path / "list.m3u8", b"#EXTM3U\nfile:///etc/passwd\n"),
        put(tmp_path / "cut.flac", b"fLaC\x84\xff\xff\xff"),
        put(tmp_path / "cut.mp3", b"ID3\x03\0\0\x7f\x7f\x7f\x7fAPIC"),
    ]
    for path in odd:
        assert read_source_tags(path) == NO_FILE_TAGS
        assert (source_bits(path), source_rate(path)) == (0, 0)


def test_a_cut_off_song_never_raises(tmp_path: Path) -> None:
    """Wherever its head ends."""
    path = media.make_with_cover(
        tmp_path / "a.flac", "flac-av", SONG, 44100, TAGS, cover_bytes=3000
    )
    data = path.read_bytes()
    for size in range(1, min(len(data), 9000), 211):
        read_source_tags(put(tmp_path / "cut.flac", data[:size]))
