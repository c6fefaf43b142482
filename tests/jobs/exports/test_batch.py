"""From song folders to files, end to end: what is written is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.core.export_order import ExportOrder
from support.exports import FOUR, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_stem_is_written(desk: Desk) -> None:
    song = desk.song()
    done = desk.export(song, ExportOrder(template="{title}/{stem}"))
    (one,) = done.songs
    assert one.error is None, one.error
    assert [path.relative_to(desk.out).as_posix() for path in one.files] == [
        f"song/{stem}.wav" for stem in FOUR
    ]
