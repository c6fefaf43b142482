import contextlib
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.audio.listening import Listening
from stemdesk.audio.remix import Remix
from stemdesk.core.errors import ErrorCode, StoreError
from stemdesk.core.job import Failure, JobState
from stemdesk.core.link import Link
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.options import ExportOptions
from stemdesk.core.track import Tags
from stemdesk.jobs.store import JobStore
from support.jobs import a_job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "jobs.sqlite3"


def test_jobs_come_back_as_they_were(path: Path) -> None:
    job = a_job(
        Path("/music/\udcff 🎸.mp3"),
        tags=Tags("Söng", "Bänd", "Album", 12.5),
        relative=Path("Album/CD 1"),
        output=Path("/out/Song"),
        failure=Failure(ErrorCode.DISK_FULL, "x", Path("/out"), {"needed_bytes": 5}),
        notices=(Notice(NoticeCode.TRUNCATED, {"decoded_s": 1.0}),),
        export=ExportOptions(bits=16, exact_sum=True),
        frames=99,
        samplerate=44100,
        null_depth=NullDepth(-38.2, None),
    )
    store = JobStore(path)
    added = store.add([job])
    store.close()
    store = JobStore(path)
    assert store.all() == added == [replace(job, position=1.0)]
    assert store.get(job.id) == added[0]
    assert store.get("none") is None
    store.close()


def test_rows_of_earlier_versions_are_read(path: Path) -> None:
    store = JobStore(path)
    (job,) = store.add([a_job()])
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        document = json.loads(database.execute("SELECT document FROM jobs").fetchone()[0])
        del document["null_depth_db"], document["export"]["exact_sum"]
        database.execute("UPDATE jobs SET document = ?", (json.dumps(document),))
    store = JobStore(path)
    assert store.all() == [job]
    store.close()


def test_order_update_and_removal(path: Path) -> None:
    store = JobStore(path)
    one, two, three = store.add([a_job(Path(name)) for name in ("a", "b", "c")])
    store.update([replace(three, position=0.5), two.moved_to(JobState.PAUSED)])
    assert [job.source.name for job in store.all()] == ["c", "a", "b"]
    store.remove([one.id, "none"])
    store.update([one.moved_to(JobState.PAUSED)])
    assert [job.state for job in store.all()] == [JobState.QUEUED, JobState.PAUSED], (
        "a removed job stays removed"
    )
    (four,) = store.add([a_job(Path("d"))])
    assert store.all()[-1] == four
    store.close()


def test_jobs_of_a_file_newest_first(path: Path) -> None:
    store = JobStore(path)
    store.add([a_job(Path("a"), created=1.0), a_job(Path("b")), a_job(Path("a"), created=2.0)])
    assert [job.created for job in store.by_source(Path("a"))] == [2.0, 1.0]
    store.close()


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    store = JobStore(path)
    job = a_job()
    with pytest.raises(StoreError):
        store.add([a_job(Path("b")), job, job])
    assert store.all() == []
    store.add([job])
    store.close()


def test_another_process_is_noticed_and_waited_for(path: Path) -> None:
    store = JobStore(path)
    before = store.change_count()
    store.add([a_job()])
    assert store.change_count() == before, "our own writes do not count"
    script = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[2:]\n"
        "from support.jobs import a_job; from stemdesk.jobs.store import JobStore\n"
        "store = JobStore(Path(sys.argv[1])); store.add([a_job(Path('other'))]); store.close()"
    )
    tests = Path(__file__).parent.parent
    source = tests.parent / "src"
    subprocess.run(
        [sys.executable, "-c", script, str(path), str(tests), str(source)], check=True, timeout=60
    )
    assert store.change_count() != before
    assert [job.source.name for job in store.all()] == ["song.mp3", "other"]
    store.close()


def test_a_locked_database_says_so(path: Path) -> None:
    store = JobStore(path, busy_timeout_s=0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        store.add([a_job()])
    assert caught.value.retryable and caught.value.code is ErrorCode.STORE_BUSY
    other.execute("ROLLBACK")
    other.close()
    assert len(store.add([a_job()])) == 1
    store.close()


def test_a_damaged_and_a_newer_database_are_told_apart(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError) as damaged:
        JobStore(path)
    assert damaged.value.code is ErrorCode.STORE_FAILED and damaged.value.path == path
    path.unlink()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError) as too_new:
        JobStore(path)
    assert too_new.value.code is ErrorCode.STORE_NEWER


