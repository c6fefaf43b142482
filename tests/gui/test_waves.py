from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.energy import Energies
from stemdesk.audio.peaks import Pyramid
from stemdesk.audio.song_waves import BLOCK_FRAMES
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.gui import waves
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.waves import ORIGINAL, WaveReader
from support.fake_song import FakeSong

WAIT_MS = 20_000


class Seen:
    """A reader and all that it told."""

    def __init__(self, qtbot: QtBot, tasks: Tasks, cache: Path | None) -> None:
        self.qtbot = qtbot
        self.cache = cache
        self.reader = WaveReader(tasks, lambda: self.cache, tasks)
        self.drawn: list[tuple[str, str]] = []
        self.pyramids: dict[tuple[str, str], Pyramid] = {}
        self.measured: list[str] = []
        self.energies: list[Energies] = []
        self.errors: list[tuple[str, SourceError]] = []
        self.reader.drawn.connect(self._draw)
        self.reader.measured.connect(lambda job_id, it: self.energies.append(it))
        self.reader.measured.connect(lambda job_id, _: self.measured.append(job_id))
        self.reader.failed.connect(lambda job_id, error: self.errors.append((job_id, error)))

    def _draw(self, job_id: str, name: str, pyramid: Pyramid) -> None:
        self.drawn.append((job_id, name))
        self.pyramids[job_id, name] = pyramid

    def wait_for(self, count: int) -> None:
        """Until so many songs are measured."""
        self.qtbot.waitUntil(lambda: len(self.measured) >= count, timeout=WAIT_MS)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "waves"


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    assert made.close(5000)


