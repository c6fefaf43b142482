"""The networks that are loaded: those of the last song's model, kept for the next song."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.engine import devices
from stemdesk.engine.network import Network
from stemdesk.engine.setup import Implementation
from stemdesk.models.library import ModelFile

_Key = tuple[Path, int, int, Fraction, str, Implementation]


class Networks:
    """Belongs to the one thread that may touch torch. `device`: whose memory is freed with them."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._loaded: dict[_Key, Network] = {}

    def __len__(self) -> int:
        return len(self._loaded)

    def get(self, file: ModelFile, segment: Fraction, device: str, how: Implementation) -> Network:
        """The loaded sub-model; loaded now if it is not, or if its file has changed."""
        key = network_key(file, segment, device, how)
        if key not in self._loaded:
            self._loaded[key] = Network(file, segment, device, how)
        return self._loaded[key]

    def keep_only(self, keys: Collection[_Key]) -> None:
        """Free all other networks."""
        kept = {key: network for key, network in self._loaded.items() if key in keys}
        freed = len(kept) < len(self._loaded)
        self._loaded = kept
        if freed:
            devices.free_unused(self._device)


def network_key(file: ModelFile, segment: Fraction, device: str, how: Implementation) -> _Key:
    """Names a network: its file, unchanged, with passes of `segment` seconds, where it is, and
    what runs it. Raises `ModelError` (MODEL_MISSING)."""
    try:
        facts = file.path.stat()
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_MISSING, str(error), path=file.path) from error
    return file.path, facts.st_size, facts.st_mtime_ns, segment, device, how
