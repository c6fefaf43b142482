from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.encode import quantise
from stemdesk.audio.guard import KNEE
from stemdesk.audio.mixer import Mixer
from stemdesk.audio.remix import Preset, Remix, amplitude
from stemdesk.core.errors import Cancelled, DiskFullError, ErrorCode, ExportError, SourceError
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.old_remixes import forget_old
from stemdesk.jobs.render import _render, remix_name, render, rendered_path
from support.playables import MemorySong, noise_song
from support.tmpfs import tiny_volume

FOUR = ("drums", "bass", "other", "vocals")
FRAMES = 150_001  # more than two blocks, and an odd number


def place(cache: Path, remix: Remix) -> Path:
    return rendered_path(cache, "song", remix, remix_name("Title", remix, FOUR))


def ignore(_: float) -> None:
    pass


def test_the_file_holds_what_the_mixer_gives(tmp_path: Path) -> None:
    song = noise_song(FRAMES)
    remix = Remix.of(FOUR).with_preset(Preset.INSTRUMENTAL).with_gain("drums", -7.5)
    remix = remix.with_pan("bass", -0.4).with_master(2.0)
    told: list[float] = []
    path = render(lambda: song, remix, place(tmp_path, remix), told.append, CancelToken())
    assert path.name == "Title (Instrumental).wav"
    assert soundfile.info(path).subtype == "PCM_24" and soundfile.info(path).samplerate == 44100
    written, _ = soundfile.read(path, dtype="int32", always_2d=True)
    mixer = Mixer({name: song.stem(name) for name in FOUR})
    mixed = mixer.read(0, FRAMES, remix) * np.float32(amplitude(2.0))
    assert np.array_equal(written.T, quantise(mixed, 24))
    assert told[-1] == 1.0 and told == sorted(told) and len(told) == 3
    assert song.closed == 1
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_what_is_too_loud_bends_as_in_the_player(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0.0, 1.0, 10_000, dtype=np.float32), (2, 1))
    remix = Remix.of(["drums"]).with_gain("drums", 6.0)
    song = MemorySong({"drums": ramp})
    path = render(lambda: song, remix, place(tmp_path, remix), ignore, CancelToken())
    written = soundfile.read(path, always_2d=True)[0].T[0]
    loud = ramp[0] * amplitude(6.0)
    np.testing.assert_allclose(written[loud <= KNEE], loud[loud <= KNEE], atol=2.0**-22)
    bent = written[(loud > KNEE) & (loud < 1.2)]
    assert (np.diff(bent) > 0).all() and bent.max() < 1.0  # not cut off flat


def test_two_who_make_the_same_one_do_not_write_into_each_other(tmp_path: Path) -> None:
    song, remix = noise_song(FRAMES), Remix.of(FOUR)
    path = place(tmp_path, remix)

    def meanwhile(fraction: float) -> None:
        """As another process does it, which knows nothing of this one's lock."""
        if fraction < 0.5:
            _render(lambda: noise_song(FRAMES), remix, path, ignore, CancelToken())

    render(lambda: song, remix, path, meanwhile, CancelToken())
    assert soundfile.info(path).frames == FRAMES
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_it_is_made_once_for_each_remix(tmp_path: Path) -> None:
    opened: list[int] = []

    def open_song() -> MemorySong:
        opened.append(1)
        return noise_song(1000)

    plain = Remix.of(FOUR)
    other = plain.with_muted("vocals", True)
    first = render(open_song, plain, place(tmp_path, plain), ignore, CancelToken())
    again = render(open_song, plain, place(tmp_path, plain), ignore, CancelToken())
    assert first == again and len(opened) == 1
    assert render(open_song, other, place(tmp_path, other), ignore, CancelToken()) != first
    assert first.exists()


def test_another_song_has_another_place(tmp_path: Path) -> None:
    remix = Remix.of(FOUR)
    places = {rendered_path(tmp_path, key, remix, "a.wav") for key in ("one", "two")}
    assert len(places) == 2


def test_a_cancelled_one_leaves_nothing(tmp_path: Path) -> None:
    cancel = CancelToken()
    song = noise_song(FRAMES)
    remix = Remix.of(FOUR)
    with pytest.raises(Cancelled):
        render(lambda: song, remix, place(tmp_path, remix), lambda _: cancel.cancel(), cancel)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert song.closed == 1


