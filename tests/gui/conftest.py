"""Windows are drawn offscreen; a `desk` is a controller in temporary folders."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from support.desk import Desk


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    """Not started yet: `desk.open()`."""
    made = Desk(qtbot, tmp_path)
    yield made
    made.close()
