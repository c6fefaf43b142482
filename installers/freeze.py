"""Freezes StemDesk and tries what came out, as on a computer that has neither Python nor FFmpeg.

    python installers/freeze.py [--work FOLDER] [--only-try APP_FOLDER]

For a Python with the extra `freeze`. Makes `FOLDER/dist/StemDesk` (default: `build/freeze`), moves
it to a path with spaces and letters that are not ASCII, and there, with an empty environment: the
self-test of both programs, a split of the demo song, and (where there is a screen, or Xvfb) the
window, started without any standard stream. Prints sizes and seconds; exit code 0 or 1.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
ROOT = Path(__file__).resolve().parent.parent
STEMS = ("bass", "drums", "other", "vocals")
_SUFFIX = ".exe" if os.name == "nt" else ""
_TEST_S = 300
_WINDOW_S = 60.0


class TroubleError(Exception):
    """What is wrong with the frozen app."""


def main() -> int:
    """Returns the exit code."""
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("--work", type=Path, default=ROOT / "build" / "freeze")
    options.add_argument("--only-try", type=Path, metavar="APP_FOLDER", help="freeze nothing")
    arguments = options.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):  # Windows' pipes cannot take the path's letters
        sys.stdout.reconfigure(errors="replace")
    try:
        app = arguments.only_try or timed("frozen", lambda: freeze(arguments.work))
        print(f"size: {size_mb(app):.0f} MB in {sum(1 for _ in app.rglob('*'))} files", flush=True)
        with moved(app) as place:
            try_app(place)
    except TroubleError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    return 0


def freeze(work: Path) -> Path:
    """The folder of the app. Raises `TroubleError`."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", work / "dist", "--workpath", work / "build"),
            ROOT / "stemdesk.spec",
        ],
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise TroubleError(f"PyInstaller ended with {done.returncode}")
    return work / "dist" / "StemDesk"


def size_mb(folder: Path) -> float:
    """Of all files, links not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


@contextmanager
def moved(app: Path) -> Iterator[Path]:
    """The app's folder at an awkward path: moved there and back again, which takes no time. The
    folder beside it is for what the app writes."""
    with tempfile.TemporaryDirectory(prefix="Größe 日本 ", dir=app.parent) as folder:
        place = Path(folder) / "Stem Desk (app)"
        app.rename(place)
        try:
            yield place
        finally:
            place.rename(app)


def try_app(place: Path) -> None:
    """Raises `TroubleError` for the first thing that does not work."""
    home = place.parent / "home"
    console, window = (place / f"{name}{_SUFFIX}" for name in ("stemdesk", "stemdesk-window"))
    for program in (console, window):
        timed(f"self-test of {program.name}", partial(self_test, program, home))
    timed("demo song split", lambda: split(console, home, place.parent / "stems"))
    timed("window without standard streams", lambda: start_window(window, home))


def bare(home: Path) -> dict[str, str]:
    """An environment with nothing in it: no PATH, no Python's variables. Windows does not start
    programs without its own folder."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {"STEMDESK_HOME": str(home), **kept}


def run(program: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """In a folder that is not the app's."""
    return subprocess.run(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=bare(home),
        cwd=program.parents[1],
        timeout=_TEST_S,
        check=False,
    )


def self_test(program: Path, home: Path) -> None:
    """Raises `TroubleError` with the steps that failed."""
    done = run(program, "--self-test", "--json", home=home)
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        if os.name == "nt" and not done.stdout and not done.returncode:
            return  # a windowed program of Windows says nothing
        raise TroubleError(f"no report, exit code {done.returncode}: {done.stderr}") from error
    for step in found["steps"]:
        mark = "ok    " if step["passed"] else "FAILED"
        print(f"    {mark} {step['name']}: {step['said']} ({step['seconds']:.1f} s)")
    failed = [step["name"] for step in found["steps"] if not step["passed"]]
    if failed or done.returncode or not found["frozen"]:
        raise TroubleError(f"self-test, exit code {done.returncode}: {failed} {done.stderr}")


def split(program: Path, home: Path, target: Path) -> None:
    """Raises `TroubleError` unless the demo song's stems lie in `target`."""
    done = run(program, "demo", "-o", str(target), "--format", "wav", home=home)
    found = sorted(path.stem for path in target.rglob("*.wav"))
    small = [path.name for path in target.rglob("*.wav") if path.stat().st_size < 1_000_000]
    if done.returncode or found != sorted(STEMS) or small:
        raise TroubleError(f"demo, exit code {done.returncode}: {found} {done.stderr}")


def start_window(program: Path, home: Path) -> None:
    """The window comes up without stdin, stdout and stderr, as desktops start programs, and ends
    when it is asked to. Raises `TroubleError`."""
    if os.name == "nt" or sys.platform == "darwin":
        return  # their release machines have a screen of their own; the self-test has painted
    with screen() as display:
        process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" <&- >&- 2>&-', program],
            env={**bare(home), "DISPLAY": display},
            cwd=program.parents[1],
        )
        try:
            _wait_for_window(process, display)
        finally:
            process.terminate()
        try:
            code = process.wait(_WINDOW_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise TroubleError(f"the window did not end within {_WINDOW_S:.0f} s") from error
        if code != 0:
            raise TroubleError(f"the window ended with {code}")


def _wait_for_window(process: subprocess.Popen[bytes], display: str) -> None:
    end = time.monotonic() + _WINDOW_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise TroubleError(f"the window's process ended at once with {process.returncode}")
        tree = subprocess.run(
            ["xwininfo", "-root", "-tree", "-display", display],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        if '"StemDesk' in tree:
            return
        time.sleep(0.1)
    raise TroubleError(f"no window within {_WINDOW_S:.0f} s")


@contextmanager
def screen() -> Iterator[str]:
    """The name of a display of our own. Raises `TroubleError` without Xvfb."""
    if shutil.which("Xvfb") is None or shutil.which("xwininfo") is None:
        raise TroubleError("Xvfb and xwininfo are needed (Debian: xvfb, x11-utils)")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def timed(what: str, do: Callable[[], Result]) -> Result:
    """Do it and say how long it took."""
    began = time.monotonic()
    result = do()
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
