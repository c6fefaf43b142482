"""Links, from the command line through the real downloader to a real site on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.conftest import Command
from cli.test_split import SCHEMA, stored_states
from stemdesk.core.job import Job, JobState
from stemdesk.core.settings import Settings, load_settings, save_settings
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.store import JobStore
from stemdesk.paths import folders
from support.link_site import LinkSite, audio_page, feed, song_bytes
from support.live_jobs import wait_until
from support.place import Place
from support.terminals import shown_in_terminal

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = (sys.executable, "-m", "stemdesk", "split")
PATIENCE_S = 120.0


@pytest.fixture
def site() -> Iterator[LinkSite]:
    site = LinkSite()
    with site:
        yield site


@pytest.fixture(scope="module")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return song_bytes(tmp_path_factory.mktemp("song"), "mp3", 1.0)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines, each as the schema says."""
        found = [json.loads(line) for line in self.out.splitlines()]
        for event in found:
            Draft202012Validator(SCHEMA).validate(event)
        return found

    def told(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]


Run = Callable[..., Ran]


def start(place: Place, *arguments: str | Path, local: bool = True) -> subprocess.Popen[str]:
    """`stemdesk split …` in a process group of its own, as a terminal starts it."""
    no_proxy = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments), "-o", str(place.out), *["--allow-local"][: int(local)]],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **no_proxy, "PYTHONPATH": str(SOURCE)},
        cwd=place.root,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=PATIENCE_S)
    return Ran(process.returncode, out, err)


