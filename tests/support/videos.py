"""Videos made with PyAV, with what tests of copying them need: odd starts, subtitles, chapters."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition

from support.media import KINDS, Kind, Samples, add_audio, add_video, write_pictures, write_samples

SUBTITLES = [(0.25, 0.5, "Héllo"), (0.9, 0.3, "World")]
"""Start and length in seconds, text."""


def make_video(
    path: Path,
    kind: str | Kind,
    samples: Samples,
    rate: int,
    *,
    sound_late_s: float = 0.0,
    picture_late_s: float = 0.0,
    tags: dict[str, str] | None = None,
    subtitles: bool = False,
    chapters: bool = False,
    second_sound: bool = False,
    cover: bool = False,
) -> Path:
    """A video of a kind, or one of `support.media.KINDS`: pictures as long as `samples`, float32
    [2, frames]. Starting late is done by copying with moved timestamps."""
    recipe = kind if isinstance(kind, Kind) else KINDS[kind]
    late = bool(sound_late_s or picture_late_s or subtitles)
    plain = path.with_name(f"plain-{path.name}") if late else path
    with plain.open("w+b") as target, av.open(target, "w", format=recipe.container) as container:
        container.metadata.update(tags or {})
        video = add_video(container, recipe.video)
        video.metadata["title"] = "Pictures"
        sounds = [add_audio(container, recipe, rate, 2) for _ in range(1 + second_sound)]
        sounds[0].metadata["language"] = "deu"
        if chapters:
            container.set_chapters(
                [
                    {"id": n, "start": n * 500, "end": n * 500 + 500,
                     "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                    for n, title in enumerate(("Öne", "Two"))
                ]
            )  # fmt: skip
        if cover:
            _add_cover(container)
        write_pictures(container, video, samples.shape[1] / rate)
        for sound in sounds:
            write_samples(container, sound, samples)
    if late:
        _copy(plain, path, recipe.container, sound_late_s, picture_late_s, subtitles)
        plain.unlink()
    return path


def _add_cover(container: OutputContainer) -> None:
    stream: Any = container.add_stream("png")
    stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
    stream.disposition = Disposition.attached_pic
    picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
    picture.pts = 0
    container.mux(stream.encode(picture))
    container.mux(stream.encode(None))


def _copy(
    source: Path, path: Path, container: str, sound_s: float, picture_s: float, subtitles: bool
) -> None:
    with (
        av.open(str(source)) as read,
        path.open("w+b") as file,
        av.open(file, "w", format=container) as write,
    ):
        made: dict[int, Any] = {}
        for stream in read.streams:
            made[stream.index] = write.add_stream_from_template(stream, opaque=True)
        texts = write.add_mux_stream("subrip") if subtitles else None
        write.start_encoding()
        for packet in read.demux():
            if packet.dts is None:
                continue
            late_s = sound_s if packet.stream.type == "audio" else picture_s
            shift = round(late_s / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) + shift, packet.dts + shift
            packet.stream = made[packet.stream.index]
            write.mux(packet)
        if texts is not None:
            for start_s, length_s, text in SUBTITLES:
                subtitle: Any = av.Packet(text.encode())
                subtitle.stream, subtitle.time_base = texts, Fraction(1, 1000)
                subtitle.pts = subtitle.dts = round(start_s * 1000)
                subtitle.duration = round(length_s * 1000)
                write.mux(subtitle)


def picture_packets(path: Path) -> list[bytes]:
    """The encoded pictures of a video, in the order of decoding."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def first_shown_s(path: Path) -> float:
    """Seconds when the first picture is shown."""
    with av.open(str(path)) as container:
        frame = next(iter(container.decode(container.streams.video[0])))
        return float(frame.time or 0.0)


def hear(path: Path, track: int = 0) -> tuple[Samples, float]:
    """float32 [2, frames] of a sound track, and when its first frame is heard (seconds)."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        blocks, start_s = [], None
        resampler = av.AudioResampler(format="fltp", layout="stereo")
        for frame in container.decode(stream):
            start_s = float(frame.time or 0.0) if start_s is None else start_s
            blocks += [one.to_ndarray() for one in resampler.resample(frame)]
    return np.concatenate(blocks, axis=1), start_s or 0.0
