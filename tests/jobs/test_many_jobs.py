"""One song after the other, for a long time: nothing is left behind by any of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.place import Place

TESTS = Path(__file__).parents[1]

# In a process of its own: other tests' threads and files come and go.
SCRIPT = """
import gc, json, sys
from pathlib import Path
from stemdesk.core.progress import CancelToken
from support.place import Place

def standing():
    gc.collect()
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    facts = dict(line.split(":", 1) for line in lines)
    files = len(list(Path("/proc/self/fd").iterdir()))
    return int(facts["RssAnon"].split()[0]) / 1024, int(facts["Threads"]), files

place = Place(Path(sys.argv[1]))
pipeline = place.pipeline()
found = []
for number in range(1, 101):
    song = place.song(f"{number}.wav", seconds=0.7, seed=number)
    pipeline.run(place.job(song), lambda _: None, CancelToken())
    if number in (2, 100):
        found.append(standing())
print(json.dumps(found))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_the_hundredth_job_leaves_everything_where_the_second_left_it(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(place.root)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={"PYTHONPATH": f"{TESTS.parent / 'src'}:{TESTS}", "OMP_NUM_THREADS": "1"},
    )
    second, last = json.loads(done.stdout.splitlines()[-1])
    assert last[1:] == second[1:], "threads, open files"
    assert last[0] - second[0] < 16, "anonymous memory in MiB"
