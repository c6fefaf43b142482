"""Where things lie: settings, jobs, models, scratch, logs, resources.

`STEMDESK_HOME` puts everything into one folder (a portable set-up, and the tests').
`STEMDESK_MODELS` names another models folder. Nothing is created until it is written to.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from stemdesk.core.settings import Settings

APP = "StemDesk"


@dataclass(frozen=True, slots=True)
class Folders:
    """Every folder the app uses."""

    config: Path
    data: Path
    logs: Path
    music: Path
    models_override: Path | None = None
    scratch_override: Path | None = None
    output_override: Path | None = None
    cache_home: Path | None = None
    cache_override: Path | None = None
    exports_override: Path | None = None

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def export_presets(self) -> Path:
        return self.config / "export-presets.json"

    @property
    def database(self) -> Path:
        return self.data / "jobs.sqlite3"

    @property
    def scratch(self) -> Path:
        """One folder for each job that is not finished."""
        return self.scratch_override or self.data / "jobs"

    @property
    def downloads(self) -> Path:
        """Songs that come from links, one folder for each job, until they are split."""
        return self.data / "downloads"

    @property
    def downloader(self) -> Path:
        """A newer downloader (yt-dlp) than the app came with."""
        return self.data / "downloader"

    @property
    def gpu_packs(self) -> Path:
        """A PyTorch with CUDA (`engine/gpu_pack.py`)."""
        return self.data / "gpu"

    @property
    def cache(self) -> Path:
        """What can be made again at any time: decoded songs, waveforms, rendered remixes."""
        return self.cache_override or self.cache_home or self.data / "cache"

    @property
    def models(self) -> Path:
        return self.models_override or self.data / "models"

    @property
    def demo(self) -> Path:
        """Where the demo song is made."""
        return self.data / "demo"

    @property
    def compute_lock(self) -> Path:
        return self.data / "compute.lock"

    @property
    def self_checks(self) -> Path:
        """Which networks were found to compute what they should."""
        return self.data / "self-checks.json"

    @property
    def output(self) -> Path:
        """Where stems are saved."""
        return self.output_override or self.music / APP

    @property
    def exports(self) -> Path:
        """Where songs are exported to, unless a person chooses another folder."""
        return self.exports_override or self.music / f"{APP} exports"

    def chosen(self, settings: Settings) -> Folders:
        """The same folders with the person's choices put in. `STEMDESK_MODELS` wins over the
        setting: it is nearer to the start of the program."""
        return replace(
            self,
            models_override=self.models_override or _path(settings.models_folder),
            scratch_override=_below(settings.scratch_folder, "working files"),
            cache_override=_below(settings.cache_folder, "cache"),
            output_override=_path(settings.output_folder),
            exports_override=_path(settings.export_folder),
        )


def user_path(text: str | Path) -> Path:
    """What a person wrote as an absolute path; `~` is their home, `~nobody` stays as it is."""
    path = Path(text)
    with contextlib.suppress(RuntimeError):
        path = path.expanduser()
    return path.absolute()


def folders() -> Folders:
    """The folders for this user and environment."""
    models = os.environ.get("STEMDESK_MODELS")
    override = user_path(models) if models else None
    home = os.environ.get("STEMDESK_HOME")
    if home:
        root = user_path(home)
        return Folders(
            root / "config",
            root / "data",
            root / "logs",
            root / "music",
            models_override=override,
            cache_home=root / "cache",
        )
    dirs = platformdirs.PlatformDirs(APP, appauthor=False)
    return Folders(
        config=Path(dirs.user_config_dir),
        data=Path(dirs.user_data_dir),
        logs=Path(dirs.user_log_dir),
        music=Path(platformdirs.user_music_dir()),
        models_override=override,
        cache_home=Path(dirs.user_cache_dir),
    )


def _path(setting: str) -> Path | None:
    return user_path(setting) if setting else None


def _below(setting: str, name: str) -> Path | None:
    """A folder of our own in the chosen one: what is old in it is removed unasked."""
    chosen = _path(setting)
    return None if chosen is None else chosen / f"{APP} {name}"


def resources() -> Path:
    """The folder of icons and of the built-in model (`models/starter`): in the frozen app, in the
    wheel, or at the repository's root."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    package = Path(__file__).resolve().parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent.parent / "resources"
