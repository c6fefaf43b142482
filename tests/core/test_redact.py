from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, cast

import pytest

from stemdesk.core.redact import redact

HOME: Any = PurePosixPath("/home/jo ann")


def plain(text: str, home: Any = HOME, user: str = "jo ann") -> str:
    return redact(text, home, user)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/home/jo ann/Music/a.mp3", "~/Music/a.mp3"),
        ("file:///home/jo%20ann/Music", "file://~/Music"),
        ("/HOME/Jo Ann", "~"),
        ("/home/jo anna/x", "/home/jo anna/x"),
        ("by Jo Ann, and by Jo Anna", "by USER, and by Jo Anna"),
        ("https://example.org/a/b?key=secret&x=1 next", "https://example.org/a/b?… next"),
        ("'https://example.org/a#part'", "'https://example.org/a?…'"),
        ("https://me:secret@example.org/a", "https://example.org/a"),
        ("https://me:secret@example.org/a?b", "https://example.org/a?…"),
        ("https://me:sec@ret@example.org/a", "https://example.org/a"),
        ("it is in /home/jo ann.", "it is in ~."),
        ("/home/jo ann.old/x", "/home/USER.old/x"),
        ("/mnt/jo ann_2/x, jo ann-usb", "/mnt/USER_2/x, USER-usb"),
        ("really? yes", "really? yes"),
        ("", ""),
    ],
)
def test_what_names_a_person_is_taken_out(text: str, said: str) -> None:
    assert plain(text) == said


def test_windows_paths_in_all_spellings() -> None:
    home = cast(Any, PureWindowsPath(r"C:\Users\joann"))
    text = r"C:\Users\joann\Music and C:\\Users\\joann\\Music and c:/users/joann/Music"
    assert plain(text, home, "") == r"~\Music and ~\\Music and ~/Music"


@pytest.mark.parametrize(
    "written",
    [
        "/home/jörg/x",
        "/home/jo\u0308rg/x",  # as a Mac's disk has it
        "/home/j%C3%B6rg/x",
        "/home/j\\xf6rg/x",
    ],
)
def test_letters_beyond_ascii_in_all_spellings(written: str) -> None:
    home = cast(Any, PurePosixPath("/home/jörg"))
    assert plain(written, home, "") == "~/x"
    assert plain(written.replace("home", "mnt"), home, "jörg") == "/mnt/USER/x"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_home_behind_a_link_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "jo").mkdir()
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.setenv("HOME", str(tmp_path / "link" / "jo"))
    assert redact(f"{tmp_path}/jo/x and {tmp_path}/link/jo/x", user="") == "~/x and ~/x"


def test_short_names_and_roots_are_left() -> None:
    assert plain("a b at /home", cast(Any, PurePosixPath("/")), "a") == "a b at /home"


def test_this_process_own_home_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/somebody")
    monkeypatch.setenv("LOGNAME", "somebody")
    assert redact("/home/somebody/x of somebody") == "~/x of USER"
