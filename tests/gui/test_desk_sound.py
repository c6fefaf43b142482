"""The desk in the real window, with the real player: what a click does to the samples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk.audio.player import Player
from stemdesk.audio.remix import Preset
from stemdesk.core.job import Job, JobState
from stemdesk.core.track import fingerprint
from stemdesk.gui.controller import Controller
from stemdesk.gui.stems_page import StemsPage
from stemdesk.gui.window import MainWindow
from stemdesk.jobs.store import JobStore
from support.desk import Desk
from support.jobs import a_job
from support.outputs import HandOutput

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

RATE = 8000
SECONDS = 4.0
STEMS = ("drums", "bass", "other", "vocals")
LEFT = Qt.MouseButton.LeftButton
Samples = NDArray[np.float32]


def stem(number: int) -> Samples:
    """float32 [frames, 2]: a tone of its own for each stem, the left side twice as loud."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    tone = 0.1 * np.sin(2 * np.pi * 110 * (number + 1) * time)
    return np.stack((tone, tone / 2), axis=1).astype(np.float32)


def finished(folder: Path, source: Path) -> Path:
    """A song's folder, in 32 bit float, so that samples come out as they went in."""
    folder.mkdir(parents=True)
    files = []
    for number, name in enumerate(STEMS):
        path = folder / f"{name}.wav"
        soundfile.write(path, stem(number), RATE, subtype="FLOAT")
        files.append({"stem": name, "file": path.name, "bytes": path.stat().st_size})
    manifest = {
        "version": 1, "key": "key",
        "source": {"title": "", "artist": "", "fingerprint": fingerprint(source)},
        "model": {"name": "small"}, "frames": round(SECONDS * RATE), "samplerate": RATE,
        "files": files, "notices": [],
    }  # fmt: skip
    (folder / "stemdesk.json").write_text(json.dumps(manifest))
    return folder


