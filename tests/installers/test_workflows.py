"""The workflows, as far as they can be read here: what they call is there, and what is fetched and
used is pinned. GitHub itself was not here."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from installers import proof
from installers.linux import libraries
from installers.macos import bundle
from stemdesk.cli.arguments import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: path for path in sorted(FOLDER.glob("*.yml"))}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOWS[name].read_text("utf-8"))
    return found


def steps(name: str) -> list[tuple[str, dict[str, Any]]]:
    jobs = read(name)["jobs"].items()
    return [(job, step) for job, body in jobs for step in body.get("steps", [])]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_others_wrote_is_pinned(name: str) -> None:
    for _, step in steps(name):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
    text = WORKFLOWS[name].read_text("utf-8")
    fetched = re.findall(r"^ *fetch \S+ https://\S+ \\\n *(\S+)$", text, re.MULTILINE)
    assert len(fetched) == text.count(" fetch /tmp")
    assert all(re.fullmatch(r"[0-9a-f]{64}", sum_) for sum_ in fetched)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_job_may_do_more_than_it_needs_or_run_for_ever(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    for job, body in workflow["jobs"].items():
        assert "uses" in body or "timeout-minutes" in body, job
        assert "permissions" not in body or job == "draft"


def test_nothing_is_published_without_every_check() -> None:
    jobs = read("release")["jobs"]
    assert set(jobs["draft"]["needs"]) == set(jobs) - {"draft"}
    assert "test -s proof.log" in str(jobs["draft"]["steps"])
    assert "--draft" in str(jobs["draft"]["steps"])


def test_what_is_tried_before_a_release() -> None:
    said = "\n".join(step.get("run", "") for job, step in steps("release") if job == "proof")
    assert "stemdesk models check-catalogue --legacy" in said
    assert parse(["models", "check-catalogue", "--legacy"]).legacy
    assert "installers.proof compare --model htdemucs" in said
    assert proof.ALLOWED == 1e-4
    links = re.search(r"installers\.proof links(.*?)2>&1", said, re.DOTALL)
    assert links is not None
    assert len(re.findall(r"https://", links[1])) == 3


def test_the_self_test_runs_on_every_system() -> None:
    for job in ("linux-installed", "windows", "macos"):
        said = "\n".join(step.get("run", "") for name, step in steps("release") if name == job)
        assert "--self-test" in said, job
    for job in ("linux", "windows", "macos"):
        said = "\n".join(step.get("run", "") for name, step in steps("release") if name == job)
        assert "installers/freeze.py" in said


def test_what_linux_builds_with_is_what_it_asks_for_later() -> None:
    """A library that is not there is not packed."""
    said = "\n".join(step.get("run", "") for name, step in steps("release") if name == "linux")
    (install,) = re.findall(r"apt-get install (.*?)\n *python", said, re.DOTALL)
    assert set(libraries.ALWAYS) <= set(install.split())


def test_torch_is_the_cpus_wherever_it_is_frozen() -> None:
    """A called workflow does not have the environment of the one that calls it."""
    for name in WORKFLOWS:
        assert "vars.TORCH_CPU_INDEX" in read(name)["env"]["PIP_EXTRA_INDEX_URL"]


def test_the_torch_that_is_packed_is_the_one_that_is_tried() -> None:
    pinned = re.search(
        r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    assert pinned is not None
    assert read("release")["env"]["TORCH"] == f"torch=={pinned[1]}+cpu"


def test_the_mac_that_builds_is_the_oldest_that_is_promised() -> None:
    job = read("release")["jobs"]["macos"]
    assert job["runs-on"] == f"macos-{bundle.OLDEST_MACOS.split('.')[0]}"
    assert "-m installers.macos.oldest" in "\n".join(step.get("run", "") for step in job["steps"])


def test_what_is_frozen_is_the_checkout() -> None:
    """An installed copy would bring its resources a second time."""
    text = WORKFLOWS["release"].read_text("utf-8")
    assert text.count("'.[freeze]'") == text.count("-e '.[freeze]'") == 3


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_it_runs_is_there(name: str) -> None:
    for _, step in steps(name):
        run = step.get("run", "")
        for module in re.findall(r"-m (installers\.[\w.]+)", run):
            assert importlib.util.find_spec(module) is not None, module
        for path in re.findall(r"(?:installers|\.ci)/[\w/.-]+", run):
            assert (ROOT / path).is_file(), path
        for path in re.findall(r"installers\\[\w\\.]+", run):
            assert (ROOT / path.replace("\\", "/")).is_file(), path


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
@pytest.mark.parametrize("name", WORKFLOWS)
def test_shellcheck_has_nothing_to_say(name: str) -> None:
    for job, step in steps(name):
        if "run" in step and step.get("shell") != "pwsh":
            # GitHub starts bash with -e, and puts one word in place of an expression.
            script = "set -e\n" + re.sub(r"\$\{\{.*?\}\}", "expression", step["run"])
            said = subprocess.run(
                ["shellcheck", "--shell=bash", "-"],
                input=script,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (said.returncode, said.stdout) == (0, ""), f"{job}: {step.get('name')}"
            # Values that come from outside get in by the environment only.
            assert "${{ inputs" not in step["run"] and "${{ secrets" not in step["run"]
