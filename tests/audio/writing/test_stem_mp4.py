from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.source_tags import read_source_tags
from stemdesk.audio.writing.stem_mp4 import TRACKS, StemMp4Writer
from stemdesk.core.errors import DiskFullError, ErrorCode, ExportError
from support.media import bursts, lag
from support.mp4 import Box, chunks, edits, handler, is_enabled, read_boxes, sample_entry
from support.tmpfs import tiny_volume

RATE, FRAMES = 44100, 66_777
Samples = NDArray[np.float32]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
TAGS = FileTags((("title", "Söng 🎵"), ("artist", "A"), ("comment", "made of x")), PNG, "image/png")


def song(frames: int = FRAMES, rate: int = RATE) -> Samples:
    """[5, 2, frames]: four different stems and their sum in front."""
    stems = np.stack([bursts(frames, rate, seed=seed) * 0.5 for seed in range(4)])
    return np.concatenate([stems.sum(0, keepdims=True), stems]).astype(np.float32)


def write(path: Path, samples: Samples, rate: int = RATE, tags: FileTags = NO_FILE_TAGS) -> Box:
    with StemMp4Writer(path, rate, samples.shape[2], tags) as writer:
        for start in range(0, samples.shape[2], 7001):
            writer.write(samples[:, :, start : start + 7001])
    return read_boxes(path)


