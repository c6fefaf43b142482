"""From what people drop to tracks: files as they are, folders walked with their tree kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stemdesk.audio.decode import AUDIO_SUFFIXES
from stemdesk.audio.made_here import is_made_here
from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.files import exists, is_file, is_folder
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Track
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.link_files import is_link_file, read_link_file


@dataclass(frozen=True, slots=True)
class Found:
    """What lies under the given paths. `passed_over`: files in folders that are no audio,
    `exports`: those that an export of StemDesk wrote. `links`: what the files of links lead to."""

    tracks: tuple[Track, ...]
    passed_over: tuple[Path, ...]
    errors: tuple[StemDeskError, ...]
    links: tuple[str, ...] = ()
    exports: tuple[Path, ...] = ()


def find_tracks(paths: Iterable[Path], cancel: CancelToken) -> Found:
    """Tracks for files and folders, in order.

    A file that is named becomes a track whatever its ending; its faults show when it is
    decoded. One that holds a link (`link_files`) is that link. Folders pass over what is not audio
    (also links: bought songs often come with their shop's), what StemDesk has exported (exports
    may lie among the songs), hidden folders, finished song folders and link loops; a folder
    without any songs is an error.
    """
    links: dict[str, None] = {}
    tracks: list[Track] = []
    passed: list[Path] = []
    exports: list[Path] = []
    errors: list[StemDeskError] = []
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100 - keeps links as the person sees them
        if not is_folder(path):
            if not exists(path):
                errors.append(SourceError(ErrorCode.SOURCE_MISSING, path=path))
            elif is_link_file(path):
                try:
                    links[read_link_file(path)] = None
                except StemDeskError as error:
                    errors.append(error)
            else:
                tracks.append(Track(path))
            continue
        before, exports_before = len(tracks), len(exports)
        for file in walk(path, cancel):
            cancel.check()
            if file.suffix.lower() not in AUDIO_SUFFIXES:
                passed.append(file)
            elif is_made_here(file):
                exports.append(file)
            else:
                tracks.append(Track(file, relative=file.parent.relative_to(path.parent)))
        if len(tracks) == before:
            only_exports = len(exports) > exports_before
            code = ErrorCode.FOLDER_OF_EXPORTS if only_exports else ErrorCode.FOLDER_WITHOUT_AUDIO
            errors.append(SourceError(code, path=path))
    return Found(tuple(tracks), tuple(passed), tuple(errors), tuple(links), tuple(exports))


def walk(folder: Path, cancel: CancelToken) -> Iterator[Path]:
    """The files under `folder`, sorted by name, following links but no loops."""
    seen: set[tuple[int, int]] = set()
    stack = [folder]
    while stack:
        cancel.check()
        here = stack.pop()
        try:
            status = here.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in seen or exists(here / MANIFEST):
                continue
            seen.add(identity)
            entries = sorted(here.iterdir(), key=lambda path: path.name)
        except OSError:
            continue
        visible = [path for path in entries if not path.name.startswith(".")]
        yield from (path for path in visible if is_file(path))
        stack.extend(path for path in reversed(visible) if is_folder(path))
