"""The Debian package, from a small folder that looks like the frozen one: built, checked by
Debian's own tools, installed into a root of its own and removed again."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeDatabase

from installers import app_icons
from installers.linux import libraries, tree
from installers.linux.deb import build, debian_version, version
from installers.linux.libraries import UnknownLibraryError, depends
from stemdesk import __version__
from stemdesk.audio.decode import AUDIO_SUFFIXES
from stemdesk.cli.arguments import COMMANDS
from stemdesk.gui.app import DESKTOP_FILE

RELEASE = tree.Release("0.1.0", datetime(2026, 11, 26, tzinfo=UTC), "https://example.org/stemdesk")
WITHOUT_NAMES = {".rf64", ".w64", ".tta"}  # these have no type of their own on every system

needs_dpkg = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("dpkg", "dpkg-deb", "objdump")),
    reason="needs dpkg and binutils",
)


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    folder = tmp_path / "frozen"
    (folder / "_internal").mkdir(parents=True)
    for name in tree.PROGRAMS:
        program = folder / name
        program.write_text('#!/bin/sh\necho "$(basename "$0")" "$@"\n', "utf-8")
        program.chmod(0o700)
    (folder / "_internal" / "naïve name.txt").write_text("data", "utf-8")
    (folder / "_internal" / "link.txt").symlink_to("naïve name.txt")
    return folder


def files_of(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def dpkg(root: Path, *arguments: str) -> str:
    command = ["dpkg", f"--root={root}", "--log=/dev/null", "--force-not-root", "--force-depends"]
    result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@needs_dpkg
def test_installed_and_removed_leaving_nothing(frozen: Path, tmp_path: Path) -> None:
    package = build(frozen, tmp_path / "out", RELEASE, "gzip")
    assert [path.name for path in package.parent.iterdir()] == [package.name]
    root = tmp_path / "root"
    for name in ("info", "updates", "triggers"):
        (root / "var" / "lib" / "dpkg" / name).mkdir(parents=True)
    (root / "var" / "lib" / "dpkg" / "status").touch()
    dpkg(root, "--install", str(package))
    assert f"Version: {RELEASE.version}" in dpkg(root, "--status", "stemdesk")
    usr = root / "usr"
    for name in tree.PROGRAMS:
        said = subprocess.run([usr / "bin" / name, "a b"], capture_output=True, check=True).stdout
        assert said.decode() == f"{name} a b\n"
        assert (usr / "bin" / name).resolve() == (usr / "lib" / "stemdesk" / name)
    assert (usr / "lib" / "stemdesk" / "_internal" / "link.txt").read_text("utf-8") == "data"
    assert not dpkg(root, "--verify", "stemdesk")
    dpkg(root, "--purge", "stemdesk")
    assert not usr.exists()


@needs_dpkg
def test_the_same_folder_gives_the_same_package(
    frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764000000")
    release = tree.release_now("1.2.3")
    assert f"{release.made:%Y-%m-%d}" == "2025-11-24"
    one, other = (build(frozen, tmp_path / name, release, "gzip") for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


@needs_dpkg
def test_everybody_may_read_what_root_unpacks(frozen: Path, tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        package = build(frozen, tmp_path, RELEASE, "gzip")
    finally:
        os.umask(old)
    listing = subprocess.run(
        ["dpkg-deb", "-c", package], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        mode, owner, name = line.split()[0], line.split()[1], line.split(maxsplit=5)[5]
        assert owner == "root/root"
        program = name.startswith("./usr/lib/stemdesk/stemdesk")
        wanted = "l" if mode[0] == "l" else "drwxr-xr-x" if mode[0] == "d" else "-rw-r--r--"
        assert mode.startswith("-rwxr-xr-x" if program else wanted), line


@needs_dpkg
@pytest.mark.skipif(shutil.which("lintian") is None, reason="needs lintian")
def test_lintian_has_nothing_to_say(frozen: Path, tmp_path: Path) -> None:
    package = build(frozen, tmp_path, RELEASE, "gzip")
    said = subprocess.run(
        ["lintian", "--allow-root", "--suppress-tags", "mismatched-override", str(package)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (said.returncode, said.stdout) == (0, "")


@needs_dpkg
def test_a_folder_without_programs_is_no_frozen_app(frozen: Path, tmp_path: Path) -> None:
    (frozen / "stemdesk-window").unlink()
    with pytest.raises(FileNotFoundError, match="stemdesk-window"):
        build(frozen, tmp_path / "out", RELEASE, "gzip")
    assert not list((tmp_path / "out").iterdir())


@needs_dpkg
def test_depends_names_what_the_files_are_linked_to(frozen: Path, tmp_path: Path) -> None:
    assert "libportaudio2" in depends(frozen)
    assert "libstdc++6" not in depends(frozen)
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    inside = frozen / "_internal"
    source = tmp_path / "empty.c"
    source.write_text("", "utf-8")

    def link(name: str, *libraries: Path) -> Path:
        made = inside / name
        command = [compiler, "-shared", "-nostdlib", "-Wl,--no-as-needed", f"-Wl,-soname,{name}"]
        subprocess.run([*command, "-o", made, source, *libraries], check=True)
        return made

    own, known = link("libown.so.1"), link("libstdc++.so.6")
    link("libuser.so", own, known)
    assert "libstdc++6" not in depends(frozen), "it is in the folder"
    known.unlink()
    assert "libstdc++6" in depends(frozen)
    own.unlink()
    with pytest.raises(UnknownLibraryError, match=r"libown\.so\.1"):
        depends(frozen)


@needs_dpkg
def test_depends_asks_for_the_glibc_that_is_used(
    frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "libc6 (>= 2.34)" in depends(frozen)
    program = shutil.copy2("/usr/bin/env", frozen)
    said = subprocess.run(["objdump", "-T", program], capture_output=True, text=True, check=True)
    used = max(int(number) for number in re.findall(r"GLIBC_2\.(\d+)", said.stdout))
    monkeypatch.setattr(libraries, "_OLDEST_LIBC", (2, 1))
    assert f"libc6 (>= 2.{used})" in depends(frozen)


def test_every_suffix_is_opened_with_stemdesk() -> None:
    database = QMimeDatabase()
    by_extension = QMimeDatabase.MatchMode.MatchExtension
    for suffix in AUDIO_SUFFIXES - WITHOUT_NAMES:
        known = database.mimeTypesForFileName(f"song{suffix}")
        names = {name for kind in known for name in (kind.name(), *kind.aliases())}
        single = database.mimeTypeForFile(f"song{suffix}", by_extension).name()
        if single != "application/octet-stream":
            assert names & set(tree.MEDIA_TYPES), f"{suffix}: {names}"


def test_the_desktop_entry_is_the_window_of_our_name() -> None:
    assert tree.APP_ID == DESKTOP_FILE
    lines = tree.desktop_entry().splitlines()
    assert f"Icon={DESKTOP_FILE}" in lines
    assert "Exec=stemdesk-window %F" in lines
    assert not [line for line in lines if "@" in line]


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs the validator")
def test_the_desktop_entry_is_valid(tmp_path: Path) -> None:
    path = tmp_path / f"{tree.APP_ID}.desktop"
    path.write_text(tree.desktop_entry(), "utf-8")
    said = subprocess.run(["desktop-file-validate", path], capture_output=True, check=False)
    assert (said.returncode, said.stdout) == (0, b"")


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="needs appstreamcli")
@pytest.mark.parametrize("homepage", ["", "https://example.org/a"])
def test_the_store_entry_is_valid(tmp_path: Path, homepage: str) -> None:
    path = tmp_path / f"{tree.APP_ID}.metainfo.xml"
    text = tree.metainfo(tree.Release("0.1.0", RELEASE.made, homepage))
    assert "@" not in text
    path.write_text(text, "utf-8")
    said = subprocess.run(
        ["appstreamcli", "validate", "--no-net", path], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout


def test_the_manual_names_every_command() -> None:
    text = tree.man_page(RELEASE)
    for command in COMMANDS:
        assert f".It Cm {command}\n" in text
    assert ".Dd November 26, 2026" in text
    assert "@" not in text


def test_versions_sort_as_debian_sorts_them() -> None:
    assert version() == __version__
    assert debian_version("1.2.0") == "1.2.0"
    assert debian_version("1.2.0rc1") == "1.2.0~rc1"
    assert debian_version("1.2.0.dev3") == "1.2.0~dev3"


def test_icons_are_in_every_size(tmp_path: Path) -> None:
    app_icons.write_hicolor(tmp_path, "name")
    for size in app_icons.HICOLOR_PX:
        data = (tmp_path / f"{size}x{size}" / "apps" / "name.png").read_bytes()
        assert data.startswith(b"\x89PNG")
        assert int.from_bytes(data[16:20]) == int.from_bytes(data[20:24]) == size
    assert (tmp_path / "scalable" / "apps" / "name.svg").is_file()


def test_texts_are_compressed_without_a_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "text.gz"
    tree.compressed(path, "text")
    assert path.read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(path.read_bytes()) == b"text"
    assert files_of(tmp_path) == {"deep/text.gz"}
