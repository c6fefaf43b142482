"""One job's way through real parts: decoder, networks, encoder, file system."""

import gc
import json
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from demucs.apply import apply_model

from stemdesk.audio.store import JobAudio
from stemdesk.core.errors import (
    Cancelled,
    ErrorCode,
    ExportError,
    ModelError,
    Paused,
    SourceError,
    StemDeskError,
)
from stemdesk.core.notices import NoticeCode
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Progress, Stage
from stemdesk.core.track import Tags
from stemdesk.jobs import pipeline as pipeline_module
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.scratch import NORMALISE_S
from support.media import bursts, make
from support.models import SOURCES, small_htdemucs
from support.place import Place, Stopper, read

WAV32 = ExportOptions(AudioFormat.WAV, 32)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


def test_the_saved_stems_are_what_demucs_computes(place: Place) -> None:
    song = place.song()
    result = place.run(place.job(song, export=WAV32))
    mix = torch.from_numpy(read(song))
    mono = mix.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    stock: Any = small_htdemucs()
    with torch.no_grad():
        stems = apply_model(stock, ((mix - mean) / deviation)[None], shifts=0, overlap=0.25)[0]
    expected = (stems * deviation + mean).numpy()
    for stem, samples in zip(SOURCES, expected, strict=True):
        saved = read(result.folder / f"{stem}.wav")
        assert saved.shape == samples.shape
        assert np.linalg.norm(saved - samples) <= 1e-5 * np.linalg.norm(samples)


def test_what_computes_is_told_once(place: Place) -> None:
    told: list[tuple[str, str]] = []
    pipeline = place.pipeline(device_met=lambda *met: told.append((met[0], met[1].name)))
    for name in ("one.wav", "two.wav"):
        pipeline.run(place.job(place.song(name)), lambda _: None, CancelToken())
    assert told == [("cpu", "cpu")]


def test_the_folder_holds_the_stems_and_a_manifest(place: Place) -> None:
    song = place.song()
    job = place.job(song, tags=Tags("Söng", "Bänd"))
    result = place.run(job)
    assert result.folder == place.out / "Bänd - Söng"
    assert sorted(path.name for path in result.folder.iterdir()) == [
        "bass.wav",
        "drums.wav",
        "other.wav",
        MANIFEST,
        "vocals.wav",
    ]
    manifest = json.loads((result.folder / MANIFEST).read_text("utf-8"))
    assert (manifest["frames"], manifest["samplerate"]) == (52920, 44100)
    assert manifest["source"]["file"] == "song.wav" and manifest["model"]["name"] == "small"
    assert [path.name for path in place.out.iterdir()] == ["Bänd - Söng"]


@pytest.mark.parametrize(
    ("kind", "bits"),
    [(AudioFormat.WAV, 16), (AudioFormat.WAV, 24), (AudioFormat.FLAC, 16), (AudioFormat.FLAC, 24)],
)
def test_every_format_holds_the_same_stems(place: Place, kind: AudioFormat, bits: int) -> None:
    song = place.song(seconds=0.6)
    exact = place.run(place.job(song, export=WAV32)).folder
    coded = place.run(place.job(song, export=ExportOptions(kind, bits))).folder
    for stem in SOURCES:
        samples = np.clip(read(exact / f"{stem}.wav"), -1, 1)
        error = np.abs(read(coded / f"{stem}.{kind.value}") - samples).max()
        assert error <= 1.01 * 2.0 ** (1 - bits)


def test_only_wanted_stems_are_computed_and_saved(place: Place) -> None:
    job = place.job(place.song(), separation=SeparationOptions("small", ("vocals", "drums")))
    folder = place.run(job).folder
    assert sorted(contents(folder)) == ["drums.wav", "vocals.wav"]
    whole = place.run(place.job(place.song())).folder
    assert (folder / "vocals.wav").read_bytes() == (whole / "vocals.wav").read_bytes()


