"""Every control has a name and can be reached; large fonts are not cut in a small window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import DiskFullError, ErrorCode
from stemdesk.core.export_order import ExportOrder, Extra
from stemdesk.core.job import Failure, JobState
from stemdesk.core.options import SeparationOptions
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.track import Tags
from stemdesk.core.transfer import Transfer
from stemdesk.fetch.links.values import LinkEntry, LinkList
from stemdesk.gui import theme
from stemdesk.gui.export_dialog import ExportDialog
from stemdesk.gui.export_values import Batch, Ended
from stemdesk.gui.model_values import Download, Errand, ModelState, Phase
from stemdesk.gui.values import BatchSummary, NoDevice, UserMessage
from stemdesk.gui.widgets import ElidedLabel
from stemdesk.jobs.exports.values import Exported, ExportSong
from support.export_script import endless
from support.fake_links import URL, link_job
from support.fake_models import STARTER, released
from support.link_services import a_list
from support.stage import MODELS, SIX, Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QListView,
    QPlainTextEdit,
)
LONG = "A title that goes on and on, 🎵 und 日本語 too, " * 8


def controls(root: QWidget) -> list[QWidget]:
    """What a person can operate, without the parts that Qt puts inside of its own widgets."""
    found: list[QWidget] = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, CONTROLS) or isinstance(widget, QScrollBar):
            continue
        parent = widget.parentWidget()
        if isinstance(parent, QLineEdit | QAbstractSpinBox | QComboBox):
            continue
        if type(widget).__module__.startswith("PySide6") and widget.objectName().startswith("qt_"):
            continue
        if parent is not None and "QComboBoxPrivateContainer" in parent.metaObject().className():
            continue
        found.append(widget)
    return found


def shown_states(stage: Stage) -> Iterator[str]:
    """The window in each of its faces."""
    yield "empty"
    stage.window.empty.link.setText("ftp://" + LONG)
    stage.window.add_bar.path.setText("https://a.example https://b.example")
    yield "links in the fields"
    stage.window.empty.link.clear()
    stage.window.add_bar.path.clear()
    stage.controller.models_known.emit(
        (STARTER, released(licence=LONG), released("htdemucs_ft", ModelState.PARTIAL), *MODELS[1:])
    )
    yield "first start"
    stage.window.models.show_page()
    running = Transfer("htdemucs", 43, 100, 2.1e6, 31.0)
    stage.controller.models.put("htdemucs", Download(Errand.DOWNLOAD, transfer=running))
    failed_one = Download(Errand.CHECK, phase=Phase.FAILED, error="The hash is wrong. " * 9)
    stage.controller.models.put("htdemucs_ft", failed_one)
    yield "models"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    stage.controller.models.put("htdemucs", None)
    missing = Failure(ErrorCode.MODEL_MISSING, facts={"model": "htdemucs"})
    options = SeparationOptions("htdemucs")
    waits = stage.controller.add(state=JobState.WAITING, failure=missing, separation=options)
    stage.window.library.view.select(waits.id)
    yield "waiting for a model"
    stage.controller.model_wanted.emit("htdemucs")
    yield "asked"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    draft = stage.done_song("draft", separation=SeparationOptions("starter"))
    stage.window.library.view.select(draft.id)
    stage.qtbot.waitUntil(lambda: stage.window.song.shows_stems)
    yield "draft"
    stage.controller.models_known.emit(MODELS)
    stage.play_song(stems=SIX)
    yield "done"
    run = stage.controller.add("run.mp3", tags=Tags(LONG, "An artist"))
    stage.controller.run(run, Progress(JobStage.SEPARATING, 0.43, 72))
    stage.window.library.view.select(run.id)
    yield "busy"
    failure = Failure(ErrorCode.DISK_FULL, "", Path("/" + "x" * 90), {"needed_bytes": 10**10})
    failed = stage.controller.add("bad.mp3", state=JobState.FAILED, failure=failure)
    stage.window.library.view.select(failed.id)
    stage.controller.batch_finished.emit(BatchSummary(497, 3, 0))
    stage.controller.message.emit(UserMessage("Two files were passed over. " * 6, "a\nb"))
    yield "failed"
    gone = stage.controller.add("gone.mp3", state=JobState.DONE, output=stage.root / "gone")
    stage.controller.missing.add(gone.id)
    stage.window.library.view.select(gone.id)
    yield "missing"
    listed = stage.controller.put(link_job())[0]
    stage.controller.links.lists[listed.id] = a_list(URL, "one", "two", title=LONG)
    stage.window.library.view.select(listed.id)
    yield "list"
    changed = Failure(ErrorCode.LINK_SITE_CHANGED, "", None, {"site": "Music Example"})
    link = stage.controller.put(link_job(title=LONG, state=JobState.FAILED, failure=changed))[0]
    stage.window.library.view.select(link.id)
    stage.controller.downloader.put(Download(Errand.DOWNLOAD, transfer=running))
    yield "link"
    for banner in stage.window.banners.all:
        banner.hide()
    yield from _link_states(stage)
    yield from _exports(stage)
    stage.window.show_settings()
    yield "settings"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    stage.window.pages.show_diagnostics()
    yield "diagnostics"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    stage.window.pages.ask_delete()
    stage.qtbot.waitUntil(lambda: bool(_dialogs(stage)))
    yield "deleting everything"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    stage.window.show_keys()
    yield "keys"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    stage.window.show_failure(failed.id)
    yield "why"


def _link_states(stage: Stage) -> Iterator[str]:
    """What the window asks about links."""
    done = link_job("https://a.example/1", LONG, state=JobState.DONE)
    stage.controller.put(done)
    stage.controller.links_found.emit(("https://a.example/1",))
    yield "notice"
    stage.press("take")
    yield "known"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    job = stage.controller.put(link_job())[0]
    songs = [LinkEntry(f"https://a.example/{n}", LONG, LONG, 100.0 * n) for n in range(200)]
    songs[3] = LinkEntry("https://a.example/x", "", trouble="It is private. " * 9)
    album = LinkList("https://a.example/l", "l", "Example", LONG, tuple(songs), 4000)
    stage.controller.links.find_list(job, album)
    yield "list"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))


def _exports(stage: Stage) -> Iterator[str]:
    """The export window with everything unfolded, an export that runs, and one that failed."""
    song = stage.done_song("export", tags=Tags(LONG, "An artist"))
    stage.window.exports.show([song.id])
    stage.qtbot.waitUntil(lambda: bool(_dialogs(stage)))
    dialog = stage.dialog()
    assert isinstance(dialog, ExportDialog)
    stage.qtbot.waitUntil(lambda: not dialog.planning)
    yield "export"
    dialog.formats.add.click()
    for fold in (dialog.parts.more, dialog.where.names, dialog.more.daw, dialog.more.sound):
        fold.set_open(True)
    dialog.more.extras[Extra.REAPER].click()
    dialog.where.template.setText("{nobody}")
    dialog.where.changed.emit()
    stage.qtbot.waitUntil(lambda: not dialog.planning)
    yield "export, unfolded"
    dialog.reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    exports = stage.controller.exports
    stage.controller.export_script.behaviour = endless
    batch = Batch((ExportSong(Path("/x"), Path("/x.mp3"), LONG),), ExportOrder(), Path("/x"))
    exports.put(batch)
    exports.put(batch.again(batch.songs))
    stage.window.exports.strip.running.show_closing(True)
    stage.qtbot.waitUntil(lambda: exports.progress is not None)
    yield "exporting"
    exports.cancel_all()
    stage.qtbot.waitUntil(lambda: not exports.busy)
    failed = Ended(batch, Exported(()), DiskFullError(Path("/" + "x" * 90), 10**9))
    exports.ended.emit(failed)
    yield "export failed"
    stage.window.exports.show_details(failed)
    yield "export's details"
    stage.dialog().reject()
    stage.qtbot.waitUntil(lambda: not _dialogs(stage))
    while stage.window.exports.strip.dismiss():
        pass


def _dialogs(stage: Stage) -> list[object]:
    from stemdesk.gui.dialogs import Dialog

    return list(stage.window.findChildren(Dialog))


def test_every_control_has_a_name_and_a_tooltip(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    seen = 0
    for state in shown_states(stage):
        for widget in controls(stage.window):
            interface = QAccessible.queryAccessibleInterface(widget)
            name = interface.text(QAccessible.Text.Name) if interface else ""
            what = (state, type(widget).__name__, widget.objectName())
            assert name.strip(), what
            assert interface.role() is not QAccessible.Role.NoRole, what
            if isinstance(widget, QAbstractButton) and not widget.text():
                assert widget.toolTip(), what
            seen += 1
    assert seen > 100


def test_every_visible_control_is_a_tab_stop(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    for state in shown_states(stage):
        root: QWidget = stage.app.activeModalWidget() or stage.window
        for widget in controls(root):
            if widget.isVisible() and widget.isEnabled() and not widget.property("stem"):
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, (state, widget)


def test_tab_goes_through_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.play_song()
    window, page = stage.window, stage.window.song.stems
    window.add_bar.path.setFocus()
    order: list[QWidget] = []
    for _ in range(90):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in order:
            break
        order.append(focused)
        stage.key(Qt.Key.Key_Tab, on=focused)
    wanted = [
        window.add_bar.path,
        window.add_bar.open,
        window.add_bar.settings,
        window.add_bar.quality,
        window.add_bar.model,
        window.add_bar.page,
        window.add_bar.chips[0],
        window.library.view,
        page.overview,
        page.desk.zoom.into,
        page.desk.zoom.follow,
        page.lanes[0].mute,
        page.lanes[0].solo,
        page.lanes[0].volume,
        page.lanes[0].pan,
        page.lanes[1].mute,
        page.lanes[3].pan,
        page.transport.play,
        page.transport.loop,
        page.transport.side.stems,
        page.transport.master.fader,
        *(button for button in page.transport.presets.buttons.values()),
        page.transport.speed.fader,
        page.transport.key.fader,
        page.transport.folder,
        page.transport.export,
    ]
    assert [widget for widget in order if widget in wanted] == wanted


@pytest.fixture
def large_font(qtbot: QtBot) -> Iterator[None]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = QFont(app.font())
    larger = QFont(before)
    larger.setPointSizeF(before.pointSizeF() * 1.5)
    app.setFont(larger)
    yield
    app.setFont(before)


def cut(widget: QWidget) -> str:
    """Why a widget's text is cut, "" if it is not."""
    if not widget.isVisible() or isinstance(widget, ElidedLabel):
        return ""
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            needed = QSize(0, widget.heightForWidth(widget.width()))
        else:
            needed = widget.sizeHint()
    elif isinstance(widget, QComboBox):
        needed = widget.sizeHint()
    elif isinstance(widget, QAbstractButton) and widget.text():
        needed = widget.minimumSizeHint()
    else:
        return ""
    if needed.width() > widget.width() or needed.height() > widget.height():
        return f"{widget.size().toTuple()} of {needed.toTuple()}"
    return ""


