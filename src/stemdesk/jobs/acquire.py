"""From a link to a job whose song is there: looked up, then downloaded. No Qt.

A link is a job from the start. `look_up_job` finds out what is behind it: a song, or a list, in
whose place jobs for the chosen entries come. `fetch_job` downloads the song into the job's folder
below `Folders.downloads`; from then on it is a job as of any file. Each holds the job's lock, so
that no two processes work on it.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stemdesk.audio.decode import probe
from stemdesk.audio.tags import read_tags
from stemdesk.core.errors import Cancelled, ErrorCode, LinkError, SourceError
from stemdesk.core.job import Job, JobState
from stemdesk.core.link import Link, shown
from stemdesk.core.names import safe_name
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.settings import Settings
from stemdesk.core.track import Tags
from stemdesk.core.transfer import Transfer
from stemdesk.fetch.links.client import download, fetch_cover, look_up
from stemdesk.fetch.links.values import Fetched, LinkEntry, LinkList, LinkRules, LinkSong
from stemdesk.fetch.runtime import find_runtime
from stemdesk.fetch.tool import tool_in_use
from stemdesk.jobs.downloads import download_folder
from stemdesk.jobs.locks import job_lock
from stemdesk.paths import Folders, user_path

COVER_S = 5.0  # so long a song's title waits for its picture
_GB = 10**9


def rules_of(settings: Settings, where: Folders, *, allow_local: bool | None = None) -> LinkRules:
    """What links may do, as the settings say; `allow_local`: instead of theirs.

    Looks for a newer downloader and for the JavaScript runtime, which it starts the first time: not
    for the GUI thread.
    """
    cookies = settings.cookies_file
    return LinkRules(
        max_duration_s=settings.longest_link_hours * 3600,
        max_bytes=int(settings.largest_link_gb * _GB),
        allow_local=settings.local_network if allow_local is None else allow_local,
        cookies_browser=settings.cookies_browser,
        cookies_file=user_path(cookies) if cookies else None,
        runtime=find_runtime(),
        tool=tool_in_use(where.data).folder,
    )


def new_link_job(
    url: str, separation: SeparationOptions, export: ExportOptions, root: Path, downloads: Path
) -> Job:
    """A queued job for what is behind `url` (`core.link.read_link`), with an id of its own."""
    job_id = uuid.uuid4().hex
    return Job(
        id=job_id,
        source=download_folder(downloads, job_id),
        separation=separation,
        export=export,
        root=root,
        created=time.time(),
        link=Link(url),
    )


def entry_jobs(
    job: Job, listed: LinkList, chosen: Sequence[LinkEntry], downloads: Path
) -> list[Job]:
    """Jobs for chosen entries of the list that is behind the job's link, with its options; their
    song folders lie in one that is called as the list. To be put in the job's place
    (`JobStore.put_in_place`)."""
    title = safe_name(listed.title, "") if listed.title else ""
    jobs = []
    for entry in chosen:
        new = new_link_job(entry.url, job.separation, job.export, job.root, downloads)
        jobs.append(
            replace(
                new,
                relative=job.relative / title,
                tags=Tags(entry.title, entry.artist, "", entry.duration_s),
                link=Link(entry.url, entry.key, listed.site),
            )
        )
    return jobs


def needs_look_up(job: Job) -> bool:
    """Whether nothing is known of the job's link yet. Of a list's entries enough is."""
    return job.needs_fetch and job.link is not None and not job.link.key


def look_up_job(
    job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
) -> Job | LinkList:
    """The job with the song's title, artist, picture and so on, or the list that is behind its
    link.

    The first report comes once the job's lock is held, without a transfer. Raises `LinkError`,
    `StemDeskError` (JOB_BUSY), `Cancelled`, `Paused`.
    """
    with _held(job, where, report):
        return _looked_up(job, where, rules, cancel)


def fetch_job(
    job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
) -> Job:
    """Download the job's song; the job with its file as the source. What is there of it already
    is gone on with; what there is stays when this raises.

    The first report comes once the job's lock is held. Raises `LinkError`, `DiskFullError`,
    `ExportError`, `StemDeskError` (JOB_BUSY), `Cancelled`, `Paused`.
    """
    with _held(job, where, report):
        return _fetched(job, where, rules, report, cancel)


def earlier_splits(jobs: Iterable[Job], link: Link) -> list[Job]:
    """The finished jobs of the same recording, the newest first."""
    found = [
        job
        for job in jobs
        if job.state is JobState.DONE and job.link is not None and _is_same(job.link, link)
    ]
    return sorted(found, key=lambda job: job.created, reverse=True)


def _is_same(one: Link, other: Link) -> bool:
    if one.key and one.key == other.key:
        return True
    return bool(one.addresses & other.addresses)


def _link(job: Job) -> Link:
    if job.link is None:
        raise ValueError("the job has no link")
    return job.link


@contextmanager
def _held(job: Job, where: Folders, report: Report) -> Iterator[None]:
    with job_lock(where.scratch, job.id, Path(safe_name(job.name))):
        report(Progress(Stage.DOWNLOADING, 0.0))
        yield


def _looked_up(job: Job, where: Folders, rules: LinkRules, cancel: CancelToken) -> Job | LinkList:
    found = look_up(_link(job).url, rules, cancel)
    if isinstance(found, LinkList):
        return found
    job = _told(job, found)
    if not found.thumbnail:
        return job
    folder, cover = download_folder(where.downloads, job.id), None
    try:
        cover = fetch_cover(found.thumbnail, folder, rules, _Hurry(cancel, COVER_S))
    except Cancelled:
        cancel.check_pause()  # else it takes too long; it comes again with the song
    return replace(job, link=replace(_link(job), cover=cover))


class _Hurry(CancelToken):
    """Another token, which also cancels by itself after some seconds."""

    def __init__(self, token: CancelToken, seconds: float) -> None:
        super().__init__()
        self._token = token
        self._end = time.monotonic() + seconds

    def check_pause(self) -> None:
        self._token.check_pause()
        if time.monotonic() >= self._end:
            raise Cancelled


def _fetched(
    job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
) -> Job:
    def tell(transfer: Transfer) -> None:
        report(Progress(Stage.DOWNLOADING, transfer.fraction, transfer.left_s, transfer=transfer))

    folder = download_folder(where.downloads, job.id)
    found = download(_link(job).address, folder, rules, tell, cancel)
    try:
        _check(found, rules)
    except LinkError:
        with contextlib.suppress(OSError):  # no retry would make it better
            found.file.unlink()
        raise
    job = _told(job, found.song)
    link = _link(job)
    return replace(
        job,
        source=found.file,
        tags=_best(job, read_tags(found.file)),
        link=replace(link, cover=found.cover or link.cover, fetched=True),
    )


def _check(found: Fetched, rules: LinkRules) -> None:
    """Whether the file is what its site said. Raises `LinkError`."""
    site = found.song.site
    try:
        declared_s = probe(found.file).declared_s or 0.0
    except SourceError as error:
        raise LinkError(ErrorCode.LINK_UNSUPPORTED, str(error), site=site) from error
    if declared_s > rules.max_duration_s:
        raise LinkError(
            ErrorCode.LINK_TOO_LONG,
            site=site,
            duration_s=declared_s,
            limit_s=rules.max_duration_s,
        )


def _told(job: Job, song: LinkSong) -> Job:
    """The job with what the site says of its song; what was known before fills gaps."""
    link = _link(job)
    said = Tags(song.title, song.artist, song.album, song.duration_s)
    tags = _completed(said, job.tags)
    if song.key.startswith("generic "):  # its list knows more than the name of a file somewhere
        tags = _completed(job.tags, said)
    if not tags.title:
        tags = replace(tags, title=shown(link.url))
    link = replace(link, key=song.key or link.key, site=song.site or link.site, page=song.url)
    return replace(job, tags=tags, link=link)


def _best(job: Job, of_file: Tags) -> Tags:
    """A site that knows its recordings knows best; of a file somewhere, its own tags do: all that
    is known else is its name, or its page's title."""
    if of_file.title and _link(job).key.startswith("generic "):
        return _completed(of_file, job.tags)
    return _completed(job.tags, of_file)


def _completed(tags: Tags, others: Tags) -> Tags:
    """`tags`, with what `others` know where they know nothing."""
    return Tags(
        title=tags.title or others.title,
        artist=tags.artist or others.artist,
        album=tags.album or others.album,
        duration_s=others.duration_s if tags.duration_s is None else tags.duration_s,
    )
