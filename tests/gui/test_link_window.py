"""Links from the clipboard and from files to rows: the window with its real controller."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.core.settings import Settings
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.given import Given
from stemdesk.gui.link_dialogs import KnownDialog, NoticeDialog
from stemdesk.gui.playlist_dialog import PlaylistDialog
from stemdesk.gui.window import MainWindow
from support.desk import Desk
from support.fake_player import FakePlayer
from support.link_services import a_list, slow
from support.stage import drag, drop, file_mime

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

ALBUM = "https://music.example/album"
SONG = "https://music.example/night-train"


@pytest.fixture
def window(desk: Desk, qtbot: QtBot) -> Iterator[MainWindow]:
    desk.links.lists[ALBUM] = a_list(ALBUM, "one", "two!", "three")
    controller = desk.open(Settings(draft_accepted=True))
    made = MainWindow(controller, cast(Any, FakePlayer), lambda: "")
    qtbot.addWidget(made)
    made.show()
    yield made
    desk.close()


def wait_for(desk: Desk, window: MainWindow, kind: type[Dialog]) -> Dialog:
    """The dialog of that kind, once it is open."""

    def shown() -> list[Dialog]:
        return [one for one in window.findChildren(kind) if one.isVisible()]

    desk.wait_until(lambda: bool(shown()))
    return shown()[0]


def press(dialog: Dialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def test_from_the_clipboard_and_a_file_to_finished_rows(
    desk: Desk, window: MainWindow, tmp_path: Path
) -> None:
    controller = desk.controller
    shortcut = tmp_path / "A song.url"
    shortcut.write_text(f"[InternetShortcut]\r\nURL={SONG}\r\n")
    files = file_mime([shortcut])
    assert drag(window, files) and drop(window, files)
    QApplication.clipboard().setText(ALBUM)
    window.paste()
    press(wait_for(desk, window, NoticeDialog), "take")
    chooser = wait_for(desk, window, PlaylistDialog)
    assert isinstance(chooser, PlaylistDialog)
    assert [entry.title for entry in chooser.model.chosen()] == ["One", "Three"]
    press(chooser, "split")
    desk.wait_until(lambda: len(controller.jobs) == 3)
    desk.wait_for(JobState.DONE, *(job.id for job in controller.jobs))
    titles = sorted(job.tags.title for job in controller.jobs)
    assert titles == ["Night Train", "One", "Three"]
    assert controller.settings.links_noticed


def test_a_finished_song_is_recognised_at_its_other_address(
    desk: Desk, window: MainWindow, qtbot: QtBot
) -> None:
    controller = desk.controller
    controller.change_settings(Settings(draft_accepted=True, links_noticed=True))
    (first,) = desk.add_links(SONG)
    desk.wait_for(JobState.DONE, first)
    window.adds.take(Given(links=(SONG,)))
    press(wait_for(desk, window, KnownDialog), "leave")
    qtbot.waitUntil(lambda: not window.findChildren(KnownDialog))
    desk.links.fetches["night-train"] = slow  # it is not done before it is answered
    QApplication.clipboard().setText("https://short.example/night-train")
    window.paste()  # the same key comes of it
    press(wait_for(desk, window, KnownDialog), "show")
    desk.wait_until(lambda: [job.id for job in controller.jobs] == [first])
    assert window.library.view.current_id() == first
