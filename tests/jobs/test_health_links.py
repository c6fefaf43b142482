"""What the diagnostics say of the downloader and of the JavaScript runtime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.fetch.runtime import Runtime
from stemdesk.fetch.tool import Tool, bundled_version
from stemdesk.jobs.health import Health, look, version_lines
from stemdesk.paths import Folders


@pytest.fixture
def health(tmp_path: Path) -> Health:
    return look(Folders(*(tmp_path / name for name in ("config", "data", "logs", "music"))))


def test_the_bundled_downloader(health: Health) -> None:
    assert f"Downloader: yt-dlp {bundled_version()}, as it came with StemDesk" in version_lines(
        health
    )


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        (
            Tool("9999.1.2", Path("/data/downloader/9999.1.2"), "2026.10.26"),
            "Downloader: yt-dlp 9999.1.2, updated; StemDesk came with 2026.10.26",
        ),
        (Tool("", None, ""), "Downloader: yt-dlp is missing; links do not work"),
    ],
)
def test_other_downloaders(health: Health, tool: Tool, line: str) -> None:
    assert line in version_lines(replace(health, tool=tool))


@pytest.mark.parametrize(
    ("runtime", "line"),
    [
        (None, "JavaScript runtime: none; YouTube needs deno (pip install deno, or deno.com)"),
        (Runtime(Path("/bin/deno"), "2.9.8"), "JavaScript runtime: deno 2.9.8 (/bin/deno)"),
        (
            Runtime(Path("/bin/deno"), "1.46.3"),
            "JavaScript runtime: deno 1.46.3 (/bin/deno); it is too old, YouTube needs 2.3 or "
            "newer",
        ),
    ],
)
def test_the_runtime(health: Health, runtime: Runtime | None, line: str) -> None:
    expected = line.replace("/bin/deno", str(Path("/bin/deno")))
    assert expected in version_lines(replace(health, runtime=runtime))
