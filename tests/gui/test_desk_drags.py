from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from stemdesk.gui import drag_words
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dragged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that were dragged; nobody has to let them go."""
    names: list[str] = []

    def noted(drag: QDrag, *_actions: Qt.DropAction) -> Qt.DropAction:
        names.extend(url.fileName() for url in drag.mimeData().urls())
        return Qt.DropAction.CopyAction

    monkeypatch.setattr(QDrag, "exec", noted)
    return names


def pull(grip: QLabel) -> None:
    QTest.mousePress(grip, LEFT, pos=QPoint(4, 4))
    QTest.mouseMove(grip, QPoint(80, 4))


def test_a_stem_is_dragged_by_its_grip(qtbot: QtBot, tmp_path: Path, dragged: list[str]) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.play_song()
    grip = stage.window.song.stems.lanes[1].head.grip
    qtbot.waitUntil(grip.isEnabled)
    assert grip.toolTip() == drag_words.STEM_TIP
    pull(grip)
    assert dragged == ["bass.wav"]


def test_grips_follow_the_song(qtbot: QtBot, tmp_path: Path, dragged: list[str]) -> None:
    stage = Stage(qtbot, tmp_path)
    grip = stage.window.song.stems.transport.grip
    assert not grip.isEnabled()
    stage.play_song()
    qtbot.waitUntil(grip.isEnabled)
    assert grip.toolTip() == drag_words.REMIX_TIP
    stage.window.song.let_go(stage.window.song.job_id)
    assert not grip.isEnabled()
    assert grip.toolTip() == drag_words.NO_SONG
    pull(grip)
    assert dragged == []
