"""The GPU pack from an index to its verdict: real wheels, a real server, a real child process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, DiskFullError, ErrorCode, FetchError, StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import say
from stemdesk.core.transfer import Transfer, TransferReport, ignore_transfer
from stemdesk.engine import gpu_pack
from stemdesk.engine.gpu_pack import FOLDER, LEAVING, RECORD, VERDICT, Verdict
from stemdesk.engine.gpu_trial import try_pack
from stemdesk.engine.nvidia import NvidiaGpu
from stemdesk.fetch.turn import turn
from stemdesk.jobs import gpu_pack as packs
from stemdesk.jobs.gpu_pack import install_pack, look
from stemdesk.jobs.gpu_removal import LOCK, remove_leaving, remove_pack
from stemdesk.jobs.gpu_wheels import FETCHING
from support.fetching import AT_ONCE
from support.gpu_packs import (
    GPU,
    HANGS,
    LIBRARY,
    NO_DRIVER,
    VERSION,
    choose_gpu,
    choose_pack,
    everything,
    gpu_place,
    nvidia_wheel,
    torch_wheel,
    wanted,
)
from support.package_index import PackageIndex
from support.tmpfs import tiny_volume
from support.web import Certificate, Reply, make_certificate

WORKS = Verdict(True, "NVIDIA Test 9000")
WHOLE = {
    "2.13.0/pack.json",
    "2.13.0/verdict.json",
    "2.13.0/torch/__init__.py",
    "2.13.0/torch/lib/libtorch.so",
    "2.13.0/torch-2.13.0.dist-info/METADATA",
    "2.13.0/nvidia/__init__.py",
    "2.13.0/nvidia/cu13/lib/nvidia_cublas.so",
}
HURRY = replace(AT_ONCE, breaks_max=0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> Iterator[PackageIndex]:
    """An index with a pack; its trial is that of a real child process."""
    with gpu_place(monkeypatch, certificate) as index:
        yield index


@pytest.fixture
def index(real: PackageIndex, monkeypatch: pytest.MonkeyPatch) -> PackageIndex:
    """The same, and nobody waits for a child that says what is known."""

    def passes(folder: Path, cancel: CancelToken) -> Verdict:
        said = f'{{"passed": true, "said": "{GPU.name}"}}'
        return try_pack(folder, lambda *_: (0, said))

    monkeypatch.setattr(packs, "try_pack", passes)
    return real


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def get(
    data: Path, report: TransferReport = ignore_transfer, cancel: CancelToken | None = None
) -> Verdict:
    return install_pack(data, report, cancel or CancelToken(), limits=HURRY)


def fails(data: Path) -> StemDeskError:
    """It must fail in a way that a person can read."""
    with pytest.raises(StemDeskError) as caught:
        get(data)
    for text in say(caught.value.code, caught.value.path, caught.value.facts):
        assert text and "{" not in text and "mirror in the settings" not in text
    return caught.value


def names(index: PackageIndex) -> list[str]:
    """Wheels that were asked for."""
    return [path.rpartition("/")[2] for path in index.asked if path.endswith(".whl")]


def test_it_is_fetched_unpacked_tried_and_used(data: Path, real: PackageIndex) -> None:
    old = data / FOLDER / "2.12.0"
    old.mkdir(parents=True)
    reports: list[Transfer] = []
    assert get(data, reports.append) == WORKS
    assert everything(data) == WHOLE
    assert gpu_pack.pack_in_use(data, {}) == data / FOLDER / VERSION
    told = list(dict.fromkeys(report.name for report in reports))
    assert told == [FETCHING, packs.UNPACKING, packs.TRYING]
    fetched = [report for report in reports if report.name == FETCHING]
    total = sum(len(file.body) for file in real.files)
    assert {report.total_bytes for report in fetched} == {total}
    assert [one.done_bytes for one in fetched] == sorted(one.done_bytes for one in fetched)
    assert fetched[-1].done_bytes == total
    assert names(real) == [file.name for file in real.files]
    status = look(data)
    assert status is not None and status.whole and status.verdict == WORKS and status.offered
    assert not status.in_use and status.gpu == GPU and status.kept_bytes > 2 * len(LIBRARY)
    assert get(data) == WORKS and len(names(real)) == 2  # all is there: nothing is asked


def test_where_the_list_has_an_index_of_its_own(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages only, as PyTorch's has them, with a plus sign in the version."""
    index.as_html = True
    file = replace(torch_wheel(), name=f"torch-{VERSION}+cu130-cp311-cp311-win_amd64.whl")
    index.files = (file,)
    choose_pack(monkeypatch, replace(wanted(file), index=index.address))
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid/simple")
    assert get(data) == WORKS


