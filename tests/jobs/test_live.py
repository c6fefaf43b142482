"""Jobs that are heard before they are done: real decoder, real scratch, real networks."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio import originals as originals_module
from stemdesk.audio.play_cache import original_key
from stemdesk.core.errors import Paused, SourceError
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.track import fingerprint
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.live import Live
from stemdesk.jobs.scratch import discard
from stemdesk.jobs.task import ENOUGH_PASSES
from stemdesk.models.library import ModelLibrary
from stemdesk.priority import rushing
from support.decoding import decode_all
from support.live_jobs import Running, heard, listen, make_live, wait_until
from support.media import bursts, make_in
from support.models import SAMPLERATE, SOURCES
from support.place import Place, read

WAV32 = ExportOptions(AudioFormat.WAV, 32)


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return make_live(tmp_path)


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name in ("original", "decode")]


def test_a_queued_song_is_heard_before_it_runs(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=5.0))
    song = listen(live, job)
    wait_until(lambda: song.complete)
    assert (song.stems, song.frames, song.known) == (SOURCES, 5 * SAMPLERATE, 5 * SAMPLERATE)
    np.testing.assert_array_equal(heard(song), read(job.source))
    assert song.final() == ()
    assert not song.stem("drums").read(0, 100).any()
    song.close()
    song.close()
    assert not live.is_heard(job.id) and decoders() == []


def test_a_running_song_grows_pass_by_pass(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=4.0), export=WAV32)
    song = listen(live, job)
    running = Running(place, job, live)
    running.wait_for_step()
    wait_until(lambda: song.known == song.frames == 4 * SAMPLERATE)
    assert song.final() == ()
    running.step()
    ((first, end),) = song.final()
    assert first == 0 and 0 < end < song.frames
    early = {stem: song.stem(stem).read(0, end) for stem in SOURCES}
    running.step(3)
    assert song.final()[0][1] > end
    running.finish()
    assert song.final() == ((0, song.frames),)  # scratch is still there
    assert running.result is not None
    for stem in SOURCES:
        saved = read(running.result.folder / f"{stem}.wav")
        np.testing.assert_array_equal(early[stem], saved[:, :end])
        np.testing.assert_array_equal(heard(song, stem), saved)
    np.testing.assert_array_equal(heard(song), read(job.source))
    song.close()


def test_what_can_wait_waits_until_some_passes_are_done(place: Place, live: Live) -> None:
    running = Running(place, place.job(place.song(seconds=8.0)), live)
    running.wait_for_step()
    running.step(ENOUGH_PASSES - 1)
    assert rushing()
    running.step()
    assert not rushing()
    running.cancel.cancel()
    running.finish()
    stopped = Running(place, place.job(place.song(seconds=4.0)), live)
    stopped.wait_for_step()
    stopped.cancel.cancel()
    stopped.finish()
    assert not rushing()


def test_a_seek_puts_its_place_next(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=8.0))
    song = listen(live, job)
    running = Running(place, job, live)
    running.wait_for_step()
    wait_until(lambda: song.complete)
    song.want(6 * SAMPLERATE)
    running.step(2)  # at most two passes cover a frame
    assert any(first <= 6 * SAMPLERATE < end for first, end in song.final())
    assert not any(first <= SAMPLERATE < end for first, end in song.final())
    running.cancel.cancel()
    running.finish()
    song.close()


def test_the_passes_go_along_with_who_plays_and_not_with_who_draws(
    place: Place, live: Live
) -> None:
    job = place.job(place.song(seconds=20.0))
    drawn, played = listen(live, job), listen(live, job)
    running = Running(place, job, live)
    running.wait_for_step()
    wait_until(lambda: played.complete)
    assert drawn.original is not None
    drawn.original.read(12 * SAMPLERATE, 1000)
    running.step()
    assert played.final()[0][0] == 0
    played.want(5 * SAMPLERATE, speed=1.0)
    running.step(2)
    assert any(4 * SAMPLERATE < first < 9 * SAMPLERATE for first, _ in played.final())
    running.cancel.cancel()
    running.finish()
    drawn.close()
    played.close()


def test_the_edge_of_what_is_finished_sounds_to_its_last_frame(place: Place, live: Live) -> None:
    """The player reads beyond it, and mixes in what it reads by its share."""
    job = place.job(place.song(seconds=4.0), export=WAV32)
    song = listen(live, job)
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(2)
    ((_, end),) = song.final()
    early = song.stem("drums").read(end - 500, 1000)[:, :500]
    running.finish()
    assert running.result is not None
    saved = read(running.result.folder / "drums.wav")
    np.testing.assert_array_equal(early, saved[:, end - 500 : end])
    song.close()


def test_a_seek_before_the_start_is_remembered(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=8.0))
    song = listen(live, job)
    wait_until(lambda: song.complete)
    song.want(6 * SAMPLERATE)
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(2)
    assert any(first <= 6 * SAMPLERATE < end for first, end in song.final())
    running.cancel.cancel()
    running.finish()
    song.close()


@pytest.mark.parametrize("kind", ["wav-16", "mp3"])
@pytest.mark.parametrize("when", ["growing", "complete"])
def test_a_song_that_is_heard_is_not_decoded_twice(
    place: Place, live: Live, monkeypatch: pytest.MonkeyPatch, kind: str, when: str
) -> None:
    """And its stems have the same bits."""
    folder = place.root / "songs"
    folder.mkdir()
    source = make_in(folder, kind, bursts(SAMPLERATE * 6, SAMPLERATE), SAMPLERATE)
    alone = place.run(place.job(source, export=WAV32))
    job = place.job(source, export=WAV32, root=place.root / "again")
    song = listen(live, job)
    if when == "complete":
        wait_until(lambda: song.complete)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded twice")

    monkeypatch.setattr("stemdesk.jobs.scratch.decode", never)
    running = Running(place, job, live, stepwise=False)
    running.finish()
    assert running.result is not None
    assert running.result.notices == alone.notices
    for stem in SOURCES:
        one, two = alone.folder / f"{stem}.wav", running.result.folder / f"{stem}.wav"
        assert one.read_bytes() == two.read_bytes()
    np.testing.assert_array_equal(heard(song), decode_all(source, SAMPLERATE).samples)
    song.close()
    raw = live.originals.cache.find(original_key(fingerprint(source), SAMPLERATE))
    assert raw is not None and raw.frames == running.result.frames
    assert len(list(live.originals.cache.folder.glob("*.f32"))) == 1


def test_a_song_that_runs_is_not_decoded_again_to_be_heard(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=3.0))
    running = Running(place, job, live)
    running.wait_for_step()
    song = listen(live, job)
    wait_until(lambda: song.known == 3 * SAMPLERATE)
    assert [thread.name for thread in decoders() if thread.name == "original"] == []
    np.testing.assert_array_equal(heard(song), read(job.source))
    assert not live.originals.cache.folder.exists()
    running.finish()
    song.close()


def test_the_decoder_rests_while_the_job_is_far_behind(
    place: Place, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it does not slow the networks down; who hears it there wakes it."""
    monkeypatch.setattr(originals_module, "LEAD_S", 2)
    monkeypatch.setattr(originals_module, "RUSH_LEAD_S", 2)
    monkeypatch.setattr("stemdesk.engine.pass_queue.LEAD_S", 3)
    monkeypatch.setattr("stemdesk.engine.pass_queue.RUSH_LEAD_S", 3)
    monkeypatch.setattr("stemdesk.jobs.scratch.NORMALISE_S", 1)
    job = place.job(place.song(seconds=40.0))
    handle = live.originals.open(job.source, SAMPLERATE)
    handle.original.follow(0)  # until the job takes over
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(2)
    song = listen(live, job)
    known = song.known
    assert 0 < known < 20 * SAMPLERATE and not song.complete
    assert song.frames == 40 * SAMPLERATE
    song.want(30 * SAMPLERATE)
    wait_until(lambda: song.known > 30 * SAMPLERATE)
    running.cancel.cancel()
    running.finish()
    song.close()
    handle.close()
    assert decoders() == []


