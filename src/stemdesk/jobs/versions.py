"""Which versions of what StemDesk is made of are in use, without loading torch to ask it."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = ("torch", "demucs", "PySide6-Essentials", "av", "soundfile", "soxr", "sounddevice")
MISSING = "missing"


def package_version(package: str) -> str:
    """What the installed package's metadata say (the frozen app has them, too)."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return MISSING


def package_versions() -> dict[str, str]:
    return {name: package_version(name) for name in PACKAGES}


def ffmpeg_version() -> str:
    """Of the FFmpeg inside of PyAV. Loads it: a tenth of a second."""
    try:
        import av
    except ImportError:
        return MISSING
    return str(av.ffmpeg_version_info)


def system_name() -> str:
    """`Linux 6.1.0 x86_64`."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"
