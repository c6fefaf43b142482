from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import DiskFullError
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.gui.export_desk import ExportDesk
from stemdesk.gui.export_values import Batch, Ended
from stemdesk.gui.hearing import Hearing
from stemdesk.gui.tasks import Tasks
from stemdesk.jobs.exports.values import Exported, ExportSong, ReportExport
from stemdesk.paths import Folders
from support.export_script import ExportScript, endless


class Room:
    def __init__(self, qtbot: QtBot, root: Path) -> None:
        self.qtbot = qtbot
        self.tasks = Tasks()
        self.script = ExportScript()
        where = Folders(root, root, root, root)
        hearing = Hearing(lambda: where, Settings)
        self.desk = ExportDesk(self.tasks, hearing, self.script.services())
        self.ended: list[Ended] = []
        self.desk.ended.connect(self.ended.append)

    def put(self, *titles: str) -> Batch:
        songs = tuple(ExportSong(Path("/songs") / t, Path(f"/{t}.mp3"), t) for t in titles)
        batch = Batch(songs, ExportOrder(), Path("/exports"))
        self.desk.put(batch)
        return batch

    def wait(self, count: int) -> None:
        self.qtbot.waitUntil(lambda: len(self.ended) == count, timeout=20_000)


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path)
    yield made
    made.desk.stop()
    assert made.tasks.close(10_000)


def test_batches_run_one_after_the_other(room: Room) -> None:
    first, second = room.put("one", "two"), room.put("three")
    assert room.desk.running is first
    assert room.desk.waiting == (second,)
    room.wait(2)
    assert room.script.exported == [first, second]
    assert [path.name for path in room.ended[0].files] == ["one.wav", "two.wav"]
    assert not room.desk.busy


def test_progress_and_cancel(room: Room) -> None:
    room.script.behaviour = endless
    told: list[float] = []
    room.desk.progressed.connect(
        lambda: told.append(room.desk.progress.fraction if room.desk.progress else -1)
    )
    room.put("one")
    room.qtbot.waitUntil(lambda: told == [0.43])
    later = room.put("two")
    room.desk.cancel()
    assert room.desk.cancelling
    room.wait(1)
    assert room.ended[0].exported.cancelled
    assert room.desk.running is later  # the next one goes on
    room.desk.cancel_all()
    room.wait(2)
    assert not room.desk.busy


def test_what_waits_is_not_begun_when_all_is_cancelled(room: Room) -> None:
    room.script.behaviour = endless
    room.put("one")
    room.put("two")
    room.desk.cancel_all()
    room.wait(1)
    assert [batch.songs[0].title for batch in room.script.exported] == ["one"]


def test_an_error_ends_a_batch_and_no_other(room: Room) -> None:
    def full(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
        if batch.songs[0].title == "one":
            raise DiskFullError(Path("/exports"))
        return Exported(())

    room.script.behaviour = full
    first = room.put("one")
    room.put("two")
    room.wait(2)
    assert isinstance(room.ended[0].error, DiskFullError)
    assert room.ended[0].failed == first.songs
    assert room.ended[1].error is None and not room.ended[1].failed


def test_an_export_has_a_thread_of_its_own_and_makes_way(room: Room) -> None:
    """Neither songs that are split nor folders that are looked into wait for it."""
    threads: list[int] = []

    def note(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
        threads.append(threading.get_ident())
        return Exported(())

    room.script.behaviour = note
    room.tasks.compute(lambda _: threads.append(threading.get_ident()), lambda _: None)
    room.put("one")
    room.put("two")
    room.wait(2)
    room.qtbot.waitUntil(lambda: len(threads) == 3)
    assert len(set(threads)) == 2 and threading.get_ident() not in threads


def test_nothing_begins_after_the_end(room: Room) -> None:
    room.desk.stop()
    room.put("one")
    assert not room.desk.busy
