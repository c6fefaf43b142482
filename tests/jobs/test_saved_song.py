"""Finished songs as the player opens them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.remix import Remix
from stemdesk.core.errors import DiskFullError, ErrorCode, SourceError
from stemdesk.core.job import Job
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.live import Live
from stemdesk.jobs.pipeline import Result
from stemdesk.jobs.render import render
from stemdesk.jobs.saved_song import SavedSong
from support.decoding import decode_all
from support.live_jobs import Running, heard, make_live, wait_until
from support.media import bursts, make_in
from support.models import SAMPLERATE, SOURCES
from support.place import Place, read

WAV32 = ExportOptions(AudioFormat.WAV, 32)


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return make_live(tmp_path)


def split(place: Place, job: Job, live: Live) -> Result:
    running = Running(place, job, live, stepwise=False)
    running.finish()
    assert running.result is not None
    return running.result


@pytest.mark.parametrize("kind", [AudioFormat.WAV, AudioFormat.FLAC])
def test_stems_and_the_original_beside_them(place: Place, live: Live, kind: AudioFormat) -> None:
    job = place.job(place.song(seconds=3.0), export=ExportOptions(kind, 24))
    result = split(place, job, live)
    job.source.unlink()  # its mix was kept
    song = SavedSong(result.folder, job.source, live.originals)
    assert (song.stems, song.samplerate) == (SOURCES, SAMPLERATE)
    assert song.complete and song.frames == song.known == result.frames
    assert song.final() == ((0, result.frames),)
    for stem in SOURCES:
        np.testing.assert_array_equal(
            heard(song, stem), read(result.folder / f"{stem}.{kind.value}")
        )
    # Aligned to the frame: the stems add up to it (what this model leaves out is the same
    # everywhere), and nothing is shifted.
    np.testing.assert_array_equal(heard(song), read_f32(place, live, result))
    song.close()


def read_f32(place: Place, live: Live, result: Result) -> np.ndarray:
    """The song as `place.song` wrote it."""
    again = place.song("again.wav", seconds=3.0)
    return read(again)


@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_the_original_is_decoded_where_nothing_was_kept(
    place: Place, live: Live, kind: str
) -> None:
    folder = place.root / "songs"
    folder.mkdir()
    source = make_in(folder, kind, bursts(SAMPLERATE * 3, SAMPLERATE), SAMPLERATE)
    result = place.run(place.job(source))
    song = SavedSong(result.folder, source, live.originals)
    assert song.final() == ((0, result.frames),)  # the stems are there at once
    wait_until(lambda: song.complete)
    assert song.frames == song.known == result.frames
    np.testing.assert_array_equal(heard(song), decode_all(source, SAMPLERATE).samples)
    song.close()


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_without_its_file_a_song_has_no_original(place: Place, live: Live, what: str) -> None:
    job = place.job(place.song(seconds=1.0))
    result = place.run(job)
    if what == "gone":
        job.source.unlink()
    else:
        place.song(seconds=1.0, seed=8)
    song = SavedSong(result.folder, job.source, live.originals)
    wait_until(lambda: song.original is None)
    assert song.complete and song.known == 0
    assert heard_stem(song) == result.frames
    song.close()


def heard_stem(song: SavedSong) -> int:
    return int(song.stem("drums").read(0, song.frames).shape[1])


def test_a_folder_of_before_fingerprints_has_no_original(place: Place, live: Live) -> None:
    result = place.run(place.job(place.song(seconds=1.0)))
    path = result.folder / MANIFEST
    value = json.loads(path.read_text("utf-8"))
    del value["source"]["fingerprint"]
    path.write_text(json.dumps(value), "utf-8")
    song = SavedSong(result.folder, place.root / "song.wav", live.originals)
    assert song.original is None and song.complete
    song.close()


def with_stems_as(place: Place, result: Result, kind: str, rate: int) -> None:
    """The folder's stems in another format, as the manifest names them."""
    path = result.folder / MANIFEST
    value = json.loads(path.read_text("utf-8"))
    for seed, item in enumerate(value["files"]):  # each of another sound, as stems are
        file = result.folder / item["file"]
        samples = read(file)
        if rate != SAMPLERATE:
            samples = bursts(round(samples.shape[1] * rate / SAMPLERATE), rate, seed=seed)
        file.unlink()
        made = make_in(result.folder, kind, samples, rate, name=item["stem"])
        item |= {"file": made.name, "bytes": made.stat().st_size}
    path.write_text(json.dumps(value), "utf-8")


