"""`stemdesk update-downloader` against a real index."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command, Said
from stemdesk.fetch.tool import bundled_version, tool_in_use
from stemdesk.paths import folders
from support.package_index import NEW, PackageIndex, broken_tool, new_scripts, new_tool
from support.web import make_certificate

SCHEMA = json.loads(
    importlib.resources.files("stemdesk.cli").joinpath("update.schema.json").read_text("utf-8")
)
BUNDLED = bundled_version()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """An index with nothing newer, which is the configured one."""
    certificate = make_certificate(tmp_path)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with PackageIndex(new_tool(version=BUNDLED), certificate=certificate) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.address)
        yield index


def events(said: Said) -> list[dict[str, Any]]:
    return said.events(SCHEMA)


def test_a_newer_one_is_in_use_afterwards(index: PackageIndex, stemdesk: Command) -> None:
    index.files = (new_tool(), new_scripts())
    said = stemdesk("update-downloader", "--json")
    assert said.code == 0 and said.err == ""
    lines = events(said)
    assert {line["event"] for line in lines} == {"transfer", "done", "end"}
    assert (lines[-2]["version"], lines[-2]["updated"]) == (NEW, True)
    assert tool_in_use(folders().data).version == NEW
    facts = json.loads(stemdesk("doctor", "--json").out)
    assert facts["links"]["yt_dlp"] == NEW
    assert facts["links"]["bundled_yt_dlp"] == BUNDLED
    assert f"Downloader: yt-dlp {NEW}, updated" in stemdesk("doctor").out
    again = events(stemdesk("update-downloader", "--json"))
    assert (again[0]["version"], again[0]["updated"]) == (NEW, False)


def test_that_there_is_none_is_no_failure(index: PackageIndex, stemdesk: Command) -> None:
    said = stemdesk("update-downloader")
    assert said.code == 0
    assert said.out == f"There is no newer downloader than yours (yt-dlp {BUNDLED}).\n"


def test_one_that_does_not_work_is_told(index: PackageIndex, stemdesk: Command) -> None:
    index.files = (new_tool(broken_tool()), new_scripts())
    said = stemdesk("update-downloader", "--json")
    assert said.code == 1
    *_, failed, _ = events(said)
    assert failed["code"] == "update_unusable" and "made to fail" in failed["detail"]
    said = stemdesk("update-downloader")
    assert said.code == 1 and "does not work here" in said.err and "Traceback" not in said.out


def test_an_index_that_is_not_safe(stemdesk: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://mirror.invalid/simple")
    said = stemdesk("update-downloader")
    assert said.code == 1 and "http://mirror.invalid" in said.err and "https://" in said.err


def test_doctor_tells_the_runtime(stemdesk: Command, tmp_path: Path) -> None:
    text = stemdesk("doctor").out
    assert "JavaScript runtime: " in text and f"Downloader: yt-dlp {BUNDLED}" in text
