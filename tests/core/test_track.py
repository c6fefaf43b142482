from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.track import fingerprint

MIB = 1 << 20


def test_equal_files_have_equal_fingerprints(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x" * (3 * MIB))
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")


@pytest.mark.parametrize("place", [0, MIB - 1, MIB, 2 * MIB - 1])
def test_a_change_at_either_end_shows(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a"
    data = bytearray(2 * MIB)
    path.write_bytes(data)
    before = fingerprint(path)
    data[place] = 1
    path.write_bytes(data)
    assert fingerprint(path) != before


def test_size_counts(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(3 * MIB))
    before = fingerprint(path)
    path.write_bytes(bytes(4 * MIB))
    assert fingerprint(path) != before


def test_missing_and_unreadable_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as missing:
        fingerprint(tmp_path / "none")
    assert missing.value.code is ErrorCode.SOURCE_MISSING
    with pytest.raises(SourceError) as folder:
        fingerprint(tmp_path)
    assert folder.value.code is ErrorCode.SOURCE_UNREADABLE
