from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
import soundfile

from stemdesk.audio.remix import GAIN_MAX_DB, GAIN_MIN_DB, Remix
from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    ExportError,
    SourceError,
)
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.dawproject import write_dawproject
from stemdesk.jobs.exports.session import Session, SessionTrack, session_of
from support.dawproject import check
from support.tmpfs import tiny_volume

RATE, FRAMES = 48000, 24_001


def session(folder: Path, **changes: object) -> Session:
    files = []
    for number, stem in enumerate(("drums", "bass", "vocals")):
        file = folder / f"{stem}.wav"
        noise = np.random.default_rng(number).standard_normal((FRAMES, 2)) * 0.1
        soundfile.write(file, noise.astype(np.float32), RATE, subtype="PCM_24")
        files.append((stem, file))
    remix = Remix.of(["drums", "bass", "vocals"]).with_gain("drums", -6.0).with_pan("bass", 0.5)
    remix = remix.with_muted("bass", True).with_soloed("vocals", True).with_master(-3.0)
    return replace(
        session_of("Title", "Artist", RATE, FRAMES, files, remix, 97.25),
        **changes,  # type: ignore[arg-type] # names and values of Session, as each test needs
    )


def write(made: Session, path: Path) -> tuple[Xml.Element, Xml.Element, zipfile.ZipFile]:
    """Both documents, checked against the schema, and the open container."""
    write_dawproject(made, path, CancelToken())
    container = zipfile.ZipFile(path)
    assert container.testzip() is None
    project = Xml.fromstring(container.read("project.xml"))
    metadata = Xml.fromstring(container.read("metadata.xml"))
    check(project)
    check(metadata)
    return project, metadata, container


def test_media_lie_inside_unchanged_and_are_found_by_their_path(tmp_path: Path) -> None:
    made = session(tmp_path)
    project, _, container = write(made, tmp_path / "song.dawproject")
    with container:
        paths = [file.attrib["path"] for file in project.iter("File")]
        assert paths == ["audio/Drums.wav", "audio/Bass.wav", "audio/Vocals.wav"]
        for track, path in zip(made.tracks, paths, strict=True):
            assert container.read(path) == track.file.read_bytes()
        kinds = {entry.compress_type for entry in container.infolist()}
        assert kinds == {zipfile.ZIP_STORED}
        assert set(container.namelist()) == {"project.xml", "metadata.xml", *paths}


def test_every_clip_lasts_from_nought_to_the_end_in_seconds(tmp_path: Path) -> None:
    project, _, container = write(session(tmp_path), tmp_path / "song.dawproject")
    container.close()
    outer = project.find("Arrangement/Lanes")
    assert outer is not None and outer.get("timeUnit") == "seconds"
    tracks = {track.attrib["id"]: track for track in project.iter("Track")}
    lanes = outer.findall("Lanes")
    assert [tracks[lane.attrib["track"]].get("name") for lane in lanes] == [
        "Drums", "Bass", "Vocals",
    ]  # fmt: skip
    for lane in lanes:
        clip, audio = lane.find("Clips/Clip"), lane.find("Clips/Clip/Audio")
        assert clip is not None and audio is not None
        assert float(clip.attrib["time"]) == float(clip.attrib["playStart"]) == 0.0
        assert clip.get("contentTimeUnit") == "seconds"
        for length in (clip.attrib["duration"], audio.attrib["duration"]):
            assert round(float(length) * RATE) == FRAMES
        assert audio.get("sampleRate") == str(RATE) and audio.get("channels") == "2"


def test_channels_sound_as_in_the_remix_and_end_in_the_master(tmp_path: Path) -> None:
    project, _, container = write(session(tmp_path), tmp_path / "song.dawproject")
    container.close()
    mixer = {}
    for track in project.iter("Track"):
        channel = track.find("Channel")
        assert channel is not None
        mixer[track.attrib["name"]] = channel
        volume, pan, mute = channel.find("Volume"), channel.find("Pan"), channel.find("Mute")
        assert volume is not None and pan is not None and mute is not None
        assert (volume.get("unit"), pan.get("unit")) == ("linear", "normalized")
        for value in (volume, pan):
            least, most = float(value.attrib["min"]), float(value.attrib["max"])
            assert least <= float(value.attrib["value"]) <= most

    def set_to(track: str, name: str) -> str:
        found = mixer[track].find(name)
        assert found is not None
        return found.attrib["value"]

    assert float(set_to("Drums", "Volume")) == pytest.approx(10 ** (-6 / 20))
    assert float(set_to("Master", "Volume")) == pytest.approx(10 ** (-3 / 20))
    assert [float(set_to(one, "Pan")) for one in ("Drums", "Bass", "Master")] == [0.5, 0.75, 0.5]
    assert [set_to(one, "Mute") for one in ("Drums", "Bass")] == ["false", "true"]
    assert [mixer[one].get("solo") for one in ("Drums", "Vocals")] == ["false", "true"]
    master = mixer.pop("Master")
    assert master.get("role") == "master" and master.get("destination") is None
    for channel in mixer.values():
        assert channel.get("destination") == master.get("id")


