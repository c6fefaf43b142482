"""From dropping a song into the window to hearing it, and to hearing its stems, by its length.

    python tests/benchmarks/heard.py [--minutes 4 60 180] [--rounds 3] [--wait 0 5] [--small]
        [--kind flac] [--timeline]

In a fresh window for each (the real app, on Qt's offscreen platform, with folders of its own): the
time from `controller.add_paths` to (a) the first block of the original that the player hands out
after play, and (b) the first block at the playhead that comes from separated stems. The drop comes
`--wait` seconds after the first paint: with 0 torch is still being imported, as on a start with a
file; with 5 the window has been open for a moment, as it is at most drops. The full-size HTDemucs
has random weights, and its self-check, once for each machine, is done before; `--small` takes a
network of no size and is for trying the script. Also printed: both against the shortest song's, and
(b) against the sum of its parts alone: torch's import, loading the model, decoding one segment, one
pass. `--timeline`: what happened when in the run of the median, in seconds after the drop.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(Path(__file__).parent)]

if TYPE_CHECKING:
    from timeline import Timeline

    from stemdesk.gui.controller import Controller
    from stemdesk.gui.window import MainWindow

LOOK_MS = 40
_ONE_SEGMENT = """
from stemdesk.audio.decode import decode
from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
cancel, frames = CancelToken(), 0
def take(block):
    global frames
    frames += block.shape[1]
    if frames >= float(info.segment_of(0)) * info.samplerate:
        cancel.cancel()
try:
    decode(Path(sys.argv[1]), info.samplerate, take, cancel=cancel)
except Cancelled:
    pass