def test_a_song_that_is_split_is_passed_over_and_force_splits_it_again(place: Place) -> None:
    song = place.song()
    first = place.run(place.job(song))
    again = place.run(place.job(song))
    assert again.already and again.folder == first.folder and again.frames == first.frames
    (first.folder / "notes.txt").write_text("mine")
    forced = place.run(place.job(song), force=True)
    assert not forced.already and forced.folder == first.folder
    assert (first.folder / "notes.txt").read_text() == "mine"
    assert len(list(place.out.iterdir())) == 1


def test_what_was_split_while_it_waited_is_not_split_again(place: Place) -> None:
    song = place.song()
    first: list[Path] = []

    def report(progress: Progress) -> None:
        if progress.stage is Stage.DECODING and progress.fraction == 1.0 and not first:
            first.append(place.run(place.job(song)).folder)

    second = place.pipeline().run(place.job(song), report, CancelToken())
    assert second.already and second.folder == first[0]
    assert len(list(place.out.iterdir())) == 1


def test_other_options_and_other_songs_get_a_folder_of_their_own(place: Place) -> None:
    tags = Tags("Song")
    one = place.run(place.job(place.song("a.wav", seed=1), tags=tags))
    two = place.run(place.job(place.song("b.wav", seed=2), tags=tags))
    other = place.job(
        place.song("a.wav", seed=1), tags=tags, separation=SeparationOptions("small", ("bass",))
    )
    assert [item.code for item in two.notices] == [NoticeCode.RENAMED]
    assert [one.folder.name, two.folder.name, place.run(other).folder.name] == [
        "Song",
        "Song (2)",
        "Song (3)",
    ]


@pytest.mark.parametrize("how", ["cancel", "pause"])
@pytest.mark.parametrize(
    ("stage", "fraction"),
    [(Stage.DECODING, 0.0), (Stage.SEPARATING, 0.0), (Stage.SEPARATING, 0.5), (Stage.SAVING, 0.3)],
)
def test_a_stopped_job_goes_on_and_gives_the_same_bits(
    place: Place, stage: Stage, fraction: float, how: str
) -> None:
    song = place.song(seconds=2.0)
    undisturbed = contents(place.run(place.job(song)).folder)
    job = place.job(song, root=place.root / "again")
    stopper = Stopper(stage, fraction, how)
    with pytest.raises(Paused if how == "pause" else Cancelled):
        place.pipeline().run(job, stopper, stopper.token)
    assert not list((place.root / "again").rglob("*.wav")), "nothing half-written"
    finished = len(list((place.scratch / job.id).glob("passes/*.f32")))
    after = Stopper(Stage.SAVING, 2.0)
    result = place.pipeline().run(job, after, after.token)
    separating = [item for item in after.seen if item.stage is Stage.SEPARATING]
    total = len(list((place.scratch / job.id).glob("passes/*.f32")))
    assert separating[0].fraction == pytest.approx(finished / total)
    assert contents(result.folder) == undisturbed
    assert {path.name for path in (place.root / "again").iterdir()} == {"song"}


def test_scratch_of_another_recipe_is_not_used(place: Place) -> None:
    song = place.song()
    stopper = Stopper(Stage.SEPARATING, 0.9)
    job = place.job(song)
    with pytest.raises(Cancelled):
        place.pipeline().run(job, stopper, stopper.token)
    place.song(seed=8)  # the same name, another song
    result = place.run(job)
    fresh = place.run(place.job(song, root=place.root / "fresh"))
    assert contents(result.folder) == contents(fresh.folder)


def test_progress_runs_through_the_stages_and_never_back(place: Place) -> None:
    stopper = Stopper(Stage.SAVING, 2.0)
    place.pipeline().run(place.job(place.song(seconds=3)), stopper, stopper.token)
    stages = list(dict.fromkeys(item.stage for item in stopper.seen))
    assert stages == [Stage.DECODING, Stage.SEPARATING, Stage.SAVING]
    for stage in stages:
        fractions = [item.fraction for item in stopper.seen if item.stage is stage]
        assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert any(item.left_s is not None for item in stopper.seen)


