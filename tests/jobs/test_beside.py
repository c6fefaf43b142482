"""A song that came from a link, after it was split: what lies beside its stems."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stemdesk.audio.originals import Originals
from stemdesk.audio.play_cache import PlayCache
from stemdesk.audio.tags import read_tags
from stemdesk.core.errors import Cancelled
from stemdesk.core.job import Job, JobState
from stemdesk.core.link import Link
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Stage
from stemdesk.jobs.beside import Beside, beside_bytes, put_beside
from stemdesk.jobs.folder import MANIFEST, partial_folder, read_manifest
from stemdesk.jobs.live import Live
from stemdesk.jobs.pipeline import Result
from stemdesk.jobs.saved_song import SavedSong
from stemdesk.jobs.scheduler import after_result
from support.links import PICTURE, URL, fetched_job, link_job
from support.place import Place, Stopper

STEMS = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def finish(place: Place, job: Job, **changes: object) -> tuple[Result, Job]:
    result = place.run(job, **changes)
    return result, after_result(job, result)


def test_song_and_cover_lie_beside_the_stems(place: Place) -> None:
    job = fetched_job(place)
    data = job.source.read_bytes()
    result, done = finish(place, job)
    assert result.folder == place.out / "Bänd - Söng"
    assert names(result.folder) == sorted([*STEMS, "cover.png", "original.m4a", MANIFEST])
    assert (result.folder / "original.m4a").read_bytes() == data
    assert (result.folder / "cover.png").read_bytes() == PICTURE
    assert done.source == result.folder / "original.m4a" and not done.needs_fetch
    assert done.link is not None and done.link.cover == result.folder / "cover.png"
    source = json.loads((result.folder / MANIFEST).read_text("utf-8"))["source"]
    assert (source["link"], source["site"]) == (URL, "Site")
    manifest = read_manifest(result.folder)
    assert manifest is not None and manifest.link == URL
    assert manifest.beside == Beside("original.m4a", "cover.png")


def test_a_song_that_is_not_kept_would_have_to_be_fetched_again(place: Place) -> None:
    job = fetched_job(place, export=ExportOptions(AudioFormat.WAV, keep_original=False))
    result, done = finish(place, job)
    assert names(result.folder) == sorted([*STEMS, "cover.png", MANIFEST])
    assert done.needs_fetch and done.source == job.source.parent
    assert done.state is JobState.DONE and done.name == "Bänd - Söng"


def test_it_is_heard_from_the_song_folder(place: Place) -> None:
    job = fetched_job(place)
    result, _ = finish(place, job)
    job.source.unlink()
    song = SavedSong(result.folder, job.source, Originals(PlayCache(place.root / "cache", 1 << 30)))
    assert song.original is not None
    for handle in song._all_decoded():
        extent = handle.wait(result.frames, 20.0)  # till its end
        assert extent.complete and extent.error is None
    assert abs(song.original.read(0, result.frames)).max() > 0.1
    song.close()


def test_what_is_not_kept_is_heard_while_the_cache_has_it(place: Place) -> None:
    live = Live(Originals(PlayCache(place.root / "cache", 1 << 30)))
    job = fetched_job(place, export=ExportOptions(AudioFormat.WAV, keep_original=False))
    result, done = finish(place, job, live=live)
    shutil.rmtree(done.source)  # as `forget_download` does
    song = SavedSong(result.folder, done.source, live.originals)
    assert song.complete and song.original is not None
    assert abs(song.original.read(0, result.frames)).max() > 0.1
    song.close()
    song = SavedSong(result.folder, done.source, Originals(PlayCache(place.root / "new", 1 << 30)))
    for original in song._all_decoded():
        assert original.wait(result.frames, 20.0).error is not None
    assert song.original is None and song.complete
    song.close()


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_cancelling_while_saving_leaves_the_download_alone(place: Place, fraction: float) -> None:
    job = fetched_job(place)
    stopper = Stopper(Stage.SAVING, fraction)
    with pytest.raises(Cancelled):
        place.pipeline().run(job, stopper, stopper.token)
    assert names(place.out) == []
    assert names(job.source.parent) == ["cover.png", "media.m4a"]
    result, _ = finish(place, job)
    assert "original.m4a" in names(result.folder)


def test_on_another_volume_it_is_copied_and_can_be_cancelled(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system without second names."""

    def refuse(*_: Any) -> None:
        raise OSError("another volume")

    monkeypatch.setattr(os, "link", refuse)
    job = fetched_job(place)
    place.out.mkdir()
    cancelled = CancelToken()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        put_beside(job, place.out, [], cancelled)
    (place.out / "original.m4a").unlink()
    assert put_beside(job, place.out, [], CancelToken()) == Beside("original.m4a", "cover.png")
    assert (place.out / "original.m4a").read_bytes() == job.source.read_bytes()


def test_a_stem_may_have_the_songs_name(place: Place) -> None:
    job = fetched_job(place, "flac")
    place.out.mkdir()
    beside = put_beside(job, place.out, ["Original.flac", "cover.png"], CancelToken())
    assert beside == Beside("original file.flac", "cover file.png")


def test_a_song_that_went_meanwhile_costs_no_stems(place: Place) -> None:
    job = fetched_job(place)
    job.source.unlink()
    place.out.mkdir()
    assert put_beside(job, place.out, [], CancelToken()) == Beside("", "cover.png")


