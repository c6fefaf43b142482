"""Jobs that came from a link, as they stand once their song was fetched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from stemdesk.core.job import Job
from stemdesk.core.link import Link
from stemdesk.core.track import Tags
from stemdesk.jobs.acquire import new_link_job
from support.media import bursts, make
from support.models import SAMPLERATE
from support.place import Place

URL = "https://music.example/watch?v=1"
PICTURE = b"\x89PNG\r\n\x1a\n of a cover"


def downloads(place: Place) -> Path:
    return place.root / "downloads"


def link_job(place: Place, url: str = URL, **changes: Any) -> Job:
    """A job of a link before anything was asked about it."""
    plain = place.job(Path("unused"))
    job = new_link_job(url, plain.separation, plain.export, place.out, downloads(place))
    return replace(job, **changes)


def fetched_job(place: Place, kind: str = "m4a", **changes: Any) -> Job:
    """The same with its file and a cover in its folder of downloads."""
    job = link_job(place)
    folder = job.source
    folder.mkdir(parents=True)
    samples = bursts(round(1.2 * SAMPLERATE), SAMPLERATE, seed=7)
    media = make(folder / f"media.{kind.split('-', maxsplit=1)[0]}", kind, samples, SAMPLERATE)
    cover = folder / "cover.png"
    cover.write_bytes(PICTURE)
    link = Link(URL, "site 1", "Site", cover, fetched=True, page=URL)
    tags = Tags("Söng", "Bänd", "Älbum")
    return replace(job, source=media, tags=tags, link=link, **changes)
