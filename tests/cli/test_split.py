import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

import stemdesk.cli
from cli.conftest import Command
from stemdesk.core.job import Job, JobState
from stemdesk.core.options import ExportOptions
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.settings import Settings, save_settings
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.pipeline import Pipeline, Result
from stemdesk.jobs.store import JobStore
from stemdesk.paths import folders
from support.media import bursts, make
from support.models import SOURCES
from support.place import Place, Stopper, read
from support.tmpfs import tiny_volume

SCHEMA = json.loads((Path(stemdesk.cli.__file__).parent / "events.schema.json").read_text("utf-8"))


def stored_states() -> list[JobState]:
    store = JobStore(folders().database)
    states = [job.state for job in store.all()]
    store.close()
    return states


def test_a_song_becomes_a_folder_of_stems(place: Place, stemdesk: Command) -> None:
    song = place.song()
    said = stemdesk("split", song, "-o", place.out, "--model", "small", "--format", "wav")
    assert said.code == 0
    assert said.out == f"Saved: {place.out / 'song'}\n"
    assert "separating" in said.err and "\r" not in said.err, "plain lines without a terminal"
    info = soundfile.info(place.out / "song" / "vocals.wav")
    assert (info.subtype, info.frames, info.samplerate) == ("PCM_24", 52920, 44100)
    assert stored_states() == [JobState.DONE]
    assert not list(folders().scratch.iterdir()), "scratch goes when a job ends"


@pytest.mark.parametrize(
    ("options", "suffix", "subtype"),
    [
        ([], "flac", "PCM_24"),
        (["--bits", "16"], "flac", "PCM_16"),
        (["--bits", "32"], "wav", "FLOAT"),
        (["--format", "wav", "--bits", "16"], "wav", "PCM_16"),
    ],
)
def test_formats(
    place: Place, stemdesk: Command, options: list[str], suffix: str, subtype: str
) -> None:
    song = place.song(seconds=0.3)
    assert stemdesk("split", song, "-o", place.out, *options).code == 0
    assert soundfile.info(place.out / "song" / f"bass.{suffix}").subtype == subtype


@pytest.mark.parametrize(
    ("setting", "options", "exact"),
    [
        (False, [], False),
        (False, ["--exact-sum"], True),
        (False, ["--exact-sum", "--format", "wav"], True),
        (False, ["--exact-sum", "--bits", "16"], True),
        (True, [], True),
        (True, ["--bits", "16"], True),
        (True, ["--no-exact-sum"], False),
    ],
)
def test_stems_that_sum_to_the_mix(
    place: Place, stemdesk: Command, setting: bool, options: list[str], exact: bool
) -> None:
    save_settings(Settings(exact_sum=setting), folders().settings_file)
    song = place.song(seconds=0.3)
    said = stemdesk("split", song, "-o", place.out, *options)
    assert said.code == 0 and said.out == f"Saved: {place.out / 'song'}\n"
    assert ("[1/1] song  recombines exactly\n" in said.err) == exact
    assert ("[1/1] song  recombines at " in said.err) != exact
    suffix = "wav" if "wav" in options else "flac"
    stems = [
        soundfile.read(place.out / "song" / f"{stem}.{suffix}", dtype="int32")[0].astype(np.int64)
        for stem in SOURCES
    ]
    bits = 16 if "16" in options else 24
    mix = np.rint(read(song).T.astype(np.float64) * 2 ** (bits - 1)) * 2 ** (32 - bits)
    assert np.array_equal(sum(stems), mix) == exact


def test_programs_are_told_the_null_depth(place: Place, stemdesk: Command) -> None:
    song = place.song(seconds=0.3)

    def done(*options: str) -> dict[str, Any]:
        said = stemdesk("split", song, "-o", place.out, "--json", *options)
        event: dict[str, Any] = json.loads(said.out.splitlines()[-2])
        Draft202012Validator(SCHEMA).validate(event)
        assert event["event"] == "done"
        return event

    plain = done()["null_depth_db"]
    assert plain["plain"] == plain["saved"] and isinstance(plain["plain"], float)
    assert done("--exact-sum")["null_depth_db"] == {"plain": plain["plain"], "saved": None}
    again = done("--exact-sum")
    assert again["already"] and again["null_depth_db"]["saved"] is None
    part = done("--exact-sum", "--stems", "vocals")
    assert part["null_depth_db"] is None
    assert [notice["code"] for notice in part["notices"]] == ["renamed", "sum_left_out"]


def test_the_model_that_was_taken_is_named(place: Place, stemdesk: Command) -> None:
    said = stemdesk("split", place.song(seconds=0.3), "-o", place.out, "--stems", "drums, bass")
    assert "Model: small" in said.err
    names = sorted(path.name for path in (place.out / "song").iterdir())
    assert names == ["bass.flac", "drums.flac", MANIFEST]