def test_files_of_this_computer_are_not_copied(place: Place) -> None:
    song = place.song()
    result = place.run(place.job(song))
    assert names(result.folder) == sorted([*STEMS, MANIFEST])
    assert "link" not in json.loads((result.folder / MANIFEST).read_text("utf-8"))["source"]
    assert beside_bytes(place.job(song)) == 0


def test_split_again_the_song_goes_along(place: Place) -> None:
    """In its folder's place (--force), and with other options into a folder of its own."""
    _, done = finish(place, fetched_job(place))
    original, data = done.source, done.source.read_bytes()
    assert done.output is not None
    (done.output / "notes.txt").write_text("theirs")
    result, again = finish(place, done.moved_to(JobState.QUEUED), force=True)
    assert not result.already and again.source == original
    assert names(result.folder) == sorted(
        [*STEMS, "cover.png", "original.m4a", "notes.txt", MANIFEST]
    )
    assert names(place.out) == ["Bänd - Söng"]
    assert original.read_bytes() == data
    two = replace(again.moved_to(JobState.QUEUED), separation=SeparationOptions("small", ("bass",)))
    result, other = finish(place, two)
    assert result.folder.name == "Bänd - Söng (2)" and other.source.parent == result.folder
    assert original.read_bytes() == other.source.read_bytes() == data
    assert not original.samefile(other.source)  # tagging one does not change the other


def test_an_original_that_is_not_kept_this_time_is_not_taken_away(place: Place) -> None:
    _, done = finish(place, fetched_job(place))
    queued = done.moved_to(JobState.QUEUED)
    job = replace(queued, export=ExportOptions(AudioFormat.WAV, keep_original=False))
    result, again = finish(place, job, force=True)
    assert (result.folder / "original.m4a").exists()
    assert again.source == result.folder / "original.m4a" and not again.needs_fetch


def test_who_finds_it_split_takes_the_song_from_there(place: Place) -> None:
    first, _ = finish(place, fetched_job(place))
    result, done = finish(place, fetched_job(place))
    assert result.already and result.folder == first.folder
    assert done.source == first.folder / "original.m4a"
    assert done.link is not None and done.link.cover == first.folder / "cover.png"


def test_a_song_that_was_split_before_and_not_kept_is_kept_now(place: Place) -> None:
    job = fetched_job(place)
    as_file = replace(job, id="of a file", link=None)
    folder = place.run(as_file).folder
    (folder / "original.m4a").write_text("theirs")
    before = read_manifest(folder)
    result, done = finish(place, job)
    assert result.already and result.folder == folder and names(place.out) == [folder.name]
    assert done.source == folder / "original file.m4a"
    assert done.source.read_bytes() == job.source.read_bytes()
    assert (folder / "original.m4a").read_text() == "theirs"
    after = read_manifest(folder)
    assert before is not None and after is not None
    assert after.link == URL and after.beside == Beside("original file.m4a", "cover.png")
    assert replace(after, link="", beside=before.beside) == before


def test_a_place_that_takes_no_song_costs_no_stems(place: Place) -> None:
    job = fetched_job(place)
    folder = place.run(replace(job, id="of a file", link=None)).folder
    partial_folder(job).write_text("in the way")
    result, done = finish(place, job)
    assert result.already and result.original is None and done.needs_fetch
    assert names(folder) == sorted([*STEMS, MANIFEST])


@pytest.mark.parametrize("kind", [AudioFormat.FLAC, AudioFormat.WAV])
def test_stems_say_what_they_are_and_where_they_come_from(place: Place, kind: AudioFormat) -> None:
    import soundfile

    result = place.run(fetched_job(place, export=ExportOptions(kind)))
    file = result.folder / f"bass.{kind.value}"
    tags = read_tags(file)
    assert (tags.title, tags.artist, tags.album) == ("Söng (bass)", "Bänd", "Älbum")
    with soundfile.SoundFile(file) as opened:
        assert opened.comment == URL
        assert opened.frames == result.frames


def test_a_password_in_a_link_is_told_nobody(place: Place) -> None:
    url = "https://me:secret@music.example:8443/song.mp3?id=1"
    link = Link(url, page=url)
    assert link.public == "https://music.example:8443/song.mp3?id=1"
    job = fetched_job(place)
    assert job.link is not None
    result = place.run(replace(job, link=replace(job.link, url=url, page=url)))
    for path in result.folder.iterdir():
        assert b"secret" not in path.read_bytes()


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("../../x", "_.._x"),
        ("CON", "_CON"),
        ("🎸 solo", "🎸 solo"),
        ("a\u202eb", "a�b"),
        ("line\nbreak", "line�break"),
        ("x" * 400, "x" * 150),
        ("<b>bold</b>", "_b_bold__b_"),
        ("\udcff", "�"),
    ],
)
def test_hostile_titles_make_harmless_names(place: Place, title: str, folder: str) -> None:
    job = fetched_job(place)
    result = place.run(replace(job, tags=replace(job.tags, title=title, artist="")))
    assert result.folder == place.out / folder
    assert names(place.out) == [folder]
    assert read_manifest(result.folder) is not None


def test_before_it_was_fetched_a_link_is_called_by_its_address(place: Place) -> None:
    job = link_job(place)
    assert job.needs_fetch and job.name == "music.example/watch"
    assert fetched_job(place).name == "Bänd - Söng"
    untitled = fetched_job(place)
    assert replace(untitled, tags=read_tags(Path("none"))).name == "music.example/watch"