@pytest.mark.parametrize("full", [False, True])
def test_the_mix_of_a_finished_job_is_kept_for_the_player(
    place: Place, live: Live, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if full:
        monkeypatch.setattr("stemdesk.audio.play_cache.PlayCache.keep", _no_room)
    job = place.job(place.song(seconds=2.0))
    running = Running(place, job, live, stepwise=False)
    running.finish()
    assert running.result is not None and (running.result.folder / MANIFEST).is_file()
    discard(place.scratch, job.id)
    assert not (place.scratch / job.id).exists()
    raw = live.originals.cache.find(original_key(fingerprint(job.source), SAMPLERATE))
    assert (raw is None) is full


def _no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_without_a_listener_nothing_is_kept(place: Place, live: Live) -> None:
    """The command line has none."""
    place.run(place.job(place.song()))
    assert not live.originals.cache.folder.exists()


def test_scratch_that_vanishes_silences_the_song_and_no_more(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=3.0))
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(3)
    song = listen(live, job)
    assert song.final() and song.stem("drums").read(0, 1000).any()
    running.cancel.cancel()
    running.finish()
    shutil.rmtree(place.scratch / job.id)
    assert not song.stem("bass").read(0, 1000).any()
    assert song.final() == ()
    wait_until(lambda: song.complete)  # the original is decoded for itself now
    np.testing.assert_array_equal(heard(song), read(job.source))
    job.source.unlink()
    song.close()


