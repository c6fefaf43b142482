from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.job import JobState
from stemdesk.core.link import Link
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings, save_settings
from stemdesk.engine.gpu_pack import LEAVING
from stemdesk.jobs.belongings import (
    Belonging,
    Kept,
    alone,
    belongings,
    is_at_work,
    remove,
    remove_locks,
)
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.gpu_removal import held, remove_leaving
from stemdesk.jobs.locks import compute_lock, job_lock
from stemdesk.jobs.space import empty_cache
from stemdesk.jobs.store import JobStore
from stemdesk.models.catalogue import catalogue
from stemdesk.models.record import Record, write_record
from stemdesk.paths import Folders
from support.jobs import a_job
from support.models import install_small

JOB = "0123456789abcdef" * 2
SOUND = f"{JOB}-01234567.f32"


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
        where.downloads / JOB / "media.m4a.part",
        where.downloader / "2026.11.1" / "yt_dlp" / "version.py",
        where.gpu_packs / "2.13.0" / "torch" / "__init__.py",
        where.cache / "playing" / SOUND,
        where.logs / "window.log",
        where.logs / "window.log.1",
        where.logs / "command-crash.log",
        where.demo / "Demo song.flac",
        where.data / "self-checks.json",
        where.data / "sound.json",
    ):
        put(path)
    import_small(where.models)


def import_small(models: Path) -> None:
    """A model as it lies there once it was imported."""
    file = install_small(models, "small")
    write_record(file, Record("0" * 64, file.stat().st_size, "mine.th", "0" * 64))


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


def gpu_pack_of(where: Folders) -> Belonging:
    put(where.gpu_packs / "2.13.0" / "torch" / "__init__.py")
    return by_kind(where)[Kept.GPU_PACK]


def test_a_gpu_pack_that_is_fetched_just_now_stays(where: Folders) -> None:
    item = gpu_pack_of(where)
    with held(where.data):
        assert remove(where, [item]) == (where.gpu_packs,)
    assert (where.gpu_packs / "2.13.0" / "torch" / "__init__.py").exists()
    assert remove(where, [item]) == ()
    assert not where.gpu_packs.exists()


def test_a_gpu_pack_that_the_system_does_not_let_go_goes_at_the_next_start(
    where: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows does it with a library that is loaded."""
    item, unlink = gpu_pack_of(where), Path.unlink

    def locked(path: Path, missing_ok: bool = False) -> None:
        if path.name == "__init__.py":
            raise PermissionError(13, "in use", str(path))
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", locked)
        assert remove(where, [item]) == (where.gpu_packs,)
    assert (where.gpu_packs / LEAVING).exists()
    remove_leaving(where.data)
    assert not where.gpu_packs.exists()


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
    waves = where.cache / "waves" / JOB
    source = put(waves / "inbox" / "song.mp3")
    stems = put(waves / "out" / "song" / "vocals.flac").parent
    into = put(waves / "stems" / "half.flac").parent
    unlisted = put(where.scratch / JOB / "another" / "vocals.flac").parent
    put(unlisted / MANIFEST)
    demo = where.demo / "Demo song.flac"
    store = JobStore(where.database)
    store.add([a_job(source, state=JobState.DONE, output=stems), a_job(demo)])
    store.close()
    where = replace(where, output_override=into)
    assert remove(where, belongings(where)) == ()
    kept = [source, stems / "vocals.flac", unlisted / "vocals.flac", unlisted / MANIFEST]
    kept.append(into / "half.flac")
    assert everything(tmp_path) == sorted(str(path.relative_to(tmp_path)) for path in kept)


def test_downloads_are_ours_and_go_unless_a_process_works_on_them(where: Folders) -> None:
    lived_in(where)
    media = put(where.downloads / JOB / "media.m4a")
    link = Link("https://example.org/song", fetched=True)
    store = JobStore(where.database)
    store.add([a_job(media, id=JOB, state=JobState.FAILED, link=link)])
    store.close()
    theirs = put(where.downloads / "notes.txt")
    items = [by_kind(where)[Kept.DOWNLOADS]]
    assert items[0].size_bytes == 2000
    with job_lock(where.scratch, JOB, media):
        assert remove(where, items) == (media.parent,)
    assert media.exists()
    assert remove(where, items) == ()
    assert not media.parent.exists() and theirs.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_go_and_what_they_lead_to_stays(where: Folders, tmp_path: Path) -> None:
    music = put(tmp_path / "music" / "song.mp3")
    link = where.cache / "waves" / JOB
    link.parent.mkdir(parents=True)
    link.symlink_to(music.parent, target_is_directory=True)
    assert by_kind(where)[Kept.CACHE].size_bytes < 1000
    remove(where, belongings(where))
    assert music.exists() and not where.cache.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may all")
def test_what_cannot_go_is_told(where: Folders) -> None:
    stuck = put(where.cache / "waves" / JOB / "file")
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


def test_of_a_cache_that_others_use_too_only_what_is_ours_goes(where: Folders) -> None:
    """`STEMDESK_HOME` may be a person's home, where `cache` is theirs."""
    theirs = [
        put(where.cache / "thesis.txt"),
        put(where.cache / "playing" / "song.f32"),
        put(where.cache / "waves" / "sea.wav"),
        put(where.cache / "remixes" / "mine" / "song.wav"),
        put(where.demo / "take 1.flac"),
    ]
    ours = [
        put(where.cache / "playing" / SOUND),
        put(where.cache / "playing" / f"{JOB}.json"),
        put(where.cache / "waves" / JOB / "0.peaks"),
        put(where.cache / "remixes" / JOB[:24] / "Song (Mix).wav"),
    ]
    assert by_kind(where)[Kept.CACHE].size_bytes == 4000
    assert empty_cache(where.cache) == 4000
    for path in ours:
        put(path)
    remove(where, belongings(where))
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in theirs)


