from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.audio.player import PlayerState
from stemdesk.core.errors import DeviceError, ErrorCode, SourceError
from stemdesk.core.job import Failure, JobState
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.track import Tags
from stemdesk.gui import labels, messages, reports, theme
from stemdesk.gui.song_view import SongView
from stemdesk.jobs.folder import read_manifest
from support.fake_player import FakePlayer
from support.opened import record_opened
from support.stage import FOUR, SIX, Stage, song_folder


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


@pytest.fixture
def song(stage: Stage) -> SongView:
    return stage.window.song


def buttons(song: SongView) -> list[str]:
    return [button.text().strip() for button in song.panel.buttons]


def press(song: SongView, text: str) -> None:
    next(button for button in song.panel.buttons if button.text().strip() == text).click()


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (JobState.QUEUED, ["Pause", "Cancel"]),
        (JobState.SEPARATING, ["Pause", "Cancel"]),
        (JobState.SAVING, ["Cancel"]),
        (JobState.PAUSED, ["Resume", "Cancel"]),
        (JobState.FAILED, ["Try again", "What happened…", "Remove from the list"]),
        (JobState.CANCELLED, ["Try again"]),
        (JobState.INTERRUPTED, ["Go on", "Cancel"]),
    ],
)
def test_each_state_has_words_and_ways_out(
    stage: Stage, song: SongView, state: JobState, wanted: list[str]
) -> None:
    job = stage.controller.add(state=state)
    assert not song.shows_stems
    assert song.panel.headline.text() == messages.state_headline(job)
    assert buttons(song) == wanted


def test_progress_moves_the_bar(stage: Stage, song: SongView) -> None:
    job = stage.controller.add()
    assert not song.panel.progress.isVisible()
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.43, 72))
    assert song.panel.progress.isVisible()
    assert song.panel.progress.value() == 430
    assert song.panel.text.text() == "Separating 43 %, 1:12 left"
    button = song.panel.buttons[0]
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.44, 70))
    assert song.panel.buttons[0] is button  # it keeps the focus
    stage.controller.pausing.add(job.id)
    stage.controller.job_changed.emit(job.id)
    assert song.panel.headline.text() == "Pausing…"
    assert song.panel.progress.isVisible()
    stage.controller.cancelling.add(job.id)
    stage.controller.job_changed.emit(job.id)
    assert song.panel.headline.text() == "Cancelling…"
    assert stage.window.library.view._model.state_text(job) == "Cancelling…"


def test_progress_of_another_song_is_not_shown(stage: Stage, song: SongView) -> None:
    shown = stage.controller.add("one.mp3")
    other = stage.controller.add("two.mp3")
    stage.controller.run(other, Progress(JobStage.SEPARATING, 0.43))
    assert song.job_id == shown.id
    assert not song.panel.progress.isVisible()


def test_panel_buttons_do_it(stage: Stage, song: SongView) -> None:
    job = stage.controller.add(state=JobState.SEPARATING)
    press(song, "Pause")
    assert stage.controller.asked("pause") == [(job.id,)]
    press(song, "Resume")
    assert stage.controller.asked("resume") == [(job.id,)]


def test_a_failure_says_what_to_do(stage: Stage, song: SongView) -> None:
    failure = Failure(ErrorCode.SOURCE_EMPTY, "", Path("/music/bad.mp3"))
    stage.controller.add("bad.mp3", state=JobState.FAILED, failure=failure)
    text = song.panel.text.text()
    assert text == "bad.mp3 is empty (0 bytes).\nGet the file again."


def test_a_song_elsewhere_has_no_buttons(stage: Stage, song: SongView) -> None:
    job = stage.controller.add(state=JobState.SEPARATING)
    stage.controller.elsewhere.add(job.id)
    stage.controller.job_changed.emit(job.id)
    assert buttons(song) == []
    assert "another stemdesk" in song.panel.headline.text().lower()


