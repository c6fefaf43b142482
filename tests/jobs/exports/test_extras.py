"""Projects, NI Stems, videos and the manifest, made of real exports. What is inside of them is
checked by their own tests; here: that they are made of the right files, and are there whole."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from stemdesk.audio.listening import Listening
from stemdesk.audio.remix import Remix
from stemdesk.core.errors import ErrorCode
from stemdesk.core.export_order import (
    ALL_STEMS,
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.notices import NoticeCode
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags
from stemdesk.jobs.exports.values import ExportedSong, ExportSong
from support.exports import FOUR, Desk, floats, song_folder
from support.media import bursts, make

MP3 = FileFormat(FileKind.MP3)
WAV24 = FileFormat(FileKind.WAV, 24)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def only(desk: Desk, song: ExportSong, order: ExportOrder) -> ExportedSong:
    (done,) = desk.export(song, order).songs
    assert done.error is None, done.error
    left = {path for path in desk.out.rglob("*") if path.is_file()}
    assert left >= set(done.files) and not [path for path in left if path.name[0] == "."]
    return done


def extra(*extras: Extra, **changes: object) -> ExportOrder:
    order = ExportOrder(template="{title}/{title} {stem}", extras=frozenset(extras))
    return replace(order, **changes)  # type: ignore[arg-type]


def by_suffix(done: ExportedSong, suffix: str) -> Path:
    (path,) = [path for path in done.files if path.name.endswith(suffix)]
    return path


def test_the_manifest_tells_what_was_written(desk: Desk) -> None:
    song = desk.song(rate=48000, tags=Tags("Title", "Artist"))
    order = extra(Extra.MANIFEST, formats=(WAV24, MP3), exact_sum=True, clipping=Clipping.OFF)
    done = only(desk, song, order)
    path = by_suffix(done, ".json")
    assert path == desk.out / "Title/Title.json"
    value = json.loads(path.read_text("utf-8"))
    assert value["song"] | {"fingerprint": ""} == {
        "title": "Title", "artist": "Artist", "file": "song.wav", "fingerprint": "", "link": ""
    }  # fmt: skip
    assert value["model"] == {"name": "small", "sha256": ["ab" * 32]}
    assert (value["version"], value["date"], value["gain_db"]) == (1, "2026-03-09", 0.0)
    assert value["exact_sum"] is True and value["null_depth_db"]["saved"] is None
    assert len(value["files"]) == 8
    for entry in value["files"]:
        file = path.parent / entry["file"]
        assert entry["bytes"] == file.stat().st_size
        assert entry["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert entry["samplerate"] == 48000
        assert entry["frames"] == floats(file).shape[1]
        assert file.name == f"Title {entry['part']}{file.suffix}"


def test_projects_play_the_stems_that_were_written(desk: Desk) -> None:
    remix = Remix.of(FOUR).with_gain("vocals", -6.0).with_muted("bass", True)
    song = replace(desk.song(), listening=Listening(remix))
    done = only(desk, song, extra(Extra.REAPER, Extra.DAWPROJECT, formats=(MP3, WAV24)))
    project = by_suffix(done, ".rpp").read_text("utf-8")
    for stem in FOUR:
        assert project.count(f'FILE "song {stem}.wav"') == 1
    with zipfile.ZipFile(by_suffix(done, ".dawproject")) as archive:
        assert archive.testzip() is None
        inside = [name for name in archive.namelist() if name.endswith(".wav")]
        sizes = sorted(archive.getinfo(name).file_size for name in inside)
    wavs = [path for path in done.files if path.suffix == ".wav"]
    assert sizes == sorted(path.stat().st_size for path in wavs) and len(sizes) == 4


def test_a_project_alone_brings_its_stems(desk: Desk) -> None:
    song = desk.song()
    none = {"parts": (), "formats": ()}
    project = only(desk, song, extra(Extra.DAWPROJECT, **none))
    assert [path.name for path in project.files] == ["song.dawproject"]
    with zipfile.ZipFile(project.files[0]) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".wav")]) == 4
    lossy = extra(Extra.REAPER, formats=(MP3,), parts=(Part(PartKind.REMIX),))
    reaper = only(desk, song, lossy)
    assert sorted(path.name for path in reaper.files) == sorted(
        ["song remix.mp3", "song.rpp", *(f"song {stem}.wav" for stem in FOUR)]
    )


def test_a_project_of_stems_that_were_there_already(desk: Desk) -> None:
    song = desk.song()
    only(desk, song, extra(formats=(WAV24,)))
    done = only(desk, song, extra(Extra.REAPER, collision=Collision.SKIP))
    assert len(done.skipped) == 4 and [path.name for path in done.files] == ["song.rpp"]
    assert 'FILE "song bass.wav"' in done.files[0].read_text("utf-8")


def test_ni_stems_have_five_tracks_as_long_as_the_song(desk: Desk) -> None:
    song = desk.song(rate=96000, tags=Tags("Title", "Artist"))
    done = only(desk, song, extra(Extra.NI_STEMS, parts=(), formats=()))
    (path,) = done.files
    assert path.name == "Title.stem.mp4"
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 5
        assert {stream.codec_context.sample_rate for stream in container.streams.audio} == {48000}
    heard = floats(path)  # the master
    own = floats(song.source)
    assert abs(heard.shape[1] * 2 - own.shape[1]) <= 2
    np.testing.assert_allclose(np.abs(heard).max(), np.abs(own).max(), rtol=0.2)
    song.source.unlink()
    again = only(desk, replace(song, title="again"), extra(Extra.NI_STEMS, parts=(), formats=()))
    assert NoticeCode.ORIGINAL_GONE in [notice.code for notice in again.notices]
    assert again.files[0].exists(), "the master is the stems' sum then"


def video_song(desk: Desk) -> ExportSong:
    samples = bursts(48000 * 2, 48000)
    source = make(desk.root / "clip.mp4", "mp4", samples, 48000)
    stems = {stem: 0.25 * bursts(88200, 44100, seed=n) for n, stem in enumerate(FOUR)}
    return ExportSong(song_folder(desk.root / "songs" / "clip", source, stems), source, "clip")


def test_the_remix_goes_into_a_copy_of_the_video(desk: Desk) -> None:
    song = video_song(desk)
    before = song.source.read_bytes()
    slower = replace(song, listening=Listening(Remix.of(FOUR), 80.0, loop=(0.2, 0.5)))
    done = only(desk, slower, extra(Extra.VIDEO, parts=(), formats=(), loop_only=True))
    (path,) = done.files
    assert path.name == "clip remix.mp4" and song.source.read_bytes() == before
    with av.open(str(path)) as made, av.open(str(song.source)) as source:
        pictures = [bytes(p) for p in made.demux(made.streams.video[0]) if p.size]
        assert pictures == [bytes(p) for p in source.demux(source.streams.video[0]) if p.size]
    assert floats(path).shape[1] == pytest.approx(96000, abs=1100), "as fast as the picture"


def test_a_song_that_is_no_video_says_so_and_the_rest_is_written(desk: Desk) -> None:
    done = only(desk, desk.song(), extra(Extra.VIDEO))
    assert [notice.code for notice in done.notices] == [NoticeCode.NO_VIDEO]
    assert len(done.files) == 4
    (nothing,) = desk.export(desk.song("b"), extra(Extra.VIDEO, parts=(), formats=())).songs
    assert nothing.error is not None and nothing.error.code is ErrorCode.SOURCE_NO_VIDEO


def test_everything_at_once_of_two_songs(desk: Desk) -> None:
    songs = [desk.song("one", rate=48000), video_song(desk)]
    order = extra(*Extra, parts=(ALL_STEMS, Part(PartKind.REMIX)), formats=(WAV24, MP3))
    exported = desk.export(songs, order)
    assert [song.error for song in exported.songs] == [None, None]
    assert [len(song.files) for song in exported.songs] == [14, 15]
    again = desk.export(songs, replace(order, collision=Collision.SKIP), cancel=CancelToken())
    assert [(len(song.files), len(song.skipped)) for song in again.songs] == [(0, 14), (0, 15)]
