"""Makes a network of the released htdemucs' size with random weights, for benchmarks.

    python tests/benchmarks/make_full_size_model.py FOLDER

writes `htdemucs-random.yaml` and its file into FOLDER. It costs the same for each pass as the
trained network and shows every numerical difference; it separates nothing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

NAME = "htdemucs-random"
PARAMETERS = 41_984_456  # those of the released file 955717e8


def make_full_size_model(folder: Path) -> str:
    """Write the model, 84 MB, into the models folder `folder`. Returns its name."""
    from support.models import install

    install(folder, NAME, [full_size_network()])
    return NAME


def save_for_demucs(folder: Path, repo: Path) -> None:
    """Write the model of `folder` as a package that the `demucs` command loads, with
    `--repo REPO -n htdemucs-random`."""
    import torch
    import yaml

    repo.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / f"{NAME}.yaml", repo)
    bag = yaml.safe_load((folder / f"{NAME}.yaml").read_text(encoding="utf-8"))
    network: Any = full_size_network()
    args, kwargs = network._init_args_kwargs
    state = {name: value.half() for name, value in network.state_dict().items()}
    package = {"klass": type(network), "args": args, "kwargs": kwargs, "state": state}
    torch.save(package, repo / f"{bag['models'][0]}.th")


def full_size_network() -> Any:
    """The released htdemucs' network, always with the same random weights."""
    from demucs.htdemucs import HTDemucs

    from support.models import SOURCES, random_network

    network = random_network(
        HTDemucs,
        seed=0,
        sources=list(SOURCES),
        channels=48,
        bottom_channels=512,
        t_layers=5,
        dconv_mode=3,
        depth=4,
        segment=Fraction(39, 5),
    )
    parameters = sum(parameter.numel() for parameter in network.parameters())
    if parameters != PARAMETERS:
        raise RuntimeError(f"{parameters} parameters, not {PARAMETERS}")
    return network


def full_size_hdemucs() -> Any:
    """A network of the size of hdemucs_mmi, with random weights."""
    from demucs.hdemucs import HDemucs

    from support.models import SOURCES, random_network

    return random_network(HDemucs, seed=0, sources=list(SOURCES), segment=44)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, help="a models folder, made if need be")
    print(make_full_size_model(parser.parse_args().folder))
