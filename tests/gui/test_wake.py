"""A program whose Python sleeps while Qt waits answers a signal at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import stemdesk

PROGRAM = """
import signal
from PySide6.QtCore import QCoreApplication, QTimer
from stemdesk.gui.wake import Wake

app = QCoreApplication([])
signal.signal(signal.SIGTERM, lambda *_: app.exit(7))
Wake(app)
QTimer.singleShot(0, lambda: print("waits", flush=True))
raise SystemExit(app.exec())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_signal_is_answered_without_any_other_event() -> None:
    source = str(Path(stemdesk.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    ) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline() == "waits\n"
            program.send_signal(signal.SIGTERM)
            assert program.wait(60) == 7
        finally:
            program.kill()
