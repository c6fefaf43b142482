"""Which file gets which name: by the template, and where there is something already."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stemdesk.core.export_order import Collision
from stemdesk.core.files import exists, is_file
from stemdesk.core.template import NameFacts, name_for
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
    song neither replaces nor skips what an earlier one has just written. `sources`: the songs' own
    files, which are never replaced, nor taken for exports that are there already."""

    def __init__(self, collision: Collision, sources: Sequence[Path]) -> None:
        self._collision = collision
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}  # how many were given, by the name without number
        self._sources = sources

    def place(self, folder: Path, template: str, facts: NameFacts, suffix: str) -> Place:
        """The place below `folder` of one file. Raises `SettingsError`, `ExportError`."""
        name = name_for(template, facts)
        place = Place(folder.joinpath(*name.parent.parts), name.name, suffix, Path())
        for path in self._not_given(place):
            if not exists(path):
                return self._give(place, path)
            if self._collision is Collision.NUMBER or not is_file(path) or self._is_song(path):
                continue
            return self._give(place, path, there=self._collision is Collision.SKIP)
        raise AssertionError("`numbered` ends by raising")

    def next_free(self, place: Place) -> Place:
        """Another one: somebody took it in the meantime. Raises `ExportError`."""
        for path in self._not_given(place):
            if not exists(path):
                return self._give(place, path)
        raise AssertionError("`numbered` ends by raising")

    def may_replace(self, path: Path) -> bool:
        """Whether what is there now, if anything, may go."""
        may = self._collision is Collision.REPLACE and is_file(path)
        return may and not self._is_song(path)

    def _not_given(self, place: Place) -> Iterator[Path]:
        """The names that it could have, from the first on that this batch has not given."""
        first = self._numbers.get(_base(place), 0) + 1
        for path in numbered(place.folder, place.stem, place.suffix, first):
            if _folded(path) not in self._given:
                yield path

    def _give(self, place: Place, path: Path, *, there: bool = False) -> Place:
        self._given.add(_folded(path))
        self._numbers[_base(place)] = self._numbers.get(_base(place), 0) + 1
        return replace(place, path=path, there=there)

    def _is_song(self, path: Path) -> bool:
        """Whether it is a song's own file, or of a song folder."""
        manifest = read_manifest(path.parent)
        if manifest is not None:
            own = {MANIFEST, manifest.beside.original, manifest.beside.cover}
            own |= {file.name for file in manifest.files}
            if path.name.casefold() in {name.casefold() for name in own}:
                return True
        elif exists(path.parent / MANIFEST):  # damaged, or of a newer version
            return True
        return any(_same(path, source) for source in self._sources)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - hard links and symbolic ones, too
    except OSError:
        return False


def _base(place: Place) -> str:
    return _folded(place.folder / f"{place.stem}{place.suffix}")


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
