"""Rows and panels of songs that come from links."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from stemdesk.core.declared import Section
from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.link_sentences import LINK_ERRORS
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.transfer import Transfer
from stemdesk.gui import fetch_words, messages
from stemdesk.gui.covers import SIDE_PX, read_cover
from stemdesk.gui.link_offers import SETTINGS_HELP, UPDATES_HELP
from stemdesk.gui.model_values import Download, Errand, Phase
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.queue_row import QueueRow
from stemdesk.gui.row_actions import RowAction
from stemdesk.gui.settings_dialog import SettingsDialog
from support.fake_links import URL, link_job
from support.link_services import a_list
from support.opened import record_opened
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

TRANSFER = Transfer("song", 430_000, 1_000_000, 1_200_000.0, 12.0)
HALF = Progress(JobStage.DOWNLOADING, 0.43, 12.0, transfer=TRANSFER)
LOOKING = Progress(JobStage.DOWNLOADING, 0.0)
HOSTILE = (
    "../../etc/passwd",
    "CON",
    "\N{MUSICAL NOTE} emoji \N{SMILING FACE WITH SUNGLASSES}",
    "gpj.\u202eexe",
    "two\nlines",
    "x" * 400,
    "<b>bold</b><img src='file:///etc/passwd'>",
)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def put(stage: Stage, job: Job) -> Job:
    return stage.controller.put(job)[0]


def rows(stage: Stage) -> QueueModel:
    model = stage.window.library.view.model()
    assert isinstance(model, QueueModel)
    return model


def buttons(stage: Stage) -> list[str]:
    return [button.text().strip() for button in stage.window.song.panel.buttons]


def press(stage: Stage, text: str) -> None:
    panel = stage.window.song.panel
    next(button for button in panel.buttons if button.text().strip() == text).click()


def failed(code: ErrorCode, **facts: str | int | float) -> Job:
    failure = Failure(code, "technical", None, {"site": "Music Example", **facts})
    return link_job(state=JobState.FAILED, failure=failure)


def test_a_link_is_shown_by_its_address_then_by_its_title(stage: Stage) -> None:
    job = put(stage, link_job())
    assert messages.song_title(job) == "music.example/songs/night-train"
    assert rows(stage).state_text(job) == "Queued"
    stage.controller.run(job, LOOKING)
    panel = stage.window.song.panel
    assert rows(stage).state_text(rows(stage).job_at(0)) == "Looking at the link…"
    assert panel.headline.text() == "Looking at the link…"
    assert panel.text.text() == "music.example/songs/night-train"
    assert not panel.progress.isVisible()
    known = link_job(title="Night Train", artist="The Foghorns", duration_s=221.0)
    stage.controller.change(job, link=known.link, tags=known.tags, state=JobState.QUEUED)
    shown = rows(stage).job_at(0)
    assert messages.song_title(shown) == "Night Train — The Foghorns"
    assert messages.song_facts(shown) == ["Music Example", "3:41", "small"]
    assert messages.song_facts_tip(shown).startswith(URL)


def test_a_download_tells_how_far_how_fast_and_how_long(stage: Stage) -> None:
    job = put(stage, link_job(title="Night Train"))
    stage.controller.run(job, HALF)
    shown, panel = rows(stage).job_at(0), stage.window.song.panel
    assert rows(stage).state_text(shown) == "Downloading 43 %, 1.2 MB/s, 0:12 left"
    assert rows(stage).short_state_text(shown) == "Downloading 43 %, 0:12 left"
    assert rows(stage).fraction(shown) == 0.43
    assert panel.text.text() == "Downloading 43 %, 1.2 MB/s, 0:12 left"
    assert panel.progress.isVisible() and panel.progress.value() == 430
    assert buttons(stage) == ["Pause", "Cancel"]
    assert stage.window.windowTitle() == "StemDesk"  # which says how far the split song is
    press(stage, "Cancel")
    assert stage.controller.asked("cancel") == [(job.id,)]


def test_a_narrow_row_says_less_and_not_half_a_number(stage: Stage) -> None:
    stage.controller.run(put(stage, link_job(title="Night Train")), HALF)
    shown, row = rows(stage).job_at(0), QueueRow(rows(stage))
    metrics = stage.window.library.view.fontMetrics()
    lines = (
        "Downloading 43 %, 1.2 MB/s, 0:12 left",
        "Downloading 43 %, 0:12 left",
        "Downloading 43 %",
    )
    for line, longer in zip(lines[1:], lines[:-1], strict=True):
        width = metrics.horizontalAdvance(longer)
        assert row.state_line(shown, metrics, width + 1) == longer
        assert row.state_line(shown, metrics, width - 1) == line
    assert row.state_line(shown, metrics, 40).endswith("…")


def test_a_size_that_is_not_known_is_no_percentage() -> None:
    progress = Progress(JobStage.DOWNLOADING, 0.0, transfer=Transfer("s", 3_400_000, 0, 1.2e6))
    job = link_job()
    assert fetch_words.fetch_text(job, progress) == "Downloading, 3.4 MB so far, 1.2 MB/s"
    assert fetch_words.fetch_briefly(job, progress) == "Downloading, 3.4 MB so far"


def test_a_site_that_sends_nothing_is_waited_for() -> None:
    job = link_job()
    begun = Progress(JobStage.DOWNLOADING, 0.43, transfer=Transfer("s", 43, 100, 0.0))
    assert fetch_words.fetch_text(job, begun) == "Downloading 43 %, waiting for the server"
    assert fetch_words.fetch_briefly(job, begun) == fetch_words.fetch_text(job, begun)
    nothing = Progress(JobStage.DOWNLOADING, 0.0, transfer=Transfer("s", 0, 100))
    assert fetch_words.fetch_text(job, nothing) == "Downloading, waiting for the server"


def test_what_is_there_has_no_time_left() -> None:
    whole = Progress(JobStage.DOWNLOADING, 1.0, 0.0, transfer=Transfer("s", 5_000, 5_000, 1.2e6))
    job = link_job()
    assert fetch_words.fetch_text(job, whole) == "Downloading 100 %, 1.2 MB/s"
    assert fetch_words.fetch_briefly(job, whole) == "Downloading 100 %"


def test_a_song_that_is_known_is_not_looked_for_again(stage: Stage) -> None:
    job = put(stage, link_job(title="Night Train"))
    stage.controller.run(job, LOOKING)
    assert rows(stage).state_text(rows(stage).job_at(0)) == "The download begins…"
    assert stage.window.song.panel.headline.text() == "The download begins…"


def test_a_download_is_announced_in_quarters(stage: Stage) -> None:
    said: list[str] = []
    stage.window.announcer.announced.connect(said.append)
    job = put(stage, link_job(title="Night Train"))
    for stage_, fraction in ((JobStage.DOWNLOADING, 0.3), (JobStage.SEPARATING, 0.6)):
        stage.controller.run(job, Progress(stage_, fraction, transfer=TRANSFER))
    assert said == ["Night Train: 25 % downloaded", "Night Train: 50 % separated"]


def test_the_trash_is_asked_about_the_download_too(stage: Stage) -> None:
    job = link_job(title="Night Train", state=JobState.DONE, output=Path("/music/Night Train"))
    assert "downloaded song" in messages.trash_text(job)


def test_a_queued_song_says_how_long_it_is(stage: Stage) -> None:
    put(stage, link_job(title="Night Train", duration_s=221.0))
    assert rows(stage).state_text(rows(stage).job_at(0)) == "Queued · 3:41"


def test_a_song_that_is_asked_to_stop_says_so(stage: Stage) -> None:
    job = put(stage, link_job(title="Night Train"))
    stage.controller.run(job, HALF)
    stage.controller.cancelling.add(job.id)
    stage.controller.job_changed.emit(job.id)
    assert stage.window.song.panel.headline.text() == "Cancelling…"


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.INTERRUPTED, JobState.QUEUED])
def test_a_song_that_rests_says_what_is_kept(stage: Stage, state: JobState) -> None:
    put(stage, link_job(title="Night Train", state=state))
    assert "download" in stage.window.song.panel.text.text()


def test_a_list_is_to_be_chosen_from(stage: Stage) -> None:
    job = put(stage, link_job())
    found = a_list(URL, "one", "two", "three")
    stage.controller.links.lists[job.id] = found
    stage.controller.job_changed.emit(job.id)
    panel, shown = stage.window.song.panel, rows(stage).job_at(0)
    assert rows(stage).state_text(shown) == "A list of 3 songs: choose which"
    assert rows(stage).is_list(shown)
    assert panel.headline.text() == "A list of 3 songs"
    press(stage, "Choose songs…")
    assert stage.controller.links.calls == [("ask_again", job.id)]


# What went wrong


@pytest.mark.parametrize("code", [code for code in LINK_ERRORS if code.value.startswith("link_")])
def test_each_failure_is_said_in_short_and_at_length(stage: Stage, code: ErrorCode) -> None:
    put(stage, failed(code, version="2026.10.26", limit_s=3600, limit_bytes=10**9))
    shown, panel = rows(stage).job_at(0), stage.window.song.panel
    short = rows(stage).short_state_text(shown)
    metrics = stage.window.library.view.fontMetrics()
    assert short.startswith("Failed: ") and metrics.horizontalAdvance(short) < 206
    assert panel.headline.text() == fetch_words.LINK_FAILED
    assert panel.text.text() == "\n".join(messages.explain(shown))
    offered = buttons(stage)
    assert offered[-4:] == ["Try again", "Open the link", "What happened…", "Remove from the list"]
    assert ("Settings…" in offered) == (code in SETTINGS_HELP)
    assert ("Update the downloader" in offered) == (code in UPDATES_HELP)
    for remedy, helps in (("settings", SETTINGS_HELP), ("pdate the downloader", UPDATES_HELP)):
        if code in helps:
            assert remedy in messages.explain(shown)[1]


def test_settings_open_where_links_are(stage: Stage) -> None:
    put(stage, failed(ErrorCode.LINK_LOGIN))
    press(stage, "Settings…")
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    assert dialog.sections.currentItem().text() == Section.LINKS.value
    assert dialog.fields["cookies_browser"].control.isVisible()


def test_the_downloader_is_updated_from_where_it_failed(stage: Stage) -> None:
    job = put(stage, failed(ErrorCode.LINK_SITE_CHANGED, version="2026.10.26"))
    press(stage, "Update the downloader")
    downloader, panel = stage.controller.downloader, stage.window.song.panel
    assert downloader.calls == [("start", job.id)]
    downloader.put(Download(Errand.DOWNLOAD, transfer=Transfer("whl", 30, 100)))
    assert "Updating the downloader: 30 %" in panel.text.text()
    assert panel.progress.isVisible() and panel.progress.value() == 300
    press(stage, "Cancel the update")
    assert downloader.calls[-1] == ("cancel",)
    downloader.put(Download(Errand.DOWNLOAD, phase=Phase.STOPPED))
    assert "Update the downloader" in buttons(stage) and not panel.progress.isVisible()


def test_a_song_that_fails_later_is_as_any_other(stage: Stage) -> None:
    failure = Failure(ErrorCode.SOURCE_NO_AUDIO)
    job = link_job(title="Night/Train", fetched=True, state=JobState.FAILED, failure=failure)
    put(stage, job)
    text = stage.window.song.panel.text.text()
    assert text.startswith("Night_Train has no sound track.")
    assert buttons(stage) == ["Try again", "What happened…", "Remove from the list"]


def test_a_downloaded_file_that_is_gone_is_fetched_again(stage: Stage) -> None:
    failure = Failure(ErrorCode.SOURCE_MISSING)
    job = link_job(title="Night Train", fetched=True, state=JobState.FAILED, failure=failure)
    assert "downloaded again" in messages.explain(put(stage, job))[1]


def test_a_report_names_the_link_without_its_password_and_our_mark(stage: Stage) -> None:
    failure = Failure(ErrorCode.LINK_PRIVATE, "403", None, {"site": "Music Example"})
    url = "https://me:secret@music.example/a?v=1#stemdesk-entry=2"
    job = link_job(url, state=JobState.FAILED, failure=failure)
    report = messages.failure_report(job, "1.0")
    assert "Link: https://music.example/a?v=1\n" in report and "secret" not in report
    assert "secret" not in messages.song_title(job) + messages.song_facts_tip(job)


def test_the_link_is_opened_in_the_browser(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = record_opened(monkeypatch)
    job = put(stage, link_job(title="Night Train"))
    assert RowAction.OPEN_LINK in stage.window.commands.allowed(job.id)
    stage.window.commands.run(RowAction.OPEN_LINK, [job.id])
    other = put(stage, link_job("file:///etc/passwd", title="No link"))
    stage.window.commands.run(RowAction.OPEN_LINK, [other.id])
    assert opened == [QUrl(URL)]
    plain = stage.controller.add()
    assert RowAction.OPEN_LINK not in stage.window.commands.allowed(plain.id)


def test_downloads_are_counted_apart(stage: Stage) -> None:
    assert messages.queue_text(3, True, 2) == "1 running, 2 downloading, 3 waiting"
    assert messages.queue_text(0, False, 1) == "1 downloading"


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_shown_as_they_are(stage: Stage, title: str) -> None:
    put(stage, link_job(title=title, artist="<i>"))
    model = rows(stage)
    index = model.index(0)
    shown = str(index.data())
    assert "\n" not in shown and "\u202e" not in shown
    tip = str(index.data(3))  # ToolTipRole
    if "<" in shown:
        assert tip.startswith("<qt>") and "<b>" not in tip and "<img" not in tip
    header = stage.window.song.header
    assert header.title.text() == shown
    assert stage.window.grab().size().width() == 1280  # it can be painted


# Pictures


def picture(path: Path, width: int = 320, height: int = 180, kind: str = "PNG") -> Path:
    image = QImage(QSize(width, height), QImage.Format.Format_RGB32)
    image.fill(QColor("#12345a"))
    assert image.save(str(path), kind)  # type: ignore[call-overload] # its stub wants bytes, PySide6 6.11 takes str only
    return path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(320, 180), (180, 320), (8, 8)])
def test_pictures_are_cut_square(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    image = read_cover(picture(tmp_path / "cover.bin", *size, kind=kind))
    assert image is not None
    assert (image.width(), image.height()) == (SIDE_PX, SIDE_PX)
    assert image.pixelColor(48, 48).blue() == pytest.approx(0x5A, abs=8)


def test_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    whole = picture(tmp_path / "cover.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:40])
    (tmp_path / "svg.png").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "empty.png").touch()
    huge = tmp_path / "huge.png"
    huge.write_bytes(whole[:16] + (60_000).to_bytes(4, "big") * 2 + whole[24:])
    for name in ("cut.png", "svg.png", "empty.png", "huge.png", "not there.png"):
        assert read_cover(tmp_path / name) is None, name


def test_a_songs_picture_stands_in_its_row_and_above_it(stage: Stage, tmp_path: Path) -> None:
    cover = picture(tmp_path / "cover.png")
    put(stage, link_job(title="Night Train", cover=cover))
    put(stage, link_job(title="No picture"))
    stage.qtbot.waitUntil(lambda: rows(stage).cover(rows(stage).job_at(0)) is not None)
    stage.qtbot.waitUntil(stage.window.song.header.cover.isVisible)
    view = stage.window.library.view
    row = view.visualRect(view.model().index(0, 0))
    image = view.viewport().grab(row).toImage()
    spot = image.pixelColor(image.width() - 30, image.height() // 2)
    assert (spot.red(), spot.green(), spot.blue()) == (0x12, 0x34, 0x5A)
    view.select(rows(stage).job_at(1).id)
    assert not stage.window.song.header.cover.isVisible()