def test_tags_name_the_folder(place: Place, stemdesk: Command) -> None:
    song = place.root / "x.flac"
    with soundfile.SoundFile(song, "w", 44100, 2) as file:
        file.title, file.artist = "Söng / One", "Bänd"
        file.write(bursts(9000, 44100).T)
    assert stemdesk("split", song, "-o", place.out).code == 0
    assert (place.out / "Bänd - Söng _ One" / MANIFEST).exists()


def test_folders_keep_their_tree_and_what_is_no_audio_is_named(
    place: Place, stemdesk: Command
) -> None:
    album = place.root / "Album"
    (album / "CD 2").mkdir(parents=True)
    shutil.move(place.song(seconds=0.3), album / "one.wav")
    shutil.move(place.song(seconds=0.3, seed=9), album / "CD 2" / "two.wav")
    (album / "cover.jpg").write_bytes(b"x")
    said = stemdesk("split", album, "-o", place.out)
    assert said.code == 0 and "2 done, 0 failed." in said.err
    assert f"Passed over (not audio): {album / 'cover.jpg'}" in said.err
    assert (place.out / "Album" / "one" / MANIFEST).exists()
    assert (place.out / "Album" / "CD 2" / "two" / MANIFEST).exists()


def test_one_bad_song_does_not_stop_the_others(place: Place, stemdesk: Command) -> None:
    text = place.root / "text.mp3"
    text.write_text("no music " * 1000)
    (place.root / "none").mkdir()
    said = stemdesk(
        *("split", text, place.root / "gone.wav", place.root / "none", place.song(seconds=0.3)),
        *("-o", place.out),
    )
    assert said.code == 1
    assert "text.mp3 is not a sound or video file" in said.err
    assert "gone.wav is not there any more." in said.err
    assert "no sound file in the folder none" in said.err
    assert "1 done, 3 failed." in said.err
    assert (place.out / "song" / MANIFEST).exists()
    assert "Traceback" not in said.err
    assert stored_states() == [JobState.FAILED, JobState.DONE]


def test_what_is_split_is_passed_over_and_force_splits_it_again(
    place: Place, stemdesk: Command
) -> None:
    command = ("split", place.song(), "-o", place.out)
    stemdesk(*command)
    before = (place.out / "song" / "bass.flac").stat().st_mtime_ns
    said = stemdesk(*command)
    assert said.out == f"Already split: {place.out / 'song'}\n" and said.code == 0
    assert (place.out / "song" / "bass.flac").stat().st_mtime_ns == before
    assert stored_states() == [JobState.DONE], "no second row in the history"
    assert stemdesk(*command, "--force").out == f"Saved: {place.out / 'song'}\n"
    assert (place.out / "song" / "bass.flac").stat().st_mtime_ns != before
    assert [path.name for path in place.out.iterdir()] == ["song"]


def test_the_same_command_goes_on_where_it_stopped(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Pipeline.run
    stopper = Stopper(Stage.SEPARATING, 0.5)

    def stopped(self: Pipeline, job: Job, report: Report, cancel: CancelToken) -> Result:
        def both(progress: Progress) -> None:
            report(progress)
            stopper(progress)

        return run(self, job, both, stopper.token)

    command = ("split", place.song(seconds=3.0), place.song("b.wav"), "-o", place.out, "--json")
    monkeypatch.setattr(Pipeline, "run", stopped)
    said = stemdesk(*command)
    assert said.code == 130
    assert json.loads(said.out.splitlines()[-1]) == {
        "v": 1,
        "event": "end",
        "done": 0,
        "failed": 0,
        "exit_code": 130,
    }
    assert stored_states() == [JobState.INTERRUPTED], "songs behind it were not begun"
    finished = len(list(folders().scratch.glob("*/passes/*.f32")))
    assert finished >= 2
    monkeypatch.setattr(Pipeline, "run", run)
    said = stemdesk(*command)
    assert said.code == 0
    first = next(
        event
        for event in map(json.loads, said.out.splitlines())
        if event["event"] == "progress" and event["stage"] == "separating"
    )
    assert first["percent"] > 0, "finished passes were not done again"
    assert "decoding" not in {
        event.get("stage")
        for event in map(json.loads, said.out.splitlines())
        if event.get("percent", 0) > 0 and event.get("song") == 1
    }
    assert stored_states() == [JobState.DONE, JobState.DONE]


def test_json_lines_follow_the_schema(place: Place, stemdesk: Command) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    text = place.root / "text.mp3"
    text.write_text("no music " * 1000)
    folder = place.root / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("x")
    loud = make(place.root / "loud.wav", "wav-f32", 40 * bursts(22050, 44100), 44100)
    command = ("split", place.song(seconds=0.6), text, loud, folder, "-o", place.out, "--json")
    said = stemdesk(*command, "--model", "small")
    said_again = stemdesk(*command)
    validator = Draft202012Validator(SCHEMA)
    events = [json.loads(line) for line in (said.out + said_again.out).splitlines()]
    for event in events:
        validator.validate(event)
    assert {event["event"] for event in events} == {
        *("begin", "song", "progress", "done", "failed", "note", "end"),
    }
    assert any(event.get("notices") for event in events)
    assert said.err == ""
    assert not validator.is_valid({"v": 1, "event": "done"})
    assert not validator.is_valid({"v": 2, "event": "note", "text": "x"})


def test_usage_errors_exit_with_2(place: Place, stemdesk: Command) -> None:
    song = place.song(seconds=0.1)
    for arguments in (
        ("split",),
        ("split", song, "--bits", "8"),
        ("split", song, "--format", "flac", "--bits", "32"),
        ("split", song, "--stems", ","),
        ("--nonsense",),
    ):
        assert stemdesk(*arguments).code == 2


def test_a_missing_model_is_said_once(place: Place, stemdesk: Command) -> None:
    said = stemdesk("split", place.song(), "-o", place.out, "--model", "none")
    assert said.code == 1 and said.err.count("“none” is not installed") == 1
    said = stemdesk("split", place.song(), "-o", place.out, "--model", "none", "--json")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["event"] for event in events] == ["failed", "end"] and said.err == ""
    for event in events:
        Draft202012Validator(SCHEMA).validate(event)


