"""What is made of a song's exported files: projects, a video, the manifest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from stemdesk.audio.decode import probe
from stemdesk.audio.writing.video import mux_video
from stemdesk.core.errors import SourceError
from stemdesk.core.export_order import Extra
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.dawproject import write_dawproject
from stemdesk.jobs.exports.landing import Landing
from stemdesk.jobs.exports.made import Made
from stemdesk.jobs.exports.manifest import write_manifest
from stemdesk.jobs.exports.names import Place
from stemdesk.jobs.exports.plan import Plan, Wish, fits_projects
from stemdesk.jobs.exports.reaper import write_reaper
from stemdesk.jobs.exports.session import Session, session_of
from stemdesk.jobs.exports.writing import Output

Publish = Callable[[Path, Place], Place]
StemFile = tuple[str, Path]


def make_video(
    plan: Plan,
    outputs: Sequence[Output],
    landing: Landing,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> Path | None:
    """The video with the remix, under a hidden name; None where none is wanted. Raises
    `SourceError` (SOURCE_NO_VIDEO, and as `decode`), `ExportError`, `DiskFullError`,
    `Cancelled`."""
    place = plan.extra(Extra.VIDEO)
    if place is None or plan.known.source is None:
        return None
    (sound,) = [output for output in outputs if output.role is Extra.VIDEO]
    if sound.error is not None:
        return None
    target = landing.temporary(place.path)
    mux_video(plan.known.source, sound.temporary, target, report, cancel)
    return target


def write_projects(
    plan: Plan,
    outputs: Sequence[Output],
    made: Made,
    landing: Landing,
    publish: Publish,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    """Write and publish the projects that are wanted; the files that they play are there. Raises
    `ExportError`, `DiskFullError`, `Cancelled`."""
    for extra in (Extra.REAPER, Extra.DAWPROJECT):
        place = plan.extra(extra)
        if place is None:
            continue
        session = _session(plan, outputs, made)
        if session is None:
            made.note(Notice(NoticeCode.NOT_FOR_PROJECT))
            continue
        target = landing.temporary(place.path)
        if extra is Extra.REAPER:
            write_reaper(session, target, place.path.parent)
        else:
            write_dawproject(session, target, cancel, report)
        publish(target, place)


def write_manifest_file(
    plan: Plan, made: Made, landing: Landing, publish: Publish, today: date, cancel: CancelToken
) -> None:
    """Write and publish the manifest of all files that there are by now, where it is wanted.
    Raises `ExportError`, `DiskFullError`, `Cancelled`."""
    place = plan.extra(Extra.MANIFEST)
    if place is None:
        return
    target = landing.temporary(place.path)
    write_manifest(target, place.path.parent, plan, made, today, cancel)
    publish(target, place)


def _session(plan: Plan, outputs: Sequence[Output], made: Made) -> Session | None:
    """The stems as a project plays them: one format of them, that with most of the stems."""
    known = plan.known
    found = [(path, output) for path, output in made.sounds if output.for_projects]
    found += [
        (output.temporary, output)
        for output in outputs
        if output.role is Extra.DAWPROJECT and output.error is None
    ]
    labels = dict.fromkeys(output.label for _, output in found)
    there = [wish for wish in plan.wishes if wish.place.there and fits_projects(wish)]
    if not found:
        return _session_there(plan, there)
    by_label = {
        label: {output.parts[0]: (path, output) for path, output in found if output.label == label}
        for label in labels
    }
    best = max(by_label.values(), key=len)
    facts = next(iter(best.values()))[1]
    paths = {stem: path for stem, (path, _) in best.items()}
    for wish in there:
        if wish.file_format.label == facts.label:
            paths.setdefault(wish.mix.stem, wish.place.path)
    files = [(stem, paths[stem]) for stem in known.stems if stem in paths]
    return _of(plan, facts.samplerate, facts.frames, files)


def _session_there(plan: Plan, there: Sequence[Wish]) -> Session | None:
    """Of files that were there already, as they say of themselves."""
    if not there:
        return None
    label = there[0].file_format.label
    alike = [wish for wish in there if wish.file_format.label == label]
    try:
        info = probe(alike[0].place.path)
    except SourceError:
        return None
    frames = round((info.declared_s or plan.known.seconds) * info.samplerate)
    files = [(wish.mix.stem, wish.place.path) for wish in alike]
    return _of(plan, info.samplerate, frames, files)


def _of(plan: Plan, samplerate: int, frames: int, files: Sequence[StemFile]) -> Session:
    known = plan.known
    title = known.tags.get("title") or known.song.title
    remix = known.song.listening.remix
    artist = known.tags.get("artist")
    return session_of(title, artist, samplerate, frames, files, remix, known.bpm)
