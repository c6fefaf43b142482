"""Broken, truncated, not finite: a notice, and everything that can still be heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.decode import decode
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.notices import NoticeCode
from stemdesk.core.progress import CancelToken
from support import media
from support.decoding import decode_all, failure, put

RATE = 44100


@pytest.mark.parametrize(
    "name",
    [
        "mp3",
        "m4a-faststart",
        "flac",
        "flac-24",
        "wav-16",
        "wav-24",
        "wav-f32",
        "wav-rf64",
        "aiff",
        "mkv",
        "webm",
    ],
)
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_truncated_file_gives_what_it_holds(
    tmp_path: Path, name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    rate = media.KINDS[name].samplerates[0]
    samples = media.bursts(6 * rate, rate)
    path = media.make_in(tmp_path, name, samples, rate)
    data = path.read_bytes()
    put(path, data[: int(len(data) * share)])
    song = decode_all(path, rate)
    seconds = song.samples.shape[1] / rate
    assert 0.1 * 6 < seconds < 5.9
    assert media.lag(samples, song.samples) == 0
    notice = song.notice(NoticeCode.TRUNCATED)
    assert notice is not None
    assert notice.facts["decoded_s"] == pytest.approx(seconds, abs=0.01)
    assert notice.facts["declared_s"] == pytest.approx(6.0, abs=0.1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["ogg", "opus", "wma", "aac", "m4a-fragmented", "mp3-sndfile"])
def test_truncated_files_of_formats_that_promise_no_length(tmp_path: Path, name: str) -> None:
    """No notice can be asked of these, but what they hold."""
    rate = media.KINDS[name].samplerates[0]
    samples = media.bursts(6 * rate, rate)
    path = media.make_in(tmp_path, name, samples, rate)
    put(path, path.read_bytes()[: path.stat().st_size // 2])
    song = decode_all(path, rate)
    assert 1.5 * rate < song.samples.shape[1] < 4.5 * rate
    assert media.lag(samples, song.samples) == 0


def test_a_few_missing_frames_are_no_notice(tmp_path: Path) -> None:
    path = media.make_in(tmp_path, "wav-16", media.bursts(RATE, RATE), RATE)
    put(path, path.read_bytes()[:-2000])
    assert decode_all(path, RATE).result.notices == ()


def test_only_headers_left(tmp_path: Path) -> None:
    path = media.make_in(tmp_path, "flac", media.bursts(RATE, RATE), RATE)
    put(path, path.read_bytes()[:100])
    assert failure(path).code in (ErrorCode.SOURCE_UNSUPPORTED, ErrorCode.SOURCE_NO_FRAMES)


@pytest.mark.parametrize("name", ["mp3", "flac", "m4a", "ogg", "wma", "aac", "mkv", "webm"])
def test_a_hole_in_the_middle_shifts_nothing(tmp_path: Path, name: str) -> None:
    """A tenth of the file is zeros: what follows stays in its place."""
    rate = media.KINDS[name].samplerates[0]
    samples = media.bursts(6 * rate, rate)
    path = media.make_in(tmp_path, name, samples, rate)
    data = bytearray(path.read_bytes())
    start, size = len(data) // 2, len(data) // 10
    data[start : start + size] = bytes(size)
    song = decode_all(put(path, bytes(data)), rate)
    assert media.lag(samples[:, : 2 * rate], song.samples[:, : 2 * rate]) == 0
    if name not in ("mp3", "aac"):  # these have no timestamps: what is lost cannot be known
        end = slice(5 * rate, 6 * rate)
        assert abs(media.lag(samples[:, end], song.samples[:, end])) <= 0.005 * rate
        assert song.notice(NoticeCode.TRUNCATED) is not None


@pytest.mark.parametrize("name", ["mp3", "m4a", "flac", "ogg", "opus", "wma", "aac", "mkv"])
def test_damaged_bytes_never_crash(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rate = media.KINDS[name].samplerates[0]
    path = media.make_in(tmp_path, name, media.bursts(3 * rate, rate), rate)
    original = path.read_bytes()
    generator = np.random.default_rng(3)
    for _ in range(8):
        data = bytearray(original)
        for place in generator.integers(0, len(data), 60):
            data[place] = int(generator.integers(256))
        put(path, bytes(data))
        try:
            decode(path, RATE, lambda _: None, limit_s=3600.0, cancel=CancelToken())
        except SourceError as error:
            assert error.path == path
    assert capfd.readouterr() == ("", "")


# --- samples that are no numbers -------------------------------------------------------------


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_not_finite_become_silence(tmp_path: Path, subtype: str) -> None:
    samples = media.bursts(100_000, RATE).astype(np.float64)
    bad = [(0, 0), (0, 5), (1, 5), (1, 70_000), (0, 99_999)]
    for index, (channel, frame) in enumerate(bad):
        samples[channel, frame] = (np.nan, np.inf, -np.inf, 1e30, np.nan)[index]
    soundfile.write(tmp_path / "nan.wav", samples.T, RATE, subtype=subtype)
    song = decode_all(tmp_path / "nan.wav", RATE)
    wanted = samples.astype(np.float32)
    for channel, frame in bad:
        wanted[channel, frame] = 0
    assert np.array_equal(song.samples, wanted)
    notice = song.notice(NoticeCode.NOT_FINITE)
    assert notice is not None and notice.facts == {"samples": 5}


def test_they_do_not_spread_through_resampling_or_mixing_down(tmp_path: Path) -> None:
    samples = np.full((6, 48000), 0.25)
    samples[:, 24000] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples.T, 48000, subtype="FLOAT")
    song = decode_all(tmp_path / "nan.wav", RATE)
    level = 0.25 * (1 + 2 * np.sqrt(0.5))
    assert np.abs(song.samples[:, 10_000:20_000] - level).max() < 1e-4
    assert np.abs(song.samples[:, 24_000:34_000] - level).max() < 1e-4
    notice = song.notice(NoticeCode.NOT_FINITE)
    assert notice is not None and notice.facts == {"samples": 2}


def test_good_samples_give_no_notice(tmp_path: Path) -> None:
    path = media.make_in(tmp_path, "wav-f32", media.bursts(RATE, RATE) * 100, RATE)
    assert decode_all(path, RATE).result.notices == ()
