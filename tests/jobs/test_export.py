"""Saved stems against the decoded song: what they sum to, and what the manifest says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemdesk.audio.decode import decode
from stemdesk.core.errors import Cancelled
from stemdesk.core.notices import NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Stage
from stemdesk.jobs.export import _BLOCK
from stemdesk.jobs.folder import MANIFEST, read_manifest
from stemdesk.jobs.pipeline import Result
from support.media import Samples, bursts, make
from support.models import SOURCES, install, small_htdemucs
from support.place import Place, Stopper, read

FORMATS = [
    (AudioFormat.WAV, 16),
    (AudioFormat.WAV, 24),
    (AudioFormat.WAV, 32),
    (AudioFormat.FLAC, 16),
    (AudioFormat.FLAC, 24),
]
RATE = 44100


def decoded(song: Path) -> Samples:
    """float32 [2, frames]: the song as our decoder reads it."""
    blocks: list[Samples] = []
    decode(song, RATE, blocks.append, cancel=CancelToken())
    return np.concatenate(blocks, axis=1)


def as_saved(samples: Samples, bits: int) -> Any:
    """The samples at a file's depth, worked out anew: steps as int64, or float64 for 32 bits."""
    if bits == 32:
        return samples.astype(np.float64)
    full = 2 ** (bits - 1)
    return np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1).astype(np.int64)


def saved(folder: Path, bits: int) -> Any:
    """[stems, 2, frames] of the files in a song folder: steps as int64, or float64."""
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    kind = "float32" if bits == 32 else "int32"
    stems = [soundfile.read(folder / item["file"], dtype=kind)[0].T for item in files]
    if bits == 32:
        return np.stack(stems).astype(np.float64)
    return np.stack(stems).astype(np.int64) >> (32 - bits)


def null_db(mix: Any, stems: Any) -> float:
    left = (mix - stems.sum(axis=0)).astype(np.float64)
    return float(20 * np.log10(np.sqrt((left**2).mean() / (mix.astype(np.float64) ** 2).mean())))


def split(place: Place, song: Path, exact: bool, kind: AudioFormat, bits: int) -> Result:
    return place.run(place.job(song, export=ExportOptions(kind, bits, exact)))


@pytest.mark.parametrize(("kind", "bits"), FORMATS)
def test_the_files_sum_to_the_decoded_song(place: Place, kind: AudioFormat, bits: int) -> None:
    song = place.song(seconds=2.0)
    assert decoded(song).shape[1] > _BLOCK, "longer than what is written at once"
    folder = split(place, song, True, kind, bits).folder
    mix, stems = as_saved(decoded(song), bits), saved(folder, bits)
    assert stems.shape == (4, *mix.shape)
    if bits == 32:
        assert np.abs(stems.sum(axis=0) - mix).max() <= 1e-6
    else:
        assert np.array_equal(stems.sum(axis=0), mix)
    assert np.abs(stems[2]).max() > 0.01 * (1 if bits == 32 else 2 ** (bits - 1)), "it has work"


@pytest.mark.parametrize(
    "mix",
    ["loud", "quiet", "silent", "mono", "mp3", "one frame", "one block", "a frame more"],
)
@pytest.mark.parametrize("bits", [16, 24])
def test_any_song_is_summed_to(place: Place, mix: str, bits: int) -> None:
    frames = {"one frame": 1, "one block": _BLOCK, "a frame more": _BLOCK + 1}.get(mix, 30_000)
    level = {"loud": 40.0, "quiet": 1e-4, "silent": 0.0}.get(mix, 1.0)
    samples = (level * bursts(frames, RATE, 1 if mix == "mono" else 2)).astype(np.float32)
    kind = "mp3" if mix == "mp3" else "wav-f32"
    song = make(place.root / f"mix.{kind[:3]}", kind, samples, RATE)
    result = split(place, song, True, AudioFormat.WAV, bits)
    wanted = as_saved(decoded(song), bits)
    assert np.array_equal(saved(result.folder, bits).sum(axis=0), wanted)
    assert result.null_depth is not None and result.null_depth.saved_db is None
    if mix == "loud":
        full = 2 ** (bits - 1)
        assert (wanted == full - 1).any() and (wanted == -full).any(), "the reference is clipped"


def test_loud_floats_are_summed_to_in_proportion(place: Place) -> None:
    samples = (16 * bursts(30_000, RATE)).astype(np.float32)
    song = make(place.root / "loud.wav", "wav-f32", samples, RATE)
    stems = saved(split(place, song, True, AudioFormat.WAV, 32).folder, 32)
    assert np.abs(samples).max() > 4, "nothing is clipped"
    assert np.abs(stems.sum(axis=0) - samples).max() <= 1e-6 * max(1, np.abs(stems).max())


