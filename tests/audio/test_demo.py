from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemdesk.audio import demo
from stemdesk.audio.demo import demo_song, demo_stems, write_demo_song
from stemdesk.core.errors import ErrorCode, ExportError

RATE = 44100
VERSE = slice(5 * RATE, 20 * RATE)

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    return demo_stems()


@pytest.fixture(scope="module")
def song() -> Samples:
    return demo_song()


def rms_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


def share(samples: Samples, low: float, high: float) -> float:
    """The part of the energy between two frequencies in hertz."""
    energy = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    hertz = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    return float(energy[(hertz >= low) & (hertz < high)].sum() / energy.sum())


def test_the_song_is_the_sum_of_its_stems_bit_for_bit(
    stems: dict[str, Samples], song: Samples
) -> None:
    assert list(stems) == ["drums", "bass", "other", "vocals"]
    summed = stems["drums"] + stems["bass"] + stems["other"] + stems["vocals"]
    assert np.array_equal(song, summed)  # and made twice, it is the same


def test_length_peak_and_end(song: Samples) -> None:
    assert song.dtype == np.float32
    assert song.shape == (2, round(22.5 * RATE))
    assert np.abs(song).max() == pytest.approx(10 ** (-1 / 20), rel=1e-4)
    assert np.abs(song[:, -100:]).max() < 1e-4


def test_every_stem_can_be_heard(stems: dict[str, Samples]) -> None:
    for name, stem in stems.items():
        assert -32 < rms_db(stem[:, VERSE]) < -16, name
    rest = stems["drums"] + stems["bass"] + stems["other"]
    assert rms_db(stems["vocals"][:, VERSE]) - rms_db(rest[:, VERSE]) > -4


def test_every_stem_sounds_like_itself(stems: dict[str, Samples]) -> None:
    assert share(stems["bass"], 30, 300) > 0.9
    assert share(stems["drums"], 30, 200) > 0.3
    assert share(stems["drums"], 4000, RATE / 2) > 0.02
    assert share(stems["other"], 200, 2000) > 0.9
    assert share(stems["vocals"], 200, 4000) > 0.9
    assert share(stems["vocals"], 1000, 4000) > 0.05  # the upper formants


def test_the_voice_comes_in_with_the_verse(stems: dict[str, Samples]) -> None:
    assert np.abs(stems["vocals"][:, : 5 * RATE]).max() < 1e-6  # the room's FFT rounds
    assert np.abs(stems["vocals"][:, 5 * RATE : 6 * RATE]).max() > 0.1


def test_it_is_stereo(stems: dict[str, Samples], song: Samples) -> None:
    assert np.array_equal(stems["bass"][0], stems["bass"][1])
    assert -40 < rms_db(song[:1] - song[1:]) - rms_db(song) < -5


def test_another_samplerate_is_the_same_song() -> None:
    song = demo_song(8000)
    assert song.shape == (2, round(22.5 * 8000))
    assert np.abs(song).max() == pytest.approx(10 ** (-1 / 20), rel=1e-4)


def test_the_file_holds_the_song_and_its_tags(tmp_path: Path, song: Samples) -> None:
    path = write_demo_song(tmp_path / "new folder")
    assert path == tmp_path / "new folder" / "Demo song.flac"
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.subtype, file.samplerate) == ("FLAC", "PCM_16", RATE)
        assert (file.title, file.artist) == ("Demo song", "StemDesk")
        samples = file.read(dtype="float32").T
    assert np.abs(samples - song).max() <= 1 / 2**15
    assert [p.name for p in path.parent.iterdir()] == ["Demo song.flac"]
    first = path.read_bytes()
    assert write_demo_song(path.parent).read_bytes() == first


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    with pytest.raises(ExportError) as caught:
        write_demo_song(blocked)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE


def test_an_encoder_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_args: object) -> None:
        raise soundfile.SoundFileRuntimeError("no encoder")

    monkeypatch.setattr(demo, "demo_song", lambda _rate: np.zeros((2, 9), np.float32))
    monkeypatch.setattr(soundfile.SoundFile, "write", failing)
    with pytest.raises(ExportError) as caught:
        write_demo_song(tmp_path)
    assert caught.value.code is ErrorCode.ENCODER_FAILED
    assert list(tmp_path.iterdir()) == []