print(time.monotonic() - begin)
"""
"""Behind `first_sound.PARTS`: with the first segment of the song decoded, too."""


def measure(song: Path, home: Path, models: Path, wait_s: float = 0.0) -> dict[str, Any]:
    """One fresh window, and a drop `wait_s` after its first paint: `original_s`, `stems_s`,
    `pass_s`, and `times` after the drop."""
    done = subprocess.run(
        [sys.executable, __file__, "--inside", str(song), str(wait_s)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "QT_QPA_PLATFORM": "offscreen",
            "STEMDESK_HOME": str(home),
            "STEMDESK_MODELS": str(models),
        },
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("--minutes", type=float, nargs="*", default=[4.0, 60.0, 180.0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--wait", type=float, nargs="*", default=[0.0, 5.0], metavar="SECONDS")
    options.add_argument("--small", action="store_true")
    options.add_argument("--timeline", action="store_true")
    options.add_argument("--kind", choices=["flac", "wav", "mp3"], default="flac")
    arguments = options.parse_args()
    from first_sound import JOB, PARTS, run
    from make_full_size_model import make_full_size_model
    from running import long_song, spread

    from stemdesk.audio.demo import write_demo_song

    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = folder / "models"
        if arguments.small:
            from support.models import install_small

            install_small(models)
            model = "small"
        else:
            model = make_full_size_model(models)
        short = write_demo_song(folder)
        songs = {
            minutes: as_kind(
                long_song(short, folder / f"{minutes:g}.flac", minutes), arguments.kind
            )
            for minutes in arguments.minutes
        }
        run(JOB, short, model, folder)  # the self-check
        measure(short, folder / "first", models)  # the disk's cache
        cases = [(wait_s, minutes) for wait_s in arguments.wait for minutes in songs]
        found: dict[tuple[float, float], list[dict[str, Any]]] = {case: [] for case in cases}
        parts = []
        for number in range(arguments.rounds):
            for wait_s, minutes in cases:
                home = folder / f"home-{number}-{wait_s:g}-{minutes:g}"
                (home / "data").mkdir(parents=True)
                shutil.copy(folder / "checks.json", home / "data" / "self-checks.json")
                found[wait_s, minutes].append(measure(songs[minutes], home, models, wait_s))
            first = songs[min(songs)]
            parts.append(float(run(PARTS + _ONE_SEGMENT, first, model, folder)))
        passes = [it["pass_s"] for values in found.values() for it in values]
        one_pass = statistics.median(passes)
        sums = [part + one_pass for part in parts]
        print(f"one pass: {spread(passes, ' s')}")
        print(f"import, load, one segment decoded, one pass: {spread(sums, ' s')}")
        for wait_s in arguments.wait:
            of_wait = {minutes: found[wait_s, minutes] for minutes in songs}
            tell(wait_s, of_wait, statistics.median(sums), arguments.timeline)


def tell(
    wait_s: float, found: dict[float, list[dict[str, Any]]], parts_s: float, timeline: bool
) -> None:
    """Print what was measured with drops `wait_s` after the first paint, by the songs' minutes."""
    from running import spread

    print(f"dropped {wait_s:g} s after the first paint:")
    short_s = {key: middle(found[min(found)], key) for key in ("original_s", "stems_s")}
    for minutes, values in found.items():
        for key, name in (("original_s", "the original"), ("stems_s", "the stems")):
            heard = [value[key] for value in values]
            print(
                f"{minutes:5.0f} min, {name} after {spread(heard, ' s')},"
                f" {middle(values, key) / short_s[key]:.2f} of the shortest song's"
            )
        ratio = middle(values, "stems_s") / parts_s
        print(f"           the stems over import, load, segment and pass: {ratio:.2f}")
        if timeline:
            usual = sorted(values, key=lambda value: float(value["stems_s"]))[len(values) // 2]
            for name, second in sorted(usual["times"].items(), key=lambda item: float(item[1])):
                print(f"           {second:6.2f} s {name}")


def middle(values: list[dict[str, Any]], key: str) -> float:
    return statistics.median(float(value[key]) for value in values)


def as_kind(song: Path, kind: str) -> Path:
    """The same song in another format."""
    if kind == "flac":
        return song
    import soundfile

    target = song.with_suffix(f".{kind}")
    with soundfile.SoundFile(song) as source:
        made = soundfile.SoundFile(target, "w", source.samplerate, source.channels)
        with made:
            for block in source.blocks(1 << 16, dtype="float32"):
                made.write(block)
    return target


# From here on: inside the process that is measured.


class Ears:
    """Drops a song, plays it as soon as that can be done, and notes what is heard."""

    def __init__(self, song: Path, wait_s: float, timeline: Timeline) -> None:
        self.song = song
        self.wait_ms = round(wait_s * 1000)
        self.timeline = timeline
        self.facts: dict[str, float] = {}
        self.dropped = 0.0

    def connect(self, controller: Controller, window: MainWindow) -> None:
        from PySide6.QtCore import QTimer

        self.controller, self.window = controller, window
        self.timer = QTimer(interval=LOOK_MS)
        self.timer.timeout.connect(self.look)

    def painted(self) -> None:
        """The window is seen."""
        from PySide6.QtCore import QTimer

        self.timeline.note("first paint")
        if self.wait_ms:
            QTimer.singleShot(self.wait_ms, self.drop)
        else:
            self.drop()

    def drop(self) -> None:
        self.timeline.note("drop")
        self.dropped = time.monotonic()
        self.controller.add_paths([self.song])
        self.timer.start()

    def look(self) -> None:
        playback = self.window.playback
        if not playback.playing:
            playback._poll()  # as its timer does, and sooner
            if playback.ready and self.window.song.shows_stems:
                self.timeline.note("play")
                playback.play()
            return
        player = playback._player
        assert player is not None
        status = player.status
        if status.position_frames > 0:
            self.note("original_s")
        if status.position_frames > 0 and not status.hears_original:
            self.note("stems_s")
        for job in self.controller.jobs:
            task = self.controller.hearing.live.task(job)
            if task is None or task.queue.done < 2:
                continue  # the time of the first pass has loading in it
            progress = self.controller.progress(job.id)
            if progress is not None and progress.pass_s is not None:
                self.facts["pass_s"] = progress.pass_s
        if len(self.facts) == 3:
            self.end()

    def note(self, key: str) -> None:
        self.timeline.note(f"heard: {key.removesuffix('_s')}")
        self.facts.setdefault(key, time.monotonic() - self.dropped)

    def end(self) -> None:
        from PySide6.QtWidgets import QApplication

        self.timer.stop()
        times = {name: at - self.dropped for name, at in self.timeline.times.items()}
        print(json.dumps({**self.facts, "times": times}), flush=True)
        QApplication.exit(0)


def inside(song: Path, wait_s: float) -> int:
    from stemdesk import memory

    memory.keep_freed()  # as `__main__` does, before any thread
    from timeline import Timeline

    from stemdesk.gui import app as root
    from stemdesk.gui import runner
    from stemdesk.gui.given import Given

    timeline = Timeline()
    ears = Ears(song, wait_s, timeline)
    timeline.watch_start()
    first_paint, connect, load_pipeline = root.FirstPaint, root.connect, runner.load_pipeline

    def loaded() -> None:
        load_pipeline()
        timeline.watch_jobs()

    def painted(window: MainWindow, then: Any) -> Any:
        def both() -> None:
            then()
            ears.painted()

        return first_paint(window, both)

    def connected(app: Any, instance: Any, controller: Controller, window: MainWindow) -> None:
        connect(app, instance, controller, window)
        ears.connect(controller, window)

    root.FirstPaint, root.connect = painted, connected  # type: ignore[assignment, misc] # watched
    vars(root)["load_pipeline"] = loaded  # `app` has its own name for it
    return root.run(Given())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        sys.exit(inside(Path(sys.argv[2]), float(sys.argv[3])))
    main()
