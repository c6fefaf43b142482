"""The person's balance of the stems (a `Remix`), and the mixer that applies it to blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StemSetting:
    """One stem in a remix: its gain in dB, muted, soloed."""

    name: str
    gain_db: float = 0.0
    muted: bool = False
    soloed: bool = False


@dataclass(frozen=True, slots=True)
class Remix:
    """A balance of stems. A stem that it does not name has the neutral setting.

    Solo is additive: as soon as a stem is soloed, only soloed stems sound. Mute wins over solo.
    """

    stems: tuple[StemSetting, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """The neutral remix of these stems, in this order: it sums to the mix."""
        return cls(tuple(StemSetting(name) for name in names))

    def setting(self, name: str) -> StemSetting:
        """The stem's setting; neutral if the remix does not name it."""
        return next((s for s in self.stems if s.name == name), StemSetting(name))

    def with_setting(self, setting: StemSetting) -> Self:
        """The same remix with this stem's setting replaced, or added at the end."""
        if any(s.name == setting.name for s in self.stems):
            stems = tuple(setting if s.name == setting.name else s for s in self.stems)
        else:
            stems = (*self.stems, setting)
        return replace(self, stems=stems)

    def with_muted(self, name: str, muted: bool) -> Self:
        """The same remix with one stem muted or not."""
        return self.with_setting(replace(self.setting(name), muted=muted))

    def with_soloed(self, name: str, soloed: bool) -> Self:
        """The same remix with one stem soloed or not."""
        return self.with_setting(replace(self.setting(name), soloed=soloed))

    def with_only(self, name: str) -> Self:
        """The same remix in which this stem alone is soloed and not muted ("only this")."""
        stems = tuple(replace(s, soloed=False) for s in self.stems)
        setting = replace(self.setting(name), soloed=True, muted=False)
        return replace(self, stems=stems).with_setting(setting)

    def gain(self, name: str) -> float:
        """What the stem's samples are multiplied by: 0 if it does not sound, 10^(dB/20) else."""
        setting = self.setting(name)
        soloing = any(s.soloed for s in self.stems)
        if setting.muted or (soloing and not setting.soloed):
            return 0.0
        return float(10.0 ** (setting.gain_db / 20.0))

    def gains(self) -> dict[str, float]:
        """The linear gain of every stem that the remix names."""
        return {s.name: self.gain(s.name) for s in self.stems}


class Reader(Protocol):
    """Where a stem's samples come from: a saved file now, a running job's passes later."""

    def read(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] from frame `start`; zeros beyond the end."""
        ...


class Mixer:
    """Adds stems up. Stems are frame-aligned: one `start` is asked of all.

    The mixer has no memory, so that any part can be mixed at any time (a seek, an export). A
    change of gain while playing is made smooth where two versions of a part meet: in the ring.
    """

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = dict(readers)

    def read(self, start: int, frames: int, remix: Remix) -> Samples:
        """float32 [2, frames] of the remix from frame `start`. Silent stems are not read.

        Raises what the readers raise: `SourceError` for a file that is gone or damaged.
        """
        mixed = np.zeros((2, frames), dtype=np.float32)
        for name, reader in self._readers.items():
            gain = remix.gain(name)
            if gain != 0.0:
                mixed += np.float32(gain) * reader.read(start, frames)
        return mixed
