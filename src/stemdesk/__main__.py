"""Process set-up, then the window or the command line.

No arguments, or files: the window. A command (`split`, `demo`, `models`, `doctor`, `clean`) or
an option: the command line, which imports neither Qt nor PortAudio.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from stemdesk import log
from stemdesk.cli.arguments import COMMANDS
from stemdesk.paths import folders


def main() -> int:
    """Start StemDesk; returns the exit code."""
    multiprocessing.freeze_support()
    log.set_up(folders().logs)
    arguments = sys.argv[1:]
    if arguments and (arguments[0] in COMMANDS or arguments[0].startswith("-")):
        from stemdesk.cli.main import run_command

        return run_command(arguments)
    from stemdesk.gui.app import run

    return run([Path(item) for item in arguments])


if __name__ == "__main__":
    sys.exit(main())
