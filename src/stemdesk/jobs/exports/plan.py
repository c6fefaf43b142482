"""What files an order makes of a song, and their names: known before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from stemdesk.audio.part_mix import PartMix, part_mixes
from stemdesk.audio.writing.video import has_video, video_suffix
from stemdesk.core.errors import ErrorCode, ExportError, SourceError
from stemdesk.core.export_order import (
    ALL_STEMS,
    MODEL_RATE,
    SOURCE_RATE,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.template import tells_formats_apart
from stemdesk.jobs.exports.known import Known
from stemdesk.jobs.exports.names import Names, Place
from stemdesk.jobs.exports.ni_stems import NI_SUFFIX

FOR_PROJECTS = FileFormat(FileKind.WAV, 24)
"""Stems for a project where none are ordered that it could play."""
_PLAYED = frozenset({FileKind.WAV, FileKind.FLAC, FileKind.AIFF})
"""What every DAW plays."""
_SUFFIXES = {
    Extra.REAPER: ".rpp",
    Extra.DAWPROJECT: ".dawproject",
    Extra.MANIFEST: ".json",
    Extra.NI_STEMS: NI_SUFFIX,
}
_REMIX = Part(PartKind.REMIX)


@dataclass(frozen=True, slots=True)
class Wish:
    """One sound file to make. `file_format`: its bits are resolved."""

    mix: PartMix
    file_format: FileFormat
    place: Place


@dataclass(frozen=True, slots=True)
class Plan:
    """One song's export. `root`: the folder that all of it lies below. `wishes` and `extras`: what
    is there already (SKIP), too. `region_s`: seconds of the song; None for all of it.
    `exact_sum`: as ordered, where the song can have it."""

    known: Known
    root: Path
    wishes: tuple[Wish, ...]
    extras: tuple[tuple[Extra, Place], ...]
    region_s: tuple[float, float] | None
    exact_sum: bool
    notices: tuple[Notice, ...]

    def extra(self, wanted: Extra) -> Place | None:
        """Where it goes; None where it is not wanted, or there already."""
        place = dict(self.extras).get(wanted)
        return None if place is None or place.there else place

    @property
    def nothing_left(self) -> bool:
        """Whether all of it is there already."""
        places = [wish.place for wish in self.wishes] + [place for _, place in self.extras]
        return all(place.there for place in places)


def plan_song(known: Known, order: ExportOrder, folder: Path, names: Names, today: date) -> Plan:
    """Raises `ModelError` STEM_UNKNOWN, `SourceError` SOURCE_NO_VIDEO, `ExportError`
    NOTHING_TO_EXPORT and for names that cannot be found, `SettingsError` for the template."""
    root = _root(known, order, folder)
    facts = known.names(today)
    notices: list[Notice] = []
    region = known.song.listening.loop if order.loop_only else None
    if order.loop_only and region is None:
        notices.append(Notice(NoticeCode.NO_LOOP))
    parts = order.parts
    silent = order.exact_sum and known.complete  # what the stems leave of the song
    if silent and any(part.kind is PartKind.RESIDUAL for part in parts):
        parts = tuple(part for part in parts if part.kind is not PartKind.RESIDUAL)
        notices.append(Notice(NoticeCode.RESIDUAL_LEFT_OUT))
    wishes = []
    for mix, file_format in _cells(known, order, parts):
        named = replace(facts, stem=mix.name, format=file_format.label)
        template = _template(order, file_format)
        place = names.place(root, template, named, file_format.suffix)
        wishes.append(Wish(mix, file_format, place))
    extras = []
    for extra in sorted(order.extras):
        suffix = _suffix(extra, known)
        if suffix is None:
            notices.append(Notice(NoticeCode.NO_VIDEO))
            continue
        named = replace(facts, stem="remix") if extra is Extra.VIDEO else facts
        extras.append((extra, names.place(root, order.template, named, suffix)))
    if not wishes and not extras and order.extras == {Extra.VIDEO} and known.source is not None:
        raise SourceError(ErrorCode.SOURCE_NO_VIDEO, path=known.source)
    if not wishes and not extras:
        raise ExportError(ErrorCode.NOTHING_TO_EXPORT, path=known.song.folder)
    exact = order.exact_sum and (known.complete or any(wish.mix.original for wish in wishes))
    if order.exact_sum and not exact:
        notices.append(Notice(NoticeCode.EXACT_SUM_LEFT_OUT))
    return Plan(known, root, tuple(wishes), tuple(extras), region, exact, tuple(notices))


def rate_of(known: Known, order: ExportOrder) -> tuple[int, Notice | None]:
    """The sample rate that the song's files are asked to have, hertz; with a notice where it is
    not the song's own, because that is not there."""
    model = known.manifest.samplerate
    if order.samplerate == MODEL_RATE:
        return model, None
    if order.samplerate != SOURCE_RATE:
        return order.samplerate, None
    if known.same and known.samplerate:
        return known.samplerate, None
    code = NoticeCode.ORIGINAL_GONE if known.source is None else NoticeCode.ORIGINAL_DIFFERS
    return model, Notice(code, {"samplerate_hz": model})


def stems_for_projects(known: Known) -> tuple[PartMix, ...]:
    """All stems, as a project has them."""
    return part_mixes((ALL_STEMS,), known.stems, known.song.listening, False)


def mix_for_video(known: Known, order: ExportOrder) -> PartMix:
    """The remix, as fast as the picture."""
    (mix,) = part_mixes((_REMIX,), known.stems, known.song.listening, order.tempo_and_key)
    return replace(mix, speed=type(mix.speed)(1))


def fits_projects(wish: Wish) -> bool:
    """Whether a project can play it as one of its tracks."""
    return is_played(wish.mix, wish.file_format)


def is_played(mix: PartMix, file_format: FileFormat) -> bool:
    """Whether it is a stem in a format that every DAW plays."""
    return mix.part.kind is PartKind.STEM and file_format.kind in _PLAYED


def _cells(
    known: Known, order: ExportOrder, parts: Sequence[Part]
) -> Iterator[tuple[PartMix, FileFormat]]:
    """Each part in each format; for a REAPER project, which plays files, at least the stems."""
    mixes = part_mixes(
        parts, known.stems, known.song.listening, order.tempo_and_key, known.complete
    )
    stems = False
    for mix in mixes:
        for file_format in order.formats:
            resolved = file_format.with_source_bits(known.bits)
            stems |= is_played(mix, resolved)
            yield mix, resolved
    if Extra.REAPER in order.extras and not stems:
        for mix in stems_for_projects(known):
            yield mix, FOR_PROJECTS


def _template(order: ExportOrder, file_format: FileFormat) -> str:
    """Two formats whose files end alike have different names."""
    alike = [one for one in order.formats if one.suffix == file_format.suffix]
    if len(alike) < 2 or tells_formats_apart(order.template):
        return order.template
    return order.template + " [{format}]"


def _root(known: Known, order: ExportOrder, folder: Path) -> Path:
    if not order.beside_source:
        return folder
    if known.source is not None:
        return known.source.parent
    return folder


def _suffix(extra: Extra, known: Known) -> str | None:
    if extra is not Extra.VIDEO:
        return _SUFFIXES[extra]
    if known.source is None or not has_video(known.source):
        return None
    return video_suffix(known.source)
