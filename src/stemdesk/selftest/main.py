"""Runs every step and tells what it found: lines of text, or one JSON object.

Exit codes: 0 all steps passed, 1 one has not. What is made goes into a folder that is removed;
the person's songs, settings and jobs are not touched.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from stemdesk import __version__
from stemdesk.cli.terminal import written
from stemdesk.core.settings import load_settings
from stemdesk.paths import Folders, folders
from stemdesk.selftest import decoding, encoding, links, modules, places, sound, splitting
from stemdesk.selftest.report import Found, Step, TroubleError, take

FLAG = "--self-test"
_USAGE = f"usage: stemdesk {FLAG} [--json]"


def steps(where: Folders, folder: Path) -> tuple[Step, ...]:
    """All of them in order; `folder`: an empty one for what they write."""
    return (
        Step("imports", "Parts", modules.check),
        Step("resources", "What came with StemDesk", places.check_resources),
        Step("folders", "Folders", partial(places.check_folders, where)),
        Step("database", "List of songs", partial(places.check_database, folder)),
        Step("models", "Models", partial(places.check_models, where)),
        Step("decoding", "Reading", partial(decoding.check, folder)),
        Step("encoding", "Writing", partial(encoding.check, folder)),
        Step("splitting", "Splitting", partial(splitting.check, folder)),
        Step("null-output", "Playing without a device", sound.check_clock),
        Step("output", "Sound device", sound.check_device),
        Step("window", "Window", _window),
        Step("downloader", "Links", partial(links.check_downloader, where)),
        Step("runtime", "JavaScript for links", links.check_runtime),
        Step("certificates", "Downloads", links.check_certificates),
    )


def main(arguments: Sequence[str]) -> int:
    """`arguments`: those after `--self-test`. Returns the exit code."""
    if any(argument != "--json" for argument in arguments):
        _say(_USAGE)
        return 2
    as_json = "--json" in arguments
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a pipe that cannot hold "日本"
    where = folders()
    where = where.chosen(load_settings(where.settings_file))
    began = time.monotonic()
    found: list[Found] = []
    with tempfile.TemporaryDirectory(
        prefix="stemdesk-self-test-", ignore_cleanup_errors=True
    ) as folder:
        for step in steps(where, Path(folder)):
            found.append(take(step))
            if not as_json:
                _say(found[-1].line)
    passed = all(one.passed for one in found)
    _say(_document(found, began) if as_json else _verdict(found))
    return 0 if passed else 1


def _document(found: Sequence[Found], began: float) -> str:
    value = {
        "passed": all(one.passed for one in found),
        "version": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "frozen": bool(getattr(sys, "frozen", False)),
        "seconds": round(time.monotonic() - began, 3),
        "steps": [one.to_json() for one in found],
    }
    return json.dumps(value, indent=2)


def _verdict(found: Sequence[Found]) -> str:
    failed = [one.title for one in found if not one.passed]
    if failed:
        return f"StemDesk {__version__} does not work here as it should: {', '.join(failed)}."
    return f"StemDesk {__version__} works here."


def _window() -> str:
    from stemdesk.gui.trial import WindowError, try_window

    try:
        return try_window()
    except WindowError as error:
        raise TroubleError(str(error)) from error


def _say(text: str) -> None:
    if sys.stdout is not None:  # a windowed app has none: then the exit code tells
        written(sys.stdout, f"{text}\n")
