"""Stems written by `StemWriter`, read back by libsndfile and by our own decoder."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.decode import decode
from stemdesk.audio.encode import StemTexts, StemWriter, container_format, peak, quantise, rounded
from stemdesk.core.errors import DiskFullError, ErrorCode, ExportError
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken
from support import media
from support.tmpfs import tiny_volume

RATE = 44100
ALL_OPTIONS = [
    ExportOptions(AudioFormat.WAV, 16),
    ExportOptions(AudioFormat.WAV, 24),
    ExportOptions(AudioFormat.WAV, 32),
    ExportOptions(AudioFormat.FLAC, 16),
    ExportOptions(AudioFormat.FLAC, 24),
]
names = pytest.mark.parametrize(
    "options", ALL_OPTIONS, ids=lambda options: f"{options.format.value}-{options.bits}"
)


def write(path: Path, samples: media.Samples, options: ExportOptions, block: int = 5000) -> float:
    """Round and write in blocks; return the peak."""
    loudest = 0.0
    with StemWriter(path, RATE, samples.shape[0], options, samples.shape[1]) as writer:
        for start in range(0, samples.shape[1], block):
            part = samples[:, start : start + block]
            loudest = max(loudest, peak(part))
            writer.write(rounded(part, options.bits))
    return loudest


def read(path: Path) -> media.Samples:
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T)


@names
def test_comes_back_to_half_a_step(tmp_path: Path, options: ExportOptions) -> None:
    samples = media.bursts(100_001, RATE)
    loudest = write(tmp_path / "stem", samples, options)
    info = soundfile.info(tmp_path / "stem")
    assert (info.samplerate, info.channels, info.frames) == (RATE, 2, 100_001)
    assert info.format == options.format.value.upper()
    assert info.subtype == {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}[options.bits]
    half_a_step = 0.0 if options.bits == 32 else 2.0**-options.bits
    assert np.abs(read(tmp_path / "stem") - samples).max() <= half_a_step
    assert loudest == np.abs(samples).max()


@names
def test_comes_back_through_our_decoder(tmp_path: Path, options: ExportOptions) -> None:
    samples = media.bursts(70_000, RATE)
    write(tmp_path / "stem", samples, options)
    blocks: list[media.Samples] = []
    decode(tmp_path / "stem", RATE, blocks.append, cancel=CancelToken())
    half_a_step = 0.0 if options.bits == 32 else 2.0**-options.bits
    assert np.abs(np.concatenate(blocks, axis=1) - samples).max() <= half_a_step


@names
def test_the_same_samples_in_any_blocks(tmp_path: Path, options: ExportOptions) -> None:
    samples = media.bursts(10_000, RATE)
    write(tmp_path / "large", samples, options, block=10_000)
    write(tmp_path / "small", samples, options, block=333)
    assert np.array_equal(read(tmp_path / "large"), read(tmp_path / "small"))


@names
def test_a_file_says_nothing_of_the_time_of_day(tmp_path: Path, options: ExportOptions) -> None:
    """libsndfile's PEAK chunk does: equal stems would be unequal files."""
    path = tmp_path / "stem"
    write(path, media.bursts(1000, RATE), options)
    assert b"PEAK" not in path.read_bytes()[:200]


@names
@pytest.mark.parametrize("length", [3, 1000])
def test_texts_stand_in_front_of_the_same_samples(
    tmp_path: Path, options: ExportOptions, length: int
) -> None:
    samples = media.sine(5000, RATE)
    texts = StemTexts("ö" * length, "\U0001f3b8" * length, "a" * length, "https://a.example/?b=c")
    write(tmp_path / "plain", samples, options)
    with StemWriter(tmp_path / "texts", RATE, 2, options, 5000, texts) as writer:
        writer.write(rounded(samples, options.bits))
    with soundfile.SoundFile(tmp_path / "texts") as file:
        found = (file.title, file.artist, file.album, file.comment)
    assert found == (texts.title, texts.artist[:500], texts.album, texts.comment)  # 2000 bytes
    np.testing.assert_array_equal(read(tmp_path / "texts"), read(tmp_path / "plain"))
    ours: list[media.Samples] = []
    decode(tmp_path / "texts", RATE, ours.append, cancel=CancelToken())
    assert sum(block.shape[1] for block in ours) == 5000


@names
def test_clips_and_never_wraps(tmp_path: Path, options: ExportOptions) -> None:
    samples = np.array([[1.0, 1.5, -1.0, -1.5, 1e30, -1e30, 0.9999999, -0.5]], np.float32)
    assert write(tmp_path / "stem", samples, options) == np.float32(1e30)
    written = read(tmp_path / "stem")
    if options.bits == 32:
        assert np.array_equal(written, samples)
    else:
        top = 1 - 2.0 ** (1 - options.bits)
        expected = np.array([[top, top, -1, -1, top, -1, top, -0.5]])
        assert np.abs(written - expected).max() <= 2.0**-24


@names
def test_not_a_number_becomes_silence(tmp_path: Path, options: ExportOptions) -> None:
    write(tmp_path / "stem", np.array([[0.25, np.nan], [np.nan, -0.25]], np.float32), options)
    assert np.array_equal(read(tmp_path / "stem"), [[0.25, 0], [0, -0.25]])


@pytest.mark.parametrize("bits", [16, 24])
def test_rounds_to_the_nearest_step(bits: int) -> None:
    step = 2.0 ** (1 - bits)
    values = np.array([0, 0.4, 0.6, -0.4, -0.6, 3.0, -3.4]) * step
    steps = quantise(values.astype(np.float32), bits) >> (32 - bits)
    assert steps.tolist() == [0, 0, 1, 0, -1, 3, -3]


