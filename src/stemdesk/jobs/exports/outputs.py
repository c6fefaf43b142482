"""The files of a plan in groups that are made together, each with its writer, tags and rate."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.made_here import MADE_HERE
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.writing.stem_mp4 import StemMp4Writer
from stemdesk.audio.writing.writer import Writer, open_writer
from stemdesk.core.export_order import SOURCE_RATE, ExportOrder, Extra, PartKind
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.jobs.exports.group import Group
from stemdesk.jobs.exports.landing import Landing
from stemdesk.jobs.exports.names import Place
from stemdesk.jobs.exports.ni_stems import ni_parts
from stemdesk.jobs.exports.pace import cost_of
from stemdesk.jobs.exports.plan import (
    FOR_PROJECTS,
    Plan,
    Wish,
    fits_projects,
    is_played,
    mix_for_video,
    stems_for_projects,
)
from stemdesk.jobs.exports.room import guessed_bytes
from stemdesk.jobs.exports.writing import AnyWriter, Output

_NI_FORMAT = FileFormat(FileKind.AAC, kbps=256)
_FOR_VIDEO = FileFormat(FileKind.WAV, 32)
_NI_TRACKS = 5
_CHANNELS = 2


def rates_of(plan: Plan, wanted: int) -> tuple[int, ...]:
    """The rates of the song's files where `wanted` hertz are asked for, each once; not that of the
    sound for a video, which is the video's own."""
    formats = [wish.file_format for wish in plan.wishes if not wish.place.there]
    if _needs_stems(plan):
        formats.append(FOR_PROJECTS)
    rates = [one.samplerate(wanted) for one in formats]
    if plan.extra(Extra.NI_STEMS):
        rates.append(ni_rate(wanted))
    return tuple(dict.fromkeys(rates))


def ni_rate(wanted: int) -> int:
    """The rate of NI Stems where `wanted` hertz are asked for: one that every DJ program plays."""
    return 44100 if wanted % 11025 == 0 else 48000


def room_for(plan: Plan, wanted: int) -> int:
    """How many bytes the files take, guessed."""
    formats = [wish.file_format for wish in plan.wishes if not wish.place.there]
    if plan.extra(Extra.NI_STEMS):
        formats += [_NI_FORMAT] * _NI_TRACKS
    if plan.extra(Extra.DAWPROJECT):
        copies = 2 if _needs_stems(plan) else 1
        formats += [FOR_PROJECTS] * len(plan.known.stems) * copies
    start, end = plan.region_s or (0.0, plan.known.seconds)
    needed = 0
    for one in formats:
        rate = one.samplerate(wanted)
        needed += guessed_bytes(one, rate, int(max(0.0, end - start) * rate))
    if plan.extra(Extra.VIDEO) and plan.known.source is not None:
        rate = plan.known.samplerate
        needed += guessed_bytes(_FOR_VIDEO, rate, int(plan.known.seconds * rate))
        with contextlib.suppress(OSError):  # gone in this moment: reading it will tell
            needed += plan.known.source.stat().st_size
    return needed


