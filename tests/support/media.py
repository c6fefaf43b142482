"""Makes audio and video files of every format from a numpy array, with PyAV and libsndfile.

Arrays are float32 [channels, frames], full scale 1.0. Each `Kind` tells how exactly its samples
come back: lossless kinds to a rounding step, lossy ones as a waveform that looks alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from av.audio import AudioStream
from av.container import OutputContainer
from av.stream import Disposition
from av.video import VideoStream
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file is written.

    `container`/`codec`: FFmpeg's names, or libsndfile's format/subtype if `libsndfile` is set.
    `error`: largest absolute error of a sample after decoding, None for lossy codecs.
    `length_slack_s`: how far the decoded length may be off, seconds (0: exact).
    `frame_multiple`: decoded length is rounded up to this many frames (1: not).
    """

    suffix: str
    container: str
    codec: str
    error: float | None = None
    libsndfile: bool = False
    video: str = ""
    bit_rate: int = 192_000
    samplerates: tuple[int, ...] = (44100, 48000)
    length_slack_s: float = 0.0
    frame_multiple: int = 1
    options: dict[str, str] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "mp3": Kind(".mp3", "mp3", "libmp3lame"),
    "mp3-sndfile": Kind(".mp3", "MP3", "MPEG_LAYER_III", libsndfile=True),
    "m4a": Kind(".m4a", "ipod", "aac", length_slack_s=0.001),
    "m4a-faststart": Kind(
        ".m4a", "ipod", "aac", length_slack_s=0.001, options={"movflags": "faststart"}
    ),
    "m4a-fragmented": Kind(
        ".m4a",
        "mp4",
        "aac",
        frame_multiple=1024,  # its header is written before its length is known
        options={"movflags": "delay_moov+default_base_moof", "frag_duration": "500000"},
    ),
    "aac": Kind(".aac", "adts", "aac", frame_multiple=1024),
    "alac": Kind(".m4a", "ipod", "alac", error=2**-16),
    "flac": Kind(".flac", "FLAC", "PCM_16", error=2**-15, libsndfile=True),
    "flac-24": Kind(".flac", "FLAC", "PCM_24", error=2**-23, libsndfile=True),
    "flac-av": Kind(".flac", "flac", "flac", error=2**-16),
    "wav-8": Kind(".wav", "WAV", "PCM_U8", error=2**-6, libsndfile=True),
    "wav-16": Kind(".wav", "WAV", "PCM_16", error=2**-15, libsndfile=True),
    "wav-24": Kind(".wav", "WAV", "PCM_24", error=2**-22, libsndfile=True),
    "wav-32": Kind(".wav", "WAV", "PCM_32", error=2**-23, libsndfile=True),
    "wav-f32": Kind(".wav", "WAV", "FLOAT", error=0.0, libsndfile=True),
    "wav-f64": Kind(".wav", "WAV", "DOUBLE", error=0.0, libsndfile=True),
    "wav-rf64": Kind(".wav", "RF64", "PCM_24", error=2**-22, libsndfile=True),
    "aiff": Kind(".aiff", "AIFF", "PCM_16", error=2**-15, libsndfile=True),
    "aiff-24": Kind(".aif", "AIFF", "PCM_24", error=2**-22, libsndfile=True),
    "ogg": Kind(".ogg", "OGG", "VORBIS", libsndfile=True),
    "opus": Kind(".opus", "ogg", "libopus", samplerates=(48000,)),
    "wma": Kind(".wma", "asf", "wmav2", frame_multiple=2048),
    "wma-1": Kind(".wma", "asf", "wmav1", frame_multiple=2048),
    "mp4": Kind(".mp4", "mp4", "aac", video="mpeg4", length_slack_s=0.001),
    "mkv": Kind(".mkv", "matroska", "flac", error=2**-16, video="mpeg4"),
    "mkv-aac": Kind(".mkv", "matroska", "aac", video="mpeg4", frame_multiple=1024),
    "webm": Kind(".webm", "webm", "libopus", video="libvpx", samplerates=(48000,)),
}


def make(
    path: Path,
    kind: str,
    samples: Samples,
    samplerate: int,
    *,
    tags: dict[str, str] | None = None,
) -> Path:
    """Write float32 [channels, frames] as `kind` to `path`; returns `path`.

    `tags` by FFmpeg's names (title, artist, album), only for kinds that FFmpeg writes.
    """
    recipe = KINDS[kind]
    if recipe.libsndfile:
        assert not tags
        _write_libsndfile(path, recipe, samples, samplerate)
    else:
        _write_av(path, recipe, samples, samplerate, tags or {})
    return path


def make_in(
    folder: Path, kind: str, samples: Samples, samplerate: int, *, name: str = "song"
) -> Path:
    """As `make`, named `<name><suffix of the kind>` in `folder`."""
    return make(folder / f"{name}{KINDS[kind].suffix}", kind, samples, samplerate)


