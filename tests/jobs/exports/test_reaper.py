from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.audio.remix import GAIN_MIN_DB, Remix
from stemdesk.core.errors import DiskFullError, ErrorCode, ExportError
from stemdesk.jobs.exports.reaper import write_reaper
from stemdesk.jobs.exports.session import Session, SessionTrack, session_of
from support.rpp import Block, parse
from support.tmpfs import tiny_volume

GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")


def session(folder: Path, **changes: object) -> Session:
    remix = Remix.of(["drums", "vocals"]).with_gain("drums", -6.0).with_pan("drums", -0.25)
    remix = remix.with_muted("drums", True).with_soloed("vocals", True).with_master(-3.0)
    files = [(stem, folder / f"Artist - Title ({stem}).wav") for stem in ("drums", "vocals")]
    return replace(
        session_of("Title", "Artist", 48000, 144_001, files, remix, 97.25),
        **changes,  # type: ignore[arg-type] # names and values of Session, as each test needs
    )


def written(made: Session, path: Path) -> Block:
    write_reaper(made, path, path.parent)
    return parse(path.read_text("utf-8"))


def test_the_project_says_rate_tempo_and_what_the_song_is(tmp_path: Path) -> None:
    project = written(session(tmp_path), tmp_path / "song.rpp")
    assert project.words[:2] == ["REAPER_PROJECT", "0.1"]
    assert project.one("SAMPLERATE") == ["48000", "1", "0"]
    assert project.one("TEMPO") == ["97.25", "4", "4"]
    assert project.one("TITLE") == ["Title"] and project.one("AUTHOR") == ["Artist"]
    assert float(project.one("MASTER_VOLUME")[0]) == pytest.approx(10 ** (-3 / 20))
    # as in the player: the middle keeps its level, and pan is a balance
    assert project.one("PANLAW") == ["1"] and project.one("PANMODE") == ["3"]


def test_tracks_sound_as_in_the_remix_and_have_the_stems_colours(tmp_path: Path) -> None:
    drums, vocals = written(session(tmp_path), tmp_path / "song.rpp").all("TRACK")
    assert drums.one("NAME") == ["Drums"] and vocals.one("NAME") == ["Vocals"]
    volume, pan = drums.one("VOLPAN")[:2]
    assert float(volume) == pytest.approx(10 ** (-6 / 20)) and float(pan) == -0.25
    assert vocals.one("VOLPAN")[:2] == ["1", "0"]
    assert drums.one("MUTESOLO")[:2] == ["1", "0"]
    assert vocals.one("MUTESOLO")[:2] == ["0", "1"]
    assert int(drums.one("PEAKCOL")[0]) == 0x1739E00  # #009e73, red in the lowest byte
    assert int(vocals.one("PEAKCOL")[0]) == 0x1E9B456  # #56b4e9


def test_items_begin_at_nought_and_last_as_long_as_the_files(tmp_path: Path) -> None:
    made = session(tmp_path, frames=48000 * 36_000 + 1)  # ten hours and a sample
    for track in written(made, tmp_path / "song.rpp").all("TRACK"):
        (item,) = track.all("ITEM")
        assert float(item.one("POSITION")[0]) == 0.0 and float(item.one("SOFFS")[0]) == 0.0
        assert round(float(item.one("LENGTH")[0]) * 48000) == made.frames
        assert [fade[1] for fade in (item.one("FADEIN"), item.one("FADEOUT"))] == ["0", "0"]


def test_media_are_named_relative_to_where_the_project_will_be(tmp_path: Path) -> None:
    made = session(tmp_path / "Artist" / "Stems")
    hidden = tmp_path / "Artist" / ".hidden" / "0123.rpp"
    hidden.parent.mkdir(parents=True)
    write_reaper(made, hidden, tmp_path)
    project = parse(hidden.read_text("utf-8"))
    files = [track.all("ITEM")[0].all("SOURCE")[0].one("FILE")[0] for track in project.all("TRACK")]
    assert files == [
        "Artist/Stems/Artist - Title (drums).wav",
        "Artist/Stems/Artist - Title (vocals).wav",
    ]


@pytest.mark.parametrize(
    ("suffix", "source"),
    [(".wav", "WAVE"), (".aiff", "WAVE"), (".flac", "FLAC"), (".mp3", "MP3"), (".ogg", "VORBIS")],
)
def test_sources_are_of_the_files_kind(tmp_path: Path, suffix: str, source: str) -> None:
    made = session(tmp_path, tracks=(SessionTrack("Bass", tmp_path / f"bass{suffix}"),))
    (track,) = written(made, tmp_path / "song.rpp").all("TRACK")
    assert track.all("ITEM")[0].all("SOURCE")[0].words == ["SOURCE", source]
    assert not [line for line in track.lines if line[0] == "PEAKCOL"]


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('6" single', '6" single'),
        ("""6" o'clock""", """6" o'clock"""),
        ("""all "of` 'them""", """all "of' 'them"""),
        ("two\nlines > <TRACK", "two lines > <TRACK"),
        ("", ""),
        ("Ünïcode 🎸", "Ünïcode 🎸"),
        ("half \udcff surrogate", "half   surrogate"),
    ],
)
def test_no_text_breaks_the_grammar(tmp_path: Path, title: str, read: str) -> None:
    made = session(tmp_path, title=title, tracks=(SessionTrack(title, tmp_path / "a.wav"),))
    project = written(made, tmp_path / "song.rpp")
    assert project.one("TITLE") == [read]
    assert project.all("TRACK")[0].one("NAME") == [read]


def test_silence_and_unknown_tempo_can_be_told(tmp_path: Path) -> None:
    silent = SessionTrack("Bass", tmp_path / "bass.wav", gain_db=GAIN_MIN_DB)
    project = written(session(tmp_path, bpm=None, tracks=(silent,)), tmp_path / "song.rpp")
    assert project.one("TEMPO") == ["120", "4", "4"]
    assert project.all("TRACK")[0].one("VOLPAN")[0] == "0"


def test_tracks_have_identities_of_their_own_that_stay(tmp_path: Path) -> None:
    project = written(session(tmp_path), tmp_path / "song.rpp")
    tracks = [track.words[1] for track in project.all("TRACK")]
    items = [track.all("ITEM")[0].one("IGUID")[0] for track in project.all("TRACK")]
    assert all(GUID.fullmatch(identity) for identity in tracks + items)
    assert len(set(tracks + items)) == 4
    assert tracks == [track.one("TRACKID")[0] for track in project.all("TRACK")]
    again = written(session(tmp_path), tmp_path / "again.rpp")
    assert [track.words[1] for track in again.all("TRACK")] == tracks


def test_a_missing_folder_and_a_full_disk_are_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as told:
        write_reaper(session(tmp_path), tmp_path / "gone" / "song.rpp", tmp_path)
    assert told.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    with tiny_volume(tmp_path / "tiny", "16k") as volume:
        (volume / "fill").write_bytes(bytes(16384 - 4096))
        tracks = tuple(SessionTrack(f"{n}", volume / f"{n}.wav") for n in range(60))
        with pytest.raises(DiskFullError):
            write_reaper(session(volume, tracks=tracks), volume / "song.rpp", volume)
        assert [file.name for file in volume.iterdir()] == ["fill"]
