from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.remix import Remix
from stemdesk.audio.song_waves import BLOCK_FRAMES, ORIGINAL, SongWaves, WaveCache, blocks
from stemdesk.core.errors import Cancelled, SourceError
from stemdesk.core.progress import CancelToken
from support.fake_song import RATE, FakeSong

LONG_S = 60.0


def read_all(song: FakeSong, waves: SongWaves | None = None) -> SongWaves:
    playable = song.open()
    waves = waves or SongWaves(playable.samplerate, playable.frames)
    while waves.read(playable, CancelToken(), LONG_S).grown:
        pass
    return waves


def test_a_finished_song_is_read_to_its_end() -> None:
    song = FakeSong.finished(3 * BLOCK_FRAMES + 17)
    waves = read_all(song)
    assert waves.complete
    assert set(waves.pyramids) == {*song.stems, ORIGINAL}
    for name, pyramid in waves.pyramids.items():
        assert pyramid.covers() == ((0, song.frames),)
        peaks = pyramid.view(0, song.frames, 1)[0]
        assert peaks == pytest.approx(
            [song.readers[name].samples.min(), song.readers[name].samples.max()], abs=2e-4
        )
    assert waves.energies is not None
    sums = [float(np.sum(song.readers[name].samples ** 2)) for name in ("vocals", "original")]
    match = waves.energies.match_db(Remix.of(song.stems).with_only("vocals"))
    assert match == pytest.approx(10 * np.log10(sums[0] / sums[1]), abs=1e-4)


def test_a_short_step_reads_little_and_the_next_one_goes_on() -> None:
    song = FakeSong.finished(5 * BLOCK_FRAMES)
    playable, waves = song.open(), SongWaves(RATE, song.frames)
    steps = 0
    while not waves.complete:
        step = waves.read(playable, CancelToken(), 0.0)
        steps += 1
        assert ORIGINAL in step.grown
    assert steps == 5
    assert song.amount_read("vocals") == song.frames


def test_only_what_became_final_is_read() -> None:
    song = FakeSong(10 * BLOCK_FRAMES, known=6 * BLOCK_FRAMES, ranges=((1000, 5000),))
    waves = read_all(song)
    assert not waves.complete
    assert waves.pyramids["vocals"].covers() == ((1000, 5000),)
    assert waves.pyramids[ORIGINAL].covers() == ((0, 6 * BLOCK_FRAMES),)
    song.ranges = ((0, 9000),)
    read_all(song, waves)
    assert sorted(song.readers["drums"].reads) == [(0, 1000), (1000, 5000), (5000, 9000)]
    song.finish()
    assert read_all(song, waves).complete
    assert song.amount_read("drums") == song.frames


def test_stems_are_not_measured_before_the_original_is_known() -> None:
    song = FakeSong(BLOCK_FRAMES, known=100, ranges=((0, 5000),))
    waves = read_all(song)
    assert waves.pyramids["vocals"].covers() == ((0, 100),)
    song.finish()
    assert read_all(song, waves).complete


def test_stems_that_are_not_known_yet_come_later() -> None:
    song = FakeSong(stems=(), known=500)
    waves = read_all(song)
    assert list(waves.pyramids) == [ORIGINAL]
    named = FakeSong.finished(song.frames)
    assert read_all(named, waves).complete


def test_without_an_original_the_stems_are_drawn() -> None:
    song = FakeSong.finished()
    song.has_original = False
    waves = read_all(song)
    assert waves.complete
    assert ORIGINAL not in waves.pyramids
    assert waves.energies is not None
    assert waves.energies.match_db(Remix.of(song.stems)) == 0.0


def test_an_original_that_cannot_be_read_is_left_out() -> None:
    song = FakeSong.finished()
    song.readers["original"].broken = True
    waves = read_all(song)
    assert waves.complete
    assert ORIGINAL not in waves.pyramids


def test_a_stem_that_cannot_be_read_is_told() -> None:
    song = FakeSong.finished()
    song.readers["drums"].broken = True
    with pytest.raises(SourceError):
        read_all(song)


def test_it_can_be_cancelled() -> None:
    song, cancel = FakeSong.finished(), CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        SongWaves(RATE, song.frames).read(song.open(), cancel, LONG_S)


def test_blocks_end_at_multiples() -> None:
    size = BLOCK_FRAMES
    assert list(blocks([(5, 10), (size - 1, 2 * size + 1)])) == [
        (5, 10),
        (size - 1, size),
        (size, 2 * size),
        (2 * size, 2 * size + 1),
    ]


# The cache


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    song, cache = FakeSong.finished(), WaveCache(tmp_path / "waves")
    assert cache.load("a key / of any kind") is None
    waves = read_all(song)
    cache.save("a key / of any kind", waves)
    loaded = cache.load("a key / of any kind")
    assert loaded is not None
    assert loaded.complete
    assert (loaded.samplerate, loaded.frames) == (RATE, song.frames)
    assert list(loaded.pyramids) == list(waves.pyramids)
    for name, pyramid in waves.pyramids.items():
        window = (0, song.frames, 100)
        np.testing.assert_array_equal(loaded.pyramids[name].view(*window), pyramid.view(*window))
    remix = Remix.of(song.stems).with_muted("drums", True)
    assert waves.energies is not None
    assert loaded.energies is not None
    assert loaded.energies.match_db(remix) == waves.energies.match_db(remix)
    assert cache.load("another key") is None


@pytest.mark.parametrize("damage", ["song.json", "1.peaks"])
def test_a_damaged_entry_is_not_there(tmp_path: Path, damage: str) -> None:
    cache = WaveCache(tmp_path)
    cache.save("key", read_all(FakeSong.finished()))
    (path,) = tmp_path.glob(f"*/{damage}")
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.load("key") is None
    path.unlink()
    assert cache.load("key") is None


def test_the_ones_unused_for_longest_go(tmp_path: Path) -> None:
    waves = read_all(FakeSong.finished())
    WaveCache(tmp_path).save("a", waves)
    (folder,) = tmp_path.iterdir()
    size = sum(path.stat().st_size for path in folder.iterdir())
    os.utime(folder, (1, 1))
    theirs = tmp_path / "sea"
    theirs.mkdir()
    (theirs / "waves.wav").write_bytes(bytes(3 * size))
    os.utime(theirs, (1000, 1000))
    (tmp_path / "notes.txt").write_text("theirs, too")
    cache = WaveCache(tmp_path, cap_bytes=2 * size + size // 2)
    cache.save("b", waves)
    (other,) = (path for path in tmp_path.glob("?" * 32) if path != folder)
    os.utime(other, (2, 2))
    assert cache.load("a") is not None  # now "b" is the one unused for longest
    cache.save("c", waves)
    assert folder.exists()
    assert not other.exists()
    assert [cache.load(key) is not None for key in "abc"] == [True, False, True]
    assert (theirs / "waves.wav").exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = WaveCache(tmp_path / "file" / "waves")
    cache.save("key", read_all(FakeSong.finished()))
    assert cache.load("key") is None
