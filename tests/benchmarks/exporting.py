"""What an export takes beside only converting the stems' files.

    python tests/benchmarks/exporting.py [--minutes 4] [--rounds 3]

The reference reads the song folder's stems with libsndfile, block by block, and writes them as WAV
of 24 bits: no other rate, no sum, no tags. It is taken in turns with each order in the same run.
The song has 48 kHz, the stems 44.1 kHz, four of them.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parents[1])]

import soundfile

from stemdesk.core.export_order import (
    ALL_STEMS,
    MODEL_RATE,
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.jobs.exports.values import ExportSong
from stemdesk.jobs.folder import read_manifest
from support.exports import Desk

_BLOCK = 1 << 16
_REPLACE = Collision.REPLACE
ORDERS = {
    "stems, WAV 24, the model's rate": ExportOrder(
        samplerate=MODEL_RATE, clipping=Clipping.OFF, template="{stem}", collision=_REPLACE
    ),
    "stems that sum to the song, WAV 24, its own rate, REAPER": ExportOrder(
        exact_sum=True,
        clipping=Clipping.OFF,
        template="{stem}",
        extras=frozenset({Extra.REAPER}),
        collision=_REPLACE,
    ),
    "stems and instrumental, FLAC, its own rate, one gain": ExportOrder(
        parts=(ALL_STEMS, Part(PartKind.INSTRUMENTAL)),
        formats=(FileFormat(FileKind.FLAC),),
        template="{stem}",
        collision=_REPLACE,
    ),
    "stems, MP3 of 320 kbit/s": ExportOrder(
        formats=(FileFormat(FileKind.MP3),), template="{stem}", collision=_REPLACE
    ),
    "NI Stems": ExportOrder(
        parts=(),
        formats=(),
        extras=frozenset({Extra.NI_STEMS}),
        template="{name}",
        collision=_REPLACE,
    ),
}


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("--minutes", type=float, default=4.0)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with TemporaryDirectory() as place:
        desk = Desk(Path(place))
        song = desk.song(rate=48000, seconds=60 * asked.minutes)
        print(f"{asked.minutes:g} minutes, four stems; {asked.rounds} rounds, medians")
        for name, order in ORDERS.items():
            plain, ours = [], []
            for _ in range(asked.rounds):
                plain.append(seconds(partial(convert, song, desk.root / "plain")))
                ours.append(seconds(partial(export, desk, song, order)))
            ratios = [mine / other for mine, other in zip(ours, plain, strict=True)]
            print(
                f"{name}: {statistics.median(ours):.1f} s, reference {statistics.median(plain):.1f}"
                f" s, ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to"
                f" {max(ratios):.2f})",
                flush=True,
            )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory, the making of the song included: {peak_mb:.0f} MB")
    return 0


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def convert(song: ExportSong, folder: Path) -> None:
    """Only the stems' samples, to WAV of 24 bits."""
    manifest = read_manifest(song.folder)
    assert manifest is not None
    folder.mkdir(exist_ok=True)
    for stem in manifest.files:
        with (
            soundfile.SoundFile(song.folder / stem.name) as read,
            soundfile.SoundFile(
                folder / f"{stem.stem}.wav", "w", read.samplerate, 2, "PCM_24"
            ) as write,
        ):
            for block in read.blocks(_BLOCK, dtype="int32", always_2d=True):
                write.write(block)


def export(desk: Desk, song: ExportSong, order: ExportOrder) -> None:
    (done,) = desk.export(song, order).songs
    assert done.error is None, done.error


if __name__ == "__main__":
    sys.exit(main())
