"""A stand-in model for a machine that has none yet: a small network that was never trained.

It shows that everything works (decoding, separating, saving, playing) and makes no music of it.
It goes as soon as the app brings a trained model of its own.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import torch
from demucs.htdemucs import HTDemucs
from safetensors.torch import save

from stemdesk.core.errors import write_error
from stemdesk.core.files import replace_file
from stemdesk.models.library import UNTRAINED

NAME = UNTRAINED
_SIGNATURE = "untrained0"
_SOURCES = ["drums", "bass", "other", "vocals"]
_ARGUMENTS = {"sources": _SOURCES, "channels": 8, "depth": 4, "t_layers": 1, "t_heads": 4}


def make_untrained(folder: Path) -> None:
    """Write the model into the models folder `folder`, unless it is there.

    Raises `DiskFullError` or `ExportError`.
    """
    if (folder / f"{NAME}.yaml").exists():
        return
    generator_state = torch.random.get_rng_state()
    torch.manual_seed(0)  # the same bits each time
    network = HTDemucs(**_ARGUMENTS, segment=Fraction(39, 5))
    torch.random.set_rng_state(generator_state)
    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    segment = {"_type": "fraction", "numerator": 39, "denominator": 5}
    header = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps([]),
        "kwargs": json.dumps({**_ARGUMENTS, "segment": segment}),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / f"{_SIGNATURE}.safetensors", save(state, metadata=header))
        replace_file(folder / f"{NAME}.yaml", f"models: ['{_SIGNATURE}']\n".encode())
    except OSError as error:
        raise write_error(error, folder) from error
