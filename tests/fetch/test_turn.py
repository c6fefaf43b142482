"""Two who want the same file at once, in one process and in two; and one who is killed."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer
from stemdesk.fetch.download import download
from support.fetching import DATA, Fetching
from support.web import WAIT_S, Reply, Web, cancel_when

DOWNLOADER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.download import RemoteFile, download
url, size, sha256, target = sys.argv[2:]
download(
    RemoteFile(url, int(size), sha256), Path(target),
    lambda transfer: print(transfer.done_bytes, flush=True), CancelToken(),
)
print("done", flush=True)
"""


class Process:
    """A download in a process of its own, which prints how far it is."""

    def __init__(self, fetching: Fetching, web: Web) -> None:
        source = Path(__file__).parent.parent.parent / "src"
        file = fetching.file(web.url())
        facts = [str(source), file.url, str(file.size_bytes), file.sha256, str(fetching.target)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", DOWNLOADER, *facts], stdout=subprocess.PIPE, text=True
        )

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        for told in self.process.stdout:
            if told.strip() == line:
                return
        raise AssertionError(f"ended before {line}")

    def end(self) -> int:
        self.process.communicate(timeout=WAIT_S)
        return self.process.returncode


def test_two_processes_share_one_download(fetching: Fetching) -> None:
    with Web(Reply(DATA, stalls_after=100_000)) as web:
        one = Process(fetching, web)
        one.wait_for("100000")
        other = Process(fetching, web)
        other.wait_for("100000")  # it waits, and tells how far the first one is
        web.release.set()
        other.wait_for("done")
        assert (one.end(), other.end()) == (0, 0)
    assert len(web.requests) == 1 and fetching.is_done()


def test_a_killed_download_leaves_nothing_under_the_name_and_is_resumed(
    fetching: Fetching,
) -> None:
    with Web(Reply(DATA, stalls_after=100_000), Reply(DATA)) as web:
        one = Process(fetching, web)
        one.wait_for("100000")
        one.process.kill()
        one.end()
        assert not fetching.target.exists()
        assert fetching.part.read_bytes() == DATA[:100_000]
        fetching.get(web.url())
    assert web.ranges == [None, "bytes=100000-"] and fetching.is_done()


def test_two_threads_share_one_download(fetching: Fetching) -> None:
    other = Fetching(fetching.folder)
    other_waits = other.at(100_000)
    with Web(Reply(DATA, stalls_after=100_000)) as web:
        threads = [
            threading.Thread(target=fetching.get, args=[web.url()]),
            threading.Thread(target=other.get, args=[web.url()]),
        ]
        threads[0].start()
        assert web.stalled.wait(WAIT_S)
        threads[1].start()
        assert other_waits.wait(WAIT_S)
        web.release.set()
        for thread in threads:
            thread.join(WAIT_S)
    assert len(web.requests) == 1 and fetching.is_done()
    assert fetching.reports[-1].fraction == other.reports[-1].fraction == 1.0


def test_many_threads_and_the_first_one_fails(fetching: Fetching) -> None:
    """Who waited takes over."""
    replies = [Reply(b"", status=503), Reply(DATA)]
    results: list[str] = []

    def work(url: str) -> None:
        try:
            fetching.get(url)
            results.append("done")
        except Exception as error:
            results.append(type(error).__name__)

    with Web(*replies) as web:
        threads = [threading.Thread(target=work, args=[web.url()]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
    assert sorted(results) == ["FetchError", *["done"] * 5]
    assert len(web.requests) == 2 and fetching.is_done()


def test_waiting_for_another_process_can_be_cancelled(fetching: Fetching) -> None:
    cancel = CancelToken()
    waits = threading.Event()

    def report(transfer: Transfer) -> None:
        waits.set()

    with Web(Reply(DATA, stalls_after=100_000)) as web:
        one = Process(fetching, web)
        one.wait_for("100000")
        canceller = cancel_when(waits, cancel)
        with pytest.raises(Cancelled):
            download(fetching.file(web.url()), fetching.target, report, cancel)
        assert web.holds(), "it has not waited for the other one"
        canceller.join()
        web.release.set()
        assert one.end() == 0
    assert fetching.is_done(), "the other one was not disturbed"


def test_a_cancelled_one_does_not_begin(fetching: Fetching) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with Web(Reply(DATA)) as web, pytest.raises(Cancelled):
        fetching.get(web.url(), cancel=cancel)
    assert web.requests == [] and fetching.kept == -1
