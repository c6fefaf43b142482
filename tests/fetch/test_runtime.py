"""Programs that say they are a deno, where a deno may be."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from stemdesk.fetch.runtime import find_runtime, look_for_runtime

REAL = find_runtime()  # before the tests hide it
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No deno of this machine is found."""
    empty = tmp_path / "scripts"
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(empty))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def says(folder: Path, words: str, code: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "deno"
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{words}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_there_is_none(home: Path) -> None:
    assert find_runtime() is None and look_for_runtime() is None


def test_that_of_the_wheel_is_taken_before_the_one_on_the_path(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = says(home / "bin", "deno 2.9.0 (stable)")
    monkeypatch.setenv("PATH", f"{home / 'none'}{os.pathsep}{home / 'bin'}")
    assert find_runtime() == on_path
    of_wheel = says(home / "scripts", "deno 2.3.0 (stable)")
    assert find_runtime() == of_wheel


def test_where_desktop_programs_do_not_look_by_themselves(home: Path) -> None:
    assert find_runtime() is None
    path = says(home / "home" / ".deno" / "bin", "deno 2.10.1")
    assert find_runtime() == path


def test_one_that_is_too_old_is_told_and_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = says(home / "scripts", "deno 2.2.12 (stable)")
    found = look_for_runtime()
    assert found is not None and (found.path, found.version, found.usable) == (old, "2.2.12", False)
    assert find_runtime() is None
    monkeypatch.setenv("PATH", str(home / "bin"))
    newer = says(home / "bin", "deno 2.9.0")
    assert find_runtime() == newer


def test_one_that_was_replaced_is_asked_again(home: Path) -> None:
    says(home / "scripts", "deno 1.46.0")
    assert find_runtime() is None
    assert says(home / "scripts", "deno 2.9.0 (stable)") == find_runtime()


@pytest.mark.parametrize("code", [0, 1])
def test_another_program_with_that_name(home: Path, code: int) -> None:
    says(home / "scripts", "dino 3.0.0" if code == 0 else "deno 2.9.0", code)
    assert look_for_runtime() is None


def test_what_is_no_program(home: Path) -> None:
    (home / "scripts" / "deno").mkdir(parents=True)
    assert look_for_runtime() is None
    (home / "scripts" / "deno").rmdir()
    (home / "scripts" / "deno").write_bytes(b"\x7fELF is not what follows")
    assert look_for_runtime() is None
    (home / "scripts" / "deno").chmod(0o755)
    assert look_for_runtime() is None


def test_never_the_current_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(home, "deno 2.9.0")
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "./"]))
    assert look_for_runtime() is None


@pytest.mark.skipif(REAL is None, reason="no deno is installed: the extra `links`")
def test_yt_dlp_can_use_a_real_one(home: Path) -> None:
    """And hands it scripts; in a process of its own, as yt-dlp always is."""
    code = """
import sys
from yt_dlp import YoutubeDL
from yt_dlp.extractor.youtube.jsc._director import initialize_jsc_director
ydl = YoutubeDL({"quiet": True, "cachedir": False, "js_runtimes": {"deno": {"path": sys.argv[1]}}})
assert ydl._js_runtimes["deno"].info.supported
director = initialize_jsc_director(ydl.get_info_extractor("Youtube"))
(deno,) = [one for one in director.providers.values() if one.is_available()]
print(deno.PROVIDER_NAME, deno._run_deno("console.log(6 * 7)", [*deno._DENO_BASE_OPTIONS]))
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(REAL)],
        env={**os.environ, "DENO_DIR": str(home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert said.stdout.split() == ["deno", "42"]
