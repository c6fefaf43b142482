from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.core.settings import Settings
from stemdesk.fetch.links.values import LinkEntry, LinkList
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.link_dialogs import KnownDialog, NoticeDialog
from stemdesk.gui.playlist_dialog import PlaylistDialog
from stemdesk.gui.values import UserMessage
from support.fake_links import link_job
from support.stage import Stage, drag, drag_on, drop, file_mime

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

CONTROL = Qt.KeyboardModifier.ControlModifier
SONG = "https://music.example/song"
OTHER = "https://music.example/other"
ENTRIES = tuple(
    LinkEntry(f"https://music.example/{n}", f"Song {n}", key=f"example {n}") for n in range(3)
)
ALBUM = LinkList("https://music.example/album", "album", "Music Example", "Album", ENTRIES)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path, Settings(links_noticed=True))


def paste(stage: Stage, text: str) -> None:
    QApplication.clipboard().setText(text)
    stage.key(Qt.Key.Key_V, CONTROL, on=stage.window)


def added(stage: Stage) -> list[list[str]]:
    return [call[0] for call in stage.controller.asked("add_links")]


def no_dialog(stage: Stage) -> bool:
    return not any(one.isVisible() for one in stage.window.findChildren(Dialog))


def looked_up(stage: Stage, job: Job, key: str = "example 1", state: JobState | None = None) -> Job:
    """It is known now what is behind the job's link."""
    assert job.link is not None
    link = replace(job.link, key=key, site="Music Example")
    return stage.controller.change(job, link=link, state=state or job.state)


def a_done(stage: Stage, url: str = SONG, title: str = "Viper") -> Job:
    return stage.controller.put(link_job(url, title, state=JobState.DONE))[0]


# Ways in


def test_a_link_is_pasted_anywhere(stage: Stage) -> None:
    paste(stage, f"  {SONG} ")
    assert added(stage) == [[SONG]]
    assert no_dialog(stage)


def test_lines_are_pasted_and_what_is_no_link_is_said(stage: Stage) -> None:
    said: list[UserMessage] = []
    stage.controller.message.connect(said.append)
    paste(stage, f"{SONG}\nhello\nftp://music.example\n{OTHER}\n")
    assert added(stage) == [[SONG, OTHER]]
    assert "2 lines are neither links nor files." in said[0].text
    assert said[0].detail == "hello\nftp://music.example"
    paste(stage, "hello\u202e")
    assert "“hello�” is neither a link nor a file." in said[1].text
    assert len(added(stage)) == 1


def test_a_link_is_typed_into_the_bar(stage: Stage) -> None:
    bar = stage.window.add_bar
    bar.path.setFocus()
    QTest.keyClicks(bar.path, SONG)
    bar.split.click()
    assert added(stage) == [[SONG]]


def test_the_empty_window_has_a_field_for_a_link(stage: Stage) -> None:
    empty = stage.window.empty
    assert empty.link.isVisible()
    empty.link.setFocus()
    QTest.keyClicks(empty.link, SONG)
    stage.key(Qt.Key.Key_Return)
    assert added(stage) == [[SONG]]
    empty.link.setText("ftp://x")
    assert "no link" in empty.link.note.text()
    assert not empty.split.isEnabled()


@pytest.mark.parametrize("browser", ["uri-list", "x-moz-url", "plain"])
def test_a_browsers_link_is_dropped(stage: Stage, browser: str) -> None:
    data = QMimeData()
    if browser == "uri-list":
        data.setUrls([QUrl(SONG)])
    elif browser == "x-moz-url":
        data.setData("text/x-moz-url", QByteArray(f"{SONG}\nA title".encode("utf-16-le")))
    else:
        data.setText(SONG)
    assert drag(stage.window.add_bar.path, data)
    assert stage.window.overlay.text == "Split 1 link"
    assert drag_on(stage.window, data)
    assert drop(stage.window, data)
    assert added(stage) == [[SONG]]


def test_files_and_links_are_dropped_together(stage: Stage) -> None:
    song, shortcut = stage.root / "a.mp3", stage.root / "b.URL"
    data = file_mime([song, shortcut])
    data.setUrls([*data.urls(), QUrl(SONG)])
    assert drag(stage.window, data)
    assert stage.window.overlay.text == "Split 1 file and 2 links"
    drop(stage.window, data)
    assert stage.controller.asked("add_paths") == [([song, shortcut],)]
    assert added(stage) == [[SONG]]


def test_links_that_lay_in_files_are_taken(stage: Stage) -> None:
    stage.controller.links_found.emit((SONG, OTHER))
    assert added(stage) == [[SONG, OTHER]]


