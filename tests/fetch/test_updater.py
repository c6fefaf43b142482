"""A newer yt-dlp from a real index: the good one, and those that are not."""

from __future__ import annotations

import contextlib
import socket
import stat
import threading
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, ErrorCode, ExportError, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import say
from stemdesk.core.transfer import Transfer, ignore_transfer
from stemdesk.fetch.links.client import self_test
from stemdesk.fetch.tool import Tool, approve, bundled_version, tool_in_use
from stemdesk.fetch.updater import update_tool
from support.fetching import AT_ONCE
from support.package_index import (
    NEW,
    SCRIPTS_VERSION,
    Listed,
    PackageIndex,
    broken_tool,
    listed,
    needing,
    new_scripts,
    new_tool,
    real_tool,
    wheel,
)
from support.web import WAIT_S, Certificate, Reply, cancel_when

BUNDLED = bundled_version()
OLDER = "2020.1.1"


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def names(data: Path) -> list[str]:
    """What lies in the downloader's folder."""
    return sorted(path.name for path in (data / "downloader").iterdir())


def update(data: Path, index: PackageIndex) -> Tool:
    return update_tool(data, ignore_transfer, CancelToken(), index.address, AT_ONCE)


def fails(data: Path, certificate: Certificate, *files: Listed) -> FetchError:
    """An update that must fail, and leave nothing behind."""
    with (
        PackageIndex(*files, certificate=certificate) as index,
        pytest.raises(FetchError) as caught,
    ):
        update(data, index)
    assert names(data) == []
    assert tool_in_use(data) == Tool(BUNDLED, None, BUNDLED)
    return caught.value


def words(error: FetchError) -> str:
    return " ".join(say(error.code, error.path, error.facts, error.detail))


def keep(data: Path, version: str, text: bytes = b"# small\n") -> Path:
    """A version that is there already."""
    folder = data / "downloader" / version
    (folder / "yt_dlp").mkdir(parents=True)
    (folder / "yt_dlp" / "__init__.py").write_bytes(text)
    approve(folder, version, ">=3.10", {"yt_dlp/__init__.py": len(text)})
    return folder


def many_files() -> list[Listed]:
    """The good ones are hidden among others."""
    return [
        new_tool(b"", version=OLDER),
        new_tool(b"", version="9999.1.1"),
        new_tool(),
        new_tool(b"", version="9999.1.3", yanked="breaks things"),
        new_tool(b"", version="9999.1.4.dev0"),
        new_tool(b"", version="9999.1.5", requires=">=3.99"),
        new_tool(b"", version="9999.1.6", sha256=""),
        new_tool(b"", version="9999.1.7", url="http://models.invalid/yt_dlp-9999.1.7.whl"),
        Listed("yt_dlp-9999.1.8-cp311-cp311-win_amd64.whl", b""),
        Listed("yt_dlp-9999.1.9.tar.gz", b""),
        new_scripts(),
        listed("yt_dlp_ejs", "10.0.0", b""),
    ]


def test_a_newer_one_is_fetched_tried_and_used(data: Path, certificate: Certificate) -> None:
    """Of all that the index has, the newest release that this Python can use, with the scripts
    that it asks for."""
    reports: list[Transfer] = []
    with PackageIndex(*many_files(), certificate=certificate) as index:
        tool = update_tool(data, reports.append, CancelToken(), index.address, AT_ONCE)
    folder = data / "downloader" / NEW
    assert tool == Tool(NEW, folder, BUNDLED) == tool_in_use(data)
    assert names(data) == [NEW]
    wheels = [f"yt_dlp-{NEW}-py3-none-any.whl", f"yt_dlp_ejs-{SCRIPTS_VERSION}-py3-none-any.whl"]
    assert set(index.asked) == {
        "/simple/yt-dlp/", "/simple/yt-dlp-ejs/", *(f"/packages/{name}" for name in wheels)
    }  # fmt: skip
    assert [report.name for report in reports if report.fraction == 1] == wheels
    assert {path.name for path in folder.iterdir()} >= {"yt_dlp", "yt_dlp_ejs", "tool.json"}
    assert not list(folder.glob("*.data"))
    assert list(folder.glob("yt_dlp/__pycache__/YoutubeDL.*.pyc"))  # so that it starts at once
    assert self_test(folder, CancelToken()) == NEW


