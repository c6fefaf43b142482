import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, ExportError
from stemdesk.core.job import Job
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.track import Tags
from stemdesk.jobs.folder import (
    MANIFEST,
    Recipe,
    StemFile,
    ensure_writable,
    find_split,
    parent_folder,
    partial_folder,
    publish,
    read_manifest,
    write_manifest,
)
from support.jobs import a_job

RECIPE = Recipe("5-abc", "small", ("hash",), ((1.0,),), ("39/5",), ("vocals",), 0.25, 0, "wav", 24)


def partial(job: Job, recipe: Recipe = RECIPE, data: bytes = b"RIFF") -> None:
    folder = partial_folder(job)
    folder.mkdir(parents=True)
    (folder / "vocals.wav").write_bytes(data)
    files = [StemFile("vocals", "vocals.wav", len(data))]
    notices = (Notice(NoticeCode.TRUNCATED, {"decoded_s": 1.0, "declared_s": 2.0}),)
    facts = {"frames": 7, "samplerate": 44100}
    write_manifest(folder, job, recipe, facts, files, notices)


def test_a_published_folder_is_found_by_its_recipe(tmp_path: Path) -> None:
    job = a_job(root=tmp_path, tags=Tags("Song", "Band"))
    assert find_split(job, RECIPE.key) is None
    partial(job)
    folder = publish(job, None)
    assert folder == tmp_path / "Band - Song"
    assert find_split(job, RECIPE.key) == folder
    assert [path.name for path in tmp_path.iterdir()] == ["Band - Song"]
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.frames, manifest.title, manifest.files[0].stem) == (7, "Song", "vocals")
    assert manifest.notices[0].code is NoticeCode.TRUNCATED


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "6-abc"},
        {"hashes": ("other",)},
        {"weights": ((2.0,),)},
        {"segments": ("5",)},
        {"stems": ("drums",)},
        {"overlap": 0.5},
        {"format": "flac"},
        {"bits": 16},
        {"exact_sum": True},
        {"full_precision": True},
    ],
)
def test_anything_that_changes_the_stems_changes_the_key(change: dict[str, object]) -> None:
    assert replace(RECIPE, **change).key != RECIPE.key  # type: ignore[arg-type]


def test_a_sum_that_cannot_be_exact_makes_no_other_stems() -> None:
    part = replace(RECIPE, weights=((1.0, 1.0),))
    assert RECIPE.complete and not part.complete
    assert replace(part, exact_sum=True).key == part.key


def test_songs_of_earlier_versions_keep_their_key() -> None:
    parts = json.dumps([RECIPE.separation_key, "wav", 24])
    assert RECIPE.key == hashlib.sha256(parts.encode()).hexdigest()


def test_only_the_format_leaves_the_passes_usable() -> None:
    assert replace(RECIPE, exact_sum=True).separation_key == RECIPE.separation_key
    assert replace(RECIPE, format="flac", bits=16).separation_key == RECIPE.separation_key
    assert replace(RECIPE, overlap=0.5).separation_key != RECIPE.separation_key
    assert replace(RECIPE, model="renamed").key == RECIPE.key


def test_two_songs_of_one_name_both_stay(tmp_path: Path) -> None:
    names = []
    for number in range(3):
        job = a_job(root=tmp_path, tags=Tags("Song"))
        partial(job, replace(RECIPE, fingerprint=str(number)))
        names.append(publish(job, None).name)
    assert names == ["Song", "Song (2)", "Song (3)"]
    third = replace(RECIPE, fingerprint="2")
    assert find_split(a_job(root=tmp_path, tags=Tags("Song")), third.key) == tmp_path / "Song (3)"


def test_a_file_of_that_name_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "song").write_text("mine")
    job = a_job(Path("song"), tmp_path)
    partial(job)
    assert publish(job, None).name == "song (2)"
    assert (tmp_path / "song").read_text() == "mine"


def test_force_takes_the_folders_place_and_keeps_what_people_put_there(tmp_path: Path) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    (folder / "lyrics.txt").write_text("la la")
    again = a_job(root=tmp_path)
    partial(again, data=b"RIFF2")
    assert publish(again, folder) == folder
    assert (folder / "vocals.wav").read_bytes() == b"RIFF2"
    assert (folder / "lyrics.txt").read_text() == "la la"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("renames", [0, 1])
