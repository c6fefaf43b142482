"""Started without stdin, stdout and stderr, nothing else gets their numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import stemdesk

PROGRAM = """
import os, sys
from stemdesk.__main__ import fill_standard_streams

fill_standard_streams()
with open(sys.argv[1], "w") as file:
    streams = [os.path.samestat(os.fstat(n), os.stat(os.devnull)) for n in range(3)]
    file.write(f"{file.fileno() > 2} {streams}")
    file.flush()
    os.system("echo said; echo complained >&2")
"""


@pytest.mark.skipif(os.name != "posix", reason="numbers of files are POSIX's")
@pytest.mark.parametrize(
    ("closed", "streams"),
    [("<&- >&- 2>&-", [True, True, True]), ("</dev/null >&1 2>&-", [True, False, True])],
)
def test_a_closed_stream_is_filled(closed: str, streams: list[bool], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", PROGRAM, str(out)],
        env={**os.environ, "PYTHONPATH": str(Path(stemdesk.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == ("" if streams[1] else "said\n") and not done.stderr
    assert out.read_text() == f"True {streams}", "and nothing was written into it by others"
