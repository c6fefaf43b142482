"""What the window asks of the rooms below about links, as values; tests put in their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.job import Job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Report
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import TransferReport
from stemdesk.paths import Folders

if TYPE_CHECKING:  # imported when the first link comes, not before the first paint
    from stemdesk.fetch.links.values import LinkEntry, LinkList, LinkRules


def rules(settings: Settings, folders: Folders) -> LinkRules:
    """What links may do by the settings. Reads the disk."""
    from stemdesk.jobs.acquire import rules_of

    return rules_of(settings, folders)


def new_job(
    url: str, separation: SeparationOptions, export: ExportOptions, root: Path, downloads: Path
) -> Job:
    """A queued job for what is behind `url`."""
    from stemdesk.jobs.acquire import new_link_job

    return new_link_job(url, separation, export, root, downloads)


def entry_jobs(
    job: Job, listed: LinkList, chosen: Sequence[LinkEntry], downloads: Path
) -> list[Job]:
    """A queued job for each chosen entry of the list behind `job`, with its options."""
    from stemdesk.jobs.acquire import entry_jobs

    return entry_jobs(job, listed, chosen, downloads)


def look_up(
    job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
) -> Job | LinkList:
    """The job with what its site says of the song, or the list that is behind its link. Raises
    `StemDeskError`, `Cancelled`, `Paused`."""
    from stemdesk.jobs.acquire import look_up_job

    return look_up_job(job, where, rules, report, cancel)


def fetch(job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken) -> Job:
    """The job with its song's file. Raises `StemDeskError`, `Cancelled`, `Paused`."""
    from stemdesk.jobs.acquire import fetch_job

    return fetch_job(job, where, rules, report, cancel)


def with_file(job: Job, where: Folders) -> Job:
    """The job, to be fetched again if its file is gone. Reads the disk."""
    from stemdesk.jobs.downloads import with_file

    return with_file(job, where.downloads)


def forget(where: Folders, job_id: str, needed: Callable[[str], bool]) -> None:
    """Delete what was downloaded for a job, unless it is `needed` in the end."""
    from stemdesk.jobs.downloads import forget_download

    forget_download(where, job_id, needed)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What links are fetched with: the version of yt-dlp, that of the one which came with StemDesk,
    and that of the JavaScript runtime; "" where there is none."""

    version: str
    bundled: str
    runtime: str = ""
    runtime_usable: bool = False


def equipment(data: Path) -> Equipment:
    """What links are fetched with now. Reads the disk and asks a program."""
    from stemdesk.fetch.runtime import look_for_runtime
    from stemdesk.fetch.tool import tool_in_use

    tool, runtime = tool_in_use(data), look_for_runtime()
    if runtime is None:
        return Equipment(tool.version, tool.bundled_version)
    return Equipment(tool.version, tool.bundled_version, runtime.version, runtime.usable)


def update(data: Path, report: TransferReport, cancel: CancelToken) -> str:
    """Download the newest downloader, try it and use it; its version. Raises `StemDeskError`,
    `Cancelled`."""
    from stemdesk.fetch.updater import update_tool

    return update_tool(data, report, cancel).version


@dataclass(frozen=True, slots=True)
class LinkServices:
    """What is asked about links."""

    rules: Callable[[Settings, Folders], LinkRules] = rules
    new_job: Callable[[str, SeparationOptions, ExportOptions, Path, Path], Job] = new_job
    entry_jobs: Callable[[Job, LinkList, Sequence[LinkEntry], Path], list[Job]] = entry_jobs
    look_up: Callable[[Job, Folders, LinkRules, Report, CancelToken], Job | LinkList] = look_up
    fetch: Callable[[Job, Folders, LinkRules, Report, CancelToken], Job] = fetch
    with_file: Callable[[Job, Folders], Job] = with_file
    forget: Callable[[Folders, str, Callable[[str], bool]], None] = forget
    equipment: Callable[[Path], Equipment] = equipment
    update: Callable[[Path, TransferReport, CancelToken], str] = update
