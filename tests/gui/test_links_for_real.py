"""Links through the window's controller and everything below it: yt-dlp in its process, a site on
this machine, a small model, stems on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Job, JobState
from stemdesk.core.settings import Settings
from stemdesk.fetch.links.values import LinkList
from stemdesk.gui.controller import Controller
from stemdesk.gui.values import Surroundings
from stemdesk.jobs.folder import is_complete, read_manifest
from support.desk import Desk
from support.link_site import LinkSite, audio_page, feed, song_bytes
from support.models import install_small

LONG_MS = 60_000


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[LinkSite]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with LinkSite() as made:
        yield made


@pytest.fixture
def real(desk: Desk) -> Iterator[Controller]:
    """Everything real but the timers; the local network is allowed."""
    install_small(desk.folders.models, "small")
    around = Surroundings(poll_ms=20, retry_ms=20)
    settings = Settings(device="cpu", local_network=True)
    controller = Controller(desk.folders, settings, surroundings=around)
    controller.start()
    yield controller
    assert controller.close(30_000)


def wait(qtbot: QtBot, controller: Controller, *states: JobState) -> list[Job]:
    def there() -> bool:
        return [job.state for job in controller.jobs] == list(states)

    qtbot.waitUntil(there, timeout=LONG_MS)
    return list(controller.jobs)


def test_a_page_with_a_song_becomes_stems(
    desk: Desk, real: Controller, site: LinkSite, qtbot: QtBot, tmp_path: Path
) -> None:
    site.song("/night.mp3", song_bytes(tmp_path / "made", "mp3"))
    page = site.page("/page", audio_page("/night.mp3", "Night Train"))
    real.add_links([page])
    (job,) = wait(qtbot, real, JobState.DONE)
    assert job.tags.title == "Night Train" and job.output is not None
    manifest = read_manifest(job.output)
    assert manifest is not None and is_complete(job.output, manifest)
    assert job.source.parent == job.output and job.source.stem == "original"
    qtbot.waitUntil(lambda: not (desk.folders.downloads / job.id).exists())


def test_a_list_is_asked_about_and_what_is_missing_fails_alone(
    desk: Desk, real: Controller, site: LinkSite, qtbot: QtBot, tmp_path: Path
) -> None:
    song = song_bytes(tmp_path / "made", "mp3")
    items = [(f"Song {n}", site.song(f"/{n}.mp3", song), "0:02") for n in (1, 2)]
    items.insert(1, ("Lost", site.url("/lost.mp3"), "0:02"))
    feed_url = site.put("/feed", feed("Podcast", items).encode(), "application/rss+xml")
    with qtbot.waitSignal(real.links.list_found, timeout=LONG_MS) as found:
        real.add_links([feed_url])
    job_id, listed = found.args
    assert isinstance(listed, LinkList) and len(listed.entries) == 3
    real.choose_entries(job_id, listed.entries)
    jobs = wait(qtbot, real, JobState.DONE, JobState.FAILED, JobState.DONE)
    assert [job.tags.title for job in jobs] == ["Song 1", "Lost", "Song 2"]
    failure = jobs[1].failure
    assert failure is not None and failure.code is ErrorCode.LINK_NOT_FOUND


def test_a_slow_download_is_cancelled_and_leaves_nothing(
    desk: Desk, real: Controller, site: LinkSite, qtbot: QtBot, tmp_path: Path
) -> None:
    song = song_bytes(tmp_path / "made", "wav-f32", 5.0)
    slow = site.song("/slow.wav", song, stalls_after=len(song) // 2)
    real.add_links([slow])

    def is_far() -> bool:
        jobs = real.jobs
        progress = real.progress(jobs[0].id) if jobs else None
        return progress is not None and progress.transfer is not None

    qtbot.waitUntil(is_far, timeout=LONG_MS)
    job_id = real.jobs[0].id
    real.cancel(job_id)
    wait(qtbot, real, JobState.CANCELLED)
    assert not (desk.folders.downloads / job_id).exists()
