"""Fetches a newer yt-dlp: from the configured package index, checked, tried, then in use.

All of it happens in a folder that goes again; what has passed is renamed into its place.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import ErrorCode, FetchError, LinkError, write_error
from stemdesk.core.files import exists, sync_folder
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.fetch.answer import host_of
from stemdesk.fetch.configured import checked, configured_index
from stemdesk.fetch.download import RemoteFile, download
from stemdesk.fetch.limits import LIMITS, Limits
from stemdesk.fetch.links.client import self_test
from stemdesk.fetch.package_index import Wheel, size_of, wheels
from stemdesk.fetch.tool import (
    FOLDER,
    SCRIPTS,
    TOOL,
    Tool,
    approve,
    remove_others,
    tool_in_use,
)
from stemdesk.fetch.turn import turn
from stemdesk.fetch.versions import fits, is_newer
from stemdesk.fetch.wheel import WheelError, requirement, unpack
from stemdesk.log import log

WHEEL_BYTES = 64 << 20  # yt-dlp has 3 MB


def update_tool(
    data: Path,
    report: TransferReport,
    cancel: CancelToken,
    index: str = "",
    limits: Limits = LIMITS,
) -> Tool:
    """Fetch the newest yt-dlp into `data`/downloader, try it, and use it from now on.

    `index`: the address of a package index; "": the one that this computer is set up for. Two
    updates at once happen one after the other. Raises `FetchError`: UPDATE_NONE if there is no
    newer one, UPDATE_UNUSABLE if it does not work here, UPDATE_NO_INDEX, or what a download
    raises; `ExportError`, `DiskFullError`, `Cancelled`. Then all stays as it was.
    """
    root = data / FOLDER
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, root) from error
    try:
        with turn(root / "update.lock", lambda: None, cancel):
            before = tool_in_use(data)
            update = _Update(root, before, report, cancel, limits)
            # A song may be on its way with the version of before: that one goes next time.
            remove_others(data, [] if before.folder is None else [before.folder])
            update.run(checked(index) if index else configured_index())
            return tool_in_use(data)
    except FetchError as error:
        error.facts["updating"] = TOOL  # for the right sentences
        error.path = error.path or Path(TOOL)
        raise


@dataclass(frozen=True, slots=True)
class _Update:
    """`root`: where versions are kept; `before`: the one in use."""

    root: Path
    before: Tool
    report: TransferReport
    cancel: CancelToken
    limits: Limits

    def run(self, index: str) -> None:
        """Raises as `update_tool`."""
        tool = self._newest(index)
        log.info("downloader: %s %s is newer than %s", TOOL, tool.version, self.before.version)
        with _passing_folder(self.root) as place:
            try:
                self._put_together(tool, index, place)
            except WheelError as error:
                raise self._unusable(tool, str(error)) from error
            except LinkError as error:
                raise self._unusable(tool, error.detail) from error
            self._publish(place / tool.version, place / "damaged")
        log.info("downloader: %s %s is in use", TOOL, tool.version)

    def _newest(self, index: str) -> Wheel:
        for wheel in wheels(index, TOOL, self.cancel, self.limits)[:1]:
            if is_newer(wheel.version, self.before.version):
                return wheel
        raise FetchError(ErrorCode.UPDATE_NONE, version=self.before.version)

    def _put_together(self, tool: Wheel, index: str, place: Path) -> None:
        """Fill `place`/<version> with what has passed. Raises `WheelError`, `LinkError` besides."""
        folder = place / tool.version
        file = self._fetch(tool, place)
        needed = requirement(file, SCRIPTS)
        sizes = unpack(file, folder, ("yt_dlp",), self.cancel)
        if needed is not None:
            scripts = self._scripts(index, needed)
            file = self._fetch(scripts, place)
            sizes |= unpack(file, folder, ("yt_dlp_ejs",), self.cancel)
        found = self_test(folder, self.cancel)
        log.info("downloader: the self-test has found %s %s", TOOL, found)
        approve(folder, tool.version, tool.requires_python, sizes)

    def _scripts(self, index: str, needed: str) -> Wheel:
        for wheel in wheels(index, SCRIPTS, self.cancel, self.limits):
            if fits(wheel.version, needed):
                return wheel
        raise WheelError(f"it needs {SCRIPTS} {needed}, and there is none")

    def _fetch(self, wheel: Wheel, place: Path) -> Path:
        size = size_of(wheel, self.cancel, self.limits)
        if size > WHEEL_BYTES:
            raise WheelError(f"{wheel.name} is too large")
        target = place / wheel.name
        remote = RemoteFile(wheel.url, size, wheel.sha256)
        download(remote, target, self.report, self.cancel, self.limits)
        return target

    def _publish(self, folder: Path, aside: Path) -> None:
        """Give the finished folder its place, from one moment to the next. One that is there
        already is damaged, or would be in use."""
        target = self.root / folder.name
        try:
            if exists(target):
                target.rename(aside)
            folder.rename(target)
        except OSError as error:
            raise write_error(error, target) from error
        sync_folder(self.root)

    def _unusable(self, tool: Wheel, detail: str) -> FetchError:
        return FetchError(
            ErrorCode.UPDATE_UNUSABLE, detail, version=tool.version, host=host_of(tool.url)
        )


@contextmanager
def _passing_folder(root: Path) -> Iterator[Path]:
    """A folder in `root` that is removed in any case."""
    try:
        place = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    except OSError as error:
        raise write_error(error, root) from error
    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(place)
