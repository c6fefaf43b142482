"""Every format through the real decoder: lag, length, level, channels, rates, memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.decode import AUDIO_SUFFIXES, decode, probe
from stemdesk.core.errors import Cancelled
from stemdesk.core.notices import NoticeCode
from stemdesk.core.progress import CancelToken
from support import media
from support.decoding import decode_all
from support.videos import make_video

RATE = 44100
LOSSLESS = [name for name, kind in media.KINDS.items() if kind.error is not None]


def expected_frames(frames: int, source: int, target: int) -> int:
    """round(frames x target / source), halves up."""
    return (2 * frames * target + source) // (2 * source)


def save(path: Path, samples: media.Samples, samplerate: int) -> Path:
    return media.make(path, "wav-f32", samples, samplerate)


@pytest.mark.parametrize(
    ("name", "samplerate"),
    [(name, rate) for name, kind in media.KINDS.items() for rate in kind.samplerates],
)
def test_lag_and_length_of_every_format(tmp_path: Path, name: str, samplerate: int) -> None:
    kind = media.KINDS[name]
    frames = 2 * samplerate + 123  # not a whole number of any codec's frames
    samples = media.bursts(frames, samplerate)
    path = media.make_in(tmp_path, name, samples, samplerate)
    song = decode_all(path, samplerate)
    assert media.lag(samples, song.samples) == 0
    surplus = song.samples.shape[1] - frames
    if kind.length_slack_s:
        assert abs(surplus) <= kind.length_slack_s * samplerate
    else:
        assert surplus == -frames % kind.frame_multiple
    shared = min(frames, song.samples.shape[1])
    error = np.abs(song.samples[:, :shared] - samples[:, :shared])
    if kind.error is not None:
        assert error.max() <= kind.error
    else:
        start = 2048 if name.startswith("wma") else 0  # FFmpeg's decoder loses them: silence
        noise = np.linalg.norm(error[:, start:])
        assert noise < 0.35 * np.linalg.norm(samples)
    assert song.result.source_samplerate == samplerate
    assert song.result.source_channels == 2
    assert song.result.notices == ()
    assert kind.suffix in AUDIO_SUFFIXES


@pytest.mark.parametrize("name", media.KINDS)
def test_probe_tells_the_same_before_decoding(tmp_path: Path, name: str) -> None:
    samplerate = media.KINDS[name].samplerates[0]
    path = media.make_in(tmp_path, name, media.sine(2 * samplerate, samplerate), samplerate)
    info = probe(path)
    assert (info.samplerate, info.channels) == (samplerate, 2)
    assert info.declared_s == pytest.approx(2.0, abs=0.2)
    assert info.codec and info.container


@pytest.mark.parametrize("name", media.KINDS)
def test_mono_sounds_on_both_sides_at_its_level(tmp_path: Path, name: str) -> None:
    samplerate = media.KINDS[name].samplerates[0]
    mono = media.bursts(samplerate, samplerate, channels=1)
    song = decode_all(media.make_in(tmp_path, name, mono, samplerate), samplerate)
    assert np.array_equal(song.samples[0], song.samples[1])
    assert media.lag(mono, song.samples) == 0
    middle = slice(8192, 32768)
    level = np.vdot(song.samples[0, middle], mono[0, middle]) / np.vdot(
        mono[0, middle], mono[0, middle]
    )
    assert level == pytest.approx(1.0, abs=0.08)  # lossy; half the power would be 0.71
    assert song.result.source_channels == 1
    assert song.result.notices == ()


@pytest.mark.parametrize("name", LOSSLESS)
def test_one_frame(tmp_path: Path, name: str) -> None:
    kind = media.KINDS[name]
    one = np.array([[0.5], [-0.25]], np.float32)
    song = decode_all(media.make_in(tmp_path, name, one, RATE), RATE)
    assert song.samples.shape == (2, 1)
    assert np.abs(song.samples - one).max() <= (kind.error or 0.0)
    assert song.result.notices == ()


@pytest.mark.parametrize("name", ["ogg", "opus"])
def test_one_frame_of_a_lossy_format(tmp_path: Path, name: str) -> None:
    rate = media.KINDS[name].samplerates[0]
    path = media.make_in(tmp_path, name, np.full((2, 1), 0.5, np.float32), rate)
    assert decode_all(path, rate).samples.shape == (2, 1)


@pytest.mark.parametrize("name", ["wav-16", "flac", "mp3", "m4a", "ogg", "opus", "wma", "aac"])
def test_silence_stays_silence(tmp_path: Path, name: str) -> None:
    rate = media.KINDS[name].samplerates[0]
    silence = np.zeros((2, 2 * rate), np.float32)
    song = decode_all(media.make_in(tmp_path, name, silence, rate), rate)
    assert np.abs(song.samples).max() < 1e-6
    assert song.samples.shape[1] == pytest.approx(2 * rate, abs=2048)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (8000, 44100),
        (11025, 44100),
        (22050, 44100),
        (32000, 44100),
        (44056, 44100),
        (48000, 44100),
        (96000, 44100),
        (192000, 44100),
        (44100, 48000),
    ],
)
def test_every_rate_keeps_time_and_level(tmp_path: Path, source: int, target: int) -> None:
    frames = 2 * source + 77
    song = decode_all(save(tmp_path / "a.wav", media.sine(frames, source, 440), source), target)
    total = expected_frames(frames, source, target)
    assert song.samples.shape == (2, total)
    wanted = media.sine(total, target, 440)
    edge = target // 50  # the sine's abrupt ends ring
    error = np.abs(song.samples - wanted)[:, edge:-edge]
    assert error.max() < 1e-4  # a lag of a hundredth of a frame would show


@pytest.mark.parametrize("source", [8000, 22050, 48000, 192000])
@pytest.mark.parametrize("frames", [1, 2, 3, 7, 100, 65537])
def test_length_after_resampling_is_exact(tmp_path: Path, source: int, frames: int) -> None:
    samples = np.full((2, frames), 0.25, np.float32)
    song = decode_all(save(tmp_path / "a.wav", samples, source), RATE)
    assert song.samples.shape[1] == max(1, expected_frames(frames, source, RATE))


def test_an_impulse_stays_in_its_place_after_resampling(tmp_path: Path) -> None:
    samples = np.zeros((2, 3 * 48000), np.float32)
    samples[:, 96000] = 1.0  # at 2 s, far beyond the first block
    song = decode_all(save(tmp_path / "a.wav", samples, 48000), RATE)
    assert np.abs(song.samples).argmax(axis=1).tolist() == [2 * RATE, 2 * RATE]


def test_the_same_rate_passes_every_bit(tmp_path: Path) -> None:
    samples = media.bursts(200_001, 96000)
    assert np.array_equal(
        decode_all(save(tmp_path / "a.wav", samples, 96000), 96000).samples, samples
    )


THIRD = np.sqrt(0.5)
# Columns: what each channel of the file gives to left and right, in WAV's order.
MATRICES = {
    3: ([1, 0, THIRD], [0, 1, THIRD]),
    4: ([1, 0, THIRD, 0.5], [0, 1, THIRD, 0.5]),
    6: ([1, 0, THIRD, 0, THIRD, 0], [0, 1, THIRD, 0, 0, THIRD]),
    8: ([1, 0, THIRD, 0, THIRD, 0, THIRD, 0], [0, 1, THIRD, 0, 0, THIRD, 0, THIRD]),
    10: ([0.1] * 10, [0.1] * 10),
    64: ([1 / 64] * 64, [1 / 64] * 64),
}


@pytest.mark.parametrize(
    ("channels", "subtype"),
    [*((channels, "FLOAT") for channels in MATRICES), (6, "PCM_16"), (10, "PCM_16")],
)
def test_channels_are_mixed_down_at_unit_gain(tmp_path: Path, channels: int, subtype: str) -> None:
    """One channel after another holds a constant: the level that comes out is its gain."""
    held = 1000
    samples = np.kron(np.eye(channels), np.full((1, held), 0.5)).astype(np.float32)
    path = tmp_path / "surround.wav"
    soundfile.write(path, samples.T, RATE, subtype=subtype)
    song = decode_all(path, RATE)
    gains = song.samples[:, held // 2 :: held] / 0.5
    assert np.abs(gains - np.array(MATRICES[channels])).max() < 1e-4
    notice = song.notice(NoticeCode.DOWNMIXED)
    assert notice is not None and notice.facts == {"channels": channels}
    assert song.result.source_channels == channels


def test_the_mix_down_is_not_scaled_to_stay_below_full_scale(tmp_path: Path) -> None:
    samples = np.full((6, 1000), 0.9, np.float32)
    soundfile.write(tmp_path / "loud.wav", samples.T, RATE, subtype="FLOAT")
    song = decode_all(tmp_path / "loud.wav", RATE)
    assert song.samples.max() == pytest.approx(0.9 * (1 + 2 * THIRD), rel=1e-5)


@pytest.mark.parametrize("name", ["mkv", "mkv-aac", "webm"])
@pytest.mark.parametrize("late_s", [0.0, 0.7])
def test_sound_that_begins_after_the_picture_is_whole(
    tmp_path: Path, name: str, late_s: float
) -> None:
    kind = media.KINDS[name]
    samples = media.bursts(3 * 48000, 48000)
    path = make_video(tmp_path / f"video{kind.suffix}", name, samples, 48000, sound_late_s=late_s)
    song = decode_all(path, 48000)
    assert song.notice(NoticeCode.TRUNCATED) is None
    assert abs(song.samples.shape[1] - samples.shape[1]) <= 1024
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.8)])
    assert decode_all(path, 48000).notice(NoticeCode.TRUNCATED) is not None


@pytest.mark.parametrize("name", ["flac-av", "m4a", "mkv", "opus"])
@pytest.mark.parametrize("channels", [6, 8])
def test_surround_of_other_formats(tmp_path: Path, name: str, channels: int) -> None:
    """The centre holds the voice; FFmpeg's planar frames of eight channels are a trap."""
    samples = np.zeros((channels, 48000), np.float32)
    samples[2] = media.sine(48000, 48000, channels=1)[0]
    song = decode_all(media.make_in(tmp_path, name, samples, 48000), 48000)
    wanted = np.tile(samples[2] * THIRD, (2, 1))
    shared = min(48000, song.samples.shape[1])
    error = np.linalg.norm(song.samples[:, :shared] - wanted[:, :shared])
    assert error < 0.05 * np.linalg.norm(wanted)


