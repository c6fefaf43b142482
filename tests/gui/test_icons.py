from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui import icons, queue_row, row_actions, theme
from stemdesk.gui.widgets import icon_button
from stemdesk.paths import resources

FILES = sorted((resources() / "icons").glob("*.svg"))


def colours_in(image: QImage) -> set[str]:
    """The colours of all pixels that are fully there."""
    found = set()
    for x in range(image.width()):
        for y in range(image.height()):
            pixel = image.pixelColor(x, y)
            if pixel.alpha() == 255:
                found.add(pixel.name())
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_icons_are_small_svgs_of_one_colour(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    text = path.read_text("utf-8")
    root = ElementTree.fromstring(text)
    assert len(text) < 2000
    if path.stem == "stemdesk":
        assert root.get("viewBox") == "0 0 128 128"
        return
    assert root.get("viewBox") == "0 0 24 24"
    assert not re.search(r"#[0-9a-fA-F]{3,6}", text)
    assert "currentColor" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_icons_are_drawn_inside_their_square(qtbot: QtBot, path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    image = icons.pixmap(path.stem, "#123456", 48).toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(48) for y in range(48))
    for n in range(48):
        for x, y in ((n, 0), (n, 47), (0, n), (47, n)):
            assert image.pixelColor(x, y).alpha() == 0


def test_icons_take_the_colour(qtbot: QtBot) -> None:
    assert colours_in(icons.pixmap("stop", "#aa3311", 24).toImage()) == {"#aa3311"}


def test_icons_are_sharp_on_dense_screens(qtbot: QtBot) -> None:
    assert icons.pixmap("play", "#000000", 20, 2.0).toImage().width() == 40


def test_buttons_are_tinted_with_the_scheme(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    button = icon_button("stop", "Stop", "Stop")
    qtbot.addWidget(button)
    monkeypatch.setattr(theme._Current, "colours", theme.DARK)
    holder = button.parentWidget() or button
    icons._tint(button)
    assert holder is button
    shown = colours_in(button.icon().pixmap(24, 24).toImage())
    assert shown == {QColor(theme.DARK.text).name()}


def test_every_action_and_state_has_its_icon(qtbot: QtBot) -> None:
    names = {*row_actions.ICONS.values(), *(queue_row.state_icon(state)[0] for state in JobState)}
    assert names <= {path.stem for path in FILES}


def test_the_app_has_an_icon_in_all_sizes(qtbot: QtBot) -> None:
    for size in (16, 256):
        assert icons.app_icon().pixmap(size, size).width() >= size
    bars = colours_in(icons.app_pixmap(128).toImage())
    assert {"#56b4e9", "#009e73", "#d55e00", "#cc79a7"} <= bars
