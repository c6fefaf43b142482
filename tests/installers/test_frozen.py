"""What goes into the frozen app, and the script that tries it. The freezing itself: .ci/run."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from installers import freeze
from installers.frozen import contents, orphans
from installers.linux.libraries import needed_by
from stemdesk.fetch.configured import checked
from support.live_jobs import wait_until

ROOT = Path(freeze.__file__).parents[1]
WITHOUT = """
import sys
from installers.frozen.contents import LEFT_OUT

class Without:
    def find_spec(self, name, path, target=None):
        if any(name == one or name.startswith(one + ".") for one in LEFT_OUT):
            raise ModuleNotFoundError(f"{name} was left out", name=name)

sys.meta_path.insert(0, Without())
from stemdesk.selftest import modules, splitting
from pathlib import Path
modules.check()
print(splitting.check(Path(sys.argv[1])))
"""


def test_nothing_is_left_out_that_a_split_or_the_window_loads(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )
    assert done.returncode == 0, done.stderr
    assert "vocals" in done.stdout


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/bin/torch_shm_manager", True),
        ("torch/include/ATen/ATen.h", False),
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("PySide6/Qt/lib/libQt6Quick.so.6", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", False),
        ("PySide6/Qt/plugins/iconengines/libqsvgicon.so", True),
        ("libxcb-cursor.so.0", True),
        ("libxcb.so.1", False),
        ("libportaudio.so.2", True),
        ("libasound.so.2", False),
        ("libstdc++.so.6", False),
        ("libmvec.so.1", False),
        ("PySide6/Qt6Widgets.dll", True),
        ("PySide6/Qt6Quick.dll", False),
        ("PySide6/plugins/imageformats/qpdf.dll", False),
        ("PySide6/plugins/imageformats/qjpeg.dll", True),
        ("PySide6/Qt/lib/QtWidgets.framework/Versions/A/QtWidgets", True),
        ("PySide6/Qt/lib/QtQuick.framework/Versions/A/QtQuick", False),
        ("QtQuick", False),
        ("QtGui", True),
    ],
)
def test_which_files_stay(name: str, wanted: bool) -> None:
    assert contents.is_wanted((name, "", "BINARY")) is wanted


def test_what_came_with_what_is_left_out_goes_too() -> None:
    links = {
        "/usr/theme.so": {"libgtk.so.0", "libglib.so.0"},
        "/usr/libgtk.so.0": {"libgdk.so.0", "libglib.so.0", "libpango.so.0"},
        "/usr/libgdk.so.0": {"libglib.so.0"},
        "/usr/Core.so": {"libglib.so.0"},
        "/usr/libglib.so.0": {"libpcre.so.3"},
        "/usr/libportaudio.so.2": {"libjack.so.0"},
    }
    names = ["theme.so", "libgtk.so.0", "libgdk.so.0", "Core.so", "libglib.so.0", "libpcre.so.3"]
    names += ["libportaudio.so.2", "libjack.so.0"]
    places = {"theme.so": "Qt/theme.so", "Core.so": "Qt/lib/Core.so"}
    files = [(places.get(name, name), f"/usr/{name}", "BINARY") for name in names]
    symlinks = [
        ("Core.so", "Qt/lib/Core.so", "SYMLINK"),
        ("theme.so", "Qt/theme.so", "SYMLINK"),
        ("Qt/lib/libglib.so.0", "../../libglib.so.0", "SYMLINK"),
    ]
    collected = [*files, *symlinks]
    kept = [entry for entry in collected if entry[0] != "Qt/theme.so"]
    left = orphans.without_orphans(collected, kept, lambda path: links.get(str(path), set()))
    gone = {"theme.so", "libgtk.so.0", "libgdk.so.0"}
    assert left == [entry for entry in kept if entry[0] not in gone]
    everything = orphans.without_orphans(
        collected, collected, lambda path: links.get(str(path), set())
    )
    assert everything == collected


@pytest.mark.skipif(sys.platform != "linux", reason="needs objdump and ELF files")
def test_what_a_file_links_to_is_read_from_it(tmp_path: Path) -> None:
    pytest.importorskip("_cffi_backend")
    library = Path(str(sys.modules["_cffi_backend"].__file__))
    (tmp_path / "link.so.1").symlink_to(library)
    assert "libc.so.6" in needed_by(library) == needed_by(tmp_path / "link.so.1")
    (tmp_path / "notes.txt").write_text("no program")
    assert needed_by(tmp_path / "notes.txt") == set()


def test_the_torch_that_is_installed_here_is_looked_at() -> None:
    import torch

    expected = pytest.raises(ValueError, match="CUDA") if torch.version.cuda else nullcontext()
    with expected:
        contents.check_torch()


@pytest.mark.parametrize("cuda", ["None", "'13.0'"])
def test_only_a_torch_without_cuda_is_packed(cuda: str, tmp_path: Path) -> None:
    (tmp_path / "version.py").write_text(
        f"from typing import Optional\ncuda: Optional[str] = {cuda}\n"
    )
    if cuda == "None":
        contents.check_torch(tmp_path)
    else:
        with pytest.raises(ValueError, match=r"CUDA 13\.0"):
            contents.check_torch(tmp_path)


def test_files_are_known_to_belong_to_their_package() -> None:
    table = [("numpy/core.so", np.__file__, "EXTENSION"), ("ours", __file__, "DATA")]
    others = contents.files_of_others()
    found = contents.packages_of([table, others])
    assert {"numpy", "yt-dlp", "yt-dlp-ejs"} <= set(found) and "pytest" not in found


def test_the_standard_library_is_whole_but_for_its_tests() -> None:
    pytest.importorskip("PyInstaller")
    found = set(contents.standard_library())
    assert {"xml.etree.ElementTree", "sqlite3.dbapi2", "http.cookiejar", "asyncio.queues"} <= found
    assert not {name for name in found if name.split(".")[0] in ("test", "tkinter", "idlelib")}


def test_the_address_for_updates_is_one_that_updates_accept(tmp_path: Path) -> None:
    path = contents.write_package_index(tmp_path)
    assert checked(path.read_text("utf-8").strip())


@pytest.mark.skipif(sys.platform != "linux", reason="only there libraries are found so")
@pytest.mark.parametrize("before", ["", "/opt/mine"])
def test_programs_that_the_app_starts_find_the_systems_libraries(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/app/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    runpy.run_path(str(ROOT / "installers" / "frozen" / "restore_environment.py"))
    assert os.environ.get("LD_LIBRARY_PATH", "") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ


def says(folder: Path, report: object, code: int) -> Path:
    """A program that reports this, whatever it is asked."""
    path = folder / "stemdesk"
    (folder / "report.json").write_text(json.dumps(report))
    path.write_text(f'#!/bin/sh\n/bin/cat "{folder / "report.json"}"\nexit {code}\n')
    path.chmod(0o755)
    return path


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_a_failed_self_test_fails(tmp_path: Path) -> None:
    step = {"name": "window", "passed": False, "said": "no fonts", "seconds": 0.1}
    for passed, frozen, code in ((False, True, 1), (True, False, 0), (True, True, 1)):
        report = {"frozen": frozen, "steps": [{**step, "passed": passed}]}
        with pytest.raises(freeze.TroubleError, match="self-test"):
            freeze.self_test(says(tmp_path, report, code), tmp_path)
    whole = {"frozen": True, "steps": [{**step, "passed": True}]}
    freeze.self_test(says(tmp_path, whole, 0), tmp_path)
    (tmp_path / "report.json").write_text("Segmentation fault")
    with pytest.raises(freeze.TroubleError, match="no report"):
        freeze.self_test(tmp_path / "stemdesk", tmp_path)


def test_a_pipe_that_cannot_take_the_paths_letters_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "StemDesk").mkdir()
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, "cp1252", line_buffering=True))
    monkeypatch.setattr(sys, "argv", ["freeze", "--only-try", str(tmp_path / "StemDesk")])
    monkeypatch.setattr(freeze, "try_app", lambda place: print(place.parent.name))
    assert freeze.main() == 0
    assert "Größe ?? ".encode("cp1252") in shown.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")
def test_a_split_without_stems_fails(tmp_path: Path) -> None:
    with pytest.raises(freeze.TroubleError, match="demo"):
        freeze.split(says(tmp_path, "done", 0), tmp_path, tmp_path / "stems")


@pytest.mark.skipif(sys.platform != "linux", reason="only there a window is started")
def test_a_window_that_does_not_end_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stays = tmp_path / "stemdesk-window"
    ready = tmp_path / "ready"
    stays.write_text(f"#!/bin/sh\ntrap '' TERM\n: >'{ready}'\nwhile :; do /bin/sleep 0.05; done\n")
    stays.chmod(0o755)
    monkeypatch.setattr(freeze, "screen", lambda: nullcontext(":0"))
    monkeypatch.setattr(freeze, "_wait_for_window", lambda *_: wait_until(ready.exists))
    monkeypatch.setattr(freeze, "_WINDOW_S", 0.3)
    with pytest.raises(freeze.TroubleError, match="did not end"):
        freeze.start_window(stays, tmp_path)


def test_the_app_is_tried_at_an_awkward_path_and_comes_back(tmp_path: Path) -> None:
    app = tmp_path / "StemDesk"
    app.mkdir()
    with freeze.moved(app) as place:
        assert " " in str(place) and not str(place).isascii()
        assert place.is_dir() and not app.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["StemDesk"]
