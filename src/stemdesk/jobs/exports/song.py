"""One song's export, from its plan to the files under their final names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stemdesk.audio.whole_original import WholeOriginal
from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.export_order import SOURCE_RATE, Clipping, ExportOrder, Extra
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.extras import make_video, write_manifest_file, write_projects
from stemdesk.jobs.exports.group import Group
from stemdesk.jobs.exports.landing import Landing, publish
from stemdesk.jobs.exports.made import Made
from stemdesk.jobs.exports.names import Names, Place
from stemdesk.jobs.exports.outputs import Outputs, rates_of, room_for
from stemdesk.jobs.exports.pace import DECODING, MAKING, MEASURING, STRETCHING, Steps
from stemdesk.jobs.exports.place import ExportPlace
from stemdesk.jobs.exports.plan import Plan, rate_of
from stemdesk.jobs.exports.room import check_room
from stemdesk.jobs.exports.sounds import Sounds
from stemdesk.jobs.exports.writing import Output

_STEREO = 2
_EXTRAS = {Extra.VIDEO: 8.0, Extra.DAWPROJECT: 1.0}


class SongExport:
    """Writes what a plan says."""

    def __init__(
        self,
        plan: Plan,
        order: ExportOrder,
        place: ExportPlace,
        names: Names,
        made: Made,
        steps: Steps,
        cancel: CancelToken,
    ) -> None:
        """`made`: filled with what there is by now, also where it ends with an error."""
        self._plan = plan
        self._order = order
        self._place = place
        self._names = names
        self._made = made
        self._steps = steps
        self._cancel = cancel
        made.notices += plan.notices

    def run(self) -> None:
        """Raises `StemDeskError`, `Cancelled`; what is in `made.files` is whole all the same."""
        plan, made = self._plan, self._made
        places = [wish.place for wish in plan.wishes] + [place for _, place in plan.extras]
        made.skipped += [place.path for place in places if place.there]
        if plan.nothing_left:
            return
        with (
            Landing(plan.root) as landing,
            landing.speaking(),
            Sounds(plan.known, self._place.originals, self._cancel) as sounds,
        ):
            check_room(plan.root, room_for(plan, rate_of(plan.known, self._order)[0]))
            rate = self._rate(sounds)
            groups = self._groups(Outputs(plan, self._order, landing), rate, sounds)
            outputs = [output for group in groups for output in group.outputs]
            self._steps.plan(self._weights(groups))
            self._write(groups)
            video = make_video(plan, outputs, landing, self._extra_step(Extra.VIDEO), self._cancel)
            self._cancel.check()
            self._publish_all(outputs, video)
            self._tell(groups)
            report = self._extra_step(Extra.DAWPROJECT)
            write_projects(plan, outputs, made, landing, self._publish, report, self._cancel)
            write_manifest_file(plan, made, landing, self._publish, self._place.today, self._cancel)
            if made.error is None:
                made.error = next((one.error for one in outputs if one.error is not None), None)

    def _rate(self, sounds: Sounds) -> int:
        """The rate that is asked for; the model's where the song's own sound does not fit."""
        known = self._plan.known
        wanted, notice = rate_of(known, self._order)
        if notice is not None:
            self._made.note(notice)
        model = known.manifest.samplerate
        if self._order.samplerate != SOURCE_RATE or wanted == model:
            return wanted
        for rate in rates_of(self._plan, wanted):
            whole = sounds.original(rate, self._step(DECODING))
            if isinstance(whole, SourceError):  # other errors are the cache's: the song is well
                gone = whole.code is ErrorCode.SOURCE_MISSING
                code = NoticeCode.ORIGINAL_GONE if gone else NoticeCode.ORIGINAL_DIFFERS
                self._made.note(Notice(code, {"samplerate_hz": model}))
                return model
        return wanted

    def _groups(self, outputs: Outputs, rate: int, sounds: Sounds) -> list[Group]:
        """What is made together, ready to be read."""
        groups = []
        for group in outputs.groups(rate):
            if outputs.wants_original(group, group.samplerate == rate):
                report = self._step(DECODING)
                self._with_original(group, sounds.original(group.samplerate, report))
            if not group.outputs:
                continue
            group.open(sounds)
            groups.append(group)
        return groups

    def _with_original(self, group: Group, whole: WholeOriginal | StemDeskError) -> None:
        """Give it the song's own sound; without it, what can be made without it stays."""
        if isinstance(whole, WholeOriginal):
            group.whole = whole
            heard = group.exact_sum or any(part.original for part in group.parts)
            if heard and whole.source_channels > _STEREO:  # it is not quite the person's own file
                notice = Notice(NoticeCode.DOWNMIXED, {"channels": whole.source_channels})
                self._made.note(notice)
            return
        lost = {part.name for part in group.parts if part.original and not group.spare}
        if not isinstance(whole, SourceError) and (group.exact_sum or lost):
            raise whole  # the cache's: what is asked for can be had
        if group.exact_sum:
            self._made.note(Notice(NoticeCode.EXACT_SUM_LEFT_OUT))
        group.exact_sum = group.complete = False
        if group.spare:
            group.parts = group.spare
        if not lost:
            return
        self._made.error = whole
        group.parts = tuple(part for part in group.parts if part.name not in lost)
        group.outputs = [one for one in group.outputs if not lost.intersection(one.parts)]

    def _write(self, groups: Sequence[Group]) -> None:
        order, made = self._order, self._made
        if self._measures(groups):
            gains = [group.gain_db(self._step(MEASURING), self._cancel) for group in groups]
            made.gain_db = min([0.0, *gains])
        for group in groups:
            group.write(order, made.gain_db, self._begin, self._cancel)
        made.exact_sum = any(group.exact_sum for group in groups)

    def _begin(self, outputs: Sequence[Output], stretched: bool) -> Callable[[float], None]:
        weight = MAKING + sum(output.cost for output in outputs)
        weight += STRETCHING if stretched else 0.0
        names = [output.place.path.name for output in outputs if output.place is not None]
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return self._step(weight, f"{names[0]}{others}" if names else "")

    def _publish_all(self, outputs: Sequence[Output], video: Path | None) -> None:
        for output in outputs:
            if output.error is None and output.place is not None:
                path = self._publish(output.temporary, output.place).path
                self._made.sounds.append((path, output))
        place = self._plan.extra(Extra.VIDEO)
        if video is not None and place is not None:
            self._publish(video, place)

    def _publish(self, temporary: Path, place: Place) -> Place:
        """Give a file its name, or another one where that was taken meanwhile."""
        while not publish(temporary, place.path, replace=self._names.may_replace(place.path)):
            place = self._names.next_free(place)
        self._made.files.append(place.path)
        return place

    def _tell(self, groups: Sequence[Group]) -> None:
        """What was done to the sound, and how the files sum to the song."""
        made, limited = self._made, self._order.clipping is Clipping.LIMIT
        code = NoticeCode.PART_LIMITED if limited else NoticeCode.PART_CLIPPED
        peaks: dict[str, float] = {}
        for group in groups:
            for part, loud in group.louds.items():
                if loud.touched and loud.peak > 1.0:
                    peaks[part] = max(peaks.get(part, 0.0), loud.peak)
        for part, peak in peaks.items():
            made.note(Notice(code, {"part": part, "peak_db": 20 * math.log10(peak)}))
        song_peak = max((group.song_peak for group in groups), default=0.0)
        if song_peak > 1.0 and "original" not in peaks:  # else it is told already
            made.note(Notice(NoticeCode.SONG_CLIPPED, {"peak_db": 20 * math.log10(song_peak)}))
        made.null_depth = self._depth(groups)

    def _depth(self, groups: Sequence[Group]) -> NullDepth | None:
        """Of the files of the most bits that all stems were written with."""
        stems = set(self._plan.known.stems)
        for group in groups:
            for bits in sorted(group.depths, reverse=True):
                written = {
                    name
                    for output in group.outputs
                    if output.error is None and output.lossless and output.bits == bits
                    for name in output.parts
                }
                if stems <= written:
                    return self._as_separated(group.depths[bits])
        return None

    def _as_separated(self, depth: NullDepth) -> NullDepth:
        """Stems that were saved so that they sum to the song tell no more how they were before:
        their manifest does."""
        split = self._plan.known.manifest.null_depth
        if split is None or split.saved_db == split.plain_db:
            return depth
        return replace(depth, plain_db=split.plain_db)

    def _step(self, weight: float, file: str = "") -> Callable[[float], None]:
        return self._steps.step(weight, file)

    def _measures(self, groups: Sequence[Group]) -> bool:
        """Whether a gain has to be found with which nothing clips: not for floats only."""
        may_clip = any(group.may_clip for group in groups)
        return may_clip and self._order.clipping is Clipping.SHARED

    def _weights(self, groups: Sequence[Group]) -> list[float]:
        """Of all steps from writing on."""
        extras = [_EXTRAS.get(extra, 0.0) for extra, _ in self._plan.extras]
        weights = [output.cost for group in groups for output in group.outputs]
        for group in groups:
            stretched = sum(part.stretched for part in group.parts)
            plain = min(1, len(group.parts) - stretched)
            weights.append(MAKING * (plain + stretched) + STRETCHING * stretched)
        if self._measures(groups):
            weights += [MEASURING for _ in groups]
        return weights + extras

    def _extra_step(self, extra: Extra) -> Callable[[float], None]:
        wanted = self._plan.extra(extra) is not None
        return self._step(_EXTRAS[extra] if wanted else 0.0)