def test_colours_tempo_and_texts(tmp_path: Path) -> None:
    project, metadata, container = write(session(tmp_path), tmp_path / "song.dawproject")
    container.close()
    colours = [track.get("color") for track in project.iter("Track")]
    assert colours == ["#009e73", "#d55e00", "#56b4e9", None]
    tempo = project.find("Transport/Tempo")
    assert tempo is not None
    assert float(tempo.attrib["value"]) == 97.25 and tempo.get("unit") == "bpm"
    assert metadata.findtext("Title") == "Title" and metadata.findtext("Artist") == "Artist"


@pytest.mark.parametrize("gain_db", [GAIN_MIN_DB, GAIN_MAX_DB])
def test_the_extremes_of_a_remix_fit(tmp_path: Path, gain_db: float) -> None:
    made = session(tmp_path)
    tracks = tuple(replace(track, gain_db=gain_db, pan=-1.0) for track in made.tracks)
    made = replace(made, tracks=tracks, bpm=None, master_db=gain_db)
    project, _, container = write(made, tmp_path / "song.dawproject")
    container.close()
    for volume in project.iter("Volume"):
        assert float(volume.attrib["value"]) <= float(volume.attrib["max"])
    tempo = project.find("Transport/Tempo")
    assert tempo is not None and tempo.get("value") == "120"


def test_hostile_and_equal_names(tmp_path: Path) -> None:
    file = session(tmp_path).tracks[0].file
    names = ["A/B <&> \x00 \udcff", "LEAD", "lead", "", "🎤"]
    tracks = tuple(SessionTrack(name, file) for name in names)
    made = replace(session(tmp_path), tracks=tracks, title="<&>\x01\n]]>", artist="\udcff")
    project, metadata, container = write(made, tmp_path / "song.dawproject")
    with container:
        paths = [one.attrib["path"] for one in project.iter("File")]
        assert len({path.casefold() for path in paths}) == len(names)
        assert all(path in container.namelist() and path.count("/") == 1 for path in paths)
    assert metadata.findtext("Title") == "<&>  ]]>"
    assert metadata.find("Artist") is None


def test_the_same_export_is_the_same_file(tmp_path: Path) -> None:
    made = session(tmp_path)
    write_dawproject(made, tmp_path / "a.dawproject", CancelToken())
    write_dawproject(made, tmp_path / "b.dawproject", CancelToken())
    assert (tmp_path / "a.dawproject").read_bytes() == (tmp_path / "b.dawproject").read_bytes()


def test_progress_grows_to_the_end(tmp_path: Path) -> None:
    heard: list[float] = []
    write_dawproject(session(tmp_path), tmp_path / "a.dawproject", CancelToken(), heard.append)
    assert heard == sorted(heard) and heard[-1] == 1.0


def test_nothing_stays_after_cancelling(tmp_path: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        write_dawproject(
            session(tmp_path), tmp_path / "a.dawproject", cancel, lambda _: cancel.cancel()
        )
    assert not list(tmp_path.glob("*.dawproject"))


def test_nothing_stays_on_a_full_disk_wherever_it_fills(tmp_path: Path) -> None:
    made = session(tmp_path)
    with tiny_volume(tmp_path / "tiny", "512k") as volume:
        for left in (0, 4096, 100 * 1024, 300 * 1024, 420 * 1024):
            (volume / "fill").write_bytes(bytes(512 * 1024 - left))
            with pytest.raises(DiskFullError):
                write_dawproject(made, volume / "a.dawproject", CancelToken())
            assert [file.name for file in volume.iterdir()] == ["fill"]
            (volume / "fill").unlink()


def test_missing_media_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    made = session(tmp_path)
    made.tracks[1].file.unlink()
    with pytest.raises(SourceError) as told:
        write_dawproject(made, tmp_path / "a.dawproject", CancelToken())
    assert told.value.code is ErrorCode.STEMS_MISSING
    assert told.value.path == made.tracks[1].file
    assert not (tmp_path / "a.dawproject").exists()
    with pytest.raises(ExportError) as unwritable:
        write_dawproject(session(tmp_path), tmp_path / "gone" / "a.dawproject", CancelToken())
    assert unwritable.value.code is ErrorCode.FOLDER_NOT_WRITABLE


def test_media_over_four_gib_need_zip64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100_000)  # of 2 GiB, which a test cannot write
    made = session(tmp_path)
    _, _, container = write(made, tmp_path / "song.dawproject")
    with container:
        entry = container.getinfo("audio/Drums.wav")
        assert entry.file_size > 100_000 and entry.extract_version >= zipfile.ZIP64_VERSION
        assert container.read(entry) == made.tracks[0].file.read_bytes()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('track="track-1"', 'track="track-9"'),
        ('id="track-1"', 'id="track-0"'),
        ('unit="linear"', 'unit="loud"'),
        ('sampleRate="48000" ', ""),
        ('time="0"', 'time="nought"'),
        ("Pan ", "Volume "),
        ("<Scenes />", "<Scene />"),
    ],
)
def test_the_schema_of_these_tests_refuses_what_is_wrong(
    tmp_path: Path, right: str, wrong: str
) -> None:
    _, _, container = write(session(tmp_path), tmp_path / "song.dawproject")
    with container:
        text = container.read("project.xml").decode()
    assert right in text
    with pytest.raises(AssertionError):
        check(Xml.fromstring(text.replace(right, wrong)))
