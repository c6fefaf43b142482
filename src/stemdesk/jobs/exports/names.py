"""Which file gets which name: by the template, and where there is something already."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stemdesk.core.export_order import Collision
from stemdesk.core.files import exists, is_file
from stemdesk.core.template import NameFacts, name_for
from stemdesk.jobs.exports.known import Known
from stemdesk.jobs.exports.landing import numbered
from stemdesk.jobs.folder import MANIFEST, read_manifest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file goes. `there`: it is there already and stays (SKIP)."""

    folder: Path
    stem: str
    suffix: str
    path: Path
    there: bool = False


class Names:
    """The names of one batch. None is given twice, also where only letters' case differs: a later
    song neither replaces nor skips what an earlier one has just written."""

    def __init__(self, collision: Collision, songs: Sequence[Known]) -> None:
        self._collision = collision
        self._given: set[str] = set()
        self._sources = [known.source for known in songs if known.source is not None]

    def place(self, folder: Path, template: str, facts: NameFacts, suffix: str) -> Place:
        """The place below `folder` of one file. Raises `SettingsError`, `ExportError`."""
        name = name_for(template, facts)
        place = Place(folder.joinpath(*name.parent.parts), name.name, suffix, Path())
        for path in numbered(place.folder, place.stem, suffix):
            if _folded(path) in self._given:
                continue
            kept = exists(path) and not self._may_replace(path)
            if kept and not (self._collision is Collision.SKIP and is_file(path)):
                continue
            self._given.add(_folded(path))
            return replace(place, path=path, there=kept)
        raise AssertionError("`numbered` ends by raising")

    def next_free(self, place: Place) -> Place:
        """Another one: somebody took it in the meantime. Raises `ExportError`."""
        for path in numbered(place.folder, place.stem, place.suffix):
            if _folded(path) not in self._given and not exists(path):
                self._given.add(_folded(path))
                return replace(place, path=path)
        raise AssertionError("`numbered` ends by raising")

    def may_replace(self, path: Path) -> bool:
        """Whether what is there now, if anything, may go."""
        return self._collision is Collision.REPLACE and self._may_replace(path)

    def _may_replace(self, path: Path) -> bool:
        if self._collision is not Collision.REPLACE or not is_file(path):
            return False
        return not self._is_song(path)

    def _is_song(self, path: Path) -> bool:
        """Whether it is a song's own file, or of a song folder: never replaced."""
        manifest = read_manifest(path.parent)
        if manifest is not None:
            own = {MANIFEST, manifest.beside.original, manifest.beside.cover}
            own |= {file.name for file in manifest.files}
            if path.name.casefold() in {name.casefold() for name in own}:
                return True
        return any(_same(path, source) for source in self._sources)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - hard links and symbolic ones, too
    except OSError:
        return False


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
