"""What of a song is exported: stems, mixes, the loop only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stemdesk.core.export_order import ALL_STEMS, ExportOrder, Part, PartKind
from stemdesk.gui import export_words as words
from stemdesk.gui.chip import StemChip
from stemdesk.gui.export_values import Subject
from stemdesk.gui.fold import Fold
from stemdesk.gui.widgets import CheckBox, FlowLayout, muted

_MIXES = (PartKind.REMIX, PartKind.INSTRUMENTAL, PartKind.A_CAPPELLA)
_OTHERS = (PartKind.ORIGINAL, PartKind.RESIDUAL)


class PartsBox(QWidget):
    """`changed`: a person has chosen something else. Several songs: what any of them has."""

    changed = Signal()

    def __init__(self, subjects: Sequence[Subject], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subjects = subjects
        self.stems = tuple(dict.fromkeys(stem for one in subjects for stem in one.stems))
        self.chips = [StemChip(stem) for stem in self.stems]
        for chip in self.chips:
            chip.setToolTip(words.stem_tip(chip.stem))
        vocals = "vocals" in self.stems
        mixes = [kind for kind in _MIXES if vocals or kind is PartKind.REMIX]
        self.boxes = {kind: self._box(kind) for kind in (*mixes, *_OTHERS)}
        self.rest = {stem: CheckBox(words.all_but(stem)) for stem in self.stems}
        self.loop = CheckBox(words.LOOP_ONLY)
        self.tuned = CheckBox(words.TUNED)
        self.tuned.setToolTip(words.TUNED_TIP)
        self.more = Fold(words.MORE_PARTS)
        self._describe()
        self._lay_out(mixes)
        for button in (*self.chips, *self.boxes.values(), *self.rest.values()):
            button.toggled.connect(self._toggled)
        for button in (self.loop, self.tuned):
            button.toggled.connect(self._toggled)

    def _box(self, kind: PartKind) -> CheckBox:
        box = CheckBox(words.PARTS[kind])
        box.setToolTip(words.PART_TIPS[kind])
        return box

    def _describe(self) -> None:
        """What is known of how the songs are heard."""
        heard = [one.song.listening for one in self._subjects]
        loops = [one.heard_loop for one in heard if one.heard_loop is not None]
        single = len(heard) == 1
        self.loop.setText(words.loop_text(loops[0] if single and loops else None))
        self.loop.setEnabled(bool(loops))
        self.loop.setToolTip(words.LOOP_TIP if loops else words.NO_LOOP_TIP)
        if single:
            self.tuned.setText(words.tuned_text(heard[0]))
        self._tuned = any(one.speed_percent != 100.0 or one.key_semitones for one in heard)
        self.boxes[PartKind.ORIGINAL].setEnabled(any(one.there for one in self._subjects))
        self.boxes[PartKind.RESIDUAL].setEnabled(any(one.there for one in self._subjects))

    def _lay_out(self, mixes: Sequence[PartKind]) -> None:
        chips = QWidget()
        flow = FlowLayout(8, chips)
        for chip in self.chips:
            flow.addWidget(chip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(chips)
        layout.addWidget(_line([self.boxes[kind] for kind in mixes]))
        layout.addWidget(_line([self.loop, self.tuned]))  # the second one comes and goes
        self.more.body.addWidget(_line([self.boxes[kind] for kind in _OTHERS]))
        self.more.body.addWidget(muted(words.REST))
        self.more.body.addWidget(_line(list(self.rest.values())))
        layout.addWidget(self.more)

    # What is chosen

    def parts(self) -> tuple[Part, ...]:
        """In the order of the window. All stems: whichever a song has."""
        chosen = [chip.stem for chip in self.chips if chip.isChecked()]
        whole = bool(chosen) and len(chosen) == len(self.chips)
        parts = [ALL_STEMS] if whole else [Part(PartKind.STEM, stem) for stem in chosen]
        parts += [Part(kind) for kind, box in self.boxes.items() if box.isChecked()]
        parts += [Part(PartKind.ALL_BUT, s) for s, box in self.rest.items() if box.isChecked()]
        return tuple(parts)

    @property
    def loop_only(self) -> bool:
        return self.loop.isChecked() and self.loop.isEnabled()

    @property
    def tempo_and_key(self) -> bool:
        return self.tuned.isChecked()

    def apply(self, order: ExportOrder) -> None:
        """Choose what an order says, as far as the songs have it."""
        stems = {part.stem for part in order.parts if part.kind is PartKind.STEM}
        for chip in self.chips:
            chip.setChecked("" in stems or chip.stem in stems)
        kinds = {part.kind for part in order.parts}
        for kind, box in self.boxes.items():
            box.setChecked(kind in kinds and box.isEnabled())
        without = {part.stem for part in order.parts if part.kind is PartKind.ALL_BUT}
        for stem, box in self.rest.items():
            box.setChecked(stem in without)
        self.loop.setChecked(order.loop_only and self.loop.isEnabled())
        self.tuned.setChecked(order.tempo_and_key)
        if without or kinds & set(_OTHERS):
            self.more.set_open(True)
        self._show_tuned()

    def _toggled(self) -> None:
        self._show_tuned()
        self.changed.emit()

    def _show_tuned(self) -> None:
        self.tuned.setVisible(self._tuned and self.boxes[PartKind.REMIX].isChecked())


def _line(boxes: Sequence[QWidget]) -> QWidget:
    line = QWidget()
    flow = FlowLayout(18, line, 6)
    for box in boxes:
        flow.addWidget(box)
    return line
