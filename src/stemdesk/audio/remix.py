"""The person's balance of the stems: a `Remix`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

GAIN_MIN_DB = -60.0  # and below it: silence
GAIN_MAX_DB = 12.0


@dataclass(frozen=True, slots=True)
class StemSetting:
    """One stem in a remix: its gain in dB (GAIN_MIN_DB is silence), its `pan` from -1 (left) to 1
    (right), muted, soloed."""

    name: str
    gain_db: float = 0.0
    muted: bool = False
    soloed: bool = False
    pan: float = 0.0


class Preset(StrEnum):
    """Balances that people ask for most."""

    ALL = "all"
    INSTRUMENTAL = "instrumental"
    A_CAPPELLA = "a-cappella"
    NO_DRUMS = "no-drums"
    DRUMS_AND_BASS = "drums-and-bass"


_PRESETS: dict[Preset, tuple[frozenset[str], bool]] = {
    Preset.ALL: (frozenset(), False),
    Preset.INSTRUMENTAL: (frozenset({"vocals"}), False),
    Preset.A_CAPPELLA: (frozenset({"vocals"}), True),
    Preset.NO_DRUMS: (frozenset({"drums"}), False),
    Preset.DRUMS_AND_BASS: (frozenset({"drums", "bass"}), True),
}
"""The stems that are meant, and whether they are the ones that sound or those that do not."""


@dataclass(frozen=True, slots=True)
class Remix:
    """A balance of stems. A stem that it does not name has the neutral setting.

    Solo is additive: as soon as a stem is soloed, only soloed stems sound. Mute wins over solo.
    `master_db`: the gain of the whole, GAIN_MIN_DB is silence.
    """

    stems: tuple[StemSetting, ...] = ()
    master_db: float = 0.0

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

    def with_gain(self, name: str, gain_db: float) -> Self:
        """The same remix with one stem's gain, in dB, kept within what there is."""
        kept = min(GAIN_MAX_DB, max(GAIN_MIN_DB, gain_db))
        return self.with_setting(replace(self.setting(name), gain_db=kept))

    def with_pan(self, name: str, pan: float) -> Self:
        """The same remix with one stem's pan, kept within -1 and 1."""
        return self.with_setting(replace(self.setting(name), pan=min(1.0, max(-1.0, pan))))

    def with_master(self, master_db: float) -> Self:
        """The same remix with another gain of the whole, in dB, kept within what there is."""
        return replace(self, master_db=min(GAIN_MAX_DB, max(GAIN_MIN_DB, master_db)))

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

    def with_preset(self, preset: Preset) -> Self:
        """The same gains and pans with the preset's stems sounding: its mutes, and no solo."""
        stems = tuple(
            replace(s, soloed=False, muted=not _sounds(preset, s.name)) for s in self.stems
        )
        return replace(self, stems=stems)

    def follows(self, preset: Preset) -> bool:
        """Whether exactly the preset's stems sound, whatever their gains."""
        return all(self._heard(s) == _sounds(preset, s.name) for s in self.stems)

    def sounds(self, name: str) -> bool:
        """Whether the stem is heard at all."""
        return self.gain(name) > 0.0

    def gain(self, name: str) -> float:
        """What the stem's samples are multiplied by: 0 if it does not sound, 10^(dB/20) else."""
        setting = self.setting(name)
        return amplitude(setting.gain_db) if self._heard(setting) else 0.0

    def sides(self, name: str) -> tuple[float, float]:
        """The linear gain of the stem's left and right channel, the master's left out.

        A balance, not a pan by power: in the middle both stay as they are (so that the stems
        still sum to the mix), and to one side only the other one gets quieter.
        """
        gain, pan = self.gain(name), self.setting(name).pan
        return gain * min(1.0, 1.0 - pan), gain * min(1.0, 1.0 + pan)

    def gains(self) -> dict[str, float]:
        """The linear gain of every stem that the remix names."""
        return {s.name: self.gain(s.name) for s in self.stems}

    def _heard(self, setting: StemSetting) -> bool:
        soloing = any(s.soloed for s in self.stems)
        return not setting.muted and (setting.soloed or not soloing)

    def to_json(self) -> dict[str, Any]:
        """As values that JSON knows; `from_json` takes them back."""
        stems = [
            {"name": s.name, "gain_db": s.gain_db, "muted": s.muted, "soloed": s.soloed,
             "pan": s.pan}
            for s in self.stems
        ]  # fmt: skip
        return {"master_db": self.master_db, "stems": stems}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave, kept within what is allowed. Raises `ValueError` for anything
        else."""
        try:
            names = [str(item["name"]) for item in value["stems"]]
            remix = cls.of(names).with_master(float(value["master_db"]))
            for name, item in zip(names, value["stems"], strict=True):
                muted, soloed = item["muted"] is True, item["soloed"] is True
                remix = remix.with_setting(StemSetting(name, 0.0, muted, soloed))
                remix = remix.with_gain(name, float(item["gain_db"]))
                remix = remix.with_pan(name, float(item["pan"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a remix: {error!r}") from error
        return remix


def amplitude(gain_db: float) -> float:
    """What a gain in dB multiplies samples by: 10^(dB/20), and 0 at GAIN_MIN_DB."""
    return 0.0 if gain_db <= GAIN_MIN_DB else float(10.0 ** (gain_db / 20.0))


def _sounds(preset: Preset, stem: str) -> bool:
    named, kept = _PRESETS[preset]
    return (stem in named) == kept
