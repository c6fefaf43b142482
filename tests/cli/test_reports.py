import json
import os
import time

from cli.conftest import Command
from stemdesk import __version__
from stemdesk.core.job import JobState
from stemdesk.core.link import Link
from stemdesk.jobs.sound_note import SoundNote, write_sound_note
from stemdesk.jobs.store import JobStore
from stemdesk.paths import folders
from support.jobs import a_job
from support.place import Place


def test_version(stemdesk: Command) -> None:
    said = stemdesk("--version")
    assert said.code == 0 and said.out == f"StemDesk {__version__}\n"


def test_doctor_tells_what_is_there(place: Place, stemdesk: Command) -> None:
    facts = json.loads(stemdesk("doctor", "--json").out)
    assert facts["version"] == __version__
    assert facts["device"]["name"] and facts["device"]["reason"]
    assert facts["sound"]["kind"] in ("sounddevice", "null") and facts["sound"]["reason"]
    assert facts["folders"]["models"]["path"] == str(place.models)
    assert all(folder["free_bytes"] > 0 for folder in facts["folders"].values())
    assert facts["models"][0]["name"] == "small"
    assert facts["packages"]["torch"].startswith("2.")
    text = stemdesk("doctor").out
    words = ("Device:", "Sound:", "Scratch:", "Working files:", "Versions:")
    for word in (*words, "Installed models: small"):
        assert word in text
    names = [line.split(":")[0] for line in text.splitlines() if ":" in line]
    assert len(names) == len(set(names))  # each is said once


def test_doctor_tells_how_the_windows_sound_did(place: Place, stemdesk: Command) -> None:
    assert json.loads(stemdesk("doctor", "--json").out)["sound"]["played"] is None
    assert "Played last" not in stemdesk("doctor").out
    write_sound_note(folders().data, SoundNote("Speakers", 3))
    played = json.loads(stemdesk("doctor", "--json").out)["sound"]["played"]
    assert played == {"output": "Speakers", "underruns": 3}
    assert "Played last: Speakers, which ran dry 3 times\n" in stemdesk("doctor").out
    write_sound_note(folders().data, SoundNote("Speakers", 0))
    assert "Played last: Speakers, which never ran dry\n" in stemdesk("doctor").out


def test_clean_keeps_what_can_go_on(place: Place, stemdesk: Command) -> None:
    store = JobStore(folders().database)
    kept, failed, stale = store.add(
        [
            a_job(state=JobState.INTERRUPTED),
            a_job(state=JobState.CANCELLED),
            a_job(state=JobState.PAUSED),
        ]
    )
    store.close()
    for name in (kept.id, failed.id, stale.id, "0" * 32, "not ours"):
        folder = folders().scratch / name
        folder.mkdir(parents=True)
        (folder / "mix.f32").write_bytes(bytes(1000))
    long_ago = time.time() - 15 * 86_400
    os.utime(folders().scratch / stale.id, (long_ago, long_ago))
    assert json.loads(stemdesk("clean", "--json").out) == {"freed_bytes": 3000, "left_bytes": 2000}
    left = sorted(path.name for path in folders().scratch.iterdir())
    assert left == sorted([kept.id, "not ours"])
    assert stemdesk("clean").out.startswith("Freed 0 bytes")


def test_clean_keeps_downloads_that_can_go_on(place: Place, stemdesk: Command) -> None:
    link = Link("https://x.example/1")
    store = JobStore(folders().database)
    states = (JobState.INTERRUPTED, JobState.FAILED, JobState.DONE, JobState.CANCELLED)
    kept, stale, *_ = jobs = store.add([a_job(state=state, link=link) for state in states])
    store.close()
    for name in (*(job.id for job in jobs), "0" * 32):
        folder = folders().downloads / name
        folder.mkdir(parents=True)
        (folder / "media.mp3.part").write_bytes(bytes(1000))
    long_ago = time.time() - 8 * 86_400
    for path in (folders().downloads / stale.id / "media.mp3.part", folders().downloads / stale.id):
        os.utime(path, (long_ago, long_ago))
    assert json.loads(stemdesk("clean", "--json").out) == {"freed_bytes": 4000, "left_bytes": 1000}
    assert [path.name for path in folders().downloads.iterdir()] == [kept.id]
