"""The command line in this process, with a home of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stemdesk.cli.main import run_command
from support.place import Place, make_place


@dataclass(frozen=True)
class Said:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = make_place(tmp_path / "place")
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STEMDESK_MODELS", str(place.models))
    return place


@pytest.fixture
def stemdesk(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs `stemdesk …`; signals stay the test runner's."""
    monkeypatch.setattr("stemdesk.cli.main._stop_on_signals", lambda _: None)

    def run(*arguments: str | Path) -> Said:
        try:
            code = run_command([str(item) for item in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run
