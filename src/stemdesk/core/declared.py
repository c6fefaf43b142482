"""How a setting is declared: what it is called, what it does, what it may be. The settings window
is made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a setting is to the person; HIDDEN: set elsewhere in the window, not by a field."""

    FOLDER = "folder"
    FILE = "file"
    CHOICE = "choice"
    SWITCH = "switch"
    NUMBER = "number"
    DEVICE = "device"  # a sound device of this machine
    ADDRESS = "address"
    MODEL = "model"
    PRESET = "preset"  # of exports, by its name
    HIDDEN = "hidden"


class Section(StrEnum):
    """Where a setting stands in the settings window, in this order."""

    SAVING = "Saving"
    SPLITTING = "Splitting"
    PLAYING = "Playing"
    NETWORK = "Models and network"
    LINKS = "Links"
    FOLDERS = "Folders and space"
    ABOUT = "About this app"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a setting says of itself. `low`, `high`: the range of a number, both allowed; `zero`:
    what 0 is called, where it means something else than a number."""

    label: str
    kind: Kind = Kind.HIDDEN
    section: Section | None = None
    help: str = ""
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    zero: str = ""


def setting(default: Any, label: str, **more: Any) -> Any:
    """A dataclass field that is a setting; `more`: as in `Declared`."""
    return field(default=default, metadata={"declared": Declared(label, **more)})
