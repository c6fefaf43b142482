from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.stream import Disposition

from stemdesk.audio.writing.video import has_video, mux_video, video_suffix
from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    ExportError,
    SourceError,
)
from stemdesk.core.progress import CancelToken
from support.decoding import decode_all
from support.media import KINDS, Kind, Samples, bursts, lag, make, make_with_cover
from support.tmpfs import tiny_volume
from support.videos import SUBTITLES, first_shown_s, hear, make_video, picture_packets

RATE, FRAMES = 44100, 60_000
VIDEOS = ["mp4", "mkv", "mkv-aac", "webm"]


def video(folder: Path, kind: str = "mp4", *, rate: int = RATE, suffix: str = "", **what: object
          ) -> Path:  # fmt: skip
    path = folder / f"video{suffix or KINDS[kind].suffix}"
    sound = bursts(FRAMES, rate, seed=1)
    return make_video(path, kind, sound, rate, **what)  # type: ignore[arg-type] # its keywords


def remix(folder: Path, source: Path, rate: int) -> tuple[Path, Samples]:
    """As long as what a job decodes of the source."""
    samples = bursts(decode_all(source, rate).samples.shape[1], rate, seed=2)
    path = folder / "remix.wav"
    soundfile.write(path, samples.T, rate, subtype="FLOAT")
    return path, samples


def mux(source: Path, rate: int = RATE) -> tuple[Path, Samples]:
    """The copy, and what should be heard in it."""
    audio, samples = remix(source.parent, source, rate)
    target = source.parent / f"copy{video_suffix(source)}"
    mux_video(source, audio, target, lambda _: None, CancelToken())
    return target, samples


def drift_s(source: Path, target: Path, samples: Samples, rate: int) -> float:
    """How much later the remix comes, against the picture, than the sound whose place it takes.

    When that one is heard is found by what is heard in the source, and where that lies in what a
    job decodes of it.
    """
    known = bursts(FRAMES, rate, seed=1)
    sound, start_s = hear(source)
    within = lag(known, sound) - lag(known, decode_all(source, rate).samples)
    before_s = start_s + within / rate - first_shown_s(source)
    sound, start_s = hear(target)
    return start_s + lag(samples, sound) / rate - first_shown_s(target) - before_s


@pytest.mark.parametrize("kind", VIDEOS)
def test_the_picture_is_copied_and_the_sound_is_the_remix(tmp_path: Path, kind: str) -> None:
    rate = KINDS[kind].samplerates[0]
    source = video(tmp_path, kind, rate=rate)
    target, samples = mux(source, rate)
    assert target.suffix == source.suffix
    assert picture_packets(target) == picture_packets(source)
    assert abs(drift_s(source, target, samples, rate)) < 0.002  # Matroska counts milliseconds
    with av.open(str(target)) as container:
        codec = container.streams.audio[0].codec_context.name
        assert len(container.streams.audio) == 1
    assert codec == ("opus" if kind == "webm" else "aac")
    sound, _ = hear(target)
    late = lag(samples, sound)
    length = min(sound.shape[1] - late, samples.shape[1])
    heard = np.corrcoef(sound[0, late : late + length], samples[0, :length])[0, 1]
    assert heard > 0.98


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
@pytest.mark.parametrize(("sound_s", "picture_s"), [(0.4, 0.0), (0.0, 0.4), (1.5, 1.3)])
def test_late_sounds_and_late_pictures_stay_in_step(
    tmp_path: Path, kind: str, sound_s: float, picture_s: float
) -> None:
    source = video(tmp_path, kind, sound_late_s=sound_s, picture_late_s=picture_s)
    target, samples = mux(source)
    assert abs(drift_s(source, target, samples, RATE)) < 0.002
    assert picture_packets(target) == picture_packets(source)


def test_other_rates_are_brought_to_what_the_codec_takes(tmp_path: Path) -> None:
    source = video(tmp_path, "webm", rate=48000)
    samples = bursts(FRAMES * 2, 96_000, seed=2)
    soundfile.write(tmp_path / "remix.wav", samples.T, 96_000, subtype="FLOAT")
    target = tmp_path / "copy.webm"
    mux_video(source, tmp_path / "remix.wav", target, lambda _: None, CancelToken())
    sound, _ = hear(target)
    assert abs(sound.shape[1] - FRAMES) <= 960 and lag(samples[:, ::2], sound) in (-1, 0, 1)


