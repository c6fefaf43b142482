"""Which yt-dlp is used, of those in the data folder and the one that came with the app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stemdesk.fetch.tool import (
    Tool,
    approve,
    bundled_version,
    distrust,
    remove_others,
    tool_in_use,
    version_in,
)

SOURCE = Path(__file__).parents[2] / "src"
BUNDLED = bundled_version()
INIT = b"from yt_dlp.version import __version__\n"


def keep(data: Path, version: str, requires_python: str = ">=3.10") -> Path:
    folder = data / "downloader" / version
    sizes: dict[str, int] = {}
    for name, text in (
        ("yt_dlp/__init__.py", INIT),
        ("yt_dlp/version.py", f"__version__ = {version!r}\n".encode()),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        sizes[name] = len(text)
    approve(folder, version, requires_python, sizes)
    return folder


def is_bundled(data: Path) -> bool:
    return tool_in_use(data) == Tool(BUNDLED, None, BUNDLED)


def test_without_another_one_it_is_the_bundled_one(tmp_path: Path) -> None:
    assert is_bundled(tmp_path) and is_bundled(tmp_path / "none")
    assert BUNDLED.count(".") >= 2


def test_the_newest_is_used(tmp_path: Path) -> None:
    keep(tmp_path, "9999.1.2")
    newest = keep(tmp_path, "9999.1.10")
    assert tool_in_use(tmp_path) == Tool("9999.1.10", newest, BUNDLED)


@pytest.mark.parametrize("version", ["2020.1.1", BUNDLED])
def test_never_below_the_bundled_one(tmp_path: Path, version: str) -> None:
    folder = keep(tmp_path, version)
    assert version_in(folder) == version and is_bundled(tmp_path)


def test_a_broken_one_is_passed_over(tmp_path: Path) -> None:
    good, broken = keep(tmp_path, "9999.1.1"), keep(tmp_path, "9999.1.2")
    part = broken / "yt_dlp" / "version.py"
    assert tool_in_use(tmp_path).folder == broken
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    assert tool_in_use(tmp_path).folder == good
    part.write_bytes(whole)
    assert tool_in_use(tmp_path).folder == broken
    part.unlink()
    assert tool_in_use(tmp_path).folder == good
    (good / "tool.json").unlink()
    assert is_bundled(tmp_path)


def test_one_that_does_not_work_is_not_used_again(tmp_path: Path) -> None:
    folder = keep(tmp_path, "9999.1.2")
    distrust(folder)
    assert is_bundled(tmp_path)
    distrust(folder)  # by another process, too


def test_one_for_another_python_is_passed_over(tmp_path: Path) -> None:
    """The app was updated, and brings another Python."""
    keep(tmp_path, "9999.1.2", ">=3.99")
    assert is_bundled(tmp_path)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 100_000,
        {"version": "9999.1.2", "requires_python": "", "files": {}},
        {"version": "9999.1.2", "requires_python": "", "files": {"yt_dlp/version.py": "x"}},
        {"version": "9999.1.2", "requires_python": "", "files": {"\0": 1}},
        {"version": "9999.1.3", "requires_python": "", "files": {"yt_dlp/__init__.py": len(INIT)}},
    ],
)
def test_a_record_that_says_nothing(tmp_path: Path, record: bytes | dict[str, Any]) -> None:
    folder = keep(tmp_path, "9999.1.2")
    written = record if isinstance(record, bytes) else json.dumps(record).encode()
    (folder / "tool.json").write_bytes(written)
    assert is_bundled(tmp_path)


def test_other_things_in_the_folder_do_no_harm(tmp_path: Path) -> None:
    root = tmp_path / "downloader"
    root.mkdir()
    (root / "update.lock").touch()
    (root / "9999.9.9").write_bytes(b"a file")
    (root / ".new-abc" / "9999.1.1").mkdir(parents=True)
    (root / "hello").mkdir()
    assert is_bundled(tmp_path)
    folder = keep(tmp_path, "9999.1.1")
    assert tool_in_use(tmp_path).folder == folder
    remove_others(tmp_path, [folder])
    assert sorted(path.name for path in root.iterdir()) == ["9999.1.1", "9999.9.9", "update.lock"]


def test_it_is_taken_before_the_installed_one_and_no_other_with_it(tmp_path: Path) -> None:
    folder = keep(tmp_path, "9999.1.2")
    code = """
import sys
from pathlib import Path
from stemdesk.fetch.tool import put_first
put_first(Path(sys.argv[1]))
import yt_dlp
print(yt_dlp.__version__)
for name in ("yt_dlp_ejs", "yt_dlp.YoutubeDL"):  # which only the installed one has
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name)
import soundfile, json
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert said.stdout.split() == ["9999.1.2", "yt_dlp_ejs", "yt_dlp.YoutubeDL"]
