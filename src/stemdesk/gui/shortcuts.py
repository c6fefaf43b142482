"""Which keys do what in the window (`labels.KEYS` tells people)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from stemdesk.gui.keys import PlainKeys
from stemdesk.gui.row_actions import RowAction
from stemdesk.gui.zoom_bar import ZOOM_STEP

if TYPE_CHECKING:
    from stemdesk.gui.window import MainWindow

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
SKIP_S = 5.0
SKIP_FAR_S = 15.0
SPEED_STEP = 5.0


def install_shortcuts(window: MainWindow) -> PlainKeys:
    """Keys with Ctrl are shortcuts; plain ones leave text fields and focused controls alone."""
    bar, view = window.add_bar, window.library.view

    def show_folder() -> None:
        window.commands.run(RowAction.SHOW_FOLDER, [window.song.job_id])

    def export() -> None:
        window.exports.show(view.selected_ids() or [window.song.job_id])

    for keys, act in (
        (QKeySequence.StandardKey.Open, window.open_files),
        ("Ctrl+Shift+O", window.open_folder),
        (QKeySequence.StandardKey.Paste, window.paste),
        ("Ctrl+,", window.show_settings),
        ("Ctrl+Shift+M", window.models.show_page),
        ("F1", window.show_keys),
        ("F12", window.pages.show_diagnostics),
        ("Ctrl+Q", window.close),
        ("Ctrl+L", lambda: _to_library(window)),
        ("Ctrl+D", window.empty.demo.click),
        ("Ctrl+Shift+F", show_folder),
        ("Ctrl+E", export),
        ("Ctrl+Shift+Del", window.library.forget.click),
        ("Alt+M", bar.model.setFocus),
        ("Alt+Q", bar.quality.setFocus),
    ):
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(_plainly(act))
    plain = PlainKeys(window)
    plain.on_key(Qt.Key.Key_Delete, view.remove_selected)
    plain.on_key(Qt.Key.Key_Escape, lambda: _escape(window))
    _player_keys(window, plain)
    return plain


def _player_keys(window: MainWindow, plain: PlainKeys) -> None:
    playback, view = window.playback, window.song.stems.view

    def skip(seconds: float) -> None:  # through the view: what is heard comes in sight
        view.seek(playback.position_s + seconds)

    plain.on_key(Qt.Key.Key_Space, playback.toggle)
    plain.on_key(Qt.Key.Key_Space, playback.stop, _SHIFT)
    plain.on_key(Qt.Key.Key_Home, lambda: view.seek(0.0))
    for key, sign in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
        plain.on_key(key, partial(skip, sign * SKIP_S))
        plain.on_key(key, partial(skip, sign * SKIP_FAR_S), _SHIFT)

    for key, act in (
        (Qt.Key.Key_L, playback.toggle_loop),
        (Qt.Key.Key_I, playback.start_loop_here),
        (Qt.Key.Key_O, playback.end_loop_here),
        (Qt.Key.Key_A, playback.toggle_side),
        (Qt.Key.Key_BracketLeft, partial(playback.change_speed, -SPEED_STEP)),
        (Qt.Key.Key_BracketRight, partial(playback.change_speed, SPEED_STEP)),
        # Brackets need AltGr on many keyboards.
        (Qt.Key.Key_Comma, partial(playback.change_speed, -SPEED_STEP)),
        (Qt.Key.Key_Period, partial(playback.change_speed, SPEED_STEP)),
    ):
        plain.on_key(key, act)
    _view_keys(window, plain)

    def on_lane(act: Callable[[str], object]) -> Callable[[int], None]:
        def with_number(number: int) -> None:
            lanes = window.song.stems.lanes if window.song.shows_stems else []
            if number <= len(lanes):
                act(lanes[number - 1].stem)

        return with_number

    plain.on_digit(on_lane(lambda s: playback.set_muted(s, not playback.is_muted(s))))
    plain.on_digit(on_lane(lambda s: playback.set_soloed(s, not playback.is_soloed(s))), _SHIFT)
    plain.on_digit(on_lane(playback.only), _ALT)


def _view_keys(window: MainWindow, plain: PlainKeys) -> None:
    page = window.song.stems
    view, zoom = page.view, page.desk.zoom
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):  # where + is, with and without Shift
        for modifiers in (Qt.KeyboardModifier.NoModifier, _SHIFT):
            plain.on_key(key, partial(view.zoom, ZOOM_STEP), modifiers)
    plain.on_key(Qt.Key.Key_Minus, partial(view.zoom, 1 / ZOOM_STEP))
    plain.on_key(Qt.Key.Key_0, view.show_all)
    plain.on_key(Qt.Key.Key_F, zoom.toggle_following)


def _to_library(window: MainWindow) -> None:
    """Show or hide the library; the focus goes to it."""
    window.body.toggle()
    if window.library.isVisible():
        window.library.view.setFocus()


def _escape(window: MainWindow) -> None:
    if window.body.drawer_open:
        window.body.close_drawer()
    elif not window.exports.strip.dismiss():
        window.banners.dismiss()


def _plainly(act: Callable[[], object]) -> Callable[[], None]:
    """Qt must not see what `act` returns or accepts."""

    def run() -> None:
        act()

    return run