def test_subtitles_tags_and_further_sound_go_along(tmp_path: Path) -> None:
    source = video(tmp_path, "mkv", subtitles=True, second_sound=True, tags={"title": "Fïlm"})
    target, _ = mux(source)
    with av.open(str(target)) as container:
        kinds = [stream.type for stream in container.streams]
        assert kinds == ["video", "audio", "audio", "subtitle"]
        first, second = container.streams.audio
        assert (first.codec_context.name, second.codec_context.name) == ("aac", "flac")
        assert [bool(stream.disposition & 1) for stream in (first, second)] == [True, False]
        assert first.metadata["title"] == "Remix"
        texts = [
            (float(packet.pts * packet.time_base), bytes(packet).decode())
            for packet in container.demux(container.streams.subtitles[0])
            if packet.size and packet.pts is not None
        ]
    assert [text for _, text in texts] == [text for _, _, text in SUBTITLES]
    for (start_s, _), (expected_s, _, _) in zip(texts, SUBTITLES, strict=True):
        assert start_s == pytest.approx(expected_s, abs=0.03)


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_chapters_and_tags_go_along(tmp_path: Path, kind: str) -> None:
    source = video(tmp_path, kind, chapters=True, tags={"title": "Fïlm", "artist": "Ärtist"})
    target, _ = mux(source)
    with av.open(str(target)) as container:
        found = {key.lower(): text for key, text in container.metadata.items()}
        assert (found["title"], found["artist"]) == ("Fïlm", "Ärtist")
        chapters = container.chapters()
        assert container.streams.audio[0].metadata["language"] == "deu"
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["Öne", "Two"]
    starts = [float(chapter["start"] * (chapter["time_base"] or 0)) for chapter in chapters]
    assert starts == pytest.approx([0.0, 0.5], abs=0.03)


def test_a_cover_goes_along_in_mp4(tmp_path: Path) -> None:
    source = video(tmp_path, cover=True)
    target, _ = mux(source)

    def covers(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            found = [
                one for one in container.streams.video if one.disposition & Disposition.attached_pic
            ]
            return [bytes(packet) for packet in container.demux(found) if packet.size]

    assert len(covers(target)) == 1 and covers(target) == covers(source)


def test_a_turned_picture_stays_turned(tmp_path: Path) -> None:
    tool, probe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if tool is None or probe is None:
        pytest.skip("no ffmpeg to make one")
    source = tmp_path / "turned.mp4"
    turn = ["-c", "copy", "-metadata:s:v", "rotate=90", str(source)]
    subprocess.run([tool, "-v", "error", "-i", str(video(tmp_path)), *turn], check=True, timeout=60)

    def turned(path: Path) -> list[int]:
        command = [probe, "-v", "error", "-show_streams", "-select_streams", "v", "-of", "json"]
        result = subprocess.run(
            [*command, str(path)], capture_output=True, text=True, check=True, timeout=60
        )
        assert not result.stderr
        (stream,) = json.loads(result.stdout)["streams"]
        return [data["rotation"] for data in stream.get("side_data_list", []) if "rotation" in data]

    if turned(source) not in ([90], [-90]):
        pytest.skip("this ffmpeg turns pictures another way")
    target, _ = mux(source)
    assert turned(target) == turned(source)


@pytest.mark.parametrize(
    ("kind", "suffix", "expected"),
    [
        ("mp4", ".mp4", ".mp4"),
        ("mp4", ".m4v", ".m4v"),
        ("mp4", ".MOV", ".mov"),
        ("mp4", ".odd", ".mp4"),
        ("mkv", ".mkv", ".mkv"),
        ("webm", ".webm", ".webm"),
        ("webm", ".mkv", ".mkv"),
        ("mkv", ".webm", ".mkv"),  # what is in it, a WebM may not hold
    ],
)
def test_the_copy_is_of_the_sources_kind(
    tmp_path: Path, kind: str, suffix: str, expected: str
) -> None:
    source = video(tmp_path, kind, rate=KINDS[kind].samplerates[0], suffix=suffix)
    assert video_suffix(source) == expected
    target, _ = mux(source, KINDS[kind].samplerates[0])
    assert picture_packets(target) == picture_packets(source)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind(".avi", "avi", "libmp3lame", video="mpeg4"), ".mkv"),
        (Kind(".ts", "mpegts", "aac", video="mpeg2video"), ".mkv"),
        (Kind(".flv", "flv", "libmp3lame", video="flv"), ".flv"),  # no one else takes these
        (Kind(".wmv", "asf", "wmav2", video="wmv2"), ".wmv"),
    ],
    ids=lambda value: value.video if isinstance(value, Kind) else "",
)
def test_other_kinds_become_matroska_where_it_takes_the_picture(
    tmp_path: Path, kind: Kind, expected: str
) -> None:
    source = tmp_path / f"video{kind.suffix}"
    make_video(source, kind, bursts(FRAMES, RATE, seed=1), RATE)
    target, samples = mux(source)
    assert target.suffix == expected
    assert picture_packets(target) == picture_packets(source)
    slack_s = 0.05 if ".avi" in (source.suffix, expected) else 0.005  # AVI tells no delays
    assert abs(drift_s(source, target, samples, RATE)) < slack_s


