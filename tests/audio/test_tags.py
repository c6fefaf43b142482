"""Tags as files of every format carry them, and as they should not be."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from stemdesk.audio.tags import read_tags
from stemdesk.core.text import clean
from stemdesk.core.track import Tags
from support import media

RATE = 44100


@pytest.mark.parametrize("name", ["mp3", "m4a", "alac", "flac-av", "opus", "wma", "mkv", "webm"])
def test_tags_of_every_format(tmp_path: Path, name: str) -> None:
    rate = media.KINDS[name].samplerates[0]
    tags = {"title": "Größe „Öl“ 音楽 🎸", "artist": "Die Ärzte", "album": "Später"}
    path = tmp_path / f"song{media.KINDS[name].suffix}"
    media.make(path, name, media.sine(2 * rate, rate), rate, tags=tags)
    found = read_tags(path)
    assert (found.title, found.artist, found.album) == tuple(tags.values())
    assert found.duration_s == pytest.approx(2.0, abs=0.1)


def test_a_cover_is_no_obstacle(tmp_path: Path) -> None:
    samples = media.sine(RATE, RATE)
    path = tmp_path / "song.mp3"
    media.make_with_cover(path, "mp3", samples, RATE, {"title": "T"}, cover_bytes=2_000_000)
    assert read_tags(path).title == "T"


def test_the_album_artist_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    media.make(path, "mp3", media.sine(RATE, RATE), RATE, tags={"album_artist": "Various"})
    assert read_tags(path).artist == "Various"


def test_no_tags(tmp_path: Path) -> None:
    path = media.make_in(tmp_path, "wav-16", media.sine(RATE, RATE), RATE)
    assert read_tags(path) == Tags(duration_s=1.0)


def test_old_encodings_in_a_wav(tmp_path: Path) -> None:
    """RIFF INFO has no encoding: Latin-1 there must neither raise nor be lost."""
    path = media.make_in(tmp_path, "wav-16", media.sine(RATE, RATE), RATE)
    name = "Motörhead\0".encode("latin-1")
    info = b"INFOINAM" + struct.pack("<I", len(name)) + name
    data = path.read_bytes() + b"LIST" + struct.pack("<I", len(info)) + info
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert read_tags(path).title == "Motörhead"


def test_unreadable_files_have_no_tags(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_bytes(b"no music")
    (tmp_path / "empty.mp3").write_bytes(b"")
    (tmp_path / "list.m3u8").write_bytes(b"#EXTM3U\n/etc/passwd\n")
    for name in ("text.mp3", "empty.mp3", "list.m3u8", "missing.mp3", ".", "nul\0.mp3"):
        assert read_tags(tmp_path / name) == Tags()


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  Song \t", "Song"),
        ("two\r\nlines\x00\x07", "two lines"),
        ("bell\x1b[31m red", "bell[31m red"),
        ("right\u202eleft\u2066", "rightleft"),
        ("non\u00a0breaking\u3000spaces", "non breaking spaces"),
        ("caf\udce9", "café"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("../etc/passwd", "../etc/passwd"),
        ("\x00\n ", ""),
        ("x" * 5000, "x" * 1000),
        ("lone \ud800 half", "lone half"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned
