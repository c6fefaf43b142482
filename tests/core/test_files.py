import errno
from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode, free_bytes, write_error
from stemdesk.core.files import replace_file


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    replace_file(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="full"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_write_errors_are_told_apart(tmp_path: Path) -> None:
    full = write_error(OSError(errno.ENOSPC, "x"), tmp_path, 7)
    assert isinstance(full, DiskFullError) and full.facts["needed_bytes"] == 7
    other = write_error(PermissionError(errno.EACCES, "x"), tmp_path)
    assert other.code is ErrorCode.FOLDER_NOT_WRITABLE and other.path == tmp_path


def test_free_space_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0
