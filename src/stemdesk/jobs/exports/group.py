"""Files of a song that are made together: one rate, one region, one set of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stemdesk.audio.finish import Finisher, shared_gain_db
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.rendition import PlainRendition, Rendition, renditions
from stemdesk.audio.whole_original import WholeOriginal
from stemdesk.core.export_order import Clipping, ExportOrder
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.sounds import Sounds
from stemdesk.jobs.exports.writing import Output, write_rendition

_FLOAT = 32


@dataclass(slots=True)
class Loud:
    """The loudest sample of a part, linear, and how many were cut or bent."""

    peak: float = 0.0
    touched: int = 0


@dataclass(slots=True)
class Group:
    """`exact_sum`, `complete`: as for `Finisher`; both need `whole`, the song's own sound. `spare`:
    parts instead of these where there is no such sound. `louds`: by part, of what is not bent as
    the player does, once all is written."""

    samplerate: int
    parts: tuple[PartMix, ...]
    outputs: list[Output]
    region_s: tuple[float, float] | None
    whole: WholeOriginal | None
    exact_sum: bool
    complete: bool
    spare: tuple[PartMix, ...] = ()
    louds: dict[str, Loud] = field(default_factory=dict)
    depths: dict[int, NullDepth] = field(default_factory=dict)
    """By bits."""
    song_peak: float = 0.0
    """Of the song that stems with integers were made to sum to, linear; above 1 it was cut."""
    _renditions: tuple[Rendition, ...] = ()

    def open(self, sounds: Sounds) -> None:
        """Get ready to be read."""
        sound = sounds.at(self.samplerate, self.parts, self.whole, self.complete)
        self._renditions = renditions(sound, self.parts, self.region_s)

    @property
    def may_clip(self) -> bool:
        """Whether a file of it cannot hold what is above full scale."""
        return any(output.may_clip for output in self.outputs)

    def gain_db(self, report: Callable[[float], None], cancel: CancelToken) -> float:
        """The gain with which nothing of it clips. Raises as `Rendition.blocks`."""
        return shared_gain_db(
            self._renditions,
            exact_sum=self.exact_sum,
            complete=self.complete,
            report=report,
            cancel=cancel,
        )

    def write(
        self,
        order: ExportOrder,
        gain_db: float,
        begin: Callable[[Sequence[Output], bool], Callable[[float], None]],
        cancel: CancelToken,
    ) -> None:
        """Write all files. `begin`: told before some of them are written, and whether they are
        stretched; gives what takes their progress. Raises as `write_rendition`."""
        for rendition in self._renditions:
            names = {part.name for part in rendition.parts}
            outputs = [output for output in self.outputs if output.parts[0] in names]
            if not outputs:
                continue
            plain = isinstance(rendition, PlainRendition)
            finishers = {
                bits: Finisher(
                    rendition,
                    bits,
                    exact_sum=self.exact_sum and plain,
                    complete=self.complete and plain,
                    dither=order.dither,
                    clipping=order.clipping,
                    gain_db=gain_db,
                )
                for bits in {output.bits for output in outputs}
            }
            write_rendition(rendition, finishers, outputs, begin(outputs, not plain), cancel)
            for finisher in finishers.values():
                self._note(finisher, order.clipping)

    def _note(self, finisher: Finisher, clipping: Clipping) -> None:
        if finisher.null_depth is not None:
            self.depths[finisher.bits] = finisher.null_depth
        if finisher.bits != _FLOAT:
            self.song_peak = max(self.song_peak, finisher.song_peak)
        for part, peak, touched in zip(
            finisher.parts, finisher.peaks, finisher.touched, strict=True
        ):
            if part.heard or (finisher.bits == _FLOAT and clipping is not Clipping.LIMIT):
                continue
            loud = self.louds.setdefault(part.name, Loud())
            loud.peak, loud.touched = max(loud.peak, peak), max(loud.touched, touched)
