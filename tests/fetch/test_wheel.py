"""What a wheel says of itself. How it is unpacked is shown with the updater."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from stemdesk.core.progress import CancelToken
from stemdesk.fetch.wheel import WheelError, requirement, unpack
from support.package_index import needing, wheel


def save(folder: Path, needs: list[str]) -> Path:
    path = folder / "a.whl"
    path.write_bytes(wheel("yt-dlp", "1.2", {"yt_dlp/__init__.py": ""}, needs))
    return path


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("yt-dlp-ejs==0.8.0; extra == 'default'", "==0.8.0"),
        ('yt_dlp_ejs (==0.8.0) ; extra == "default"', "==0.8.0"),
        ("yt-dlp-ejs>=0.8,<2; (python_version >= '3.10') and extra == 'default'", ">=0.8,<2"),
        ("yt-dlp-ejs", ""),
        ("YT.DLP.EJS[all]>=1", ">=1"),
        ("yt-dlp-ejs==0.8.0; extra == 'pin'", None),
        ("yt-dlp-ejs-more==0.8.0", None),
        ("requests>=2", None),
    ],
)
def test_which_scripts_it_needs(tmp_path: Path, line: str, needed: str | None) -> None:
    assert requirement(save(tmp_path, ["brotli; extra == 'x'", line]), "yt-dlp-ejs") == needed


def test_of_several_lines_that_of_the_usual_extra_counts(tmp_path: Path) -> None:
    found = requirement(save(tmp_path, needing("==3.2.1")), "yt-dlp-ejs")
    assert found == "==3.2.1"


def test_only_the_package_is_unpacked(tmp_path: Path) -> None:
    files = {"yt_dlp/__init__.py": "12345", "yt_dlp/a/b.py": "", "other/__init__.py": "x"}
    files |= {"yt_dlp_more/x.py": "x", "top.pth": "x", "yt_dlp.py": "x"}
    path = tmp_path / "a.whl"
    path.write_bytes(wheel("yt-dlp", "1.2", files))
    sizes = unpack(path, tmp_path / "out", ("yt_dlp",), CancelToken())
    found = {
        item.relative_to(tmp_path / "out").as_posix(): item.stat().st_size
        for item in (tmp_path / "out").rglob("*")
        if item.is_file()
    }
    assert sizes == found
    metadata = "yt_dlp-1.2.dist-info/METADATA"
    assert set(sizes) == {"yt_dlp/__init__.py", "yt_dlp/a/b.py", metadata}
    assert sizes["yt_dlp/__init__.py"] == 5


def test_what_does_not_say_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("yt_dlp/__init__.py", "")
    with pytest.raises(WheelError):
        requirement(path, "yt-dlp-ejs")
    with pytest.raises(WheelError):
        requirement(tmp_path / "none.whl", "yt-dlp-ejs")