def test_the_header_has_title_facts_and_notices(stage: Stage, song: SongView) -> None:
    notices = (Notice(NoticeCode.DOWNMIXED, {"channels": 6}),)
    stage.done_song(
        tags=Tags("Viper", "Reptiles"), notices=notices, frames=44100 * 10, samplerate=44100
    )
    assert song.header.title.text() == "Viper — Reptiles"
    assert "0:10" in song.header.facts.text()
    assert "44.1 kHz" in song.header.facts.text()
    assert song.header.notices.text() == "The 6 channels were mixed down to stereo."
    assert song.header.notices.isVisible()


def test_the_header_tells_how_the_stems_recombine(stage: Stage, song: SongView) -> None:
    job = stage.done_song()
    assert "recombines" not in song.header.facts.text()
    stage.controller.change(job, null_depth=NullDepth(-38.2, -38.2))
    assert song.header.facts.text().endswith("recombines at \N{MINUS SIGN}38 dB")
    assert "error of \N{MINUS SIGN}38 dB" in song.header.facts.toolTip()
    stage.controller.change(job, null_depth=NullDepth(-38.2, None))
    assert song.header.facts.text().endswith("recombines exactly")


# Stems


@pytest.mark.parametrize("stems", [FOUR, SIX, ("vocals",)])
def test_a_done_song_has_a_lane_for_each_stem(
    stage: Stage, song: SongView, stems: tuple[str, ...]
) -> None:
    stage.play_song(stems=stems)
    assert song.shows_stems
    assert [lane.stem for lane in song.stems.lanes] == list(stems)
    assert [layer.colour for layer in song.stems.overview.layers] == [
        theme.wave_colour(stem) for stem in stems
    ]
    assert song.stems.transport.play.isEnabled()
    assert song.stems.transport.time.text() == "0:00 / 1:40"


def test_waveforms_are_kept_where_the_cache_is_now(stage: Stage, song: SongView) -> None:
    before = stage.controller.folders.cache
    moved = replace(stage.controller.folders, cache_override=stage.root / "elsewhere")
    stage.controller.folders = moved
    stage.play_song()
    stage.qtbot.waitUntil(lambda: any((moved.cache / "waves").glob("*/song.json")))
    assert not (before / "waves").exists()


def test_a_song_that_becomes_done_is_opened(stage: Stage, song: SongView) -> None:
    job = stage.controller.add()
    stage.controller.run(job, Progress(JobStage.SAVING, 1.0))
    folder = song_folder(stage.root / "out")
    stage.controller.end(job, state=JobState.DONE, output=folder)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert stage.player.calls[0][0] == "load"


def test_lanes_ask_the_player(stage: Stage, song: SongView) -> None:
    stage.play_song()
    drums, bass, *_ = song.stems.lanes
    drums.mute.click()
    assert stage.player.remix.gain("drums") == 0.0
    silent, *heard = (layer.colour for layer in song.stems.overview.layers)
    assert silent == theme.colours().outline  # and all others are as they were
    assert heard == [theme.wave_colour(lane.stem) for lane in song.stems.lanes[1:]]
    bass.solo.click()
    assert stage.player.remix.gains() == {"drums": 0, "bass": 1, "other": 0, "vocals": 0}
    assert song.stems.lanes[2].wave.layers[0].colour == theme.colours().outline
    bass.solo.click()
    drums.mute.click()
    assert set(stage.player.remix.gains().values()) == {1.0}


def test_waveforms_seek(stage: Stage, song: SongView) -> None:
    stage.play_song()
    song.stems.view.seek(50.0)
    song.stems.view.seek(25.0)
    seeks = [call[1] for call in stage.player.calls if call[0] == "seek"]
    assert seeks == [50_000, 25_000]
    assert song.stems.transport.time.text() == "0:25 / 1:40"
    assert song.stems.lanes[3].wave.value() == 25


