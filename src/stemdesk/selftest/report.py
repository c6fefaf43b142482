"""What a self-test has found: steps with their seconds, as lines of text or as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stemdesk.core.errors import StemDeskError
from stemdesk.core.sentences import printable, say
from stemdesk.log import log


class TroubleError(Exception):
    """What a step has found wrong, as one plain sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """`check` says what it found; it raises for what is wrong. `title`: what a person reads."""

    name: str
    title: str
    check: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Found:
    """How one step ended. `said`: what was found, or what is wrong. `seconds`: that it took."""

    name: str
    title: str
    passed: bool
    said: str
    seconds: float

    @property
    def line(self) -> str:
        mark = "ok    " if self.passed else "FAILED"
        return f"{mark} {self.title}: {self.said} ({self.seconds:.1f} s)"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "passed": self.passed,
            "said": self.said,
            "seconds": round(self.seconds, 3),
        }


def take(step: Step) -> Found:
    """Do one step. Never raises but for Ctrl+C: whatever goes wrong is what a self-test is for."""
    began = time.monotonic()
    try:
        said, passed = step.check(), True
    except TroubleError as error:
        said, passed = str(error), False
    except StemDeskError as error:
        said, passed = " ".join((*say(error.code, error.path, error.facts), error.detail)), False
    except Exception as error:  # a library that is broken may raise anything
        log.exception("self-test: %s", step.name)
        said, passed = f"{type(error).__name__}: {error}", False
    return Found(step.name, step.title, passed, printable(said).strip(), time.monotonic() - began)
