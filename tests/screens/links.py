"""Songs that come from links, for the pictures: what is behind them, what is in the library."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders
from support.fake_links import link_job
from support.link_services import ScriptedLinks, a_list, slow

_SITE = "https://music.example"
_COVERS = {"night-train": ("#12355b", "#d72638"), "sunday": ("#f49d37", "#140f2d")}


@dataclass
class ScreenLinks(ScriptedLinks):
    """`songs`: what is pasted."""

    songs: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=("night-train", "sunday", "the-album", "morning"))


def scripted_links(root: Path) -> ScreenLinks:
    """One song is downloaded for ever, one is looked up for ever, one link leads to a list."""
    script = ScreenLinks()
    script.songs = tuple(f"{_SITE}/{name}" for name in script.names)
    script.covers = {name: _cover(root / f"{name}.png", *both) for name, both in _COVERS.items()}
    script.fetches["night-train"] = slow
    script.looks["morning"] = slow
    album = script.songs[2]
    script.lists[album] = a_list(album, "one", "two", "three!", "four", title="Harbour Songs")
    script.update = _slow_update
    return script


def _slow_update(report: TransferReport, cancel: CancelToken) -> str:
    report(Transfer("yt_dlp.whl", 1_300_000, 3_000_000, 1_200_000.0, 1.4))
    while True:
        cancel.wait(0.05)


def _cover(path: Path, one: str, other: str) -> Path:
    """A picture of 320 by 180 points, as videos have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = QImage(320, 180, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    shades = QLinearGradient(QPointF(0, 0), QPointF(320, 180))
    shades.setColorAt(0, QColor(one))
    shades.setColorAt(1, QColor(other))
    painter.fillRect(image.rect(), shades)
    painter.end()
    assert image.save(str(path))
    return path


def fill_links(folders: Folders, root: Path) -> None:
    """Links that failed, and one that rests half-way."""
    login = Failure(ErrorCode.LINK_LOGIN, "Sign in to confirm", None, {"site": "Music Example"})
    changed = Failure(
        ErrorCode.LINK_SITE_CHANGED,
        "Unable to extract",
        None,
        {"site": "Music Example", "version": "2026.10.26"},
    )
    jobs = [
        link_job(f"{_SITE}/watch", id="login", state=JobState.FAILED, failure=login),
        link_job(
            f"{_SITE}/listen/4711",
            "A rather long title <b>of a song</b> that does not fit",
            "The Foghorns",
            id="changed",
            state=JobState.FAILED,
            failure=changed,
        ),
        link_job(
            f"{_SITE}/rest",
            "Half-way Home",
            "The Foghorns",
            duration_s=187.0,
            id="unfetched",
            state=JobState.PAUSED,
        ),
    ]
    store = JobStore(folders.database)
    try:
        store.add(jobs)
    finally:
        store.close()
