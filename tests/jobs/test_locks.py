import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, ErrorCode, Paused, StemDeskError
from stemdesk.core.progress import CancelToken, Progress, Stage, ignore_progress
from stemdesk.jobs.locks import compute_lock, is_running, job_lock

HOLDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from stemdesk.core.progress import CancelToken, ignore_progress
from stemdesk.jobs.locks import compute_lock, job_lock
with job_lock(Path(sys.argv[1]), "job", Path("song")):
    with compute_lock(Path(sys.argv[2]), ignore_progress, CancelToken()):
        print("held", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    source = Path(__file__).parent.parent.parent / "src"
    arguments = [str(tmp_path / "jobs"), str(tmp_path / "compute.lock"), str(source)]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def finish(process: subprocess.Popen[str], *, kill: bool) -> None:
    if kill:
        process.kill()
    process.communicate("\n", timeout=30)


@pytest.mark.parametrize("kill", [False, True])
def test_a_job_of_another_process_is_busy_until_it_ends_or_dies(
    tmp_path: Path, holder: subprocess.Popen[str], kill: bool
) -> None:
    scratch = tmp_path / "jobs"
    assert is_running(scratch, "job")
    with (
        pytest.raises(StemDeskError) as caught,
        job_lock(scratch, "job", Path("song")),
    ):
        pass
    assert caught.value.code is ErrorCode.JOB_BUSY
    finish(holder, kill=kill)
    assert not is_running(scratch, "job")
    with job_lock(scratch, "job", Path("song")):
        pass
    assert list(scratch.iterdir()) == []


def test_the_device_is_waited_for_and_said_so(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    told = threading.Event()
    reports: list[Progress] = []

    def report(progress: Progress) -> None:
        reports.append(progress)
        told.set()

    def release() -> None:
        told.wait(30)
        finish(holder, kill=False)

    releaser = threading.Thread(target=release)
    releaser.start()
    with compute_lock(tmp_path / "compute.lock", report, CancelToken()):
        pass
    releaser.join()
    assert [item.stage for item in reports] == [Stage.WAITING], "said once"


@pytest.mark.parametrize(("stop", "raised"), [("cancel", Cancelled), ("pause", Paused)])
def test_waiting_for_the_device_can_be_stopped(
    tmp_path: Path, holder: subprocess.Popen[str], stop: str, raised: type[Exception]
) -> None:
    cancel = CancelToken()
    with (
        pytest.raises(raised),
        compute_lock(tmp_path / "compute.lock", lambda _: getattr(cancel, stop)(), cancel),
    ):
        pass
    finish(holder, kill=False)


def test_a_free_device_is_not_waited_for(tmp_path: Path) -> None:
    with compute_lock(tmp_path / "new" / "compute.lock", ignore_progress, CancelToken()):
        assert is_running(tmp_path / "new", "compute") is True
    assert is_running(tmp_path / "new", "compute") is False


def test_a_look_does_not_make_a_job_busy(tmp_path: Path) -> None:
    """`is_running` takes the lock for a moment; whoever wants the job waits for that."""
    looked = threading.Event()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_running(tmp_path, "job")
            looked.set()

    looker = threading.Thread(target=look)
    looker.start()
    looked.wait(30)
    try:
        for _ in range(20):
            with job_lock(tmp_path, "job", Path("song")):
                assert is_running(tmp_path, "job")
    finally:
        done.set()
        looker.join()
