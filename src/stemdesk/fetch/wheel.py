"""Reads wheels (PEP 427): zip files of a package, unpacked so that nothing can go elsewhere.

Only the package itself and what is said about it are unpacked, never scripts or data for other
folders.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import IO

from stemdesk.core.errors import write_error
from stemdesk.core.progress import CancelToken

FILES_MAX = 20_000
UNPACKED_BYTES = 256 << 20  # yt-dlp has 12 MB
_METADATA_BYTES = 4 << 20
_BLOCK = 1 << 18
_PART = re.compile(r"[A-Za-z0-9_.+-]+", re.ASCII)  # of a name
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class WheelError(Exception):
    """A file that is no wheel to use; says why."""


def requirement(wheel: Path, package: str) -> str | None:
    """Which versions of `package` (`yt-dlp-ejs`) the wheel needs, `==0.8.0`; None: it does not
    need it. What only its extras for developers need does not count. Raises `WheelError`."""
    spelling = re.sub(r"[-_.]+", "[-_.]+", package)
    asked = re.compile(
        rf"{spelling}(?![\w.-])(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?", re.IGNORECASE
    )
    for line in _metadata(wheel).get_all("Requires-Dist", []):
        match = asked.fullmatch(str(line).strip())
        marker = (match[2] or "").replace("'", '"') if match else ""
        if match and ("extra" not in marker or 'extra == "default"' in marker):
            return match[1].strip()
    return None


def unpack(
    wheel: Path,
    folder: Path,
    packages: tuple[str, ...],
    cancel: CancelToken,
    bytes_max: int | None = None,
    written: Callable[[int], None] = lambda _: None,
) -> dict[str, int]:
    """Unpack the parts of `packages` (`yt_dlp`: the package and its `.dist-info`) into `folder`;
    returns the bytes of each file by its name. More than `bytes_max` (None: `UNPACKED_BYTES`) are
    refused. `written` is told of the bytes of each block. Raises `WheelError`, `ExportError`,
    `DiskFullError`, `Cancelled`."""

    def tick(count: int) -> None:
        cancel.check()
        written(count)

    sizes: dict[str, int] = {}
    left = UNPACKED_BYTES if bytes_max is None else bytes_max
    with _opened(wheel) as archive:
        for item in _wanted(archive, packages):
            cancel.check()
            target = folder.joinpath(*PurePosixPath(item.filename).parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    sizes[item.filename] = _copy(archive, item, file, left, tick)
            except OSError as error:
                raise write_error(error, folder) from error
            left -= sizes[item.filename]
    return sizes


def _copy(
    archive: zipfile.ZipFile,
    item: zipfile.ZipInfo,
    file: IO[bytes],
    bytes_max: int,
    tick: Callable[[int], None] = lambda _: None,
) -> int:
    """Whatever an archive says of itself, no more than `bytes_max` are written."""
    count = 0
    try:
        with archive.open(item) as packed:
            while block := packed.read(_BLOCK):
                count += len(block)
                if count > bytes_max:
                    raise WheelError("it is too large when it is unpacked")
                file.write(block)
                tick(len(block))
    except _DAMAGE as error:
        raise WheelError(f"{item.filename}: {error}") from error
    return count


def _wanted(archive: zipfile.ZipFile, packages: tuple[str, ...]) -> Iterator[zipfile.ZipInfo]:
    items = archive.infolist()
    if len(items) > FILES_MAX:
        raise WheelError(f"it has {len(items)} files")
    seen: set[str] = set()
    for item in items:
        _check(item, seen)
        top = PurePosixPath(item.filename).parts[0]
        name, _, rest = top.partition("-")
        ours = top in packages or (name in packages and rest.endswith(".dist-info"))
        if ours and not item.is_dir():
            yield item


def _check(item: zipfile.ZipInfo, seen: set[str]) -> None:
    """Only plain files with plain names, each once, also where capitals do not count."""
    parts = item.filename.rstrip("/").split("/")
    kind = stat.S_IFMT(item.external_attr >> 16)
    plain = all(_PART.fullmatch(part) and not part.endswith(".") for part in parts)
    if not plain or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise WheelError(f"it has a file that does not belong into a package: {item.filename!r}")
    if item.flag_bits & 1 or item.compress_type not in _METHODS:
        raise WheelError(f"it is packed in a way that is not allowed: {item.filename!r}")
    if item.filename.lower() in seen:
        raise WheelError(f"it has a file twice: {item.filename!r}")
    seen.add(item.filename.lower())


def _metadata(wheel: Path) -> Message:
    with _opened(wheel) as archive:
        for item in archive.infolist():
            top, _, rest = item.filename.partition("/")
            if top.endswith(".dist-info") and rest == "METADATA":
                if item.file_size > _METADATA_BYTES:
                    raise WheelError("it says too much of itself")
                text = io.BytesIO()
                _copy(archive, item, text, _METADATA_BYTES)
                return HeaderParser().parsestr(text.getvalue().decode("utf-8", "replace"))
    raise WheelError("it does not say what it is")


@contextmanager
def _opened(wheel: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(wheel)
    except (*_DAMAGE, OSError) as error:
        raise WheelError(str(error)) from error
    with archive:
        yield archive
