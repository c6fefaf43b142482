"""Links that become song folders: a real site, the real downloader, the real pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from stemdesk.core.errors import Cancelled, ErrorCode, LinkError, Paused, StemDeskError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Stage, ignore_progress
from stemdesk.fetch.links.values import LinkList, LinkRules
from stemdesk.jobs import acquire
from stemdesk.jobs.acquire import entry_jobs, fetch_job, look_up_job, needs_look_up
from stemdesk.jobs.downloads import forget_download, with_file
from stemdesk.jobs.folder import MANIFEST, read_manifest
from stemdesk.jobs.locks import is_running, job_lock
from stemdesk.jobs.scheduler import after_error, after_result, during, next_fetches, next_job
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders
from support.link_site import PICTURE, LinkSite, audio_page, feed, noise_bytes, song_bytes
from support.links import link_job
from support.media import sine
from support.place import Place

RULES = LinkRules(600.0, 1 << 30, allow_local=True, proxy="")


@pytest.fixture
def site() -> Iterator[LinkSite]:
    site = LinkSite()
    with site:
        yield site


@pytest.fixture
def where(place: Place) -> Folders:
    root = place.root
    return Folders(root / "config", root, root / "logs", root, scratch_override=place.scratch)


def looked_up(job: Job, where: Folders) -> Job:
    found = look_up_job(job, where, RULES, ignore_progress, CancelToken())
    assert isinstance(found, Job)
    return found


def fetched(job: Job, where: Folders, rules: LinkRules = RULES) -> Job:
    return fetch_job(job, where, rules, ignore_progress, CancelToken())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_link_becomes_a_song_folder(site: LinkSite, place: Place, where: Folders) -> None:
    body = song_bytes(place.root, "m4a")
    site.song("/song.m4a", body)
    site.put("/cover.png", PICTURE, "image/png")
    head = '<meta property="og:image" content="/cover.png">'
    url = site.page("/page", audio_page("/song.m4a", "Bänd - Söng", head))
    store = JobStore(where.database)
    (job,) = store.add([link_job(place, url)])
    assert next_job(store.all()) is None and next_fetches(store.all()) == [job]

    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        nonlocal job
        seen.append(progress)
        assert is_running(place.scratch, job.id)
        job = during(job, progress)

    found = look_up_job(job, where, RULES, report, CancelToken())
    assert isinstance(found, Job)
    assert seen == [Progress(Stage.DOWNLOADING, 0.0)] and job.state is JobState.DOWNLOADING
    assert (found.tags.artist, found.tags.title) == ("Bänd", "Söng")
    assert found.needs_fetch and found.name == "Bänd - Söng"
    assert found.link is not None and found.link.site == "127.0.0.1" and found.link.key
    assert found.link.cover is not None and found.link.cover.read_bytes() == PICTURE
    store.update([found])
    assert store.get(found.id) == found and store.by_link(found.link.key) == [found]

    seen.clear()
    job = fetch_job(found, where, RULES, report, CancelToken()).moved_to(JobState.QUEUED)
    assert seen[0] == Progress(Stage.DOWNLOADING, 0.0)
    last = seen[-1].transfer
    assert last is not None and last.done_bytes == last.total_bytes == len(body)
    assert seen[-1].percent == 100 and last.name
    assert job.source.read_bytes() == body and not job.needs_fetch
    assert job.tags.duration_s == pytest.approx(2.0, abs=0.1)  # the page did not tell
    store.update([job])
    assert next_job(store.all()) == job and next_fetches(store.all()) == []

    done = after_result(job, place.run(job))
    store.update([done])
    forget_download(where, job.id)
    assert files(where.downloads) == [] and store.get(job.id) == done
    assert done.output == place.out / "Bänd - Söng"
    names = ["bass.wav", "cover.png", "drums.wav", "original.m4a", "other.wav", MANIFEST]
    assert files(done.output) == sorted([*names, "vocals.wav"])
    assert done.source.read_bytes() == body
    manifest = read_manifest(done.output)
    assert manifest is not None and manifest.link == url
    store.close()


def test_a_slow_picture_holds_nothing_up(
    site: LinkSite, place: Place, where: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquire, "COVER_S", 0.3)
    site.song("/song.m4a", b"")
    site.put("/cover.png", PICTURE, "image/png", silent=True)
    head = '<meta property="og:image" content="/cover.png">'
    job = looked_up(link_job(place, site.page("/page", audio_page("/song.m4a", "A", head))), where)
    assert job.tags.title == "A" and job.link is not None and job.link.cover is None
    assert not site.release.is_set()  # the picture would still come


def test_a_files_own_tags_are_better_than_its_name(
    site: LinkSite, place: Place, where: Folders
) -> None:
    path = place.root / "tagged.flac"
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        file.title, file.artist, file.album = "Söng", "Bänd", "Älbum"
        file.write(sine(44100, 44100).T)
    url = site.song("/01_song_final.flac", path.read_bytes())
    job = looked_up(link_job(place, url), where)
    assert job.tags.title == "01 song final"
    job = fetched(job, where)
    assert (job.tags.title, job.tags.artist, job.tags.album) == ("Söng", "Bänd", "Älbum")


def test_entries_of_a_list_are_fetched_and_one_that_is_broken_fails_alone(
    site: LinkSite, place: Place, where: Folders
) -> None:
    body = song_bytes(place.root, "mp3")
    site.song("/one.mp3", body)
    site.song("/three.mp3", body)
    elements = "".join(f'<audio src="/{name}.mp3"></audio>' for name in ("one", "two", "three"))
    url = site.page("/list", f"<html><title>A list</title><body>{elements}</body></html>")
    store = JobStore(where.database)
    (job,) = store.add([link_job(place, url)])
    listed = look_up_job(job, where, RULES, ignore_progress, CancelToken())
    assert isinstance(listed, LinkList) and len(listed.entries) == 3
    jobs = store.put_in_place(job.id, entry_jobs(job, listed, listed.entries, where.downloads))
    assert next_fetches(store.all()) == jobs
    assert len({item.link.key for item in jobs if item.link}) == 3
    one, two, three = jobs
    assert fetched(one, where).source.read_bytes() == body
    with pytest.raises(LinkError) as caught:
        fetched(two, where)
    assert caught.value.code is ErrorCode.LINK_NOT_FOUND
    failed = after_error(two, caught.value, waits_for_disk=True)
    assert failed.state is JobState.FAILED and failed.needs_fetch
    done = fetched(three, where)
    folder = place.run(done).folder
    assert folder.parent == place.out / "A list"
    manifest = read_manifest(folder)
    assert manifest is not None and manifest.link == url  # without what we added to it
    store.close()


def test_an_entry_keeps_the_title_that_its_list_has_told(
    site: LinkSite, place: Place, where: Folders
) -> None:
    site.song("/01.mp3", song_bytes(place.root, "mp3"))
    page = site.page("/page", audio_page("/01.mp3", "Listen to it here"))
    rss = feed("Feed", [("Night", page, "1"), ("Day", site.url("/other"), "1")])
    job = link_job(place, site.put("/feed", rss.encode(), "application/rss+xml"))
    listed = look_up_job(job, where, RULES, ignore_progress, CancelToken())
    assert isinstance(listed, LinkList)
    entry, _ = entry_jobs(job, listed, listed.entries, where.downloads)
    assert needs_look_up(entry) and entry.tags.title == "Night"
    known = looked_up(entry, where)
    assert known.tags.title == "Night" and fetched(known, where).tags.title == "Night"


def test_the_limit_holds_for_what_the_file_says(
    site: LinkSite, place: Place, where: Folders
) -> None:
    job = link_job(place, site.song("/song.ogg", song_bytes(place.root, "ogg")))
    with pytest.raises(LinkError) as caught:
        fetched(job, where, replace(RULES, max_duration_s=1.5))
    assert caught.value.code is ErrorCode.LINK_TOO_LONG
    assert caught.value.facts["duration_s"] == pytest.approx(2.0, abs=0.1)
    assert not list(job.source.glob("media.ogg"))
    assert fetched(job, where).source.exists()  # the limit was raised


def test_what_is_no_song_is_said_and_not_kept(site: LinkSite, place: Place, where: Folders) -> None:
    job = link_job(place, site.song("/song.mp3", noise_bytes(50_000)))
    with pytest.raises(LinkError) as caught:
        fetched(job, where)
    assert caught.value.code is ErrorCode.LINK_UNSUPPORTED
    assert not list(job.source.glob("media.mp3"))
    assert not is_running(place.scratch, job.id)


@pytest.mark.parametrize("how", ["cancel", "pause"])
def test_a_download_that_is_stopped_goes_on_where_it_was(
    site: LinkSite, place: Place, where: Folders, how: str
) -> None:
    body = song_bytes(place.root, "wav-16")
    job = link_job(place, site.song("/song.wav", body, pause_s=0.05))
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.transfer is not None and progress.transfer.done_bytes > 30_000:
            getattr(token, how)()

    with pytest.raises(Cancelled if how == "cancel" else Paused):
        fetch_job(job, where, RULES, report, token)
    (part,) = job.source.glob("*.part")
    assert part.stat().st_size > 30_000 and not is_running(place.scratch, job.id)
    site.song("/song.wav", body)
    assert fetched(job, where).source.read_bytes() == body
    assert site.asked("/song.wav")[-1].headers["range"].startswith("bytes=")
    forget_download(where, job.id)
    assert files(where.downloads) == []


def test_no_two_fetch_the_same(site: LinkSite, place: Place, where: Folders) -> None:
    job = link_job(place, site.url("/song.mp3"))
    told: list[Progress] = []
    with job_lock(place.scratch, job.id, job.source):
        for work in (look_up_job, fetch_job):
            with pytest.raises(StemDeskError) as caught:
                work(job, where, RULES, told.append, CancelToken())
            assert caught.value.code is ErrorCode.JOB_BUSY
            assert caught.value.path is not None and "song.mp3" in caught.value.path.name
    assert site.requests == [] and told == []


def test_a_song_that_was_taken_away_is_fetched_again(
    site: LinkSite, place: Place, where: Folders
) -> None:
    body = song_bytes(place.root, "mp3")
    job = fetched(link_job(place, site.song("/song.mp3", body)), where)
    forget_download(where, job.id)
    with pytest.raises(StemDeskError) as caught:
        place.run(job)
    failed = after_error(job, caught.value, waits_for_disk=True)
    again = with_file(failed, where.downloads).moved_to(JobState.QUEUED)
    assert next_fetches([again]) == [again]
    assert fetched(again, where).source.read_bytes() == body