class Room:
    """A window on a database with one finished song, and what its device is handed."""

    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        self.qtbot = qtbot
        self.desk = desk
        self.players: list[Player] = []
        self._held: list[tuple[Controller, MainWindow]] = []
        source = desk.root / "song.wav"
        mix = np.sum([stem(n) for n in range(4)], axis=0)
        # To be told from the stems: sides swapped, and half as loud.
        soundfile.write(source, mix[:, ::-1] / 2, RATE, subtype="FLOAT")
        output = finished(desk.root / "out" / "song", source)
        job = a_job(source, state=JobState.DONE, output=output, frames=32000, samplerate=RATE)
        store = JobStore(desk.folders.database)
        (self.job,) = store.add([job])
        store.close()
        self.open()

    def open(self) -> None:
        self.output = HandOutput()
        controller = self.desk.open()
        self.window = MainWindow(controller, self._player, lambda: "")
        self._held.append((controller, self.window))
        self.qtbot.addWidget(self.window)
        self.window.resize(1280, 800)
        self.window.show()
        self.qtbot.waitUntil(lambda: self.window.song.shows_stems and self.window.playback.ready)

    def close(self) -> None:
        self.window.close()
        self.desk.close()

    def _player(self) -> Player:
        self.players.append(Player(open_output=self.output.open))
        return self.players[-1]

    @property
    def page(self) -> StemsPage:
        return self.window.song.stems

    def settle(self) -> None:
        assert self.players[-1].settle(20.0)

    def hear(self, at_s: float, seconds: float = 0.1) -> Samples:
        """float32 [2, frames] from a time on, as the window is set now."""
        self.window.playback.pause()
        self.settle()
        if self.output.opened_at:
            self.output.take(RATE // 10)  # what was fading out
        self.window.playback.seek(at_s)
        self.window.playback.play()
        self.settle()
        blocks = []
        for _ in range(round(seconds * RATE / 200)):
            blocks.append(self.output.take(200))
            self.settle()
        return np.concatenate(blocks, axis=1)


@pytest.fixture
def room(qtbot: QtBot, desk: Desk) -> Iterator[Room]:
    made = Room(qtbot, desk)
    yield made
    made.window.playback.shut(10.0)


def sum_of(weights: dict[str, float], at_s: float, frames: int) -> Samples:
    start = round(at_s * RATE)
    parts = [
        weight * stem(STEMS.index(name))[start : start + frames].T
        for name, weight in weights.items()
    ]
    summed: Samples = np.sum(parts, axis=0).astype(np.float32)
    return summed


def all_at(weight: float) -> dict[str, float]:
    return dict.fromkeys(STEMS, weight)


def the_same(heard: Samples, wanted: Samples, skip: int = 80) -> None:
    """But for the first 10 ms, in which it is faded in."""
    np.testing.assert_allclose(heard[:, skip:], wanted[:, skip:], atol=2e-5)


def test_all_stems_sum_to_the_song(room: Room) -> None:
    heard = room.hear(1.0)
    the_same(heard, sum_of(all_at(1.0), 1.0, heard.shape[1]))


def test_mute_solo_and_only_this(room: Room) -> None:
    drums, bass, _, vocals = room.page.lanes
    drums.mute.click()
    heard = room.hear(1.0)
    the_same(heard, sum_of(all_at(1.0) | {"drums": 0.0}, 1.0, heard.shape[1]))
    bass.solo.click()
    vocals.solo.click()
    heard = room.hear(2.0)
    the_same(heard, sum_of({"bass": 1.0, "vocals": 1.0}, 2.0, heard.shape[1]))
    QTest.mouseClick(drums.solo, LEFT, Qt.KeyboardModifier.AltModifier)
    heard = room.hear(1.5)
    the_same(heard, sum_of({"drums": 1.0}, 1.5, heard.shape[1]))


def test_volume_pan_and_master(room: Room) -> None:
    drums, bass = room.page.lanes[:2]
    for name in ("vocals", "other"):
        room.window.playback.set_muted(name, True)
    for _ in range(6):
        QTest.keyClick(drums.volume, Qt.Key.Key_Left)
    QTest.keyClick(bass.pan, Qt.Key.Key_End)  # the right side only
    heard = room.hear(1.0)
    wanted = sum_of({"drums": 10 ** (-6 / 20), "bass": 1.0}, 1.0, heard.shape[1])
    wanted[0] -= sum_of({"bass": 1.0}, 1.0, heard.shape[1])[0]
    the_same(heard, wanted)
    QTest.keyClick(room.page.transport.master.fader, Qt.Key.Key_PageDown)
    heard = room.hear(1.0)
    the_same(heard, wanted * np.float32(10 ** (-6 / 20)))


def test_the_original_is_aligned_and_as_loud(room: Room) -> None:
    page, playback = room.page, room.window.playback
    room.qtbot.waitUntil(lambda: playback._energies is not None, timeout=20_000)
    page.transport.side.original.click()
    heard = room.hear(1.0)
    frames = heard.shape[1]
    half = sum_of(all_at(0.5), 1.0, frames)[::-1]
    the_same(heard, half * np.float32(10 ** (6 / 20)), skip=400)  # 6 dB is the most
    page.transport.side.stems.click()
    heard = room.hear(1.0)
    the_same(heard, sum_of(all_at(1.0), 1.0, frames), skip=400)


@pytest.mark.parametrize(
    ("preset", "kept"),
    [
        (Preset.INSTRUMENTAL, ("drums", "bass", "other")), (Preset.A_CAPPELLA, ("vocals",)),
        (Preset.NO_DRUMS, ("bass", "other", "vocals")), (Preset.DRUMS_AND_BASS, ("drums", "bass")),
    ],
)  # fmt: skip
def test_presets(room: Room, preset: Preset, kept: tuple[str, ...]) -> None:
    room.page.transport.presets.buttons[preset].click()
    heard = room.hear(1.0)
    the_same(heard, sum_of(dict.fromkeys(kept, 1.0), 1.0, heard.shape[1]))


def test_a_loop_comes_back_to_the_frame(room: Room) -> None:
    room.page.view.drag_loop(1.0, 1.5)
    room.page.view.drop_loop()
    heard = room.hear(1.4, 0.8)  # over the seam at 1.5 s, and round again at 2.0 s
    frames = round(0.5 * RATE)
    first, second = heard[:, 1200:2400], heard[:, 1200 + frames : 2400 + frames]
    np.testing.assert_allclose(first, second, atol=2e-5)
    after = sum_of(all_at(1.0), 1.0, frames)
    np.testing.assert_allclose(heard[:, 1200:4800], after[:, 400:4000], atol=2e-5)
    steps = np.abs(np.diff(heard, axis=1)).max()
    assert steps < 0.2  # the tones' own steepness: no click at the seam


def test_speed_is_heard_and_the_pitch_stays(room: Room) -> None:
    for name in ("bass", "other", "vocals"):
        room.window.playback.set_muted(name, True)
    for _ in range(5):
        QTest.keyClick(room.page.transport.speed.fader, Qt.Key.Key_PageDown)
    assert room.page.transport.speed.value.text() == "50 %"
    before = room.window.playback.position_s
    heard = room.hear(1.0, 1.0)
    room.qtbot.waitUntil(
        lambda: room.window.playback.position_s == pytest.approx(1.5, abs=0.05), timeout=5000
    )
    assert before == pytest.approx(0.0)
    spectrum = np.abs(np.fft.rfft(heard[0, RATE // 4 :] * np.hanning(heard.shape[1] - RATE // 4)))
    peak_hz = float(spectrum.argmax()) * RATE / (heard.shape[1] - RATE // 4)
    assert peak_hz == pytest.approx(110, abs=4)


def test_everything_is_as_it_was_in_the_next_window(room: Room) -> None:
    job: Job = room.job
    page = room.page
    QTest.keyClick(page.lanes[0].volume, Qt.Key.Key_PageDown)
    page.lanes[3].mute.click()
    QTest.keyClick(page.transport.key.fader, Qt.Key.Key_Up)
    page.view.drag_loop(1.0, 2.0)
    page.view.drop_loop()
    room.close()
    store = JobStore(room.desk.folders.database)
    listening = store.recall(job.id)
    store.close()
    assert listening is not None and listening.loop == (1.0, 2.0)
    room.open()
    page = room.page
    assert page.lanes[0].volume.amount == -6.0
    assert page.lanes[3].mute.isChecked()
    assert page.transport.key.value.text() == "+1 st"
    assert page.view.loop == (1.0, 2.0)
    room.settle()
    status = room.players[-1].status
    assert (status.loop, status.key_semitones) == ((RATE, 2 * RATE), 1.0)
    room.window.commands._controller.remove([job.id])  # gone with the song
    room.close()
    store = JobStore(room.desk.folders.database)
    assert store.recall(job.id) is None
    store.close()