def _write_libsndfile(path: Path, recipe: Kind, samples: Samples, samplerate: int) -> None:
    with path.open("w+b") as target:  # libsndfile cannot open every name that Python can
        file = soundfile.SoundFile(
            target,
            "w",
            samplerate,
            samples.shape[0],
            subtype=recipe.codec,
            format=recipe.container,
        )
        with file:
            for start in range(0, samples.shape[1], 8192):  # one large Vorbis write crashes it
                file.write(np.ascontiguousarray(samples[:, start : start + 8192].T))


def _write_av(
    path: Path, recipe: Kind, samples: Samples, samplerate: int, tags: dict[str, str]
) -> None:
    with (
        path.open("w+b") as target,
        av.open(target, "w", format=recipe.container, options=recipe.options) as container,
    ):
        container.metadata.update(tags)
        video = add_video(container, recipe.video) if recipe.video else None
        stream = add_audio(container, recipe, samplerate, samples.shape[0])
        if video is not None:
            write_pictures(container, video, samples.shape[1] / samplerate)
        write_samples(container, stream, samples)


def add_audio(
    container: OutputContainer, recipe: Kind, samplerate: int, channels: int
) -> AudioStream:
    """An audio stream for `recipe` in the container; layout is FFmpeg's default for `channels`."""
    layouts = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
    stream = container.add_stream(recipe.codec, rate=samplerate)
    assert isinstance(stream, AudioStream)
    stream.codec_context.layout = layouts[channels]
    if recipe.error is None:
        stream.codec_context.bit_rate = recipe.bit_rate
    return stream


def write_samples(container: OutputContainer, stream: AudioStream, samples: Samples) -> None:
    """Encode float32 [channels, frames] into the stream and flush it."""
    context = stream.codec_context
    resampler = av.AudioResampler(format=context.format, layout=context.layout)
    if samples.shape[1]:
        # Packed: PyAV reads beyond the end of planar frames with eight channels or more.
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=context.layout.name)
        frame.sample_rate = context.sample_rate
        frame.time_base = Fraction(1, context.sample_rate)
        frame.pts = 0
        for converted in resampler.resample(frame):
            container.mux(stream.encode(converted))
    container.mux(stream.encode(None))


def add_video(container: OutputContainer, codec: str) -> VideoStream:
    """A tiny video stream: 64 x 48 pixels, 25 pictures a second."""
    stream = container.add_stream(codec, rate=25)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def write_pictures(container: OutputContainer, stream: VideoStream, seconds: float) -> None:
    """Grey pictures for `seconds`."""
    for index in range(max(1, round(seconds * 25))):
        picture = av.VideoFrame.from_ndarray(
            np.full((48, 64, 3), index % 256, np.uint8), format="rgb24"
        )
        picture.pts = index
        picture.time_base = Fraction(1, 25)
        container.mux(stream.encode(picture))
    container.mux(stream.encode(None))


def bursts(frames: int, samplerate: int, channels: int = 2, *, seed: int = 7) -> Samples:
    """float32 [channels, frames]: band-limited noise with a moving loudness.

    Noise has one sharp peak in its cross-correlation, so that a lag of one frame shows; the band
    (up to an eighth of the rate, but not over 5 kHz) is what every codec keeps.
    """
    generator = np.random.default_rng(seed)
    spectrum = np.fft.rfft(generator.standard_normal((channels, frames)))
    spectrum[:, np.fft.rfftfreq(frames, 1 / samplerate) > min(5000, samplerate / 8)] = 0
    noise = np.fft.irfft(spectrum, frames)
    loudness = 0.6 + 0.4 * np.sin(np.arange(frames) * 2 * np.pi * 3 / samplerate)
    shaped: Samples = (0.5 * loudness * noise / np.abs(noise).max()).astype(np.float32)
    return shaped


def sine(frames: int, samplerate: int, hertz: float = 440.0, channels: int = 2) -> Samples:
    """float32 [channels, frames]: a sine of amplitude 0.5."""
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(frames) / samplerate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def lag(original: Samples, decoded: Samples) -> int:
    """Frames by which `decoded` comes late: the peak of the cross-correlation of channel 0."""
    size = 1 << (original.shape[1] + decoded.shape[1] - 1).bit_length()
    spectrum = np.fft.rfft(decoded[0], size) * np.conj(np.fft.rfft(original[0], size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak - size if peak > size // 2 else peak


def make_with_cover(
    path: Path,
    kind: str,
    samples: Samples,
    samplerate: int,
    tags: dict[str, str],
    *,
    cover_bytes: int = 0,
) -> Path:
    """Write a song with tags and a cover (a small picture, padded to `cover_bytes`)."""
    recipe = KINDS[kind]
    container_format = "mp4" if recipe.container == "ipod" else recipe.container
    with path.open("w+b") as target, av.open(target, "w", format=container_format) as container:
        container.metadata.update(tags)
        stream = add_audio(container, recipe, samplerate, samples.shape[0])
        cover = container.add_stream("png")
        assert isinstance(cover, VideoStream)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        picture.pts = 0
        for packet in cover.encode(picture) + cover.encode(None):
            padded = av.Packet(bytes(packet).ljust(cover_bytes, b"\0"))
            padded.stream, padded.time_base = cover, packet.time_base
            padded.pts = padded.dts = 0
            container.mux(padded)
        write_samples(container, stream, samples)
    return path