def test_only_other_changes_and_the_separation_stays(place: Place) -> None:
    song = place.song()
    plain = split(place, song, False, AudioFormat.WAV, 24).folder
    exact = split(place, song, True, AudioFormat.WAV, 24).folder
    assert exact != plain, "they are different results"
    for stem in SOURCES:
        same = (plain / f"{stem}.wav").read_bytes() == (exact / f"{stem}.wav").read_bytes()
        assert same == (stem != "other")
    assert split(place, song, True, AudioFormat.WAV, 24).folder == exact
    assert split(place, song, False, AudioFormat.WAV, 24).folder == plain


def test_a_model_without_other_sums_up_too(place: Place) -> None:
    install(place.models, "duo", [small_htdemucs(sources=["vocals", "no_vocals"])])
    song = place.song(seconds=0.6)
    job = place.job(song, separation=SeparationOptions("duo"), export=ExportOptions(bits=16))
    job_exact = place.job(
        song,
        separation=SeparationOptions("duo"),
        export=ExportOptions(bits=16, exact_sum=True),
    )
    mix = as_saved(decoded(song), 16)
    plain, exact = saved(place.run(job).folder, 16), saved(place.run(job_exact).folder, 16)
    assert not np.array_equal(plain.sum(axis=0), mix)
    assert np.array_equal(exact.sum(axis=0), mix)


@pytest.mark.parametrize(("kind", "bits"), FORMATS)
@pytest.mark.parametrize("exact", [False, True])
def test_the_manifest_tells_the_null_depth(
    place: Place, kind: AudioFormat, bits: int, exact: bool
) -> None:
    song = place.song(seconds=2.0)
    result = split(place, song, exact, kind, bits)
    value = json.loads((result.folder / MANIFEST).read_text("utf-8"))
    assert value["format"]["exact_sum"] is exact
    depth = value["null_depth_db"]
    mix, stems = as_saved(decoded(song), bits), saved(result.folder, bits)
    if exact:
        separated = saved(split(place, song, False, kind, bits).folder, bits)
        assert depth["plain"] == pytest.approx(null_db(mix, separated), abs=0.01)
    else:
        assert depth["plain"] == depth["saved"]
    if exact and bits != 32:
        assert depth["saved"] is None
    else:
        assert depth["saved"] == pytest.approx(null_db(mix, stems), abs=0.01)
        assert (depth["saved"] < -120) == exact
    manifest = read_manifest(result.folder)
    assert manifest is not None and manifest.null_depth == result.null_depth
    assert result.null_depth == NullDepth(depth["plain"], depth["saved"])
    assert split(place, song, exact, kind, bits).null_depth == result.null_depth, "already split"


def test_a_part_of_the_stems_is_not_the_mix_and_that_is_said(place: Place) -> None:
    song = place.song()
    some = SeparationOptions("small", ("vocals", "other"))
    first = place.run(place.job(song, separation=some))
    assert first.null_depth is None and not first.notices
    value = json.loads((first.folder / MANIFEST).read_text("utf-8"))
    assert value["null_depth_db"] is None
    exact = place.job(song, separation=some, export=ExportOptions(AudioFormat.WAV, 24, True))
    again = place.run(exact)
    assert again.already and again.folder == first.folder, "the same stems: it has no effect"
    assert [item.code for item in again.notices] == [NoticeCode.SUM_LEFT_OUT]
    forced = place.run(exact, force=True)
    assert [item.code for item in forced.notices] == [NoticeCode.SUM_LEFT_OUT]
    value = json.loads((forced.folder / MANIFEST).read_text("utf-8"))
    assert value["format"]["exact_sum"] is False and not value["notices"]
    assert place.run(place.job(song, separation=some)).notices == ()


def test_all_stems_by_name_are_all(place: Place) -> None:
    separation = SeparationOptions("small", tuple(reversed(SOURCES)))
    export = ExportOptions(AudioFormat.WAV, 16, True)
    result = place.run(place.job(place.song(), separation=separation, export=export))
    assert not result.notices
    assert result.null_depth is not None and result.null_depth.saved_db is None


def test_cancelling_between_two_blocks_leaves_nothing(place: Place) -> None:
    job = place.job(place.song(seconds=4.0), export=ExportOptions(AudioFormat.FLAC, 24, True))
    stopper = Stopper(Stage.SAVING, 0.3)
    with pytest.raises(Cancelled):
        place.pipeline().run(job, stopper, stopper.token)
    assert not list(place.out.iterdir())
    saving = [item.fraction for item in stopper.seen if item.stage is Stage.SAVING]
    assert len(saving) == 1 and saving[0] < 0.5, "the other blocks were not written any more"
    result = place.run(job)
    assert np.array_equal(saved(result.folder, 24).sum(axis=0), as_saved(read(job.source), 24))