def core_audio(path: Path, labels: list[int], frames: int = 20_000) -> Path:
    """A CAF file with channel labels of its own order; channel n holds 0.1 x (n + 1)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack(">q", len(body)) + body

    channels = len(labels)
    samples = np.tile(0.1 * np.arange(1, channels + 1), (frames, 1)).astype(">f4")
    description = (44100.0, b"lpcm", 1, 4 * channels, 1, channels, 32)
    layout = b"".join(struct.pack(">II12x", label, 0) for label in labels)
    path.write_bytes(
        b"caff\0\1\0\0"
        + chunk(b"desc", struct.pack(">d4sIIIII", *description))
        + chunk(b"chan", struct.pack(">III", 0, 0, channels) + layout)
        + chunk(b"data", bytes(4) + samples.tobytes())
    )
    return path


ORDERS = (  # channel labels in the file, and what must come out left and right
    ([1, 2], 0.1, 0.2),
    ([2, 1], 0.2, 0.1),  # right, left
    ([3, 1, 2], 0.2 + 0.1 * THIRD, 0.3 + 0.1 * THIRD),  # centre first, as films have it
    ([1, 3, 2, 5, 6, 4], 0.1 + (0.2 + 0.4) * THIRD, 0.3 + (0.2 + 0.5) * THIRD),
    ([3, 3, 3], 0.6 * THIRD, 0.6 * THIRD),
    ([4, 4], 0.15, 0.15),  # two LFE: better both than nothing
)
DECODE_ALL = """
import gc, sys
from pathlib import Path
from stemdesk.audio.tags import read_tags
from support.decoding import decode_all
for path in map(Path, sys.argv[1:]):
    for _ in range(3):
        read_tags(path)
        samples = decode_all(path, 44100).samples
        gc.collect()
    assert (samples == samples[:, :1]).all()
    print(*samples[:, 0])