def test_sound_files_are_no_videos(tmp_path: Path) -> None:
    samples = bursts(5000, RATE)
    song = make(tmp_path / "song.m4a", "m4a", samples, RATE)
    covered = make_with_cover(tmp_path / "cover.m4a", "m4a", samples, RATE, {})
    (tmp_path / "text.mp4").write_text("no video at all")
    assert has_video(video(tmp_path))
    for path in (song, covered, tmp_path / "text.mp4", tmp_path / "gone.mp4", tmp_path):
        assert not has_video(path)
    audio, _ = remix(tmp_path, song, RATE)
    for source in (song, covered):
        with pytest.raises(SourceError) as told:
            mux_video(source, audio, tmp_path / "copy.mp4", lambda _: None, CancelToken())
        assert told.value.code is ErrorCode.SOURCE_NO_VIDEO
        with pytest.raises(SourceError):
            video_suffix(source)
    assert not (tmp_path / "copy.mp4").exists()


def test_progress_grows_and_cancelling_leaves_nothing(tmp_path: Path) -> None:
    source = video(tmp_path)
    audio, _ = remix(tmp_path, source, RATE)
    heard: list[float] = []
    target = tmp_path / "copy.mp4"
    mux_video(source, audio, target, heard.append, CancelToken())
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 5
    for stop_at in (0.0, 0.5):
        cancel = CancelToken()

        def report(done: float, cancel: CancelToken = cancel, stop_at: float = stop_at) -> None:
            if done >= stop_at:
                cancel.cancel()

        with pytest.raises(Cancelled):
            mux_video(source, audio, tmp_path / "other.mp4", report, cancel)
        assert not (tmp_path / "other.mp4").exists()


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_nothing_stays_on_a_full_disk_wherever_it_fills(tmp_path: Path, kind: str) -> None:
    source = video(tmp_path, kind)
    target, _ = mux(source)
    size = target.stat().st_size
    with tiny_volume(tmp_path / "tiny", "512k") as volume:
        copy = volume / target.name
        for left in (0, 4096, size // 8192 * 4096, (size - 1) // 4096 * 4096):
            (volume / "fill").write_bytes(bytes(512 * 1024 - left))
            with pytest.raises(DiskFullError):
                mux_video(source, tmp_path / "remix.wav", copy, lambda _: None, CancelToken())
            assert [file.name for file in volume.iterdir()] == ["fill"]
            (volume / "fill").unlink()


def test_a_missing_remix_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    source = video(tmp_path)
    audio, _ = remix(tmp_path, source, RATE)
    with pytest.raises(ExportError) as unwritable:
        mux_video(source, audio, tmp_path / "gone" / "copy.mp4", lambda _: None, CancelToken())
    assert unwritable.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    audio.unlink()
    with pytest.raises(SourceError) as told:
        mux_video(source, audio, tmp_path / "copy.mp4", lambda _: None, CancelToken())
    assert told.value.code is ErrorCode.STEMS_MISSING
    assert not (tmp_path / "copy.mp4").exists()


def test_a_video_that_is_cut_off_gives_what_there_is(tmp_path: Path) -> None:
    whole = video(tmp_path, "mkv")
    audio, _ = remix(tmp_path, whole, RATE)
    source = tmp_path / "cut.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    target = tmp_path / "copy.mkv"
    mux_video(source, audio, target, lambda _: None, CancelToken())
    there = picture_packets(source)
    assert 1 < len(there) < len(picture_packets(whole))
    assert picture_packets(target) == there


def test_the_source_is_not_touched(tmp_path: Path) -> None:
    source = video(tmp_path)
    before = source.read_bytes()
    mux(source)
    assert source.read_bytes() == before
