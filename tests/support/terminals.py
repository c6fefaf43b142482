"""The command in a terminal: what it draws there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


def shown_in_terminal(*arguments: str | Path, columns: int, **environment: str) -> tuple[int, str]:
    """Run `stemdesk …` with a terminal so wide for its messages; the exit code and all that was
    written there."""
    import pty  # not on Windows

    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "stemdesk", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "COLUMNS": str(columns),
            **environment,
        },
    ) as process:
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 4096):
                shown += chunk
        except OSError:  # the other end is closed
            pass
    os.close(leader)
    return process.returncode, shown.decode()