def test_a_break_is_gone_on_from_by_the_next_try(data: Path, index: PackageIndex) -> None:
    first, second = index.files
    index.instead[second.path] = Reply(second.body, breaks_after=100_000)
    error = fails(data)
    assert (error.code, error.retryable) == (ErrorCode.DOWNLOAD_BROKEN, True)
    assert gpu_pack.pack_in_use(data, {}) is None
    status = look(data)
    assert status is not None and not status.whole
    assert status.fetched_bytes == len(first.body) + 100_000
    index.instead.clear()
    reports: list[Transfer] = []
    assert get(data, reports.append) == WORKS
    assert reports[0].done_bytes == status.fetched_bytes
    assert names(index) == [first.name, second.name, second.name]
    assert index.ranges[-1] == "bytes=100000-"
    assert everything(data) == WHOLE


def test_a_wheel_that_is_damaged_on_the_disk_is_fetched_again(
    data: Path, index: PackageIndex
) -> None:
    first, second = index.files
    index.instead[second.path] = Reply(status=503)
    assert fails(data).code is ErrorCode.DOWNLOAD_REFUSED
    path = data / FOLDER / packs.WHEELS / first.name
    path.write_bytes(bytes(len(first.body)))
    index.instead.clear()
    assert get(data) == WORKS
    assert names(index).count(first.name) == 2


