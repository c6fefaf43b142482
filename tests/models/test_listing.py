from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.models.library import ModelLibrary
from stemdesk.models.listing import State, listing
from support.models import SOURCES, install_small
from support.released import install_released


def test_everything_that_is_here_or_could_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = install_released(tmp_path / "models", "htdemucs_ft", monkeypatch)
    size_bytes = files[0].stat().st_size
    for file in files[1:]:
        file.unlink()
    install_small(tmp_path / "models", "zz")
    install_small(tmp_path / "built in", "starter")
    (tmp_path / "models" / "bad.yaml").write_text("models: [")
    models = listing(ModelLibrary(tmp_path / "models", tmp_path / "built in"))
    assert [(item.name, item.state) for item in models] == [
        ("bad", State.BROKEN),
        ("htdemucs_ft", State.PARTLY),
        ("zz", State.INSTALLED),
        ("starter", State.BUILT_IN),
        ("htdemucs", State.NOT_INSTALLED),
        ("hdemucs_mmi", State.NOT_INSTALLED),
    ]
    bad, fine, own, starter, usual, old = models
    assert bad.error is not None and bad.error.code is ErrorCode.MODEL_CORRUPT
    assert (fine.stems, fine.sources) == (("drums",), SOURCES)
    assert fine.size_bytes == size_bytes and fine.download_bytes == 3 * size_bytes
    assert fine.released is not None and fine.released.name == "htdemucs_ft"
    assert (own.stems, own.download_bytes, own.released) == (SOURCES, 0, None)
    assert starter.size_bytes > 0
    assert (usual.stems, usual.size_bytes, usual.download_bytes) == ((), 0, size_bytes)
    assert old.download_bytes == 0 and old.released is not None and not old.released.tested


def test_a_model_of_ones_own_with_a_released_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_released(tmp_path / "other", "htdemucs", monkeypatch)
    install_small(tmp_path / "models", "htdemucs")
    first = listing(ModelLibrary(tmp_path / "models", None))[0]
    assert (first.name, first.state, first.released) == ("htdemucs", State.INSTALLED, None)
