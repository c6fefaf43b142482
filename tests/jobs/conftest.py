from pathlib import Path

import pytest

from support.place import Place, make_place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Scratch, a small model and a place for songs and stems."""
    return make_place(tmp_path / "place")