@pytest.mark.parametrize(("kind", "rate"), [("mp3", 44100), ("m4a", 44100), ("flac", 48000)])
def test_other_stems_are_decoded_once(place: Place, live: Live, kind: str, rate: int) -> None:
    job = place.job(place.song(seconds=2.0), export=WAV32)
    result = place.run(job)
    with_stems_as(place, result, kind, rate)
    song = SavedSong(result.folder, job.source, live.originals)
    wait_until(lambda: song.complete)
    assert song.final() == ((0, song.frames),)
    for stem in SOURCES:
        (path,) = [item for item in result.folder.iterdir() if item.stem == stem]
        expected = decode_all(path, SAMPLERATE).samples[:, : song.frames]
        np.testing.assert_array_equal(heard(song, stem)[:, : expected.shape[1]], expected)
    song.close()
    again = SavedSong(result.folder, job.source, live.originals)
    wait_until(lambda: again.complete)  # from the cache
    again.close()
    assert len(list(live.originals.cache.folder.glob("*.f32"))) == 5


def test_what_is_wrong_with_a_folder_is_said(place: Place, live: Live) -> None:
    with pytest.raises(SourceError) as caught:
        SavedSong(place.root / "nowhere", place.root / "song.wav", live.originals)
    assert caught.value.code is ErrorCode.STEMS_MISSING
    result = place.run(place.job(place.song()))
    bad = result.folder / "vocals.wav"
    bad.write_bytes(bytes(bad.stat().st_size))
    with pytest.raises(SourceError) as caught:
        SavedSong(result.folder, place.root / "song.wav", live.originals)
    assert (caught.value.code, caught.value.path) == (ErrorCode.SOURCE_UNREADABLE, bad)
    bad.unlink()
    with pytest.raises(SourceError) as caught:
        SavedSong(result.folder, place.root / "song.wav", live.originals)
    assert caught.value.code is ErrorCode.STEMS_MISSING


@pytest.mark.parametrize("what", ["damaged", "full"])
def test_a_stem_that_cannot_be_decoded_is_said_and_not_silence(
    place: Place, live: Live, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    job = place.job(place.song(seconds=2.0), export=WAV32)
    result = place.run(job)
    with_stems_as(place, result, "mp3", SAMPLERATE)
    if what == "damaged":
        (result.folder / "drums.mp3").write_bytes(b"la la la" * 1000)
    else:
        monkeypatch.setattr("stemdesk.audio.play_cache.RESERVE_BYTES", 1 << 60)
    song = SavedSong(result.folder, job.source, live.originals)
    wait_until(lambda: song.complete)
    assert song.final() == ((0, song.frames),)  # so that it is read
    with pytest.raises(SourceError if what == "damaged" else DiskFullError):
        song.stem("drums").read(0, 1000)
    song.close()


def test_a_remix_of_stems_that_are_still_being_decoded_is_made_then(
    place: Place, live: Live
) -> None:
    job = place.job(place.song(seconds=4.0), export=WAV32)
    result = place.run(job)
    with_stems_as(place, result, "mp3", SAMPLERATE)
    path = place.root / "remix" / "Mix.wav"
    open_song = partial(SavedSong, result.folder, job.source, live.originals)
    render(open_song, Remix.of(SOURCES), path, lambda _: None, CancelToken())
    assert np.abs(read(path)).max() > 0.1


def test_without_the_original_nothing_is_decoded_for_it(place: Place, live: Live) -> None:
    folder = place.root / "songs"
    folder.mkdir()
    source = make_in(folder, "mp3", bursts(SAMPLERATE * 3, SAMPLERATE), SAMPLERATE)
    result = place.run(place.job(source))
    song = SavedSong(result.folder, source, live.originals, with_original=False)
    assert song.complete and song.original is None and song.known == 0
    assert song.final() == ((0, result.frames),)
    song.close()