@pytest.fixture
def run(place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`stemdesk split …` in this process, which has loaded torch already; the downloader runs in
    a child of its own nevertheless."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(place.root)

    def split(*arguments: str | Path, local: bool = True) -> Ran:
        allowed = ["--allow-local"][: int(local)]
        said = stemdesk("split", *arguments, "-o", place.out, *allowed)
        return Ran(said.code, said.out, said.err)

    return split


def stored() -> list[Job]:
    store = JobStore(folders().database)
    jobs = store.all()
    store.close()
    return jobs


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def downloads() -> list[str]:
    """What is left of downloads."""
    folder = folders().downloads
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_link_becomes_a_folder_of_stems_and_is_known_again(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    site.song("/media/1.mp3", mp3)
    url = site.page("/song", audio_page("/media/1.mp3", "My song"))
    said = ended(start(place, url))
    assert said.code == 0, said.err
    (folder,) = place.out.iterdir()
    assert said.out == f"Saved: {folder}\n" and "My song" in folder.name
    assert {"vocals.flac", "original.mp3", MANIFEST} <= set(names(folder))
    assert (folder / "original.mp3").read_bytes() == mp3
    assert "looking at the link" in said.err and "downloading" in said.err
    assert said.err.count("what you have the right to use") == 1
    assert load_settings(folders().settings_file).links_noticed
    (job,) = stored()
    assert job.state is JobState.DONE and job.source == folder / "original.mp3"
    assert job.link is not None and job.link.url == url
    assert not downloads()

    asked = len(site.requests)
    again = run(url)
    assert again.code == 0 and again.out == f"Already split: {folder}\n"
    assert "right to use" not in again.err, "that is said once"
    assert len(site.requests) == asked, "nothing was asked of the site"

    forced = run(url, "--force")
    assert forced.code == 0 and forced.out == f"Saved: {folder}\n"
    assert len(site.requests) > asked and names(place.out) == [folder.name]
    assert (folder / "original.mp3").read_bytes() == mp3


def test_the_same_recording_at_another_address_is_known(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    url = site.song("/1.mp3", mp3)
    other = site.redirect("/short", url)
    assert run(url).code == 0
    said = run(other)
    assert said.code == 0 and said.out.startswith("Already split: ")
    assert len(site.asked("/short")) == 1 and stored_states() == [JobState.DONE]
    assert not downloads()


def test_a_list_is_split_entry_by_entry_and_a_broken_one_fails_alone(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    for number in (1, 3):
        site.song(f"/{number}.mp3", mp3)
    entries = [(f"Song {number}", site.url(f"/{number}.mp3"), "1") for number in (1, 2, 3)]
    url = site.put("/feed.xml", feed("My album", entries).encode(), "application/rss+xml")
    file = place.song("b.wav", 0.3)
    said = run(url, file, "--json")
    assert said.code == 1, said.err
    (listed,) = said.told("list")
    assert (listed["song"], listed["title"], listed["entries"]) == (1, "My album", 3)
    assert (listed["total"], listed["songs"]) == (3, 4)
    assert said.told("begin")[0]["songs"] == 2
    assert [event["song"] for event in said.told("song")] == [1, 1, 2, 3, 4]
    (failed,) = said.told("failed")
    assert (failed["song"], failed["code"]) == (2, "link_not_found")
    assert failed["file"] == site.url("/2.mp3")
    done = {event["song"]: Path(event["folder"]) for event in said.told("done")}
    assert list(done) == [1, 3, 4]
    assert done[1] == place.out / "My album" / "Song 1"
    assert done[3] == place.out / "My album" / "Song 3"
    assert done[4] == place.out / "b"
    assert said.events[-1]["failed"] == 1

    again = run(url, "--json", "--first", "1")
    assert again.code == 0
    (listed,) = again.told("list")
    assert (listed["entries"], listed["total"], listed["songs"]) == (1, 3, 1)
    assert [event["already"] for event in again.told("done")] == [True]


def test_lists_in_a_list_are_split_song_by_song(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    songs = [site.song(f"/{name}.mp3", mp3) for name in "abc"]
    inner = feed("Inner", [("A", songs[0], "1"), ("B", songs[1], "1")])
    site.put("/inner", inner.encode(), "application/rss+xml")
    outer = feed("Outer", [("An album", site.url("/inner"), "1"), ("C", songs[2], "1")])
    url = site.put("/outer", outer.encode(), "application/rss+xml")
    said = run(url, "--json")
    assert said.code == 0, said.out
    assert [event["songs"] for event in said.told("list")] == [2, 3]
    assert [event["song"] for event in said.told("song")] == [1, 1, 1, 2, 3]
    folders_of = [Path(event["folder"]) for event in said.told("done")]
    assert folders_of == [
        place.out / "Outer" / "Inner" / "A",
        place.out / "Outer" / "Inner" / "B",
        place.out / "Outer" / "C",
    ]


def test_bad_links_do_not_stop_the_others(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    good = site.song("/good.mp3", mp3)
    page = site.page("/text", "<html><body>no music</body></html>")
    said = run("ftp://x.example/1.mp3", site.url("/gone"), page, good)
    assert said.code == 1
    assert "Failed: This is no link: ftp://x.example/1.mp3." in said.err
    assert "/gone  Failed: The site 127.0.0.1 says that there is nothing at this link" in said.err
    assert "/text  Failed: StemDesk found no song at this link" in said.err
    assert "1 done, 3 failed." in said.err and said.out.count("Saved: ") == 1
    assert "Traceback" not in said.err
    assert not downloads()


def test_this_computer_is_out_of_bounds_unless_it_is_allowed(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    url = site.song("/1.mp3", mp3)
    said = run(url, local=False)
    assert said.code == 1 and "--allow-local" in said.err and not site.requests
    save_settings(Settings(local_network=True), folders().settings_file)
    assert run(url, local=False).code == 0


def test_a_file_with_a_link_is_a_link(run: Run, place: Place, site: LinkSite, mp3: bytes) -> None:
    url = site.song("/1.mp3", mp3)
    (place.root / "song.url").write_text(f"[InternetShortcut]\r\nURL={url}\r\n")
    said = run("song.url", url)
    assert said.code == 0 and said.out.count("Saved: ") == 1, "each link once"


def test_the_cookies_of_the_line_are_sent(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    file = place.root / "cookies.txt"
    file.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tsession\tyes\n"
    )
    assert run(site.song("/1.mp3", mp3), "--cookies", file).code == 0
    assert {one.headers.get("cookie") for one in site.asked("/1.mp3")} == {"session=yes"}


def test_the_original_is_not_kept_where_the_settings_say_so(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    save_settings(Settings(keep_original=False), folders().settings_file)
    url = site.song("/1.mp3", mp3)
    assert run(url).code == 0
    (folder,) = place.out.iterdir()
    assert not list(folder.glob("original.*")) and not downloads()
    assert run(url).out == f"Already split: {folder}\n"


def test_a_file_that_was_no_good_is_fetched_anew(
    run: Run, place: Place, site: LinkSite, mp3: bytes
) -> None:
    url = site.song("/1.wav", song_bytes(place.root / "empty", "wav-16", 0.0))
    said = run(url)
    assert said.code == 1 and "it is 0 seconds long" in said.err, said.err
    assert stored_states() == [JobState.FAILED]
    body = song_bytes(place.root, "wav-16", 0.5)
    site.song("/1.wav", body)
    assert run(url).code == 0
    (folder,) = place.out.iterdir()
    assert (folder / "original.wav").read_bytes() == body
    assert stored_states() == [JobState.DONE] and not downloads()


def test_two_commands_with_one_link_split_it_once(place: Place, site: LinkSite, mp3: bytes) -> None:
    url = site.song("/1.mp3", mp3)
    both = [ended(process) for process in [start(place, url), start(place, url)]]
    assert [one.code for one in both] == [0, 0], both
    assert sorted(one.out.split(":")[0] for one in both) == ["Already split", "Saved"]
    assert len(list(place.out.iterdir())) == 1 and stored_states() == [JobState.DONE]
    assert not downloads()


def kept() -> int:
    """Bytes of the one song that was not downloaded to its end."""
    sizes = [path.stat().st_size for path in folders().downloads.rglob("media*.part")]
    return sum(sizes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_download_goes_on_with_the_same_command(
    run: Run, place: Place, site: LinkSite, number: signal.Signals, tmp_path: Path
) -> None:
    body = song_bytes(tmp_path, "wav-16", 6.0)  # 1.2 MB
    url = site.song("/1.wav", body, stalls_after=len(body) // 2)
    process = start(place, url, "--json")
    wait_until(lambda: site.stalled.is_set() and kept() > 0)
    os.killpg(process.pid, number)  # Ctrl+C reaches all processes of a terminal
    said = ended(process)
    if number is not signal.SIGKILL:
        assert said.code == 130 and json.loads(said.out.splitlines()[-1])["event"] == "end"
        assert said.err == ""
        assert stored_states() == [JobState.INTERRUPTED]
    left = kept()
    assert left > 0
    site.song("/1.wav", body)  # what was stalled still is: a killed one's child may live a moment
    before = len(site.requests)
    again = run(url, "--json")
    assert again.code == 0, again.err
    ranges = [one.headers.get("range") for one in site.requests[before:]]
    assert f"bytes={left}-" in ranges
    (folder,) = place.out.iterdir()
    assert (folder / "original.wav").read_bytes() == body
    assert stored_states() == [JobState.DONE] and not downloads()


def test_ctrl_c_while_the_site_is_silent_leaves_nothing(place: Place, site: LinkSite) -> None:
    url = site.page("/silent", "", silent=True)
    process = start(place, url, "--json")
    assert site.stalled.wait(PATIENCE_S)
    os.killpg(process.pid, signal.SIGINT)
    said = ended(process)
    assert said.code == 130 and said.err == "" and said.events[-1]["exit_code"] == 130
    assert stored_states() == [] and not downloads()


def test_a_terminal_gets_a_bar(place: Place, site: LinkSite) -> None:
    url = site.song("/1.wav", song_bytes(place.root / "wav", "wav-16", 20.0))
    code, shown = shown_in_terminal(
        "split", url, "--allow-local", "-o", place.out, columns=90, NO_PROXY="*"
    )
    assert code == 0
    lines = shown.replace("\n", "\r").split("\r")
    assert any("looking at the link" in line for line in lines)
    bars = [line for line in lines if "downloading" in line]
    assert any("█" in line and "%" in line for line in bars)
    assert max(map(len, bars)) < 90
