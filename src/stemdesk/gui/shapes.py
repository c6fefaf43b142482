"""From the stems' overviews to what the lanes and the song's overview draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_QUIETEST = 0.05
"""Nothing is drawn more than 20 times as high as it is: near silence stays near silence."""


def common_scale(overviews: Mapping[str, Samples]) -> float:
    """What all lanes are multiplied by, so that the loudest fills its lane and the others keep
    their proportion to it."""
    import numpy as np

    loudest = max((float(np.abs(peaks).max()) for peaks in overviews.values()), default=1.0)
    return 1.0 / max(loudest, _QUIETEST)


def stacked(overviews: Mapping[str, Samples], stems: Sequence[str]) -> list[tuple[str, Samples]]:
    """The stems' loudness on top of each other, float32 [buckets, 2] within ±1, the outermost
    first: each (stem, peaks) is painted over the one before, and what stays visible of it is
    that stem's share. Silent moments stay silent, the loudest fills the height."""
    import numpy as np

    known = [stem for stem in stems if stem in overviews]
    if not known:
        return []
    heights = np.cumsum([np.abs(overviews[stem]).max(axis=1) for stem in known], axis=0)
    heights /= max(float(heights.max()), _QUIETEST)
    layers = [np.stack((-height, height), axis=1).astype(np.float32) for height in heights]
    return list(zip(reversed(known), reversed(layers), strict=True))
