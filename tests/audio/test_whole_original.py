"""A song's own file at the rate of an export."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio import originals as originals_module
from stemdesk.audio.originals import Originals
from stemdesk.audio.play_cache import PlayCache
from stemdesk.audio.whole_original import whole_original
from stemdesk.core.errors import Cancelled, ErrorCode, SourceError
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import fingerprint
from support.decoding import decode_all
from support.media import bursts, make_in

RATE = 48000


@pytest.fixture
def originals(tmp_path: Path) -> Originals:
    return Originals(PlayCache(tmp_path / "cache", 1 << 30))


def ignore(_: float) -> None:
    pass


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "original"]


@pytest.mark.parametrize("kind", ["flac", "mp3", "m4a", "wav-24"])
@pytest.mark.parametrize("model_rate", [44100, 32000])
def test_it_is_the_file_at_its_own_rate_and_as_long_as_what_was_split(
    tmp_path: Path, originals: Originals, kind: str, model_rate: int
) -> None:
    source = make_in(tmp_path, kind, bursts(RATE * 2 + 1234, RATE), RATE)
    expected, split = decode_all(source, RATE).samples, decode_all(source, model_rate)
    told: list[float] = []
    mark = fingerprint(source)
    with whole_original(originals, source, RATE, mark, told.append, CancelToken()) as song:
        assert song.frames == expected.shape[1] and song.samplerate == RATE
        assert song.source_channels == 2
        np.testing.assert_array_equal(song.reader.read(0, song.frames), expected)
        assert song.fits(split.samples.shape[1], model_rate)
        assert not song.fits(split.samples.shape[1] + 2, model_rate)
        assert not song.fits(split.samples.shape[1] - 2, model_rate)
    assert told == sorted(told) and told[-1] == 1.0
    assert decoders() == []


def test_what_is_in_the_cache_serves_without_the_file(tmp_path: Path, originals: Originals) -> None:
    source = make_in(tmp_path, "flac", bursts(RATE, RATE), RATE)
    mark = fingerprint(source)
    for _ in range(2):
        with whole_original(originals, source, 96000, mark, ignore, CancelToken()) as song:
            assert (song.frames, song.samplerate) == (2 * RATE, 96000)
            assert song.source_channels == 2
        source.unlink(missing_ok=True)


def test_a_file_that_is_gone_or_another_one_is_said(tmp_path: Path, originals: Originals) -> None:
    source = make_in(tmp_path, "flac", bursts(RATE, RATE), RATE)
    with (
        pytest.raises(SourceError) as caught,
        whole_original(originals, source, RATE, "of another file", ignore, CancelToken()),
    ):
        pass
    assert caught.value.code is ErrorCode.SOURCE_CHANGED
    mark = fingerprint(source)
    source.unlink()
    with (
        pytest.raises(SourceError) as caught,
        whole_original(originals, source, RATE, mark, ignore, CancelToken()),
    ):
        pass
    assert caught.value.code is ErrorCode.SOURCE_MISSING
    assert decoders() == []


def test_it_does_not_wait_for_who_follows_the_song(
    tmp_path: Path, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A song that is split again meanwhile is decoded only as far as the network has come."""
    monkeypatch.setattr(originals_module, "LEAD_S", 1)
    source = make_in(tmp_path, "wav-f32", bursts(RATE * 10, RATE), RATE)
    mark = fingerprint(source)
    with originals.open(source, RATE, mark) as other:
        other.original.follow(0)
        with whole_original(originals, source, RATE, mark, ignore, CancelToken()) as song:
            assert song.frames == RATE * 10


@pytest.mark.parametrize("lost", [0, 1000])
def test_what_the_cache_has_lost_is_an_error_not_silence(
    tmp_path: Path, originals: Originals, lost: int
) -> None:
    source = make_in(tmp_path, "flac", bursts(RATE, RATE), RATE)
    with whole_original(
        originals, source, RATE, fingerprint(source), ignore, CancelToken()
    ) as song:
        beyond = song.reader.read(RATE - 10, 30)
        assert beyond.shape == (2, 30) and not beyond[:, 10:].any()
        assert not song.reader.read(RATE + 5, 3).any()
        (file,) = (tmp_path / "cache").glob("*.f32")
        os.truncate(file, lost * 8)  # float32, two channels
        with pytest.raises(SourceError) as caught:
            song.reader.read(900, 200)
    assert caught.value.code is ErrorCode.SOURCE_UNREADABLE and caught.value.retryable


def test_waiting_can_be_cancelled(tmp_path: Path, originals: Originals) -> None:
    source = make_in(tmp_path, "wav-f32", bursts(RATE * 20, RATE), RATE)
    cancel = CancelToken()
    with (
        pytest.raises(Cancelled),
        whole_original(
            originals, source, RATE, fingerprint(source), lambda _: cancel.cancel(), cancel
        ),
    ):
        pass
    assert decoders() == []
