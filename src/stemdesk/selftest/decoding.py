"""Decodes a sample of every format, as a job would, and listens to what came out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from stemdesk.audio.decode import decode
from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.selftest import samples
from stemdesk.selftest.report import TroubleError
from stemdesk.selftest.samples import DSF, HERTZ, LEVEL, ONLY_READ, RATE, RECIPES, SECONDS, Samples

_SLACK_S = 0.15  # codecs fill their last frame up
_LEVEL_SLACK = 0.15  # of the level, for the lossiest


def check(folder: Path) -> str:
    """Raises `TroubleError` with each format that cannot be read here."""
    makers: dict[str, Callable[[], bytes]] = {
        recipe.suffix: partial(samples.make, recipe) for recipe in RECIPES
    }
    makers[DSF] = samples.make_dsf
    wrong = [f"{suffix} {trouble}" for suffix in sorted(ONLY_READ) if (trouble := _missing(suffix))]
    for suffix, make in makers.items():
        try:
            path = folder / f"sample{suffix}"
            path.write_bytes(make())
            trouble = unlike_the_sine(decoded(path))
        except StemDeskError as error:
            trouble = f"{error.code.value} {error.detail}"
        except Exception as error:  # a library without this encoder raises anything
            trouble = f"{type(error).__name__}: {error}"
        if trouble:
            wrong.append(f"{suffix} {trouble}")
    if wrong:
        raise TroubleError(f"{len(wrong)} formats cannot be read: {'; '.join(wrong)}")
    rest = ", ".join(sorted(ONLY_READ))
    return f"{len(makers)} formats decoded; there are decoders for {rest}, too"


def decoded(path: Path) -> Samples:
    """float32 [2, frames] at `RATE`. Raises `StemDeskError`."""
    blocks: list[Samples] = []
    decode(path, RATE, blocks.append, cancel=CancelToken())
    return np.concatenate(blocks, axis=1)


def unlike_the_sine(heard: Samples) -> str:
    """What is wrong with what was decoded of a sample, "" for nothing."""
    seconds = heard.shape[1] / RATE
    if abs(seconds - SECONDS) > _SLACK_S:
        return f"has {seconds:.2f} s instead of {SECONDS} s"
    middle = heard[:, RATE // 10 : 4 * RATE // 10]  # without what codecs do at the edges
    window = np.hanning(middle.shape[1])
    for channel in middle:
        loudest = int(np.argmax(np.abs(np.fft.rfft(channel * window)))) * RATE / len(channel)
        if abs(loudest - HERTZ) > RATE / len(channel):
            return f"sounds at {loudest:.0f} Hz instead of {HERTZ:.0f} Hz"
        level = float(np.sqrt(2 * np.mean(channel.astype(np.float64) ** 2)))
        if abs(level - LEVEL) > _LEVEL_SLACK:
            return f"has the level {level:.2f} instead of {LEVEL}"
    return ""


def _missing(suffix: str) -> str:
    """What FFmpeg lacks for a format that nothing here can write."""
    import av

    container, codecs = ONLY_READ[suffix]
    lacking = []
    for codec in codecs:
        try:
            av.codec.Codec(codec, "r")
        except ValueError:  # PyAV: no such codec
            lacking.append(codec)
    if container not in av.formats_available:
        lacking.append(container)
    return f"has no {' and no '.join(lacking)}" if lacking else ""
