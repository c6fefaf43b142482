"""One song after the other, for a long time: nothing is left behind by any of them."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from stemdesk.core.progress import CancelToken
from support.place import Place


def standing() -> dict[str, int]:
    """Anonymous memory in MiB, threads and open files of this process."""
    gc.collect()
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    facts = dict(line.split(":", 1) for line in lines)
    return {
        "memory": int(facts["RssAnon"].split()[0]) // 1024,
        "threads": int(facts["Threads"]),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_the_hundredth_job_leaves_everything_where_the_second_left_it(place: Place) -> None:
    songs = [place.song(f"{number}.wav", seconds=0.7, seed=number) for number in range(100)]
    pipeline = place.pipeline()
    second = {}
    for number, song in enumerate(songs, start=1):
        pipeline.run(place.job(song), lambda _: None, CancelToken())
        if number == 2:
            second = standing()
    last = standing()
    assert (last["threads"], last["files"]) == (second["threads"], second["files"])
    assert last["memory"] - second["memory"] < 16
