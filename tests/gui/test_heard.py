"""The window while a song is split: real decoding, real networks, the real player."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.play_cache import original_key
from stemdesk.audio.player import Player, Side
from stemdesk.core.job import JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import fingerprint
from stemdesk.gui.window import MainWindow
from stemdesk.jobs.task import Watch
from support.desk import Desk
from support.house import House
from support.media import make
from support.models import SAMPLERATE, SOURCES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


class Gate:
    """Lets passes through one by one."""

    def __init__(self) -> None:
        self._passes = threading.Semaphore(0)

    def let(self, passes: int) -> None:
        self._passes.release(passes)

    def open(self) -> None:
        self.let(1 << 20)

    def wait(self, cancel: CancelToken) -> None:
        while not self._passes.acquire(timeout=0.02):
            cancel.check_pause()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """After each pass the job waits for it."""
    made, passed = Gate(), Watch.passed

    def waiting(watch: Watch, done: int, total: int) -> None:
        passed(watch, done, total)
        made.wait(watch._task.cancel)

    monkeypatch.setattr(Watch, "passed", waiting)
    return made


@pytest.fixture
def house(desk: Desk, qtbot: QtBot, gate: Gate) -> Iterator[House]:
    made = House(desk, qtbot)
    yield made
    made.close()


def tone(house: House, name: str, seconds: float, pitch: float = 220.0) -> Path:
    """A song that is never silent."""
    time = np.arange(round(seconds * SAMPLERATE)) / SAMPLERATE
    wave = (0.3 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    return make(house.desk.root / name, "wav-f32", np.stack([wave, wave]), SAMPLERATE)


def player_of(window: MainWindow) -> Player:
    player = window.playback._player
    assert player is not None
    return player


def decoders() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name in ("original", "decode")]


def button(window: MainWindow, text: str) -> None:
    next(it for it in window.song.strip.buttons if it.text().strip() == text).click()


def test_a_song_is_heard_while_it_is_split_and_goes_on_when_it_is_done(
    house: House, gate: Gate
) -> None:
    controller, window = house.open()
    source = tone(house, "one.wav", 60.0)
    controller.add_paths([source])
    house.wait_until(lambda: window.song.shows_stems)
    assert not window.song.shows_finished and window.song.strip.isVisible()
    assert [lane.stem for lane in window.song.stems.lanes] == list(SOURCES)
    house.wait_until(lambda: window.playback.ready)
    window.playback.play()
    house.wait_until(lambda: window.playback.position_s > 0.2)
    assert house.ear.loudest > 0.25  # the song itself
    (job,) = controller.jobs
    scratch = house.desk.scratch_of(job.id)
    house.wait_until((scratch / "passes").is_dir)
    house.wait_until(lambda: controller.jobs[0].state is JobState.SEPARATING)
    assert window.song.strip.text.text().startswith("Separating")

    assert house.ear.gaps == 0
    window.playback.pause()  # torch is being imported
    house.wait_until(lambda: not player_of(window)._transport._outlet.running)
    house.ear.loudest = house.ear.gaps = 0  # the output was silent for a moment before it rested
    window.playback.seek(30.0)
    gate.let(4)
    here, there = round(30.0 * SAMPLERATE), round(30.7 * SAMPLERATE)
    house.wait_until(
        lambda: any(
            first <= here and there < end for first, end in controller.hearing.live.final(job)
        )
    )
    window.playback.play()
    house.wait_until(lambda: not player_of(window).status.hears_original)
    house.wait_until(lambda: player_of(window).status.hears_original)  # it has run out of it

    window.playback.set_loop((30.0, 58.0))  # else a busy machine comes to the song's end
    gate.open()
    house.wait_until(lambda: window.song.shows_finished)
    assert not window.song.strip.isVisible()
    house.wait_until(lambda: not player_of(window).status.hears_original)
    assert window.playback.playing and window.playback.position_s >= 30.0
    assert player_of(window).status.loop == (30 * SAMPLERATE, 58 * SAMPLERATE)
    house.wait_until(lambda: not scratch.exists())
    assert house.ear.gaps == 0
    assert player_of(window).error is None

    player_of(window).set_side(Side.ORIGINAL)  # from its mix, which was kept
    house.wait_until(lambda: player_of(window).status.hears_original)
    key = original_key(fingerprint(source), SAMPLERATE)
    assert controller.hearing.live.originals.cache.find(key) is not None
    assert house.ear.gaps == 0
    assert decoders() == []


def test_a_song_in_the_queue_is_heard_and_starts_where_it_is_heard(
    house: House, gate: Gate
) -> None:
    controller, window = house.open()
    controller.hold()
    controller.add_paths([tone(house, "one.wav", 20.0)])
    house.wait_until(lambda: window.song.shows_stems and window.playback.ready)
    assert window.song.strip.text.text() == "Queued"
    window.playback.play()
    house.wait_until(lambda: house.ear.loudest > 0.25)
    window.playback.seek(15.0)
    house.wait_until(lambda: window.playback.position_s > 15.0)
    window.playback.pause()
    assert player_of(window).settle()
    controller.release()
    gate.let(1)
    (job,) = controller.jobs
    house.wait_until(lambda: bool(controller.hearing.live.final(job)))
    assert controller.hearing.live.final(job)[0][0] > 14 * SAMPLERATE
    button(window, "Pause")
    house.wait_until(lambda: controller.jobs[0].state is JobState.PAUSED)
    assert window.song.shows_stems and window.song.strip.text.text() == "Paused"
    button(window, "Resume")
    gate.open()
    house.wait_until(lambda: window.song.shows_finished)


def test_a_song_that_is_cancelled_is_let_go(house: House, gate: Gate) -> None:
    controller, window = house.open()
    controller.add_paths([tone(house, "one.wav", 20.0)])
    house.wait_until(lambda: window.song.shows_stems and window.playback.ready)
    window.playback.play()
    house.wait_until(lambda: controller.jobs[0].state is JobState.SEPARATING)
    button(window, "Cancel")
    house.wait_until(lambda: controller.jobs[0].state is JobState.CANCELLED)
    assert not window.song.shows_stems
    scratch = house.desk.scratch_of(controller.jobs[0].id)
    house.wait_until(lambda: not scratch.exists() and not decoders())


def test_songs_that_are_looked_through_leave_no_decoder(house: House) -> None:
    controller, window = house.open()
    controller.hold()
    controller.add_paths([tone(house, f"{n}.wav", 30.0, 200.0 + n) for n in range(4)])
    house.wait_until(lambda: len(controller.jobs) == 4)
    for job in (*controller.jobs, *controller.jobs):
        window.library.view.select(job.id)
    last = controller.jobs[-1].id
    house.wait_until(lambda: window.song.shows_stems and window.playback.ready)
    song = window.playback.song
    assert song is not None and song.job_id == last
    window.song.let_go(last)
    house.wait_until(lambda: not decoders())


def test_the_window_closes_while_a_song_is_decoded_to_be_heard(house: House) -> None:
    controller, window = house.open()
    controller.hold()
    controller.add_paths([tone(house, "one.wav", 60.0)])
    house.wait_until(lambda: window.song.shows_stems)
    window.close()
    house.close()
    assert window.playback.shut(10)
    assert decoders() == []
    cache = house.desk.folders.cache / "playing"
    left = list(cache.glob("*.f32")) if cache.is_dir() else []
    assert len(left) == len(list(cache.glob("*.json")))  # whole, or nothing
