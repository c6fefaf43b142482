"""Stems and remixes leave the window as files: dragged into a file manager or a music program.

Always copies: the saved stems stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QWidget

from stemdesk.audio.remix import Remix
from stemdesk.core.errors import Cancelled
from stemdesk.core.files import is_file
from stemdesk.core.progress import CancelToken
from stemdesk.gui import drag_words
from stemdesk.gui.icons import pixmap
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.tasks import Outcome, Tasks, ignore
from stemdesk.gui.theme import colours

_TELL_MS = 100
_ICON_PX = 32


def drag_of(path: Path, source: QObject) -> QDrag:
    """A drag of this file, to be executed with `Qt.DropAction.CopyAction` alone."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drag = QDrag(source)
    drag.setMimeData(data)
    drag.setPixmap(pixmap("note", colours().text, _ICON_PX))
    return drag


def execute(drag: QDrag) -> None:
    """Until it is dropped: Qt's own loop runs here, and the window goes on."""
    drag.exec(Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)


class DragOut(QObject):
    """What can be dragged of the song in the desk. `show_song`, `show_remix`: follow it.

    `changed`: whether stems can be dragged. `progressed`: name and fraction of the remix's file
    that is being made. `ready`: its name; it can be dragged from now on, until the remix changes.
    `dropped`: it is not made any more. `failed`: why it could not be (StemDeskError).
    """

    changed = Signal()
    progressed = Signal(str, float)
    ready = Signal(str)
    dropped = Signal()
    failed = Signal(object)

    def __init__(
        self,
        tasks: Tasks,
        cache: Callable[[], Path],
        source: QWidget,
        run: Callable[[QDrag], None] = execute,
    ) -> None:
        """`cache`: the cache's folder now. `source`: the widget that drags come from; it must not
        take them itself (see `MainWindow.dragEnterEvent`)."""
        super().__init__(source)
        self._tasks = tasks
        self._cache = cache
        self._source = source
        self._run = run
        self._song: SongSource | None = None
        self._title = ""
        self._files: dict[str, Path] = {}
        self._looking = False
        self._remix = Remix()
        self._made: Path | None = None
        self._making: CancelToken | None = None
        self._name = ""
        self._fraction = 0.0
        self._teller = QTimer(self, interval=_TELL_MS)
        self._teller.timeout.connect(self._tell)
        tasks.io(lambda: _forget_old(cache()), ignore, behind=True)

    # What is in the desk

    def show_song(self, song: SongSource | None, title: str = "") -> None:
        """Another song, or the same one when it has been finished. `title`: for file names."""
        if song is not self._song:
            self._drop()
            self._files = {}
        self._song, self._title = song, title
        if song is not None and song.folder is not None:
            self._looking = True
            found = partial(self._found, song)
            self._tasks.io(partial(saved_stems, song.folder), found)
        self.changed.emit()

    def show_remix(self, remix: Remix) -> None:
        """Another balance: the file of the last one is not it any more."""
        if remix != self._remix:
            self._remix = remix
            self._drop()

    def _found(self, song: SongSource, outcome: Outcome[dict[str, Path]]) -> None:
        if song is self._song:
            self._looking = False
            self._files = outcome.value or {}
            self.changed.emit()

    def why_not(self, stem: str = "") -> str:
        """Why the stem (or the remix, for "") cannot be dragged; "" if it can."""
        if self._song is None:
            return drag_words.NO_SONG
        if self._song.folder is None or self._song.live or self._looking:
            return drag_words.NOT_FINISHED
        there = stem in self._files if stem else bool(self._files)
        return "" if there else drag_words.GONE

    def tip(self, stem: str = "") -> str:
        """What the grip's tooltip says."""
        return self.why_not(stem) or (drag_words.STEM_TIP if stem else drag_words.REMIX_TIP)

    # Dragging

    def drag_stem(self, stem: str) -> None:
        """A grip is being dragged: the stem's saved file goes along."""
        if not self.why_not(stem):
            self._run(drag_of(self._files[stem], self._source))

    def drag_remix(self) -> None:
        """The remix's grip is being dragged: its file goes along, or is made first."""
        if self.why_not():
            return
        if self._made is not None and not is_file(self._made):  # the cache was emptied
            self._drop()
        if self._made is not None:
            self._run(drag_of(self._made, self._source))
        elif self._making is None:
            self._make()

    def cancel(self) -> None:
        """Do not make the file."""
        self._drop()

    def close(self) -> None:
        """The window closes."""
        self._drop()
        self._song = None

    def _make(self) -> None:
        from stemdesk.jobs.render import remix_name, render, rendered_path

        song, remix = self._song, self._remix
        assert song is not None  # why_not
        self._name = remix_name(self._title, remix, song.stems)
        path = rendered_path(self._cache(), song.key, remix, self._name)
        cancel = self._making = CancelToken()
        self._fraction = 0.0
        self._tell()
        self._teller.start()

        def note(fraction: float) -> None:
            self._fraction = fraction

        work = partial(render, song.open, remix, path, note, cancel)
        self._tasks.io(work, partial(self._was_made, cancel))

    def _was_made(self, cancel: CancelToken, outcome: Outcome[Path]) -> None:
        if cancel is not self._making:  # another one is wanted by now
            return
        self._making = None
        self._teller.stop()
        if outcome.value is not None:
            self._made = outcome.value
            self.ready.emit(self._name)
            return
        self.dropped.emit()
        if not isinstance(outcome.error, Cancelled):
            self.failed.emit(outcome.error)

    def _drop(self) -> None:
        making, self._making = self._making, None
        had, self._made = self._made is not None or making is not None, None
        self._teller.stop()
        if making is not None:
            making.cancel()
        if had:
            self.dropped.emit()

    def _tell(self) -> None:
        self.progressed.emit(self._name, self._fraction)


def saved_stems(folder: Path) -> dict[str, Path]:
    """The stems' files by name, as the folder's manifest tells; {} unless all are there."""
    from stemdesk.jobs.folder import is_complete, read_manifest

    manifest = read_manifest(folder)
    if manifest is None or not is_complete(folder, manifest):
        return {}
    return {file.stem: folder / file.name for file in manifest.files}


def _forget_old(cache: Path) -> None:
    from stemdesk.jobs.old_remixes import forget_old

    forget_old(cache)
