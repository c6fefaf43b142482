"""How soon a separation stops: from asking for it to the end of `Separator.run`.

    python tests/benchmarks/cancel_latency.py [--htdemucs 20] [--hdemucs 4] [--pauses 20]

Full-size networks with random weights on the CPU. Asks at random moments within passes. The
reference is the longest time of an undisturbed pass in which the token was not looked at: the
latency's upper bound. Goals (95th percentile): HTDemucs 0.5 s, HDemucs 2 s.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

import numpy as np
from make_full_size_model import NAME, full_size_hdemucs, make_full_size_model

from stemdesk.audio.store import Piece, Samples
from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.progress import CancelToken
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.engine.plan import make_outline
from stemdesk.engine.separate import Separation, Separator
from stemdesk.engine.threads import fix_threads
from stemdesk.models.library import ModelLibrary
from support.models import install

_SEGMENTS = 3  # enough to be within a pass whenever it is asked


class Noise:
    """A song of noise; nothing is kept."""

    def __init__(self, frames: int) -> None:
        generator = np.random.default_rng(0)
        self._samples = generator.standard_normal((2, frames), dtype=np.float32)

    def read_mix(self, start: int, frames: int) -> Samples:
        return self._samples[:, start : start + frames]

    def write_pass(self, piece: Piece, samples: Samples) -> None:
        pass

    def drop_pass(self, piece: Piece) -> None:
        pass

    def drop_passes(self) -> None:
        pass

    def setups(self) -> list[dict[str, Any]]:
        return []

    def add_setup(self, setup: dict[str, Any]) -> None:
        pass


class Listening(CancelToken):
    """Notes when it was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def check_pause(self) -> None:
        self.times.append(time.monotonic())
        super().check_pause()


class Bench:
    """One loaded network and a song for it."""

    def __init__(self, models: Path, name: str) -> None:
        self._model = ModelLibrary(models).get(name)
        segment_s = float(self._model.segment_of(0))
        frames = round(_SEGMENTS * segment_s * self._model.samplerate)
        self._outline = make_outline(self._model, (), 0.0)
        self._frames = frames
        self._audio = Noise(frames)
        self._separator = Separator()
        self.one_pass()  # loads the network
        token = Listening()
        self.pass_s = self.one_pass(token)
        self.longest_s = max(np.diff(token.times))

    def separate(self, token: CancelToken, passed: Callable[[int, int], None]) -> None:
        queue = PassQueue(self._outline, lambda _: False)
        queue.grow(self._frames, complete=True)
        song = Separation(self._model, ("benchmark",), queue, self._audio, 0.0, 1.0)
        self._separator.run(song, passed, token)

    def one_pass(self, token: CancelToken | None = None) -> float:
        """Do the first pass only; its seconds."""
        token = token or CancelToken()
        begin = time.monotonic()
        ends: list[float] = []

        def passed(_done: int, _total: int) -> None:
            ends.append(time.monotonic())
            token.cancel()

        try:
            self.separate(token, passed)
        except Cancelled:
            return ends[0] - begin
        raise RuntimeError("it was not stopped")

    def latency(self, stop: Callable[[CancelToken], None], after_s: float) -> float:
        """Seconds until it has stopped, asked `after_s` from the start of the first pass."""
        token = CancelToken()
        asked: list[float] = []

        def ask() -> None:
            asked.append(time.monotonic())
            stop(token)

        timer = threading.Timer(after_s, ask)
        timer.start()
        try:
            self.separate(token, lambda _done, _total: None)
        except (Cancelled, Paused):
            return time.monotonic() - asked[0]
        raise RuntimeError("it was not stopped")


def measure(what: str, bench: Bench, goal_s: float, cancels: int, pauses: int) -> None:
    print(f"{what}: a pass takes {bench.pass_s:.2f} s, unasked for {bench.longest_s:.2f} s at most")
    moments = random.Random(0)
    for name, stop, count in (
        ("cancel", CancelToken.cancel, cancels),
        ("pause", CancelToken.pause, pauses),
    ):
        if not count:
            continue
        times = [bench.latency(stop, moments.uniform(0, bench.pass_s)) for _ in range(count)]
        p50, p95 = np.percentile(times, [50, 95])
        print(
            f"  {name:6} p50 {p50:.2f}  p95 {p95:.2f}  longest {max(times):.2f} s"
            f"  ({count} times; goal p95 {goal_s:g} s)",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--htdemucs", type=int, default=20, help="how often; 0: not at all")
    options.add_argument("--hdemucs", type=int, default=4, help="how often; 0: not at all")
    options.add_argument("--pauses", type=int, default=20, help="how often at most, for each")
    arguments = options.parse_args()
    print(f"{fix_threads()} threads")
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        models = Path(temporary)
        if arguments.htdemucs:
            make_full_size_model(models)
            pauses = min(arguments.pauses, arguments.htdemucs)
            measure("HTDemucs", Bench(models, NAME), 0.5, arguments.htdemucs, pauses)
        if arguments.hdemucs:
            install(models, "hdemucs-random", [full_size_hdemucs()])
            pauses = min(arguments.pauses, arguments.hdemucs)
            measure("HDemucs", Bench(models, "hdemucs-random"), 2.0, arguments.hdemucs, pauses)


if __name__ == "__main__":
    main()
