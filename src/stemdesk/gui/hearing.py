"""What the window's songs are heard from: the playback cache, and the jobs while they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.settings import Settings
from stemdesk.paths import Folders

if TYPE_CHECKING:  # NumPy comes with them
    from stemdesk.jobs.live import Live
    from stemdesk.jobs.pipeline import Workplace

_GB = 10**9


class Hearing:
    """Makes the one `Live` of the window when it is needed first, after the first paint."""

    def __init__(self, folders: Callable[[], Folders], settings: Callable[[], Settings]) -> None:
        self._folders = folders
        self._settings = settings
        self._live: Live | None = None

    @property
    def live(self) -> Live:
        if self._live is None:
            from stemdesk.audio.originals import Originals
            from stemdesk.audio.play_cache import PlayCache
            from stemdesk.jobs.live import Live

            self._live = Live(Originals(PlayCache(*self._place())))
        return self._live

    def workplace(self) -> Workplace:
        """Where and how jobs are worked on, with the settings of now; the cache follows them."""
        from stemdesk.gui.runner import workplace

        self.live.originals.cache.move(*self._place())
        return workplace(self._folders(), self._settings(), self.live)

    def trim(self) -> None:
        """Keep the cache's cap, which may be lower by now. Not for the window's thread."""
        self.live.originals.cache.trim()

    def is_heard(self, job_id: str) -> bool:
        """Whether somebody reads the job's scratch."""
        return self._live is not None and self._live.is_heard(job_id)

    def forget(self, job_id: str) -> None:
        """The job's scratch goes."""
        if self._live is not None:
            self._live.forget(job_id)

    def close(self, timeout_s: float) -> bool:
        """Stop decoding; whether that ended in time."""
        return self._live is None or self._live.close(timeout_s)

    def _place(self) -> tuple[Path, int]:
        return self._folders().cache / "playing", round(self._settings().cache_gb * _GB)