@pytest.fixture
def seen(qtbot: QtBot, tasks: Tasks, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.setattr(waves, "LOOK_MS", 10)
    return Seen(qtbot, tasks, cache)


def test_a_song_is_drawn_and_measured_off_this_thread(seen: Seen) -> None:
    song = FakeSong.finished()
    seen.reader.read(song.source("a"))
    seen.wait_for(1)
    assert {name for _, name in seen.drawn} == {*song.stems, ORIGINAL}
    assert all(pyramid.covers() == ((0, song.frames),) for pyramid in seen.pyramids.values())
    assert seen.measured == ["a"]
    assert isinstance(seen.energies[0], Energies)
    assert threading.get_ident() not in song.threads
    assert song.closed == 1


def test_a_long_song_fills_in_as_it_is_read(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waves, "STEP_S", 0.0)
    song = FakeSong.finished(4 * BLOCK_FRAMES)
    seen.reader.read(song.source())
    seen.wait_for(1)
    assert seen.drawn.count(("song", "vocals")) == 4


def test_a_song_that_grows_is_looked_at_again(seen: Seen) -> None:
    song = FakeSong(ranges=((0, 1000),), known=5000)
    seen.reader.read(song.source(live=True))
    seen.qtbot.waitUntil(lambda: ("song", "vocals") in seen.drawn, timeout=WAIT_MS)
    song.ranges = ((0, 3000),)
    seen.qtbot.waitUntil(
        lambda: seen.pyramids["song", "vocals"].covers() == ((0, 3000),), timeout=WAIT_MS
    )
    assert seen.measured == []
    song.finish()
    seen.wait_for(1)
    assert song.amount_read("vocals") == song.frames


def test_a_song_that_rests_is_looked_at_less_and_less(seen: Seen) -> None:
    song = FakeSong(ranges=((0, 1000),), known=5000)
    seen.reader.read(song.source(live=True))
    timer = seen.reader._timer
    seen.qtbot.waitUntil(lambda: timer.interval() == 8 * waves.LOOK_MS, timeout=WAIT_MS)
    song.ranges = ((0, 3000),)
    with seen.qtbot.waitSignal(seen.reader.drawn, timeout=WAIT_MS):
        seen.qtbot.waitUntil(timer.isActive)
        seen.reader.look()
        assert timer.interval() == 0


def test_the_files_of_a_song_that_was_read_live_are_not_read_again(seen: Seen) -> None:
    live, files = FakeSong(ranges=((0, 60_000),), known=100_000), FakeSong.finished()
    seen.reader.read(live.source(key="job", live=True))
    seen.qtbot.waitUntil(lambda: live.amount_read("vocals") == 60_000, timeout=WAIT_MS)
    seen.reader.read(files.source(key="files"))
    seen.wait_for(1)
    assert files.amount_read("vocals") == 40_000
    assert (live.opened, live.closed, files.closed) == (1, 1, 1)


def test_a_song_that_is_opened_again_is_drawn_at_once(seen: Seen) -> None:
    song = FakeSong.finished()
    for count in (1, 2):
        seen.reader.read(song.source())
        seen.wait_for(count)
    assert song.opened == 1
    assert len(seen.drawn) == 6


def test_also_after_a_restart(
    seen: Seen, qtbot: QtBot, tasks: Tasks, cache: Path, tmp_path: Path
) -> None:
    song = FakeSong.finished()
    seen.reader.read(song.source())
    seen.wait_for(1)
    qtbot.waitUntil(lambda: any(cache.glob("*/song.json")), timeout=WAIT_MS)
    after = Seen(qtbot, tasks, cache)
    after.reader.read(song.source())
    after.wait_for(1)
    assert song.opened == 1
    changed = Seen(qtbot, tasks, cache)
    changed.reader.read(song.source(key="other files"))
    changed.wait_for(1)
    assert song.opened == 2


def test_another_folder_that_was_chosen_counts_at_once(seen: Seen, tmp_path: Path) -> None:
    chosen = seen.cache = tmp_path / "chosen"
    seen.reader.read(FakeSong.finished().source())
    seen.wait_for(1)
    seen.qtbot.waitUntil(lambda: any(chosen.glob("*/song.json")), timeout=WAIT_MS)


def test_another_song_stops_the_first(seen: Seen) -> None:
    first, second = FakeSong(ranges=((0, 9),), known=9), FakeSong.finished()
    first.hold = threading.Event()
    seen.reader.read(first.source("first", "1", live=True))
    seen.reader.read(second.source("second", "2"))
    seen.wait_for(1)
    first.hold.set()
    seen.qtbot.waitUntil(lambda: first.opened == first.closed, timeout=WAIT_MS)
    assert {job_id for job_id, _ in seen.drawn} == {"second"}


def test_stopping_lets_the_files_go(seen: Seen) -> None:
    song = FakeSong(ranges=((0, 1000),), known=5000)
    seen.reader.read(song.source(live=True))
    seen.qtbot.waitUntil(lambda: ("song", "vocals") in seen.drawn, timeout=WAIT_MS)
    seen.reader.stop()
    seen.qtbot.waitUntil(lambda: song.closed == 1, timeout=WAIT_MS)
    seen.reader.stop()


def test_a_part_that_was_read_is_kept_for_the_next_time(seen: Seen) -> None:
    song = FakeSong(ranges=((0, 1000),), known=5000)
    seen.reader.read(song.source(live=True))
    seen.qtbot.waitUntil(lambda: song.amount_read("drums") == 1000, timeout=WAIT_MS)
    seen.qtbot.waitUntil(lambda: ("song", "drums") in seen.drawn, timeout=WAIT_MS)
    seen.reader.stop()
    song.finish()
    seen.reader.read(song.source(live=True))
    seen.wait_for(1)
    assert song.amount_read("drums") == song.frames


def test_a_stem_that_cannot_be_read_is_told(seen: Seen) -> None:
    song = FakeSong.finished()
    song.readers["drums"].broken = True
    seen.reader.read(song.source())
    seen.qtbot.waitUntil(lambda: bool(seen.errors), timeout=WAIT_MS)
    assert seen.errors[0][0] == "song"
    assert seen.errors[0][1].code is ErrorCode.SOURCE_UNREADABLE
    assert song.closed == 1
