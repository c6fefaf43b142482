"""Tags and covers in every format, read back by FFmpeg and as a song's own tags."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stemdesk.audio.file_tags import NO_FILE_TAGS, TEXT_KEYS, FileTags
from stemdesk.audio.source_tags import read_source_tags
from stemdesk.core.file_format import FileFormat, FileKind
from support import media
from support.round_trip import (
    by_ffmpeg_library,
    by_libsndfile,
    format_id,
    one_of_each_kind,
    picture,
    write,
)

RATE = 48000
every_kind = pytest.mark.parametrize("file_format", one_of_each_kind(), ids=format_id)
TEXTS = {
    "title": "Größe \U0001f3b8 (vocals)",
    "artist": "Тест",
    "album": "Album; with / signs = and “quotes”",
    "album_artist": "Various",
    "track": "3/12",
    "disc": "1/2",
    "date": "2020-05-06",
    "genre": "Drum & Bass",
    "composer": "日本語",
    "comment": "two\nlines",
    "lyrics": "la\n" * 30_000 + "la",
    "copyright": "© 2020",
    "isrc": "USRC17607839",
    "bpm": "174",
    "key": "F#m",
    "publisher": "Label",
    "grouping": "Set",
}
ALL = FileTags(tuple(TEXTS.items()), picture("mjpeg"), "image/jpeg")
UNREAD = {FileKind.AAC: {"bpm"}, FileKind.ALAC: {"bpm"}}
"""Texts that are in the file, but that FFmpeg does not read."""


def sound_of(path: Path) -> np.ndarray:
    m4a = path.suffix == ".m4a"
    return np.asarray(by_ffmpeg_library(path) if m4a else by_libsndfile(path))


@every_kind
def test_all_texts_and_the_cover_come_back(tmp_path: Path, file_format: FileFormat) -> None:
    path = tmp_path / f"song{file_format.suffix}"
    write(path, file_format, media.bursts(5000, RATE), RATE, ALL)
    found = read_source_tags(path)
    expected = dict(TEXTS)
    for key in UNREAD.get(file_format.kind, set()):
        del expected[key]
    assert found.joined() == expected
    assert (found.cover, found.cover_type) == (ALL.cover, "image/jpeg")


@every_kind
def test_tags_change_no_sample(tmp_path: Path, file_format: FileFormat) -> None:
    samples = media.bursts(20_000, RATE)
    plain, tagged = (tmp_path / f"{name}{file_format.suffix}" for name in ("plain", "tagged"))
    write(plain, file_format, samples, RATE, NO_FILE_TAGS)
    write(tagged, file_format, samples, RATE, ALL, bpm=123.4)
    np.testing.assert_array_equal(sound_of(tagged), sound_of(plain))
    assert read_source_tags(plain) == NO_FILE_TAGS


@every_kind
def test_hostile_texts_harm_no_file(tmp_path: Path, file_format: FileFormat) -> None:
    """NUL, control characters, halves of surrogate pairs, lines where none belong, no texts."""
    nasty = "a\0b\x1b[31m\ud800\r\nc\x7f" + "\U0001f469\u200d\U0001f3a4"
    tags = FileTags(
        (*((key, nasty) for key in TEXT_KEYS), ("title", ""), ("artist", "\0"), ("nonsense", "x")),
        b"not a picture" * 1000,
        "image/\xff\0",
    )
    path = tmp_path / f"song{file_format.suffix}"
    samples = media.bursts(5000, RATE)
    write(path, file_format, samples, RATE, tags)
    assert sound_of(path).shape == samples.shape
    found = read_source_tags(path)
    assert found.get("title") == "ab[31m c\U0001f469\u200d\U0001f3a4"
    assert found.get("lyrics") == "ab[31m\nc\U0001f469\u200d\U0001f3a4"
    assert found.cover == b""


@every_kind
@pytest.mark.parametrize("size", [1, 254, 255, 256, 70_000, 3_000_000, 17_000_000])
def test_covers_of_any_size(tmp_path: Path, file_format: FileFormat, size: int) -> None:
    """Blocks, segments and pages end where they like; FLAC's largest block is 16 MiB."""
    head = picture("png", 8, 8)
    tags = FileTags((("title", "Song"),), head.ljust(len(head) + size, b"\0"), "image/png")
    path = tmp_path / f"song{file_format.suffix}"
    samples = media.bursts(5000, RATE)
    write(path, file_format, samples, RATE, tags)
    assert sound_of(path).shape == samples.shape
    left_out = file_format.kind is FileKind.FLAC and size > 16_700_000
    found = read_source_tags(path)
    assert found.get("title") == "Song"
    assert len(found.cover) == (0 if left_out else len(tags.cover))
    assert found.cover == (b"" if left_out else tags.cover)


@pytest.mark.parametrize("kind", [FileKind.FLAC, FileKind.VORBIS, FileKind.OPUS])
def test_several_artists_stay_several(tmp_path: Path, kind: FileKind) -> None:
    path = tmp_path / "song"
    tags = FileTags((("artist", "One"), ("artist", "Two")))
    bits = 16 if kind is FileKind.FLAC else 0
    write(path, FileFormat(kind, bits), media.bursts(5000, RATE), RATE, tags)
    data = path.read_bytes()
    assert b"ARTIST=One" in data and b"ARTIST=Two" in data


def test_the_tempo_goes_into_the_tags_unless_they_have_one(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    flac = FileFormat(FileKind.FLAC, 16)
    write(path, flac, media.bursts(5000, RATE), RATE, NO_FILE_TAGS, bpm=119.6)
    assert read_source_tags(path).get("bpm") == "120"
    write(path, flac, media.bursts(5000, RATE), RATE, FileTags((("bpm", "60"),)), bpm=119.6)
    assert read_source_tags(path).get("bpm") == "60"


def test_m4a_has_numbers_as_numbers(tmp_path: Path) -> None:
    """As iTunes writes them: texts there are shown by no player."""
    path = tmp_path / "song.m4a"
    write(path, FileFormat(FileKind.AAC), media.bursts(5000, RATE), RATE, ALL)
    data = path.read_bytes()
    assert data[data.index(b"trkn") + 20 :][:8] == bytes([0, 0, 0, 3, 0, 12, 0, 0])
    assert data[data.index(b"disk") + 20 :][:6] == bytes([0, 0, 0, 1, 0, 2])
    assert data[data.index(b"tmpo") + 20 :][:2] == bytes([0, 174])


def test_a_wav_has_its_texts_in_both_places(tmp_path: Path) -> None:
    """LIST INFO for libsndfile, which reads none from a long one on; `id3 ` for all of them."""
    path = tmp_path / "song.wav"
    tags = FileTags((("title", "ö" * 3000), ("artist", "Band"), ("comment", "From a song")))
    write(path, FileFormat(FileKind.WAV, 16), media.bursts(5000, RATE), RATE, tags)
    with soundfile.SoundFile(path) as file:
        assert (file.title, file.artist, file.comment) == ("ö" * 1000, "Band", "From a song")
    tail = path.read_bytes()[-20_000:]
    assert "ö".encode("utf-16-le") * 3000 in tail[tail.index(b"id3 ") :]


def test_players_find_the_cover_as_one(tmp_path: Path) -> None:
    for file_format in one_of_each_kind():
        path = tmp_path / f"song{file_format.suffix}"
        write(path, file_format, media.bursts(5000, RATE), RATE, ALL)
        with av.open(str(path)) as container:
            (stream,) = container.streams.video
            assert stream.disposition & av.stream.Disposition.attached_pic
            shown = next(container.decode(stream))
            assert (shown.width, shown.height) == (64, 48)
