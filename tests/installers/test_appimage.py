"""The AppDir starts the program in it, wherever it lies; appimagetool gets what it needs."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from installers.linux import appimage, tree

RELEASE = tree.Release("0.1.0", datetime(2026, 11, 26, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    for name in tree.PROGRAMS:
        (frozen / name).write_text(f'#!/bin/sh\necho "{name}" "$@"\n', "utf-8")
        (frozen / name).chmod(0o755)
    made = tmp_path / "folder ä" / "StemDesk.AppDir"
    appimage.lay_out_folder(frozen, made, RELEASE)
    return made


def test_it_runs_from_anywhere(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder / "AppRun")
    for program, environment in (
        (folder / "AppRun", {}),
        (link, {}),
        (folder / "AppRun", {"APPDIR": str(folder)}),
    ):
        said = subprocess.run(
            [program, "split", "a b"],
            env={"PATH": "/usr/bin:/bin", **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        assert said.stdout == "stemdesk split a b\n"


def test_entry_and_icon_are_where_the_tool_looks(folder: Path) -> None:
    (entry,) = folder.glob("*.desktop")
    assert entry.resolve() == folder / "usr" / "share" / "applications" / entry.name
    assert "Icon=io.github.stemdesk.StemDesk\n" in entry.read_text("utf-8")
    for name in (".DirIcon", "io.github.stemdesk.StemDesk.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_tool_gets_folder_target_and_version(folder: Path, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text('#!/bin/sh\necho "$VERSION $2" >"$3"\n', "utf-8")
    tool.chmod(0o755)
    target = tmp_path / "StemDesk.AppImage"
    appimage.build(folder, target, RELEASE, str(tool))
    assert target.read_text("utf-8") == f"0.1.0 {folder}\n"


def test_the_start_program_of_the_image_is_the_one_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APPIMAGE_RUNTIME", "/some/runtime")
    assert appimage._runtime() == ["--runtime-file", "/some/runtime"]


def test_it_is_made_anew_each_time(folder: Path, tmp_path: Path) -> None:
    (folder / "usr" / "old.txt").touch()
    appimage.lay_out_folder(tmp_path / "frozen", folder, RELEASE)
    assert not (folder / "usr" / "old.txt").exists()
