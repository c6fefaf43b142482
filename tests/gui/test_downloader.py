"""The downloader: its version in the settings, and its update."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, FetchError, LinkError
from stemdesk.core.job import JobState
from stemdesk.core.link_sentences import say_updated
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.gui import fetch_words
from stemdesk.gui.controller import Controller
from stemdesk.gui.downloader_box import DownloaderBox
from stemdesk.gui.model_values import Download, Errand, Phase
from support.desk import Desk
from support.link_services import failing

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's
URL = "https://music.example/night"
CHANGED = LinkError(ErrorCode.LINK_SITE_CHANGED, "nsig", site="Example", version="2026.10.26")


def box(qtbot: QtBot, desk: Desk) -> DownloaderBox:
    made = DownloaderBox(desk.controller.downloader)
    qtbot.addWidget(made, before_close_func=lambda _: made.end())
    made.show()
    return made


def a_failed_song(qtbot: QtBot, desk: Desk) -> tuple[Controller, DownloaderBox, str]:
    """A song whose site has changed, beside what the settings show."""
    desk.links.looks["night"] = failing(CHANGED)
    controller = desk.open()
    shown = box(qtbot, desk)
    (job_id,) = desk.add_links(URL)
    desk.wait_for(JobState.FAILED, job_id)
    return controller, shown, job_id


def test_its_version_is_told(qtbot: QtBot, desk: Desk) -> None:
    desk.open()
    shown = box(qtbot, desk)
    qtbot.waitUntil(lambda: "2026.10.26" in shown.version.text())
    assert "came with StemDesk" in shown.version.text()
    assert "YouTube" in shown.runtime.text()  # there is none
    assert not shown.status.isVisible()


def test_an_update_is_shown_and_the_song_tried_again(qtbot: QtBot, desk: Desk) -> None:
    go = threading.Event()

    def update(report: TransferReport, _: CancelToken) -> str:
        report(Transfer("yt_dlp.whl", 430, 1000, 1e6, 1.0))
        assert go.wait(30)
        return "2026.11.1"

    desk.links.update = update
    controller, shown, job_id = a_failed_song(qtbot, desk)
    desk.links.looks.clear()
    controller.downloader.start(job_id)
    qtbot.waitUntil(lambda: "43 %" in shown.status.text())
    assert shown.update_it.text() == fetch_words.CANCEL_UPDATE
    go.set()
    desk.wait_for(JobState.DONE, job_id)
    assert [message.text for message in desk.messages] == [say_updated("2026.11.1")]
    assert shown.update_it.text() == fetch_words.UPDATE_BUTTON


def test_that_there_is_none_is_said_and_nothing_tried_again(qtbot: QtBot, desk: Desk) -> None:
    def update(_: TransferReport, __: CancelToken) -> str:
        raise FetchError(ErrorCode.UPDATE_NONE, version="2026.10.26")

    desk.links.update = update
    controller, shown, job_id = a_failed_song(qtbot, desk)
    controller.downloader.start(job_id)
    qtbot.waitUntil(lambda: "no newer downloader" in shown.status.text())
    assert len(desk.messages) == 1 and "no newer" in desk.messages[0].text
    assert desk.state(job_id) is JobState.FAILED
    assert desk.links.begun("look") == ["night"]


def test_an_update_can_be_cancelled(qtbot: QtBot, desk: Desk) -> None:
    begun = threading.Event()

    def update(_: TransferReport, cancel: CancelToken) -> str:
        begun.set()
        while True:
            cancel.wait(0.01)

    desk.links.update = update
    controller = desk.open()
    shown = box(qtbot, desk)
    shown.update_it.click()
    qtbot.waitUntil(begun.is_set)
    qtbot.waitUntil(lambda: shown.update_it.text() == fetch_words.CANCEL_UPDATE)
    shown.update_it.click()
    qtbot.waitUntil(lambda: shown.status.text() == "The update was stopped.")
    assert desk.messages == [] and controller.downloader.update is not None


@pytest.mark.parametrize(
    ("update", "text"),
    [
        (Download(Errand.DOWNLOAD, phase=Phase.WAITING), "Updating the downloader…"),
        (
            Download(Errand.DOWNLOAD, transfer=Transfer("a", 30, 100)),
            "Updating the downloader: 30 %",
        ),
        (
            Download(Errand.DOWNLOAD, transfer=Transfer("a", 100, 100)),
            "Trying the new downloader…",
        ),
        (Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="No network."), "No network."),
        (Download(Errand.DOWNLOAD, phase=Phase.DONE), ""),
    ],
)
def test_updates_in_words(update: Download, text: str) -> None:
    assert fetch_words.update_text(update) == text


def test_versions_in_words() -> None:
    assert fetch_words.version_text("2026.11.1", "2026.10.26").endswith("(updated)")
    assert "not installed" in fetch_words.version_text("", "")
    assert fetch_words.runtime_text("2.9.8", True) == "JavaScript runtime: deno 2.9.8"
    assert "1.40 is too old" in fetch_words.runtime_text("1.40", False)