# The notice


def test_the_first_link_waits_for_the_notice(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    paste(stage, SONG)
    dialog = stage.dialog()
    assert isinstance(dialog, NoticeDialog)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for part in ("right to use", "tool that separates", "DRM", "this computer's address"):
        assert part in words
    assert added(stage) == []
    stage.controller.links_found.emit((OTHER,))  # comes while it is read
    stage.press("take")
    assert added(stage) == [[SONG, OTHER]]
    assert stage.controller.settings.links_noticed
    qtbot.waitUntil(lambda: no_dialog(stage))
    paste(stage, "https://music.example/third")
    assert no_dialog(stage)
    assert len(added(stage)) == 2


def test_who_does_not_agree_adds_nothing_and_is_asked_again(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    paste(stage, SONG)
    stage.key(Qt.Key.Key_Escape, on=stage.dialog())
    assert not stage.controller.settings.links_noticed
    paste(stage, OTHER)
    stage.key(Qt.Key.Key_Return, on=stage.dialog())
    assert added(stage) == [[OTHER]]


def test_files_need_no_notice(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    QApplication.clipboard().setMimeData(file_mime([tmp_path / "a.mp3"]))
    stage.window.paste()
    assert no_dialog(stage)


# Songs that are in the library already


def test_a_link_that_was_split_is_recognised(stage: Stage) -> None:
    done = a_done(stage)
    stage.controller.add("another.mp3")
    stage.window.library.view.select(stage.controller.jobs[-1].id)
    paste(stage, SONG)
    dialog = stage.dialog()
    assert isinstance(dialog, KnownDialog)
    assert dialog.headline.text() == "Already in your library — split again?"
    assert "Viper" in dialog.text.text()
    assert added(stage) == []
    stage.press("show")
    assert added(stage) == []
    assert stage.window.library.view.current_id() == done.id


def test_it_is_split_again_where_that_is_wanted(stage: Stage) -> None:
    a_done(stage)
    paste(stage, SONG)
    stage.press("again")
    assert added(stage) == [[SONG]]
    looked_up(stage, stage.controller.jobs[-1], f"example {SONG}")
    assert no_dialog(stage)  # that was asked already
    assert stage.controller.asked("remove") == []


def test_several_are_one_question_and_the_others_go_on(stage: Stage) -> None:
    first, second = a_done(stage), a_done(stage, OTHER, "<b>Cobra</b>")
    fresh = "https://music.example/fresh"
    paste(stage, f"{SONG}\n{fresh}\n{OTHER}")
    assert added(stage) == [[fresh]]
    dialog = stage.dialog()
    assert dialog.headline.text() == "2 of these are already in your library — split them again?"
    assert dialog.text.text() == "“Viper”\n“<b>Cobra</b>”"
    assert dialog.text.textFormat() is Qt.TextFormat.PlainText
    stage.key(Qt.Key.Key_Escape, on=dialog)
    assert added(stage) == [[fresh]]
    assert stage.controller.job(first.id) is not None
    assert stage.controller.job(second.id) is not None


def test_the_same_song_at_another_address_is_recognised_when_it_is_looked_up(stage: Stage) -> None:
    done = a_done(stage)
    assert done.link is not None
    paste(stage, "https://short.example/x")
    fresh = stage.controller.jobs[-1]
    assert no_dialog(stage)
    looked_up(stage, fresh, done.link.key, JobState.DOWNLOADING)
    assert stage.dialog().headline.text() == "Already in your library — split again?"
    stage.press("show")
    assert stage.controller.asked("remove") == [([fresh.id],)]
    assert stage.window.library.view.current_id() == done.id


def test_the_same_song_at_another_address_may_be_split_again(stage: Stage) -> None:
    done = a_done(stage)
    assert done.link is not None
    paste(stage, "https://short.example/x")
    looked_up(stage, stage.controller.jobs[-1], done.link.key)
    stage.press("again")
    assert stage.controller.asked("remove") == []
    assert len(added(stage)) == 1


def test_a_song_that_came_to_its_end_meanwhile_stays(stage: Stage) -> None:
    done = a_done(stage)
    assert done.link is not None
    paste(stage, "https://short.example/x")
    fresh = looked_up(stage, stage.controller.jobs[-1], done.link.key)
    stage.controller.change(fresh, state=JobState.DONE)
    stage.press("leave")
    assert stage.controller.asked("remove") == []


def test_a_link_that_is_in_the_queue_is_not_taken_twice_unasked(stage: Stage) -> None:
    paste(stage, SONG)
    paste(stage, SONG)
    assert stage.dialog().headline.text() == "Already in your list — add again?"
    assert added(stage) == [[SONG]]


def test_a_link_that_came_to_nothing_is_simply_tried_again(stage: Stage) -> None:
    stage.controller.put(link_job(SONG, state=JobState.FAILED))
    paste(stage, SONG)
    assert no_dialog(stage)
    assert added(stage) == [[SONG]]


def test_songs_of_the_last_run_are_not_asked_about(stage: Stage) -> None:
    done = a_done(stage)
    old = link_job("https://short.example/x", "Viper", state=JobState.INTERRUPTED)
    assert done.link is not None
    assert old.link is not None
    job = stage.controller.put(replace(old, link=replace(old.link, key=done.link.key)))[0]
    stage.controller.change(job, state=JobState.QUEUED)
    assert no_dialog(stage)


# Lists


def test_a_list_asks_which_songs_are_wanted(stage: Stage) -> None:
    paste(stage, ALBUM.url)
    job = stage.controller.jobs[-1]
    stage.controller.links.find_list(job, ALBUM)
    dialog = stage.dialog()
    assert isinstance(dialog, PlaylistDialog)
    assert dialog.headline.text() == "Album"
    dialog.model.choose([1], False)
    stage.press("split")
    assert stage.controller.asked("choose_entries") == [(job.id, (ENTRIES[0], ENTRIES[2]))]


def test_a_list_that_is_put_off_stays_and_asks_again(stage: Stage) -> None:
    paste(stage, ALBUM.url)
    job = stage.controller.jobs[-1]
    stage.controller.links.find_list(job, ALBUM)
    stage.key(Qt.Key.Key_Escape, on=stage.dialog())
    assert stage.controller.asked("choose_entries") == []
    assert stage.controller.asked("pause") == [(job.id,)]  # so that the next start does not ask
    stage.qtbot.waitUntil(lambda: no_dialog(stage))
    stage.controller.links.ask_again(job.id)
    stage.press("remove")
    assert stage.controller.asked("choose_entries") == [(job.id, ())]


def test_lists_are_asked_about_one_after_the_other(stage: Stage) -> None:
    first, second = stage.controller.put(link_job(), link_job())
    stage.controller.links.find_list(first, ALBUM)
    stage.controller.links.find_list(first, ALBUM)
    stage.controller.links.find_list(second, replace(ALBUM, title="Second"))
    assert stage.dialog().headline.text() == "Album"
    stage.press("split")
    assert stage.dialog().headline.text() == "Second"
    stage.press("split")
    assert no_dialog(stage)
    assert [call[0] for call in stage.controller.asked("choose_entries")] == [first.id, second.id]


def test_a_list_that_is_removed_elsewhere_is_not_asked_about(stage: Stage) -> None:
    first, second = stage.controller.put(link_job(), link_job())
    stage.controller.links.find_list(first, ALBUM)
    stage.controller.links.find_list(second, ALBUM)
    stage.controller.remove([second.id])
    stage.controller.remove([first.id])
    assert no_dialog(stage)
    assert stage.controller.asked("choose_entries") == []


def test_songs_of_a_list_that_are_there_already_are_left_out(stage: Stage) -> None:
    a_done(stage, ENTRIES[0].url)
    other = link_job("https://elsewhere.example", "Song 2", state=JobState.DONE)
    assert other.link is not None
    stage.controller.put(replace(other, link=replace(other.link, key=ENTRIES[2].key)))
    job = stage.controller.put(link_job(ALBUM.url))[0]
    stage.controller.links.find_list(job, ALBUM)
    dialog = stage.dialog()
    assert isinstance(dialog, PlaylistDialog)
    assert dialog.model.chosen() == (ENTRIES[1],)
    assert dialog.model.note(2) == "Already in your library"


def test_what_was_chosen_from_a_list_is_not_asked_about_again(stage: Stage) -> None:
    untitled = replace(ENTRIES[0], title="", key="")
    done = a_done(stage, untitled.url)
    assert done.link is not None
    job = stage.controller.put(link_job(ALBUM.url))[0]
    stage.controller.links.find_list(job, replace(ALBUM, entries=(untitled, ENTRIES[1])))
    dialog = stage.dialog()
    assert isinstance(dialog, PlaylistDialog)
    dialog.model.choose_all()
    stage.press("split")
    fresh = next(one for one in stage.controller.jobs if one.link and not one.link.key)
    looked_up(stage, fresh, done.link.key)
    assert no_dialog(stage)
