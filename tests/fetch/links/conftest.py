from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.asking import Asking, children
from support.link_site import LinkSite


@pytest.fixture
def site() -> Iterator[LinkSite]:
    made = LinkSite()
    with made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """Whatever a test does, no process and no thread of a link is left behind."""
    before = children()
    yield
    assert children() <= before
    assert not [one for one in threading.enumerate() if one.name == "link"]


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path / "download")
