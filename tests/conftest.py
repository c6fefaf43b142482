"""Set before anything is imported: no screen, and one thread for networks that are too small to
gain by two (on a busy machine they lose: OpenMP's threads wait for each other in a loop)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Hypothesis refuses to make numbers in a thread that sets the smallest ones to zero, as the
    engine does in the thread that it computes in; and that is this one in some tests."""
    made = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if not (made and "torch" in sys.modules and _flushes()):
        yield
        return
    import torch

    torch.set_flush_denormal(False)
    try:
        yield
    finally:
        torch.set_flush_denormal(True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, Any, Any]:
    """Circles with Qt's objects in them end in this thread, between the tests, as in the window;
    never in a thread of the tests that come next."""
    from stemdesk.gui.collector import Collections  # after the environment is set

    gc.disable()
    done = yield
    _made.setdefault("collections", Collections()).look()
    return done


_made: dict[str, Any] = {}


def _flushes() -> bool:
    import numpy as np  # after OMP_NUM_THREADS is set

    smallest = np.full(1, np.nextafter(np.float32(0), np.float32(1)))
    return bool((smallest * np.float32(1) == 0).all())
