"""How high waveforms are drawn, and how the stems share the overview's shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stemdesk.audio.peaks import Pyramid

    Samples = NDArray[np.float32]

_QUIETEST = 0.05
"""Nothing is drawn more than 20 times as high as it is: near silence stays near silence."""


def common_scale(pyramids: Iterable[Pyramid]) -> float:
    """What all lanes are multiplied by, so that the loudest fills its lane and the others keep
    their proportion to it."""
    loudest = max((pyramid.loudest for pyramid in pyramids), default=1.0)
    return 1.0 / max(loudest, _QUIETEST)


def stacked(peaks: Sequence[Samples]) -> Samples:
    """The stems' heights on top of each other, float32 [stems, columns]: the last one is the sum.
    NaN where a stem is not known."""
    import numpy as np

    heights: Samples = np.cumsum([np.abs(stem).max(axis=1) for stem in peaks], axis=0)
    return heights


def summed(heights: Samples) -> Samples:
    """A shape for stems whose original is gone: float32 [columns, 2] from their `stacked` heights,
    the loudest column fills the height, silent ones stay silent."""
    import numpy as np

    total = heights[-1]
    known = total[~np.isnan(total)]
    scale = 1.0 / max(float(known.max(initial=0.0)), _QUIETEST)
    return np.stack((-total, total), axis=1) * np.float32(scale)


def shares(heights: Samples) -> Samples:
    """How much of each column's height the stems up to each one fill, float32 [stems, columns]
    from 0 to 1: painted from the last stem to the first, each keeps its share in sight."""
    import numpy as np

    parts: Samples = np.ones_like(heights)
    np.divide(heights, heights[-1], out=parts, where=heights[-1] > 0)
    return parts
