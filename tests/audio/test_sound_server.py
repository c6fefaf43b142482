"""The watch for what a sound server does, with a `pactl` that says what it is told to say."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stemdesk.audio.sound_server import SinkWatch, our_sinks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sound servers are Linux's")

PATIENCE_S = 20.0
Find = Callable[[str], str | None]


def listed(*streams: tuple[int, int]) -> str:
    """What `pactl list sink-inputs` prints for these processes on these devices."""
    return "\n".join(
        f"Sink Input #{90 + n}\n\tDriver: protocol-native.c\n\tClient: 17{n}\n\tSink: {sink}\n"
        f'\tProperties:\n\t\tapplication.process.id = "{process}"\n'
        for n, (process, sink) in enumerate(streams)
    )


@pytest.fixture
def server(tmp_path: Path) -> Callable[..., Find]:
    """A `pactl` that lists these texts one after the other, and tells of these events; then it
    goes on as long as it is let, or ends if `ends`."""

    def make(lists: list[str], events: list[str], *, ends: bool = True) -> Find:
        for number, text in enumerate(lists):
            (tmp_path / f"list{number}").write_text(text)
        (tmp_path / "events").write_text("".join(f"{event}\n" for event in events))
        script = tmp_path / "pactl"
        script.write_text(
            "#!/bin/sh\n"
            f'cd "{tmp_path}" && echo "$LC_ALL $*" >> calls\n'
            'if [ "$1" = list ]; then\n'
            'set -- list[0-9]*; cat "$1"; [ -e "$2" ] && rm "$1"; exit 0; fi\n'
            'if [ "$1" = subscribe ]; then cat events; '
            + ("exit; fi\n" if ends else "exec tail -f /dev/null; fi\n")
        )
        script.chmod(0o755)
        return lambda name: str(script) if name == "pactl" else None

    return make


def ended(watch: SinkWatch) -> bool:
    """Whether all that the server told was heard."""
    assert watch._round is not None
    watch._round.thread.join(PATIENCE_S)
    return not watch._round.thread.is_alive()


def test_only_our_own_streams_count() -> None:
    text = listed((7, 1), (17, 2), (7, 30))
    assert our_sinks(text, 7) == {1, 30}
    assert our_sinks(text, 1) == set()
    assert our_sinks("", 7) == set()


def test_the_device_that_plays_us_goes(server: Callable[..., Find], tmp_path: Path) -> None:
    ours = listed((1, 3), (os.getpid(), 4))
    watch = SinkWatch(server([ours], ["Event 'remove' on sink #3", "Event 'remove' on sink #4"]))
    lost = [watch.lost]
    watch.start()
    assert ended(watch)
    lost.append(watch.lost)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert sorted(calls) == ["C list sink-inputs", "C subscribe"]
    watch.stop()
    assert [*lost, watch.lost] == [False, True, False]


@pytest.mark.parametrize(
    "event", ["'remove' on sink #3", "'change' on sink #4", "'new' on card #4"]
)
def test_what_happens_to_other_devices_is_of_no_matter(
    server: Callable[..., Find], event: str
) -> None:
    watch = SinkWatch(server([listed((1, 3), (os.getpid(), 4))], [f"Event {event}", "nonsense"]))
    watch.start()
    assert ended(watch)
    assert not watch.lost


def test_a_stream_that_the_server_has_moved_already(server: Callable[..., Find]) -> None:
    """It moves what it plays first, and takes the device away then."""
    us = os.getpid()
    events = ["Event 'change' on sink-input #90", "Event 'remove' on sink #4"]
    watch = SinkWatch(server([listed((us, 4)), listed((us, 5))], events))
    watch.start()
    assert ended(watch)
    assert watch.lost


def test_without_a_server_nothing_is_seen(server: Callable[..., Find], tmp_path: Path) -> None:
    find = server([], [])
    (tmp_path / "pactl").write_text("#!/bin/sh\nexit 1\n")
    broken = SinkWatch(find)
    broken.start()
    assert ended(broken)
    missing = SinkWatch(lambda _: str(tmp_path / "nowhere"))
    missing.start()
    assert ended(missing)
    none = SinkWatch(lambda _: None)
    none.start()
    assert not (broken.lost or missing.lost or none.lost)


def test_stopping_ends_the_program(server: Callable[..., Find]) -> None:
    watch = SinkWatch(server([""], [], ends=False))
    watch.start()
    assert watch._round is not None
    thread: threading.Thread = watch._round.thread
    watch.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
