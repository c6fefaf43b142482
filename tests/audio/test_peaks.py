from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemdesk.audio import peaks
from stemdesk.audio.peaks import overview
from stemdesk.core.errors import Cancelled, ErrorCode, SourceError
from stemdesk.core.progress import CancelToken


def noise_file(path: Path, frames: int, channels: int = 2) -> NDArray[np.float32]:
    """Noise as a 24-bit file; its samples float32 [channels, frames] as they are read."""
    noise = np.random.default_rng(frames).uniform(-0.9, 0.9, (frames, channels))
    soundfile.write(path, noise, 8000, subtype="PCM_24")
    samples: NDArray[np.float32] = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return samples.T


@pytest.mark.parametrize(("frames", "channels"), [(1000, 2), (10_007, 1), (10_000, 2)])
@pytest.mark.parametrize("block_frames", [97, 1 << 17])
def test_each_bucket_is_the_lowest_and_highest_of_its_frames(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    frames: int,
    channels: int,
    block_frames: int,
) -> None:
    monkeypatch.setattr(peaks, "BLOCK_FRAMES", block_frames)
    path = tmp_path / "stem.flac"
    samples = noise_file(path, frames, channels)
    result = overview(path, 100, CancelToken())
    assert result.shape == (100, 2)
    assert result.dtype == np.float32
    bucket = np.arange(frames) * 100 // frames
    for i in range(100):
        part = samples[:, bucket == i]
        assert (result[i, 0], result[i, 1]) == (part.min(), part.max())


def test_fewer_frames_than_buckets_repeat(tmp_path: Path) -> None:
    path = tmp_path / "stem.wav"
    soundfile.write(path, np.array([0.5, -0.25]), 8000)
    assert overview(path, 5, CancelToken()).tolist() == [[0.5, 0.5]] * 2 + [[-0.25, -0.25]] * 3


def test_an_empty_file_is_flat(tmp_path: Path) -> None:
    path = tmp_path / "stem.wav"
    soundfile.write(path, np.zeros((0, 2)), 8000)
    assert overview(path, 4, CancelToken()).tolist() == [[0, 0]] * 4


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "stem.wav"
    noise_file(path, 100)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        overview(path, 10, cancel)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        overview(tmp_path / "gone.flac", 10, CancelToken())
    assert (caught.value.code, caught.value.path) == (
        ErrorCode.STEMS_MISSING,
        tmp_path / "gone.flac",
    )