@names
@pytest.mark.parametrize("frames", [0, 1])
def test_nothing_and_one_frame(tmp_path: Path, options: ExportOptions, frames: int) -> None:
    with StemWriter(tmp_path / "stem", RATE, 2, options, frames) as writer:
        writer.write(rounded(np.empty((2, 0), np.float32), options.bits))
        writer.write(rounded(np.full((2, frames), 0.5, np.float32), options.bits))
        writer.write(rounded(np.empty((2, 0), np.float32), options.bits))
    if frames or options.format is AudioFormat.WAV:  # libsndfile leaves a FLAC of nothing empty
        assert np.array_equal(read(tmp_path / "stem"), np.full((2, frames), 0.5))


def test_rf64_only_where_wav_would_overflow() -> None:
    wav = ExportOptions(AudioFormat.WAV, 24)
    three_hours, four_hours = (hours * 3600 * RATE for hours in (3, 4))
    assert container_format(wav, 2, three_hours) == "WAV"
    assert container_format(wav, 2, 5 * four_hours) == "RF64"
    assert container_format(ExportOptions(AudioFormat.WAV, 32), 2, four_hours) == "RF64"
    assert container_format(ExportOptions(AudioFormat.FLAC, 24), 2, 5 * four_hours) == "FLAC"
    most = (2**32 - 1) // 6
    assert container_format(wav, 2, most) == "RF64"  # the header needs room, too


def test_rf64_holds_its_samples(tmp_path: Path) -> None:
    samples = media.bursts(5000, RATE)
    options = ExportOptions(AudioFormat.WAV, 24)
    path = tmp_path / "long.wav"
    with StemWriter(path, RATE, 2, options, frames=10**9) as writer:
        writer.write(rounded(samples, 24))
    data = path.read_bytes()
    assert data[:4] == b"RF64"
    assert struct.unpack_from("<Q", data, data.index(b"ds64") + 16)[0] == 5000 * 6
    assert np.abs(read(path) - samples).max() <= 2.0**-24


@names
def test_disk_full_while_writing(
    tmp_path: Path, options: ExportOptions, capfd: pytest.CaptureFixture[str]
) -> None:
    samples = media.bursts(20 * RATE, RATE)
    with tiny_volume(tmp_path / "tiny") as folder:
        writer = StemWriter(folder / "stem", RATE, 2, options, samples.shape[1])
        with pytest.raises(DiskFullError) as caught, writer:
            for start in range(0, samples.shape[1], RATE):
                writer.write(rounded(samples[:, start : start + RATE], options.bits))
        assert caught.value.path == folder / "stem"
        assert 0 < float(caught.value.facts["needed_bytes"]) <= 20 * RATE * 8
        assert caught.value.facts["free_bytes"] == 0
        writer.close()  # once more does no harm
        (folder / "stem").unlink()  # and there is room again
        write(folder / "stem", samples[:, :1000], options)
    assert capfd.readouterr() == ("", "")  # libsndfile calls Python from C: nothing is printed


def test_disk_full_at_the_last_moment(tmp_path: Path) -> None:
    """FLAC holds a block back: the disk can also be full when the file is closed."""
    noise = np.random.default_rng(1).uniform(-1, 1, (2, 3000)).astype(np.float32)
    with tiny_volume(tmp_path / "tiny") as folder:
        writer = StemWriter(folder / "stem", RATE, 2, ExportOptions(), 3000)
        writer.write(rounded(noise, 24))
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
            while file.write(b"\0" * 4096):
                pass
        with pytest.raises(DiskFullError):
            writer.close()


def test_disk_full_from_the_start(tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "tiny") as folder:
        with (
            (folder / "filler").open("wb", buffering=0) as file,
            pytest.raises(OSError, match="space"),
        ):
            while file.write(b"\0" * 4096):
                pass
        with (
            pytest.raises(DiskFullError),
            StemWriter(folder / "stem", RATE, 2, ExportOptions(AudioFormat.WAV), 10) as writer,
        ):
            writer.write(rounded(np.zeros((2, 10), np.float32), 24))


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        StemWriter(tmp_path / "missing" / "stem.wav", RATE, 2, ExportOptions(), 10)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert caught.value.path == tmp_path / "missing" / "stem.wav"


def test_what_the_encoder_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:  # FLAC ends at eight channels
        StemWriter(tmp_path / "stem.flac", RATE, 9, ExportOptions(), 10)
    assert caught.value.code is ErrorCode.ENCODER_FAILED


def test_the_first_error_is_the_one_told(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyError, match="mine"),
        StemWriter(tmp_path / "stem.wav", RATE, 2, ExportOptions(AudioFormat.WAV), 10) as writer,
    ):
        writer.write(rounded(np.zeros((2, 5), np.float32), 24))
        raise KeyError("mine")
    assert soundfile.info(tmp_path / "stem.wav").frames == 5  # closed all the same


def test_wrong_blocks_are_refused(tmp_path: Path) -> None:
    with StemWriter(tmp_path / "stem.wav", RATE, 2, ExportOptions(), 10) as writer:
        with pytest.raises(ValueError, match="is not"):
            writer.write(rounded(np.zeros((3, 5), np.float32), 24))
        with pytest.raises(ValueError, match="not rounded"):
            writer.write(np.zeros((2, 5), np.float32))
        with pytest.raises(ValueError, match="announced"):
            writer.write(rounded(np.zeros((2, 11), np.float32), 24))
        writer.write(rounded(np.zeros((2, 10), np.float32), 24))


def test_names_that_c_libraries_do_not_like(tmp_path: Path) -> None:
    for name in ("🎸 'solo' \"live\".flac", "a\udcffb.flac", "x" * 250 + ".flac"):
        write(tmp_path / name, np.zeros((2, 100), np.float32), ExportOptions())
        assert (tmp_path / name).stat().st_size > 0
