"""Songs decoded once for all who have them open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio import originals as module
from stemdesk.audio.originals import Original, Originals
from stemdesk.audio.play_cache import PlayCache, original_key
from stemdesk.core.errors import DiskFullError, ErrorCode, SourceError
from stemdesk.core.track import fingerprint
from stemdesk.priority import rush
from support.decoding import decode_all
from support.media import bursts, make_in

RATE = 44100
WAIT_S = 30.0


@pytest.fixture
def cache(tmp_path: Path) -> PlayCache:
    return PlayCache(tmp_path / "cache", 1 << 30)


@pytest.fixture
def originals(cache: PlayCache) -> Originals:
    return Originals(cache)


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "original"]


def until(original: Original, done: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < end
        original.wait(original.extent.known, 0.05)


def begun(original: Original) -> None:
    until(original, lambda: original.extent.known >= RATE)


def whole(original: Original) -> None:
    until(original, lambda: original.extent.complete)


@pytest.mark.parametrize(("kind", "rate"), [("wav-16", 44100), ("flac", 48000), ("mp3", 44100)])
def test_a_song_is_what_a_job_decodes(
    tmp_path: Path, originals: Originals, kind: str, rate: int
) -> None:
    song = make_in(tmp_path, kind, bursts(rate * 5, rate), rate)
    with originals.open(song, RATE) as handle:
        whole(handle.original)
        extent, expected = handle.original.extent, decode_all(song, RATE).samples
        assert extent.known == extent.frames == expected.shape[1]
        np.testing.assert_array_equal(handle.original.read(0, extent.frames), expected)
    assert originals.cache.find(original_key(fingerprint(song), RATE)) is not None
    assert decoders() == []


def test_it_can_be_read_while_it_grows(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAD_S", 1)
    song = make_in(tmp_path, "wav-f32", bursts(RATE * 20, RATE), RATE)
    expected = decode_all(song, RATE).samples
    with originals.open(song, RATE) as handle:
        original = handle.original
        original.follow(0)  # nobody goes on: it waits a second ahead
        until(original, lambda: original.extent.known >= RATE)
        known = original.extent.known
        assert not original.extent.complete and original.extent.frames == RATE * 20
        np.testing.assert_array_equal(original.read(0, known), expected[:, :known])
        assert not original.read(known + RATE * 5, 100).any()
        original.read(known, 10)  # who draws it takes what is there
        assert original.wait(known, 0.3).known == known
        original.read(known, 10, heard=True)  # who hears it here wants more
        until(original, lambda: original.extent.known > known)
        original.follow(None)
        whole(original)
        np.testing.assert_array_equal(original.read(0, RATE * 20), expected)


def test_in_a_rush_only_what_is_heard_next_is_decoded(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RUSH_LEAD_S", 1)
    song = make_in(tmp_path, "wav-16", bursts(RATE * 20, RATE), RATE)
    with rush(), originals.open(song, RATE) as handle:
        original = handle.original
        until(original, lambda: original.extent.known >= RATE)
        known = original.extent.known
        assert known < 4 * RATE
        assert original.wait(known, 0.3).known == known
        original.read(known, 10, heard=True)
        until(original, lambda: original.extent.known > known)
        assert not original.extent.complete
    with originals.open(song, RATE) as handle:
        whole(handle.original)


def test_all_who_have_it_open_share_one_decoder(tmp_path: Path, originals: Originals) -> None:
    song = make_in(tmp_path, "wav-16", bursts(RATE * 2, RATE), RATE)
    first, second = originals.open(song, RATE), originals.open(song, RATE)
    assert first.original is second.original
    shared = originals.share(song, RATE, fingerprint(song))
    assert shared is not None and shared.original is first.original
    for handle in (first, second, shared):
        handle.close()
        handle.close()  # harmless
    assert originals.open(song, RATE).original is not first.original
    assert originals.close()


def test_of_two_files_with_the_same_sound_one_is_kept(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAD_S", 1)
    song = make_in(tmp_path, "wav-16", bursts(RATE * 20, RATE), RATE)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(song.read_bytes())
    with originals.open(song, RATE) as first, originals.open(copy, RATE) as second:
        both = (first.original, second.original)
        for original in both:
            original.follow(0)  # neither is whole before the other one has begun
        for original in both:
            begun(original)
        for original in both:
            original.follow(None)
            whole(original)
        np.testing.assert_array_equal(both[0].read(0, RATE * 20), both[1].read(0, RATE * 20))
        assert both[0].read(0, RATE * 20).any()
    assert len(list(originals.cache.folder.glob("*.f32"))) == 1
    with originals.open(copy, RATE, fingerprint(song)) as again:
        assert again.original.extent.complete  # from the cache


def test_nothing_is_decoded_for_who_only_wants_to_share(
    tmp_path: Path, originals: Originals
) -> None:
    song = make_in(tmp_path, "wav-16", bursts(RATE, RATE), RATE)
    mark = fingerprint(song)
    assert originals.share(song, RATE, mark) is None
    with originals.open(song, RATE) as handle:
        whole(handle.original)
    with originals.share(song, RATE, mark) or pytest.fail("it is in the cache") as shared:
        assert shared.original.extent.complete


def test_the_last_one_ends_the_decoding_and_leaves_nothing(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAD_S", 1)
    song = make_in(tmp_path, "wav-16", bursts(RATE * 20, RATE), RATE)
    handle = originals.open(song, RATE)
    handle.original.follow(0)
    until(handle.original, lambda: handle.original.extent.known >= RATE)
    handle.close()
    assert decoders() == []
    assert list(originals.cache.folder.iterdir()) == []


def test_the_end_of_the_app_ends_what_is_open(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAD_S", 1)
    song = make_in(tmp_path, "wav-16", bursts(RATE * 20, RATE), RATE)
    handle = originals.open(song, RATE)
    handle.original.follow(0)
    assert originals.close()
    assert decoders() == []
    late = originals.open(song, 48000)
    assert decoders() == []
    late.close()


def test_what_was_decoded_is_there_at_once_though_the_file_is_gone(
    tmp_path: Path, originals: Originals
) -> None:
    song = make_in(tmp_path, "wav-16", bursts(RATE, RATE), RATE)
    mark = fingerprint(song)
    with originals.open(song, RATE) as handle:
        whole(handle.original)
    song.unlink()
    with originals.open(song, RATE, mark) as handle:
        assert handle.original.extent.complete
        assert handle.original.read(0, RATE).any()


def test_a_file_that_is_another_one_now_is_not_heard(tmp_path: Path, originals: Originals) -> None:
    song = make_in(tmp_path, "wav-16", bursts(RATE, RATE), RATE)
    with originals.open(song, RATE, "1-other") as handle:
        until(handle.original, lambda: handle.original.extent.error is not None)
        error = handle.original.extent.error
        assert isinstance(error, SourceError) and error.code is ErrorCode.SOURCE_CHANGED
        assert not handle.original.read(0, 100).any()


@pytest.mark.parametrize("wrong", ["gone", "no sound"])
def test_a_file_that_cannot_be_decoded_says_why(
    tmp_path: Path, originals: Originals, wrong: str
) -> None:
    song = tmp_path / "song.mp3"
    if wrong == "no sound":
        song.write_bytes(b"la la la" * 1000)
    with originals.open(song, RATE) as handle:
        until(handle.original, lambda: handle.original.extent.error is not None)
        assert isinstance(handle.original.extent.error, SourceError)
        song.unlink(missing_ok=True)
        make_in(tmp_path, "mp3", bursts(RATE, RATE), RATE)
        with originals.open(song, RATE) as again:  # it may be another one now
            whole(again.original)


def test_a_full_disk_means_that_it_is_not_heard(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.audio.play_cache.RESERVE_BYTES", 1 << 60)
    song = make_in(tmp_path, "wav-16", bursts(RATE, RATE), RATE)
    with originals.open(song, RATE) as handle:
        until(handle.original, lambda: handle.original.extent.error is not None)
        assert isinstance(handle.original.extent.error, DiskFullError)
    assert list(originals.cache.folder.iterdir()) == []
