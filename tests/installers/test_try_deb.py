"""What can be seen of the Debian package's try without installing it: `.ci/run` does that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from installers.freeze import ROOT, TroubleError
from installers.linux import machine, try_deb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="for Debian")


def test_files_of_people_and_of_the_checkout_are_not_the_systems() -> None:
    found = machine.system_files()
    assert "/usr/bin/env" in found and "/etc/passwd" in found
    others = ("/proc/", "/home/", "/root/", "/tmp/", f"/{ROOT.parts[1]}/")
    assert not [path for path in found if path.startswith(others)]


def test_a_file_that_is_left_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_indexes", lambda: iter(()))
    monkeypatch.setattr(machine, "system_files", lambda: {"/usr/bin/env", "/usr/lib/stemdesk"})
    machine.check_nothing_left({"/usr/bin/env", "/usr/lib/stemdesk", "/usr/bin/gone"})
    with pytest.raises(TroubleError, match="/usr/lib/stemdesk"):
        machine.check_nothing_left({"/usr/bin/env"})


def test_an_index_that_still_names_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "mimeinfo.cache"
    monkeypatch.setattr(machine, "system_files", set)
    monkeypatch.setattr(machine, "_indexes", lambda: iter([index]))
    index.write_text("audio/flac=other.desktop;\n")
    machine.check_nothing_left(set())
    index.write_text("audio/flac=io.github.stemdesk.StemDesk.desktop;\n")
    with pytest.raises(TroubleError, match=r"mimeinfo\.cache"):
        machine.check_nothing_left(set())


def test_nothing_is_touched_without_the_rights_and_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "stemdesk.deb"
    package.touch()
    monkeypatch.setattr(sys, "argv", ["try_deb", str(package)])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert try_deb.main() == 1
    assert "only root" in capsys.readouterr().err
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert try_deb.main() == 1
    assert "not here: apt-get, dpkg-query" in capsys.readouterr().err


def test_one_that_is_installed_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_deb, "_look_for_tools", lambda _: None)
    monkeypatch.setattr(try_deb, "system_files", set)
    monkeypatch.setattr(try_deb, "installed_packages", lambda: {"stemdesk"})
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    with pytest.raises(TroubleError, match="left alone"):
        try_deb.try_package(tmp_path / "stemdesk.deb", None)


def test_an_error_in_the_log_is_found(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the user's folders are given away")
    user = machine.User(tmp_path)
    log = user.home / ".local" / "state" / "StemDesk" / "log" / "window.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-11-26 18:12:35,080 INFO MainThread all is well\n")
    try_deb.check_log(user)
    with log.open("a") as file:
        file.write("2026-11-26 18:12:36,080 ERROR MainThread it broke\n")
    with pytest.raises(TroubleError, match="it broke"):
        try_deb.check_log(user)
