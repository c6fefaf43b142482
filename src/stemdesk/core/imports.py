"""Takes packages from another folder than the app's own."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType


def import_from(folder: Path, packages: Collection[str]) -> None:
    """Let each later `import` of `packages` take what is in `folder`, and nothing else. `sys.path`
    alone does not win over the importer of a frozen app."""
    sys.meta_path.insert(0, _First(folder, packages))


class _First(MetaPathFinder):
    """Finds some packages in one folder, before all others are asked."""

    def __init__(self, folder: Path, packages: Collection[str]) -> None:
        self._folder = str(folder)
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self._packages:
            return None
        found = PathFinder.find_spec(fullname, [self._folder] if path is None else path)
        if found is None:  # never a part of the app's own version
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return found