@pytest.mark.parametrize("frames", [1, 2, 100, 22050, 22051])
def test_the_shortest_songs_work(place: Place, frames: int) -> None:
    samples = np.tile(np.linspace(0.25, -0.25, frames, dtype=np.float32), (2, 1))
    song = make(place.root / "short.wav", "wav-f32", samples, 44100)
    result = place.run(place.job(song))
    assert result.frames == frames
    stems = [read(result.folder / f"{stem}.wav") for stem in SOURCES]
    assert all(stem.shape == (2, frames) and np.isfinite(stem).all() for stem in stems)


def test_silence_stays_silent(place: Place) -> None:
    song = make(place.root / "s.wav", "wav-16", np.zeros((2, 44100), np.float32), 44100)
    result = place.run(place.job(song))
    assert all(np.abs(read(result.folder / f"{stem}.wav")).max() < 1e-4 for stem in SOURCES)


@pytest.mark.parametrize(
    ("kind", "rate", "channels"),
    [("wav-16", 8000, 1), ("wav-24", 192_000, 2), ("wav-16", 48000, 8)],
)
def test_rates_and_channels(place: Place, kind: str, rate: int, channels: int) -> None:
    song = make(place.root / "s.wav", kind, bursts(rate, rate, channels), rate)
    result = place.run(place.job(song))
    assert result.frames == 44100
    assert read(result.folder / "vocals.wav").shape == (2, 44100)
    assert [item.code for item in result.notices if item.code is NoticeCode.DOWNMIXED] == (
        [NoticeCode.DOWNMIXED] if channels > 2 else []
    )


def test_notices_of_the_decoder_reach_the_result_and_the_manifest(place: Place) -> None:
    song = place.song()
    song.write_bytes(song.read_bytes()[:-100_000])
    result = place.run(place.job(song))
    assert result.notices[0].code is NoticeCode.TRUNCATED
    manifest = json.loads((result.folder / MANIFEST).read_text("utf-8"))
    assert manifest["notices"][0]["code"] == "truncated"
    assert place.run(place.job(song)).notices == result.notices


def test_loud_stems_are_clipped_with_a_word_and_float_keeps_them(place: Place) -> None:
    samples = 40 * bursts(44100, 44100)
    song = make(place.root / "loud.wav", "wav-f32", samples, 44100)
    clipped = place.run(place.job(song))
    assert NoticeCode.CLIPPED in [item.code for item in clipped.notices]
    assert max(np.abs(read(clipped.folder / f"{stem}.wav")).max() for stem in SOURCES) <= 1.0
    whole = place.run(place.job(song, export=WAV32))
    assert NoticeCode.CLIPPED not in [item.code for item in whole.notices]
    assert max(np.abs(read(whole.folder / f"{stem}.wav")).max() for stem in SOURCES) > 1.0


@pytest.mark.parametrize(
    "name",
    [
        "🎸 “quotes” 'n' more.wav",
        "CON.wav",
        "a" * 250 + ".wav",
        "trailing .wav",
        "ünï.wav",
        "..wav",
    ],
)
def test_names_that_trouble_file_systems(place: Place, name: str) -> None:
    result = place.run(place.job(place.song(name)))
    assert result.folder.parent == place.out and len(list(result.folder.iterdir())) == 5


@pytest.mark.parametrize("title", ["../x", "x" * 300, "NUL", "a/b\\c", "🎸" * 100], ids=range(5))
def test_titles_that_trouble_file_systems(place: Place, title: str) -> None:
    result = place.run(place.job(place.song(), tags=Tags(title)))
    assert result.folder.parent == place.out


