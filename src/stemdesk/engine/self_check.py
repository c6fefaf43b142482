"""Remembers whether an implementation was found to compute what demucs' own forward does.

The check itself is in `separate`: one segment of a real song, once for each model, implementation,
device, and versions of torch and StemDesk. Torch-free.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from stemdesk import __version__
from stemdesk.core.files import replace_file
from stemdesk.engine.setup import Implementation, Setup
from stemdesk.log import log

_MOST = 200  # verdicts kept
# Relative L2 error of all stems of a segment against the stock forward in float32.
TOLERANCE = {Implementation.FAST: 1e-4, Implementation.FAST_HALF: 3e-3}


class SelfChecks:
    """Verdicts in a JSON file; without one, or where it cannot be used, in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._verdicts: dict[str, bool] = self._read()

    def verdict(self, model_hash: str, how: Implementation, setup: Setup) -> bool | None:
        """Whether it was right; None if it was not checked yet."""
        return (
            True
            if how is Implementation.STOCK
            else self._verdicts.get(_key(model_hash, how, setup))
        )

    def remember(self, model_hash: str, how: Implementation, setup: Setup, right: bool) -> None:
        self._verdicts = {**self._read(), **self._verdicts, _key(model_hash, how, setup): right}
        if self._path is None:
            return
        kept = dict(list(self._verdicts.items())[-_MOST:])
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(kept, indent=1).encode("ascii"))
        except OSError as error:  # checked again next time
            log.warning("the self-check's result was not written: %s", error)

    def _read(self) -> dict[str, bool]:
        if self._path is None:
            return {}
        try:
            value = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(value, dict):
            return {}
        return {str(key): right for key, right in value.items() if isinstance(right, bool)}


def _key(model_hash: str, how: Implementation, setup: Setup) -> str:
    facts = [model_hash, how.value, setup.device, setup.torch, setup.processor, __version__]
    return hashlib.sha256(json.dumps(facts).encode("ascii")).hexdigest()[:32]