class Outputs:
    """Makes the groups of one song; temporary names come from `landing`."""

    def __init__(self, plan: Plan, order: ExportOrder, landing: Landing) -> None:
        self._plan = plan
        self._order = order
        self._landing = landing
        self._complete = plan.known.complete

    def groups(self, wanted: int) -> list[Group]:
        """All of them, for `wanted` hertz. Raises `ExportError`, `DiskFullError`."""
        groups = [self._of_rate(rate, wishes) for rate, wishes in self._by_rate(wanted).items()]
        ni_stems = self._plan.extra(Extra.NI_STEMS)
        if ni_stems is not None:
            groups.append(self._ni_stems(ni_rate(wanted), ni_stems))
        if self._plan.extra(Extra.VIDEO) is not None:
            groups.append(self._video())
        if _needs_stems(self._plan):
            groups.append(self._stems(wanted))
        return groups

    def wants_original(self, group: Group, asked: bool) -> bool:
        """Whether the group needs the song's own sound, or is better for it. `asked`: its rate is
        the one that was asked for; then the song's own frames are counted."""
        counted = asked and self._order.samplerate == SOURCE_RATE
        other_rate = group.samplerate != self._plan.known.manifest.samplerate
        needed = any(part.original for part in group.parts)
        return needed or group.complete or group.exact_sum or (counted and other_rate)

    def _by_rate(self, wanted: int) -> dict[int, list[Wish]]:
        by_rate: dict[int, list[Wish]] = {}
        for wish in self._plan.wishes:
            if not wish.place.there:
                by_rate.setdefault(wish.file_format.samplerate(wanted), []).append(wish)
        return by_rate

    def _of_rate(self, rate: int, wishes: Sequence[Wish]) -> Group:
        parts = {wish.mix.name: wish.mix for wish in wishes}
        outputs = [self._file(wish.mix, wish.file_format, rate, wish.place) for wish in wishes]
        stems = {wish.mix.stem for wish in wishes if wish.file_format.lossless}
        whole = stems.issuperset(self._plan.known.stems)
        return self._group(rate, tuple(parts.values()), outputs, whole)

    def _stems(self, wanted: int) -> Group:
        """For a project that has them inside."""
        rate = FOR_PROJECTS.samplerate(wanted)
        parts = stems_for_projects(self._plan.known)
        outputs = [self._file(mix, FOR_PROJECTS, rate, None, Extra.DAWPROJECT) for mix in parts]
        return self._group(rate, parts, outputs, True)

    def _group(
        self, rate: int, parts: tuple[PartMix, ...], outputs: list[Output], whole: bool
    ) -> Group:
        exact = self._plan.exact_sum and any(part.plain for part in parts)  # remixes sum to nothing
        complete = self._complete and (exact or whole)
        return Group(rate, parts, outputs, self._plan.region_s, None, exact, complete)

    def _ni_stems(self, rate: int, place: Place) -> Group:
        known = self._plan.known
        parts = ni_parts(known.stems, original=True, complete=known.complete)
        spare = ni_parts(known.stems, original=False)
        path = self._landing.temporary(place.path)
        tags = self._said(known.tags)
        names = tuple(part.name for part in parts)
        cost = _NI_TRACKS * cost_of(_NI_FORMAT)
        opened: Callable[[int], AnyWriter] = partial(_open_ni_stems, path, rate, tags)
        output = Output(
            names, 32, _NI_FORMAT.label, False, rate, path, place, opened, cost, Extra.NI_STEMS
        )
        return Group(rate, parts, [output], self._plan.region_s, None, False, False, spare)

    def _video(self) -> Group:
        """The sound for it, all of the song."""
        known = self._plan.known
        mix = mix_for_video(known, self._order)
        output = self._file(mix, _FOR_VIDEO, known.samplerate, None, Extra.VIDEO)
        return Group(known.samplerate, (mix,), [output], None, None, False, False)

    def _file(
        self,
        mix: PartMix,
        file_format: FileFormat,
        rate: int,
        place: Place | None,
        role: Extra | None = None,
    ) -> Output:
        suffix = file_format.suffix
        final = self._plan.root / f"{mix.name}{suffix}" if place is None else place.path
        path = self._landing.temporary(final)
        bpm = self._plan.known.bpm
        heard_bpm = None if bpm is None else bpm * float(mix.speed)
        opened: Callable[[int], AnyWriter] = partial(
            _open_file, path, file_format, rate, self._tags(mix), heard_bpm
        )
        return Output(
            (mix.name,),
            file_format.bits if file_format.lossless else 32,
            file_format.label,
            file_format.lossless,
            rate,
            path,
            place,
            opened,
            cost_of(file_format),
            role,
            is_played(mix, file_format),
        )

    def _tags(self, mix: PartMix) -> FileTags:
        """The song's, with the part's name; not those that are not true of a remix in another key
        or at another speed."""
        tags = self._said(self._plan.known.tags)
        if mix.stretched:
            tags = tags.with_text("key", "").with_text("bpm", "")
        if mix.part.kind is PartKind.ORIGINAL or not self._order.tags:
            return tags
        return tags.with_part(mix.name)

    def _said(self, tags: FileTags) -> FileTags:
        """With what the files were made of and with in the comment; no tags at all where none are
        wanted. A song that its file does not name is called as in the window: else all songs'
        vocals would have the same title."""
        if not self._order.tags:
            return NO_FILE_TAGS
        known = self._plan.known
        if not tags.get("title"):
            tags = tags.with_text("title", known.song.title)
        file = known.song.source if known.source is None else known.source
        source = known.manifest.link or file.name
        said = any(source in text for text in tags.all("comment"))
        of = "" if said else f" from {source}"
        return tags.with_comment(f"{MADE_HERE}{of} with the model {known.manifest.model}")


def _open_file(
    path: Path,
    file_format: FileFormat,
    samplerate: int,
    tags: FileTags,
    bpm: float | None,
    frames: int,
) -> Writer:
    return open_writer(path, file_format, samplerate, _CHANNELS, frames, tags, bpm)


def _open_ni_stems(path: Path, samplerate: int, tags: FileTags, frames: int) -> StemMp4Writer:
    return StemMp4Writer(path, samplerate, frames, tags)


def _needs_stems(plan: Plan) -> bool:
    """Whether a DAWproject is wanted, and no stems that it could take are written or there."""
    if plan.extra(Extra.DAWPROJECT) is None:
        return False
    stems = {wish.mix.stem for wish in plan.wishes if fits_projects(wish)}
    return not stems
