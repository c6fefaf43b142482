from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from stemdesk.cli.display import JsonDisplay, TextDisplay
from stemdesk.core.progress import Progress, Stage
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
