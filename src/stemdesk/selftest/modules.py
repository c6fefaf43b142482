"""Imports everything that StemDesk is made of, its own modules and all libraries."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import stemdesk
from stemdesk.selftest.report import TroubleError

LIBRARIES = (
    *("numpy", "numpy.typing", "yaml", "platformdirs", "filelock", "soxr", "soundfile", "httpx2"),
    *("av", "av.audio", "av.audio.layout", "av.container", "av.stream"),
    *("av.subtitles.stream", "av.video.stream"),
    *("torch", "torch.nn", "torch.overrides", "safetensors", "safetensors.torch"),
    *("demucs.demucs", "demucs.hdemucs", "demucs.htdemucs", "demucs.transformer"),
    *("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets", "PySide6.QtNetwork"),
    *("PySide6.QtSvg", "shiboken6"),
)
"""What is imported here. The rest has a step of its own: sounddevice, whose import starts
PortAudio, and yt-dlp, which is only ever loaded in a child process."""
_NOT_HERE = ("stemdesk.__main__",)


def check() -> str:
    """Imports all of it. Raises `TroubleError` with each module that does not load."""
    from stemdesk.engine.start import import_torch

    broken = []
    try:
        import_torch()  # as a job does: its libraries first
    except Exception as error:  # a damaged library raises anything
        broken.append(f"torch ({type(error).__name__}: {error})")
    own = [module.name for module in pkgutil.walk_packages(stemdesk.__path__, "stemdesk.")]
    for name in (*LIBRARIES, *own):
        if name in _NOT_HERE:
            continue
        try:
            importlib.import_module(name)
        except Exception as error:  # the same
            broken.append(f"{name} ({type(error).__name__}: {error})")
    if broken:
        raise TroubleError(f"{len(broken)} do not load: {'; '.join(broken)}")
    return f"{len(own)} of our modules and {len(LIBRARIES)} of others, {len(sys.modules)} in all"
