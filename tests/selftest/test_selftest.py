"""The self-test as a person runs it, and what it says when something is broken."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import stemdesk
from stemdesk.core.errors import DiskFullError
from stemdesk.paths import folders
from stemdesk.selftest import main as root
from stemdesk.selftest.report import Step, TroubleError, take

SOURCE = Path(stemdesk.__file__).parent
SCHEMA = json.loads((SOURCE / "selftest" / "self_test.schema.json").read_text("utf-8"))


def test_all_of_it_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Every step for real; nothing is left but the log."""
    temporary = tmp_path / "Ünïcödé 日本"
    temporary.mkdir()
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "stemdesk", "--self-test", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCE.parent),
            "STEMDESK_HOME": str(home),
            "TMPDIR": str(temporary),
        },
        timeout=280,
        check=False,
    )
    found = json.loads(done.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert [step for step in found["steps"] if not step["passed"]] == []
    assert done.returncode == 0 and found["passed"] and not found["frozen"]
    names = [step["name"] for step in found["steps"]]
    assert names == [step.name for step in root.steps(folders(), tmp_path)]
    assert list(temporary.iterdir()) == []
    assert [path.name for path in home.iterdir()] == ["logs"]


def given(*steps: Step) -> Callable[..., tuple[Step, ...]]:
    return lambda *_: steps


def fails() -> str:
    raise TroubleError("the glue is gone")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path / "home"))


def test_a_step_that_fails_is_told_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = given(Step("glue", "Glue", fails), Step("paint", "Paint", lambda: "red"))
    monkeypatch.setattr(root, "steps", steps)
    assert root.main([]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("FAILED Glue: the glue is gone (")
    assert said[1].startswith("ok     Paint: red (")
    assert said[2].endswith("does not work here as it should: Glue.")
    assert root.main(["--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(found)
    assert [step["passed"] for step in found["steps"]] == [False, True] and not found["passed"]


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert root.main(["--jsno"]) == 2
    assert "usage" in capsys.readouterr().out


def test_a_windowed_app_has_no_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "steps", given(Step("glue", "Glue", fails)))
    monkeypatch.setattr(sys, "stdout", None)
    assert root.main([]) == 1


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.FileIO]:
    """What reads the standard output, which knows only the letters of a pipe on Windows."""
    reads, writes = os.pipe()
    with io.FileIO(reads) as end, os.fdopen(writes, "w", encoding="cp1252") as out:
        monkeypatch.setattr(sys, "stdout", out)
        yield end


def test_letters_that_its_output_does_not_know_do_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(root, "steps", given(Step("glue", "Glue", lambda: "in 日本")))
    with piped(monkeypatch) as pipe:
        assert root.main([]) == 0
        assert pipe.readline().startswith(b"ok     Glue: in \\u65e5\\u672c (")


def test_nobody_needs_to_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "steps", given(Step("glue", "Glue", fails)))
    with piped(monkeypatch) as pipe:
        pipe.close()
        assert root.main([]) == 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "stemdesk", "--self-test"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCE.parent), "TMPDIR": str(temporary)},
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None and process.stdout.readline().startswith(b"ok ")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == b"" and process.returncode == 130
    assert list(temporary.iterdir()) == []


def test_whatever_goes_wrong_becomes_a_sentence(tmp_path: Path) -> None:
    def full() -> str:
        raise DiskFullError(tmp_path, 5_000_000)

    def bug() -> str:
        raise KeyError("\x1b[31mred\nlines")

    assert "5.0 MB" in take(Step("disk", "Disk", full)).said
    found = take(Step("bug", "Bug", bug))
    assert not found.passed and found.said.startswith("KeyError")
    assert "\x1b" not in found.line and "\n" not in found.line
