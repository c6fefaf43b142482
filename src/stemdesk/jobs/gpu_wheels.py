"""Fetches the wheels of the GPU pack: each by its pinned hash, all of them told as one download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport, part_of
from stemdesk.engine.gpu_pack import PackFile
from stemdesk.fetch.answer import host_of
from stemdesk.fetch.configured import checked, configured_index
from stemdesk.fetch.download import RemoteFile, download
from stemdesk.fetch.limits import Limits
from stemdesk.fetch.package_index import address_of
from stemdesk.fetch.part import hash_of

FETCHING = "GPU pack"  # the name of transfers
_NOT_THERE = 404


def fetch_wheels(
    files: Sequence[PackFile],
    folder: Path,
    report: TransferReport,
    cancel: CancelToken,
    index: str,
    limits: Limits,
) -> dict[Path, str]:
    """Bring all of them into `folder`; their paths, with the hash that each has. What is there is
    not asked for again. `index`: "" for the configured one. Raises `FetchError`
    (GPU_PACK_NO_INDEX, GPU_PACK_NOT_LISTED, and as `download`), `DiskFullError`, `ExportError`,
    `Cancelled`."""
    there = {file.name for file in files if _is_there(file, folder, cancel)}
    total = sum(file.size_bytes for file in files)
    done = sum(file.size_bytes for file in files if file.name in there)
    for file in files:
        if file.name in there:
            continue
        index = _index(index)
        remote = RemoteFile(_address(file, index, cancel, limits), file.size_bytes, file.sha256)
        download(remote, folder / file.name, part_of(report, FETCHING, done, total), cancel, limits)
        done += file.size_bytes
    report(Transfer(FETCHING, total, total, left_s=0.0))
    return {folder / file.name: file.sha256 for file in files}


def bytes_there(folder: Path, files: Sequence[PackFile]) -> int:
    """How much of them was fetched by now."""
    count = 0
    for file in files:
        for name in (file.name, f"{file.name}.part"):
            try:
                count += min((folder / name).stat().st_size, file.size_bytes)
                break
            except OSError:
                continue
    return count


def _is_there(file: PackFile, folder: Path, cancel: CancelToken) -> bool:
    path = folder / file.name
    try:
        return path.stat().st_size == file.size_bytes and hash_of(path, cancel) == file.sha256
    except OSError:
        return False


def _index(index: str) -> str:
    try:
        return checked(index) if index else configured_index()
    except FetchError as error:
        told = FetchError(ErrorCode.GPU_PACK_NO_INDEX)
        told.facts.update(error.facts)
        raise told from error


def _address(file: PackFile, index: str, cancel: CancelToken, limits: Limits) -> str:
    try:
        url = address_of(index, file.package, file.name, cancel, limits)
    except FetchError as error:
        error.path = error.path or Path(file.package)
        if error.facts.get("status") != _NOT_THERE:
            raise
        url = None
    if url is None:
        raise FetchError(ErrorCode.GPU_PACK_NOT_LISTED, file=file.name, host=host_of(index))
    return url
