"""The command line in this process, with a home of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stemdesk.cli.main import run_command
from support.place import Place, make_place


@dataclass(frozen=True)
class Said:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    def events(self, schema: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The JSON lines, each as the schema says; the last one tells the exit code."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        for line in lines:
            Draft202012Validator(schema).validate(line)
        assert lines[-1] == {"v": 1, "event": "end", "exit_code": self.code}
        return lines


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
