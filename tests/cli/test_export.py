"""`stemdesk export`, with real song folders and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

import stemdesk.cli
from cli.conftest import Command, Said
from stemdesk.audio.listening import Listening
from stemdesk.audio.remix import Remix
from stemdesk.core.export_order import ExportOrder, Part, PartKind
from stemdesk.core.export_presets import ExportPreset, save_presets
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings, save_settings
from stemdesk.core.track import Tags
from stemdesk.jobs.exports import batch
from stemdesk.jobs.exports.values import Exported, ExportProgress, ReportExport
from stemdesk.jobs.store import JobStore
from stemdesk.paths import folders
from support.exports import FOUR, Desk, steps
from support.jobs import a_job

SCHEMA = json.loads((Path(stemdesk.cli.__file__).parent / "export.schema.json").read_text("utf-8"))

Finished = Callable[..., Job]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    root = tmp_path / "desk"
    root.mkdir()
    return Desk(root)


@pytest.fixture
def finished(desk: Desk, stemdesk: Command) -> Finished:
    """Makes a finished song: its folder, and its row in the list."""

    def make(name: str = "song", job_id: str = "", tags: Tags | None = None, **song: Any) -> Job:
        made = desk.song(name, seconds=0.4, tags=tags, **song)
        job = a_job(
            made.source,
            desk.root,
            state=JobState.DONE,
            output=made.folder,
            tags=tags or Tags(title=name),
        )
        job = replace(job, id=job_id or job.id)
        store = JobStore(folders().database)
        store.add([job])
        store.close()
        return job

    return make


def _remember(job: Job, listening: Listening) -> None:
    store = JobStore(folders().database)
    store.remember({job.id: listening})
    store.close()


def _events(said: Said) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in said.out.splitlines()]
    for event in events:
        Draft202012Validator(SCHEMA).validate(event)
    assert events[-1]["exit_code"] == said.code and said.err == ""
    return events


def test_a_song_becomes_files_that_sum_to_its_own_file(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished(rate=48000, tags=Tags("Söng", "Bänd"))
    said = stemdesk("export", job.source, "-o", desk.out, "--bits", "24", "--exact-sum")
    folder = desk.out / "Bänd - Söng"
    paths = [folder / f"Bänd - Söng ({stem}).wav" for stem in FOUR]
    assert said.code == 0
    assert said.out.splitlines() == [f"Exported: {path}" for path in paths]
    assert "the stems are the song, sample for sample" in said.err
    assert "[1/1] Bänd - Söng  exporting  0 %" in said.err and "\r" not in said.err
    assert soundfile.info(paths[0]).samplerate == 48000
    assert np.array_equal(sum(steps(path) for path in paths), steps(job.source))


def test_files_go_to_the_settings_folder_where_the_line_names_none(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished()
    command = ("export", job.source, "--format", "ogg", "--parts", "vocals")
    assert stemdesk(*command).code == 0
    assert (folders().exports / "song" / "song (vocals).ogg").is_file()
    save_settings(Settings(export_folder=str(desk.root / "mine")), folders().settings_file)
    assert stemdesk(*command).code == 0
    assert (desk.root / "mine" / "song" / "song (vocals).ogg").is_file()


def test_songs_are_found_however_they_are_named(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished("one", job_id="abcd1234" + "0" * 24, tags=Tags("Long Song", "Band"))
    finished("two", tags=Tags("Other", "Band"))
    assert job.output is not None
    stray = desk.song("stray", seconds=0.4).folder  # in no list
    (desk.root / "songs" / ".hidden").mkdir()
    for name, title in [
        (job.source, "one"),
        (job.output, "one"),
        (job.output / "vocals.flac", "one"),
        (job.id, "one"),
        ("abcd", "one"),
        ("band - long song", "one"),
        ("LONG SONG", "one"),
        ("long", "one"),
        (stray, "stray"),
    ]:
        out = desk.root / "found"
        said = stemdesk(
            *("export", name, "-o", out, "--parts", "drums", "--format", "flac"),
            *("--template", "{name}", "--if-there", "replace"),
        )
        assert said.code == 0 and said.out == f"Exported: {out / title}.flac\n", name
    said = stemdesk("export", desk.root / "songs", "abcd", "-o", desk.out, "--parts", "bass")
    assert said.code == 0 and "3 done, 0 failed." in said.err


def test_a_song_whose_own_file_is_gone_is_found_by_it(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished()
    job.source.unlink()
    said = stemdesk("export", job.source, "-o", desk.out, "--parts", "vocals")
    assert said.code == 0, said.err
    assert "Note: " in said.err and " is not there any more" in said.err


def test_what_is_no_finished_song_is_said_and_the_others_are_exported(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished("good", tags=Tags("Twice", "A"))
    for artist in ("B", "C"):
        finished(f"by {artist}", tags=Tags("Twice", artist))
    other = desk.root / "other.wav"
    other.write_bytes(job.source.read_bytes())
    (desk.root / "empty").mkdir()
    said = stemdesk(
        *("export", "nothing", other, desk.root / "empty", "twice", "twi", "", job.id),
        *("-o", desk.out, "--parts", "vocals"),
    )
    assert said.code == 1 and "1 done, 6 failed." in said.err and "Traceback" not in said.err
    assert "no finished song “nothing”" in said.err
    assert "other.wav was not split yet." in said.err
    assert "Several songs fit “twice”: " in said.err and f"A - Twice ({job.id[:8]})" in said.err
    assert said.out == f"Exported: {desk.out / 'A - Twice' / 'A - Twice (vocals).wav'}\n"


def test_one_that_fails_does_not_stop_the_others(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    bad, good = finished("bad"), finished("good")
    assert bad.output is not None
    (bad.output / "vocals.flac").unlink()
    said = stemdesk("export", bad.output, good.id, "-o", desk.out, "--format", "flac", "--json")
    assert said.code == 1
    events = _events(said)
    assert [event["event"] for event in events if event["event"] != "progress"] == [
        *("begin", "failed", "exported", "end"),
    ]
    assert events[0] == {"v": 1, "event": "begin", "songs": 2, "folder": str(desk.out)}
    failed, exported = (
        next(e for e in events if e["event"] == kind) for kind in ("failed", "exported")
    )
    assert (failed["song"], failed["name"], failed["code"]) == (1, "bad", "stems_missing")
    assert (exported["song"], exported["name"]) == (2, "good")
    assert [Path(name).name for name in exported["files"]] == [f"good ({s}).flac" for s in FOUR]
    assert exported["null_depth_db"]["saved"] is not None and exported["gain_db"] == 0.0
    assert events[-1] == {"v": 1, "event": "end", "done": 1, "failed": 1, "exit_code": 1}
    percents = [event["percent"] for event in events if event["event"] == "progress"]
    assert percents == sorted(percents) and percents[-1] == 100


def test_of_one_that_fails_it_is_not_said_that_all_is_done(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished("song")
    assert job.output is not None
    (job.output / "vocals.flac").unlink()
    for display in ([], ["--json"]):
        said = stemdesk("export", job.id, "-o", desk.out, *display)
        assert said.code == 1
        assert "100 %" not in said.err and '"percent": 100' not in said.out


def test_the_remix_is_the_one_that_is_heard(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    job = finished()
    remix = Remix.of(FOUR).with_soloed("vocals", True)
    _remember(job, Listening(remix, speed_percent=50.0))
    command = ("export", job.id, "--parts", "remix", "--template", "{stem}", "-o")
    assert stemdesk(*command, desk.out / "heard").code == 0
    assert stemdesk(*command, desk.out / "plain", "--as-recorded").code == 0
    frames = soundfile.info(desk.out / "plain" / "remix.wav").frames
    assert soundfile.info(desk.out / "heard" / "remix.wav").frames == frames / Fraction(1, 2)
    assert job.output is not None
    assert np.array_equal(
        steps(desk.out / "plain" / "remix.wav"), steps(job.output / "vocals.flac")
    )


def test_files_that_are_there_are_numbered_skipped_or_replaced(
    desk: Desk, finished: Finished, stemdesk: Command
) -> None:
    command = (
        *("export", finished().id, "-o", desk.out, "--parts", "bass", "--template", "{stem}"),
        *("--if-there",),
    )
    path = desk.out / "bass.wav"
    assert stemdesk(*command, "number").out == f"Exported: {path}\n"
    assert stemdesk(*command, "number").out == f"Exported: {desk.out / 'bass (2).wav'}\n"
    before = path.stat().st_mtime_ns
    said = stemdesk(*command, "skip")
    assert said.out == "" and f"There already: {path}" in said.err
    assert path.stat().st_mtime_ns == before
    assert stemdesk(*command, "replace").out == f"Exported: {path}\n"
    assert path.stat().st_mtime_ns != before


def test_what_was_done_is_said(desk: Desk, finished: Finished, stemdesk: Command) -> None:
    job = finished(level=20.0, kind="wav-f32")
    command = ("export", job.id, "-o", desk.out)
    said = stemdesk(*command, "--template", "{title}", "--loop", "--parts", "original,drums")
    assert "no {stem}" in said.err and "The song has no loop" in said.err
    assert " dB quieter, so that none is too loud for its format." in said.err
    said = stemdesk(*command, "--clipping", "limit", "--parts", "original")
    assert "peaks were rounded off" in said.err


def test_presets_and_songs_are_listed(desk: Desk, finished: Finished, stemdesk: Command) -> None:
    said = stemdesk("export", "--list")
    assert said.code == 0 and said.out == "" and "No song was split yet." in said.err
    job = finished(tags=Tags("Söng", "Bänd"))
    order = ExportOrder((Part(PartKind.REMIX),), (FileFormat(FileKind.MP3, quality=2),))
    save_presets(folders().export_presets, [ExportPreset("Mine", order)])
    said = stemdesk("export", "--list")
    assert said.out == f"{job.id[:8]}  Bänd - Söng\n    {job.output}\n"
    (listed,) = json.loads(stemdesk("export", "--list", "--json").out)["songs"]
    assert (listed["id"], listed["folder"]) == (job.id, str(job.output))
    text = stemdesk("export", "--presets").out
    assert text.startswith("Mine\n    remix; MP3 V2\n") and "For a DAW\n" in text
    presets = json.loads(stemdesk("export", "--presets", "--json").out)["presets"]
    assert presets[0] == {"name": "Mine", "built_in": False, "order": order.to_json()}
    said = stemdesk("export", job.id, "--preset", "mine", "-o", desk.out)
    assert said.out.endswith("(remix).mp3\n")


def test_wrong_lines_end_with_2(desk: Desk, finished: Finished, stemdesk: Command) -> None:
    job = finished()
    for options, why in [
        ((), "name a song"),
        ((job.id, "--format", "wma"), "there are wav, flac"),
        ((job.id, "--format", "mp3", "--kbps", "7"), "stemdesk: --kbps 7: mp3 takes 128"),
        ((job.id, "--template", "{titel}"), "there is no {titel}"),
        ((job.id, "--preset", "none"), "no export preset “none”"),
    ]:
        said = stemdesk("export", *options, "-o", desk.out)
        assert said.code == 2 and why in said.err, options
    assert not desk.out.exists()


def test_a_list_of_songs_that_cannot_be_read_is_said(place: Any, stemdesk: Command) -> None:
    folders().database.parent.mkdir(parents=True)
    folders().database.write_text("no database " * 100)
    said = stemdesk("export", "x")
    assert said.code == 1 and "list of jobs" in said.err and "Traceback" not in said.err
    assert _events(stemdesk("export", "x", "--json"))[0]["code"] == "store_failed"


def _cancelling(fraction: float) -> Callable[..., Exported]:
    """`export_songs` that is cancelled once it has come that far."""
    export_songs = batch.export_songs

    def run(
        songs: Any, order: Any, folder: Any, place: Any, report: ReportExport,
        cancel: CancelToken, finished: Any,
    ) -> Exported:  # fmt: skip
        def both(progress: ExportProgress) -> None:
            report(progress)
            if progress.fraction >= fraction:
                cancel.cancel()

        return export_songs(songs, order, folder, place, both, cancel, finished)

    return run


def test_stopping_keeps_what_is_finished(
    desk: Desk, finished: Finished, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = finished("one"), finished("two")
    monkeypatch.setattr(batch, "export_songs", _cancelling(0.6))
    command = ("export", one.id, two.id, "-o", desk.out, "--template", "{title} {stem}")
    said = stemdesk(*command)
    assert said.code == 130 and "Stopped." in said.err
    names = sorted(path.name for path in desk.out.iterdir())
    assert names == sorted(f"one {stem}.wav" for stem in FOUR), "and nothing hidden either"
    assert said.out.count("Exported: ") == 4
    assert _events(stemdesk(*command, "--json"))[-1] == {
        "v": 1,
        "event": "end",
        "done": 1,
        "failed": 0,
        "exit_code": 130,
    }


def test_nobody_listens_any_more(
    desk: Desk, finished: Finished, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished()
    monkeypatch.setattr("stemdesk.cli.terminal.written", lambda *_: False)
    monkeypatch.setattr("stemdesk.cli.lines.written", lambda *_: False)
    assert stemdesk("export", job.id, "-o", desk.out, "--json").code == 130
    assert not list(desk.out.glob("**/*.wav"))
