from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
_MANY = """
import sys
from pathlib import Path
from stemdesk import log
for name in ("window", "command"):
    log.set_up(Path(sys.argv[1]), name)
    for number in range(7_000):
        log.log.info("%s %d", "x" * 1000, number)
        if number % 100 == 0:
            log._log_uncaught(ValueError, ValueError("long " * 20_000), None)
    log.end()
    log.close()
"""


def logs(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_all_logs_together_stay_below_10_mb(tmp_path: Path) -> None:
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", _MANY, str(tmp_path)],
            env={"PYTHONPATH": str(SOURCE)},
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=120,
        )
    sizes = {path.name: path.stat().st_size for path in logs(tmp_path)}
    assert {"window.log", "window.log.3", "command.log.3", "window-crash.log"} <= set(sizes)
    assert 8_000_000 < sum(sizes.values()) < 10_000_000, sizes


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX systems")
def test_a_log_that_cannot_be_written_is_not_said_line_by_line(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from stemdesk import log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
log.set_up(Path(sys.argv[1]), "window")
for number in range(20):
    log.log.info("line %d", number)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=True, timeout=60
    )
    written = (tmp_path / "window.log").read_text()
    assert "line 0" in written and "line 19" not in written and done.stderr == b""


def test_each_start_is_in_the_log(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from stemdesk import log\n"
    code += "log.set_up(Path(sys.argv[1]), 'window')"
    command = [sys.executable, "-c", code, str(tmp_path)]
    subprocess.run(command, env={"PYTHONPATH": str(SOURCE)}, check=True, timeout=60)
    assert " INFO MainThread StemDesk " in (tmp_path / "window.log").read_text()
    assert logging.getLogger("stemdesk").handlers == []  # of this process: not touched
