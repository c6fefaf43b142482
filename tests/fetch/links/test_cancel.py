"""Cancelling at many points: noticed at once, and nothing runs on."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer
from stemdesk.fetch.links.client import look_up
from support.asking import LIMITS, Asking, children
from support.link_site import LinkSite, audio_page, noise_bytes
from support.web import WAIT_S, Reply, cancel_when

DATA = noise_bytes(600_000)
WHOLE = Reply(DATA, headers={"Content-Type": "audio/mpeg"})
# The site would go on long before this.
PATIENT = dataclasses.replace(LIMITS, connect_s=10 * WAIT_S, silent_s=10 * WAIT_S)


def where(site: LinkSite, point: str) -> str:
    """A site that comes to a halt at this point of a download."""
    head = f'<meta property="og:image" content="{site.url("/p.png")}">'
    site.page("/page", audio_page("/song.mp3", extra=head))
    site.pages["/song.mp3"] = WHOLE
    if point == "at the first request":
        site.page("/page", "", silent=True)
    elif point == "in the middle of the page":
        site.page("/page", audio_page("/song.mp3") + " " * 9000, stalls_after=200)
    elif point == "before the first byte":
        site.pages["/song.mp3"] = dataclasses.replace(WHOLE, silent=True)
    elif point == "in the middle of the song":
        site.pages["/song.mp3"] = dataclasses.replace(WHOLE, stalls_after=300_000)
    elif point == "in the picture":
        site.put("/p.png", DATA, "image/png", stalls_after=10)
    return site.url("/page")


POINTS = [
    "at the first request",
    "in the middle of the page",
    "before the first byte",
    "in the middle of the song",
    "in the picture",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_cancelled_download_stops_at_once(site: LinkSite, asking: Asking, point: str) -> None:
    url, cancel = where(site, point), CancelToken()
    asking.rules = dataclasses.replace(asking.rules, limits=PATIENT)
    thread = cancel_when(site.stalled, cancel)
    with pytest.raises(Cancelled):
        asking.get(url, cancel)
    assert site.holds()
    thread.join()
    left = set(asking.names)
    assert left <= {"media.json", "media.mp3.part", "media.mp3"}
    assert ("media.mp3" in left) == (point == "in the picture")


@pytest.mark.parametrize("point", POINTS[:2])
def test_a_cancelled_look_up_stops_at_once(site: LinkSite, asking: Asking, point: str) -> None:
    url, cancel = where(site, point), CancelToken()
    asking.rules = dataclasses.replace(asking.rules, limits=PATIENT)
    thread = cancel_when(site.stalled, cancel)
    with pytest.raises(Cancelled):
        look_up(url, asking.rules, cancel)
    assert site.holds()
    thread.join()


def test_cancelled_before_it_begins(site: LinkSite, asking: Asking) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        asking.get(where(site, ""), cancel)
    assert not site.requests


def test_pausing_keeps_what_is_there(site: LinkSite, asking: Asking) -> None:
    url, cancel = where(site, "in the middle of the song"), CancelToken()
    part = asking.folder / "media.mp3.part"

    def pause() -> None:
        site.stalled.wait(30)
        while not (part.exists() and part.stat().st_size):
            threading.Event().wait(0.01)  # until something has reached the disk
        cancel.pause()

    thread = threading.Thread(target=pause)
    thread.start()
    with pytest.raises(Paused):
        asking.get(url, cancel)
    thread.join()
    assert "media.mp3.part" in asking.names
    site.pages["/song.mp3"] = WHOLE
    assert asking.get(url).file.read_bytes() == DATA
    assert site.asked("/song.mp3")[-1].headers["range"].startswith("bytes=")


def test_a_report_that_raises_ends_it(site: LinkSite, asking: Asking) -> None:
    def report(_: Transfer) -> None:
        raise RuntimeError("the caller's own")

    asking.told = report  # type: ignore[assignment] # another report
    with pytest.raises(RuntimeError, match="own"):
        asking.get(where(site, ""))


def test_a_killed_app_leaves_no_child(site: LinkSite, asking: Asking, tmp_path: Path) -> None:
    """The child hears the end of its stdin, and takes its scratch folder with it."""
    if not Path("/proc/self/task").exists():
        pytest.skip("looks into /proc")
    script = f"""
        from pathlib import Path
        from stemdesk.core.progress import CancelToken
        from stemdesk.fetch.links.client import look_up
        from stemdesk.fetch.links.values import LinkRules
        rules = LinkRules(9.0, 9, allow_local=True, proxy="")
        look_up({where(site, "at the first request")!r}, rules, CancelToken())
    """
    place = tmp_path / "temporary"
    place.mkdir()
    environment = {**os.environ, "TMPDIR": str(place)}
    app = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], env=environment)
    assert site.stalled.wait(30)
    tasks = Path(f"/proc/{app.pid}/task").glob("*/children")
    pids = {int(pid) for path in tasks for pid in path.read_text().split()}
    assert len(pids) == 1
    app.send_signal(signal.SIGKILL)
    app.wait()
    end = time.monotonic() + 20
    while any(is_alive(pid) for pid in pids) or list(place.iterdir()):
        assert time.monotonic() < end
        threading.Event().wait(0.02)
    assert not children()


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be noted as ended does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
