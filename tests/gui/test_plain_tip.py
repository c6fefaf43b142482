from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui.widgets import ElidedLabel, plain_tip


@pytest.mark.parametrize("text", ["a song", "1 > 0", "line\nline"])
def test_text_that_is_no_markup_stays(text: str) -> None:
    assert plain_tip(text) == text


def test_markup_is_shown_as_it_is() -> None:
    tip = plain_tip("<b>bold</b>\n<img src=http://tracker.example/x>")
    assert tip == ("<qt>&lt;b&gt;bold&lt;/b&gt;<br>&lt;img src=http://tracker.example/x&gt;</qt>")


def test_a_title_that_is_cut_is_no_markup_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("<b>bold</b> " * 50)
    qtbot.addWidget(label)
    label.resize(100, 30)
    label.show()
    assert label.toolTip().startswith("<qt>&lt;b&gt;bold")
