"""The scripts that made the built-in model, for their tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TRAINING = Path(__file__).parents[2] / "resources" / "models" / "starter" / "training"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts' folder on the path, as when one of them is run."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(TRAINING))
    yield
    for name in set(sys.modules) - before:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if Path(path).parent == TRAINING:
            del sys.modules[name]
