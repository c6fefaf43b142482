"""A download in a test: what is asked for, where it goes, what was told."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pytest

from stemdesk.core.errors import FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer
from stemdesk.fetch.download import RemoteFile, download
from stemdesk.fetch.limits import LIMITS, Limits

DATA = random.Random(4).randbytes(300_000)
AT_ONCE = replace(LIMITS, pause_s=0.0)


@dataclass
class Fetching:
    """Downloads `data` from `url` into `folder`."""

    folder: Path
    data: bytes = DATA
    reports: list[Transfer] = field(default_factory=list)
    _events: dict[int, threading.Event] = field(default_factory=dict)

    @property
    def target(self) -> Path:
        return self.folder / "model.safetensors"

    @property
    def part(self) -> Path:
        return self.folder / "model.safetensors.part"

    def file(self, url: str) -> RemoteFile:
        return RemoteFile(url, len(self.data), sha256(self.data).hexdigest())

    def at(self, done_bytes: int) -> threading.Event:
        """Set once so many bytes are told to be there; ask for it before the download."""
        return self._events.setdefault(done_bytes, threading.Event())

    def report(self, transfer: Transfer) -> None:
        self.reports.append(transfer)
        if transfer.done_bytes in self._events:
            self._events[transfer.done_bytes].set()

    def get(self, url: str, limits: Limits = AT_ONCE, cancel: CancelToken | None = None) -> None:
        download(self.file(url), self.target, self.report, cancel or CancelToken(), limits)

    def fails(self, url: str, limits: Limits = AT_ONCE) -> FetchError:
        """A download that must fail, and leave nothing under the final name."""
        with pytest.raises(FetchError) as caught:
            self.get(url, limits)
        assert not self.target.exists()
        assert caught.value.path == self.target
        return caught.value

    def is_done(self) -> bool:
        """The right file, and nothing beside it."""
        names = [path.name for path in self.folder.iterdir()]
        return names == [self.target.name] and self.target.read_bytes() == self.data

    @property
    def kept(self) -> int:
        """Bytes in the part; -1: there is none. Nothing else may be there."""
        names = {path.name for path in self.folder.iterdir()}
        assert names <= {self.part.name}
        return self.part.stat().st_size if self.part.exists() else -1
