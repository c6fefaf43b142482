import pytest
from PySide6.QtGui import QImageReader
from pytestqt.qtbot import QtBot

from stemdesk.gui import trial


def test_it_paints(qtbot: QtBot) -> None:
    assert trial.try_window().startswith("Qt 6.")


def test_a_picture_format_that_is_missing_is_named(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QImageReader, "supportedImageFormats", list)
    with pytest.raises(trial.WindowError, match="jpeg, png, svg, webp"):
        trial.try_window()


def test_text_that_is_not_painted_is_found(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_paints", lambda _: False)
    with pytest.raises(trial.WindowError, match="fonts"):
        trial.try_window()