def test_where_the_mix_is_moved_the_song_is_heard_from_its_new_place(
    place: Place, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("not on FAT")

    monkeypatch.setattr(os, "link", refuse)
    job = place.job(place.song(seconds=3.0))
    running = Running(place, job, live)
    running.wait_for_step()
    song = listen(live, job)
    assert song.final() == ()
    running.finish()
    assert not list((place.scratch / job.id).glob("mix*.f32"))
    np.testing.assert_array_equal(heard(song), read(job.source))
    assert song.final() == ((0, song.frames),) and song.stem("drums").read(0, 1000).any()
    song.close()


def test_what_is_finished_of_a_paused_song_is_heard(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=4.0), export=WAV32)
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(3)
    running.cancel.pause()
    running.finish()
    assert isinstance(running.error, Paused)
    song = listen(live, job)
    parts = song.final()
    assert parts and parts[0][1] > SAMPLERATE // 2
    part = song.stem("vocals").read(0, parts[0][1])
    again = Running(place, job, live, stepwise=False)
    again.finish()
    assert again.result is not None
    saved = read(again.result.folder / "vocals.wav")
    np.testing.assert_array_equal(part, saved[:, : parts[0][1]])
    assert song.final() == ((0, song.frames),)
    song.close()


@pytest.mark.parametrize("same", [True, False])
def test_what_an_earlier_process_finished_is_heard(place: Place, live: Live, same: bool) -> None:
    job = place.job(place.song(seconds=4.0))
    running = Running(place, job, live)
    running.wait_for_step()
    running.step(3)
    running.cancel.pause()
    running.finish()
    parts = live.final(job)
    later = make_live(place.root / "later")
    asked = job if same else replace(job, separation=SeparationOptions("small", ("bass",)))
    later.revive(asked, place.scratch, ModelLibrary(place.models))
    later.revive(place.job(place.root / "song.wav"), place.scratch, ModelLibrary(place.models))
    song = listen(later, asked)
    assert song.final() == (parts if same else ())
    wait_until(lambda: song.complete)
    np.testing.assert_array_equal(heard(song), read(job.source))
    song.close()


def test_passes_of_other_options_are_not_heard(place: Place, live: Live) -> None:
    job = place.job(place.song(seconds=2.0))
    Running(place, job, live, stepwise=False).finish()
    other = replace(job, separation=SeparationOptions("small", ("bass", "drums")))
    song = listen(live, other)
    assert song.final() == ()
    song.close()


def test_a_song_that_cannot_be_decoded_says_so_instead_of_waiting(place: Place, live: Live) -> None:
    source = place.song(seconds=1.0)
    job = place.job(source)
    source.write_bytes(b"la la la" * 1000)
    song = listen(live, job)
    original = song.original
    assert original is not None

    def given_up() -> bool:
        try:
            original.read(song.known, 0)
        except SourceError:
            return True
        return False

    wait_until(given_up)
    assert (song.known, song.complete, song.final()) == (0, False, ())
    song.close()
    assert decoders() == []


def test_a_mix_that_is_lost_is_not_said_to_be_there(
    place: Place, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = place.job(place.song(seconds=3.0))
    running = Running(place, job, live)
    running.wait_for_step()
    song = listen(live, job)
    original = song.original
    wait_until(lambda: song.complete)
    assert song.known == song.frames and original is not None
    task = live.task(job)
    assert task is not None
    task.audio.mix_path.unlink()
    held = threading.Event()

    def slow(_: Path) -> int:
        assert held.wait(60)
        return 1 << 60

    monkeypatch.setattr("stemdesk.audio.play_cache.free_bytes", slow)
    assert not original.read(0, 1000).any()
    assert not song.complete and song.known == 0  # the player waits
    held.set()
    running.cancel.cancel()
    running.finish()
    song.close()
