"""Turns FFmpeg's frames, of any sample format and channel layout, into float32 stereo.

More than two channels are mixed down by FFmpeg's standard matrix (ITU-R BS.775: front channels at
gain 1, centre and surrounds at -3 dB, no LFE), without normalisation: floats may exceed 1.0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.audio import AudioFrame
    from av.audio.layout import AudioLayout

_LOUDEST = np.float32(1e9)  # 180 dB over full scale: no recording, and its square would overflow
_3_DB = math.sqrt(0.5)
_GAINS = {  # FFmpeg's channel names: what each gives to left and right; others give nothing
    "FL": (1, 0),
    "FR": (0, 1),
    "DL": (1, 0),
    "DR": (0, 1),
    "FC": (_3_DB, _3_DB),
    "BL": (_3_DB, 0),
    "BR": (0, _3_DB),
    "SL": (_3_DB, 0),
    "SR": (0, _3_DB),
    "BC": (0.5, 0.5),
}

Samples = NDArray[np.float32]


class StereoConverter:
    """Converts the frames of one stream as long as `fits` says so."""

    def __init__(self, first: AudioFrame, order: tuple[str, ...] = ()) -> None:
        """`order`: names of the channels where the frames do not tell (`Media.order`)."""
        import av

        self._key = _key(first)
        self._channels = first.layout.nb_channels
        self._matrix = _own_matrix(first.layout, order)
        mix_down = self._channels > 2 and self._matrix is None
        # Packed floats: PyAV reads beyond the end of planar frames with eight channels or more.
        self._resampler = av.AudioResampler(
            format="flt", layout="stereo" if mix_down else first.layout
        )
        if mix_down:
            self._channels = 2

    def fits(self, frame: AudioFrame) -> bool:
        """Whether `frame` has the format, layout and rate that this converter was made for."""
        return self._key == _key(frame)

    def convert(self, frame: AudioFrame) -> Samples:
        """float32 [frames, 2], in its own memory. Raises `av.FFmpegError`."""
        parts = [
            part.to_ndarray().reshape(-1, self._channels)
            for part in self._resampler.resample(frame)
        ]
        empty = np.empty((0, self._channels), np.float32)
        samples: Samples = np.concatenate([empty, *parts], dtype=np.float32)
        if self._matrix is not None:
            return samples @ self._matrix
        if self._channels == 1:
            return np.repeat(samples, 2, axis=1)
        return samples


def zero_not_finite(samples: Samples) -> int:
    """Set NaN, infinite and absurdly large samples to 0, in place; return how many there were."""
    good = np.abs(samples) <= _LOUDEST
    if good.all():
        return 0
    samples[~good] = 0
    return int(good.size - np.count_nonzero(good))


def _key(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _own_matrix(layout: AudioLayout, order: tuple[str, ...]) -> Samples | None:
    """float32 [channels, 2] where the file does not tell its layout and FFmpeg's guess loses
    channels, or there is no guess; None where FFmpeg's own matrix is right."""
    channels = layout.nb_channels
    if len(order) == channels:
        matrix = np.array([_GAINS.get(name, (0, 0)) for name in order], np.float32)
        if matrix.any(axis=0).all():
            return matrix
    elif layout.name != f"{channels} channels":
        return None
    if channels == 3:  # left, right, centre; FFmpeg takes the third for an LFE and drops it
        return np.array([_GAINS[name] for name in ("FL", "FR", "FC")], np.float32)
    if channels > 8 or order:  # tracks in some order: each to both sides, together not over 1
        return np.full((channels, 2), 1 / channels, np.float32)
    return None
