"""Writes the trained weights as StemDesk reads them.

    python export.py CHECKPOINT FOLDER

puts `starter.yaml` and `<signature>.safetensors` into FOLDER: fp16, in demucs' own layout. The
signature is the start of the file's SHA-256, so the same weights always give the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

import network


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of train.py")
    parser.add_argument("folder", type=Path, help="where the model goes")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    print(export(saved["average"], options.folder))


def export(state: Mapping[str, torch.Tensor], folder: Path) -> Path:
    """Write the model into the folder, in place of an older one. Returns the file of the
    weights."""
    data = _packed(state)
    signature = hashlib.sha256(data).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{signature}.safetensors"
    _replace(path, data)
    _replace(folder / "starter.yaml", f"models: ['{signature}']\n".encode())
    for old in folder.glob("*.safetensors"):
        if old != path:
            old.unlink()
    return path


def _packed(state: Mapping[str, torch.Tensor]) -> bytes:
    segment = {
        "_type": "fraction",
        "numerator": network.SEGMENT.numerator,
        "denominator": network.SEGMENT.denominator,
    }
    header = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps([]),
        "kwargs": json.dumps({**network.SHAPE, "segment": segment}),
    }
    halves = {name: value.detach().cpu().half().contiguous() for name, value in state.items()}
    return _repeatable(save(halves, metadata=header))


def _repeatable(data: bytes) -> bytes:
    """The file with its metadata in order: by itself it stands there by chance."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def _replace(path: Path, data: bytes) -> None:
    waiting = path.with_name(f".{path.name}.tmp")
    waiting.write_bytes(data)
    waiting.replace(path)


if __name__ == "__main__":
    main()
