"""Links that become jobs, without asking a site."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stemdesk.core.job import Job, JobState
from stemdesk.core.link import Link
from stemdesk.core.settings import Settings
from stemdesk.core.track import Tags
from stemdesk.fetch.links.values import LinkEntry, LinkList
from stemdesk.jobs.acquire import earlier_splits, entry_jobs, needs_look_up, rules_of
from stemdesk.jobs.folder import parent_folder
from stemdesk.paths import Folders
from support.links import URL, downloads, fetched_job, link_job
from support.place import Place

ENTRIES = (
    LinkEntry("https://music.example/1", "One", "Bänd", 61.5, "site 1"),
    LinkEntry("https://music.example/2", "Two"),
)


def listed(title: str) -> LinkList:
    return LinkList("https://music.example/list", "list 9", "Site", title, ENTRIES, 2)


def test_the_settings_are_the_rules(tmp_path: Path) -> None:
    where = Folders(tmp_path, tmp_path / "data", tmp_path, tmp_path)
    rules = rules_of(Settings(), where)
    assert (rules.max_duration_s, rules.max_bytes) == (4 * 3600, 2 * 10**9)
    assert not rules.allow_local and rules.cookies_file is None and rules.cookies_browser == ""
    assert rules.proxy is None  # the system's
    chosen = Settings(
        longest_link_hours=0.5,
        largest_link_gb=0.25,
        local_network=True,
        cookies_browser="firefox",
        cookies_file=str(tmp_path / "cookies.txt"),
    )
    rules = rules_of(chosen, where)
    assert (rules.max_duration_s, rules.max_bytes) == (1800, 250_000_000)
    assert rules.allow_local and not rules_of(chosen, where, allow_local=False).allow_local
    assert rules_of(Settings(), where, allow_local=True).allow_local
    assert (rules.cookies_browser, rules.cookies_file) == ("firefox", tmp_path / "cookies.txt")


def test_a_link_is_a_job_at_once(place: Place) -> None:
    job, other = link_job(place), link_job(place)
    assert job.id != other.id and job.state is JobState.QUEUED
    assert job.source == downloads(place) / job.id and not job.source.exists()
    assert job.needs_fetch and needs_look_up(job)
    assert not needs_look_up(fetched_job(place)) and not needs_look_up(place.job(Path("a.mp3")))


def test_entries_of_a_list_are_jobs_with_its_options_in_a_folder_of_its_name(place: Place) -> None:
    job = link_job(place)
    one, two = entry_jobs(job, listed("Älbum"), ENTRIES, downloads(place))
    assert (one.separation, one.export, one.root) == (job.separation, job.export, job.root)
    assert len({job.id, one.id, two.id}) == 3
    assert one.source == downloads(place) / one.id
    assert one.tags == Tags("One", "Bänd", "", 61.5)
    assert one.link == Link("https://music.example/1", "site 1", "Site")
    assert parent_folder(one) == parent_folder(two) == place.out / "Älbum"
    assert not needs_look_up(one)  # its title is known
    assert needs_look_up(two)


def test_a_lists_title_is_one_folder_whatever_it_says(place: Place) -> None:
    for title, folder in (("../../x", "_.._x"), ("a/b", "a_b"), ("CON", "_CON"), ("..", "")):
        one, _ = entry_jobs(link_job(place), listed(title), ENTRIES, downloads(place))
        assert parent_folder(one) == place.out / folder


def test_a_recording_is_recognised_by_address_or_key(place: Place) -> None:
    def done(link: Link, created: float) -> Job:
        return replace(fetched_job(place), state=JobState.DONE, link=link, created=created)

    short = done(Link("https://mu.example/1", "site 1", page=URL), 1.0)
    again = done(Link("https://music.example/list?v=1", "site 1"), 3.0)
    other = done(Link("https://music.example/other", "site 2"), 2.0)
    unknown = done(Link("https://music.example/unknown"), 2.0)
    running = replace(fetched_job(place), state=JobState.SEPARATING)
    of_a_file = replace(place.job(Path("song.mp3")), state=JobState.DONE)
    jobs = [short, again, other, unknown, running, of_a_file]
    assert earlier_splits(jobs, Link(URL)) == [short]
    assert earlier_splits(jobs, Link("https://elsewhere.example", "site 1")) == [again, short]
    assert earlier_splits(jobs, Link("https://music.example/new")) == []
