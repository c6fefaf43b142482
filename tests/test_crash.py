from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stemdesk import crash
from stemdesk.crash import KEPT_BYTES, CrashLog, crash_path, last_time, put_away

SOURCE = Path(__file__).parents[1] / "src"
_SET_UP = """
import os, signal, sys, threading
from pathlib import Path
from stemdesk import log
log.set_up(Path(sys.argv[1]), "window")
"""


def run(folder: Path, code: str) -> int:
    """A process that sets its logs up and then does `code`."""
    return subprocess.run(
        [sys.executable, "-c", _SET_UP + code, str(folder)],
        env={"PYTHONPATH": str(SOURCE)},
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=60,
    ).returncode


def test_a_native_crash_is_told_of(tmp_path: Path) -> None:
    assert run(tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)") == -signal.SIGSEGV
    last = last_time(crash_path(tmp_path, "window"))
    assert last is not None and last.ended
    assert last.text.startswith("Fatal Python error: Segmentation fault")


def test_an_exception_that_ends_the_program_is_told_of(tmp_path: Path) -> None:
    assert run(tmp_path, "raise ValueError('a bug')") == 1
    last = last_time(crash_path(tmp_path, "window"))
    assert last is not None and last.ended
    assert last.text.startswith("Uncaught exception at ") and "ValueError: a bug" in last.text
    assert "ValueError: a bug" in (tmp_path / "window.log").read_text()


def test_an_exception_that_it_survived_is_told_of_as_that(tmp_path: Path) -> None:
    code = """
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
log.end()
"""
    assert run(tmp_path, code) == 0
    last = last_time(crash_path(tmp_path, "window"))
    assert last is not None and not last.ended and "ZeroDivisionError" in last.text


@pytest.mark.parametrize(
    "code",
    [
        "log.end()",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.kill(os.getpid(), signal.SIGINT)",
        "sys.exit(3)",
        "raise KeyboardInterrupt",
    ],
)
def test_what_is_no_crash_is_not_told_of(tmp_path: Path, code: str) -> None:
    run(tmp_path, code)
    path = crash_path(tmp_path, "window")
    assert path.read_bytes() == b"" and last_time(path) is None


def test_nothing_is_told_where_no_log_is(tmp_path: Path) -> None:
    assert last_time(tmp_path / "none") is None
    put_away(tmp_path / "none")


def test_an_exception_of_windows_that_some_library_dealt_with_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "window-crash.log"
    made = CrashLog(path)
    with path.open("a") as file:  # as faulthandler does
        file.write("Windows fatal exception: code 0x8001010d\n\nThread 0x1 …\n")
    assert last_time(path) is not None  # it may have been the end
    made.end()
    made.close()
    assert last_time(path) is None


def test_a_crash_stays_until_it_is_put_away(tmp_path: Path) -> None:
    path = crash_path(tmp_path, "window")
    run(tmp_path, "os.kill(os.getpid(), signal.SIGABRT)")
    assert run(tmp_path, "log.end()") == 0  # a good run is no answer
    last = last_time(path)
    assert last is not None and last.ended
    put_away(path)
    assert path.read_bytes() == b"" and last_time(path) is None
    assert path.with_name("window-crash.log.1").read_text().strip() == last.text


def test_what_a_good_run_survived_does_not_hide_an_earlier_crash(tmp_path: Path) -> None:
    """Also what some library has dealt with: Windows tells of that often."""
    path = crash_path(tmp_path, "window")
    run(tmp_path, "os.kill(os.getpid(), signal.SIGABRT)")
    crashed = path.read_text()
    for text in ("Windows fatal exception: code 0x8001010d\n", "Uncaught exception: ä\n"):
        made = CrashLog(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
        made.end()
        made.close()
        last = last_time(path)
        assert last is not None and last.ended
        assert last.text.endswith(crashed.strip()) and text.strip() in last.text


def test_what_comes_after_it_was_put_away_is_told_of(tmp_path: Path) -> None:
    path = crash_path(tmp_path, "window")
    path.write_text("Fatal Python error: Aborted\n" * 50)
    made = CrashLog(path)
    put_away(path)
    made.note(ValueError, ValueError("later"), None)
    made.end()
    made.close()
    last = last_time(path)
    assert last is not None and not last.ended and "later" in last.text


def test_it_stays_small(tmp_path: Path) -> None:
    path = crash_path(tmp_path, "window")
    path.write_bytes(b"x" * (3 * KEPT_BYTES) + b"the newest")
    made = CrashLog(path)
    assert path.stat().st_size == KEPT_BYTES and path.read_bytes().endswith(b"the newest")
    for _ in range(100):
        made.note(ValueError, ValueError("long " * 20_000), None)
    made.close()
    made.note(ValueError, ValueError("after the end"), None)
    assert path.stat().st_size < 2 * KEPT_BYTES + 400_000
    put_away(path)
    assert path.with_name("window-crash.log.1").stat().st_size == KEPT_BYTES


def test_odd_letters_are_written(tmp_path: Path) -> None:
    made = CrashLog(tmp_path / "window-crash.log")
    error = ValueError(os.fsdecode(b"/\xff") + " 🎵")
    made.note(ValueError, error, None)
    made.close()
    assert "🎵" in (tmp_path / "window-crash.log").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        CrashLog(tmp_path / "none" / "window-crash.log")
    assert crash.last_time(tmp_path / "none" / "window-crash.log") is None
