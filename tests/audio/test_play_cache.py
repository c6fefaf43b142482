"""The playback cache on a real disk."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio import play_cache
from stemdesk.audio.play_cache import PlayCache, Raw, original_key
from stemdesk.audio.raw_reader import RawReader
from stemdesk.audio.store import JobAudio, MixFacts
from support.media import Samples, bursts

RATE = 8000
KEY = original_key("12-abc", RATE)


def cache_in(folder: Path, cap_bytes: int = 1 << 30) -> PlayCache:
    return PlayCache(folder / "cache", cap_bytes)


def put(cache: PlayCache, key: str, frames: int = 1000, seed: int = 1) -> Samples:
    samples = bursts(frames, RATE, seed=seed)
    filling = cache.begin(key, RATE)
    filling.append(samples)
    filling.finish({"source_channels": 2})
    cache.let_go(filling.path)
    return samples


def test_what_is_put_in_comes_out_in_another_process_too(tmp_path: Path) -> None:
    samples = put(cache_in(tmp_path), KEY)
    raw = cache_in(tmp_path).find(KEY)
    assert raw is not None
    assert (raw.samplerate, raw.frames, raw.facts) == (RATE, 1000, {"source_channels": 2})
    reader = RawReader(raw.path)
    np.testing.assert_array_equal(reader.read(0, 1000), samples)
    np.testing.assert_array_equal(reader.read(990, 20)[:, :10], samples[:, 990:])
    assert not reader.read(990, 20)[:, 10:].any()
    assert cache_in(tmp_path).find(original_key("12-abc", 44100)) is None


def test_a_growing_file_can_be_read_and_is_not_there_until_it_is_whole(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    samples = bursts(3000, RATE)
    filling = cache.begin(KEY, RATE)
    for start in range(0, 3000, 1000):
        filling.append(samples[:, start : start + 1000])
        assert filling.frames == start + 1000
        np.testing.assert_array_equal(
            RawReader(filling.path).read(start, 1000), filling_part(samples, start)
        )
        assert cache.find(KEY) is None
    filling.finish({})
    assert cache.find(KEY) is not None


def filling_part(samples: Samples, start: int) -> Samples:
    return samples[:, start : start + 1000]


def test_of_what_was_decoded_twice_at_the_same_time_the_first_stays(tmp_path: Path) -> None:
    cache, samples = cache_in(tmp_path), bursts(1000, RATE)
    first, second = cache.begin(KEY, RATE), cache.begin(KEY, RATE)
    for filling in (first, second):
        filling.append(samples)
    kept, spare = first.finish({}), second.finish({})
    assert cache.find(KEY) == kept
    np.testing.assert_array_equal(RawReader(spare.path).read(0, 1000), samples)  # it is being heard
    cache.let_go(spare.path)
    assert list(cache.folder.glob("*.f32")) == [kept.path]
    cache.let_go(kept.path)
    assert cache.find(KEY) == kept


def test_a_file_that_is_abandoned_leaves_nothing(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    filling = cache.begin(KEY, RATE)
    filling.append(bursts(1000, RATE))
    filling.abandon()
    assert list(cache.folder.iterdir()) == []


@pytest.mark.parametrize(
    "damage", ["cut off", "no file", "no json", "not json", "other key", "old"]
)
def test_a_damaged_entry_is_not_there_and_can_be_made_again(tmp_path: Path, damage: str) -> None:
    cache = cache_in(tmp_path)
    put(cache, KEY)
    (file,), (note,) = cache.folder.glob("*.f32"), cache.folder.glob("*.json")
    value = json.loads(note.read_text())
    if damage == "cut off":
        file.write_bytes(file.read_bytes()[:-8])
    elif damage == "no file":
        file.unlink()
    elif damage == "no json":
        note.unlink()
    elif damage == "not json":
        note.write_text("{")
    elif damage == "other key":
        note.write_text(json.dumps({**value, "key": "another"}))
    else:
        note.write_text(json.dumps({**value, "version": 0}))
    assert cache.find(KEY) is None
    samples = put(cache, KEY, seed=2)
    raw = cache.find(KEY)
    assert raw is not None
    np.testing.assert_array_equal(RawReader(raw.path).read(0, 1000), samples)


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, cap_bytes=3 * 8000)
    keys = [original_key(f"{n}-a", RATE) for n in range(4)]
    for number, key in enumerate(keys[:3]):
        put(cache, key)
        (note,) = [it for it in cache.folder.glob("*.json") if key in it.read_text()]
        os.utime(note, (1000 + number, 1000 + number))
    assert cache.find(keys[0]) is not None  # used now
    put(cache, keys[3])
    assert [cache.find(key) is not None for key in keys] == [True, False, True, True]
    assert cache.size_bytes() == 3 * 8000


def test_what_is_being_read_stays(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, cap_bytes=8000)
    put(cache, KEY)
    raw = cache.find(KEY)
    assert raw is not None
    other = original_key("2-b", RATE)
    with cache.holding(raw.path):
        put(cache, other)  # held, too, while it is written
        cache.trim()
        assert cache.find(KEY) is not None
        assert cache.find(other) is None
    put(cache, other)
    assert cache.find(KEY) is None and cache.find(other) is not None


def test_files_that_dead_processes_left_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.folder.mkdir()
    old, fresh = (cache.folder / f"{letter * 32}-01234567.f32" for letter in "ab")
    theirs = [cache.folder / name for name in ("song.f32", "package.json", "01.json")]
    for path in (old, fresh, *theirs):
        path.write_bytes(bytes(8))
    for path in (old, *theirs):
        os.utime(path, (1000, 1000))
    put(cache, KEY)
    assert not old.exists() and fresh.exists()
    assert all(path.exists() for path in theirs)  # others' files in the same folder


def a_mix(folder: Path, samples: Samples) -> JobAudio:
    audio = JobAudio(folder)

    def fill(append: Callable[[Samples], None]) -> MixFacts:
        append(samples)
        return MixFacts(samples.shape[1], RATE, 0.0, 1.0, "12-abc", RATE, 2)

    audio.write_mix(fill)
    return audio


def test_a_jobs_mix_is_taken_over_without_a_copy(tmp_path: Path) -> None:
    cache, samples = cache_in(tmp_path), bursts(1000, RATE)
    audio = a_mix(tmp_path / "job", samples)
    number = audio.mix_path.stat().st_ino
    assert cache.adopt(KEY, audio.mix_path, RATE, {})
    np.testing.assert_array_equal(audio.read_mix(0, 1000), samples)  # until it is discarded
    audio.mix_path.unlink()
    raw = cache.find(KEY)
    assert raw is not None and raw.path.stat().st_ino == number
    np.testing.assert_array_equal(RawReader(raw.path).read(0, 1000), samples)


def test_where_files_have_one_name_only_the_mix_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("not on FAT")

    monkeypatch.setattr(os, "link", refuse)
    cache, samples = cache_in(tmp_path), bursts(1000, RATE)
    audio = a_mix(tmp_path / "job", samples)
    assert cache.adopt(KEY, audio.mix_path, RATE, {})
    assert not audio.mix_path.exists()
    raw = cache.find(KEY)
    assert raw is not None
    np.testing.assert_array_equal(RawReader(raw.path).read(0, 1000), samples)


def test_a_mix_that_is_larger_than_the_cache_is_left_alone(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, cap_bytes=100)
    audio = a_mix(tmp_path / "job", bursts(1000, RATE))
    assert not cache.adopt(KEY, audio.mix_path, RATE, {})
    assert audio.mix_path.exists() and cache.find(KEY) is None


def test_a_cache_without_a_place_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    cache = cache_in(tmp_path)
    audio = a_mix(tmp_path / "job", bursts(1000, RATE))
    assert cache.find(KEY) is None
    assert not cache.adopt(KEY, audio.mix_path, RATE, {})
    cache.trim()
    assert cache.size_bytes() == 0


def test_a_volume_that_is_nearly_full_is_not_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play_cache, "RESERVE_BYTES", 1 << 60)
    filling = cache_in(tmp_path).begin(KEY, RATE)
    with pytest.raises(OSError, match="No space"):
        filling.append(bursts(10, RATE))
    filling.abandon()


def test_what_is_taken_while_room_is_made_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, other = cache_in(tmp_path, cap_bytes=12_000), original_key("1-b", RATE)
    samples = put(cache, KEY)
    entries, taken = PlayCache._entries, []

    def slowly(self: PlayCache) -> Iterator[tuple[float, Path, Raw]]:
        found = list(entries(self))
        if self is cache and len(found) == 2:
            taken.append(cache.take(KEY))  # by another thread
        yield from found

    monkeypatch.setattr(PlayCache, "_entries", slowly)
    put(cache, other)
    raw = taken[0]
    assert raw is not None and raw.path.is_file() and cache.find(KEY) is not None
    np.testing.assert_array_equal(RawReader(raw.path).read(0, 1000), samples)


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no open file")
def test_a_file_that_another_process_removes_is_read_to_its_end(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    samples = put(cache, KEY)
    raw = cache.take(KEY)
    assert raw is not None
    reader = RawReader(raw.path)
    another = PlayCache(cache.folder, 0)
    another.trim()
    assert not raw.path.exists()
    np.testing.assert_array_equal(reader.read(0, 1000), samples)
    assert cache.take(KEY) is None
    if LINUX:
        assert raw.path.name in _open_files()
        del reader
        assert raw.path.name not in _open_files()


LINUX = sys.platform == "linux"


def _open_files() -> str:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one of the list itself
            found.append(str(link.readlink()))
    return "\n".join(found)


def test_a_song_larger_than_the_cap_goes_when_it_is_let_go(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, cap_bytes=4000)
    filling = cache.begin(KEY, RATE)
    filling.append(bursts(1000, RATE))
    raw = filling.finish({})
    assert cache.find(KEY) is not None  # it is being heard
    cache.let_go(raw.path)
    assert cache.size_bytes() == 0 and list(cache.folder.iterdir()) == []


def test_a_mix_that_cannot_be_noted_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    cache = cache_in(tmp_path)
    audio = a_mix(tmp_path / "job", bursts(1000, RATE))
    monkeypatch.setattr(play_cache, "replace_file", full)
    assert not cache.adopt(KEY, audio.mix_path, RATE, {})
    assert list(cache.folder.iterdir()) == [] and audio.mix_path.exists()