def test_one_that_is_cancelled_does_not_touch_the_next(tmp_path: Path) -> None:
    """Cancelled at its first block and asked for again at once, as by a fader that goes back."""
    remix, cancel = Remix.of(FOUR), CancelToken()
    path = place(tmp_path, remix)
    began, go_on = threading.Event(), threading.Event()
    ended: list[BaseException | Path] = []

    def hold(_: float) -> None:
        began.set()
        assert go_on.wait(30)

    def first() -> None:
        try:
            ended.append(render(lambda: noise_song(FRAMES), remix, path, hold, cancel))
        except Cancelled as error:
            ended.append(error)

    def second() -> None:
        def let_the_first_end(_: float) -> None:
            go_on.set()
            one.join(30)

        ended.append(
            render(lambda: noise_song(FRAMES), remix, path, let_the_first_end, CancelToken())
        )

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert began.wait(30)
    cancel.cancel()
    two.start()
    go_on.wait(0.2)  # side by side, the second is in its first block by now
    go_on.set()
    for thread in (one, two):
        thread.join(30)
    assert [type(item) for item in ended] == [Cancelled, type(path)]
    assert soundfile.info(path).frames == FRAMES
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_damaged_stem_leaves_nothing(tmp_path: Path) -> None:
    def heard(start: int) -> None:
        if start:
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, path=tmp_path / "drums.flac")

    stem = np.zeros((2, FRAMES), np.float32)
    song = MemorySong({"drums": stem}, heard=heard)
    with pytest.raises(SourceError):
        render(lambda: song, Remix(), tmp_path / "x" / "y.wav", ignore, CancelToken())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "disk", "1m") as disk, pytest.raises(DiskFullError):
        song = noise_song(1_000_000)
        render(lambda: song, Remix(), disk / "x" / "y.wav", ignore, CancelToken())


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file")
    song = noise_song(10)
    with pytest.raises(ExportError):
        render(lambda: song, Remix(), tmp_path / "x" / "y.wav", ignore, CancelToken())


def test_unfinished_songs_are_a_bug(tmp_path: Path) -> None:
    song = noise_song(1000)
    song.unfinished = True
    with pytest.raises(ValueError, match="not finished"):
        render(lambda: song, Remix(), tmp_path / "x" / "y.wav", ignore, CancelToken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("remix", "name"),
    [
        (Remix.of(FOUR), "Mix"),
        (Remix(), "Mix"),
        (Remix.of(FOUR).with_gain("bass", -3), "Remix"),
        (Remix.of(FOUR).with_master(-3), "Remix"),
        (Remix.of(FOUR).with_pan("bass", 1), "Remix"),
        (Remix.of(FOUR).with_preset(Preset.INSTRUMENTAL), "Instrumental"),
        (Remix.of(FOUR).with_preset(Preset.INSTRUMENTAL).with_gain("bass", 3), "Instrumental"),
        (Remix.of(FOUR).with_preset(Preset.A_CAPPELLA), "A cappella"),
        (Remix.of(FOUR).with_preset(Preset.NO_DRUMS), "No drums"),
        (Remix.of(FOUR).with_preset(Preset.DRUMS_AND_BASS), "Drums and bass"),
        (Remix.of(FOUR).with_only("bass"), "Bass"),
        (Remix.of(FOUR).with_muted("bass", True), "Remix"),
        (Remix(tuple(Remix.of(FOUR).with_muted("vocals", True).stems[3:])), "Instrumental"),
    ],
)
def test_names_say_what_is_heard(remix: Remix, name: str) -> None:
    assert remix_name("A: song", remix, FOUR) == f"A_ song ({name}).wav"


def test_old_ones_go_after_a_week(tmp_path: Path) -> None:
    remix, song = Remix.of(FOUR), noise_song(10)
    path = render(lambda: song, remix, place(tmp_path, remix), ignore, CancelToken())
    written = path.parent.stat().st_mtime
    forget_old(tmp_path, written + 6 * 86_400)
    assert path.exists()
    long_ago = written - 8 * 86_400
    os.utime(path.parent, (long_ago, long_ago))
    render(lambda: song, remix, path, ignore, CancelToken())  # asked for again
    forget_old(tmp_path)
    assert path.exists()
    os.utime(path.parent, (long_ago, long_ago))
    forget_old(tmp_path)
    assert not path.parent.exists()
    forget_old(tmp_path / "nothing")


def test_what_others_keep_beside_old_remixes_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "remixes" / "mine"
    theirs.mkdir(parents=True)
    os.utime(theirs, (0, 0))
    forget_old(tmp_path)
    assert theirs.is_dir()
