"""A disk that is full at the first byte, at the last one, or anywhere between."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.encode import rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.writer import open_writer
from stemdesk.core.errors import DiskFullError, ErrorCode, ExportError
from stemdesk.core.file_format import FileFormat, FileKind
from support import media
from support.round_trip import format_id, one_of_each_kind, picture, write
from support.tmpfs import tiny_volume

RATE = 48000
PAGE = 4096  # bytes: what a tmpfs gives out at a time
NOISE = np.random.default_rng(1).uniform(-0.9, 0.9, (2, RATE)).astype(np.float32)
TAGS = FileTags((("title", "Song"), ("lyrics", "la " * 2000)), picture("png", 80), "image/png")
every_kind = pytest.mark.parametrize("file_format", one_of_each_kind(), ids=format_id)


@every_kind
def test_a_disk_that_is_full_anywhere(
    tmp_path: Path, file_format: FileFormat, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "whole", file_format, NOISE, RATE, TAGS)
    pages = -(-(tmp_path / "whole").stat().st_size // PAGE)
    whole = (tmp_path / "whole").read_bytes()
    with tiny_volume(tmp_path / "tiny", size=f"{(pages + 20) * PAGE}") as folder:
        for left in sorted({0, 1, 2, 3, 5, pages // 3, pages // 2, pages - 2, pages - 1}):
            leave(folder, left)
            with pytest.raises(DiskFullError) as caught:
                write(folder / "song", file_format, NOISE, RATE, TAGS)
            assert caught.value.path == folder / "song"
            assert 0 <= float(caught.value.facts["needed_bytes"]) <= RATE * 8
            assert caught.value.facts["free_bytes"] == 0
            (folder / "song").unlink()
        leave(folder, pages + 1)
        write(folder / "song", file_format, NOISE, RATE, TAGS)  # and now there is room
        assert (folder / "song").read_bytes() == whole
    assert capfd.readouterr() == ("", "")  # nothing is printed by what is called from C


@pytest.mark.parametrize(
    "file_format",
    [one for one in one_of_each_kind() if one.kind is not FileKind.MP3],  # it holds too little back
    ids=format_id,
)
def test_a_disk_that_fills_up_before_the_end(tmp_path: Path, file_format: FileFormat) -> None:
    """What an encoder holds back, its last sizes and the tags behind the sound still come."""
    with tiny_volume(tmp_path / "tiny", size="4m") as folder:
        writer = open_writer(folder / "song", file_format, RATE, 2, RATE, TAGS)
        writer.write(rounded(NOISE, file_format.bits or 32))
        leave(folder, 0)
        with pytest.raises(DiskFullError):
            writer.close()
        writer.close()  # once more does no harm


@every_kind
@pytest.mark.parametrize("call", ["write", "fsync", "close"])
def test_other_trouble_of_the_disk_is_told(
    tmp_path: Path, file_format: FileFormat, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that is pulled out, or one on a network that says so only at the end."""
    trouble = OSError(errno.EIO, "Input/output error")

    def fail(*_: object) -> None:
        raise trouble

    really_close = Target.close

    def note(target: Target, *_: object) -> int:
        target.error = target.error or trouble
        really_close(target)
        return 0

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Target, call, note)
    with pytest.raises(ExportError) as caught:
        write(tmp_path / "song", file_format, NOISE, RATE, TAGS)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert caught.value.__cause__ is trouble


def test_a_volume_that_cannot_sync_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", fail)
    for file_format in one_of_each_kind():
        write(tmp_path / "song", file_format, media.sine(100, RATE), RATE, TAGS)


def leave(folder: Path, pages: int) -> None:
    """Fill the volume up to so many pages."""
    filler = folder / "filler"
    filler.unlink(missing_ok=True)
    status = os.statvfs(folder)
    with filler.open("wb", buffering=0) as file:
        for _ in range(status.f_bavail * status.f_frsize // PAGE - pages):
            file.write(bytes(PAGE))
