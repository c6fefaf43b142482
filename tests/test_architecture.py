"""The rules of ARCHITECTURE.md as tests: who may import what, and how large a module may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
PACKAGE = SOURCE / "stemdesk"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A module may import from rooms on lower floors, and from its own.
FLOOR = {
    "core": 0,
    "crash": 0,
    "paths": 1,
    "log": 1,
    "memory": 1,
    "priority": 1,
    "awake": 2,
    "fetch": 2,
    "models": 3,
    "audio": 3,
    "engine": 4,
    "jobs": 5,
    "cli": 6,
    "gui": 6,
    "selftest": 7,
    "__main__": 8,
}
ONLY_IN = {
    "PySide6": "gui",
    "torch": "engine",
    "demucs": "engine",
    "sounddevice": "audio",
    "httpx2": "fetch",
}
ON_FIRST_USE = {"av", "sounddevice", "httpx2", "yt_dlp"}
LINES_MAX = 350


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every imported module and whether that happens when the module is imported (not inside of
    a function, not for the type checker only)."""

    def visit(node: ast.AST, at_once: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                yield child.module or "", at_once
                if child.module == "stemdesk":
                    yield from ((f"stemdesk.{alias.name}", at_once) for alias in child.names)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
                yield from visit(child, at_once and not inside and not typing)

    yield from visit(ast.parse(path.read_text("utf-8")), True)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    here = room(path)
    for name, _ in imports(path):
        top, _, rest = name.partition(".")
        if top == "stemdesk" and rest and not rest.startswith("__version__"):
            other = rest.split(".")[0]
            assert other == here or FLOOR[other] < FLOOR[here], f"{here} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    for name, at_once in imports(path):
        top = name.split(".")[0]
        assert room(path) == ONLY_IN.get(top, room(path)), f"{name} outside of {ONLY_IN[top]}"
        assert not (top in ON_FIRST_USE and at_once), f"{name} is imported on first use only"
        if room(path) == "core":
            assert top == "stemdesk" or top in sys.stdlib_module_names, f"core imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES_MAX


def loaded_after(code: str) -> set[str]:
    """The top-level modules that are loaded in a fresh process after `code`."""
    script = f"{code}\nimport sys; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PYTHONPATH": str(SOURCE), "PATH": "", "HOME": "/nonexistent"},
    )
    return set(result.stdout.split())


def test_the_command_line_loads_no_qt_no_portaudio_and_torch_only_to_separate() -> None:
    code = (
        "import stemdesk.__main__, stemdesk.cli.main, stemdesk.cli.split, stemdesk.cli.reports\n"
        "import stemdesk.jobs.pipeline, stemdesk.jobs.store"
    )
    assert not {"PySide6", "sounddevice", "torch", "demucs", "av", "httpx2"} & loaded_after(code)


def test_the_window_loads_no_torch_and_no_audio_library() -> None:
    code = "import stemdesk.gui.app, stemdesk.gui.window, stemdesk.gui.controller"
    assert not {"sounddevice", "torch", "demucs", "av", "httpx2"} & loaded_after(code)
