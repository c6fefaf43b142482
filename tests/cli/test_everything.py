from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from cli.conftest import Command
from stemdesk.jobs.store import JobStore
from stemdesk.models.record import Record, write_record
from stemdesk.paths import folders
from support.place import Place


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lived_in() -> list[Path]:
    where = folders()
    JobStore(where.database).close()
    path = where.cache / "playing" / f"{'0' * 32}-01234567.f32"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(1000))
    return [where.database, path]


@pytest.mark.parametrize(
    ("answer", "goes"), [("yes\n", True), ("no\n", False), ("\n", False), ("", False)]
)
def test_a_person_is_asked(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch, answer: str, goes: bool
) -> None:
    kept = lived_in()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    said = stemdesk("clean", "--everything")
    assert said.code == 0 and "Cache: 1 kB in" in said.out
    assert [path.exists() for path in kept] == [not goes] * 2
    assert ("Nothing was removed." in said.err) is not goes


def test_a_script_has_to_say_yes(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = lived_in()
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert "--yes" in stemdesk("clean", "--everything").err
    assert all(path.exists() for path in kept)
    said = stemdesk("clean", "--everything", "--yes", "--json")
    facts = json.loads(said.out)
    assert said.code == 0 and facts["left"] == [] and facts["removed_bytes"]["cache"] == 1000
    assert not any(path.exists() for path in kept)
    assert "keeps nothing" in stemdesk("clean", "--everything").out


def test_models_go_only_if_they_are_named(place: Place, stemdesk: Command) -> None:
    assert stemdesk("clean", "--everything", "--yes").code == 0
    assert (place.models / "small.yaml").exists()
    for file in place.models.glob("*.safetensors"):  # imported, not laid there by hand
        write_record(file, Record("0" * 64, file.stat().st_size))
    assert stemdesk("clean", "--everything", "--models", "--yes").code == 0
    assert list(place.models.iterdir()) == []


def test_it_is_refused_while_the_window_is_open(place: Place, stemdesk: Command) -> None:
    kept = lived_in()
    with FileLock(folders().data / "window.lock"):
        said = stemdesk("clean", "--everything", "--yes")
    assert said.code == 1 and "Close it first" in said.err
    assert all(path.exists() for path in kept)


def test_it_looks_again_after_the_question(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window may have been opened while the question stood there."""
    kept = lived_in()
    lock = FileLock(folders().data / "window.lock")

    class Slow(Terminal):
        def isatty(self) -> bool:
            lock.acquire()
            return True

    monkeypatch.setattr(sys, "stdin", Slow("yes\n"))
    said = stemdesk("clean", "--everything")
    lock.release()
    assert said.code == 1 and "Close it first" in said.err
    assert all(path.exists() for path in kept)


def test_its_options_do_nothing_alone(place: Place, stemdesk: Command) -> None:
    assert stemdesk("clean", "--yes").code == 2
