"""Small files of every format that StemDesk reads, made on the spot: half a second of a sine."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 44_100
HERTZ = 440.0
SECONDS = 0.5
LEVEL = 0.4
_DSD_RATE = 2_822_400  # 64 · 44.1 kHz
_DSF_BLOCK = 4096  # bytes of a channel at a time


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sample is written. `container`, `codec`: FFmpeg's names; libsndfile's where `sndfile`.
    `video`: the codec of a picture beside the sound, "" for none. `bit_rate`: bits a second, 0 for
    the encoder's own choice."""

    suffix: str
    container: str
    codec: str
    samplerate: int = RATE
    channels: int = 2
    video: str = ""
    sndfile: bool = False
    bit_rate: int = 0


RECIPES = (
    Recipe(".aac", "adts", "aac"),
    Recipe(".ac3", "ac3", "ac3"),
    Recipe(".aif", "AIFF", "PCM_16", sndfile=True),
    Recipe(".aifc", "AIFF", "FLOAT", sndfile=True),
    Recipe(".aiff", "AIFF", "PCM_24", sndfile=True),
    Recipe(".amr", "amr", "libopencore_amrnb", 8000, 1),
    Recipe(".au", "AU", "PCM_16", sndfile=True),
    Recipe(".avi", "avi", "libmp3lame", video="mpeg4"),
    Recipe(".caf", "caf", "alac"),
    Recipe(".eac3", "eac3", "eac3"),
    Recipe(".flac", "FLAC", "PCM_24", sndfile=True),
    Recipe(".flv", "flv", "aac", video="flv"),
    Recipe(".m4a", "ipod", "alac"),
    Recipe(".m4b", "ipod", "aac"),
    Recipe(".m4v", "mp4", "aac", video="mpeg4"),
    Recipe(".mka", "matroska", "flac"),
    Recipe(".mkv", "matroska", "libopus", 48_000, video="libvpx"),
    Recipe(".mov", "mov", "pcm_s16le", video="mpeg4"),
    Recipe(".mp2", "mp2", "mp2"),
    Recipe(".mp3", "mp3", "libmp3lame"),
    Recipe(".mp4", "mp4", "aac", video="mpeg4"),
    Recipe(".mpeg", "mpeg", "mp2", video="mpeg1video"),
    Recipe(".mpg", "mpeg", "mp2", video="mpeg2video"),
    Recipe(".oga", "oga", "flac"),
    Recipe(".ogg", "OGG", "VORBIS", sndfile=True),
    Recipe(".ogv", "ogv", "libopus", 48_000),
    Recipe(".opus", "ogg", "libopus", 48_000),
    Recipe(".rf64", "RF64", "PCM_24", sndfile=True),
    Recipe(".snd", "AU", "FLOAT", sndfile=True),
    Recipe(".ts", "mpegts", "aac"),
    Recipe(".tta", "tta", "tta"),
    Recipe(".w64", "W64", "PCM_16", sndfile=True),
    Recipe(".wav", "WAV", "PCM_16", sndfile=True),
    Recipe(".wave", "WAV", "FLOAT", sndfile=True),
    Recipe(".webm", "webm", "libopus", 48_000, video="libvpx"),
    Recipe(".wma", "asf", "wmav2", bit_rate=128_000),
    Recipe(".wmv", "asf", "wmav1", video="wmv2", bit_rate=128_000),
    Recipe(".wv", "wv", "wavpack"),
)
DSF = ".dsf"
"""Made bit by bit: nothing here writes it."""
ONLY_READ = {
    ".ape": ("ape", ("ape",)),
    ".dts": ("dts", ("dca",)),
    ".mpc": ("mpc", ("mpc7", "mpc8")),
    ".spx": ("ogg", ("speex",)),
}
"""Nothing here writes these: FFmpeg's containers and decoders for them."""


def sine(samplerate: int, channels: int, seconds: float = SECONDS) -> Samples:
    """float32 [channels, frames]."""
    times = np.arange(round(seconds * samplerate)) / samplerate
    wave = (LEVEL * np.sin(2 * np.pi * HERTZ * times)).astype(np.float32)
    return np.tile(wave, (channels, 1))


def make(recipe: Recipe) -> bytes:
    """The file's content. Raises what libraries raise that lack the encoder."""
    samples = sine(recipe.samplerate, recipe.channels)
    file = io.BytesIO()
    if recipe.sndfile:
        import soundfile

        form = {"format": recipe.container, "subtype": recipe.codec}
        soundfile.write(file, samples.T, recipe.samplerate, **form)
    else:
        _write_av(file, recipe, samples)
    return file.getvalue()


def _write_av(file: io.BytesIO, recipe: Recipe, samples: Samples) -> None:
    import av

    file.name = f"sample{recipe.suffix}"  # some of FFmpeg's writers look at it
    with av.open(file, "w", format=recipe.container) as container:
        # Added before a packet is written: each container has its streams in its header.
        video: Any = container.add_stream(recipe.video, rate=25) if recipe.video else None
        audio: Any = container.add_stream(recipe.codec, rate=recipe.samplerate)
        context = audio.codec_context
        context.layout = "mono" if recipe.channels == 1 else "stereo"
        if recipe.bit_rate:
            context.bit_rate = recipe.bit_rate
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8))
            picture.pts, picture.time_base = 0, Fraction(1, 25)
            container.mux(video.encode(picture))
            container.mux(video.encode(None))
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=context.layout.name)
        frame.sample_rate, frame.pts = recipe.samplerate, 0
        frame.time_base = Fraction(1, recipe.samplerate)
        for converted in av.AudioResampler(context.format, context.layout).resample(frame):
            container.mux(audio.encode(converted))
        container.mux(audio.encode(None))


def make_dsf() -> bytes:
    """A DSD Stream File: one bit a sample, a modulator of the first order. Layout: Sony's "DSF
    File Format Specification" 1.01."""
    times = np.arange(round(SECONDS * _DSD_RATE)) / _DSD_RATE
    wave = 0.5 + 0.5 * LEVEL * np.sin(2 * np.pi * HERTZ * times)
    steps = np.floor(np.cumsum(wave))
    bits = np.diff(steps, prepend=0.0).astype(np.uint8)
    one = np.packbits(bits, bitorder="little").tobytes()
    blocks = -(-len(one) // _DSF_BLOCK)
    one = one.ljust(blocks * _DSF_BLOCK, b"\x69")  # silence, as DSD writes it
    parts = [one[at : at + _DSF_BLOCK] * 2 for at in range(0, len(one), _DSF_BLOCK)]  # two channels
    sound = b"".join(parts)
    form = struct.pack(
        "<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 2, 2, _DSD_RATE, 1, len(bits), _DSF_BLOCK, 0
    )
    data = struct.pack("<4sQ", b"data", 12 + len(sound)) + sound
    return struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(form) + len(data), 0) + form + data
