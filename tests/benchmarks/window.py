"""How long the window takes to show: from the start of the process to the end of the first paint.

    python tests/benchmarks/window.py [--rounds 5]

Runs the real app on the display that is there, else on a virtual one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from real_window import Orders, run, screen


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    with screen() as name, tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        starts = [run(folder / "home", folder / "models", Orders(seconds=0)) for _ in range(rounds)]
    times = [seen.shown_s for seen in starts]
    print(
        f"window shown on {name} after {statistics.median(times):.2f} s "
        f"({min(times):.2f} to {max(times):.2f} s, {rounds} starts)"
    )


if __name__ == "__main__":
    main()
