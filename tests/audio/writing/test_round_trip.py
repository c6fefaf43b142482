"""Every format, rate and depth, read back by libsndfile, by FFmpeg as a library and as a command,
and by our own decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.encode import Rounded
from stemdesk.core.file_format import KBPS, FileFormat, FileKind
from support import media
from support.decoding import decode_all
from support.round_trip import (
    LOSSLESS_FORMATS,
    LOSSY_FORMATS,
    by_ffmpeg_library,
    by_ffmpeg_program,
    by_libsndfile,
    format_id,
    write,
)

FRAMES = 40_001  # no whole number of any codec's frames
MORE_MP3 = [FileFormat(FileKind.MP3, kbps=kbps) for kbps in KBPS[FileKind.MP3][1:-1]]


def at_all_rates(formats: list[FileFormat]) -> pytest.MarkDecorator:
    """Each format at each of the rates that it takes."""
    cases = [
        pytest.param(one, rate, id=f"{format_id(one)}-{rate}")
        for one in formats
        for rate in (22050, 44100, 48000, 96000)
        if one.samplerate(rate) == rate
    ]
    return pytest.mark.parametrize(("file_format", "samplerate"), cases)


def song(samplerate: int) -> media.Samples:
    """As loud as it gets, up to both ends."""
    return np.float32(1.99) * media.bursts(FRAMES, samplerate)


@at_all_rates(LOSSLESS_FORMATS)
def test_lossless_files_hold_every_bit(
    tmp_path: Path, file_format: FileFormat, samplerate: int
) -> None:
    path = tmp_path / f"song{file_format.suffix}"
    given = write(path, file_format, song(samplerate), samplerate)
    floats = file_format.bits == 32
    np.testing.assert_array_equal(by_ffmpeg_library(path), given)
    if file_format.kind is not FileKind.ALAC:  # libsndfile knows it only in CAF
        np.testing.assert_array_equal(by_libsndfile(path, "float32" if floats else "int32"), given)
    ours = decode_all(path, samplerate).samples
    np.testing.assert_array_equal(ours, given if floats else given * np.float32(2.0**-31))
    np.testing.assert_array_equal(by_ffmpeg_program(path, floats=floats), given)


@at_all_rates(LOSSY_FORMATS)
def test_lossy_files_begin_and_end_with_the_song(
    tmp_path: Path, file_format: FileFormat, samplerate: int
) -> None:
    """Not one frame more, fewer, earlier or later, whoever decodes."""
    path = tmp_path / f"song{file_format.suffix}"
    given = write(path, file_format, song(samplerate), samplerate)
    check_lossy(by_ffmpeg_library(path), given)
    if file_format.kind is not FileKind.AAC:  # nothing here but FFmpeg decodes it
        check_lossy(by_libsndfile(path), given)
    check_lossy(decode_all(path, samplerate).samples, given)
    decoded = by_ffmpeg_program(path, floats=True)
    if file_format.kind is FileKind.AAC:  # the last codec frame's padding is left to the caller
        assert 0 <= decoded.shape[1] - FRAMES < 1024
        decoded = decoded[:, :FRAMES]
    check_lossy(decoded, given)


def check_lossy(decoded: Rounded, given: Rounded) -> None:
    """Its length, its place, and that it is the same sound to the ends."""
    assert decoded.shape == given.shape
    for part in (slice(None), slice(0, 4000), slice(-4000, None)):
        ours, theirs = (one[:, part].astype(np.float32) for one in (given, decoded))
        assert media.lag(ours, theirs) == 0
        error = np.sqrt(np.mean((theirs - ours) ** 2))
        assert error < 0.6 * np.sqrt(np.mean(ours**2))  # noise, of which the codecs keep little


@at_all_rates(LOSSY_FORMATS + MORE_MP3)
def test_lossy_files_are_as_loud_as_the_song(
    tmp_path: Path, file_format: FileFormat, samplerate: int
) -> None:
    """LAME alone would make MP3s of less than 256 kbit/s up to 0.45 dB quieter."""
    path = tmp_path / f"song{file_format.suffix}"
    samples = media.sine(FRAMES, samplerate, 440.0) * np.float32(1.9)
    given = write(path, file_format, samples, samplerate)
    aac = file_format.kind is FileKind.AAC
    decoded = by_ffmpeg_library(path) if aac else by_libsndfile(path)
    gain = np.vdot(decoded, given) / np.vdot(given, given)
    assert abs(gain - 1) < 0.02


@pytest.mark.parametrize(
    "file_format",
    [FileFormat(FileKind.MP3, kbps=128), FileFormat(FileKind.AAC), FileFormat(FileKind.OPUS)],
    ids=format_id,
)
def test_any_length_is_kept(tmp_path: Path, file_format: FileFormat) -> None:
    """Also where the last frames need one codec frame more for LAME's delay alone: FFmpeg's muxer
    counts its padding wrong."""
    path = tmp_path / f"song{file_format.suffix}"
    samples = media.bursts(9300, 48000)
    for frames in (1111, 1152, 1153, 1190, 1199, 1200, 2304, 2340, 7000, *range(9216, 9300, 7)):
        write(path, file_format, samples[:, :frames], 48000)
        assert by_ffmpeg_library(path).shape == (2, frames)
