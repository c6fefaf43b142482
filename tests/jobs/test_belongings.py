from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.job import JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings, save_settings
from stemdesk.jobs.belongings import Belonging, Kept, belongings, is_at_work, remove
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.locks import compute_lock, job_lock
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders
from support.jobs import a_job
from support.models import install_small

JOB = "0123456789abcdef" * 2


def put(path: Path, size: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


@pytest.fixture
def where(tmp_path: Path) -> Folders:
    root = tmp_path / "home"
    folders = Folders(root / "config", root / "data", root / "logs", root / "music")
    save_settings(Settings(), folders.settings_file)
    return folders


def lived_in(where: Folders) -> None:
    """A home in which something of everything is kept."""
    JobStore(where.database).close()
    for path in (
        where.scratch / JOB / "passes" / "m0.f32",
        where.scratch / f"{JOB}.lock",
        where.cache / "decoded" / "song.f32",
        where.logs / "window.log",
        where.logs / "window.log.1",
        where.logs / "command-crash.log",
        where.demo / "demo.flac",
        where.data / "self-checks.json",
    ):
        put(path)
    install_small(where.models, "small")


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def by_kind(where: Folders) -> dict[Kept, Belonging]:
    return {item.kind: item for item in belongings(where)}


def test_all_that_is_kept_is_listed_with_its_size_and_goes(where: Folders, tmp_path: Path) -> None:
    lived_in(where)
    found = by_kind(where)
    assert list(found) == list(Kept)
    assert found[Kept.SCRATCH].size_bytes == 2000
    assert found[Kept.CACHE].size_bytes == 1000
    assert found[Kept.LOGS].size_bytes == 3000
    total = sum((tmp_path / "home" / name).stat().st_size for name in everything(tmp_path / "home"))
    assert sum(item.size_bytes for item in found.values()) == total
    assert remove(where, tuple(found.values())) == ()
    assert everything(tmp_path) == []
    assert belongings(where) == ()


def test_a_new_home_has_only_its_settings(where: Folders) -> None:
    assert [item.kind for item in belongings(where)] == [Kept.SETTINGS]


def test_models_stay_if_they_are_not_asked_for(where: Folders) -> None:
    lived_in(where)
    before = everything(where.models)
    assert remove(where, [item for item in belongings(where) if item.kind is not Kept.MODELS]) == ()
    assert everything(where.models) == before


def test_in_chosen_folders_only_what_is_ours_goes(where: Folders, tmp_path: Path) -> None:
    chosen = where.chosen(
        Settings(
            scratch_folder=str(tmp_path / "work"),
            cache_folder=str(tmp_path / "work"),
            models_folder=str(tmp_path / "models"),
        )
    )
    lived_in(chosen)
    theirs = [
        put(tmp_path / "work" / "thesis.txt"),
        put(chosen.scratch / "notes.txt"),
        put(chosen.models / "another.safetensors"),
        put(chosen.logs / "theirs.log"),
        put(chosen.data / "theirs.txt"),
    ]
    assert remove(chosen, belongings(chosen)) == ()
    assert everything(tmp_path) == sorted(str(path.relative_to(tmp_path)) for path in theirs)


def test_stems_and_songs_stay_wherever_they_are(where: Folders, tmp_path: Path) -> None:
    """Even if someone saves into our own folders."""
    lived_in(where)
    source = put(where.cache / "inbox" / "song.mp3")
    stems = put(where.cache / "out" / "song" / "vocals.flac").parent
    unlisted = put(where.scratch / JOB / "another" / "vocals.flac").parent
    put(unlisted / MANIFEST)
    demo = where.demo / "demo.flac"
    store = JobStore(where.database)
    store.add([a_job(source, state=JobState.DONE, output=stems), a_job(demo)])
    store.close()
    assert remove(where, belongings(where)) == ()
    kept = [source, stems / "vocals.flac", unlisted / "vocals.flac", unlisted / MANIFEST]
    assert everything(tmp_path) == sorted(str(path.relative_to(tmp_path)) for path in kept)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_go_and_what_they_lead_to_stays(where: Folders, tmp_path: Path) -> None:
    music = put(tmp_path / "music" / "song.mp3")
    where.cache.mkdir(parents=True)
    (where.cache / "link").symlink_to(music.parent, target_is_directory=True)
    assert by_kind(where)[Kept.CACHE].size_bytes < 1000
    remove(where, belongings(where))
    assert music.exists() and not where.cache.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may all")
def test_what_cannot_go_is_told(where: Folders) -> None:
    stuck = put(where.cache / "stuck" / "file")
    stuck.parent.chmod(0o500)
    try:
        assert remove(where, belongings(where)) == (stuck,)
    finally:
        stuck.parent.chmod(0o700)


def test_a_list_that_cannot_be_read_goes_all_the_same(where: Folders) -> None:
    put(where.database, 5000)
    assert remove(where, belongings(where)) == ()
    assert not where.database.exists()


def test_who_works_is_seen(where: Folders) -> None:
    lived_in(where)
    assert not is_at_work(where)
    with job_lock(where.scratch, JOB, Path("song")):
        assert is_at_work(where)
    with compute_lock(where.compute_lock, lambda _: None, CancelToken()):
        assert is_at_work(where)
    assert not is_at_work(where)
    assert not is_at_work(replace(where, data=where.data / "nothing"))