def decoded(path: Path, track: int) -> Samples:
    """float32 [2, frames] of one track; what the edit list leaves out at the end is cut here, as
    players do and FFmpeg's library does not."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        length = stream.duration
        assert length is not None
        return np.concatenate(
            [frame.to_ndarray() for frame in container.decode(stream)], axis=1
        )[:, :length]  # fmt: skip


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name}")
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Box, Samples]:
    samples = song()
    path = tmp_path_factory.mktemp("stems") / "song.stem.mp4"
    return path, write(path, samples, tags=TAGS), samples


Written = tuple[Path, Box, Samples]


def test_five_stereo_tracks_of_which_only_the_mix_is_enabled(written: Written) -> None:
    _, movie, _ = written
    tracks = movie.all("moov", "trak")
    assert [handler(track) for track in tracks] == [("soun", name) for name in TRACKS]
    assert [is_enabled(track) for track in tracks] == [True, False, False, False, False]
    assert [sample_entry(track) for track in tracks] == [("mp4a", 2, RATE)] * 5


def test_names_and_colours_are_in_the_stem_box(written: Written) -> None:
    _, movie, _ = written
    assert [box.name for box in movie.one("moov", "udta").inner] == ["meta", "stem"]
    manifest = json.loads(movie.one("moov", "udta", "stem").body)
    assert manifest["version"] == 1
    assert manifest["stems"] == [
        {"name": "Drums", "color": "#009E73"},
        {"name": "Bass", "color": "#D55E00"},
        {"name": "Other", "color": "#CC79A7"},
        {"name": "Vocals", "color": "#56B4E9"},
    ]
    compressor = manifest["mastering_dsp"]["compressor"]
    limiter = manifest["mastering_dsp"]["limiter"]
    assert compressor["enabled"] is False and limiter["enabled"] is False
    assert set(compressor) == {
        "enabled", "ratio", "input_gain", "output_gain", "attack", "release", "threshold",
        "hp_cutoff", "dry_wet",
    }  # fmt: skip
    assert set(limiter) == {"enabled", "release", "threshold", "ceiling"}


def test_the_box_moved_no_sample(written: Written) -> None:
    _, movie, _ = written
    assert movie.inner[-1].name == "moov"  # so that it could grow
    mdat = movie.one("mdat")
    for track in movie.all("moov", "trak"):
        assert all(mdat.start < place < movie.inner[-1].start for place in chunks(track))


def test_every_track_is_its_stem_from_the_first_frame_to_the_last(written: Written) -> None:
    path, movie, samples = written
    for index, track in enumerate(movie.all("moov", "trak")):
        ((length_s, first),) = edits(movie, track)
        assert length_s == pytest.approx(FRAMES / RATE, abs=1e-9) and first == 1024
        sound = decoded(path, index)
        assert sound.shape == (2, FRAMES)
        assert lag(samples[index], sound) == 0
        error = sound - samples[index]
        assert np.sqrt((error**2).mean()) < 0.05 * np.sqrt((samples[index] ** 2).mean())


def test_the_file_plays_as_the_mix_with_its_tags_and_cover(written: Written) -> None:
    path, _, _ = written
    tags = read_source_tags(path)
    assert tags.get("title") == "Söng 🎵" and tags.get("artist") == "A"
    assert tags.get("comment") == "made of x"
    assert tags.cover == PNG
    with av.open(str(path)) as container:
        defaults = [bool(stream.disposition & 1) for stream in container.streams.audio]
    assert defaults == [True, False, False, False, False]


def test_ffprobe_sees_five_tracks_and_one_default(written: Written) -> None:
    path, _, _ = written
    command = [tool("ffprobe"), "-v", "error", "-show_streams", "-show_format", "-of", "json"]
    result = subprocess.run(
        [*command, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert not result.stderr
    report = json.loads(result.stdout)
    sound = [stream for stream in report["streams"] if stream["codec_type"] == "audio"]
    assert [stream["disposition"]["default"] for stream in sound] == [1, 0, 0, 0, 0]
    assert [stream["tags"]["handler_name"] for stream in sound] == list(TRACKS)
    assert {(stream["codec_name"], stream["channels"]) for stream in sound} == {("aac", 2)}
    assert all(int(stream["duration_ts"]) == FRAMES for stream in sound)
    assert report["format"]["tags"]["title"] == "Söng 🎵"


def test_ffmpeg_decodes_every_track_to_the_frame(written: Written, tmp_path: Path) -> None:
    path, _, samples = written
    for index in range(len(TRACKS)):
        raw = tmp_path / "track.f32"
        command = [tool("ffmpeg"), "-v", "error", "-i", str(path), "-map", f"0:a:{index}"]
        subprocess.run([*command, "-f", "f32le", "-y", str(raw)], check=True, timeout=60)
        sound = np.fromfile(raw, np.float32).reshape(-1, 2).T
        # older FFmpegs pass on the padding of the last packet
        assert FRAMES <= sound.shape[1] < FRAMES + 1024
        assert lag(samples[index], sound) == 0


def test_gpac_sees_four_disabled_tracks_and_reads_the_stem_box(
    written: Written, tmp_path: Path
) -> None:
    path, movie, _ = written
    box = tool("MP4Box")
    info = subprocess.run(
        [box, "-info", str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", info.stdout + info.stderr)
    tracks = re.split(r"(?m)^#? ?Track (?=#? ?\d)", text)[1:]
    assert len(tracks) == 5, text
    disabled = ["disabled" in track.lower() for track in tracks]
    assert disabled == [False, True, True, True, True], text
    dump = tmp_path / "stem.json"
    command = [box, "-dump-udta", "0:stem", str(path), "-out", str(dump)]
    subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, timeout=60)
    found = dump.read_bytes() if dump.exists() else _dumped(path, tmp_path)
    manifest = movie.one("moov", "udta", "stem").body
    assert json.loads(found[found.index(b"{") :]) == json.loads(manifest)


def _dumped(path: Path, folder: Path) -> bytes:
    """Older GPACs name the dump themselves, beside the file or where they run."""
    places = [*path.parent.glob("*udta*"), *folder.glob("*udta*")]
    assert places, [*path.parent.iterdir(), *folder.iterdir()]
    return places[0].read_bytes()


@pytest.mark.parametrize(("rate", "frames"), [(48000, 30_000), (22050, 5), (96000, 20_480)])
def test_other_rates_and_odd_lengths(tmp_path: Path, rate: int, frames: int) -> None:
    samples = song(frames, rate)
    path = tmp_path / "song.stem.mp4"
    movie = write(path, samples, rate)
    for track in movie.all("moov", "trak"):
        assert edits(movie, track)[0][0] == pytest.approx(frames / rate, abs=1e-9)
    assert decoded(path, 4).shape == (2, frames)


def test_the_same_stems_are_the_same_file(tmp_path: Path) -> None:
    samples = song(5000)
    write(tmp_path / "a.stem.mp4", samples)
    write(tmp_path / "b.stem.mp4", samples)
    assert (tmp_path / "a.stem.mp4").read_bytes() == (tmp_path / "b.stem.mp4").read_bytes()


def test_nothing_stays_on_a_full_disk_wherever_it_fills(tmp_path: Path) -> None:
    samples = song(100_000)
    with tiny_volume(tmp_path / "tiny", "512k") as volume:
        path = volume / "song.stem.mp4"
        whole = len(write(tmp_path / "whole.stem.mp4", samples).one("mdat").body)
        for left in (0, 4096, 40_960, whole // 8192 * 4096, (whole + 2000) // 4096 * 4096):
            (volume / "fill").write_bytes(bytes(512 * 1024 - left))
            with pytest.raises(DiskFullError):
                write(path, samples)
            assert [file.name for file in volume.iterdir()] == ["fill"]
            (volume / "fill").unlink()


def test_wrong_use_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="AAC has no"):
        StemMp4Writer(tmp_path / "a.stem.mp4", 192_000, 10)
    with pytest.raises(ExportError) as told:
        StemMp4Writer(tmp_path / "gone" / "a.stem.mp4", RATE, 10)
    assert told.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    with (
        pytest.raises(ValueError, match="is not"),
        StemMp4Writer(tmp_path / "a.stem.mp4", RATE, 10) as writer,
    ):
        writer.write(np.zeros((4, 2, 5), np.float32))
    assert not (tmp_path / "a.stem.mp4").exists()
