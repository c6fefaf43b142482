"""What `stemdesk split` was asked for: files, folders, links, files that hold a link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import ErrorCode, LinkError, StemDeskError
from stemdesk.core.files import exists
from stemdesk.core.link import looks_like_link, read_link
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Track
from stemdesk.jobs.intake import find_tracks


@dataclass(frozen=True, slots=True)
class Asked:
    """Songs in the order of the line, each link once; a text is a link's address. `passed_over`:
    files in folders that are no audio, `exports`: those that StemDesk has exported."""

    songs: tuple[Track | str, ...]
    passed_over: tuple[Path, ...]
    errors: tuple[StemDeskError, ...]
    exports: tuple[Path, ...] = ()


def read_asked(arguments: Iterable[str | Path], cancel: CancelToken) -> Asked:
    """Look at each argument: what is no link and looks like none names a file or a folder. Raises
    `Cancelled`."""
    songs: list[Track | str] = []
    passed: list[Path] = []
    exports: list[Path] = []
    errors: list[StemDeskError] = []
    for argument in arguments:
        if not _means_link(argument):
            found = find_tracks([Path(argument)], cancel)
            songs += [*found.tracks, *(link for link in found.links if link not in songs)]
            passed += found.passed_over
            exports += found.exports
            errors += found.errors
            continue
        link = read_link(str(argument))
        if link is None:
            errors.append(LinkError(ErrorCode.LINK_INVALID, address=str(argument)))
        elif link not in songs:
            songs.append(link)
    return Asked(tuple(songs), tuple(passed), tuple(errors), tuple(exports))


def _means_link(argument: str | Path) -> bool:
    """A file called `www.song.mp3` is one, whatever it looks like."""
    if isinstance(argument, Path) or not looks_like_link(argument):
        return False
    return "://" in argument or not exists(Path(argument))
