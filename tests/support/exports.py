"""Song folders for tests of exports: as the pipeline saves them, but with stems of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from stemdesk.audio.decode import probe
from stemdesk.audio.encode import rounded
from stemdesk.audio.originals import Originals
from stemdesk.audio.play_cache import PlayCache
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.job import Job
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags, fingerprint
from stemdesk.jobs.exports.batch import ExportPlace, export_songs
from stemdesk.jobs.exports.values import Exported, ExportProgress, ExportSong
from stemdesk.jobs.folder import Recipe, StemFile, write_manifest
from support.decoding import decode_all
from support.jobs import a_job
from support.media import Samples, bursts, make

MODEL_RATE = 44100
FOUR = ("drums", "bass", "other", "vocals")
TODAY = date(2026, 3, 9)
_SHARES = (0.3, 0.2, 0.24, 0.25)  # of the song, and a hundredth is left out
_DEPTH = NullDepth(-40.0, -40.0)


def steps(path: Path) -> NDArray[np.int64]:
    """int64 [2, frames] of a file with integers, in the upper bits of 32, read by another library
    than the one that wrote it."""
    if path.suffix != ".m4a":
        read = soundfile.read(path, dtype="int32", always_2d=True)[0]
        return np.array(read.T, np.int64)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    whole = np.concatenate(frames, axis=1)
    return whole.astype(np.int64) << (16 if whole.dtype == np.int16 else 0)


def floats(path: Path) -> Samples:
    """float32 [2, frames] of any file, as our decoder reads it at the file's own rate."""
    rate = probe(path).samplerate
    return decode_all(path, rate).samples


@dataclass
class Desk:
    """A folder to work in, and one to export to."""

    root: Path
    made: ExportSong | None = None  # the last song

    def __post_init__(self) -> None:
        self.originals = Originals(PlayCache(self.root / "cache", 1 << 30))

    @property
    def out(self) -> Path:
        return self.root / "out"

    def song(
        self,
        name: str = "song",
        *,
        seconds: float = 1.2,
        rate: int = 44100,
        kind: str = "wav-24",
        seed: int = 7,
        stems: Sequence[str] = FOUR,
        level: float = 1.0,
        tags: Tags | None = None,
        complete: bool = True,
    ) -> ExportSong:
        """A song's own file at `rate`, and its song folder with stems at the model's rate: each a
        share of the song, delayed differently, so that each is another sound."""
        frames = round(seconds * rate)
        noise = np.random.default_rng(seed).standard_normal((2, frames))  # up to any rate's end
        sound = level * (bursts(frames, rate, seed=seed) + 0.03 * noise)
        samples: Samples = sound.astype(np.float32)
        suffix = ".flac" if kind.startswith("flac") else ".wav"
        source = make(self.root / f"{name}{suffix}", kind, samples, rate)
        at_model = samples if rate == MODEL_RATE else _resampled(samples, rate)
        parts = {
            stem: np.float32(share) * at_model for stem, share in zip(stems, _SHARES, strict=False)
        }
        folder = song_folder(self.root / "songs" / name, source, parts, tags, complete)
        self.made = ExportSong(folder, source, name)
        return self.made

    def export(
        self,
        songs: Sequence[ExportSong] | ExportSong,
        order: ExportOrder,
        *,
        folder: Path | None = None,
        cancel: CancelToken | None = None,
        seen: list[ExportProgress] | None = None,
    ) -> Exported:
        reports: list[ExportProgress] = [] if seen is None else seen
        return export_songs(
            [songs] if isinstance(songs, ExportSong) else songs,
            order,
            self.out if folder is None else folder,
            ExportPlace(self.originals, TODAY),
            reports.append,
            cancel or CancelToken(),
        )


def song_folder(
    folder: Path,
    source: Path,
    stems: Mapping[str, Samples],
    tags: Tags | None = None,
    complete: bool = True,
    rate: int = MODEL_RATE,
) -> Path:
    """A finished song folder: 24-bit FLAC stems and a real manifest."""
    folder.mkdir(parents=True)
    files = []
    for stem, samples in stems.items():
        path = folder / f"{stem}.flac"
        soundfile.write(path, rounded(samples, 24).T, rate, subtype="PCM_24")
        files.append(StemFile(stem, path.name, path.stat().st_size))
    known = Tags() if tags is None else tags
    job: Job = a_job(source, folder.parent, tags=known)
    recipe = Recipe(
        fingerprint(source), "small", ("ab" * 32,), ((1.0,) * len(stems),), ("1/2",), tuple(stems),
        0.25, 0, "flac", 24,
    )  # fmt: skip
    frames = next(iter(stems.values())).shape[1]
    facts = {"frames": frames, "samplerate": rate}
    write_manifest(folder, job, recipe, facts, files, (), _DEPTH if complete else None)
    return folder


def _resampled(samples: Samples, rate: int) -> Samples:
    """At the model's rate, as long as the decoder makes it: rounded."""
    frames = round(samples.shape[1] * MODEL_RATE / rate)
    out = soxr.resample(samples.T, rate, MODEL_RATE, quality="VHQ").T.astype(np.float32)
    return np.pad(out, ((0, 0), (0, max(0, frames - out.shape[1]))))[:, :frames]
