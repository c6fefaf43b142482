"""The window's own pages, as the window opens them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import stemdesk
from stemdesk.core.declared import Kind
from stemdesk.core.settings import Settings, declared
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.priority import can_limit
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


def obeyed() -> set[str]:
    """The settings that something outside of the settings' own modules reads."""
    package = Path(stemdesk.__file__).parent
    text = "\n".join(
        path.read_text("utf-8")
        for path in package.rglob("*.py")
        if path.name not in ("settings.py", "settings_dialog.py")
    )
    names = {item.name for item in fields(Settings)}
    return {name for name in names if re.search(rf"settings\.{name}\b", text)}


def test_the_settings_window_shows_every_setting_that_acts_and_no_other(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.window.show_settings()
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    wanted = {name for name in obeyed() if declared(name).kind is not Kind.HIDDEN}
    if not can_limit():
        wanted.discard("threads_playing")
    assert set(dialog.fields) == wanted | {"format", "bits", "exact_sum"}  # `Settings.export`
    assert {"longest_hours", "cache_gb", "stay_awake"} <= wanted
    dialog.save.click()
    assert stage.controller.settings == Settings(window=stage.controller.settings.window)
