"""Absurd, missing or no music at all: each a clear error."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from stemdesk.audio import open_media
from stemdesk.audio.decode import decode, probe
from stemdesk.audio.open_media import SourceFile
from stemdesk.core.errors import Cancelled, ErrorCode, SourceError
from stemdesk.core.progress import CancelToken
from support import media
from support.decoding import decode_all, failure, put

RATE = 44100


def wav_header(
    channels: int, samplerate: int, data: bytes = b"\0" * 4096, size: int | None = None
) -> bytes:
    block = 2 * channels
    form = struct.pack(
        "<HHIIHH",
        1,
        channels,
        samplerate,
        samplerate * block & 0xFFFFFFFF,
        block & 0xFFFF,
        16,
    )
    size = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- no file, or no ordinary one -------------------------------------------------------------


def test_missing(tmp_path: Path) -> None:
    assert failure(tmp_path / "gone.mp3").code is ErrorCode.SOURCE_MISSING
    assert failure(tmp_path / "no folder" / "gone.mp3").code is ErrorCode.SOURCE_MISSING
    (tmp_path / "link.mp3").symlink_to(tmp_path / "gone.mp3")
    assert failure(tmp_path / "link.mp3").code is ErrorCode.SOURCE_MISSING
    put(tmp_path / "file", b"x")
    assert failure(tmp_path / "file" / "song.mp3").code is ErrorCode.SOURCE_MISSING
    assert failure(tmp_path / "nul\0.mp3").code is ErrorCode.SOURCE_MISSING


def test_unreadable(tmp_path: Path) -> None:
    assert failure(tmp_path).code is ErrorCode.SOURCE_UNREADABLE
    (tmp_path / "folder.mp3").mkdir()
    assert failure(tmp_path / "folder.mp3").code is ErrorCode.SOURCE_UNREADABLE
    assert failure(tmp_path / ("x" * 300)).code is ErrorCode.SOURCE_UNREADABLE
    (tmp_path / "round.mp3").symlink_to(tmp_path / "round.mp3")
    assert failure(tmp_path / "round.mp3").code is ErrorCode.SOURCE_UNREADABLE
    os.mkfifo(tmp_path / "pipe.mp3")  # opening it would wait for ever
    assert failure(tmp_path / "pipe.mp3").code is ErrorCode.SOURCE_UNREADABLE


class FailingFile(io.BytesIO):
    """A drive that is pulled out: reads fail from byte `limit` on."""

    def __init__(self, data: bytes, limit: int) -> None:
        super().__init__(data)
        self.limit = limit

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() + (size or 0) > self.limit:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.9])
@pytest.mark.parametrize("name", ["wav-16", "mp3", "m4a", "flac"])
def test_a_drive_that_goes_away_is_unreadable_and_not_truncated(
    tmp_path: Path, name: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = media.make_in(tmp_path, name, media.bursts(2 * RATE, RATE), RATE)
    data = path.read_bytes()

    def open_failing(_: Path) -> BinaryIO:
        return FailingFile(data, int(len(data) * share))

    monkeypatch.setattr(open_media, "_open_file", open_failing)
    error = failure(path)
    assert error.code is ErrorCode.SOURCE_UNREADABLE
    assert "Input/output error" in error.detail


def test_what_ffmpeg_reads_from_never_raises() -> None:
    token = CancelToken()
    source = SourceFile(io.BytesIO(b"abcdef"), "", token)
    assert (source.read(2), source.tell(), source.seek(-100), source.tell()) == (b"ab", 2, -1, 2)
    token.cancel()
    assert source.read(2) == b""
    broken = SourceFile(FailingFile(b"abcdef", 3), "", CancelToken())
    assert (broken.read(2), broken.read(2), broken.read(1)) == (b"ab", b"", b"")
    assert broken.error is not None


def test_cancelled_while_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg may read megabytes before it knows the format: cancelling ends that, too."""
    path = media.make_in(tmp_path, "m4a", media.bursts(8 * RATE, RATE), RATE)
    token = CancelToken()

    class CancellingFile(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads > 3:
                token.cancel()
            return super().read(size)

    file = CancellingFile(path.read_bytes())
    monkeypatch.setattr(open_media, "_open_file", lambda _: file)
    with pytest.raises(Cancelled):
        decode(path, RATE, lambda _: None, cancel=token)
    assert file.closed


# --- no music --------------------------------------------------------------------------------


def test_empty(tmp_path: Path) -> None:
    assert failure(put(tmp_path / "empty.wav", b"")).code is ErrorCode.SOURCE_EMPTY


@pytest.mark.parametrize("name", ["wav-16", "wav-f32", "wav-rf64", "aiff", "ogg", "mkv", "webm"])
def test_no_frames(tmp_path: Path, name: str) -> None:
    rate = media.KINDS[name].samplerates[0]
    path = media.make_in(tmp_path, name, np.zeros((2, 0), np.float32), rate)
    assert failure(path).code is ErrorCode.SOURCE_NO_FRAMES


RANDOM = np.random.default_rng(1).bytes(100_000)


def zip_of(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("song.mp3", data)
    return target.getvalue()


NO_MUSIC = {
    "text": b"These are the lyrics, line by line.\n" * 3000,
    "short text": b"hi",
    "umlauts": "Füße, Öl und Übermut\r\n".encode("latin-1") * 500,
    "utf-16": "Lyrics in the wrong file\n".encode("utf-16") * 800,
    "html": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "json": b'{"error": "not found"}',
    "numbers": b"".join(b"%d,%d\n" % (n, n * n) for n in range(9999)),
    "subtitles": b"1\n00:00:00,000 --> 00:00:02,000\nHello\n\n" * 100,
    "zip": zip_of(RANDOM),
    "gzip": gzip.compress(RANDOM),
    "xz": lzma.compress(RANDOM),
    "zeros": b"\0" * 200_000,
    "ones": b"\xff" * 200_000,
    "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 5000,
    "pdf": b"%PDF-1.7\n" + b"1 0 obj << >> endobj\n" * 999,
    "exe": b"MZ\x90\0" + np.random.default_rng(5).bytes(100_000),
    "only a tag": b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10,
    "a tag and text": b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10 + b"no music here\n" * 500,
    "half a header": b"RIFF\x24\0\0\0WAVE",
    "midi": b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0",
}


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".m4a", ".flac", ".aac"])
@pytest.mark.parametrize("kind", NO_MUSIC)
def test_other_files_are_unsupported_whatever_their_name(
    tmp_path: Path, kind: str, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    error = failure(put(tmp_path / f"song{suffix}", NO_MUSIC[kind]))
    assert error.code is ErrorCode.SOURCE_UNSUPPORTED
    assert capfd.readouterr() == ("", "")  # FFmpeg keeps its messages to itself


@pytest.mark.parametrize("suffix", [".mp3", ".aac"])
def test_random_bytes_are_unsupported(tmp_path: Path, suffix: str) -> None:
    generator = np.random.default_rng(11)
    for size in (10, 1000, 50_000, 300_000):
        path = put(tmp_path / f"noise{suffix}", generator.bytes(size))
        assert failure(path).code is ErrorCode.SOURCE_UNSUPPORTED


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mp3"])
def test_video_without_audio(tmp_path: Path, suffix: str) -> None:
    import av

    path = tmp_path / f"film{suffix}"
    container_format, codec = {
        ".mkv": ("matroska", "mpeg4"),
        ".webm": ("webm", "libvpx"),
    }.get(suffix, ("mp4", "mpeg4"))
    with path.open("w+b") as file, av.open(file, "w", format=container_format) as container:
        media.write_pictures(container, media.add_video(container, codec), 1.0)
    assert failure(path).code is ErrorCode.SOURCE_NO_AUDIO


# --- absurd headers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "samplerate"),
    [
        (255, 44100),
        (65, 44100),
        (65535, 44100),
        (0, 44100),
        (2, 4_000_000_000),
        (2, 2_000_000_000),
        (2, 768_001),
        (2, 999),
        (2, 0),
    ],
)
def test_absurd_headers_are_refused_before_anything_is_allocated(
    tmp_path: Path, channels: int, samplerate: int
) -> None:
    path = put(tmp_path / "absurd.wav", wav_header(channels, samplerate, size=0x7F000000))
    tracemalloc.start()
    try:
        error = failure(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert error.code is ErrorCode.SOURCE_IMPLAUSIBLE
    assert error.facts == {"samplerate_hz": samplerate, "channels": channels}
    with pytest.raises(SourceError) as caught:
        probe(path)
    assert caught.value.code is ErrorCode.SOURCE_IMPLAUSIBLE


@pytest.mark.parametrize(("channels", "rate"), [(255, 44100), (2, 2_000_000_000)])
def test_absurd_headers_of_another_format(tmp_path: Path, channels: int, rate: int) -> None:
    header = b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 3, rate, channels)
    path = put(tmp_path / "absurd.au", header + b"\0" * 4000)
    assert failure(path).code is ErrorCode.SOURCE_IMPLAUSIBLE