def test_the_transport_asks_the_player(stage: Stage, song: SongView) -> None:
    stage.play_song()
    transport = song.stems.transport
    transport.play.click()
    assert transport.play.accessibleName() == "Pause"
    transport.play.click()
    transport.stop.click()
    transport.to_start.click()
    assert [name for name in stage.player.names() if name != "load"] == [
        "play",
        "pause",
        "stop",
        "seek",
    ]


def test_show_in_folder(stage: Stage, song: SongView, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = record_opened(monkeypatch)
    job = stage.play_song()
    song.stems.transport.folder.click()
    stage.qtbot.waitUntil(lambda: [Path(url.toLocalFile()) for url in shown] == [job.output])


def test_another_song_lets_the_first_go(stage: Stage, song: SongView) -> None:
    stage.play_song()
    other = stage.controller.add("other.mp3")
    stage.window.library.view.select(other.id)
    assert not song.shows_stems
    assert stage.player.names()[-1] == "unload"


def test_splitting_again_closes_and_opens_anew(stage: Stage, song: SongView) -> None:
    job = stage.play_song()
    stage.controller.split_again(job.id)
    assert not song.shows_stems
    assert stage.player.names()[-1] == "unload"
    stage.controller.change(job, state=JobState.DONE)
    stage.qtbot.waitUntil(lambda: song.shows_stems)


# Stems that are gone


def missing_panel(stage: Stage, song: SongView) -> None:
    assert song.panel.headline.text() == labels.MISSING_HEADLINE
    assert buttons(song) == ["Locate…", "Split again", "Remove from the list"]


def test_gone_stems_are_found_out_by_the_controller(stage: Stage, song: SongView) -> None:
    job = stage.play_song()
    stage.controller.missing.add(job.id)
    stage.controller.job_changed.emit(job.id)
    missing_panel(stage, song)
    stage.controller.missing.clear()
    stage.controller.job_changed.emit(job.id)
    stage.qtbot.waitUntil(lambda: song.shows_stems)


def test_gone_stems_are_found_out_by_reading(stage: Stage, song: SongView) -> None:
    stage.controller.add(state=JobState.DONE, output=stage.root / "nowhere")
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.MISSING_HEADLINE)
    assert str(stage.root / "nowhere") in song.panel.text.text()
    missing_panel(stage, song)


def test_gone_stems_are_found_out_by_the_player(stage: Stage, song: SongView) -> None:
    stage.play_song()
    stage.window.playback.play()
    stage.player.fail(SourceError(ErrorCode.STEMS_MISSING))
    stage.qtbot.waitUntil(lambda: not song.shows_stems)
    missing_panel(stage, song)


def test_gone_stems_are_found_out_by_the_player_as_soon_as_it_opens_them(
    stage: Stage, song: SongView, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = FakePlayer.load

    def fail_at_once(player: FakePlayer, *args: Any, **more: Any) -> None:
        load(player, *args, **more)
        player.fail(SourceError(ErrorCode.STEMS_MISSING))

    monkeypatch.setattr(FakePlayer, "load", fail_at_once)
    folder = song_folder(stage.root / "out" / "Song")
    stage.controller.add(state=JobState.DONE, output=folder)
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.MISSING_HEADLINE)
    missing_panel(stage, song)


@pytest.mark.parametrize("finder", ["reader", "player"])
def test_stems_that_are_back_are_opened_when_the_window_is_used_again(
    stage: Stage, song: SongView, finder: str
) -> None:
    job = (
        stage.play_song()
        if finder == "player"
        else stage.controller.add(state=JobState.DONE, output=stage.root / "out" / "late")
    )
    if finder == "player":
        stage.window.playback.play()
        stage.player.fail(SourceError(ErrorCode.STEMS_MISSING))
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.MISSING_HEADLINE)
    panel_button = song.panel.buttons[0]
    if finder == "reader":
        QApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowActivate))
        stage.qtbot.waitUntil(lambda: song._trouble is not None)  # still gone
        assert song.panel.buttons[0] is panel_button
        song_folder(stage.root / "out" / "late")
    QApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowActivate))
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert song.job_id == job.id


