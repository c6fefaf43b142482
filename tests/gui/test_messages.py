from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, JobState
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.sentences import say_null_depth_at_length
from stemdesk.core.track import Tags
from stemdesk.gui import labels, messages
from support.jobs import a_job

SONG = Path("/music/song.mp3")


def failure(code: ErrorCode, **facts: str | int | float) -> Failure:
    return Failure(code, "technical", SONG, facts)


@pytest.mark.parametrize(
    ("state", "progress", "text"),
    [
        (JobState.QUEUED, None, "Queued"),
        (JobState.DECODING, Progress(Stage.DECODING, 0.5), "Decoding 50 %"),
        (JobState.SEPARATING, Progress(Stage.SEPARATING, 0.43, 72), "Separating 43 %, 1:12 left"),
        (JobState.SEPARATING, None, "Separating"),
        (JobState.SEPARATING, Progress(Stage.WAITING, 0), "Waiting for another StemDesk"),
        (
            JobState.SEPARATING,
            Progress(Stage.SEPARATING, 399 / 400, 1),
            "Separating 99 %, 0:01 left",
        ),
        (
            JobState.SEPARATING,
            Progress(Stage.SEPARATING, 0.43, stalled_s=185),
            "No progress for 3 min, at 43 %",
        ),
        (
            JobState.DECODING,
            Progress(Stage.DECODING, 0.05, stalled_s=3900),
            "No progress for 1 h 5 min, at 5 %",
        ),
        (JobState.SAVING, Progress(Stage.SAVING, 1.0), "Saving 100 %"),
        (JobState.PAUSED, None, "Paused"),
        (JobState.DONE, None, "Done"),
        (JobState.CANCELLED, None, "Cancelled"),
        (JobState.INTERRUPTED, None, "Interrupted"),
    ],
)
def test_states_in_words(state: JobState, progress: Progress | None, text: str) -> None:
    assert messages.state_text(a_job(SONG, state=state), progress) == text


def test_a_failed_song_says_why() -> None:
    job = a_job(SONG, state=JobState.FAILED, failure=failure(ErrorCode.SOURCE_EMPTY))
    assert messages.state_text(job, None) == "Failed: song.mp3 is empty (0 bytes)."


@pytest.mark.parametrize(
    ("waits", "text"),
    [
        (None, "Waiting for another StemDesk"),
        (failure(ErrorCode.JOB_BUSY), "Waiting for another StemDesk"),
        (failure(ErrorCode.MODEL_MISSING, model="big"), "Waiting for the model “big”"),
        (
            failure(ErrorCode.DISK_FULL, needed_bytes=3_000_000_000, free_bytes=1_000_000),
            "Waiting for disk: needs 3.0 GB, 1.0 MB free",
        ),
        (failure(ErrorCode.DISK_FULL, free_bytes=5000), "Waiting for disk: 5 kB free"),
    ],
)
def test_a_waiting_song_says_for_what(waits: Failure | None, text: str) -> None:
    assert messages.state_text(a_job(SONG, state=JobState.WAITING, failure=waits), None) == text


def test_a_song_elsewhere_says_so() -> None:
    job = a_job(SONG, state=JobState.SEPARATING)
    assert messages.state_text(job, None, elsewhere=True) == "Separating in another StemDesk"
    assert "there" in messages.state_explained(job, None, elsewhere=True)


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_a_headline(state: JobState) -> None:
    job = a_job(SONG, state=state)
    assert messages.state_headline(job)
    assert state is JobState.DONE or messages.state_explained(job, None)


def test_titles() -> None:
    assert messages.song_title(a_job(SONG)) == "song"
    assert messages.song_title(a_job(SONG, tags=Tags("Viper"))) == "Viper"
    assert messages.song_title(a_job(SONG, tags=Tags("Viper", "Reptiles"))) == "Viper — Reptiles"


def test_titles_are_safe_to_show() -> None:
    job = a_job(Path("/music/bad\udcff\x07name.mp3"))
    assert messages.song_title(job) == "bad��name"


def test_facts() -> None:
    assert messages.song_facts(a_job(SONG)) == ["small"]
    assert messages.song_facts(a_job(SONG, tags=Tags(duration_s=221))) == ["3:41", "small"]
    known = a_job(SONG, frames=441000, samplerate=44100)
    assert messages.song_facts(known) == ["0:10", "44.1 kHz", "small"]


def test_facts_tell_how_the_stems_of_a_finished_song_recombine() -> None:
    done = a_job(SONG, state=JobState.DONE, null_depth=NullDepth(-38.2, None))
    assert messages.song_facts(done) == ["small", "recombines exactly"]
    where, _, text = messages.song_facts_tip(done).partition("\n")
    assert where == str(SONG) and text == say_null_depth_at_length(NullDepth(-38.2, None))
    again = replace(done, state=JobState.QUEUED)
    assert messages.song_facts(again) == ["small"], "it is being split anew"
    assert messages.song_facts_tip(again) == str(SONG)
    assert messages.song_facts_tip(a_job(SONG, state=JobState.DONE)) == str(SONG)


def test_a_report_has_all_that_helps() -> None:
    job = a_job(SONG, state=JobState.FAILED, failure=failure(ErrorCode.SOURCE_UNSUPPORTED))
    report = messages.failure_report(job, "1.2.3")
    for part in ("song.mp3", "source_unsupported", "technical", "small", "1.2.3"):
        assert part in report


def test_counting() -> None:
    assert messages.drop_text(3, 0) == "Split 3 files"
    assert messages.drop_text(1, 0) == "Split 1 file"
    assert messages.drop_text(2, 1) == "Split 2 files and 1 folder"
    assert messages.batch_text(497, 3, 0) == "497 done, 3 failed"
    assert messages.queue_text(2, True) == "1 running, 2 waiting"
    assert messages.queue_text(0, False) == "Nothing to do"


def test_the_clock_shows_seconds_that_have_passed() -> None:
    assert messages.time_text(41.9, 221.4) == "0:41 / 3:41"


def test_a_models_own_stems_are_named() -> None:
    assert labels.stem_label("vocals") == "Vocals"
    assert labels.stem_label("lead_synth") == "Lead synth"


def test_macs_write_their_own_keys() -> None:
    assert labels.native_keys("Open (Ctrl+Shift+O)", mac=True) == "Open (⌘⇧O)"
    assert labels.native_keys("Open (Ctrl+O)", mac=False) == "Open (Ctrl+O)"
