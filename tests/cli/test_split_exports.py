"""`stemdesk split` with exports: each song right after its split."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

from cli.conftest import Command
from cli.test_split import SCHEMA, stored_states
from stemdesk.core.export_order import ExportOrder, Part, PartKind
from stemdesk.core.export_presets import ExportPreset, save_presets
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.job import JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings, save_settings
from stemdesk.jobs.exports import batch
from stemdesk.jobs.exports.values import Exported
from stemdesk.jobs.folder import MANIFEST
from stemdesk.paths import folders
from support.exports import steps
from support.media import bursts, make
from support.models import SOURCES, install_best
from support.place import Place

_STEMS = [f"{stem}.flac" for stem in SOURCES]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_songs_are_exported_into_the_same_folder_and_their_stems_stay_lossless(
    place: Place, stemdesk: Command
) -> None:
    song = make(place.root / "song.wav", "wav-24", bursts(24000, 48000), 48000)
    said = stemdesk(
        *("split", song, "-o", place.out, "--format", "mp3,flac", "--bits", "16", "--kbps", "128"),
        *("--rate", "source", "--two-stems", "vocals", "--template", "{title}/{stem}-{format}"),
    )
    assert said.code == 0
    saved, *exported = said.out.splitlines()
    assert saved == f"Saved: {place.out / 'song'}"
    names = [
        f"{stem}-{end}"
        for stem in ("vocals", "instrumental")
        for end in ("MP3 128 kbps.mp3", "FLAC 16-bit.flac")
    ]
    assert exported == [f"Exported: {place.out / 'song' / name}" for name in names]
    assert _names(place.out / "song") == sorted([*_STEMS, *names, MANIFEST])
    assert soundfile.info(place.out / "song" / "vocals.flac").subtype == "PCM_24"
    info = soundfile.info(place.out / "song" / "vocals-FLAC 16-bit.flac")
    assert (info.subtype, info.samplerate, info.frames) == ("PCM_16", 48000, 24000)
    assert "[1/1] song  exporting  0 %" in said.err and stored_states() == [JobState.DONE]


def test_plain_formats_alone_are_how_stems_are_saved(place: Place, stemdesk: Command) -> None:
    song = place.song(seconds=0.3)
    said = stemdesk("split", song, "-o", place.out, "--format", "wav", "--bits", "16")
    assert said.out == f"Saved: {place.out / 'song'}\n"
    assert _names(place.out / "song") == sorted([f"{s}.wav" for s in SOURCES] + [MANIFEST])


def test_without_a_format_exports_are_as_stems_are_saved(place: Place, stemdesk: Command) -> None:
    save_settings(Settings(format="wav", bits=16), folders().settings_file)
    command = ("split", place.song(seconds=0.3), "-o", place.out, "--parts", "bass")
    assert stemdesk(*command, "--template", "{stem}").code == 0
    assert soundfile.info(place.out / "bass.wav").subtype == "PCM_16"
    assert stemdesk(*command, "--template", "{stem}", "--format", "flac").code == 0
    assert soundfile.info(place.out / "bass.flac").subtype == "PCM_16"


@pytest.mark.parametrize(("stem", "rest"), [("vocals", "instrumental"), ("drums", "no drums")])
def test_only_the_stem_that_is_needed_is_separated_where_each_has_a_network(
    place: Place, stemdesk: Command, stem: str, rest: str
) -> None:
    install_best(place.models)
    song = make(place.root / "song.wav", "wav-24", bursts(13230, 44100), 44100)
    command = ("split", song, "-o", place.out, "--two-stems", stem, "--template", "{stem}")
    said = stemdesk(*command, "--model", "htdemucs_ft")
    assert said.code == 0, said.err
    assert _names(place.out / "song") == sorted([f"{stem}.flac", MANIFEST])
    one, other = steps(place.out / f"{stem}.flac"), steps(place.out / f"{rest}.flac")
    assert np.array_equal(one, steps(place.out / "song" / f"{stem}.flac"))
    assert np.array_equal(one + other, steps(song)), "together they are the song"
    assert stemdesk(*command, "--model", "small").code == 0, "one network for all of them"
    assert _names(place.out / "song (2)") == sorted([*_STEMS, MANIFEST])


def test_exports_among_the_songs_are_no_songs(place: Place, stemdesk: Command) -> None:
    music = place.root / "Music"
    music.mkdir()
    make(music / "song.wav", "wav-24", bursts(13230, 44100), 44100)
    command = ("split", music, "-o", music, "--parts", "bass", "--format", "mp3")
    first = stemdesk(*command)
    (exported,) = (line for line in first.out.splitlines() if line.startswith("Exported: "))
    path = exported.removeprefix("Exported: ")
    again = stemdesk(*command)
    assert again.code == 0 and "[1/1] song" in again.err
    assert f"Passed over (exported by StemDesk): {path}\n" in again.err
    events = [json.loads(line) for line in stemdesk(*command, "--json").out.splitlines()]
    (begin,) = (event for event in events if event["event"] == "begin")
    Draft202012Validator(SCHEMA).validate(begin)
    assert (begin["songs"], begin["passed_over"], begin["exports"]) == (1, [], [path])


def test_the_same_command_does_not_export_again_what_is_there(
    place: Place, stemdesk: Command
) -> None:
    command = ("split", place.song(seconds=0.3), "-o", place.out, "--format", "ogg")
    assert stemdesk(*command).out.count("Exported: ") == 4
    files = sorted(place.out.glob("**/*"))
    said = stemdesk(*command)
    assert said.out == f"Already split: {place.out / 'song'}\n"
    assert said.err.count("There already: ") == 4 and said.code == 0
    assert sorted(place.out.glob("**/*")) == files
    assert stemdesk(*command, "--if-there", "number").out.count(" (2).ogg\n") == 4
    said = stemdesk(*command[:-1], "opus")
    assert said.out.count(".opus\n") == 4, "another format is not there yet"


def test_settings_export_each_song_that_is_split(place: Place, stemdesk: Command) -> None:
    order = ExportOrder(
        (Part(PartKind.INSTRUMENTAL),), (FileFormat(FileKind.FLAC, 16),), template="{title}"
    )
    save_presets(folders().export_presets, [ExportPreset("Mine", order)])
    save_settings(Settings(auto_export="mine"), folders().settings_file)
    command = ("split", place.song(seconds=0.3), "-o", place.out)
    assert stemdesk(*command, "--no-export").out == f"Saved: {place.out / 'song'}\n"
    exported = folders().exports / "song.flac"
    said = stemdesk(*command, "--force")
    assert said.out == f"Saved: {place.out / 'song'}\nExported: {exported}\n"
    save_settings(Settings(auto_export="gone"), folders().settings_file)
    said = stemdesk(*command, "--force")
    assert said.code == 0 and said.out == f"Saved: {place.out / 'song'}\n", "it stops no split"
    assert "Nothing is exported: the settings' preset “gone” is gone." in said.err


def test_a_failed_export_is_told_and_the_other_songs_go_on(place: Place, stemdesk: Command) -> None:
    songs = (place.song("a.wav", seconds=0.3), place.song("b.wav", seconds=0.3, seed=3))
    taken = place.out / "a"
    said = stemdesk("split", songs[0], "-o", place.out)
    (taken / "x").write_text("a file where a folder should be")
    said = stemdesk(
        *("split", *songs, "-o", place.out, "--parts", "bass", "--json"),
        *("--template", "{title}/x/{stem}"),
    )
    assert said.code == 1
    events = [json.loads(line) for line in said.out.splitlines()]
    for event in events:
        Draft202012Validator(SCHEMA).validate(event)
    told = [event for event in events if event["event"] in ("done", "failed", "exported")]
    assert [(event["event"], event["song"]) for event in told] == [
        *(("done", 1), ("failed", 1), ("done", 2), ("exported", 2)),
    ]
    assert told[3]["files"] == [str(place.out / "b" / "x" / "bass.flac")]
    assert {event["song"] for event in events if event["event"] == "exporting"} == {1, 2}
    assert events[-1] == {"v": 1, "event": "end", "done": 1, "failed": 1, "exit_code": 1}


def test_stopping_an_export_stops_the_run_and_the_split_stays(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_songs = batch.export_songs

    def stopped(songs: Sequence[Any], *rest: Any) -> Exported:
        cancel = next(one for one in rest if isinstance(one, CancelToken))
        cancel.cancel()
        return export_songs(songs, *rest)

    command = ("split", place.song(seconds=0.3), place.song("b.wav", seconds=0.3), "-o", place.out)
    monkeypatch.setattr(batch, "export_songs", stopped)
    said = stemdesk(*command, "--format", "mp3")
    assert said.code == 130 and said.out == f"Saved: {place.out / 'song'}\n"
    assert stored_states() == [JobState.DONE]
    monkeypatch.setattr(batch, "export_songs", export_songs)
    said = stemdesk(*command, "--format", "mp3")
    assert said.code == 0 and said.out.count("Exported: ") == 8


def test_a_demo_can_be_exported_too(
    stemdesk: Command, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.cli.main._demo_song", lambda _: place.song(seconds=0.3))
    said = stemdesk("demo", "-o", place.out, "--parts", "vocals", "--format", "mp3", "--json")
    events = [json.loads(line) for line in said.out.splitlines()]
    (exported,) = [event for event in events if event["event"] == "exported"]
    assert said.code == 0 and exported["files"][0].endswith("(vocals).mp3")


def test_which_stems_are_needed_is_said_once(place: Place, stemdesk: Command) -> None:
    song = place.song(seconds=0.3)
    said = stemdesk("split", song, "--two-stems", "vocals", "--stems", "vocals")
    assert said.code == 2 and "leave --stems out" in said.err
    said = stemdesk("split", song, "-o", place.out, "--two-stems", "kazoo")
    assert said.code == 1 and "no stem “kazoo”" in said.err and not place.out.exists()
