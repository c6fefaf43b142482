"""How much faster the starter model is than one of the full htdemucs' size.

    python speed.py [--rounds 7] [--folder ..] [--threads 2]

Loads the starter as the app does, and times one segment (7.8 s of sound) through it and through
the full-size network in turn, both in the app's own fast forward pass, and in demucs' own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[3]
sys.path[:0] = [str(_ROOT / "src"), str(_ROOT / "tests"), str(_ROOT / "tests" / "benchmarks")]

from stemdesk import memory


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="0: as torch does")
    parser.add_argument("--folder", type=Path, default=_HERE.parent, help="where the starter is")
    options = parser.parse_args()
    memory.keep_freed()
    import torch
    from make_full_size_model import full_size_network
    from torch import nn

    from stemdesk.engine.htdemucs import FastHTDemucs
    from stemdesk.engine.htdemucs_support import supports

    small: nn.Module = _loaded(options.folder)
    large: nn.Module = full_size_network()
    if options.threads:
        torch.set_num_threads(options.threads)
    parameters = [sum(p.numel() for p in module.parameters()) for module in (small, large)]
    print(f"{parameters[0] / 1e6:.2f} and {parameters[1] / 1e6:.2f} million parameters")
    print(f"starter in the fast forward pass: {supports(small) or 'yes'}")
    frames = int(7.8 * 44100)
    mix = torch.randn(1, 2, frames, generator=torch.Generator().manual_seed(0)) * 0.2
    ours = [FastHTDemucs(module, frames) for module in (small, large)]
    stock: list[Callable[[Any], Any]] = [torch.inference_mode()(m) for m in (small, large)]
    error = (ours[0](mix, lambda: None) - stock[0](mix)).norm() / stock[0](mix).norm()
    print(f"fast and stock results differ by {float(error):.1e}")
    _compare("fast pass", [lambda: ours[0](mix, lambda: None), lambda: ours[1](mix, lambda: None)],
             options.rounds)  # fmt: skip
    _compare("stock pass", [lambda: stock[0](mix), lambda: stock[1](mix)], options.rounds)


def _loaded(folder: Path) -> Any:
    """The model, as the app loads it: the folder's one file of weights."""
    from stemdesk.engine.load import load_model
    from stemdesk.models.library import ModelLibrary

    return load_model(ModelLibrary(folder, built_in=None).get("starter").files[0])


def _compare(name: str, passes: list[Callable[[], Any]], rounds: int) -> None:
    seconds: list[list[float]] = [[], []]
    for run in passes:
        run()
    for _ in range(rounds):
        for index, run in enumerate(passes):
            begun = time.perf_counter()
            run()
            seconds[index].append(time.perf_counter() - begun)
    ratios = [large / small for small, large in zip(*seconds, strict=True)]
    small, large = (statistics.median(values) for values in seconds)
    print(f"{name}: {small:.3f} s and {large:.3f} s, ratio {statistics.median(ratios):.1f} "
          f"({min(ratios):.1f} to {max(ratios):.1f})")  # fmt: skip


if __name__ == "__main__":
    main()
