"""Process set-up, then the window or the command line.

No arguments, or files and links: the window. A command (`split`, `demo`, `export`, `models`,
`update-downloader`, `gpu-pack`, `doctor`, `clean`) or an option: the command line, which imports
neither Qt nor PortAudio.
`--link-worker`: our own child process, which downloads songs from links.
`--self-test`: whether this copy is whole and works here.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stemdesk import log, memory
from stemdesk.cli.arguments import COMMANDS
from stemdesk.core.files import exists
from stemdesk.paths import folders

_STOPPED = 130
_NO_SCREEN = "There is no screen here for the window. Use the command line: stemdesk split --help"
_NO_QT = (
    "The window cannot start: {error}\n"
    "On Debian and Ubuntu: apt install libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
)


def main() -> int:
    """Start StemDesk; returns the exit code."""
    fill_standard_streams()
    arguments = sys.argv[1:]
    if arguments == ["--link-worker"]:  # our own child process (fetch/links/child.py)
        from stemdesk.fetch.links.worker import main as serve_links

        return serve_links()
    if arguments[:1] == ["--gpu-trial"] and len(arguments) == 2:  # likewise (engine/gpu_trial.py)
        from stemdesk.engine.gpu_trial import serve_trial

        return serve_trial(Path(arguments[1]))
    multiprocessing.freeze_support()
    memory.keep_freed()
    if arguments[:1] == ["--self-test"]:
        return _self_test(arguments[1:])
    if arguments and (arguments[0] in COMMANDS or _is_no_file(arguments[0])):
        log.set_up(folders().logs, "command")
        try:
            from stemdesk.cli.main import run_command

            exit_code = run_command(arguments)
        except KeyboardInterrupt:  # before the command had set up its own answer to it
            exit_code = _STOPPED
        log.end()
        if exit_code == _STOPPED or "torch" in sys.modules:
            _leave_now(exit_code)
        return exit_code
    log.set_up(folders().logs, "window")
    return _open_window(arguments)


def fill_standard_streams() -> None:
    """Where a desktop starts us without stdin, stdout or stderr, the next file or socket would get
    its number, and a warning of some library's would be written into it: into the connection to the
    screen, which then hangs for ever."""
    if os.name != "posix":
        return  # Windows has no numbers that mean this to every library
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the lowest free number, so this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _self_test(arguments: Sequence[str]) -> int:
    log.set_up(folders().logs, "command")
    try:
        from stemdesk.selftest.main import main as test

        exit_code = test(arguments)
    except KeyboardInterrupt:
        exit_code = _STOPPED
    log.end()
    _leave_now(exit_code)
    return exit_code


def _is_no_file(argument: str) -> bool:
    """Whether this is an option or a misspelt command, rather than a file or a link for the
    window."""
    plain_word = not any(mark in argument for mark in (".", "/", "\\"))
    return argument.startswith("-") or (plain_word and not exists(Path(argument)))


def _open_window(arguments: Sequence[str]) -> int:
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        return _refuse(_NO_SCREEN)  # Qt would abort the process
    try:
        from stemdesk.gui.app import run
        from stemdesk.gui.given import given_by_arguments
    except ImportError as error:  # a system library that Qt links to
        return _refuse(_NO_QT.format(error=error))
    return run(given_by_arguments(arguments))


def _leave_now(exit_code: int) -> None:
    """End without taking libraries down one by one: torch would take another half second, and
    who waits for a program, or stops it, wants it gone. Everything is written and closed by now."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(exit_code)


def _refuse(text: str) -> int:
    if sys.stderr is not None:
        print(f"stemdesk: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
