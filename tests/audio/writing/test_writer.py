"""What every writer promises, whatever its format."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.encode import rounded
from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.writing.writer import open_writer, too_large
from stemdesk.core.errors import ErrorCode, ExportError
from stemdesk.core.file_format import FileFormat, FileKind
from support import media
from support.round_trip import FORMATS, by_libsndfile, format_id, one_of_each_kind, picture, write

RATE = 48000
TAGS = FileTags((("title", "Song"), ("artist", "Band")), picture("png"), "image/png")
every_format = pytest.mark.parametrize("file_format", FORMATS, ids=format_id)
every_kind = pytest.mark.parametrize("file_format", one_of_each_kind(), ids=format_id)
WAV_24 = FileFormat(FileKind.WAV, 24)


def sample_type(file_format: FileFormat) -> type[np.int32 | np.float32]:
    return np.int32 if file_format.bits in (16, 24) else np.float32


@every_format
def test_equal_sound_is_an_equal_file_in_any_blocks(
    tmp_path: Path, file_format: FileFormat
) -> None:
    """No time of day, no random serial number, nothing left in a block."""
    samples = media.bursts(70_000, RATE)
    for name, block in (("a", 70_000), ("b", 333), ("c", 65_537)):
        write(tmp_path / name, file_format, samples, RATE, TAGS, bpm=120.5, block=block)
    data = (tmp_path / "a").read_bytes()
    assert data == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


@every_kind
def test_memory_stays_small(tmp_path: Path, file_format: FileFormat) -> None:
    """Ten seconds are 4 MB of floats; a writer holds a block or two."""
    block = rounded(media.bursts(RATE, RATE), file_format.bits or 32)
    with open_writer(tmp_path / "x", file_format, RATE, 2, 11 * RATE, NO_FILE_TAGS) as writer:
        writer.write(block)
        tracemalloc.start()
        try:
            for _ in range(10):
                writer.write(block)
            held, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < 500_000 and most < 3_000_000


@every_kind
@pytest.mark.parametrize("frames", [0, 1])
def test_blocks_without_frames_and_the_shortest_files(
    tmp_path: Path, file_format: FileFormat, frames: int
) -> None:
    kind = sample_type(file_format)
    with open_writer(tmp_path / "x", file_format, RATE, 2, frames, TAGS) as writer:
        writer.write(np.zeros((2, 0), kind))
        writer.write(np.zeros((2, frames), kind))
        writer.write(np.zeros((2, 0), kind))
    readable = file_format.kind not in (FileKind.AAC, FileKind.ALAC)
    if frames and readable:
        assert soundfile.info(tmp_path / "x").frames == 1


@every_kind
def test_mono(tmp_path: Path, file_format: FileFormat) -> None:
    write(tmp_path / "x", file_format, media.sine(5000, RATE, channels=1), RATE)
    if file_format.kind not in (FileKind.AAC, FileKind.ALAC):
        info = soundfile.info(tmp_path / "x")
        assert (info.channels, info.frames) == (1, 5000)


@every_kind
def test_wrong_blocks_are_refused(tmp_path: Path, file_format: FileFormat) -> None:
    right = sample_type(file_format)
    wrong = np.int32 if right is np.float32 else np.float32
    with open_writer(tmp_path / "x", file_format, RATE, 2, 10, NO_FILE_TAGS) as writer:
        with pytest.raises(ValueError, match="is not"):
            writer.write(np.zeros((3, 5), right))
        with pytest.raises(ValueError, match="is not"):
            writer.write(np.zeros((2, 5), wrong))
        with pytest.raises(ValueError, match="announced"):
            writer.write(np.zeros((2, 11), right))
        writer.write(np.zeros((2, 10), right))
    writer.close()  # once more does no harm
    with pytest.raises(ValueError, match="closed"):
        writer.write(np.zeros((2, 0), right))


@every_kind
def test_the_first_error_is_the_one_told(tmp_path: Path, file_format: FileFormat) -> None:
    kind = sample_type(file_format)
    with (
        pytest.raises(KeyError, match="mine"),
        open_writer(tmp_path / "x", file_format, RATE, 2, 10, NO_FILE_TAGS) as writer,
    ):
        writer.write(np.zeros((2, 5), kind))
        raise KeyError("mine")
    (tmp_path / "x").unlink()


@every_kind
def test_a_folder_that_is_not_there(tmp_path: Path, file_format: FileFormat) -> None:
    with pytest.raises(ExportError) as caught:
        open_writer(tmp_path / "missing" / "x", file_format, RATE, 2, 10, NO_FILE_TAGS)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert caught.value.path == tmp_path / "missing" / "x"


@pytest.mark.parametrize(
    ("file_format", "samplerate", "channels"),
    [
        (FileFormat(FileKind.FLAC, 24), RATE, 9),  # FLAC ends at eight
        (FileFormat(FileKind.VORBIS), 384_000, 2),
        (FileFormat(FileKind.MP3), 96_000, 2),
        (FileFormat(FileKind.AAC), 192_000, 2),
        (FileFormat(FileKind.OPUS), 44_100, 2),
        (FileFormat(FileKind.ALAC, 16), RATE, 3),
    ],
    ids=lambda value: value.kind.value if isinstance(value, FileFormat) else str(value),
)
def test_what_an_encoder_cannot_do(
    tmp_path: Path,
    file_format: FileFormat,
    samplerate: int,
    channels: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ExportError) as caught:
        open_writer(tmp_path / "x", file_format, samplerate, channels, 10, NO_FILE_TAGS)
    assert caught.value.code is ErrorCode.ENCODER_FAILED
    assert caught.value.path == tmp_path / "x" and caught.value.detail
    assert capfd.readouterr() == ("", "")


def test_bits_have_to_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bits"):
        open_writer(tmp_path / "x", FileFormat(FileKind.WAV), RATE, 2, 10, NO_FILE_TAGS)


@every_kind
def test_names_that_c_libraries_do_not_like(tmp_path: Path, file_format: FileFormat) -> None:
    for name in ("🎸 'solo' \"live\"", "a\udcffb", "x" * 250, "%d", "http:x"):
        path = tmp_path / name
        write(path, file_format, np.zeros((2, 100), np.float32), RATE)
        assert path.stat().st_size > 0


def test_aiff_ends_at_4_gib(tmp_path: Path) -> None:
    aiff = FileFormat(FileKind.AIFF, 24)
    hours = 3600 * RATE
    assert too_large(aiff, 5 * hours, 2) and not too_large(aiff, 4 * hours, 2)
    for kind in (FileKind.WAV, FileKind.FLAC, FileKind.ALAC):
        assert not too_large(FileFormat(kind, 24), 50 * hours, 2)
    with pytest.raises(ExportError) as caught:
        open_writer(tmp_path / "x.aiff", aiff, RATE, 2, 5 * hours, TAGS)
    assert caught.value.code is ErrorCode.FILE_TOO_LARGE
    assert list(tmp_path.iterdir()) == []


def test_a_long_wav_is_rf64(tmp_path: Path) -> None:
    """As libsndfile and the standard have it: the sizes of 64 bits stand in `ds64`."""
    path = tmp_path / "long.wav"
    samples = rounded(media.bursts(5001, RATE), 24)
    with open_writer(path, WAV_24, RATE, 2, 10**9, TAGS, 120.0) as writer:
        writer.write(samples)
    data = path.read_bytes()
    size, name, length = struct.unpack_from("<I4sI", data, 4)[0], data[12:16], data[16:20]
    assert (data[:4], size, name, length) == (b"RF64", 2**32 - 1, b"ds64", b"\x1c\0\0\0")
    assert struct.unpack_from("<QQQ", data, 20) == (len(data) - 8, 5001 * 6, 5001)
    assert soundfile.info(path).format == "RF64"
    np.testing.assert_array_equal(by_libsndfile(path, "int32"), samples)


@pytest.mark.parametrize(("frames", "start"), [(715_000_000, b"RIFF"), (715_900_000, b"RF64")])
def test_wav_becomes_rf64_only_where_it_must(tmp_path: Path, frames: int, start: bytes) -> None:
    with open_writer(tmp_path / "x.wav", WAV_24, RATE, 2, frames, NO_FILE_TAGS):
        pass
    assert (tmp_path / "x.wav").read_bytes()[:4] == start


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("frames", [7, 8])
def test_wav_chunks_follow_each_other_to_the_end(tmp_path: Path, bits: int, frames: int) -> None:
    """Also where a chunk's size is odd and one byte follows it."""
    path = tmp_path / "x.wav"
    samples = media.sine(frames, RATE, channels=1)
    write(path, FileFormat(FileKind.WAV, bits), samples, RATE, TAGS, bpm=90.25)
    chunks = riff_chunks(path.read_bytes())
    assert next(iter(chunks)) == b"JUNK" and list(chunks)[-2:] == [b"data", b"id3 "]
    assert len(chunks[b"data"]) == frames * bits // 8
    assert chunks[b"LIST"] == b"INFOINAM\5\0\0\0Song\0\0IART\5\0\0\0Band\0\0"
    assert struct.unpack("<IHHfIHHf", chunks[b"acid"])[-1] == 90.25


def test_the_tempo_says_how_many_beats_there_are(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    with open_writer(path, WAV_24, RATE, 2, 10 * RATE, NO_FILE_TAGS, 120.0) as writer:
        writer.write(np.zeros((2, 2 * RATE), np.int32))  # less than was announced
    flags, _, _, _, beats, *_ = struct.unpack("<IHHfIHHf", riff_chunks(path.read_bytes())[b"acid"])
    assert (flags & 0x01, beats) == (0, 4)  # no one-shot sample: a song of four beats


def riff_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a WAV, which fill it exactly."""
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    chunks, place = {}, 12
    while place < len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        chunks[name] = data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    assert place == len(data)
    return chunks
