"""What only a machine with a network can show, before a release. Prints what it measured.

    python -m installers.proof compare [--model htdemucs]     # StemDesk against stock demucs
    python -m installers.proof links LINK…                    # songs behind public links

`compare` splits the demo song with `stemdesk split`, and again with demucs' own `apply_model` and
the weights that demucs itself downloads. `links` splits the song behind each link with the built-in
model. Exit code 0 if everything is as it should be, else 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

ALLOWED = 1e-4  # the largest difference of a sample; full scale is 1
_RATE = 44100


def differences(folder: Path, expected: Mapping[str, Samples]) -> dict[str, float]:
    """The largest difference of a sample, for each stem that StemDesk saved in `folder`. Infinite
    where the stem is missing or its length differs, and where a sample is no number."""
    import numpy as np
    import soundfile

    found = {}
    for stem, samples in expected.items():
        path = folder / f"{stem}.wav"
        saved = soundfile.read(path, dtype="float32")[0].T if path.is_file() else None
        if saved is None or saved.shape != samples.shape:
            found[stem] = float("inf")
        else:
            largest = float(np.abs(saved - samples).max(initial=0.0))
            found[stem] = largest if np.isfinite(largest) else float("inf")
    return found


def stock_stems(model: Any, mix: Samples) -> dict[str, Samples]:
    """What demucs' own code makes of float32 [2, frames] at the model's rate, as its command line
    does it: normalised by the mono mix, no shifts, a quarter of overlap. `model`: one of demucs'
    networks, or a bag of them."""
    import torch
    from demucs.apply import apply_model

    wave = torch.from_numpy(mix)
    mono = wave.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    with torch.no_grad():
        stems = apply_model(model, ((wave - mean) / deviation)[None], shifts=0, overlap=0.25)[0]
    samples = (stems * deviation + mean).numpy()
    return dict(zip(model.sources, samples, strict=True))


def stock_model(name: str) -> Any:
    """The model as demucs itself finds, downloads and loads it."""
    from demucs.pretrained import get_model  # noqa: TID251  # stock demucs is what is compared with

    return get_model(name).eval()


def compare(name: str, model: Any, song: Samples) -> bool:
    """Split `song` (44.1 kHz) with StemDesk's command line and with stock demucs; say how far they
    are apart; whether that is near enough."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "song.wav"), Path(folder, "out")
        soundfile.write(file, song.T, _RATE, subtype="FLOAT")
        options = ["--model", name, "--device", "cpu", "--format", "wav", "--bits", "32"]
        if not _split(str(file), out, *options):
            return False
        (saved,) = (path for path in out.iterdir() if path.is_dir())
        found = differences(saved, stock_stems(model, song))
    for stem, difference in found.items():
        print(f"{name} {stem}: differs from stock demucs by at most {difference:.2e}")
    return bool(found) and max(found.values()) <= ALLOWED


def try_links(links: Sequence[str]) -> bool:
    """Split the song behind each link with the built-in model; whether all have stems."""
    good = True
    for link in links:
        with tempfile.TemporaryDirectory() as folder:
            done = _split(link, Path(folder), "--model", "starter", "--first", "1")
            stems = sorted(path.name for path in Path(folder).glob("*/vocals.*"))
        worked = done and bool(stems)
        print(f"{link}: {'split' if worked else 'FAILED'}", flush=True)
        good = good and worked
    return good


def _split(what: str, out: Path, *options: str) -> bool:
    """StemDesk's command line as people run it: the installed one, or the frozen program that
    `STEMDESK` names."""
    named = os.environ.get("STEMDESK")
    program = [named] if named else [sys.executable, "-m", "stemdesk"]
    command = [*program, "split", what, "-o", str(out), *options]
    print("$", *command[len(program) - 1 :], flush=True)
    return subprocess.run(command, check=False).returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks that need a network.")
    commands = parser.add_subparsers(dest="command", required=True)
    comparing = commands.add_parser("compare", help="htdemucs against stock demucs")
    comparing.add_argument("--model", default="htdemucs")
    linking = commands.add_parser("links", help="split songs behind public links")
    linking.add_argument("links", nargs="+", metavar="LINK")
    options = parser.parse_args(arguments)
    if options.command == "links":
        return 0 if try_links(options.links) else 1
    from stemdesk.audio.demo import demo_song

    good = compare(options.model, stock_model(options.model), demo_song(_RATE))
    print("near enough" if good else f"NOT within {ALLOWED:.0e}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
