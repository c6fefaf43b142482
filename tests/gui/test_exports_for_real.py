"""From a click to files: the window with the real export behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from pytestqt.qtbot import QtBot

from stemdesk.core.export_order import MODEL_RATE, ExportOrder
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.gui.export_dialog import ExportDialog
from stemdesk.gui.export_values import ExportServices
from support.stage import FOUR, Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


def test_a_click_makes_files_that_hold_the_stems(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    controller = stage.controller
    controller.exports.services = ExportServices()
    job = stage.done_song("Viper")
    stage.window.exports.show([job.id])
    qtbot.waitUntil(lambda: bool(stage.window.findChildren(ExportDialog)), timeout=20_000)
    dialog = stage.dialog()
    assert isinstance(dialog, ExportDialog)
    formats = (FileFormat(FileKind.WAV, 24), FileFormat(FileKind.FLAC, 16))
    dialog.apply(ExportOrder(formats=formats, samplerate=MODEL_RATE, template="{stem}"))
    qtbot.waitUntil(lambda: not dialog.planning, timeout=20_000)
    assert dialog.export.text() == "Export 8 files"
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(stage.window.exports.strip.reports), timeout=20_000)
    text = stage.window.exports.strip.reports[0].label.text()
    assert text.startswith("8 files of “Viper” exported."), text
    assert job.output is not None
    for stem in FOUR:
        saved, _ = soundfile.read(job.output / f"{stem}.wav", dtype="int32")
        for one in formats:
            path = controller.folders.exports / f"{stem}{one.suffix}"
            written, rate = soundfile.read(path, dtype="int32")
            assert rate == 8000
            assert (written == saved).all(), path
    controller.exports.stop()
