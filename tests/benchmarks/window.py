"""How long the window takes to show, and how long it stands still while a job runs.

    python tests/benchmarks/window.py [song] [--models FOLDER] [--model NAME] [--rounds 5]

Runs the real app on the display that is there (`DISPLAY`; else Qt's offscreen platform). The
first number is from the start of the process to the end of the first paint. Then a job runs with
the full-size network, torch's import included, while a timer of 10 ms notes its longest gaps.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(Path(__file__).parent)]

CHILD = """
import json, sys, time
begin = float(sys.argv[1])
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from stemdesk.gui import app as root

paths = [Path(item) for item in sys.argv[2:]]
facts = {}
gaps = []

class Watch:
    def __init__(self):
        self.last = time.monotonic()
        self.timer = QTimer(interval=10)
        self.timer.timeout.connect(self.tick)
        self.timer.start()

    def tick(self):
        now = time.monotonic()
        gaps.append(now - self.last)
        self.last = now

first_paint = root.FirstPaint
connect = root.connect

def shown(window, then):
    def painted():
        facts["shown_s"] = time.monotonic() - begin
        facts["watch"] = Watch()
        then()
        if not paths:
            QTimer.singleShot(0, QApplication.quit)
    return first_paint(window, painted)

def connected(app, instance, controller, window):
    connect(app, instance, controller, window)
    controller.batch_finished.connect(lambda _: QApplication.quit())
    app.aboutToQuit.connect(tell)

def tell():
    facts.pop("watch")
    facts["longest_ms"] = [round(1000 * gap) for gap in sorted(gaps)[-5:]]
    print(json.dumps(facts), flush=True)

root.FirstPaint, root.connect = shown, connected
sys.exit(root.run(paths))
"""


def run(home: Path, models: Path, paths: list[Path]) -> dict[str, object]:
    import time

    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "STEMDESK_HOME": str(home),
        "STEMDESK_MODELS": str(models),
    }
    if "DISPLAY" not in environment:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, repr(time.monotonic()), *map(str, paths)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    facts: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return facts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    arguments = options.parse_args()
    from make_full_size_model import make_full_size_model

    from stemdesk.audio.demo import write_demo_song

    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = folder / "models"
        make_full_size_model(models)
        song = arguments.song or write_demo_song(folder)
        times = [
            float(str(run(folder / "home", models, [])["shown_s"])) for _ in range(arguments.rounds)
        ]
        print(
            f"window shown after {statistics.median(times):.2f} s "
            f"({min(times):.2f} to {max(times):.2f} s, {arguments.rounds} starts)"
        )
        facts = run(folder / "home", models, [song.absolute()])
        print(f"longest gaps of a 10 ms timer while a job ran: {facts['longest_ms']} ms")


if __name__ == "__main__":
    main()
