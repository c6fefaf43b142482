from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from stemdesk.cli.display import JsonDisplay, TextDisplay
from stemdesk.core.errors import ErrorCode, LinkError
from stemdesk.core.job import Job
from stemdesk.core.link import Link
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.track import Tags
from stemdesk.core.transfer import Transfer
from support.jobs import a_job


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *values: Progress) -> str:
    display = TextDisplay(io.StringIO(), stream)
    display.begin(1, ())
    display.song(1, a_job(Path("song.wav")))
    for progress in values:
        display.progress(progress)
    return stream.getvalue()


def test_plain_lines_tell_a_stall_once_and_when_it_is_over() -> None:
    text = shown(
        io.StringIO(),
        Progress(Stage.SEPARATING, 0.43, 72.0),
        Progress(Stage.SEPARATING, 0.43, stalled_s=185.0),
        Progress(Stage.SEPARATING, 0.43, stalled_s=190.0),
        Progress(Stage.SEPARATING, 0.44, 70.0),
        Progress(Stage.SEPARATING, 0.45, 69.0),
    )
    assert text.splitlines() == [
        "[1/1] song  separating  43 %  1:12 left",
        "[1/1] song  separating  43 %  no progress for 3 min",
        "[1/1] song  separating  44 %  1:10 left",
    ]


def test_the_bar_tells_a_stall_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = shown(
        Terminal(),
        Progress(Stage.SEPARATING, 0.43, 72.0),
        Progress(Stage.SEPARATING, 0.43, stalled_s=3900.0),
        Progress(Stage.SEPARATING, 0.44, 70.0),
    )
    lines = text.split("\r")[1:]
    assert ["no progress for 1 h 5 min" in line for line in lines] == [False, True, False]
    assert lines[2].rstrip().endswith("1:10 left")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_hundred_percent_is_not_said_before_the_last_pass(stream: type[io.StringIO]) -> None:
    assert "100 %" not in shown(stream(), Progress(Stage.SEPARATING, 1999 / 2000))
    assert "100 %" in shown(stream(), Progress(Stage.SEPARATING, 1.0))


def test_programs_hear_of_each_look_at_a_stall_and_of_no_early_end() -> None:
    out = io.StringIO()
    display = JsonDisplay(out)
    display.song(1, a_job(Path("song.wav")))
    for progress in (
        Progress(Stage.SEPARATING, 1999 / 2000, 0.5),
        Progress(Stage.SEPARATING, 1999 / 2000, stalled_s=60.04),
        Progress(Stage.SEPARATING, 1999 / 2000, stalled_s=65.0),
        Progress(Stage.SEPARATING, 1.0, 0.0),
    ):
        display.progress(progress)
    events = [json.loads(line) for line in out.getvalue().splitlines()[1:]]
    assert [(one["percent"], one["left_s"], one["stalled_s"]) for one in events] == [
        (99.9, 0.5, None),
        (99.9, None, 60.0),
        (99.9, None, 65.0),
        (100.0, 0.0, None),
    ]


def downloading(done: int, total: int) -> Progress:
    transfer = Transfer("song", done, total, 1_200_000.0, 12.0 if total else None)
    return Progress(Stage.DOWNLOADING, transfer.fraction, transfer.left_s, transfer=transfer)


def a_link_job(title: str = "", artist: str = "") -> Job:
    link = Link("https://x.example/watch?v=1", "x 1" if title else "", "X" if title else "")
    return a_job(Path("downloads/1"), link=link, tags=Tags(title, artist, duration_s=225.0))


def test_a_download_shows_its_speed_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "downloading  43 %  1.2 MB/s, 0:12 left" in shown(
        io.StringIO(), downloading(4_300_000, 10_000_000)
    )
    monkeypatch.setenv("COLUMNS", "100")
    text = shown(Terminal(), downloading(4_300_000, 10_000_000))
    assert "downloading ██████████░░░░░░░░░░░░░░  43 %  1.2 MB/s, 0:12 left" in text


def test_a_download_of_unknown_size_shows_what_has_come_and_no_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = shown(io.StringIO(), downloading(4_300_000, 0))
    assert text == "[1/1] song  downloading  4.3 MB, 1.2 MB/s\n"
    monkeypatch.setenv("COLUMNS", "100")
    text = shown(Terminal(), downloading(4_300_000, 0))
    assert "downloading  4.3 MB, 1.2 MB/s" in text and "░" not in text and "%" not in text


def test_a_link_is_told_by_its_address_then_by_its_title() -> None:
    err = io.StringIO()
    display = TextDisplay(io.StringIO(), err)
    display.begin(1, ())
    display.song(1, a_link_job())
    display.looking()
    display.found(a_link_job("Söng\u202e", "Bänd"))
    display.progress(downloading(0, 100))
    assert err.getvalue().splitlines() == [
        "[1/1] x.example/watch  looking at the link",
        "[1/1] Bänd - Söng\N{REPLACEMENT CHARACTER}, 3:45, from X",
        "[1/1] Bänd - Söng\N{REPLACEMENT CHARACTER}  downloading  0 %  1.2 MB/s, 0:12 left",
    ]


def test_a_list_makes_more_songs() -> None:
    err = io.StringIO()
    display = TextDisplay(io.StringIO(), err)
    display.begin(2, ())
    display.song(2, a_link_job())
    display.listed("Album", "X", 3, 12, 4)
    display.song(2, a_link_job("One"))
    display.progress(Progress(Stage.DECODING, 0.0))
    assert err.getvalue().splitlines() == [
        "“Album” at X: 3 of 12 songs",
        "[2/4] One  decoding  0 %",
    ]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (ErrorCode.LINK_LOGIN, "--cookies-from-browser BROWSER"),
        (ErrorCode.LINK_SITE_CHANGED, "stemdesk update-downloader"),
    ],
)
def test_an_error_names_the_option_that_helps_here(code: ErrorCode, hint: str) -> None:
    error = LinkError(code, site="X")
    err, out = io.StringIO(), io.StringIO()
    TextDisplay(io.StringIO(), err).failed(error)
    JsonDisplay(out).failed(error)
    assert hint in err.getvalue() and hint in json.loads(out.getvalue())["remedy"]


def test_programs_hear_how_much_has_come() -> None:
    out = io.StringIO()
    display = JsonDisplay(out)
    display.song(1, a_link_job())
    display.found(a_link_job("One"))
    for progress in (downloading(10, 0), downloading(10, 0), downloading(20, 0)):
        display.progress(progress)
    display.progress(downloading(50, 100))
    display.progress(Progress(Stage.DECODING, 0.0))
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert events[0]["file"] == "https://x.example/watch?v=1"
    assert events[1] == {
        "v": 1,
        "event": "found",
        "song": 1,
        "link": "https://x.example/watch?v=1",
        "site": "X",
        "title": "One",
        "artist": "",
        "album": "",
        "duration_s": 225.0,
    }
    shares = [(one.get("percent"), one.get("done_bytes"), one.get("total_bytes")) for one in events]
    assert shares[2:] == [(0.0, 10, None), (0.0, 20, None), (50.0, 50, 100), (0.0, None, None)]
    assert "done_bytes" not in events[-1]
