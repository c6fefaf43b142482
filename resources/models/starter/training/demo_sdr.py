"""How well a model splits StemDesk's demo song: the saved stems against the true ones.

    python demo_sdr.py [MODEL_FOLDER]

The song is written and split as `stemdesk demo` does: a 16-bit FLAC file in, 24-bit FLAC files out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import heldout
from sdr import si_sdr, windowed_sdr
from stemdesk.audio.demo import demo_stems, write_demo_song
from stemdesk_app import App, Samples

RATE = 44100


def split_demo(app: App) -> tuple[dict[str, Samples], dict[str, Samples]]:
    """The demo song's true stems and the ones that StemDesk saved, float32 [2, frames] each."""
    with TemporaryDirectory() as folder:
        found = app.split_file(write_demo_song(Path(folder)))
    return demo_stems(RATE), found


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    here = Path(__file__).resolve().parent.parent
    options.add_argument("model", type=Path, nargs="?", default=here, help="folder with its yaml")
    arguments = options.parse_args()
    with App(arguments.model) as app:
        true, found = split_demo(app)
    mix = heldout.mix_of(true)
    print("| stem | SDR, dB | SI-SDR, dB | the mix's SDR, dB |\n|---|--:|--:|--:|")
    for stem, samples in true.items():
        cells = (
            windowed_sdr(samples, found[stem], RATE),
            si_sdr(samples, found[stem]),
            windowed_sdr(samples, mix, RATE),
        )
        print(f"| {stem} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |")


if __name__ == "__main__":
    main()