@pytest.mark.parametrize(("channels", "samplerate"), [(64, 44100), (1, 768_000), (2, 1000)])
def test_just_plausible(tmp_path: Path, channels: int, samplerate: int) -> None:
    data = b"\0" * (2 * channels * samplerate)
    path = put(tmp_path / "edge.wav", wav_header(channels, samplerate, data))
    assert decode_all(path, RATE).samples.shape == (2, RATE)


# --- too long --------------------------------------------------------------------------------


def test_declared_longer_than_the_limit(tmp_path: Path) -> None:
    """Refused at once: 13 hours by the header, nearly nothing in the file."""
    path = put(tmp_path / "long.wav", wav_header(1, 8000, size=13 * 3600 * 16000))
    error = failure(path, limit_s=12 * 3600.0)
    assert error.code is ErrorCode.SOURCE_TOO_LONG
    assert error.facts == {"length_s": 13 * 3600.0, "limit_s": 12 * 3600.0}


@pytest.mark.parametrize("name", ["mp3", "flac", "aac", "wav-16"])
def test_decoded_longer_than_the_limit(tmp_path: Path, name: str) -> None:
    path = media.make_in(tmp_path, name, media.sine(5 * RATE, RATE), RATE)
    error = failure(path, limit_s=2.0)
    assert error.code is ErrorCode.SOURCE_TOO_LONG
    assert float(error.facts["length_s"]) > 2.0
    assert error.facts["limit_s"] == 2.0


def test_counted_where_the_header_does_not_know(tmp_path: Path) -> None:
    path = put(tmp_path / "stream.wav", wav_header(2, RATE, b"\0" * 4 * 3 * RATE, 0xFFFFFFFF))
    assert failure(path, limit_s=2.0).code is ErrorCode.SOURCE_TOO_LONG
    assert decode_all(path, RATE, limit_s=3.0).result.frames == 3 * RATE
