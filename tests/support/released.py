"""A catalogue of small models of our own, their files laid out as on the real servers, and a
server for them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from stemdesk.models import catalogue
from support.models import SOURCES, save_network, small_hdemucs, small_htdemucs

REVISION = "0" * 40
IDENTITY = [[float(row == column) for column in range(4)] for row in range(4)]


@dataclass
class Release:
    """`root`: what the server shows. `files`: each model's safetensors, or legacy files where it
    has no others. `legacy`: the legacy files of all."""

    root: Path
    files: dict[str, list[Path]] = field(default_factory=dict)
    legacy: dict[str, list[Path]] = field(default_factory=dict)


def release(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Make the catalogue and its files in `folder`, and let the app know no other one: htdemucs,
    htdemucs_ft (four networks), hdemucs_mmi (legacy only, untested)."""
    made = Release(folder / "server")
    models = [
        _model(made, "htdemucs", [small_htdemucs(10)]),
        _model(made, "htdemucs_ft", [small_htdemucs(seed) for seed in range(11, 15)], IDENTITY),
        _model(made, "hdemucs_mmi", [small_hdemucs(15)], downloadable=False),
    ]
    path = folder / "catalogue.json"
    path.write_text(json.dumps({"version": 1, "models": models}), encoding="utf-8")
    monkeypatch.setattr(catalogue, "CATALOGUE_FILE", path)
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "no cache"))
    monkeypatch.delenv("STEMDESK_MODEL_MIRROR", raising=False)
    return made


def install_released(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Install a model of such a catalogue in the models folder `folder`, as a download does."""
    made = release(folder.parent / "release", monkeypatch)
    folder.mkdir(parents=True, exist_ok=True)
    files = [Path(shutil.copy(file, folder)) for file in made.files[name]]
    bag: dict[str, Any] = {"models": [file.stem for file in files]}
    if len(files) > 1:
        bag["weights"] = IDENTITY
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(bag), encoding="utf-8")
    return files


def save_legacy(path: Path, network: nn.Module, **changes: Any) -> None:
    """A `.th` file as demucs' `serialize_model` writes it."""
    captured: Any = network._init_args_kwargs
    args, kwargs = captured
    state = {name: value.half() for name, value in network.state_dict().items()}
    package = {"klass": type(network), "args": args, "kwargs": kwargs, "state": state}
    torch.save({**package, "training_args": {"epochs": 1}, **changes}, path)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entry_of(path: Path) -> dict[str, Any]:
    """Size and hash, as the catalogue has them."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _model(
    made: Release,
    name: str,
    networks: list[nn.Module],
    weights: list[list[float]] | None = None,
    downloadable: bool = True,
) -> dict[str, Any]:
    place = made.root / "us" / name / "resolve" / REVISION
    old = made.root / "demucs" / "old"
    for folder in (place, old):
        folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for network in networks:
        file = save_network(place, network)
        legacy = old / f"{file.stem}.th"
        save_legacy(legacy, network)
        entry: dict[str, Any] = {"signature": file.stem, "legacy": entry_of(legacy)}
        legacy = legacy.rename(old / f"{file.stem}-{entry['legacy']['sha256'][:8]}.th")
        made.legacy.setdefault(name, []).append(legacy)
        made.files.setdefault(name, []).append(file if downloadable else legacy)
        if downloadable:
            entry |= entry_of(file)
        else:
            file.unlink()
        entries.append(entry)
    model = {
        "name": name,
        "title": f"Small {name}",
        "sources": list(SOURCES),
        "weights": weights,
        "segment": None,
        "purpose": "Tests.",
        "relative_time": 1.0,
        "licence": "As you like it.",
        "downloadable": downloadable,
        "tested": downloadable,
        "experimental": [],
        "legacy_folder": "old",
        "files": entries,
    }
    return model | ({"repository": f"us/{name}", "revision": REVISION} if downloadable else {})


@dataclass
class Server:
    """`url`: its address. `asked`: the paths that were asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A real HTTP server for a folder, on this machine only."""
    served = Server("")

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
