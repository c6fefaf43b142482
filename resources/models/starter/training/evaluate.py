"""Measures a model on the held-out songs, beside the baseline and the mix itself.

    python evaluate.py [MODEL_FOLDER] [--cache FOLDER] [--json FILE] [--songs N] [--minutes M]

Separates each song with StemDesk (stemdesk_app.py) and with baseline.py, and prints a table for the
model card: the median over songs of each song's SDR (sdr.py). Exit code 0 if the model is at least
`BAR_DB` above the baseline in every stem, else 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import baseline
import heldout
from heldout_sound import RATE
from sdr import si_sdr, windowed_sdr
from stemdesk_app import App

BAR_DB = 3.0
STEMS = heldout.STEMS
WAYS = ("model", "baseline", "mix")

Values = dict[str, float]
"""Decibels by way: model, baseline, mix, and each with " si" for the scale-invariant ratio."""


def measured(
    stems: dict[str, heldout.Samples], ways: dict[str, dict[str, heldout.Samples]]
) -> dict[str, Values]:
    """Of one song: for each stem and way both ratios. `ways`: a way's stems by name."""
    result: dict[str, Values] = {}
    for stem, true in stems.items():
        values: Values = {}
        for way, found in ways.items():
            values[way] = windowed_sdr(true, found[stem], RATE)
            values[f"{way} si"] = si_sdr(true, found[stem])
        result[stem] = values
    return result


def medians(songs: Sequence[dict[str, Values]]) -> dict[str, Values]:
    """Each stem's medians over songs."""
    return {
        stem: {way: float(np.median([song[stem][way] for song in songs])) for way in first}
        for stem, first in songs[0].items()
    }


def gains(middle: dict[str, Values]) -> Values:
    """Decibels of the model's median above the baseline's, for each stem."""
    return {stem: values["model"] - values["baseline"] for stem, values in middle.items()}


def table(middle: dict[str, Values]) -> str:
    """The medians in Markdown."""
    lines = [
        "| stem | model | baseline | mix | above the baseline | SI-SDR: model | baseline | mix |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for stem, values in middle.items():
        cells = [values[way] for way in WAYS] + [gains(middle)[stem]]
        cells += [values[f"{way} si"] for way in WAYS]
        lines.append(f"| {stem} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")
    return "\n".join(lines)


def evaluate(app: App, arguments: argparse.Namespace) -> dict[str, Any]:
    """Every song's values, their medians and whether the bar is met; prints a line a song."""
    count = min(arguments.songs, max(1, int(arguments.minutes * 60 / heldout.SECONDS)))
    songs = heldout.songs(arguments.cache, count, programs=not arguments.synth_only)
    found: dict[str, dict[str, Values]] = {}
    for name, stems in songs:
        start = time.monotonic()
        mix = heldout.mix_of(stems)
        ways = {
            "model": app.split(mix, RATE),
            "baseline": baseline.separate(mix, RATE),
            "mix": dict.fromkeys(STEMS, mix),
        }
        found[name] = measured(stems, ways)
        cells = (
            f"{stem} {values['model']:5.1f} ({values['baseline']:5.1f})"
            for stem, values in found[name].items()
        )
        print(f"{name:10}", "  ".join(cells), f"  {time.monotonic() - start:.0f} s", flush=True)
    middle = medians(list(found.values()))
    above = gains(middle)
    return {
        "songs": found,
        "medians": middle,
        "above_baseline": above,
        "bar_db": BAR_DB,
        "met": min(above.values()) >= BAR_DB,
    }


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    here = Path(__file__).resolve().parent.parent
    options.add_argument("model", type=Path, nargs="?", default=here, help="folder with its yaml")
    options.add_argument("--cache", type=Path, help="folder that keeps the rendered songs")
    options.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    options.add_argument("--songs", type=int, default=len(heldout.SONGS), help="only so many")
    options.add_argument("--minutes", type=float, default=60.0, help="only so much music")
    options.add_argument("--synth-only", action="store_true", help="no fluidsynth, no espeak-ng")
    options.add_argument("--device", default="cpu", choices=("auto", "cpu", "cuda", "mps"))
    arguments = options.parse_args()
    with App(arguments.model, arguments.device) as app:
        result = evaluate(app, arguments)
    print(f"\nMedians over {len(result['songs'])} songs, dB\n\n{table(result['medians'])}\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    verdict = "met" if result["met"] else "NOT met"
    print(f"The bar, {BAR_DB:g} dB above the baseline in every stem, is {verdict}.")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
