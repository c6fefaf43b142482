"""One segment through the full-size HTDemucs: the stock forward pass, the same with our allocator
settings, and our own forward pass.

    python tests/benchmarks/forward.py [--rounds 9]

Each in a process of its own that is kept and asked for one pass at a time in turn, so that the
machine's noise meets all three. Also prints how much the results differ and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(Path(__file__).parent)]

import numpy as np

from stemdesk import memory

KINDS = {"stock": "stock", "kept": "stock, freed memory kept", "ours": "ours"}
RATE = 44100


def work(kind: str, target: Path, threads: int) -> None:
    """A worker: one pass for each line of its input, its seconds as a line of output. At the end
    of its input it saves the last result and tells its peak memory."""
    if kind != "stock":
        memory.keep_freed()
    import torch

    run = forward(kind)
    torch.set_num_threads(threads)  # the tests' networks set it to 1
    mix = torch.randn(1, 2, int(7.8 * RATE), generator=torch.Generator().manual_seed(0)) * 0.2
    result = run(mix)
    for _ in sys.stdin:
        begin = time.perf_counter()
        result = run(mix)
        print(time.perf_counter() - begin, flush=True)
    np.save(target, result.numpy())
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, flush=True)


def forward(kind: str) -> Callable[[Any], Any]:
    import torch
    from make_full_size_model import full_size_network

    from stemdesk.engine.htdemucs import FastHTDemucs

    network = full_size_network()
    if kind == "ours":
        fast = FastHTDemucs(network, int(7.8 * RATE))
        return lambda mix: fast(mix, lambda: None)
    stock: Callable[[Any], Any] = torch.inference_mode()(network)
    return stock


def start(kind: str, target: Path, threads: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--worker", kind, str(target), "--threads", str(threads)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def one_pass(worker: subprocess.Popen[str]) -> float:
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def finish(worker: subprocess.Popen[str]) -> int:
    """Bytes of its peak memory."""
    return int(worker.communicate()[0])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):6.2f} ({min(values):.2f} to {max(values):.2f})"


def measure(rounds: int, threads: int) -> None:
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        targets = {kind: Path(temporary) / f"{kind}.npy" for kind in KINDS}
        workers = {kind: start(kind, target, threads) for kind, target in targets.items()}
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for _ in range(rounds):
            for kind, worker in workers.items():
                seconds[kind].append(one_pass(worker))
        peaks = {kind: finish(worker) for kind, worker in workers.items()}
        expected, found = np.load(targets["stock"]), np.load(targets["ours"])
    for kind, label in KINDS.items():
        print(f"{label:26}{spread(seconds[kind])} s, peak {peaks[kind] / 1e9:.2f} GB")
    for kind in ("stock", "kept"):
        ratios = [one / our for one, our in zip(seconds[kind], seconds["ours"], strict=True)]
        print(f"{KINDS[kind]} / ours: {spread(ratios)}")
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    print(f"relative error of ours: {error:.1e}")


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--worker", nargs=2, metavar=("KIND", "TARGET"), help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.worker:
        work(arguments.worker[0], Path(arguments.worker[1]), arguments.threads)
    else:
        measure(arguments.rounds, arguments.threads)


if __name__ == "__main__":
    main()
