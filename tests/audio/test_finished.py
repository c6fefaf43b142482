from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemdesk.audio.player import Player, Side, open_files
from stemdesk.audio.remix import Remix
from stemdesk.core.errors import ErrorCode, SourceError
from support.listening import hear
from support.outputs import HandOutput

RATE = 44100
FRAMES = 60_000
FADE = 221

Samples = NDArray[np.float32]


def written(path: Path, seed: int, frames: int = FRAMES, rate: int = RATE) -> Samples:
    """A file of noise, and its samples as they are read."""
    noise = np.random.default_rng(seed).uniform(-0.2, 0.2, (frames, 2))
    soundfile.write(path, noise, rate, subtype="PCM_24")
    samples: Samples = soundfile.read(path, dtype="float32")[0].T
    return samples


def test_a_finished_song_is_final_from_its_start_to_its_end(tmp_path: Path) -> None:
    written(tmp_path / "a.flac", 0, 5000)
    written(tmp_path / "b.wav", 1, 4000)
    song = open_files({"drums": tmp_path / "a.flac", "bass": tmp_path / "b.wav"})
    assert (song.stems, song.samplerate, song.frames) == (("drums", "bass"), RATE, 5000)
    assert (song.final(), song.complete, song.known) == (((0, 5000),), True, 0)
    assert song.original is None
    song.close()


def test_nothing_to_open_is_told() -> None:
    with pytest.raises(SourceError) as caught:
        open_files({})
    assert caught.value.code is ErrorCode.STEMS_MISSING


def test_an_original_of_another_rate_is_told_with_its_path(tmp_path: Path) -> None:
    written(tmp_path / "a.flac", 0, 500)
    written(tmp_path / "o.flac", 1, 500, 48_000)
    with pytest.raises(SourceError) as caught:
        open_files({"drums": tmp_path / "a.flac"}, tmp_path / "o.flac")
    assert caught.value.code is ErrorCode.SOURCE_UNSUPPORTED
    assert caught.value.path == tmp_path / "o.flac"


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_files_are_compared_and_looped_to_the_sample(tmp_path: Path, suffix: str) -> None:
    names = ("drums", "bass")
    files = {name: tmp_path / f"{name}{suffix}" for name in names}
    stems = [written(path, seed) for seed, path in enumerate(files.values())]
    original = written(tmp_path / f"song{suffix}", 9)
    output = HandOutput()
    with Player(output.open) as player:
        opening = partial(open_files, files, tmp_path / f"song{suffix}")
        player.load(opening, Remix.of(names))
        player.seek(20_000)
        player.set_loop((18_000, 30_000))
        player.play()
        heard = hear(player, output, 34_000)
        mixed = stems[0] + stems[1]
        assert np.array_equal(heard[:, FADE:10_000], mixed[:, 20_000 + FADE : 30_000])
        assert np.array_equal(
            heard[:, 10_000 + FADE : 22_000], mixed[:, 18_000 + FADE : 30_000]
        )  # fmt: skip
        assert np.array_equal(heard[:, 22_000 + FADE :], mixed[:, 18_000 + FADE : 30_000])
        player.set_side(Side.ORIGINAL)
        heard = hear(player, output, 4000)
        assert np.array_equal(heard[:, FADE:], original[:, 18_000 + FADE : 22_000])
        assert player.underruns == 0
