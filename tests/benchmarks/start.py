"""How long until the window is seen: from exec to the first paint on a real X display.

    python tests/benchmarks/start.py [--app FOLDER] [--runs 5]

`--app`: a frozen app (`build/freeze/dist/StemDesk`); without it, this checkout with this Python.
Each run is a process of its own, on an Xvfb of its own whose screen lies in a file. The clock stops
when the file shows the window: pixels of several colours where the screen was black. The first run
only warms the system's file cache up (it is told apart); the rest is what counts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
GOAL_S = 1.5
_POLL_S = 0.004
_LATEST_S = 60.0
_STEP = 101  # every so many pixels are looked at
_SEEN = 0.1  # of the screen
_COLOURS = 4


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("--app", type=Path, help="folder of a frozen app")
    options.add_argument("--runs", type=int, default=5)
    arguments = options.parse_args()
    if shutil.which("Xvfb") is None:
        print("Xvfb is needed (Debian: xvfb)", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "stemdesk"]
    if arguments.app is not None:
        command = [str(arguments.app.resolve() / "stemdesk-window")]
    with TemporaryDirectory() as folder:
        times = [start(command, Path(folder)) for _ in range(arguments.runs + 1)]
    first, warm = times[0], times[1:]
    what = "source" if arguments.app is None else "frozen"
    print(f"{what}: first {first:.2f} s; then {len(warm)} runs:", end=" ")
    print(f"median {statistics.median(warm):.2f} s, {min(warm):.2f} to {max(warm):.2f} s", end=" ")
    print(f"(goal {GOAL_S} s)")
    return 0


def start(command: list[str], home: Path) -> float:
    """Seconds from exec to the first paint of one process. Raises `TimeoutError`."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "STEMDESK_HOME": str(home / "stemdesk"),
        "QT_QPA_PLATFORM": "xcb",
    }
    with screen(home) as (display, pixels):
        environment["DISPLAY"] = display
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment)
        try:
            while not is_window(pixels[::_STEP]):
                if process.poll() is not None or time.monotonic() > began + _LATEST_S:
                    raise TimeoutError(f"no window; exit code {process.returncode}")
                time.sleep(_POLL_S)
            return time.monotonic() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def is_window(pixels: NDArray[np.uint32]) -> bool:
    """Whether a screen that was black shows a painted window: an empty one has one colour."""
    lit = pixels[pixels != 0]
    return lit.size >= _SEEN * pixels.size and np.unique(lit).size >= _COLOURS


@contextmanager
def screen(folder: Path) -> Iterator[tuple[str, NDArray[np.uint32]]]:
    """A display's name, and its pixels as they are now, uint32 [pixels]."""
    reader, writer = os.pipe()
    size = ("-screen", "0", "1600x1000x24")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), *size, "-fbdir", folder, "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as numbers:
            display = f":{numbers.readline().strip()}"
        yield display, _pixels(folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait()


def _pixels(file: Path) -> NDArray[np.uint32]:
    """The part of an XWD file after its header and colours (X11/XWDFile.h: 25 numbers of 32 bits,
    the first the header's size, the 20th the count of colours, 12 bytes each)."""
    with file.open("rb") as opened:
        header = struct.unpack(">25I", opened.read(100))
    start = header[0] + 12 * header[19]
    count = header[12] * header[5] // 4  # bytes a line · lines
    return np.memmap(file, np.uint32, "r", start, (count,))


if __name__ == "__main__":
    sys.exit(main())
