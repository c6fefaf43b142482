from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stemdesk.jobs.versions import MISSING, ffmpeg_version, package_version, package_versions

SOURCE = Path(__file__).parents[2] / "src"


def test_versions_are_told_without_loading_torch() -> None:
    code = (
        "import sys; from stemdesk.jobs import versions; found = versions.package_versions();"
        "print(found['torch'], 'torch' in sys.modules, versions.ffmpeg_version())"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert said[0] == package_versions()["torch"] and said[1] == "False"
    assert said[2] == ffmpeg_version() and said[2][0].isdigit()


def test_a_package_that_is_not_there_is_said_to_be_missing() -> None:
    assert package_version("stemdesk-that-is-not-there") == MISSING