def test_two_updates_at_once_are_one(data: Path, certificate: Certificate) -> None:
    """From an index that is pages only: no sizes, addresses relative to the page."""
    found: list[Tool | FetchError] = []

    def work(index: PackageIndex) -> None:
        try:
            found.append(update(data, index))
        except FetchError as error:
            found.append(error)

    with PackageIndex(*many_files(), certificate=certificate, as_html=True) as index:
        threads = [threading.Thread(target=work, args=(index,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    first, second = found
    assert isinstance(first, Tool) and first.version == NEW
    assert isinstance(second, FetchError) and second.code is ErrorCode.UPDATE_NONE
    assert second.facts["version"] == NEW and names(data) == [NEW]


@pytest.mark.parametrize("version", [OLDER, BUNDLED])
def test_never_below_the_one_that_came_with_the_app(
    data: Path, certificate: Certificate, version: str
) -> None:
    error = fails(data, certificate, new_tool(b"", version=version), new_scripts())
    assert error.code is ErrorCode.UPDATE_NONE and BUNDLED in words(error)


def test_one_that_was_taken_back_is_not_fetched(data: Path, certificate: Certificate) -> None:
    error = fails(data, certificate, new_tool(b"", yanked=True), new_scripts())
    assert error.code is ErrorCode.UPDATE_NONE


def test_not_below_the_one_in_use(data: Path, certificate: Certificate) -> None:
    folder = keep(data, "9999.5.5")
    with (
        PackageIndex(new_tool(), certificate=certificate) as index,
        pytest.raises(FetchError) as caught,
    ):
        update(data, index)
    assert caught.value.code is ErrorCode.UPDATE_NONE
    assert "9999.5.5" in words(caught.value)
    assert tool_in_use(data) == Tool("9999.5.5", folder, BUNDLED)


def test_old_and_damaged_ones_make_room_but_not_the_one_that_may_be_at_work(
    data: Path, certificate: Certificate
) -> None:
    keep(data, "9998.1.1")
    keep(data, "9998.1.2")
    damaged = keep(data, NEW) / "yt_dlp" / "__init__.py"
    damaged.write_bytes(b"")
    (data / "downloader" / ".new-left").mkdir()
    with PackageIndex(new_tool(), new_scripts(), certificate=certificate) as index:
        assert update(data, index) == Tool(NEW, data / "downloader" / NEW, BUNDLED)
    assert names(data) == ["9998.1.2", NEW]
    assert damaged.stat().st_size > 0


def test_one_that_fails_its_self_test(data: Path, certificate: Certificate) -> None:
    error = fails(data, certificate, new_tool(broken_tool()), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "made to fail" in error.detail
    assert NEW in words(error) and "Yours stays" in words(error)


def test_one_whose_sites_cannot_be_loaded(data: Path, certificate: Certificate) -> None:
    """The package begins well; the damage lies deep."""
    with zipfile.ZipFile(BytesIO(real_tool())) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if "yt_dlp/" in name}
    files["yt_dlp/extractor/bandcamp.py"] = b"raise SyntaxError('made to fail')\n"
    body = wheel("yt-dlp", NEW, files, needing(), zipfile.ZIP_STORED)
    error = fails(data, certificate, new_tool(body), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "made to fail" in error.detail


def test_one_whose_scripts_the_index_does_not_have(data: Path, certificate: Certificate) -> None:
    other = listed("yt_dlp_ejs", "0.0.1", b"")
    error = fails(data, certificate, new_tool(), other)
    assert error.code is ErrorCode.UPDATE_UNUSABLE
    assert f"yt-dlp-ejs =={SCRIPTS_VERSION}" in error.detail


def test_a_file_that_is_no_wheel(data: Path, certificate: Certificate) -> None:
    whole = real_tool()
    for body in (b"no zip", whole[:-100], whole[:1000] + b"?" * 5000 + whole[6000:]):
        error = fails(data, certificate, new_tool(body), new_scripts())
        assert error.code is ErrorCode.UPDATE_UNUSABLE and error.detail


def test_a_file_that_is_not_the_listed_one(data: Path, certificate: Certificate) -> None:
    error = fails(data, certificate, new_tool(sha256="0" * 64), new_scripts())
    assert error.code is ErrorCode.DOWNLOAD_WRONG_HASH
    assert "package index" in words(error) and "model" not in words(error)


def test_a_file_of_another_size(data: Path, certificate: Certificate) -> None:
    error = fails(data, certificate, new_tool(size=1000), new_scripts())
    assert error.code is ErrorCode.DOWNLOAD_WRONG_SIZE


def test_a_file_that_is_far_too_large(data: Path, certificate: Certificate) -> None:
    error = fails(data, certificate, new_tool(size=1 << 40), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "too large" in error.detail


def link_to(target: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("yt_dlp/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "yt_dlp/../../../outside",
        "/outside",
        "C:/outside",
        "yt_dlp\\..\\outside",
        "yt_dlp/version.py",  # a second time
        "yt_dlp/VERSION.py",
        "yt_dlp/a:b",
        "yt_dlp/ü",
        "yt_dlp//x",
        "yt_dlp/.",
    ],
)
def test_a_wheel_that_would_write_elsewhere(
    data: Path, certificate: Certificate, tmp_path: Path, name: str
) -> None:
    made = BytesIO(broken_tool())
    with zipfile.ZipFile(made, "a") as archive:
        info = zipfile.ZipInfo("x")
        info.filename = name  # as it stands: the constructor would tidy it
        twice = name in archive.namelist()
        with pytest.warns(UserWarning) if twice else contextlib.nullcontext():
            archive.writestr(info, "x")
    error = fails(data, certificate, new_tool(made.getvalue()), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "it has a file" in error.detail
    assert not list(tmp_path.rglob("outside"))


def test_a_wheel_with_a_link(data: Path, certificate: Certificate) -> None:
    made = BytesIO(broken_tool())
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(link_to("/"), "/")
    error = fails(data, certificate, new_tool(made.getvalue()), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "'yt_dlp/link'" in error.detail


def test_a_wheel_that_swells(
    data: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.fetch.wheel.UNPACKED_BYTES", 1 << 20)
    body = wheel("yt-dlp", NEW, {"yt_dlp/__init__.py": bytes(2 << 20)}, needing())
    assert len(body) < 1 << 16
    error = fails(data, certificate, new_tool(body), new_scripts())
    assert error.code is ErrorCode.UPDATE_UNUSABLE and "too large" in error.detail


def test_an_index_that_is_not_safe(data: Path) -> None:
    with PackageIndex(new_tool()) as index, pytest.raises(FetchError) as caught:
        update(data, index)
    assert caught.value.code is ErrorCode.UPDATE_NO_INDEX and index.asked == []
    assert "https" in words(caught.value)


def test_an_index_that_cannot_prove_who_it_is(
    data: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert fails(data, certificate, new_tool()).code is ErrorCode.DOWNLOAD_UNTRUSTED


def test_off_the_network_it_says_so(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        update_tool(data, ignore_transfer, CancelToken(), f"https://127.0.0.1:{port}/simple")
    assert caught.value.code is ErrorCode.DOWNLOAD_OFFLINE
    assert "cannot be reached" in words(caught.value)
    assert "internet connection" in words(caught.value) and "model" not in words(caught.value)
    assert names(data) == []


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=404), ErrorCode.DOWNLOAD_REFUSED),
        (Reply(status=503), ErrorCode.DOWNLOAD_REFUSED),
        (Reply(b"<html>Welcome to the hotel</html>"), ErrorCode.DOWNLOAD_NOT_THE_FILE),
        (
            Reply(b'{"files": 5}', headers={"Content-Type": "application/json"}),
            ErrorCode.DOWNLOAD_NOT_THE_FILE,
        ),
        (
            Reply(b"[" * 100_000, headers={"Content-Type": "application/json"}),
            ErrorCode.DOWNLOAD_NOT_THE_FILE,
        ),
        (Reply(b"x" * 1000, breaks_after=10, reset=True), ErrorCode.DOWNLOAD_BROKEN),
    ],
)
def test_an_index_that_is_none(
    data: Path, certificate: Certificate, reply: Reply, code: ErrorCode
) -> None:
    instead = {"/simple/yt-dlp/": reply}
    with (
        PackageIndex(certificate=certificate, instead=instead) as index,
        pytest.raises(FetchError) as caught,
    ):
        update(data, index)
    assert caught.value.code is code and "?" not in words(caught.value)
    assert names(data) == []


TOOL_FILE, SCRIPTS_FILE = new_tool(broken_tool()), new_scripts()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/simple/yt-dlp/", bytes(1000)),
        (TOOL_FILE.path, TOOL_FILE.body),
        ("/simple/yt-dlp-ejs/", bytes(1000)),
        (SCRIPTS_FILE.path, SCRIPTS_FILE.body),
    ],
)
def test_cancelling_leaves_nothing(
    data: Path, certificate: Certificate, path: str, body: bytes
) -> None:
    cancel = CancelToken()
    instead = {path: Reply(body, stalls_after=100)}
    with PackageIndex(TOOL_FILE, SCRIPTS_FILE, certificate=certificate, instead=instead) as index:
        canceller = cancel_when(index.stalled, cancel)
        with pytest.raises(Cancelled):
            update_tool(data, ignore_transfer, cancel, index.address, AT_ONCE)
        canceller.join()
    assert names(data) == []


HANGS = """
import threading, pathlib
pathlib.Path(__file__).with_name("begun").touch()
threading.Event().wait()
"""


def test_cancelling_in_the_self_test_ends_it(data: Path, certificate: Certificate) -> None:
    cancel = CancelToken()
    over = threading.Event()

    def watch() -> None:
        while not list((data / "downloader").glob(f".new-*/{NEW}/yt_dlp/begun")):
            if over.wait(0.01):
                return
        cancel.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    files = (new_tool(broken_tool(code=HANGS)), new_scripts())
    with (
        PackageIndex(*files, certificate=certificate) as index,
        pytest.raises(Cancelled),
    ):
        update_tool(data, ignore_transfer, cancel, index.address, AT_ONCE)
    over.set()
    watcher.join(WAIT_S)
    assert names(data) == []


def test_a_folder_that_cannot_be_written(data: Path, certificate: Certificate) -> None:
    data.write_bytes(b"a file where the folder should be")
    with (
        PackageIndex(new_tool(), certificate=certificate) as index,
        pytest.raises(ExportError) as caught,
    ):
        update(data, index)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE and index.asked == []
