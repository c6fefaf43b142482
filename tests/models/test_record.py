from pathlib import Path

import pytest

from stemdesk.core.errors import StemDeskError
from stemdesk.models.record import Record, read_record, record_path, write_record

WHOLE = '{"sha256": "%s", "size_bytes": 5, "origin": "a", "origin_sha256": ""}'


def test_a_record_survives_the_file(tmp_path: Path) -> None:
    file = tmp_path / "abc.safetensors"
    assert read_record(file) is None
    record = Record("0" * 64, 12, "mine.safetensors", "1" * 64)
    write_record(file, record)
    assert record_path(file) == tmp_path / "abc.json"
    assert read_record(file) == record


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        WHOLE % "0",
        WHOLE % ("G" * 64),
        (WHOLE % ("0" * 64)).replace("5", '"5"'),
        (WHOLE % ("0" * 64)).replace('"origin"', '"x"'),
        " " * 70_000 + WHOLE % ("0" * 64),
    ],
)
def test_what_is_no_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "abc.json").write_text(text)
    assert read_record(tmp_path / "abc.safetensors") is None


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StemDeskError):
        write_record(tmp_path / "none" / "abc.safetensors", Record("0" * 64, 12))
