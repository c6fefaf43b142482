from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.cli.asked import read_asked
from stemdesk.core.errors import ErrorCode
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Track


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_and_links_stay_in_the_order_of_the_line_and_a_link_comes_once(here: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (here / name).touch()
    line = ("https://x.example/1", "a.wav", "www.x.example/2", "https://x.example/1", Path("b.wav"))
    asked = read_asked(line, CancelToken())
    assert asked.songs == (
        "https://x.example/1",
        Track(here / "a.wav"),
        "https://www.x.example/2",
        Track(here / "b.wav"),
    )
    assert not asked.errors and not asked.passed_over


@pytest.mark.parametrize(
    "text",
    [
        "ftp://x.example/a.mp3",
        "https://",
        "file:///etc/passwd",
        "https://x.example/a\u202eb",
        "javascript://x",
    ],
)
def test_what_looks_like_a_link_and_is_none_is_an_error(here: Path, text: str) -> None:
    asked = read_asked([text], CancelToken())
    (error,) = asked.errors
    assert error.code is ErrorCode.LINK_INVALID and error.facts == {"address": text}
    assert not asked.songs


def test_a_file_wins_over_a_link_that_it_looks_like(here: Path) -> None:
    (here / "www.song.mp3").touch()
    assert read_asked(["www.song.mp3"], CancelToken()).songs == (Track(here / "www.song.mp3"),)
    assert read_asked(["www.other.mp3"], CancelToken()).songs == ("https://www.other.mp3",)


def test_a_path_is_never_a_link(here: Path) -> None:
    (error,) = read_asked([Path("https://x.example/1")], CancelToken()).errors
    assert error.code is ErrorCode.SOURCE_MISSING


def test_a_file_that_holds_a_link_stands_for_it(here: Path) -> None:
    (here / "song.url").write_text("[InternetShortcut]\r\nURL=https://x.example/1\r\n")
    asked = read_asked(["song.url", "https://x.example/1"], CancelToken())
    assert asked.songs == ("https://x.example/1",) and not asked.errors
