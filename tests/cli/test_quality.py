"""`--quality`, `--shifts`, `--full-precision`: what the pipeline is asked to do."""

from __future__ import annotations

import json

import pytest

from cli.conftest import Command
from cli.test_process import start
from stemdesk.core.job import Job
from stemdesk.core.options import SeparationOptions
from stemdesk.core.progress import CancelToken, Report
from stemdesk.core.settings import Settings, save_settings
from stemdesk.jobs.pipeline import Pipeline, Result, Workplace
from stemdesk.paths import folders
from support.models import install_best
from support.place import Place

Asked = list[tuple[SeparationOptions, Workplace]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The options and workplaces of the jobs, which are not run."""
    seen: Asked = []

    def note(self: Pipeline, job: Job, _: Report, __: CancelToken) -> Result:
        seen.append((job.separation, self.workplace))
        return Result(job.root, 1, 1)

    monkeypatch.setattr(Pipeline, "run", note)
    return seen


@pytest.mark.parametrize(
    ("setting", "arguments", "model", "overlap"),
    [
        ("standard", [], "small", 0.25),
        ("standard", ["--quality", "fast"], "small", 0.1),
        ("standard", ["--quality", "best"], "htdemucs_ft", 0.25),
        ("standard", ["--quality", "best", "--model", "htdemucs_ft"], "htdemucs_ft", 0.25),
        ("standard", ["--quality", "fast", "--model", "htdemucs_ft"], "htdemucs_ft", 0.1),
        ("fast", [], "small", 0.1),
        ("fast", ["--quality", "standard"], "small", 0.25),
        ("best", [], "htdemucs_ft", 0.25),
        ("best", ["--model", "small"], "small", 0.25),
        ("best", ["--quality", "fast"], "small", 0.1),
    ],
)
def test_the_quality_chooses_model_and_overlap(
    place: Place,
    stemdesk: Command,
    asked: Asked,
    setting: str,
    arguments: list[str],
    model: str,
    overlap: float,
) -> None:
    install_best(place.models)
    save_settings(Settings(quality=setting, model="small"), folders().settings_file)
    said = stemdesk("split", place.song(seconds=0.1), "-o", place.out, *arguments)
    assert said.code == 0
    assert [one for one, _ in asked] == [SeparationOptions(model, (), overlap)]
    assert ("Model: " in said.err) == ("--model" not in arguments)
    assert "--model" in arguments or f"Model: {model}, quality: " in said.err


def test_best_in_the_settings_without_its_model_is_standard(
    place: Place, stemdesk: Command, asked: Asked
) -> None:
    save_settings(Settings(quality="best"), folders().settings_file)
    said = stemdesk("split", place.song(seconds=0.1), "-o", place.out)
    assert said.code == 0 and "Model: small, quality: standard" in said.err
    assert [one for one, _ in asked] == [SeparationOptions("small")]


@pytest.mark.parametrize("command", ["split", "demo"])
def test_best_on_the_line_without_its_model_says_what_is_missing(
    place: Place, stemdesk: Command, command: str
) -> None:
    songs = [place.song(seconds=0.1)] if command == "split" else []
    said = stemdesk(command, *songs, "-o", place.out, "--quality", "best")
    assert said.code == 1 and "The model “htdemucs_ft” is not installed." in said.err
    assert not place.out.exists()


def test_stems_are_those_of_the_best_model(place: Place, stemdesk: Command, asked: Asked) -> None:
    install_best(place.models)
    command = ("split", place.song(seconds=0.1), "-o", place.out, "--quality", "best")
    assert stemdesk(*command, "--stems", "vocals").code == 0
    assert asked[0][0] == SeparationOptions("htdemucs_ft", ("vocals",))
    said = stemdesk(*command, "--stems", "piano")
    assert said.code == 1 and "no stem “piano”" in said.err


@pytest.mark.parametrize(
    ("arguments", "shifts"), [([], 0), (["--shifts", "0"], 0), (["--shifts", "2"], 2)]
)
def test_shifts(
    place: Place, stemdesk: Command, asked: Asked, arguments: list[str], shifts: int
) -> None:
    assert stemdesk("split", place.song(seconds=0.1), "-o", place.out, *arguments).code == 0
    assert [one.shifts for one, _ in asked] == [shifts]


@pytest.mark.parametrize(
    ("setting", "arguments", "full"),
    [
        (False, [], False),
        (False, ["--full-precision"], True),
        (True, [], True),
        (True, ["--no-full-precision"], False),
    ],
)
def test_full_precision(
    place: Place,
    stemdesk: Command,
    asked: Asked,
    setting: bool,
    arguments: list[str],
    full: bool,
) -> None:
    save_settings(Settings(full_precision=setting), folders().settings_file)
    assert stemdesk("split", place.song(seconds=0.1), "-o", place.out, *arguments).code == 0
    assert [one.full_precision for one, _ in asked] == [full]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--quality", "best", "--model", "small"], "with the model htdemucs_ft, not with small"),
        (["--quality", "superb"], "invalid choice"),
        (["--shifts", "3"], "invalid choice"),
        (["--shifts", "-1"], "invalid choice"),
        (["--shifts", "1.5"], "invalid int value"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    place: Place, stemdesk: Command, arguments: list[str], words: str
) -> None:
    said = stemdesk("split", place.song(seconds=0.1), "-o", place.out, *arguments)
    assert said.code == 2 and words in said.err and said.out == ""


def test_a_process_splits_with_the_best_model_and_refuses_a_contradiction(place: Place) -> None:
    install_best(place.models)
    song = place.song(seconds=0.6)
    best = start(place, "split", song, "-o", place.out, "--quality", "best", "--stems", "bass")
    wrong = start(place, "split", song, "--quality", "best", "--model", "small")
    out, errors = best.communicate(timeout=120)
    assert best.returncode == 0 and out == f"Saved: {place.out / 'song'}\n", errors
    manifest = json.loads((place.out / "song" / "stemdesk.json").read_text("utf-8"))
    assert manifest["model"]["name"] == "htdemucs_ft"
    _, errors = wrong.communicate(timeout=60)
    assert wrong.returncode == 2 and "choose --quality fast or standard" in errors
