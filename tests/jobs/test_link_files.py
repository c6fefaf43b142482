"""Files that browsers and desktops make of an address."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.intake import Found, find_tracks

URL = "https://music.example/watch?v=50%25&t=1"
SHORTCUT = f"[InternetShortcut]\r\nURL={URL}\r\nIconIndex=0\r\n"
ENTRY = f"[Desktop Entry]\nType=Link\nName=A song; really\nURL={URL}\n"


def find(*paths: Path) -> Found:
    return find_tracks(paths, CancelToken())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.url", SHORTCUT.encode()),
        ("A.URL", SHORTCUT.encode("utf-16")),
        ("bom.url", b"\xef\xbb\xbf" + SHORTCUT.encode()),
        ("old.url", SHORTCUT.encode() + b"Comment=\xe9t\xe9\r\n"),
        ("lower.url", SHORTCUT.lower().encode()),
        ("more.url", b"[DEFAULT]\r\nBASEURL=https://other.example\r\n" + SHORTCUT.encode()),
        ("twice.url", SHORTCUT.encode() + f"URL={URL}\r\n".encode()),
        ("mac.url", plistlib.dumps({"URL": URL})),
        ("a.webloc", plistlib.dumps({"URL": URL})),
        ("b.webloc", plistlib.dumps({"URL": URL}, fmt=plistlib.FMT_BINARY)),
        ("a.desktop", ENTRY.encode()),
    ],
)
def test_a_file_of_a_link_is_that_link(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = find(path)
    assert found.links == (URL,)
    assert not found.tracks and not found.errors


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.url", b""),
        ("a.url", b"no section"),
        ("a.url", b"\x00\xff" * 100),
        ("a.url", b"[InternetShortcut]\nURL"),
        ("a.url", b"[InternetShortcut]\nURL=file:///etc/passwd\n"),
        ("a.url", b"[InternetShortcut]\nURL=javascript:alert(1)\n"),
        ("a.url", b"[Other]\nURL=https://a.example\n"),
        ("a.url", SHORTCUT.encode() + b" " * (64 << 10)),
        ("a.webloc", b"<plist><dict><key>URL</key></dict></plist>"),
        ("a.webloc", b"bplist00\xff"),
        ("a.webloc", plistlib.dumps(["no dictionary"])),
        ("a.webloc", plistlib.dumps({"URL": 5})),
        ("a.webloc", plistlib.dumps({"URL": URL}).replace(b"<dict>", b"<dict>" * 5000)),
        (
            "a.webloc",
            b'<!DOCTYPE plist [<!ENTITY a "https://a.example">]>'
            b"<plist><dict><key>URL</key><string>&a;</string></dict></plist>",
        ),
        ("a.desktop", b"[Desktop Entry]\nType=Application\nExec=rm\n"),
    ],
)
def test_one_without_a_web_address_says_so(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = find(path)
    assert not found.links and not found.tracks
    assert [error.code for error in found.errors] == [ErrorCode.LINK_INVALID]
    assert found.errors[0].path == path and found.errors[0].facts["address"]


def test_lists_within_lists_are_not_written_out(tmp_path: Path) -> None:
    """Each holds the one before twice: 60 of them would be more text than any memory holds."""
    nested: list[object] = []
    for _ in range(10):
        nested = [nested, nested]
    path = tmp_path / "a.webloc"
    path.write_bytes(plistlib.dumps({"URL": nested}, fmt=plistlib.FMT_BINARY))
    assert find(path).errors[0].facts["address"] == path.name


def test_a_folder_of_that_name_is_walked_and_one_link_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "my.url"
    folder.mkdir()
    (folder / "song.mp3").write_bytes(b"x")
    for name in ("1.url", "2.url"):
        (tmp_path / name).write_bytes(SHORTCUT.encode())
    found = find(tmp_path / "1.url", folder, tmp_path / "2.url")
    assert found.links == (URL,)
    assert [track.path.name for track in found.tracks] == ["song.mp3"]


def test_links_in_folders_are_passed_over(tmp_path: Path) -> None:
    """Songs are often sold with a link to their shop."""
    folder = tmp_path / "Album"
    folder.mkdir()
    (folder / "song.mp3").write_bytes(b"x")
    (folder / "shop.url").write_bytes(SHORTCUT.encode())
    found = find(folder)
    assert not found.links and [path.name for path in found.passed_over] == ["shop.url"]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names there")
    os.mkfifo(tmp_path / "pipe.url")
    (error,) = find(tmp_path / "pipe.url").errors
    assert error.code is ErrorCode.SOURCE_UNREADABLE
