"""Settings: declared once (`core.declared`); JSON, written atomically.

A file that cannot be read, or a value that is not allowed, never stops the app: the default is
used for that setting and the rest is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from stemdesk.core.declared import Declared, Kind, Section, setting
from stemdesk.core.errors import ErrorCode, SettingsError, write_error
from stemdesk.core.files import replace_file
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.quality import Quality

_HOURS_MAX = 24.0 * 7
COOKIE_BROWSERS = ("brave", "chrome", "chromium", "edge", "firefox", "opera", "safari", "vivaldi")


@dataclass(frozen=True, slots=True)
class Settings:
    """The person's choices. A job takes a snapshot when it is added and never reads them again."""

    output_folder: str = setting(  # empty: Music/StemDesk
        "",
        "Save stems to",
        kind=Kind.FOLDER,
        section=Section.SAVING,
        help="Every song gets a folder of its own in there.",
    )
    format: str = setting(
        "flac",
        "File format",
        kind=Kind.CHOICE,
        section=Section.SAVING,
        choices=tuple(item.value for item in AudioFormat),
    )
    bits: int = setting(
        24, "Bits per sample", kind=Kind.CHOICE, section=Section.SAVING, choices=(16, 24, 32)
    )
    exact_sum: bool = setting(
        False,
        "Stems sum to the mix",
        kind=Kind.SWITCH,
        section=Section.SAVING,
        help="Sample for sample; what the model left over goes to “other”.",
    )
    keep_original: bool = setting(
        True,
        "Keep downloaded songs",
        kind=Kind.SWITCH,
        section=Section.SAVING,
        help="The song that came from a link stays beside its stems.",
    )
    auto_export: str = setting(  # a preset's name; empty: not
        "",
        "Export after each split",
        kind=Kind.PRESET,
        section=Section.SAVING,
        help="Each song that is split here is exported at once, as the preset says.",
    )
    export_folder: str = setting(  # empty: Music/StemDesk exports
        "",
        "Export to",
        kind=Kind.FOLDER,
        section=Section.SAVING,
        help="Unless the preset says: beside the song's own file.",
    )
    model: str = setting(  # empty: htdemucs, else another installed one
        "",
        "Model",
        kind=Kind.MODEL,
        section=Section.SPLITTING,
        help="For the songs that you add next, unless you choose another one there.",
    )
    quality: str = setting(
        "standard",
        "Quality",
        kind=Kind.CHOICE,
        section=Section.SPLITTING,
        choices=tuple(item.value for item in Quality),
    )
    device: str = setting(
        "auto",
        "Compute on",
        kind=Kind.CHOICE,
        section=Section.SPLITTING,
        choices=("auto", "cpu", "cuda", "mps"),
    )
    full_precision: bool = setting(
        False,
        "Full precision",
        kind=Kind.SWITCH,
        section=Section.SPLITTING,
        help="On a graphics card, too; slower.",
    )
    longest_hours: float = setting(
        24.0,
        "Longest song",
        kind=Kind.NUMBER,
        section=Section.SPLITTING,
        help="Longer ones are refused: mostly they are no songs.",
        low=0.1,
        high=_HOURS_MAX,
        unit="hours",
    )
    stay_awake: bool = setting(
        True,
        "Stay awake",
        kind=Kind.SWITCH,
        section=Section.SPLITTING,
        help="The computer does not fall asleep while a song is being split.",
    )
    notify: bool = setting(
        True,
        "Tell when a song is done",
        kind=Kind.SWITCH,
        section=Section.SPLITTING,
        help="By a notification, if it took more than a minute and StemDesk is not in front.",
    )
    output_device: str = setting(  # PortAudio's name; empty: the system's
        "",
        "Play through",
        kind=Kind.DEVICE,
        section=Section.PLAYING,
        help="Where it is not plugged in, Play takes the system's.",
    )
    threads_playing: int = setting(
        0,
        "Threads while playing",
        kind=Kind.NUMBER,
        section=Section.PLAYING,
        help="So many of the processor's threads split while a song plays.",
        high=256,
        zero="All of them, sound first",
    )
    models_folder: str = setting(  # empty: the app's own
        "",
        "Models folder",
        kind=Kind.FOLDER,
        section=Section.NETWORK,
        help="Models that lie in the present folder are not moved.",
    )
    model_mirror: str = setting(  # empty: where they are at home
        "",
        "Mirror for models",
        kind=Kind.ADDRESS,
        section=Section.NETWORK,
        help="An address to fetch models from instead of where they are at home.",
    )
    longest_link_hours: float = setting(
        4.0,
        "Longest song from a link",
        kind=Kind.NUMBER,
        section=Section.LINKS,
        help="Longer ones are not downloaded.",
        low=0.1,
        high=_HOURS_MAX,
        unit="hours",
    )
    largest_link_gb: float = setting(
        2.0,
        "Largest file from a link",
        kind=Kind.NUMBER,
        section=Section.LINKS,
        help="Larger ones are not downloaded.",
        low=0.1,
        high=1000.0,
        unit="GB",
    )
    local_network: bool = setting(
        False,
        "Links into the local network",
        kind=Kind.SWITCH,
        section=Section.LINKS,
        help="Download from devices in your own network and from this computer, too.",
    )
    cookies_browser: str = setting(  # empty: none
        "",
        "Cookies from",
        kind=Kind.CHOICE,
        section=Section.LINKS,
        choices=("", *COOKIE_BROWSERS),
        help="For links that you may only open when you are logged in. The browser's cookies are "
        "then read; each site gets its own only.",
    )
    cookies_file: str = setting(
        "",
        "Cookies file",
        kind=Kind.FILE,
        section=Section.LINKS,
        help="The same from a file that a browser's extension has written (cookies.txt).",
    )
    check_updates: bool = setting(
        False,
        "Look for updates",
        kind=Kind.SWITCH,
        section=Section.NETWORK,
        help="Once a day it asks the project's page for the newest version, and only tells you. "
        "Off, StemDesk calls nowhere by itself.",
    )
    scratch_folder: str = setting(  # empty: the app's own
        "",
        "Working folder",
        kind=Kind.FOLDER,
        section=Section.FOLDERS,
        help="For songs that are being split; a fast disk with room is best.",
    )
    cache_folder: str = setting(  # empty: the app's own
        "",
        "Cache folder",
        kind=Kind.FOLDER,
        section=Section.FOLDERS,
        help="For decoded songs, so that they play at once.",
    )
    cache_gb: float = setting(
        10.0,
        "Room for the cache",
        kind=Kind.NUMBER,
        section=Section.FOLDERS,
        help="What was not heard for the longest time goes first.",
        low=0.0,
        high=10_000.0,
        unit="GB",
    )
    stems: tuple[str, ...] = setting((), "Stems")  # empty: all
    draft_accepted: bool = setting(False, "Split with the draft model")  # do not ask again
    links_noticed: bool = setting(False, "Has read what links are for")  # once
    window: str = setting("", "Window geometry")
    last_export: str = setting("", "The last export's order")  # JSON of an `ExportOrder`
    welcomed: bool = setting(False, "Has added a song")  # the first start's card is not shown

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            said = declared(item.name)
            if said.choices and value not in said.choices:
                raise SettingsError(ErrorCode.SETTINGS_INVALID, f"{item.name}: {value!r}")
            if isinstance(value, str) and "\0" in value:  # no file name can hold it
                raise SettingsError(ErrorCode.SETTINGS_INVALID, f"{item.name}: {value!r}")
            if said.kind is Kind.NUMBER and not said.low <= value <= said.high:
                raise SettingsError(ErrorCode.SETTINGS_INVALID, f"{item.name}: {value!r}")

    @property
    def export(self) -> ExportOptions:
        """The export options; FLAC cannot hold 32 bits, so it falls to 24."""
        kind = AudioFormat(self.format)
        bits = 24 if kind is AudioFormat.FLAC and self.bits == 32 else self.bits
        return ExportOptions(kind, bits, self.exact_sum, self.keep_original)


_DECLARED: dict[str, Declared] = {item.name: item.metadata["declared"] for item in fields(Settings)}


def declared(name: str) -> Declared:
    """What the setting of this name says of itself."""
    return _DECLARED[name]


def load_settings(path: Path) -> Settings:
    """The settings in `path`, defaults where there is nothing usable."""
    settings = Settings()
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return settings
    if not isinstance(values, dict):
        return settings
    for item in fields(Settings):
        if item.name not in values:
            continue
        try:
            changed: Any = {item.name: _typed(values[item.name], item.default)}
            settings = replace(settings, **changed)
        except (SettingsError, TypeError, ValueError, OverflowError):
            continue
    return settings


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings. Raises `DiskFullError` or `ExportError`."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # ASCII, so that folder names which are no valid UTF-8 survive.
        replace_file(path, json.dumps(values, indent=2).encode("ascii"))
    except OSError as error:
        raise write_error(error, path) from error


def _typed(value: Any, default: Any) -> Any:
    """`value` as the type of `default`, or `TypeError`: JSON knows no tuples, and 24 is a float."""
    if isinstance(default, tuple) and isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise TypeError(value)
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise TypeError(value)
    return value
