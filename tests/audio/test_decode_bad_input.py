"""What is broken, absurd or no music at all: a clear error, or a notice and what can be heard."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import threading
import tracemalloc
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile
from support import media
from support.decoding import decode_all

from stemdesk.audio import open_media
from stemdesk.audio.decode import decode, probe
from stemdesk.audio.open_media import SourceFile
from stemdesk.core.errors import Cancelled, ErrorCode, SourceError
from stemdesk.core.notices import NoticeCode
from stemdesk.core.progress import CancelToken

RATE = 44100


def failure(path: Path, limit_s: float = 86400.0) -> SourceError:
    """The error that decoding gives; nothing may have been written, and the path is named."""
    with pytest.raises(SourceError) as caught:
        decode(path, RATE, lambda _: None, limit_s=limit_s, cancel=CancelToken())
    assert caught.value.path == path
    return caught.value


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


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


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
@pytest.mark.parametrize("name", ["wav-16", "mp3", "m4a", "flac"])
def test_a_drive_that_goes_away_is_unreadable_and_not_truncated(
    tmp_path: Path, name: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = media.make_in(tmp_path, name, media.bursts(5 * RATE, RATE), RATE)
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
    path = media.make_in(tmp_path, "m4a", media.bursts(20 * RATE, RATE), RATE)
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


def archive(kind: str) -> bytes:
    target = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr("song.mp3", np.random.default_rng(1).bytes(100_000))
    else:
        with tarfile.open(fileobj=target, mode=f"w:{kind}") as tarred:
            info = tarfile.TarInfo("song.mp3")
            info.size = 100_000
            tarred.addfile(info, io.BytesIO(np.random.default_rng(1).bytes(100_000)))
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
    "zip": archive("zip"),
    "gzip": archive("gz"),
    "xz": archive("xz"),
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


# --- playlists -------------------------------------------------------------------------------

DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT3S">'
    '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{url}\n#EXT-X-ENDLIST\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
PLAYLISTS = {
    "hls.m3u8": HLS,
    "plain.m3u": "{url}\n",
    "list.pls": "[playlist]\nFile1={url}\nNumberOfEntries=1\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{url}'\n",
    "dash.mpd": DASH,
    "list.xspf": '<?xml version="1.0"?><playlist><trackList><track><location>{url}</location>'
    "</track></trackList></playlist>",
    "list.asx": '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
    "stream.sdp": SDP,
    # The same under a harmless name: FFmpeg goes by the content.
    "hls.mp3": HLS,
    "marked hls.mp3": "\ufeff" + HLS,
    "concat.wav": "ffconcat version 1.0\nfile '{url}'\n",
    "dash.m4a": DASH,
    "pls.mp3": "[playlist]\nFile1={url}\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("scheme", ["", "file://", "file:", "subfile,,start,0,end,0,,:"])
def test_a_playlist_opens_no_other_file(tmp_path: Path, name: str, scheme: str) -> None:
    """The other file is a pipe: a thread that opens it for writing gets through only when
    somebody opens it for reading."""
    pipe = tmp_path / "secret.wav"
    os.mkfifo(pipe)
    opened = threading.Event()

    def wait_for_a_reader() -> None:
        with pipe.open("wb"):
            opened.set()

    waiting = threading.Thread(target=wait_for_a_reader)
    waiting.start()
    try:
        text = PLAYLISTS[name].format(url=f"{scheme}{pipe}")
        error = failure(put(tmp_path / name, text.encode()))
        assert error.code is ErrorCode.SOURCE_PLAYLIST
        assert not opened.is_set()
    finally:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets the thread through
        waiting.join()
        os.close(reader)


@pytest.mark.parametrize("text", [HLS, "ffconcat version 1.0\nfile '{url}'\n", DASH])
def test_ffmpeg_itself_follows_nothing(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second lock: what the look at the first bytes does not know, the whitelists refuse."""
    monkeypatch.setattr(open_media, "_is_playlist", lambda *_: False)
    song = media.make_in(tmp_path, "wav-16", media.bursts(RATE, RATE), RATE)
    path = put(tmp_path / "list.m3u8", text.format(url=song.as_uri()).encode())
    assert failure(path).code is ErrorCode.SOURCE_UNSUPPORTED


def test_the_empty_protocol_list_alone_follows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third lock: even a format that may follow links has no way to open anything."""
    monkeypatch.setattr(open_media, "_is_playlist", lambda *_: False)
    monkeypatch.setattr(open_media, "_FORMATS", "concat,hls")
    song = media.make_in(tmp_path, "wav-16", media.bursts(RATE, RATE), RATE)
    text = f"ffconcat version 1.0\nfile '{song.name}'\n"
    assert failure(put(tmp_path / "list.txt", text.encode())).code is (ErrorCode.SOURCE_UNSUPPORTED)


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


# --- truncated -------------------------------------------------------------------------------


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
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
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


@pytest.mark.parametrize("name", ["mp3", "flac", "m4a", "ogg", "aac", "wav-16", "mkv"])
def test_a_hole_in_the_middle_shifts_nothing(tmp_path: Path, name: str) -> None:
    """A tenth of the file is zeros: what follows stays in its place, to within a codec frame."""
    rate = media.KINDS[name].samplerates[0]
    samples = media.bursts(10 * rate, rate)
    path = media.make_in(tmp_path, name, samples, rate)
    data = bytearray(path.read_bytes())
    start, size = len(data) // 2, len(data) // 10
    data[start : start + size] = bytes(size)
    song = decode_all(put(path, bytes(data)), rate)
    assert media.lag(samples[:, : 4 * rate], song.samples[:, : 4 * rate]) == 0
    if name in ("flac", "m4a", "wav-16"):  # these tell how long a broken packet was
        end = slice(8 * rate, 9 * rate)
        assert abs(media.lag(samples[:, end], song.samples[:, end])) <= 4608


@pytest.mark.parametrize("name", ["mp3", "m4a", "flac", "ogg", "opus", "wma", "aac", "mkv"])
def test_damaged_bytes_never_crash(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rate = media.KINDS[name].samplerates[0]
    path = media.make_in(tmp_path, name, media.bursts(3 * rate, rate), rate)
    original = path.read_bytes()
    generator = np.random.default_rng(3)
    for _ in range(12):
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
