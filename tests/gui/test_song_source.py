from __future__ import annotations

import os
from pathlib import Path

from stemdesk.gui.song_files import find_stems
from stemdesk.gui.song_source import find_live, saved_source
from stemdesk.paths import Folders
from support.jobs import a_job
from support.live_jobs import make_live
from support.models import SOURCES, edit_arguments, install_small
from support.stage import song_folder


def folders(root: Path) -> Folders:
    return Folders(root / "config", root / "data", root / "logs", root / "music", root / "models")


def a_file(root: Path) -> Path:
    path = root / "song.wav"
    path.write_bytes(b"la la la")
    return path


def test_a_song_that_is_split_has_the_rate_of_its_model(tmp_path: Path) -> None:
    where = folders(tmp_path)
    edit_arguments(install_small(where.models), samplerate=48_000)
    song = find_live(a_job(a_file(tmp_path)), make_live(tmp_path), where)
    assert song is not None
    assert (song.samplerate, song.stems, song.live) == (48_000, SOURCES, True)


def test_a_file_that_is_written_anew_is_another_song(tmp_path: Path) -> None:
    path, live, where = a_file(tmp_path), make_live(tmp_path), folders(tmp_path)
    job = a_job(path)
    first, again = (find_live(job, live, where) for _ in range(2))
    os.utime(path, ns=(1, 1))
    other = find_live(job, live, where)
    assert first is not None and again is not None and other is not None
    assert first.key == again.key != other.key


def test_a_finished_song_whose_own_file_is_back_is_drawn_anew(tmp_path: Path) -> None:
    live, job = make_live(tmp_path), a_job(tmp_path / "song.wav")
    folder = song_folder(tmp_path / "out")

    def key() -> str:
        return saved_source(job, find_stems(job.id, folder, job.source), live).key

    alone = key()
    assert key() == alone
    a_file(tmp_path)
    assert key() != alone


def test_a_file_that_is_gone_cannot_be_heard(tmp_path: Path) -> None:
    assert find_live(a_job(tmp_path / "gone.wav"), make_live(tmp_path), folders(tmp_path)) is None
