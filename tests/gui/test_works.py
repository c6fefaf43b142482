"""What is given to tasks, read from the source.

A task lets go in its own thread of what it works with, maybe as the last one who holds it. An
object of Qt's would be destroyed there, and it lives in the GUI thread.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from stemdesk import gui

GUI = Path(gui.__file__).parent
POOLS = {"io", "compute", "net", "link", "export"}
# Part of the controller, and only read. Qt ends it with the controller, whoever holds it.
ALLOWED = {("links.py", "forget")}


def given_to_tasks(text: str) -> Iterator[tuple[str, bool]]:
    """Methods that give work to tasks, and whether the work brings their object along."""
    for owner in ast.walk(ast.parse(text)):
        if not isinstance(owner, ast.ClassDef):
            continue
        methods = [item for item in owner.body if isinstance(item, ast.FunctionDef)]
        names = {method.name for method in methods}
        for method in methods:
            for work in works(method):
                yield method.name, brings_self(work, names)


def works(method: ast.FunctionDef) -> Iterator[ast.AST]:
    """The works, or what stands behind their local names."""
    inside = list(ast.walk(method))[1:]
    named: dict[str, ast.AST] = {it.name: it for it in inside if isinstance(it, ast.FunctionDef)}
    for item in inside:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            named[item.targets[0].id] = item.value
    for call in inside:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            whose = ast.unparse(call.func.value)
            if call.func.attr in POOLS and whose.endswith("tasks"):
                work = call.args[0]
                yield named.get(work.id, work) if isinstance(work, ast.Name) else work


def brings_self(work: ast.AST, methods: set[str]) -> bool:
    if isinstance(work, ast.Lambda | ast.FunctionDef):
        return any(isinstance(it, ast.Name) and it.id == "self" for it in ast.walk(work))
    parts = work.args if isinstance(work, ast.Call) else [work]
    return any(
        (isinstance(part, ast.Name) and part.id == "self")
        or (
            isinstance(part, ast.Attribute)
            and ast.unparse(part.value) == "self"
            and part.attr in methods
        )
        for part in parts
    )


def test_no_work_brings_an_object_of_qt_along() -> None:
    found, wrong = 0, set()
    for path in sorted(GUI.glob("*.py")):
        for method, brings in given_to_tasks(path.read_text("utf-8")):
            found += 1
            if brings:
                wrong.add((path.name, method))
    assert found > 50
    assert wrong == ALLOWED


def test_what_is_looked_for_is_seen() -> None:
    kinds = {
        "lambda: self.name": True,
        "lambda: name": False,
        "partial(self.method, 1)": True,
        "partial(print, self)": True,
        "partial(self._function, 1)": False,
        "self.method": True,
        "work": True,
    }
    for work, wrong in kinds.items():
        text = f"""
class Desk:
    def method(self):
        work = lambda: self
        self._tasks.io({work}, ignore)
"""
        assert list(given_to_tasks(text)) == [("method", wrong)], work
