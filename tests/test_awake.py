from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stemdesk import awake
from stemdesk.awake import Execution, Nothing, Program, held_off, inhibitor

SOURCE = Path(__file__).parents[1] / "src"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has a call for it")


def there(*names: str) -> Callable[[str], str | None]:
    return lambda name: f"/bin/{name}" if name in names else None


class Told:
    """Notes what Windows would be told, and by which thread."""

    def __init__(self) -> None:
        self.flags: list[int] = []
        self.threads: list[int] = []
        self.changed = threading.Condition()

    def __call__(self, flags: int) -> None:
        with self.changed:
            self.flags.append(flags)
            self.threads.append(threading.get_ident())
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.flags) >= count, 30)


@pytest.mark.parametrize(
    ("system", "desktop", "programs", "command"),
    [
        ("darwin", "", "caffeinate cat", ["/bin/caffeinate", "-i", "/bin/cat"]),
        ("linux", "ubuntu:GNOME", "gnome-session-inhibit systemd-inhibit cat", ["suspend"]),
        ("linux", "KDE", "gnome-session-inhibit systemd-inhibit cat", ["--what=idle"]),
        ("linux", "GNOME", "systemd-inhibit cat", ["--what=idle"]),
        ("linux", "", "cat", None),
        ("linux", "", "systemd-inhibit", None),
        ("darwin", "", "cat", None),
    ],
)
def test_each_system_has_its_program(
    system: str, desktop: str, programs: str, command: list[str] | None
) -> None:
    found = inhibitor(system, {"XDG_CURRENT_DESKTOP": desktop}, there(*programs.split()))
    if command is None:
        assert isinstance(found, Nothing)
        return
    assert isinstance(found, Program)
    assert set(command) <= set(found.command) and found.command[-1] == "/bin/cat"


def test_windows_is_asked_and_unasked_by_one_thread() -> None:
    told = Told()
    execution = Execution(told)
    execution.hold()
    execution.hold()  # a second time changes nothing
    told.wait_for(1)
    execution.release()
    told.wait_for(2)
    assert told.flags == [0x80000001, 0x80000000]
    assert len(set(told.threads)) == 1
    execution.hold()
    told.wait_for(3)
    execution.release()
    told.wait_for(4)
    execution.release()


def holder(folder: Path) -> list[str]:
    """A program as the systems' own: runs another one, and says so by a file."""
    path = folder / "inhibit"
    path.write_text('#!/bin/sh\necho $$ > "$1.new"; mv "$1.new" "$1"; shift; "$@"; rm "$0.on"\n')
    path.chmod(0o755)
    return [str(path), f"{path}.on", "cat"]


def wait_until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(3000):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("it did not come to that")


@POSIX
def test_a_program_runs_from_hold_to_release(tmp_path: Path) -> None:
    program = Program(holder(tmp_path))
    mark = tmp_path / "inhibit.on"
    program.release()  # nothing is held
    program.hold()
    wait_until(mark.exists)
    number = mark.read_text()
    program.hold()
    program.release()
    wait_until(lambda: not mark.exists())
    program.hold()
    wait_until(lambda: mark.exists() and mark.read_text() != number)
    program.release()
    wait_until(lambda: not mark.exists())


@POSIX
def test_it_ends_with_us_even_if_we_are_killed(tmp_path: Path) -> None:
    script = (
        "import sys; from stemdesk.awake import Program\n"
        f"Program({holder(tmp_path)!r}).hold()\nprint('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        mark = tmp_path / "inhibit.on"
        wait_until(mark.exists)
        process.kill()
    wait_until(lambda: not mark.exists())


def test_a_program_that_cannot_be_started_is_no_error(tmp_path: Path) -> None:
    program = Program([str(tmp_path / "not there"), "cat"])
    program.hold()
    program.release()


@POSIX
def test_a_program_that_refuses_is_no_error() -> None:
    program = Program(["false"])
    program.hold()
    process = program._process
    assert process is not None
    process.wait(30)
    program.hold()  # tried again
    assert program._process is not process
    program.release()


class Counter:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def hold(self) -> None:
        self.calls.append("hold")

    def release(self) -> None:
        self.calls.append("release")


def test_it_is_held_inside_only_and_if_wanted() -> None:
    counter = Counter()
    with pytest.raises(KeyError), held_off(True, counter):
        assert counter.calls == ["hold"]
        raise KeyError
    assert counter.calls == ["hold", "release"]
    with held_off(False, counter):
        pass
    assert counter.calls == ["hold", "release"]


def test_a_frozen_app_keeps_its_libraries_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {"LD_LIBRARY_PATH": "/app", "LD_LIBRARY_PATH_ORIG": "/theirs", "HOME": "/h"}
    assert awake.environment(ours) == ours
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert awake.environment(ours) == {"LD_LIBRARY_PATH": "/theirs", "HOME": "/h"}
    assert awake.environment({"LD_LIBRARY_PATH": "/app"}) == {}