def test_a_row_that_cannot_be_understood_does_not_hide_the_others(path: Path) -> None:
    store = JobStore(path)
    bad, good = store.add([a_job(Path("a")), a_job(Path("b"))])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("UPDATE jobs SET state = 'dreaming' WHERE id = ?", (bad.id,))
    other.close()
    assert store.all() == [good]
    assert store.get(bad.id) is None and not store.can_go_on(bad.id)
    assert store.can_go_on(good.id)
    store.close()


def test_many_processes_may_make_it_at_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from stemdesk.jobs.store import JobStore\n"
        "sys.stdin.readline(); JobStore(Path(sys.argv[1])).close()"
    )
    source = Path(__file__).parent.parent.parent / "src"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(source)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("go\n")
        maker.stdin.flush()
    errors = [maker.communicate(timeout=60)[1] for maker in makers]
    assert [maker.returncode for maker in makers] == [0] * 6, errors


LISTENING = Listening(Remix.of(["drums"]).with_gain("drums", -6.0), 80.0, 2.0, (1.0, 3.5), True)


def test_how_a_song_is_listened_to_comes_back_and_goes_with_the_job(path: Path) -> None:
    store = JobStore(path)
    one, other = store.add([a_job(Path("a")), a_job(Path("b"))])
    store.remember({one.id: LISTENING, other.id: Listening()})
    store.remember({other.id: LISTENING, "gone": LISTENING})
    store.close()
    store = JobStore(path)
    assert [store.recall(item) for item in (one.id, other.id)] == [LISTENING] * 2
    assert store.recall("gone") is None
    store.remove([one.id])
    assert store.recall(one.id) is None
    assert store.recall(other.id) == LISTENING
    store.close()
    left = sqlite3.connect(path)
    assert left.execute("SELECT count(*) FROM listening").fetchone() == (1,)
    left.close()


def test_a_remix_that_cannot_be_understood_is_forgotten(path: Path) -> None:
    store = JobStore(path)
    (job,) = store.add([a_job(Path("a"))])
    store.remember({job.id: LISTENING})
    other = sqlite3.connect(path, isolation_level=None)
    for document in ("{}", "no json", "[1]", "null"):
        other.execute("UPDATE listening SET document = ?", (document,))
        assert store.recall(job.id) is None
    other.close()
    store.close()


def test_a_database_of_the_first_version_is_brought_up(path: Path) -> None:
    store = JobStore(path)
    (job,) = store.add([a_job(Path("a"))])
    store.close()
    old = sqlite3.connect(path, isolation_level=None)
    for table in ("listening", "runs"):
        old.execute(f"DROP TABLE {table}")
    old.execute("DROP INDEX jobs_by_link")
    old.execute("ALTER TABLE jobs DROP COLUMN link")
    old.execute("PRAGMA user_version = 1")
    old.close()
    store = JobStore(path)
    assert store.all() == [job]
    store.remember({job.id: LISTENING})
    assert store.recall(job.id) == LISTENING
    store.close()


def test_a_list_makes_room_for_its_entries(path: Path) -> None:
    store = JobStore(path)
    before, listed, after = store.add([a_job(Path(name)) for name in ("before", "list", "after")])
    entries = [a_job(Path(f"entry {number}")) for number in range(3)]
    placed = store.put_in_place(listed.id, entries)
    assert store.all() == [before, *placed, after]
    assert [job.source for job in placed] == [job.source for job in entries]
    assert store.put_in_place(listed.id, entries) == []  # another process was quicker
    (last,) = store.put_in_place(after.id, [a_job(Path("last"))])
    assert store.all() == [before, *placed, last]
    assert store.put_in_place(before.id, []) == []
    assert store.all() == [*placed, last]
    store.close()


def test_jobs_of_a_link_are_found_by_its_key_and_before_that_by_its_address(path: Path) -> None:
    store = JobStore(path)
    link = Link("https://a.example/1")
    (job,) = store.add([replace(a_job(Path("downloads/x")), link=link)])
    assert store.by_link(link.url) == [job]
    known = replace(job, link=replace(link, key="site 1", cover=Path("cover.jpg"), fetched=True))
    store.update([known])
    assert store.by_link("site 1") == [known]
    assert store.by_link(link.url) == []
    assert store.by_link("site 2") == []
    store.close()