def test_stems_beside_the_song_leave_it_alone(place: Place) -> None:
    song = place.song("song")  # without a suffix: the folder would have its name
    before = song.read_bytes()
    result = place.run(place.job(song, root=place.root))
    assert result.folder == place.root / "song (2)"
    assert song.read_bytes() == before


def test_a_song_that_changes_meanwhile_is_not_split(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = place.song()
    marks = iter(["1-a", "1-b"])
    monkeypatch.setattr("stemdesk.jobs.pipeline.fingerprint", lambda _: next(marks))
    monkeypatch.setattr("stemdesk.jobs.scratch.fingerprint", lambda _: next(marks))
    with pytest.raises(SourceError) as caught:
        place.run(place.job(song))
    assert caught.value.code is ErrorCode.SOURCE_CHANGED


@pytest.mark.parametrize(
    ("separation", "code"),
    [
        (SeparationOptions("none"), ErrorCode.MODEL_MISSING),
        (SeparationOptions("../small"), ErrorCode.MODEL_MISSING),
        (SeparationOptions("small", ("kazoo",)), ErrorCode.STEM_UNKNOWN),
    ],
)
def test_what_the_model_cannot_do_is_said_before_any_work(
    place: Place, separation: SeparationOptions, code: ErrorCode
) -> None:
    with pytest.raises(ModelError) as caught:
        place.run(place.job(place.song(), separation=separation))
    assert caught.value.code is code
    assert not place.out.exists()


def test_a_song_that_is_not_there(place: Place) -> None:
    with pytest.raises(SourceError) as caught:
        place.run(place.job(place.root / "none.wav"))
    assert caught.value.code is ErrorCode.SOURCE_MISSING


def test_a_file_that_is_no_sound_leaves_nothing_behind(place: Place) -> None:
    text = place.root / "text.mp3"
    text.write_text("This is no music. " * 500)
    with pytest.raises(SourceError) as caught:
        place.run(place.job(text))
    assert caught.value.code is ErrorCode.SOURCE_UNSUPPORTED
    assert not list(place.out.iterdir())


def test_an_output_that_cannot_be_written_is_said_before_any_work(place: Place) -> None:
    (place.root / "out").write_text("a file where the folder should be")
    job = place.job(place.song())
    with pytest.raises(ExportError) as caught:
        place.run(job)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert JobAudio(place.scratch / job.id).facts() is None


def test_a_job_that_another_process_works_on_is_left_alone(place: Place) -> None:
    job = place.job(place.song())
    inner: list[BaseException] = []

    def report(_: object) -> None:
        if not inner:
            try:
                place.run(job)
            except StemDeskError as error:
                inner.append(error)

    place.pipeline().run(job, report, CancelToken())
    assert isinstance(inner[0], StemDeskError) and inner[0].code is ErrorCode.JOB_BUSY


def test_songs_longer_than_the_limit_are_refused(place: Place) -> None:
    with pytest.raises(SourceError) as caught:
        place.run(place.job(place.song(seconds=2.0)), limit_s=1.0)
    assert caught.value.code is ErrorCode.SOURCE_TOO_LONG


# --- while it is decoded, in any order, as it was computed ---


def test_separating_begins_before_a_long_song_is_decoded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_pass = threading.Event()
    append = JobAudio._append
    seconds = 0.0

    def slowly(self: JobAudio, file: Any, block: Any) -> None:
        nonlocal seconds
        append(self, file, block)
        seconds += block.shape[1] / 44100
        if seconds > NORMALISE_S + 2:  # the rest of the song comes only after the first pass
            assert first_pass.wait(60)

    monkeypatch.setattr(JobAudio, "_append", slowly)
    song = place.song(seconds=NORMALISE_S + 5.0)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.stage is Stage.SEPARATING and progress.fraction > 0:
            first_pass.set()

    result = place.pipeline().run(place.job(song), report, CancelToken())
    assert result.frames == round((NORMALISE_S + 5.0) * 44100)
    fractions = [item.fraction for item in seen if item.stage is Stage.SEPARATING]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    monkeypatch.undo()
    whole = place.run(place.job(song, root=place.root / "again"))
    assert contents(result.folder) == contents(whole.folder)


def test_a_place_made_next_is_final_first_and_the_stems_are_the_same(place: Place) -> None:
    song = place.song(seconds=4.0)
    pipeline = place.pipeline()
    wanted = 3 * 44100
    finals: list[tuple[tuple[int, int], ...]] = []

    def report(progress: Progress) -> None:
        if progress.stage is Stage.SEPARATING:
            pipeline.prioritise(wanted)
            finals.append(pipeline.final())

    result = pipeline.run(place.job(song), report, CancelToken())
    first = next(ranges for ranges in finals if ranges)
    assert first[0][0] > 0 and first[0][0] <= wanted < first[0][1] + 22050
    assert finals[-1] == ((0, 4 * 44100),)
    assert pipeline.final() == (), "no job runs any more"
    pipeline.prioritise(0)
    whole = place.run(place.job(song, root=place.root / "again"))
    assert contents(result.folder) == contents(whole.folder)


def computed(folder: Path) -> Any:
    return json.loads((folder / MANIFEST).read_text("utf-8"))["computed"]


def test_the_manifest_tells_how_the_stems_were_computed(place: Place) -> None:
    folder = place.run(place.job(place.song())).folder
    (setup,) = computed(folder)
    assert setup["device"] == "cpu" and setup["torch"] == torch.__version__
    assert list(setup["implementations"].values()) == ["fast"]


def test_the_manifest_tells_that_the_way_of_computing_changed(place: Place) -> None:
    job = place.job(place.song(seconds=2.0))
    stopper = Stopper(Stage.SEPARATING, 0.5)
    with pytest.raises(Cancelled):
        place.pipeline().run(job, stopper, stopper.token)
    setups = place.scratch / job.id / "setups.json"
    setups.write_text(setups.read_text().replace(torch.__version__, "0.9"))
    assert [item["torch"] for item in computed(place.run(job).folder)] == ["0.9", torch.__version__]


def test_shifts_give_other_stems_and_are_told(place: Place) -> None:
    song = place.song()
    plain = place.run(place.job(song))
    shifted = place.run(place.job(song, separation=SeparationOptions("small", shifts=2)))
    assert shifted.folder != plain.folder
    assert contents(shifted.folder) != contents(plain.folder)
    manifest = json.loads((shifted.folder / MANIFEST).read_text("utf-8"))
    assert manifest["options"]["shifts"] == 2


def test_a_self_check_is_remembered_between_pipelines(place: Place) -> None:
    checks = place.root / "checks.json"
    place.run(place.job(place.song()), checks=checks)
    assert list(json.loads(checks.read_text()).values()) == [True]
    before = checks.stat().st_mtime_ns
    place.run(place.job(place.song("b.wav")), checks=checks)
    assert checks.stat().st_mtime_ns == before


def test_at_rest_the_models_are_gone_and_the_next_job_loads_them_again(place: Place) -> None:
    pipeline = place.pipeline()
    first = pipeline.run(place.job(place.song(), export=WAV32), lambda _: None, CancelToken())
    networks = [
        weakref.ref(network)
        for separator in pipeline._separators.values()
        for network in separator.networks._loaded.values()
    ]
    pipeline.rest()
    gc.collect()
    assert len(networks) == 1 and networks[0]() is None
    other = place.song("other.wav")
    second = pipeline.run(place.job(other, export=WAV32), lambda _: None, CancelToken())
    assert second.folder != first.folder
    assert contents(first.folder) == contents(second.folder)


def test_rest_without_a_job_does_not_import_torch(place: Place) -> None:
    code = (
        "import sys; from stemdesk.jobs.pipeline import Pipeline;"
        "Pipeline(None).rest(); print('torch' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(Path(pipeline_module.__file__).parents[2])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"
