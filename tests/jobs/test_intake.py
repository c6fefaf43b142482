from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, ErrorCode
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.intake import Found, find_tracks


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
