"""Downloads one file: resumed after a break, checked, complete under its name or not there.

The bytes go to `<name>.part` beside the target. They stay there when the connection breaks, the
server stalls, the disk is full or the person cancels, and the next download goes on from there.
They are deleted when the size or the hash is wrong. A web page is never written into them.

A break is tried again by itself, as long as every connection brings something new. Nothing else
is, but this: a wrong hash of a file that did not come over one connection may only mean that the
part was of something else, so the whole file is asked for once more.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stemdesk.core.errors import DiskFullError, ErrorCode, FetchError, free_bytes, write_error
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.fetch.answer import Take, host_of, judge, looks_like_a_page, web_page, wrong_size
from stemdesk.fetch.failures import BrokenError
from stemdesk.fetch.limits import LIMITS, POLL_S, Limits
from stemdesk.fetch.meter import Meter
from stemdesk.fetch.part import Part, hash_of
from stemdesk.fetch.stream import Stream
from stemdesk.fetch.turn import turn
from stemdesk.log import log


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """`url`: https, or http where the person's own mirror has no other; `sha256`: 64 hex digits,
    lower case."""

    url: str
    size_bytes: int
    sha256: str


def download(
    file: RemoteFile,
    target: Path,
    report: TransferReport,
    cancel: CancelToken,
    limits: Limits = LIMITS,
) -> None:
    """Put the checked file at `target`; a right one that is there already is left alone.

    Two that ask for the same target, in one process or several, do it one after the other: the
    second one finds it done. Raises `FetchError`, `DiskFullError`, `ExportError` (the folder
    cannot be written), `Cancelled`.
    """
    meter = Meter(target.name, file.size_bytes, report)
    part_path = target.with_name(f"{target.name}.part")

    def waiting() -> None:
        with contextlib.suppress(OSError):  # what the other one has by now
            meter.at(part_path.stat().st_size)

    if _is_there(file, target, cancel):  # perhaps in a folder that cannot be written
        meter.finish()
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, target.parent) from error
    try:
        with turn(target.with_name(f"{target.name}.lock"), waiting, cancel):
            if not _is_there(file, target, cancel):
                part = Part(part_path, file.size_bytes, cancel)
                with contextlib.closing(part):
                    _Download(file, part, meter, cancel, limits).run()
                    part.publish(target)
    except FetchError as error:
        error.path = target
        raise
    meter.finish()


def _is_there(file: RemoteFile, target: Path, cancel: CancelToken) -> bool:
    try:
        right_size = target.stat().st_size == file.size_bytes
        return right_size and hash_of(target, cancel) == file.sha256
    except OSError:
        return False


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        shown = "" if "@" in url else url  # no password
        raise FetchError(ErrorCode.DOWNLOAD_ADDRESS, address=shown or "?", host=host_of(url))


class _Download:
    """Fills `part` with the right bytes."""

    def __init__(
        self, file: RemoteFile, part: Part, meter: Meter, cancel: CancelToken, limits: Limits
    ) -> None:
        self._file, self._part, self._meter = file, part, meter
        self._cancel, self._limits = cancel, limits
        self._ranges = True  # until the server shows that it cannot send a rest
        self._one_piece = False  # whether all that is there came over one connection, just now

    def run(self) -> None:
        """Raises as `download`; a part that is wrong is empty then."""
        _check_address(self._file.url)
        missing = self._file.size_bytes - self._part.size
        if free_bytes(self._part.path.parent) < missing:
            raise DiskFullError(self._part.path.parent, missing)
        self._meter.at(self._part.size)
        try:
            self._fill()
            if self._part.digest != self._file.sha256 and not self._one_piece:
                log.info("download: a wrong hash, not from one connection: the whole file again")
                self._restart()
                self._fill()
            if self._part.digest != self._file.sha256:
                raise self._wrong_hash()
        except FetchError as error:
            if error.code in (ErrorCode.DOWNLOAD_WRONG_SIZE, ErrorCode.DOWNLOAD_WRONG_HASH):
                self._restart()
            raise

    def _fill(self) -> None:
        """Connect until as many bytes are there as there should be."""
        breaks = 0
        most = self._part.size
        while self._part.size < self._file.size_bytes:
            if not self._ranges:
                self._restart()
            try:
                take = self._connect()
            except BrokenError as error:
                failure = self._broken(str(error))
                log.info("download: broke at %d bytes, %s", self._part.size, error)
            else:
                if take is Take.NOTHING:
                    log.info("download: the server cannot send a rest")
                    self._ranges = False
                    continue
                failure = self._ended_early(take)
            if self._part.size == self._file.size_bytes:
                return
            breaks += 1
            if self._part.size <= most or breaks > self._limits.breaks_max:
                raise failure
            most = self._part.size
            self._pause()

    def _connect(self) -> Take:
        """One connection: append what it brings until it ends or all is there. Raises
        `BrokenError` besides."""
        file, part = self._file, self._part
        with contextlib.closing(Stream(file.url, part.size, self._limits)) as stream:
            answer = stream.answer(self._cancel)
            take = judge(answer, part.size, file.size_bytes)
            if take is Take.NOTHING:
                return take
            first = True
            for block in stream.blocks(self._cancel):
                if not block:
                    self._meter.tick()
                    continue
                if first:
                    first = False
                    if take is Take.FROM_START:
                        if looks_like_a_page(block):
                            raise web_page(answer)
                        self._restart()
                    self._one_piece = take is Take.FROM_START
                wanted = block[: file.size_bytes - part.size]
                part.append(wanted)
                self._meter.at(part.size, len(wanted))
                if part.size == file.size_bytes:  # what follows, if anything, is not ours
                    break
        return take

    def _broken(self, detail: str) -> FetchError:
        return FetchError(
            ErrorCode.DOWNLOAD_BROKEN,
            detail,
            retryable=True,
            host=host_of(self._file.url),
            done_bytes=self._part.size,
            total_bytes=self._file.size_bytes,
        )

    def _ended_early(self, take: Take) -> FetchError:
        """For a body that came to its end in good order. A server that sent the rest has told the
        right size before; another one that does so again at the same place has no more."""
        if take is Take.GO_ON:
            return self._broken("the answer ended early")
        return wrong_size(self._file.url, self._part.size, self._file.size_bytes)

    def _wrong_hash(self) -> FetchError:
        return FetchError(
            ErrorCode.DOWNLOAD_WRONG_HASH,
            host=host_of(self._file.url),
            expected=self._file.sha256,
            found=self._part.digest,
        )

    def _restart(self) -> None:
        self._part.restart()
        self._meter.at(0)

    def _pause(self) -> None:
        end = time.monotonic() + self._limits.pause_s
        while (left := end - time.monotonic()) > 0:
            self._meter.tick()
            self._cancel.wait(min(left, POLL_S))
