"""Everything that is played with as a whole: play, loop, sides, speed, key, master, presets."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from stemdesk.audio.listening import Listening
from stemdesk.gui import desk_words, export_words, labels, messages
from stemdesk.gui.grip import Grip
from stemdesk.gui.icons import set_icon
from stemdesk.gui.presets import PresetBar
from stemdesk.gui.scales import KEY, SPEED
from stemdesk.gui.toggles import SideSwitch, icon_toggle
from stemdesk.gui.tuning import Master, Tuning
from stemdesk.gui.widgets import FlowLayout, icon_button, muted, push_button

_PLAY_PX = 44
_GROUP_GAP_PX = 10
_LINE_GAP_PX = 8
_WIDE_PX = 970
"""From here on there is room for the button that shows the folder, and for words on `Export`."""
_WIDEST_PX = 1090
"""And here for words on both."""


class TransportBar(QFrame):
    """Its groups stand in as many lines as they need. What the parts ask for is heard from them
    (`side`, `speed`, `key`, `master`, `presets`, `grip`)."""

    toggle_wanted = Signal()
    stop_wanted = Signal()
    start_wanted = Signal()
    folder_wanted = Signal()
    export_wanted = Signal()
    loop_wanted = Signal()  # on or off
    loop_start_wanted = Signal()
    loop_end_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = desk_words
        self.to_start = icon_button("to-start", labels.TO_START, labels.TO_START_TIP)
        self.play = icon_button("play", labels.PLAY, labels.PLAY_TIP, "on_accent")
        self.play.setProperty("kind", "play")
        self.play.setFixedSize(_PLAY_PX, _PLAY_PX)
        self.play.setIconSize(QSize(24, 24))
        self.stop = icon_button("stop", labels.STOP, labels.STOP_TIP)
        self.time = _time_label()
        self.hint = muted()
        self.loop = icon_toggle("loop", words.LOOP, words.LOOP_TIP)
        self.loop_start = icon_button("loop-start", words.LOOP_START, words.LOOP_START_TIP)
        self.loop_end = icon_button("loop-end", words.LOOP_END, words.LOOP_END_TIP)
        self.loop_text = muted()
        self.loop_text.setFont(_even_digits(self.loop_text.font()))
        self._length_s = 0.0
        self.side = SideSwitch()
        self.presets = PresetBar()
        self.speed = Tuning(SPEED, words.SPEED, words.SPEED_TIP, words.speed_text)
        self.key = Tuning(KEY, words.KEY, words.KEY_TIP, words.key_short)
        self.master = Master()
        self.grip = Grip("drag-out", words.GRIP_ALL_NAME, words.GRIP_ALL_TIP, 20)
        self.folder = push_button(labels.SHOW_FOLDER, labels.SHOW_FOLDER_TIP, "folder")
        self.export = push_button(export_words.EXPORT, export_words.EXPORT_TIP, "export")
        widths = ((self.folder, _WIDEST_PX), (self.export, _WIDE_PX))
        self._texts = [(button, button.text(), width) for button, width in widths]
        self._connect()
        self._lay_out()
        self.show_time(0.0, 0.0)
        self.show_hint("", live=False)

    def _connect(self) -> None:
        for button, signal in (
            (self.to_start, self.start_wanted),
            (self.play, self.toggle_wanted),
            (self.stop, self.stop_wanted),
            (self.folder, self.folder_wanted),
            (self.export, self.export_wanted),
            (self.loop, self.loop_wanted),
            (self.loop_start, self.loop_start_wanted),
            (self.loop_end, self.loop_end_wanted),
        ):
            button.clicked.connect(lambda _, signal=signal: signal.emit())

    def _lay_out(self) -> None:
        times = QVBoxLayout()
        times.setSpacing(0)
        times.addStretch(1)
        times.addWidget(self.time)
        times.addWidget(self.hint)
        times.addStretch(1)
        playing = _group(self.to_start, self.play, self.stop)
        inside = playing.layout()
        if isinstance(inside, QHBoxLayout):
            inside.addSpacing(4)
            inside.addLayout(times)
        flow = FlowLayout(_GROUP_GAP_PX, self, _LINE_GAP_PX, to_edge=True)
        for group in (
            playing,
            _group(self.loop, self.loop_start, self.loop_end, self.loop_text),
            self.side,
            self.master,
            self.presets,
            _group(self.speed, self.key, gap_px=_GROUP_GAP_PX),
            _group(self.folder, self.export, self.grip),
        ):
            flow.addWidget(group)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab goes through, in order."""
        return (
            self.to_start, self.play, self.stop, self.loop, self.loop_start, self.loop_end,
            self.side.original, self.side.stems, self.master.fader,
            *self.presets.buttons.values(), self.speed.fader, self.key.fader,
            self.folder, self.export,
        )  # fmt: skip

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width()
        self.folder.setVisible(width >= _WIDE_PX)  # a song's row has the same, and there is a key
        for button, text, from_px in self._texts:
            shown = text if width >= from_px else ""
            if button.text() != shown:
                button.setText(shown)

    def show_time(self, position_s: float, length_s: float) -> None:
        self.time.setText(messages.time_text(position_s, length_s))
        if length_s != self._length_s:
            self._length_s = length_s
            self._reserve_loop_text()

    def _reserve_loop_text(self) -> None:
        """Room for the times of any loop, so that nothing moves when they come and go."""
        widest = desk_words.loop_text(self._length_s, self._length_s)
        digits = str.maketrans("123456789", "000000000")
        width = self.loop_text.fontMetrics().horizontalAdvance(widest.translate(digits))
        self.loop_text.setMinimumWidth(width + 2)

    def show_state(self, playing: bool, ready: bool, waiting: bool = False) -> None:
        icon = "waiting" if waiting else "pause" if playing else "play"
        if self.play.property("icon_name") != icon:
            set_icon(self.play, icon, "on_accent")
        name = labels.PAUSE if playing else labels.PLAY
        self.play.setAccessibleName(desk_words.WAITING_PAUSE if waiting else name)
        for button in (self.play, self.stop, self.to_start):
            button.setEnabled(ready)
        for button in (self.loop, self.loop_start, self.loop_end):
            button.setEnabled(ready)

    def show_hint(self, text: str, live: bool) -> None:
        """What is to be known about what is heard. While a song is split its place is kept, so
        that nothing jumps when it comes and goes."""
        metrics = self.hint.fontMetrics()
        texts = (desk_words.WAITING, desk_words.ORIGINAL_MEANWHILE)
        widest = max(metrics.horizontalAdvance(item) for item in texts) + 4
        self.hint.setMinimumWidth(widest if live else 0)
        if text != self.hint.text():
            self.hint.setText(text)
        self.hint.setVisible(live or bool(text))

    def show_listening(self, listening: Listening) -> None:
        """Speed, key and loop as they are."""
        self.speed.show_amount(listening.speed_percent)
        self.key.show_amount(listening.key_semitones)
        self.loop.setChecked(listening.looping)
        text = desk_words.loop_text(*listening.loop) if listening.loop else ""
        self.loop_text.setText(text)


def _time_label() -> QLabel:
    label = QLabel()
    label.setAccessibleName(labels.TIME_NAME)
    font = _even_digits(label.font())
    font.setPointSizeF(font.pointSizeF() * 1.1)
    label.setFont(font)
    return label


def _even_digits(font: QFont) -> QFont:
    """The same with digits of one width, which do not jump."""
    even = QFont(font)
    even.setFeature(QFont.Tag("tnum"), 1)
    return even


def _group(*widgets: QWidget, gap_px: int = 4) -> QWidget:
    group = QWidget()
    line = QHBoxLayout(group)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(gap_px)
    for widget in widgets:
        line.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    return group