@pytest.mark.parametrize("stop", [OSError("in use"), KeyboardInterrupt()])
def test_whatever_stops_force_the_folder_stays_with_all_that_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int, stop: BaseException
) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    (folder / "lyrics.txt").write_text("la la")
    again = a_job(root=tmp_path)
    partial(again, data=b"RIFF2")
    rename = Path.rename
    left = [renames]

    def stopped(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == -1:
            raise stop
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises((ExportError, KeyboardInterrupt)):
        publish(again, folder)
    monkeypatch.setattr(Path, "rename", rename)
    assert (folder / "lyrics.txt").read_text() == "la la"
    assert (folder / "vocals.wav").read_bytes() == b"RIFF"
    assert publish(again, folder) == folder
    assert (folder / "vocals.wav").read_bytes() == b"RIFF2"
    assert (folder / "lyrics.txt").read_text() == "la la"


@pytest.mark.parametrize("moved", ["nothing", "the old one", "both"])
def test_a_replacing_that_was_killed_is_put_right_at_the_next_try(
    tmp_path: Path, moved: str
) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    (folder / "lyrics.txt").write_text("la la")
    if moved != "nothing":
        folder.rename(tmp_path / f".{folder.name}.{job.id}.old")
    if moved == "both":
        partial(job, data=b"RIFF2")
        partial_folder(job).rename(folder)
    ensure_writable(job)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert (folder / "lyrics.txt").read_text() == "la la"
    assert (folder / "vocals.wav").read_bytes() == (b"RIFF2" if moved == "both" else b"RIFF")


def test_a_folder_that_went_meanwhile_is_no_reason_to_fail(tmp_path: Path) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    assert publish(job, tmp_path / "gone") == tmp_path / "song"


@pytest.mark.parametrize("damage", ["missing", "short", "no manifest", "broken", "version"])
def test_an_incomplete_folder_does_not_count(tmp_path: Path, damage: str) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    manifest = folder / MANIFEST
    match damage:
        case "missing":
            (folder / "vocals.wav").unlink()
        case "short":
            (folder / "vocals.wav").write_bytes(b"R")
        case "no manifest":
            manifest.unlink()
        case "broken":
            manifest.write_text("{")
        case "version":
            value = json.loads(manifest.read_text("utf-8"))
            manifest.write_text(json.dumps({**value, "version": 2}))
    assert find_split(job, RECIPE.key) is None


def test_a_manifest_cannot_point_outside_of_its_folder(tmp_path: Path) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    value = json.loads((folder / MANIFEST).read_text("utf-8"))
    value["files"][0]["file"] = "../../secret.wav"
    (folder / MANIFEST).write_text(json.dumps(value))
    manifest = read_manifest(folder)
    assert manifest is not None and manifest.files[0].name == "secret.wav"


@pytest.mark.parametrize(
    ("written", "depth"),
    [
        ({}, None),
        ({"null_depth_db": None}, None),
        ({"null_depth_db": {"plain": -38.2, "saved": None}}, NullDepth(-38.2, None)),
        ({"null_depth_db": {"plain": -38, "saved": -38}}, NullDepth(-38.0, -38.0)),
    ],
)
def test_manifests_with_and_without_a_null_depth(
    tmp_path: Path, written: dict[str, object], depth: NullDepth | None
) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    folder = publish(job, None)
    value = json.loads((folder / MANIFEST).read_text("utf-8"))
    del value["null_depth_db"]
    (folder / MANIFEST).write_text(json.dumps({**value, **written}))
    manifest = read_manifest(folder)
    assert manifest is not None and manifest.null_depth == depth


def test_the_tree_is_kept_with_safe_names(tmp_path: Path) -> None:
    job = a_job(root=tmp_path, relative=Path("Album: One/CON"))
    assert parent_folder(job) == tmp_path / "Album_ One" / "_CON"


def test_titles_cannot_climb_out(tmp_path: Path) -> None:
    job = a_job(root=tmp_path / "out", tags=Tags("../../x", ".."))
    partial(job)
    assert publish(job, None).parent == tmp_path / "out"


def test_the_output_folder_is_made_and_tried(tmp_path: Path) -> None:
    job = a_job(root=tmp_path / "new" / "out")
    ensure_writable(job)
    assert job.root.is_dir() and not list(job.root.iterdir())


def test_what_a_crash_left_while_saving_goes(tmp_path: Path) -> None:
    job = a_job(root=tmp_path)
    partial(job)
    ensure_writable(job)
    assert not partial_folder(job).exists()


def test_a_place_that_takes_no_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ExportError) as caught:
        ensure_writable(a_job(root=tmp_path / "out"))
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