@pytest.mark.parametrize("where", [FETCHING, packs.UNPACKING, packs.TRYING])
def test_a_cancel_keeps_what_was_fetched_and_the_next_try_goes_on(
    data: Path, real: PackageIndex, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == packs.TRYING:
        real.files = (nvidia_wheel(), torch_wheel(HANGS))
        choose_pack(monkeypatch, wanted(*real.files))
    cancel = CancelToken()
    first, second = real.files
    real.instead[second.path] = Reply(second.body, pause_s=0.005)
    some = {FETCHING: len(first.body) + 1, packs.UNPACKING: 1, packs.TRYING: 0}[where]

    def report(transfer: Transfer) -> None:
        if transfer.name == where and transfer.done_bytes >= some:
            cancel.cancel()

    with pytest.raises(Cancelled):
        get(data, report, cancel)
    assert gpu_pack.pack_in_use(data, {}) is None
    left = everything(data)
    if where == packs.TRYING:
        assert left == WHOLE - {"2.13.0/verdict.json"}
        return
    assert left and all(name.startswith("wheels/") for name in left)
    assert get(data) == WORKS
    assert everything(data) == WHOLE


def test_what_a_killed_stemdesk_left_is_cleared_away(data: Path, index: PackageIndex) -> None:
    half = data / FOLDER / ".new-abc" / VERSION / "torch"
    half.mkdir(parents=True)
    (data / FOLDER / VERSION).mkdir()  # a pack that lacks everything
    assert get(data) == WORKS
    assert everything(data) == WHOLE
    assert not (data / FOLDER / ".new-abc").exists()


def test_another_file_than_the_pinned_one_is_never_unpacked(
    data: Path, index: PackageIndex
) -> None:
    file = index.files[0]
    index.instead[file.path] = Reply(bytes(len(file.body)))
    error = fails(data)
    assert error.code is ErrorCode.DOWNLOAD_WRONG_HASH
    assert "PIP_INDEX_URL" in say(error.code, error.path, error.facts)[1]
    assert everything(data) <= {f"wheels/{file.name}.part"}
    assert look(data) == replace(look(data) or pytest.fail(), whole=False, fetched_bytes=0)


def test_an_index_that_lacks_a_file_says_so(data: Path, index: PackageIndex) -> None:
    index.files = (replace(nvidia_wheel(), name="nvidia_cublas-13.0-py3-none-any.whl"),)
    error = fails(data)
    assert error.code is ErrorCode.GPU_PACK_NOT_LISTED
    assert error.facts["file"] == nvidia_wheel().name
    index.files = ()  # it does not know the package at all
    assert fails(data).code is ErrorCode.GPU_PACK_NOT_LISTED


def test_without_a_network(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/simple")
    error = fails(data)
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE
    assert "goes on" in say(error.code, error.path, error.facts)[1]
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    assert fails(data).code is ErrorCode.GPU_PACK_NO_INDEX


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_pack(monkeypatch, wanted(*index.files, unpacked_bytes=10**18))
    error = fails(data)
    assert isinstance(error, DiskFullError) and error.facts["needed_bytes"] > 10**18  # type: ignore[operator] # a number
    assert index.asked == []


def test_a_disk_that_fills_up_leaves_no_half_pack(
    tmp_path: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said that it unpacks to less than it does."""
    monkeypatch.setattr(packs, "_SPARE_BYTES", 0)
    choose_pack(monkeypatch, wanted(*index.files, unpacked_bytes=1000))
    with tiny_volume(tmp_path / "volume", "600k") as data:
        assert isinstance(fails(data), DiskFullError)
        assert {name.partition("/")[0] for name in everything(data)} == {packs.WHEELS}


def test_wheels_that_contradict_each_other(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(nvidia_wheel(library=b"other"), name="nvidia_nccl-13.1-py3-none-any.whl")
    index.files = (*index.files, other)
    choose_pack(monkeypatch, wanted(*index.files))
    error = fails(data)
    assert error.code is ErrorCode.GPU_PACK_UNUSABLE and "nvidia_cublas.so" in error.detail
    assert not (data / FOLDER / VERSION).exists()


def test_a_pack_that_fails_its_trial_is_not_used_and_can_be_tried_again(
    data: Path, real: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = data / FOLDER / "2.12.0"
    old.mkdir(parents=True)
    real.files = (nvidia_wheel(), torch_wheel(NO_DRIVER))
    choose_pack(monkeypatch, wanted(*real.files))
    verdict = get(data)
    assert verdict == Verdict(False, "Found no NVIDIA driver on your system.")
    assert gpu_pack.pack_in_use(data, {}) is None and old.exists()
    init = data / FOLDER / VERSION / "torch" / "__init__.py"
    text = init.read_text("utf-8")
    init.write_text(text.replace("raise RuntimeError", "str".ljust(18)), "utf-8")
    asked = len(real.asked)
    assert get(data) == WORKS and len(real.asked) == asked and not old.exists()


@pytest.mark.parametrize(
    ("gpu", "code"),
    [
        (None, ErrorCode.GPU_PACK_NO_GPU),
        (NvidiaGpu("GPU", "535.183", 9.0), ErrorCode.GPU_PACK_OLD_DRIVER),
        (NvidiaGpu("GPU", "580.65", 6.1), ErrorCode.GPU_PACK_OLD_GPU),
    ],
)
def test_a_gpu_that_does_not_fit_is_told_before_anything_is_fetched(
    data: Path,
    index: PackageIndex,
    monkeypatch: pytest.MonkeyPatch,
    gpu: NvidiaGpu | None,
    code: ErrorCode,
) -> None:
    choose_gpu(monkeypatch, gpu)
    assert fails(data).code is code
    assert index.asked == [] and not (data / FOLDER).exists()
    choose_gpu(monkeypatch, NvidiaGpu())  # nothing is known of it: the trial tells
    assert get(data) == WORKS


def test_a_system_without_a_pack_and_a_stemdesk_from_source(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_pack(monkeypatch, None)
    assert fails(data).code is ErrorCode.GPU_PACK_NONE
    status = look(data)
    assert status is not None and not status.offered
    monkeypatch.delenv(gpu_pack.ON)
    assert fails(data).code is ErrorCode.GPU_PACK_NOT_NEEDED
    assert look(data) is None


def test_two_at_once_fetch_it_once(data: Path, real: PackageIndex) -> None:
    """One of them a process of its own."""
    code = f"""
from pathlib import Path
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import ignore_transfer
from stemdesk.jobs import gpu_pack
from stemdesk.engine import gpu_pack as engine
from support.gpu_packs import GPU, nvidia_wheel, torch_wheel, wanted
engine.wanted_pack = lambda: wanted(nvidia_wheel(), torch_wheel())
gpu_pack.find_nvidia = lambda: GPU
print(gpu_pack.install_pack(Path({str(data)!r}), ignore_transfer, CancelToken()))
"""
    found: list[Verdict] = []
    thread = threading.Thread(target=lambda: found.append(get(data)))
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        thread.start()
        said, _ = other.communicate(timeout=60)
        thread.join()
    assert found == [WORKS] and said.strip() == str(WORKS)
    assert sorted(names(real)) == sorted(file.name for file in real.files)
    assert everything(data) == WHOLE


def test_it_is_removed_with_all_that_was_fetched(data: Path, index: PackageIndex) -> None:
    assert remove_pack(data)  # none
    get(data)
    assert remove_pack(data)
    assert not (data / FOLDER).exists()
    status = look(data)
    assert status is not None and not status.whole and status.kept_bytes == 0


def test_one_on_another_disk_is_let_go_of(data: Path, index: PackageIndex, tmp_path: Path) -> None:
    get(data)
    (data / FOLDER / VERSION).rename(tmp_path / "other")
    (data / FOLDER / VERSION).symlink_to(tmp_path / "other")
    assert remove_pack(data)
    assert not (data / FOLDER).exists() and (tmp_path / "other" / RECORD).exists()


def test_it_is_not_removed_while_it_is_fetched(data: Path, index: PackageIndex) -> None:
    get(data)
    with turn(data / FOLDER / LOCK, lambda: None, CancelToken()):
        with pytest.raises(StemDeskError) as caught:
            remove_pack(data)
        assert caught.value.code is ErrorCode.GPU_PACK_BUSY
        remove_leaving(data)
    assert everything(data) == WHOLE


def test_what_this_process_computes_with_goes_at_the_next_start(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    get(data)
    monkeypatch.setattr(gpu_pack, "is_imported", lambda folder: True)
    assert not remove_pack(data)
    status = look(data)
    assert status is not None and status.leaving and status.in_use
    assert gpu_pack.pack_in_use(data, {}) is None
    assert everything(data) == WHOLE | {LEAVING}
    asked = len(index.asked)
    monkeypatch.setattr(gpu_pack, "is_imported", lambda folder: False)  # wanted again, elsewhere
    assert get(data) == WORKS and len(index.asked) == asked
    assert gpu_pack.pack_in_use(data, {}) is not None
    assert not remove_pack(data, later=True)
    assert everything(data) == WHOLE | {LEAVING}
    monkeypatch.undo()  # the next start
    remove_leaving(data)
    assert not (data / FOLDER).exists()


def test_what_the_system_does_not_let_go_is_not_used_any_more(
    data: Path, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows does it with libraries that another process has loaded."""
    get(data)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    assert not remove_pack(data)
    assert gpu_pack.pack_in_use(data, {}) is None
    assert everything(data) == WHOLE | {LEAVING}


def test_files_that_are_not_what_they_were_are_fetched_anew(
    data: Path, index: PackageIndex
) -> None:
    get(data)
    (data / FOLDER / VERSION / RECORD).unlink()
    assert get(data) == WORKS
    assert everything(data) == WHOLE and VERDICT in str(WHOLE)


def test_an_error_of_the_index_is_no_missing_file(data: Path, index: PackageIndex) -> None:
    index.instead["/simple/nvidia-cublas/"] = Reply(status=500)
    error = fails(data)
    assert isinstance(error, FetchError) and error.code is ErrorCode.DOWNLOAD_REFUSED
