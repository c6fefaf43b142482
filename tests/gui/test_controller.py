"""The controller with the real pipeline: real audio, a small model, stems on the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.play_cache import PlayCache
from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import JobState
from stemdesk.core.progress import Stage
from stemdesk.core.settings import Settings
from stemdesk.gui.controller import Controller
from stemdesk.gui.values import BatchSummary, Surroundings
from stemdesk.jobs.folder import is_complete, read_manifest
from support.desk import Desk
from support.media import bursts, make
from support.models import SAMPLERATE, SOURCES, install_small
from support.place import read

LONG_MS = 60_000


@pytest.fixture
def real(desk: Desk, qtbot: QtBot) -> Iterator[Controller]:
    """A controller with everything real but its timers, and a small model."""
    install_small(desk.folders.models, "small")
    around = Surroundings(poll_ms=20, retry_ms=20)
    controller = Controller(desk.folders, Settings(device="cpu"), surroundings=around)
    yield controller
    assert controller.close(30_000)


def song(desk: Desk, name: str, seconds: float = 1.2, seed: int = 7) -> Path:
    samples = bursts(round(seconds * SAMPLERATE), SAMPLERATE, seed=seed)
    return make(desk.root / name, "wav-f32", samples, SAMPLERATE)


def test_songs_become_stems(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    broken = desk.root / "broken.mp3"
    broken.write_text("this is no music")
    paths = [song(desk, "one.wav"), broken, song(desk, "two.wav", 0.7, seed=3)]
    threads: set[str] = set()
    real.progress_changed.connect(lambda _: threads.add(threading.current_thread().name))
    states: list[JobState] = []
    real.job_changed.connect(lambda job_id: states.append(_state(real, job_id)))
    with qtbot.waitSignal(real.batch_finished, timeout=LONG_MS) as batch:
        real.start()
        real.add_paths(paths)
    assert batch.args == [BatchSummary(done=2, failed=1, cancelled=0)]
    one, failed, two = real.jobs
    assert failed.failure is not None
    assert failed.failure.code is ErrorCode.SOURCE_UNSUPPORTED
    for job, source in ((one, paths[0]), (two, paths[2])):
        assert job.state is JobState.DONE and job.output is not None
        assert job.output == desk.folders.music / "StemDesk" / source.stem
        manifest = read_manifest(job.output)
        assert manifest is not None and is_complete(job.output, manifest)
        mix = read(source)
        assert job.frames == mix.shape[1] and job.samplerate == SAMPLERATE
        for stem in SOURCES:
            samples = read(job.output / f"{stem}.flac")
            assert samples.shape == mix.shape
            assert np.abs(samples).max() > 0
    assert threads == {threading.main_thread().name}
    assert {JobState.DECODING, JobState.SEPARATING, JobState.SAVING} & set(states)
    qtbot.waitUntil(lambda: not any(path.is_dir() for path in desk.folders.scratch.iterdir()))


def test_a_paused_song_goes_on_where_it_was(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    path = song(desk, "long.wav", 12.0)

    def pause(job_id: str) -> None:
        progress = real.progress(job_id)
        if progress is None or progress.stage is not Stage.SEPARATING:
            return
        if progress.fraction > 0 and not real.is_pausing(job_id):
            real.pause(job_id)

    real.progress_changed.connect(pause)
    real.start()
    real.add_paths([path])
    qtbot.waitUntil(
        lambda: bool(real.jobs) and real.jobs[0].state is JobState.PAUSED, timeout=LONG_MS
    )
    real.progress_changed.disconnect(pause)
    job_id = real.jobs[0].id
    passes = {
        file: file.stat().st_mtime_ns for file in desk.scratch_of(job_id).glob("passes/*.f32")
    }
    assert passes
    unchanged: list[bool] = []

    def compare(_: str) -> None:
        still = [file.stat().st_mtime_ns == time for file, time in passes.items() if file.exists()]
        unchanged.append(all(still))

    real.progress_changed.connect(compare)
    real.resume(job_id)
    qtbot.waitUntil(lambda: _state(real, job_id) is JobState.DONE, timeout=LONG_MS)
    assert unchanged and all(unchanged)


def test_stop_now_and_go_on_at_the_next_start(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    path = song(desk, "long.wav", 12.0)
    real.start()
    real.add_paths([path])
    qtbot.waitUntil(
        lambda: bool(real.jobs) and real.jobs[0].state is JobState.SEPARATING, timeout=LONG_MS
    )
    job_id = real.jobs[0].id
    with qtbot.waitSignal(real.stopped):
        real.stop_now()
    assert real.close(30_000)
    assert (desk.scratch_of(job_id) / "mix.json").is_file()
    again = Controller(desk.folders, Settings(device="cpu"))
    again.start()
    qtbot.waitUntil(lambda: _state(again, job_id) is JobState.DONE, timeout=LONG_MS)
    assert again.close(30_000)


def test_less_room_for_the_cache_counts_at_once(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    cache = PlayCache(real.folders.cache / "playing", 1 << 30)
    filling = cache.begin("key", 8000)
    filling.append(np.zeros((2, 1000), np.float32))
    path = filling.finish({}).path
    real.start()
    real.change_settings(replace(real.settings, cache_gb=0.0))
    qtbot.waitUntil(lambda: not path.exists(), timeout=LONG_MS)


def test_jobs_without_a_model_wait_for_it(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    real.change_settings(Settings(device="cpu", models_folder=""))
    for file in desk.folders.models.iterdir():
        file.rename(desk.root / file.name)
    real.start()
    real.add_paths([song(desk, "one.wav")])
    qtbot.waitUntil(
        lambda: bool(real.jobs) and real.jobs[0].state is JobState.WAITING, timeout=LONG_MS
    )
    failure = real.jobs[0].failure
    assert failure is not None and failure.code is ErrorCode.MODEL_MISSING
    install_small(desk.folders.models, "htdemucs")
    qtbot.waitUntil(lambda: real.jobs[0].state is JobState.DONE, timeout=LONG_MS)


def test_the_same_song_again_is_found_split(desk: Desk, real: Controller, qtbot: QtBot) -> None:
    path = song(desk, "one.wav")
    real.start()
    for _ in range(2):
        with qtbot.waitSignal(real.batch_finished, timeout=LONG_MS):
            real.add_paths([path])
    first, second = real.jobs
    assert first.output == second.output is not None


def _state(controller: Controller, job_id: str) -> JobState:
    job = controller.job(job_id)
    assert job is not None
    return job.state
