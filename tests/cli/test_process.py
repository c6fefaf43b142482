"""The command as a process of its own: signals, exit codes, terminals, what it loads."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stemdesk.paths import folders
from support.exports import Desk
from support.place import Place
from support.terminals import shown_in_terminal

SOURCE = Path(__file__).parents[2] / "src"


def start(place: Place, *arguments: str | Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, "-m", "stemdesk", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=place.root,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["decoding", "separating", "saving"])
def test_a_signal_stops_it_and_leaves_no_half_file(
    place: Place, stage: str, number: signal.Signals
) -> None:
    song = place.song(seconds=60.0)
    process = start(place, "split", song, "-o", place.out, "--json")
    assert process.stdout is not None
    last = {}
    for line in process.stdout:
        last = json.loads(line)
        if last.get("stage") == stage:
            process.send_signal(number)
            break
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert json.loads(rest.splitlines()[-1])["event"] == "end"
    assert errors == ""
    assert not list(place.out.rglob("*")), "no half file, no partial folder"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_an_export_and_leaves_no_half_file(
    place: Place, number: signal.Signals
) -> None:
    song = Desk(place.root).song(seconds=20.0)
    out = place.root / "exported"
    process = start(place, "export", song.folder, "-o", out, "--format", "mp3,opus", "--json")
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("file"):  # it is being written
            process.send_signal(number)
            break
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert json.loads(rest.splitlines()[-1])["event"] == "end"
    assert errors == ""
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_a_misspelt_command_is_wrong_usage_and_no_window(place: Place) -> None:
    process = start(place, "nonsense")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2 and "invalid choice" in errors


def test_a_reader_that_goes_away_stops_it_quietly(place: Place) -> None:
    process = start(place, "split", place.song(seconds=60.0), "-o", place.out, "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 130
    process.stderr.close()
    assert not list(place.out.rglob("*"))


def test_the_same_song_twice_at_once_is_split_once(place: Place) -> None:
    song = place.song(seconds=8.0)
    both = [start(place, "split", song, "-o", place.out) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted(out.split(":")[0] for out, _ in said) == ["Already split", "Saved"]
    assert [path.name for path in place.out.iterdir()] == ["song"]


def kill_at(process: subprocess.Popen[str], stage: str, percent: float) -> float | None:
    """Kill it as soon as it has come that far; the first percent of its separation."""
    first = None
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event.get("stage") == "separating" and first is None:
            first = event["percent"]
        if event.get("stage") == stage and event["percent"] >= percent:
            process.kill()
            break
    process.communicate(timeout=60)
    return first


def test_killed_at_many_moments_it_goes_on_with_the_same_bits(place: Place) -> None:
    song = place.song(seconds=10.0)
    whole = start(place, "split", song, "-o", place.root / "whole")
    assert whole.communicate(timeout=120) and whole.returncode == 0
    command = ("split", song, "-o", place.out, "--json")
    finished: dict[str, int] = {}
    reached = 0.0
    for stage, percent in [
        ("decoding", 0), ("separating", 0), ("separating", 15), ("separating", 35),
        ("separating", 65), ("separating", 90), ("saving", 1), ("saving", 60),
    ]:  # fmt: skip
        first = kill_at(start(place, *command), stage, percent)
        assert first is None or first >= reached, "finished passes were not done again"
        reached = max(reached, percent if stage == "separating" else 0.0)
        for path in folders().scratch.glob("*/passes/*.f32"):
            assert (
                finished.setdefault(path.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
            )
    again = start(place, *command)
    out, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    assert all(
        json.loads(line).get("stage") != "decoding" or json.loads(line)["percent"] == 0
        for line in out.splitlines()
    ), "it was decoded once"
    assert len(finished) == 27
    for path in (place.root / "whole" / "song").glob("*.flac"):
        assert (place.out / "song" / path.name).read_bytes() == path.read_bytes()
    manifest = json.loads((place.out / "song" / "stemdesk.json").read_text("utf-8"))
    assert len(manifest["computed"]) == 1


def test_two_commands_share_the_device_and_the_second_says_that_it_waits(place: Place) -> None:
    first = start(place, "split", place.song("a.wav", 60.0), "-o", place.out, "--json")
    assert first.stdout is not None
    for line in first.stdout:
        if json.loads(line).get("stage") == "separating":
            break
    second = start(place, "split", place.song("b.wav", 0.5), "-o", place.out, "--json")
    assert second.stdout is not None
    for line in second.stdout:
        if json.loads(line).get("stage") == "waiting":
            break
    else:
        pytest.fail("it never waited")
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (130, 0)
    assert (place.out / "b" / "vocals.flac").exists()


def test_a_terminal_gets_a_bar(place: Place) -> None:
    code, shown = shown_in_terminal("split", place.song(), "-o", place.out, columns=70)
    assert code == 0
    lines = re.split("[\r\n]+", shown)
    bars = [line for line in lines if "█" in line or "░" in line]
    assert any("█" in line and "separating" in line and "%" in line for line in bars)
    assert max(len(line) for line in bars) < 70, "never wider than the terminal"


def test_a_terminal_that_knows_only_ascii_does_not_stop_it(place: Place) -> None:
    song = place.song("🎸 日本.wav", 0.3)
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "stemdesk", "split", str(song), "-o", str(place.out)],
        capture_output=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (place.out / "🎸 日本").is_dir()


def test_without_a_screen_the_window_says_so(place: Place) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "stemdesk"],
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(SOURCE)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and "There is no screen here" in done.stderr
