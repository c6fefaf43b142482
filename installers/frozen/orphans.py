"""Libraries that came along with something that then was left out.

PyInstaller looks for what each file links to before `stemdesk.spec` leaves files out. GTK's theme
is left out; GTK, where the building machine has it, and what that stands on, would stay and ask for
the rest of GTK from the system. So what is packed must not depend on what else is installed there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from posixpath import dirname, join, normpath

from installers.frozen.contents import Entry
from installers.linux.libraries import needed_by


def without_orphans(
    collected: Iterable[Entry],
    kept: Iterable[Entry],
    links_to: Callable[[Path], set[str]] = needed_by,
) -> list[Entry]:
    """What is `kept` of all that was `collected`, without the libraries that only other things
    need, and without links to files that are not kept. On Linux.

    What nothing links to was asked for by its name (PortAudio, plug-ins, modules): it stays, and so
    does all that it links to, at any depth.
    """
    kept = list(kept)
    files = {entry[0]: entry for entry in kept if entry[2] != "SYMLINK"}
    needs = {entry[0]: links_to(Path(entry[1])) for entry in collected if entry[2] != "SYMLINK"}
    # Libraries that PyInstaller has found by itself lie beside each other at the top.
    found = {name for name in set[str]().union(*needs.values()) if name in files}
    waiting = [name for name in files if name not in found]
    reached = set(waiting)
    while waiting:
        for name in needs.get(waiting.pop(), set()) & found - reached:
            reached.add(name)
            waiting.append(name)
    return [
        entry
        for entry in kept
        if (_target(entry) in reached if entry[2] == "SYMLINK" else entry[0] in reached)
    ]


def _target(link: Entry) -> str:
    """What a link in the folder leads to, by its name there."""
    return normpath(join(dirname(link[0]), link[1]))
