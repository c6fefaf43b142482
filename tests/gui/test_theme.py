from __future__ import annotations

import re
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.stem_colours import STEM_COLOURS, stem_colour
from stemdesk.gui import theme
from stemdesk.gui.style import stylesheet
from stemdesk.gui.tokens import Colours

AA_TEXT = 4.5
SCHEMES = [theme.LIGHT, theme.DARK]


@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
@pytest.mark.parametrize("pair", theme.TEXT_PAIRS, ids="-on-".join)
def test_texts_can_be_read(colours: Colours, pair: tuple[str, str]) -> None:
    text, ground = (getattr(colours, name) for name in pair)
    assert theme.contrast(text, ground) >= AA_TEXT


@pytest.mark.parametrize("stem", [*STEM_COLOURS, "choir"])
def test_texts_on_stem_colours_can_be_read(stem: str) -> None:
    assert theme.contrast(theme.ON_STEM, stem_colour(stem)) >= AA_TEXT


@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
def test_palette_texts_can_be_read(qtbot: QtBot, colours: Colours) -> None:
    palette, role = theme.palette(colours), QPalette.ColorRole
    for text, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.PlaceholderText, role.Base),
        (role.ButtonText, role.Button),
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
        (role.Link, role.Window),
    ):
        value = theme.contrast(palette.color(text).name(), palette.color(ground).name())
        assert value >= AA_TEXT, (text, ground)


@pytest.mark.parametrize("stem", STEM_COLOURS)
@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
def test_waveforms_stand_out(colours: Colours, stem: str) -> None:
    drawn = theme.readable(stem_colour(stem), colours.well, theme.WAVE_CONTRAST)
    assert theme.contrast(drawn, colours.well) >= theme.WAVE_CONTRAST


@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
def test_borders_of_controls_and_the_focus_stand_out(colours: Colours) -> None:
    grounds = (colours.window, colours.surface, colours.well)
    for edge, ground in product((colours.outline, colours.accent), grounds):
        assert theme.contrast(edge, ground) >= 3.0


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_stems_have_the_agreed_colours() -> None:
    agreed = ["#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#e69f00", "#f0e442"]
    stems = ("drums", "bass", "other", "vocals", "guitar", "piano")
    assert [stem_colour(stem) for stem in stems] == agreed


def test_a_readable_colour_stays_as_it_is() -> None:
    assert theme.readable("#000000", "#ffffff", 3.0) == "#000000"


def test_mixed_lies_between() -> None:
    assert theme.mixed("#000000", "#ffffff", 0.5) == "#808080"
    assert theme.mixed("#123456", "#ffffff", 1.0) == "#123456"


@pytest.mark.parametrize("colours", SCHEMES, ids=["light", "dark"])
def test_the_style_sheet_uses_only_the_schemes_colours(colours: Colours) -> None:
    used = set(re.findall(r"#[0-9a-f]{6}", stylesheet(colours)))
    assert used <= {getattr(colours, name) for name in Colours.__slots__}


def test_following_the_system(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, Qt.ColorScheme.Light)
    try:
        with qtbot.waitSignal(theme.watch().changed):
            theme.apply(app, Qt.ColorScheme.Dark)
        assert theme.is_dark()
        assert app.palette().color(QPalette.ColorRole.Window) == QColor(theme.DARK.window)
    finally:
        theme.apply(app, Qt.ColorScheme.Unknown)
    assert not theme.is_dark()
