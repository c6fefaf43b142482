"""What a model file was when it came here: a small JSON file beside it.

The catalogue knows the hashes of the released files; a file that was imported or converted has
none there, so its own is written down, and "verify" means something for it, too. This guards
against damage, not against someone who can write into the models folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from stemdesk.core.errors import write_error
from stemdesk.core.files import replace_file

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """`sha256` and `size_bytes` of the model file; `origin` and `origin_sha256` of the file that
    it was made from."""

    sha256: str
    size_bytes: int
    origin: str = ""
    origin_sha256: str = ""


def record_path(model_file: Path) -> Path:
    return model_file.with_suffix(".json")


def write_record(model_file: Path, record: Record) -> None:
    """Raises `DiskFullError` or `ExportError`."""
    path = record_path(model_file)
    try:
        replace_file(path, json.dumps(asdict(record), indent=1).encode())
    except OSError as error:
        raise write_error(error, path) from error


def read_record(model_file: Path) -> Record | None:
    """The file's record; None where there is none that we understand."""
    try:
        with record_path(model_file).open("rb") as file:
            value = json.loads(file.read(_MAX_BYTES))
        sha256, size_bytes = value["sha256"], value["size_bytes"]
        if not _SHA256.fullmatch(sha256) or type(size_bytes) is not int:
            return None
        return Record(sha256, size_bytes, str(value["origin"]), str(value["origin_sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
