from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from stemdesk.jobs import licences as tested
from stemdesk.jobs.licences import licences


def test_from_source_it_is_made_of_what_is_installed() -> None:
    text = licences()
    head, _, texts = text.partition("=" * 80)
    for name in ("torch", "demucs", "av", "yt-dlp", "soxr", "sympy"):  # the last one is torch's
        assert f"  {name} {metadata.version(name)}: " in head
    assert "pytest" not in head  # nothing of it is in StemDesk
    assert "  julius 0" in head and "Copyright (c) 2026 The StemDesk developers" in texts
    assert "Facebook, Inc" in texts  # demucs' licence
    assert f"\ntorch {metadata.version('torch')}: " in texts


def test_a_text_is_there_once() -> None:
    text = licences()
    assert "The same text as " in text
    assert text.count("Copyright (c) 2014-2017 David Cramer") <= 1


def test_the_frozen_app_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "licences" / "LICENCES.txt"
    made.parent.mkdir()
    made.write_bytes("All of it.\f\nÜ".encode())
    monkeypatch.setattr(tested, "resources", lambda: tmp_path)
    assert licences() == "All of it.\nÜ"


def test_a_folder_that_was_never_installed_has_at_least_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "resources", lambda: tmp_path / "resources")
    monkeypatch.setattr(tested, "_PACKAGE", "stemdesk-that-is-not-there")
    assert "StemDesk: MIT" in licences()
