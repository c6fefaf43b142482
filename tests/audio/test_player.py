from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemdesk.audio.output import NullOutput, OutputKind, Pull
from stemdesk.audio.player import Player, PlayerState, open_files
from stemdesk.audio.remix import Remix
from stemdesk.core.errors import ErrorCode
from support.listening import hear
from support.outputs import HandOutput

RATE = 8000
FRAMES = 5000
RING = 1200  # 150 ms
FADE = 40  # 5 ms
STEP = 1.1 / 2**15

Samples = NDArray[np.float32]


def make_stems(
    folder: Path, *, frames: int = FRAMES, rate: int = RATE, suffix: str = ".flac", seed: int = 0
) -> tuple[dict[str, Path], dict[str, Samples]]:
    """Three stems of noise as files, and their samples float32 [2, frames] as they are read."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    stems: dict[str, Samples] = {}
    for name in ("drums", "bass", "vocals"):
        files[name] = folder / f"{name}{suffix}"
        noise = rng.uniform(-0.3, 0.3, (frames, 2))
        soundfile.write(files[name], noise, rate, subtype="PCM_24")
        stems[name] = soundfile.read(files[name], dtype="float32")[0].T
    return files, stems


@pytest.fixture
def output() -> HandOutput:
    return HandOutput()


@pytest.fixture
def player(output: HandOutput) -> Iterator[Player]:
    player = Player(output.open)
    yield player
    player.close()
    assert not [t for t in threading.enumerate() if t.name in ("render", "null-output")]


def load(player: Player, files: dict[str, Path], remix: Remix | None = None) -> None:
    player.load(partial(open_files, files), remix or Remix.of(files))


def null_output(samplerate: int, pull: Pull, _device: str) -> NullOutput:
    return NullOutput(samplerate, pull)


def is_now(player: Player, state: PlayerState) -> bool:
    return player.state is state


def rests(output: HandOutput) -> bool:
    return not output.running


def total(stems: dict[str, Samples], *names: str) -> Samples:
    chosen = [stems[name] for name in names] if names else list(stems.values())
    summed: Samples = np.add.reduce(np.stack(chosen))
    return summed


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_all_stems_sound_together_from_the_first_frame_to_the_last(
    tmp_path: Path, player: Player, output: HandOutput, suffix: str
) -> None:
    files, stems = make_stems(tmp_path, suffix=suffix)
    load(player, files)
    player.play()
    heard = hear(player, output, FRAMES)
    np.testing.assert_allclose(heard, total(stems), atol=1e-6)
    assert output.opened_at == [RATE]
    assert player.underruns == 0


def test_status_before_and_after_loading(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    assert is_now(player, PlayerState.EMPTY)
    assert player.status.output is None
    load(player, make_stems(tmp_path)[0])
    assert player.settle()
    assert is_now(player, PlayerState.STOPPED)
    assert (player.length_frames, player.samplerate, player.position_frames) == (FRAMES, RATE, 0)
    assert output.opened_at == []  # a selected song does not take the device
    player.unload()
    assert player.settle()
    assert is_now(player, PlayerState.EMPTY)
    assert player.length_frames == 0


def test_position_is_what_the_output_was_handed(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    load(player, make_stems(tmp_path)[0])
    player.play()
    positions = []
    for _ in range(10):
        assert player.settle()
        output.take(100)
        positions.append(player.position_frames)
    assert positions == [100 * i for i in range(1, 11)]
    assert is_now(player, PlayerState.PLAYING)


def test_the_song_ends_once_and_plays_again_from_the_start(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    heard = hear(player, output, FRAMES + 500)
    assert not heard[:, FRAMES:].any()
    assert player.finished
    assert is_now(player, PlayerState.FINISHED)
    assert player.position_frames == FRAMES
    assert player.underruns == 0
    assert rests(output)
    player.play()
    assert player.settle()
    assert not is_now(player, PlayerState.FINISHED)
    assert player.position_frames == 0
    np.testing.assert_allclose(hear(player, output, 300), total(stems)[:, :300], atol=1e-6)
    assert output.opened_at == [RATE]  # the device was kept


def test_a_sound_device_is_looked_for_at_each_play_until_there_is_one(tmp_path: Path) -> None:
    output = HandOutput()
    silent: list[NullOutput] = []

    def open_output(samplerate: int, pull: Pull, device: str) -> HandOutput | NullOutput:
        if silent:
            return output.open(samplerate, pull, device)
        silent.append(NullOutput(samplerate, pull, "nothing is plugged in"))
        return silent[-1]

    kinds = []
    with Player(open_output) as player:
        load(player, make_stems(tmp_path)[0])
        for _ in range(3):
            player.play()
            assert player.settle()
            info = player.status.output
            assert info is not None
            kinds.append(info.kind)
            player.pause()
            assert player.settle()
    assert kinds == [OutputKind.NULL, OutputKind.SOUNDDEVICE, OutputKind.SOUNDDEVICE]
    assert output.opened_at == [RATE]
    assert not [t for t in threading.enumerate() if t.name == "null-output"]


def test_seeking_at_the_end_waits_there_paused(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    load(player, make_stems(tmp_path)[0])
    player.play()
    hear(player, output, FRAMES + 10)
    player.seek(70)
    assert player.settle()
    assert (player.state, player.position_frames) == (PlayerState.PAUSED, 70)


@pytest.mark.parametrize("target", [0, 1, 2345, FRAMES - 900])
def test_seeking_while_playing_is_exact_and_heard_at_once(
    tmp_path: Path, player: Player, output: HandOutput, target: int
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    hear(player, output, 777)
    player.seek(target)
    assert player.position_frames == target  # before anybody has done anything
    heard = hear(player, output, 800)
    wanted = total(stems)[:, target : target + 800]
    np.testing.assert_allclose(heard[:, FADE:], wanted[:, FADE:], atol=1e-6)
    assert player.position_frames == target + 800
    assert player.underruns == 0


def test_seeking_is_kept_inside_the_song(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    load(player, make_stems(tmp_path)[0])
    assert player.settle()
    player.seek(-5)
    assert player.position_frames == 0
    player.seek(FRAMES + 99)
    assert player.position_frames == FRAMES
    assert player.settle()
    assert player.position_frames == FRAMES
    player.play()  # at the end: from the start
    assert player.settle()
    output.take(10)
    assert player.position_frames == 10


def test_seeking_to_the_end_while_playing_finishes(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    load(player, make_stems(tmp_path)[0])
    player.play()
    hear(player, output, 100)
    player.seek(FRAMES)
    heard = hear(player, output, 2 * FADE)  # what was playing fades out
    assert not heard[:, FADE:].any()
    assert player.finished


def test_a_storm_of_seeks_has_no_gap(tmp_path: Path, player: Player, output: HandOutput) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    assert player.settle()
    rng = np.random.default_rng(1)
    for targets in rng.integers(0, FRAMES - RING, (40, 5)):
        for target in targets:
            player.seek(int(target))
            assert player.position_frames == target
        assert output.take(100).any()  # wherever the render thread is with it
        assert player.settle()
    player.seek(1000)
    heard = hear(player, output, 400)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 1000 + FADE : 1400], atol=1e-6)
    assert player.underruns == 0


def test_pause_is_silent_at_once_and_play_goes_on_there(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    hear(player, output, 1000)
    player.pause()
    heard = hear(player, output, 600, block=100)
    assert not heard[:, FADE:].any()
    assert (player.state, player.position_frames) == (PlayerState.PAUSED, 1000)
    assert rests(output)  # the device rests
    assert player.underruns == 0
    player.play()
    heard = hear(player, output, 600)
    assert not rests(output)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 1000 + FADE : 1600], atol=1e-6)


def test_seeking_while_paused_stays_paused(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    hear(player, output, 512)
    player.pause()
    player.seek(3000)
    assert player.settle()
    output.take(200)
    assert (player.state, player.position_frames) == (PlayerState.PAUSED, 3000)
    player.play()
    heard = hear(player, output, 300)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 3000 + FADE : 3300], atol=1e-6)


def test_stop_goes_back_to_the_start(tmp_path: Path, player: Player, output: HandOutput) -> None:
    load(player, make_stems(tmp_path)[0])
    player.play()
    hear(player, output, 700)
    player.stop()
    assert player.position_frames == 0
    heard = hear(player, output, 200)
    assert not heard[:, FADE:].any()
    assert (player.state, player.position_frames) == (PlayerState.STOPPED, 0)


def test_mute_and_solo_are_heard_at_once(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    remix = Remix.of(files)
    load(player, files)
    player.play()
    hear(player, output, 500)
    player.set_remix(remix.with_muted("bass", True))
    heard = hear(player, output, 500)
    wanted = total(stems, "drums", "vocals")[:, 500:1000]
    np.testing.assert_allclose(heard[:, FADE:], wanted[:, FADE:], atol=1e-6)
    player.set_remix(remix.with_soloed("vocals", True))
    heard = hear(player, output, 500)
    np.testing.assert_allclose(heard[:, FADE:], stems["vocals"][:, 1000 + FADE : 1500], atol=1e-6)
    player.set_remix(remix)
    heard = hear(player, output, 500)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 1500 + FADE : 2000], atol=1e-6)
    assert player.underruns == 0


def test_a_gain_change_is_a_ramp_without_a_click(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    path = tmp_path / "bass.wav"
    soundfile.write(path, np.full((FRAMES, 2), 0.5), RATE, subtype="PCM_16")
    remix = Remix.of(["bass"])
    load(player, {"bass": path})
    player.play()
    before = hear(player, output, 400)
    player.set_remix(remix.with_muted("bass", True))
    falling = hear(player, output, 400)
    player.pause()
    player.set_remix(remix)
    player.play()
    rising = hear(player, output, 400)
    player.pause()
    ending = hear(player, output, 400)
    steps = np.diff(np.concatenate((before, falling, rising, ending), axis=1), axis=1)
    assert np.abs(steps).max() <= 0.5 / FADE + STEP
    assert (before[0, 0], falling[0, -1], rising[0, -1], ending[0, -1]) == (0.5, 0.0, 0.5, 0.0)


def test_a_remix_given_with_the_song_is_heard_from_its_first_frame(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    player.load(partial(open_files, files), Remix.of(files).with_only("drums"))
    player.play()
    np.testing.assert_allclose(hear(player, output, 300), stems["drums"][:, :300], atol=1e-6)


def test_what_is_beyond_full_scale_is_guarded(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files = {name: tmp_path / f"{name}.wav" for name in ("a", "b")}
    for path in files.values():
        soundfile.write(path, np.full((900, 2), 0.75), RATE)
    load(player, files)
    player.play()
    heard = hear(player, output, 100)
    assert ((heard > 0.999) & (heard <= 1.0)).all()


def test_another_song_while_one_plays(tmp_path: Path, player: Player, output: HandOutput) -> None:
    load(player, make_stems(tmp_path / "one")[0])
    player.play()
    hear(player, output, 1500)
    files, stems = make_stems(tmp_path / "two", frames=3000, rate=11025, seed=5)
    load(player, files)
    assert player.position_frames == 0
    assert player.settle()
    assert (player.state, player.length_frames, player.samplerate) == (
        PlayerState.STOPPED,
        3000,
        11025,
    )
    player.play()
    np.testing.assert_allclose(hear(player, output, 900), total(stems)[:, :900], atol=1e-6)
    assert output.opened_at == [RATE, 11025]
    assert output.closed == 1
    assert player.underruns == 0


def test_commands_given_during_loading_are_kept(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, {"gone": tmp_path / "gone.flac"})
    load(player, files)
    player.seek(2000)
    player.play()
    assert player.position_frames == 2000
    heard = hear(player, output, 300)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 2000 + FADE : 2300], atol=1e-6)
    assert player.error is None


def test_short_and_mono_stems_are_padded_and_doubled(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    long, short = tmp_path / "a.wav", tmp_path / "b.wav"
    soundfile.write(long, np.full(2000, 0.25), RATE)
    soundfile.write(short, np.full((1100, 2), 0.5), RATE)
    load(player, {"a": long, "b": short})
    player.play()
    heard = hear(player, output, 2000)
    assert player.length_frames == 2000
    assert (heard[:, :1100] == 0.75).all()
    assert (heard[:, 1100:] == 0.25).all()


def test_missing_files_are_told_with_their_path(tmp_path: Path, player: Player) -> None:
    files, _ = make_stems(tmp_path)
    files["bass"].unlink()
    load(player, files)
    player.play()
    assert player.settle()
    error = player.error
    assert error is not None
    assert (error.code, error.path) == (ErrorCode.STEMS_MISSING, files["bass"])
    assert is_now(player, PlayerState.FAILED)
    assert (player.position_frames, player.length_frames) == (0, 0)
    load(player, make_stems(tmp_path)[0])  # they are back
    assert player.settle()
    assert player.status.error is None
    assert is_now(player, PlayerState.STOPPED)


@pytest.mark.parametrize("content", [b"", b"this is not sound", b"fLaC" + bytes(200)])
def test_damaged_files_are_told(tmp_path: Path, player: Player, content: bytes) -> None:
    path = tmp_path / "bass.flac"
    path.write_bytes(content)
    load(player, {"bass": path})
    assert player.settle()
    assert player.error is not None
    assert (player.error.code, player.error.path) == (ErrorCode.SOURCE_UNREADABLE, path)


def test_stems_that_do_not_fit_together_are_told(tmp_path: Path, player: Player) -> None:
    files, _ = make_stems(tmp_path)
    soundfile.write(files["vocals"], np.zeros((100, 2)), 44100)
    load(player, files)
    assert player.settle()
    assert player.error is not None
    assert (player.error.code, player.error.path) == (
        ErrorCode.SOURCE_UNSUPPORTED,
        files["vocals"],
    )


def test_a_file_that_ends_while_it_plays_stops_the_song(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, _ = make_stems(tmp_path, suffix=".wav", frames=80_000)
    load(player, files)
    player.play()
    hear(player, output, 1000)
    with files["drums"].open("r+b") as file:
        file.truncate(180_000)
    heard = hear(player, output, 40_000, block=1000)
    assert heard[:, :8000].any()
    assert not heard[:, -1000:].any()
    assert is_now(player, PlayerState.FAILED)
    assert player.error is not None
    assert player.error.path == files["drums"]


def test_a_lost_device_pauses_and_play_takes_the_next_one(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    files, stems = make_stems(tmp_path)
    load(player, files)
    player.play()
    hear(player, output, 600)
    output.alive = False
    assert player.settle()
    assert (player.state, player.position_frames) == (PlayerState.PAUSED, 600)
    assert player.error is not None
    assert player.error.code is ErrorCode.OUTPUT_UNAVAILABLE
    player.play()
    heard = hear(player, output, 300)
    np.testing.assert_allclose(heard[:, FADE:], total(stems)[:, 600 + FADE : 900], atol=1e-6)
    assert output.opened_at == [RATE, RATE]
    assert player.status.error is None


def test_a_device_that_does_not_start_pauses(
    tmp_path: Path, player: Player, output: HandOutput
) -> None:
    output.refuses = True
    load(player, make_stems(tmp_path)[0])
    player.play()
    assert player.settle()
    assert is_now(player, PlayerState.PAUSED)
    assert player.error is not None
    assert player.error.code is ErrorCode.OUTPUT_UNAVAILABLE


def test_a_bug_in_an_output_is_told_and_does_not_end_the_player(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_samplerate: int, _pull: Pull, _device: str) -> HandOutput:
        raise ZeroDivisionError

    with Player(broken) as player:
        load(player, make_stems(tmp_path)[0])
        player.play()
        assert player.settle()
        assert player.error is not None
        assert player.error.code is ErrorCode.INTERNAL
        load(player, make_stems(tmp_path)[0])
        assert player.settle()
        assert is_now(player, PlayerState.STOPPED)
    assert "ZeroDivisionError" in caplog.text


def test_commands_do_not_wait_for_files(
    tmp_path: Path, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, released = threading.Event(), threading.Event()
    original = soundfile.SoundFile.__init__

    def slow(self: soundfile.SoundFile, *args: object, **kwargs: object) -> None:
        opening.set()
        assert released.wait(10)
        original(self, *args, **kwargs)

    files, _ = make_stems(tmp_path)
    monkeypatch.setattr(soundfile.SoundFile, "__init__", slow)
    load(player, files)
    assert opening.wait(10)
    player.play()
    player.seek(5)
    assert is_now(player, PlayerState.LOADING)
    assert player.position_frames == 5
    assert not player.settle(timeout_s=0)
    released.set()
    assert player.settle()
    assert is_now(player, PlayerState.PLAYING)


def test_files_are_let_go_by_unloading(tmp_path: Path, player: Player, output: HandOutput) -> None:
    files, _ = make_stems(tmp_path)
    opened: list[soundfile.SoundFile] = []
    original = soundfile.SoundFile.__init__

    def noting(self: soundfile.SoundFile, *args: object, **kwargs: object) -> None:
        opened.append(self)
        original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(soundfile.SoundFile, "__init__", noting)
        load(player, files)
        player.play()
        hear(player, output, 100)
    player.unload()
    assert player.settle()
    assert len(opened) == 3
    assert all(file.closed for file in opened)


def test_a_song_plays_to_its_end_on_the_null_outputs_own_thread(tmp_path: Path) -> None:
    files, stems = make_stems(tmp_path, frames=2400)
    heard: list[Samples] = []
    ended = threading.Event()

    def opened(samplerate: int, pull: Pull, _device: str) -> NullOutput:
        def listening(out: Samples) -> None:
            pull(out)
            heard.append(out.T.copy())
            if sum(block.any(axis=0).sum() for block in heard) >= 2400:
                ended.set()

        return NullOutput(samplerate, listening, "for a test")

    with Player(opened) as player:
        load(player, files)
        player.play()
        assert ended.wait(20)
        assert player.settle()
        assert player.finished
        status = player.status
    assert status.position_frames == 2400
    assert status.output is not None
    assert (status.output.kind, status.output.reason) == (OutputKind.NULL, "for a test")
    joined = np.concatenate(heard, axis=1)
    sounding = joined[:, joined.any(axis=0)]  # a very busy machine puts silence in between
    np.testing.assert_allclose(sounding, total(stems), atol=1e-6)
    assert not [t for t in threading.enumerate() if t.name in ("render", "null-output")]


def test_closing_while_playing_ends_all_threads(tmp_path: Path) -> None:
    player = Player(null_output)
    load(player, make_stems(tmp_path)[0])
    player.play()
    assert player.settle()
    player.close()
    player.close()  # twice is allowed
    player.play()  # and commands come to nothing
    assert player.settle()
    assert is_now(player, PlayerState.EMPTY)
    assert not [t for t in threading.enumerate() if t.name in ("render", "null-output")]


def test_closing_does_not_wait_for_a_drive_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, released = threading.Event(), threading.Event()
    original = soundfile.SoundFile.__init__

    def hung(self: soundfile.SoundFile, *args: object, **kwargs: object) -> None:
        opening.set()
        assert released.wait(10)
        original(self, *args, **kwargs)

    files, _ = make_stems(tmp_path)
    monkeypatch.setattr(soundfile.SoundFile, "__init__", hung)
    player = Player(null_output)
    load(player, files)
    assert opening.wait(10)
    assert not player.close(0)
    released.set()
    assert player.close(10)
