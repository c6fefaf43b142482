from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui.time_view import TimeView
from stemdesk.gui.zoom_bar import ZOOM_STEP, ZoomBar


@pytest.fixture
def view(qtbot: QtBot) -> TimeView:
    made = TimeView()
    made.set_length(100.0)
    return made


@pytest.fixture
def bar(qtbot: QtBot, view: TimeView) -> ZoomBar:
    made = ZoomBar(view)
    qtbot.addWidget(made)
    return made


def test_in_out_and_all(bar: ZoomBar, view: TimeView) -> None:
    assert not bar.out.isEnabled()
    assert not bar.whole.isEnabled()
    bar.into.click()
    bar.into.click()
    assert view.span_s == pytest.approx(100.0 / ZOOM_STEP**2)
    bar.out.click()
    assert view.span_s == pytest.approx(100.0 / ZOOM_STEP)
    bar.whole.click()
    assert view.span_s == 100.0
    assert not bar.whole.isEnabled()


def test_following_is_shown_and_switched(bar: ZoomBar, view: TimeView) -> None:
    def follows() -> tuple[bool, bool]:
        return view.following, bar.follow.isChecked()

    assert follows() == (True, True)
    bar.into.click()
    view.scroll(10.0)
    assert follows() == (False, False)  # they look elsewhere
    view.play_began()
    assert follows() == (True, True)
    bar.follow.click()
    view.play_began()  # they do not want it
    view.seek(50.0)
    view.set_playhead(50.0)
    assert follows() == (False, False)
    view.reset()  # nor with another song
    view.set_length(50.0)
    assert follows() == (False, False)
    bar.toggle_following()
    assert follows() == (True, True)


def test_nothing_to_zoom_without_a_song(qtbot: QtBot) -> None:
    bar = ZoomBar(TimeView())
    qtbot.addWidget(bar)
    assert not bar.into.isEnabled()
