from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.jobs.sound_note import FILE_NAME, SoundNote, read_sound_note, write_sound_note


def test_the_last_note_is_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert read_sound_note(data) is None
    for note in (SoundNote("Speakers", 0), SoundNote("Kopfhörer", 3)):
        write_sound_note(data, note)
        assert read_sound_note(data) == note
    assert [path.name for path in data.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("text", ["", "[]", '{"output": "x"}', '{"output": 1, "underruns": null}'])
def test_what_is_no_note_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert read_sound_note(tmp_path) is None


def test_a_folder_that_cannot_be_written_to_is_of_no_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write_sound_note(tmp_path / "file" / "data", SoundNote("Speakers", 1))
