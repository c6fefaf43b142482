from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemdesk.audio import reader as reader_module
from stemdesk.audio.reader import StemReader
from stemdesk.core.errors import ErrorCode, SourceError

FRAMES = 30_000


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_any_part_in_any_order_is_exact(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"stem{suffix}"
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, (FRAMES, 2))
    soundfile.write(path, noise, 44100, subtype="PCM_24")
    whole = soundfile.read(path, dtype="float32")[0].T
    padded = np.concatenate((whole, np.zeros((2, FRAMES), np.float32)), axis=1)
    places = np.random.default_rng(1)
    with StemReader(path) as reader:
        assert (reader.frames, reader.samplerate) == (FRAMES, 44100)
        at = 0
        for _ in range(300):
            size = int(places.integers(0, 20_000))
            assert np.array_equal(reader.read(at, size), padded[:, at : at + size])
            moves = [at + size, at, max(0, at - 3000), int(places.integers(0, FRAMES + 100))]
            at = min(moves[int(places.integers(0, 4))], FRAMES + 100)


def test_what_was_read_last_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stem.flac"
    soundfile.write(path, np.zeros((FRAMES, 2)), 44100)
    original = soundfile.SoundFile.read
    read: list[int] = []

    def noting(self: soundfile.SoundFile, frames: int, **options: Any) -> Any:
        read.append(frames)
        return original(self, frames, **options)

    monkeypatch.setattr(reader_module, "AHEAD_FRAMES", 1000)
    monkeypatch.setattr(soundfile.SoundFile, "read", noting)
    with StemReader(path) as reader:
        for start in (0, 5000, 3000, 8000, 2000):
            reader.read(start, 6000)
    assert sum(read) == 14_000


def test_the_file_is_asked_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stem.flac"
    soundfile.write(path, np.zeros((FRAMES, 2)), 44100)
    original = soundfile.SoundFile.read
    read: list[int] = []

    def noting(self: soundfile.SoundFile, frames: int, **options: Any) -> Any:
        read.append(frames)
        return original(self, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", noting)
    with StemReader(path) as reader:
        for start in range(0, FRAMES, 500):
            reader.read(start, 500)
    assert read == [16384, FRAMES - 16384]


def test_a_reader_stays_usable_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stem.wav"
    soundfile.write(path, np.full((FRAMES, 2), 0.5), 44100)
    original = soundfile.SoundFile.read

    def failing(*_args: object, **_kwargs: object) -> None:
        raise OSError(5, "Input/output error")

    with StemReader(path) as reader:
        reader.read(0, 100)
        monkeypatch.setattr(soundfile.SoundFile, "read", failing)
        with pytest.raises(SourceError) as caught:
            reader.read(20_000, 100)
        monkeypatch.setattr(soundfile.SoundFile, "read", original)
        assert (reader.read(20_000, 100) == 0.5).all()
    assert (caught.value.code, caught.value.path) == (ErrorCode.SOURCE_UNREADABLE, path)


def test_a_drive_that_answers_with_errors_counts_as_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(_: Path) -> bool:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "is_file", dead)
    with pytest.raises(SourceError) as caught:
        StemReader(tmp_path / "stem.wav")
    assert caught.value.code is ErrorCode.STEMS_MISSING
    assert caught.value.retryable


def test_more_than_two_channels_are_no_stem(tmp_path: Path) -> None:
    path = tmp_path / "stem.wav"
    soundfile.write(path, np.zeros((10, 6)), 44100)
    with pytest.raises(SourceError) as caught:
        StemReader(path)
    assert caught.value.code is ErrorCode.SOURCE_UNSUPPORTED