def nothing_is_cut(window: QWidget, state: str) -> None:
    for widget in window.findChildren(QWidget):
        assert not cut(widget), (state, widget, getattr(widget, "text", str)(), cut(widget))


@pytest.mark.parametrize("size", [QSize(900, 600), QSize(1280, 800)], ids=["small", "usual"])
@pytest.mark.usefixtures("large_font")
def test_no_text_is_cut(qtbot: QtBot, tmp_path: Path, size: QSize) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.controller.models_known.emit(MODELS[1:])
    stage.controller.device_known.emit(NoDevice("cpu", "CPU", "no GPU found " * 9))
    stage.window.status.show_sound("none")
    for state in shown_states(stage):
        stage.window.resize(size)
        stage.qtbot.waitUntil(lambda: stage.window.size() == size)
        # Once the layouts have come to rest:
        stage.qtbot.waitUntil(partial(nothing_is_cut, stage.window, state))
        for part in (stage.window.add_bar, stage.window.status, stage.window.song):
            if not part.isVisible():
                continue
            inside = part.mapTo(stage.window, part.rect().bottomRight())
            assert inside.x() <= size.width(), (state, part)
            assert inside.y() <= size.height(), (state, part)


def test_long_titles_are_shortened_and_told_in_full(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    rtl = "أغنية طويلة جدا " * 30
    for title in (LONG, rtl):
        job = stage.controller.add(tags=Tags(title, "Künstler"))
        stage.window.library.view.select(job.id)
        header = stage.window.song.header.title
        assert header.shown_text() != header.text()
        assert header.toolTip() == header.text()
        assert stage.window.width() == 1280
    short = stage.controller.add("short.mp3")
    stage.window.library.view.select(short.id)
    assert stage.window.song.header.title.toolTip() == ""


def test_dark_and_light_are_painted_differently(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.play_song()
    light = stage.window.grab().toImage()
    try:
        theme.apply(stage.app, Qt.ColorScheme.Dark)
        dark = stage.window.grab().toImage()
    finally:
        theme.apply(stage.app, Qt.ColorScheme.Light)
    again = stage.window.grab().toImage()
    for x, y in ((700, 790), (100, 600), (700, 130)):
        assert light.pixelColor(x, y).lightness() > 200
        assert dark.pixelColor(x, y).lightness() < 60
    assert again.pixelColor(700, 790) == light.pixelColor(700, 790)