def test_stems_that_are_back_are_opened_when_the_song_is_selected_again(
    stage: Stage, song: SongView
) -> None:
    job = stage.controller.add(state=JobState.DONE, output=stage.root / "late")
    other = stage.controller.add("other.mp3")
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.MISSING_HEADLINE)
    song_folder(stage.root / "late")
    stage.window.library.view.select(other.id)
    stage.window.library.view.select(job.id)
    stage.qtbot.waitUntil(lambda: song.shows_stems)


@pytest.mark.parametrize("finder", ["reader", "player"])
def test_a_damaged_stem_is_said_and_really_split_again(
    stage: Stage, song: SongView, finder: str
) -> None:
    job = stage.play_song()
    assert job.output is not None
    bad = job.output / "vocals.wav"
    if finder == "player":
        stage.window.playback.play()
        stage.player.fail(SourceError(ErrorCode.SOURCE_UNREADABLE, path=bad))
    else:
        bad.write_bytes(bytes(bad.stat().st_size))  # of the size that the manifest tells
        other = stage.controller.add("other.mp3")
        stage.window.library.view.select(other.id)
        stage.window.library.view.select(job.id)
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.DAMAGED_HEADLINE)
    assert str(bad) in song.panel.text.text()
    assert buttons(song) == ["Show in folder", "Split again", "Remove from the list"]
    press(song, "Split again")
    stage.qtbot.waitUntil(lambda: stage.controller.asked("split_again") == [(job.id,)])
    assert read_manifest(job.output) is None  # else the same folder would do
    assert bad.is_file()


def test_a_folder_that_cannot_be_given_up_is_said(stage: Stage, song: SongView) -> None:
    job = stage.play_song()
    assert job.output is not None
    stage.window.playback.play()
    bad = job.output / "vocals.wav"
    stage.player.fail(SourceError(ErrorCode.SOURCE_UNREADABLE, path=bad))
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.DAMAGED_HEADLINE)
    (job.output / "stemdesk.json.damaged" / "in the way").mkdir(parents=True)
    press(song, "Split again")
    banner = stage.window.banners.message
    stage.qtbot.waitUntil(banner.isVisible)
    assert "cannot be written to" in banner.label.text()
    assert stage.controller.asked("split_again") == []


def test_other_errors_of_the_player_are_told(stage: Stage, song: SongView) -> None:
    stage.play_song()
    stage.window.playback.play()
    error = DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, "the device stopped")
    stage.player.fail(error, PlayerState.PAUSED)
    banner = stage.window.banners.message
    stage.qtbot.waitUntil(banner.isVisible)
    assert banner.label.text() == reports.error_message(error).text
    assert "paused" in banner.label.text() and "press Play" in banner.label.text()
    assert song.shows_stems


def test_ways_out_for_gone_stems(stage: Stage, song: SongView) -> None:
    job = stage.done_song()
    stage.controller.missing.add(job.id)
    stage.controller.job_changed.emit(job.id)
    with stage.qtbot.waitSignal(song.locate_wanted) as locate:
        stage.window.song.locate_wanted.disconnect(stage.window.locate)
        press(song, "Locate…")
    assert locate.args == [job.id]
    press(song, "Split again")
    assert stage.controller.asked("split_again") == [(job.id,)]


def test_removed_from_the_missing_panel(stage: Stage, song: SongView) -> None:
    job = stage.done_song()
    stage.controller.missing.add(job.id)
    stage.controller.job_changed.emit(job.id)
    press(song, "Remove from the list")
    assert stage.controller.asked("remove") == [([job.id],)]


def test_a_located_song_is_opened_again(stage: Stage, song: SongView) -> None:
    job = stage.controller.add(state=JobState.DONE, output=stage.root / "out")
    stage.qtbot.waitUntil(lambda: song.panel.headline.text() == labels.MISSING_HEADLINE)
    song_folder(stage.root / "out")
    song.look_again(job.id)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
