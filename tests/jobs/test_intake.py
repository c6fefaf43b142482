import random
import struct
from pathlib import Path

import pytest

from stemdesk.audio.file_tags import FileTags
from stemdesk.core.errors import Cancelled, ErrorCode
from stemdesk.core.export_order import ExportOrder, Extra, Part, PartKind
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.intake import Found, find_tracks
from support.exports import Desk


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def find(*paths: Path) -> Found:
    return find_tracks(paths, CancelToken())


def test_named_files_are_taken_as_they_are(tmp_path: Path) -> None:
    touch(tmp_path / "b.mp3", tmp_path / "a.xyz")
    found = find(tmp_path / "b.mp3", tmp_path / "a.xyz")
    assert [track.path.name for track in found.tracks] == ["b.mp3", "a.xyz"]
    assert all(track.relative == Path() for track in found.tracks)
    assert not found.passed_over and not found.errors


def test_folders_are_walked_in_order_and_keep_their_tree(tmp_path: Path) -> None:
    album = tmp_path / "Album"
    touch(album / "2.MP3", album / "1.flac", album / "CD 2" / "3.ogg", album / "cover.jpg")
    found = find(album)
    assert [(track.path.name, track.relative) for track in found.tracks] == [
        ("1.flac", Path("Album")),
        ("2.MP3", Path("Album")),
        ("3.ogg", Path("Album/CD 2")),
    ]
    assert [path.name for path in found.passed_over] == ["cover.jpg"]


def test_finished_songs_hidden_folders_and_loops_are_passed(tmp_path: Path) -> None:
    done = tmp_path / "Done"
    touch(done / MANIFEST, done / "vocals.wav", tmp_path / ".hidden" / "a.mp3")
    touch(tmp_path / ".part.mp3", tmp_path / "song.mp3")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken.mp3").symlink_to(tmp_path / "nowhere.mp3")
    assert [track.path.name for track in find(tmp_path).tracks] == ["song.mp3"]


@pytest.mark.parametrize("title", ["Viper", "毒蛇"])
def test_what_stemdesk_has_exported_is_no_song_unless_it_is_named(
    tmp_path: Path, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(700_000) + b"\xff\xd9"
    desk = Desk(tmp_path / "desk")
    desk.root.mkdir()
    song = desk.song(title, tags=Tags(title))
    texts = (("title", title), ("comment", "live"), ("lyrics", "la la\n" * 3000))
    monkeypatch.setattr(
        "stemdesk.jobs.exports.known.read_source_tags", lambda _: FileTags(texts, picture)
    )
    formats = tuple(FileFormat(kind) for kind in FileKind)
    part = Part(PartKind.STEM, "vocals")
    order = ExportOrder((part,), formats, extras=frozenset({Extra.NI_STEMS}))
    music = tmp_path / "Music"
    (exported,) = desk.export(song, order, folder=music).songs
    assert len(exported.files) == len(formats) + 1
    assert [error.code for error in find(music).errors] == [ErrorCode.FOLDER_OF_EXPORTS]
    own = music / song.source.name
    song.source.rename(own)
    found = find(music)
    assert [track.path for track in found.tracks] == [own] and not found.errors
    assert set(found.exports) == set(exported.files) and not found.passed_over
    assert [track.path for track in find(exported.files[0]).tracks] == [exported.files[0]]


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\xff\xff\xff\xff",
        b"RIFF\x04\x00\x00\x00WAVE" + b"junk\x00\x00\x00\x00" * 500,
        struct.pack(">I4s8x", 16, b"ftyp") + struct.pack(">I4sQ", 1, b"moov", 2**63),
        struct.pack(">I4s8x", 16, b"ftyp") + struct.pack(">I4s", 0, b"moov"),
        struct.pack(">I4s8x", 16, b"ftyp") + struct.pack(">I4sI4s", 16, b"moov", 7, b"udta"),
    ],
)
def test_broken_files_are_taken_as_songs(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "song.mp3").write_bytes(data)
    assert len(find(tmp_path).tracks) == 1


def test_what_is_missing_or_without_audio_is_an_error_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    touch(tmp_path / "texts" / "a.txt", tmp_path / "song.mp3")
    found = find(tmp_path / "none.mp3", tmp_path / "texts", tmp_path / "song.mp3")
    assert [error.code for error in found.errors] == [
        ErrorCode.SOURCE_MISSING,
        ErrorCode.FOLDER_WITHOUT_AUDIO,
    ]
    assert len(found.tracks) == 1


def test_a_walk_can_be_cancelled(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        find_tracks([tmp_path], cancel)
