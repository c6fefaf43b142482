"""What StemDesk opens in other programs; none is started."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def record_opened(monkeypatch: pytest.MonkeyPatch, answer: bool = True) -> list[QUrl]:
    """Grows with what is opened from now on. `answer`: whether the system has a program for it."""
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return answer

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return opened