def test_an_unknown_stem_names_the_known_ones(place: Place, stemdesk: Command) -> None:
    songs = (place.song("a.wav"), place.song("b.wav"))
    said = stemdesk("split", *songs, "-o", place.out, "--stems", "kazoo")
    assert said.code == 1 and not place.out.exists()
    assert said.err.count("no stem “kazoo”") == 1 and "vocals" in said.err


def test_a_device_that_is_not_there_is_said_before_any_work(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    said = stemdesk("split", place.song(), "-o", place.out, "--device", "cuda")
    assert said.code == 1 and "cannot compute on “cuda”" in said.err
    assert not place.out.exists() and not folders().scratch.exists()


def test_paths_that_no_system_takes_are_no_traceback(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place.root)
    said = stemdesk("split", place.root / ("x" * 300), place.song(seconds=0.3), "-o", place.out)
    assert said.code == 1 and "is not there any more" in said.err and "1 done" in said.err
    said = stemdesk("split", place.song(seconds=0.3), "-o", place.root / ("y" * 300))
    assert said.code == 1 and "cannot be written to" in said.err
    with_home = stemdesk("split", place.song(seconds=0.3), "-o", "~nobody-of-this-name/x")
    assert "Traceback" not in with_home.err


def test_a_format_alone_keeps_the_depth_of_the_settings(place: Place, stemdesk: Command) -> None:
    save_settings(Settings(format="wav", bits=16), folders().settings_file)
    stemdesk("split", place.song(seconds=0.3), "-o", place.out, "--format", "flac")
    assert soundfile.info(place.out / "song" / "bass.flac").subtype == "PCM_16"


def test_a_song_that_another_process_works_on_is_left_alone(
    place: Place, stemdesk: Command
) -> None:
    song = place.song()
    store = JobStore(folders().database)
    (row,) = store.add(
        [
            place.job(
                song,
                export=ExportOptions(),
                state=JobState.SEPARATING,
            )
        ]
    )
    store.close()
    with job_lock(folders().scratch, row.id, song):
        assert stemdesk("split", song, "-o", place.out).code == 0, "a job of its own"
    assert stored_states() == [JobState.SEPARATING, JobState.DONE]


def test_a_full_disk_ends_with_1_and_the_same_command_goes_on(
    place: Place, stemdesk: Command, tmp_path: Path
) -> None:
    command = ("split", place.song(seconds=2.0), "-o", place.out, "--json")
    with tiny_volume(tmp_path / "volume", "3m") as volume:
        save_settings(Settings(scratch_folder=str(volume)), folders().settings_file)
        said = stemdesk(*command)
    assert said.code == 1 and json.loads(said.out.splitlines()[-2])["code"] == "disk_full"
    assert stored_states() == [JobState.INTERRUPTED] and not list(place.out.iterdir())
    save_settings(Settings(), folders().settings_file)
    assert stemdesk(*command).code == 0
    assert stored_states() == [JobState.DONE]


def test_a_bug_fails_one_song_without_a_traceback(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("stemdesk.jobs.pipeline.prepare", broken)
    said = stemdesk("split", place.song(), "-o", place.out)
    assert said.code == 1 and "Something went wrong inside StemDesk" in said.err
    assert "Traceback" not in said.err


def test_the_demo_without_another_model_is_split_with_the_built_in_one(
    place: Place, stemdesk: Command
) -> None:
    for path in place.models.iterdir():
        path.unlink()
    said = stemdesk("demo", "-o", place.out)
    assert said.code == 0 and "Model: starter, " in said.err
    folder = place.out / "StemDesk - Demo song"
    assert sorted(path.suffix for path in folder.iterdir()) == [".flac"] * 4 + [".json"]
    assert not list(place.models.iterdir()), "nothing is made"
    assert stemdesk("demo", "-o", place.out).out == f"Already split: {folder}\n"