def test_of_a_models_folder_that_others_use_too_only_what_is_ours_goes(where: Folders) -> None:
    models = where.models
    signature = catalogue()[0].files[0].signature
    import_small(models)
    downloaded = put(models / f"{signature}.safetensors")
    theirs = [
        put(models / f"{signature}-8726e21a.th"),  # another program's, with the same yaml
        models / "shared.yaml",
        models / "settings.yaml",
        models / "own.yaml",
        put(models / "c0ffee00.safetensors"),  # made here by hand
        put(models / "c0ffee00.json"),
        put(models / f"{signature}.json"),  # no record
    ]
    (models / "shared.yaml").write_text(f"models: ['{signature}']")
    (models / "settings.yaml").write_text("theme: dark")
    (models / "own.yaml").write_text("models: ['c0ffee00']")
    remove(where, belongings(where))
    assert everything(models) == sorted(path.name for path in theirs)
    assert not downloaded.exists()


def test_a_folder_that_was_chosen_stays_even_if_it_is_empty(where: Folders, tmp_path: Path) -> None:
    chosen = where.chosen(Settings(models_folder=str(tmp_path / "models")))
    lived_in(chosen)
    assert remove(chosen, belongings(chosen)) == ()
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["models"]


@pytest.mark.parametrize("one", [False, True])
def test_no_folder_of_ours_is_left(where: Folders, tmp_path: Path, one: bool) -> None:
    """Also where settings, list and logs lie in one folder, as on Windows and on a Mac."""
    if one:
        root = tmp_path / "one"
        where = Folders(root, root, root / "Logs", tmp_path / "music", cache_home=root / "Cache")
        save_settings(Settings(), where.settings_file)
    lived_in(where)
    put(where.data / "window.lock")
    with alone(where) as ours:
        assert ours
        assert remove(where, belongings(where)) == ()
    remove_locks(where)
    assert not where.data.exists() and not where.config.exists() and not where.logs.exists()


def test_folders_of_ours_that_are_empty_go_too(where: Folders) -> None:
    """Nothing is being split: nothing of it is listed."""
    JobStore(where.database).close()
    for empty in (where.scratch, where.cache):
        empty.mkdir(parents=True)
    assert remove(where, belongings(where)) == ()
    assert not where.scratch.exists() and not where.cache.exists() and not where.data.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_song_is_known_whatever_the_way_to_it(where: Folders, tmp_path: Path) -> None:
    lived_in(where)
    song = put(where.scratch / JOB / "song.mp3")
    (tmp_path / "link").symlink_to(tmp_path / "home", target_is_directory=True)
    source = tmp_path / "link" / song.relative_to(tmp_path / "home")
    assert source.exists()
    store = JobStore(where.database)
    store.add([a_job(source)])
    store.close()
    assert remove(where, belongings(where)) == ()
    assert everything(tmp_path / "home") == [str(song.relative_to(tmp_path / "home"))]


def test_a_job_that_another_process_works_on_keeps_its_files(where: Folders) -> None:
    lived_in(where)
    items = belongings(where)
    with job_lock(where.scratch, JOB, Path("song")):
        assert remove(where, items) == (where.scratch / JOB, where.downloads / JOB)
        assert (where.scratch / JOB / "passes" / "m0.f32").exists()
        assert is_at_work(where)


def test_nobody_begins_while_all_is_removed(where: Folders) -> None:
    lived_in(where)
    with alone(where) as ours:
        assert ours and is_at_work(where)
        with alone(where) as another:
            assert not another
    with job_lock(where.scratch, JOB, Path("song")), alone(where) as ours:
        assert not ours
    assert not is_at_work(where)
