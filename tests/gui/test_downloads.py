from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.gui.downloads import Downloads, Work, joined
from stemdesk.gui.model_values import Download, Errand, Phase, Stems
from stemdesk.gui.tasks import Tasks

WAIT_MS = 20_000


class Server:
    """What is fetched, and how: each download waits until it is let go on, or is cancelled."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Stems]] = []
        self.go = threading.Event()
        self.error: Exception | None = None
        self.reports = 0
        self.threads: set[bool] = set()
        self.started: list[str] = []
        self.running = 0
        self.most = 0
        self._lock = threading.Lock()

    def fetch(self, name: str, stems: Stems) -> Work:
        self.asked.append((name, stems))

        def work(report: TransferReport, cancel: CancelToken) -> None:
            self.threads.add(QThread.currentThread().isMainThread())
            with self._lock:
                self.running += 1
                self.started.append(name)
                self.most = max(self.most, self.running)
            try:
                for number in range(self.reports):
                    report(Transfer(name, number, self.reports, 1e6, 1.0))
                report(Transfer(name, 43, 100, 2.1e6, 31.0))
                while not self.go.wait(0.01):
                    cancel.check()
            finally:
                with self._lock:
                    self.running -= 1
            if self.error is not None:
                raise self.error

        return work


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def downloads(qtbot: QtBot, server: Server) -> Iterator[Downloads]:
    tasks = Tasks()
    made = Downloads(tasks, server.fetch, tasks)
    yield made
    made.stop()
    assert tasks.close(WAIT_MS)


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def state(downloads: Downloads, name: str = "htdemucs") -> Download:
    found = downloads.get(name)
    assert found is not None
    return found


def test_a_download_tells_how_far_it_is_and_ends(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    ended: list[tuple[str, Phase]] = []
    downloads.ended.connect(lambda name, state, _: ended.append((name, state.phase)))
    assert downloads.get("htdemucs") is None
    downloads.start("htdemucs")
    assert state(downloads).running
    until(qtbot, lambda: state(downloads).transfer is not None)
    assert state(downloads).fraction == 0.43
    server.go.set()
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)
    assert ended == [("htdemucs", Phase.DONE)]
    assert server.threads == {False}  # never in the window's thread


def test_progress_does_not_flood_the_window(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    server.reports = 5000
    changes: list[str] = []
    downloads.changed.connect(changes.append)
    server.go.set()
    downloads.start("htdemucs")
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)
    assert len(changes) < 50
    last = state(downloads).transfer
    assert last is not None and last.done_bytes == 43  # the newest one, whatever was passed over


def test_one_download_a_model_and_two_models_side_by_side(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    for _ in range(3):
        downloads.start("htdemucs")
    downloads.start("htdemucs_6s")
    until(qtbot, lambda: server.most == 2)
    assert server.asked == [("htdemucs", ()), ("htdemucs_6s", ())]
    server.go.set()
    names = ("htdemucs", "htdemucs_6s")
    until(qtbot, lambda: not any(state(downloads, name).running for name in names))
    assert len(server.asked) == 2


def test_more_stems_of_the_same_model_follow(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    downloads.start("htdemucs_ft", ("vocals",))
    downloads.start("htdemucs_ft", ("vocals",))
    downloads.start("htdemucs_ft", ("drums",))
    assert server.asked == [("htdemucs_ft", ("vocals",))]
    server.go.set()
    until(qtbot, lambda: len(server.asked) == 2 and not state(downloads, "htdemucs_ft").running)
    assert server.asked[1] == ("htdemucs_ft", ("vocals", "drums"))


def test_cancelling_stops_it_and_it_can_begin_again(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    downloads.start("htdemucs")
    until(qtbot, lambda: server.running == 1)
    downloads.cancel("htdemucs")
    assert state(downloads).phase is Phase.STOPPING
    until(qtbot, lambda: state(downloads).phase is Phase.STOPPED)
    server.go.set()
    downloads.start("htdemucs")
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)


def test_one_that_waits_for_its_turn_says_so_and_is_stopped_at_once(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    ended: list[tuple[str, Phase]] = []
    downloads.ended.connect(lambda name, state, _: ended.append((name, state.phase)))
    for name in ("one", "two", "three"):
        downloads.start(name)
    until(qtbot, lambda: server.running == 2 and state(downloads, "two").transfer is not None)
    assert state(downloads, "three").phase is Phase.WAITING and state(downloads, "three").running
    downloads.cancel("three")
    assert state(downloads, "three").phase is Phase.STOPPED
    assert ended == [("three", Phase.STOPPED)]
    downloads.start("three")  # what was given up does not end it
    server.go.set()
    until(qtbot, lambda: len(ended) == 4)
    assert all(phase is Phase.DONE for _, phase in ended[1:])
    assert sorted(server.started) == ["one", "three", "two"]


def test_one_that_is_asked_for_again_while_it_stops_goes_on(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    downloads.start("htdemucs")
    until(qtbot, lambda: server.running == 1)
    downloads.cancel("htdemucs")
    downloads.start("htdemucs")
    until(qtbot, lambda: len(server.asked) == 2)
    assert state(downloads).running
    server.go.set()
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)


def test_an_error_is_kept_until_the_next_try(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    server.error = ModelError(ErrorCode.MODEL_MISSING, "why", model="htdemucs")
    server.go.set()
    downloads.start("htdemucs")
    until(qtbot, lambda: state(downloads).phase is Phase.FAILED)
    assert state(downloads).error.startswith("The model “htdemucs” is not installed.")
    assert state(downloads).detail == "why"
    server.error = None
    downloads.start("htdemucs")
    assert state(downloads).error == ""
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)
    downloads.forget("htdemucs")
    assert downloads.get("htdemucs") is None


def test_a_model_has_one_errand_at_a_time(
    qtbot: QtBot, downloads: Downloads, server: Server
) -> None:
    downloads.start("htdemucs")
    downloads.run("htdemucs", Download(Errand.CHECK), lambda *_: pytest.fail("not now"))
    assert state(downloads).errand is Errand.DOWNLOAD
    server.go.set()
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)
    downloads.run("htdemucs", Download(Errand.CHECK), lambda *_: False)
    until(qtbot, lambda: state(downloads).phase is Phase.DONE)
    assert state(downloads).errand is Errand.CHECK and not state(downloads).known


@pytest.mark.parametrize("how", ["done", "failed", "cancelled"])
def test_what_is_asked_for_during_a_check_is_downloaded_after_it(
    qtbot: QtBot, downloads: Downloads, server: Server, how: str
) -> None:
    go = threading.Event()

    def check(_: TransferReport, token: CancelToken) -> bool:
        while not go.wait(0.01):
            token.check()
        if how == "failed":
            raise ModelError(ErrorCode.MODEL_CORRUPT)
        return True

    downloads.run("htdemucs_ft", Download(Errand.CHECK), check)
    until(qtbot, lambda: state(downloads, "htdemucs_ft").phase is Phase.RUNNING)
    downloads.start("htdemucs_ft", ("vocals",))
    downloads.start("htdemucs_ft", ("drums",))
    assert server.asked == []
    if how == "cancelled":
        downloads.cancel("htdemucs_ft")
    else:
        go.set()
    until(qtbot, lambda: len(server.asked) == 1)
    assert server.asked == [("htdemucs_ft", ("vocals", "drums"))]
    assert state(downloads, "htdemucs_ft").errand is Errand.DOWNLOAD


def test_the_end_of_the_app_stops_everything(qtbot: QtBot, server: Server) -> None:
    tasks = Tasks()
    downloads = Downloads(tasks, server.fetch, tasks)
    for name in ("one", "two", "three"):  # the third one waits for its turn
        downloads.start(name)
    until(qtbot, lambda: server.running == 2)
    downloads.stop()
    assert tasks.close(10_000)
    assert server.running == 0 and server.most == 2
    downloads.start("four")
    assert downloads.get("four") is None


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (("vocals",), ("vocals", "bass"), ("vocals", "bass")),
        ((), ("bass",), ()),
        (("bass",), (), ()),
    ],
)
def test_no_stems_named_means_all(one: Stems, other: Stems, both: Stems) -> None:
    assert joined(one, other) == both
