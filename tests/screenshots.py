"""Takes the pictures of the window: `python tests/screenshots.py FOLDER [--every]`.

The real app at work: its controller, pipeline and player, in temporary folders. The model is the
built-in one, the songs are made on the spot. `finished.png` is the README's picture. `--every`
takes instead every state of the window, light and dark, in its size, as small as it gets and (in a
process of its own) at twice the scale, into FOLDER; they are to be looked at and not to be
committed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]

from screens.every import take_every  # noqa: E402 - after the path is set
from screens.studio import Studio  # noqa: E402 - after the path is set
from stemdesk.gui.window import SIZE, SMALLEST  # noqa: E402 - after the path is set

PLAYED_S = 8.2


def take_finished(root: Path, target: Path) -> None:
    """The README's picture: the first of a few songs, finished, in its first third."""
    studio = Studio(root, target)
    studio.controller.add_paths(studio.songs)
    studio.wait_for(studio.all_ended)
    studio.show_drawn(studio.controller.jobs[0].id)
    studio.play(PLAYED_S)
    studio.rest()
    studio.save("finished")
    studio.close()


def take_all_sizes(root: Path, target: Path) -> None:
    """Every state; at twice the scale in the window's size only."""
    if os.environ.get("QT_SCALE_FACTOR"):
        take_every(root, target, (SIZE,))
        return
    command = [sys.executable, __file__, str(target / "2x"), "--every"]
    with subprocess.Popen(command, env={**os.environ, "QT_SCALE_FACTOR": "2"}) as sharp:
        take_every(root, target, (SIZE, SMALLEST))
    if sharp.returncode:
        raise SystemExit(sharp.returncode)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--every", action="store_true", help="every state of the window instead")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root:
        take = take_all_sizes if arguments.every else take_finished
        take(Path(root), arguments.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
