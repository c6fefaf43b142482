from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.fetch.releases import Known, read_known
from stemdesk.gui import app_words
from stemdesk.gui.updates import Updates
from support.opened import record_opened
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

PAGE = "https://example.org/9.9.9"
NEWER = Known(1.0, "9.9.9", PAGE)


class Asked:
    """Answers what the test says, and counts."""

    def __init__(self, answer: Known | BaseException) -> None:
        self.answer = answer
        self.asked: list[Path] = []
        self.tokens: list[CancelToken] = []

    def __call__(self, data: Path, _now_s: float, cancel: CancelToken) -> Known:
        self.asked.append(data)
        self.tokens.append(cancel)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path, Settings(check_updates=True))


def looked(stage: Stage, asked: Asked, version: str = "0.1.0") -> Updates:
    """After the first look."""
    banner = stage.window.banners.update_ready
    updates = Updates(stage.controller, banner, asked, version)  # type: ignore[arg-type] # a fake
    updates.look()
    ended(stage)
    return updates


def ended(stage: Stage) -> None:
    stage.qtbot.waitUntil(lambda: not stage.controller.tasks._tasks)


def test_a_newer_version_is_told_and_its_page_opened(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(NEWER)
    looked(stage, asked)
    banner = stage.window.banners.update_ready
    assert banner.isVisible() and banner.label.text() == "StemDesk 9.9.9 is out."
    assert asked.asked == [stage.controller.folders.data]
    opened = record_opened(monkeypatch)
    assert banner.buttons[0].text() == app_words.OPEN_PAGE
    banner.buttons[0].click()
    assert opened == [QUrl(PAGE)] and banner.isVisible()


def test_who_does_not_want_this_version_hears_no_more_of_it(stage: Stage) -> None:
    looked(stage, Asked(NEWER))
    banner = stage.window.banners.update_ready
    banner.buttons[1].click()
    assert not banner.isVisible()
    ended(stage)
    assert read_known(stage.controller.folders.data).passed == "9.9.9"


def test_nobody_is_asked_unless_that_is_wanted(stage: Stage) -> None:
    stage.controller.settings = Settings()
    asked = Asked(NEWER)
    updates = looked(stage, asked)
    assert asked.asked == [] and not stage.window.banners.update_ready.isVisible()
    stage.controller.settings = Settings(check_updates=True)
    updates.look()  # as after the settings have changed
    ended(stage)
    assert stage.window.banners.update_ready.isVisible()
    stage.controller.settings = replace(stage.controller.settings, check_updates=False)
    updates.look()
    assert not stage.window.banners.update_ready.isVisible()


def test_who_changes_their_mind_twice_hears_of_it(stage: Stage) -> None:
    """The first question is given up while the second one is wanted already."""
    tokens: list[CancelToken] = []

    def ask(_data: Path, _now_s: float, cancel: CancelToken) -> Known:
        tokens.append(cancel)
        if len(tokens) == 1:
            cancel.wait(600)
        return NEWER

    banner = stage.window.banners.update_ready
    updates = Updates(stage.controller, banner, ask, "0.1.0")  # type: ignore[arg-type] # a fake
    wanted = stage.controller.settings
    updates.look()
    stage.qtbot.waitUntil(lambda: bool(tokens))
    for settings in (replace(wanted, check_updates=False), wanted):
        stage.controller.settings = settings
        updates.look()
    stage.qtbot.waitUntil(banner.isVisible)
    assert len(tokens) == 2


def test_this_version_is_no_news(stage: Stage) -> None:
    looked(stage, Asked(NEWER), "9.9.9")
    assert not stage.window.banners.update_ready.isVisible()


def test_it_is_told_once(stage: Stage) -> None:
    asked = Asked(NEWER)
    updates = looked(stage, asked)
    banner = stage.window.banners.update_ready
    banner.cross.click()
    updates.look()
    ended(stage)
    assert not banner.isVisible() and len(asked.asked) == 2
    asked.answer = Known(2.0, "9.9.10", PAGE)
    updates.look()
    ended(stage)
    assert banner.isVisible() and "9.9.10" in banner.label.text()


def test_a_failure_is_only_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("stemdesk"), "propagate", True)
    asked = Asked(FetchError(ErrorCode.DOWNLOAD_OFFLINE, "no route", host="example.org"))
    with caplog.at_level(logging.INFO, "stemdesk"):
        looked(stage, asked)
    assert "updates could not be looked for" in caplog.text
    banners = stage.window.banners
    assert not banners.update_ready.isVisible() and not banners.message.isVisible()


def test_it_is_asked_again_while_the_app_stays_open(stage: Stage) -> None:
    asked = Asked(NEWER)
    banner = stage.window.banners.update_ready
    updates = Updates(stage.controller, banner, asked, "0.1.0", every_ms=1)  # type: ignore[arg-type] # a fake
    updates.look()
    stage.qtbot.waitUntil(lambda: len(asked.asked) >= 3)
    updates.stop()
    assert not updates._timer.isActive()


def test_the_apps_end_does_not_wait_for_it(stage: Stage) -> None:
    tokens: list[CancelToken] = []

    def ask(_data: Path, _now_s: float, cancel: CancelToken) -> Known:
        tokens.append(cancel)
        cancel.wait(600)
        return NEWER

    banner = stage.window.banners.update_ready
    updates = Updates(stage.controller, banner, ask, "0.1.0")  # type: ignore[arg-type] # a fake
    updates.look()
    updates.look()  # one is enough at a time
    stage.qtbot.waitUntil(lambda: bool(tokens))
    updates.stop()
    ended(stage)
    assert len(tokens) == 1 and not banner.isVisible()