"""


def test_channels_in_an_order_of_the_files_own(tmp_path: Path) -> None:
    """PyAV frees the memory of such layouts twice: in a process of its own, which would die."""
    paths = [
        core_audio(tmp_path / f"{index}.caf", labels) for index, (labels, _, _) in enumerate(ORDERS)
    ]
    tests = Path(__file__).parents[1]
    folders = os.pathsep.join([str(tests.parent / "src"), str(tests)])
    process = subprocess.run(
        [sys.executable, "-c", DECODE_ALL, *map(str, paths)],
        env=os.environ | {"PYTHONPATH": folders, "MALLOC_CHECK_": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")
    heard = [[float(word) for word in line.split()] for line in process.stdout.splitlines()]
    wanted = [[left, right] for _, left, right in ORDERS]
    assert np.abs(np.array(heard) - np.array(wanted)).max() < 1e-6


def test_192_khz_in_eight_channels(tmp_path: Path) -> None:
    samples = media.bursts(192_000, 192_000, channels=8)
    soundfile.write(tmp_path / "big.wav", samples.T, 192_000, subtype="PCM_24")
    song = decode_all(tmp_path / "big.wav", RATE)
    assert song.samples.shape == (2, RATE)


def test_8_khz_mono(tmp_path: Path) -> None:
    mono = media.bursts(8000, 8000, channels=1)
    song = decode_all(save(tmp_path / "phone.wav", mono, 8000), RATE)
    assert song.samples.shape == (2, RATE)
    assert np.array_equal(song.samples[0], song.samples[1])


@pytest.mark.parametrize("name", ["aac", "mp3", "ogg"])
@pytest.mark.parametrize("first", [(22050, 1), (48000, 2), (44100, 1)])
def test_rate_and_channels_may_change_in_mid_stream(
    tmp_path: Path, name: str, first: tuple[int, int]
) -> None:
    """Two songs in one file, as streams and sloppy joins leave them: both are heard."""
    rate, channels = first
    one = media.make_in(tmp_path, name, media.sine(rate, rate, 300, channels), rate, name="1")
    two = media.make_in(tmp_path, name, media.sine(2 * RATE, RATE, 900), RATE, name="2")
    joined = tmp_path / f"joined{media.KINDS[name].suffix}"
    joined.write_bytes(one.read_bytes() + two.read_bytes())
    song = decode_all(joined, RATE)
    if name == "ogg":  # FFmpeg does not go on with another rate: the first song, and a notice
        assert song.samples.shape[1] == pytest.approx(RATE, abs=8192)
        assert song.notice(NoticeCode.TRUNCATED) is not None
        return
    assert song.samples.shape[1] == pytest.approx(3 * RATE, abs=8192)
    for second, hertz in ((0.5, 300), (2.0, 900)):
        part = song.samples[0, round(second * RATE) :][:8820]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(8820)))
        assert spectrum.argmax() * 5 == pytest.approx(hertz, abs=5)


@pytest.mark.parametrize("name", ["mp3", "m4a", "flac-av"])
def test_cover_art_does_not_disturb(tmp_path: Path, name: str) -> None:
    samples = media.bursts(2 * RATE, RATE)
    path = tmp_path / f"cover{media.KINDS[name].suffix}"
    media.make_with_cover(path, name, samples, RATE, {"title": "T"})
    song = decode_all(path, RATE)
    assert media.lag(samples, song.samples) == 0
    assert song.samples.shape[1] == pytest.approx(2 * RATE, abs=RATE // 1000)
    assert song.result.notices == ()


def test_a_cover_of_megabytes_hides_no_music(tmp_path: Path) -> None:
    samples = media.bursts(RATE, RATE)
    path = tmp_path / "big cover.mp3"
    media.make_with_cover(path, "mp3", samples, RATE, {}, cover_bytes=3_000_000)
    assert path.stat().st_size > 3_000_000
    assert media.lag(samples, decode_all(path, RATE).samples) == 0


@pytest.mark.parametrize(
    "name",
    [
        "🎸 emoji 🥁.wav",
        "quotes ' \" `.wav",
        "percent %d %05d.wav",
        "file:colon,comma|pipe.wav",
        "new\nline.wav",
        "not utf-8 \udcff\udce4.wav",
        "no suffix",
        "wrong suffix.txt",
        "x" * 251 + ".wav",
    ],
)
def test_any_name(tmp_path: Path, name: str) -> None:
    samples = media.bursts(5000, RATE)
    assert np.array_equal(decode_all(save(tmp_path / name, samples, RATE), RATE).samples, samples)


def test_memory_is_constant(tmp_path: Path) -> None:
    """Three minutes of 96 kHz, a sparse file: no more memory than for half a minute."""
    peaks = []
    for minutes in (0.5, 3):
        path = save(tmp_path / "long.wav", np.zeros((2, 0), np.float32), 96000)
        size = int(minutes * 60) * 96000 * 8
        data = bytearray(path.read_bytes())
        place = data.index(b"data")
        data[place + 4 : place + 8] = size.to_bytes(4, "little")
        with path.open("wb") as file:
            file.write(data[: place + 8])
            file.truncate(place + 8 + size)
        frames = 0

        def count(block: media.Samples) -> None:
            nonlocal frames
            frames += block.shape[1]

        tracemalloc.start()
        try:
            decode(path, RATE, count, cancel=CancelToken())
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert frames == minutes * 60 * RATE
    assert max(peaks) < 20_000_000
    assert peaks[1] < 1.5 * peaks[0]


def test_large_frames_come_in_small_blocks(tmp_path: Path) -> None:
    """`decode_all` checks the size of each block; 1 kHz makes 44 frames of each."""
    song = decode_all(save(tmp_path / "slow.wav", media.sine(120_000, 1000, 50), 1000), RATE)
    assert song.samples.shape[1] == 120 * RATE


def test_what_write_raises_passes_through(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", media.sine(300_000, RATE), RATE)

    def full(_: media.Samples) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        decode(path, RATE, full, cancel=CancelToken())


@pytest.mark.parametrize("name", ["wav-f32", "mp3", "flac", "m4a", "mkv"])
def test_cancelling_ends_within_a_block(tmp_path: Path, name: str) -> None:
    path = media.make_in(tmp_path, name, media.sine(8 * RATE, RATE), RATE)
    token = CancelToken()
    written: list[int] = []

    def write(block: media.Samples) -> None:
        written.append(block.shape[1])
        token.cancel()

    with pytest.raises(Cancelled):
        decode(path, RATE, write, cancel=token)
    assert len(written) == 1


def test_cancelled_before_it_began(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", media.sine(RATE, RATE), RATE)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        decode(path, RATE, lambda _: None, cancel=token)


def test_the_source_is_let_go(tmp_path: Path) -> None:
    """Nothing holds the file once decoding is over: Windows could not move it otherwise."""
    path = save(tmp_path / "a.wav", media.sine(RATE, RATE), RATE)
    decode_all(path, RATE)
    links = Path("/proc/self/fd")
    if links.is_dir():
        assert str(path) not in {str(link.resolve()) for link in links.iterdir()}
    path.rename(tmp_path / "b.wav")
