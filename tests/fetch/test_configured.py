"""Which package index is taken, with a real pip and its real settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.sentences import say
from stemdesk.fetch.configured import RESOURCE, checked, configured_index

MIRROR = "https://user:secret@mirror.invalid:8443/simple"


@pytest.fixture
def pip_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pip's only settings."""
    pytest.importorskip("pip")
    file = tmp_path / "pip.conf"
    file.touch()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    return file


def test_the_environment_comes_first(pip_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_file.write_text("[global]\nindex-url = https://other.invalid/simple\n")
    monkeypatch.setenv("PIP_INDEX_URL", MIRROR)
    assert configured_index() == MIRROR


def test_pips_settings_are_asked(pip_file: Path) -> None:
    pip_file.write_text(f"[global]\nindex-url = {MIRROR}\nextra-index-url = https://x.invalid\n")
    assert configured_index() == MIRROR
    pip_file.write_text(f"[global]\nindex-url = https://x.invalid\n[install]\nindex-url={MIRROR}\n")
    assert configured_index() == MIRROR


def test_without_settings_it_is_the_builds_or_pips_own(
    pip_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert configured_index().startswith("https://")
    monkeypatch.setattr("stemdesk.fetch.configured.resources", lambda: tmp_path)
    (tmp_path / RESOURCE).write_text(f"{MIRROR}\n")
    assert configured_index() == MIRROR


@pytest.mark.parametrize(
    ("index", "shown"),
    [
        ("http://user:secret@mirror.invalid/simple", "http://mirror.invalid"),
        ("ftp://mirror.invalid/simple", "ftp://mirror.invalid"),
        ("file:///srv/packages", "none is set up"),
        ("https:///simple", "none is set up"),
        ("https://[::1/simple", "none is set up"),
        ("/srv/packages", "none is set up"),
        ("", "none is set up"),
    ],
)
def test_only_a_safe_one_is_taken(index: str, shown: str) -> None:
    with pytest.raises(FetchError) as caught:
        checked(index)
    assert caught.value.code is ErrorCode.UPDATE_NO_INDEX
    text = " ".join(say(caught.value.code, None, caught.value.facts))
    assert f"({shown})" in text and "secret" not in text


def test_nothing_in_the_current_folder_is_run(
    pip_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pip").mkdir()
    for name in ("__init__.py", "__main__.py"):
        code = (
            "import pathlib; pathlib.Path('ran').touch()\nprint(\"global.index-url='https://x'\")\n"
        )
        (tmp_path / "pip" / name).write_text(code)
    pip_file.write_text(f"[global]\nindex-url = {MIRROR}\n")
    assert configured_index() == MIRROR and not (tmp_path / "ran").exists()
