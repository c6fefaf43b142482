from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from stemdesk.gui.time_view import LOOP_MIN_S, SHORTEST_S, TimeView

PATIENT = settings(deadline=None)  # machines are busy at times


def a_view(length_s: float = 100.0, zoom: float = 1.0, at_s: float = 0.0) -> TimeView:
    made = TimeView()
    made.set_length(length_s)
    if zoom != 1.0:
        made.zoom(zoom, at_s)
    return made


def test_a_song_is_whole_in_sight() -> None:
    view = a_view(100.0)
    assert (view.first_s, view.last_s, view.zoomed) == (0.0, 100.0, False)
    view.set_length(120.0)  # now it is known exactly
    assert (view.first_s, view.last_s, view.zoomed) == (0.0, 120.0, False)


def test_a_zoomed_part_stays_while_the_song_grows() -> None:
    view = a_view(100.0, 4, 50.0)
    before = (view.first_s, view.last_s)
    view.set_length(120.0)
    assert (view.first_s, view.last_s) == before


def test_zooming_keeps_the_time_under_the_mouse() -> None:
    view = a_view(100.0)
    view.zoom(4.0, 80.0)
    assert view.span_s == pytest.approx(25.0)
    assert (80.0 - view.first_s) / view.span_s == pytest.approx(0.8)
    view.zoom(0.25, 80.0)
    assert (view.first_s, view.last_s) == pytest.approx((0.0, 100.0))


def test_zooming_by_key_keeps_the_playhead() -> None:
    view = a_view(100.0)
    view.set_playhead(30.0)
    view.zoom(2.0)
    assert (30.0 - view.first_s) / view.span_s == pytest.approx(0.3)


@PATIENT
@given(
    st.floats(0.01, 20_000),
    st.lists(
        st.one_of(
            st.tuples(st.just("zoom"), st.floats(0.1, 10), st.floats(-10, 30_000)),
            st.tuples(st.just("scroll"), st.floats(-20_000, 20_000), st.just(0.0)),
            st.tuples(st.just("playhead"), st.floats(0, 20_000), st.just(0.0)),
        ),
        max_size=20,
    ),
)
def test_what_is_in_sight_stays_within_the_song(
    length: float, deeds: list[tuple[str, float, float]]
) -> None:
    view = a_view(length)
    for what, amount, at in deeds:
        if what == "zoom":
            view.zoom(amount, at)
        elif what == "scroll":
            view.scroll(amount)
        else:
            view.set_playhead(min(amount, length))
        assert -1e-9 <= view.first_s <= view.last_s <= length + 1e-6
        assert view.span_s >= min(SHORTEST_S, length) - 1e-9


def test_the_page_turns_when_the_playhead_leaves_it() -> None:
    view = a_view(100.0, 10.0)  # 0 to 10
    view.set_playhead(9.99)
    assert view.first_s == 0.0
    view.set_playhead(10.01)
    assert view.first_s < 10.01 < view.first_s + 0.1 * view.span_s
    view.set_playhead(1.0)  # a loop's start, say
    assert view.first_s <= 1.0 <= view.last_s


def test_looking_elsewhere_by_hand_turns_no_pages(qtbot: QtBot) -> None:
    view = a_view(100.0, 10.0)
    view.scroll(50.0)
    view.set_playhead(5.0)
    assert (view.following, view.first_s) == (False, 50.0)
    view.follow()
    assert view.first_s <= 5.0 <= view.last_s
    view.scroll(50.0)
    with qtbot.waitSignal(view.sought) as sought:
        view.seek(500.0)
    assert sought.args == [100.0]
    view.set_playhead(100.0)
    assert view.first_s == pytest.approx(90.0)


def test_zooming_in_elsewhere_looks_elsewhere() -> None:
    view = a_view(100.0)
    view.set_playhead(5.0)
    view.zoom(1.05, 90.0)
    assert view.following
    view.zoom(10.0, 90.0)
    assert not view.following


def test_the_playhead_alone_changes_nothing_else(qtbot: QtBot) -> None:
    view = a_view(100.0)
    with qtbot.assertNotEmitted(view.changed), qtbot.waitSignal(view.moved) as moved:
        view.set_playhead(12.5)
    assert moved.args == [12.5]
    with qtbot.assertNotEmitted(view.moved):
        view.set_playhead(12.5)


def test_a_loop_is_wanted_once_it_is_drawn(qtbot: QtBot) -> None:
    view = a_view(100.0)
    with qtbot.assertNotEmitted(view.loop_wanted):
        view.drag_loop(30.0, 20.0)
        view.drag_loop(30.0, -5.0)
    assert view.loop == (0.0, 30.0)
    with qtbot.waitSignal(view.loop_wanted) as wanted:
        view.drop_loop()
    assert wanted.args == [(0.0, 30.0)]
    with qtbot.assertNotEmitted(view.loop_wanted):
        view.set_loop((0.01, 30.0))  # the player says which one it plays
        view.drop_loop()
    assert view.loop == (0.01, 30.0)
    with qtbot.waitSignal(view.loop_wanted) as wanted:
        view.remove_loop()
    assert wanted.args == [None]
    assert view.loop is None


@PATIENT
@given(st.floats(0.2, 100), st.floats(-10, 110), st.floats(-10, 110))
def test_loops_are_never_too_short(length: float, one: float, other: float) -> None:
    view = a_view(length)
    view.drag_loop(one, other)
    assert view.loop is not None
    start, end = view.loop
    assert 0.0 <= start <= end <= length
    assert end - start >= LOOP_MIN_S - 1e-9


def test_another_song_begins_anew() -> None:
    view = a_view(100.0, 10.0, 50.0)
    view.set_loop((1.0, 2.0))
    view.scroll(5.0)
    view.reset()
    assert (view.length_s, view.span_s, view.loop, view.following) == (0.0, 0.0, None, True)
    view.zoom(2.0)
    view.scroll(5.0)
    view.show_all()
    assert (view.first_s, view.last_s) == (0.0, 0.0)
