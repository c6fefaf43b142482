"""Versions of packages: which one is newer, and which one fits a requirement.

A small part of the rules for Python packages (PEP 440, "Version specifiers"): releases only; test
versions (`dev`, `rc`, …) are none, and a specifier that is not understood fits nothing.
"""

from __future__ import annotations

import re

Version = tuple[tuple[int, ...], int]

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)(?:\.post(\d+))?", re.ASCII)
_CLAUSE = re.compile(r"(==|!=|>=|<=|~=|>|<)\s*([0-9a-z.]+?)(\.\*)?", re.ASCII)
_LENGTH_MAX = 64


def release(text: str) -> Version | None:
    """`2026.10.26` as something to compare: larger is newer; None for what is no release.

    `2026.08.04` and `2026.8.4` are the same.
    """
    match = _RELEASE.fullmatch(text.strip()) if len(text) <= _LENGTH_MAX else None
    if match is None:
        return None
    numbers = [int(number) for number in match[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), int(match[2] or -1)


def is_newer(one: str, other: str) -> bool:
    """Whether `one` is a release, and a newer one than `other`, which may be none."""
    first, second = release(one), release(other)
    return first is not None and (second is None or first > second)


def fits(version: str, specifier: str) -> bool:
    """Whether a release is one that `>=3.10, <4` (for example) asks for; "" asks for any."""
    found = release(version)
    clauses = [clause.strip() for clause in specifier.split(",") if clause.strip()]
    return found is not None and all(_fits_one(found, clause) for clause in clauses)


def _fits_one(found: Version, clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    asked = release(match[2]) if match else None
    if match is None or asked is None:
        return False
    operator, any_end = match[1], bool(match[3])
    if any_end:
        same = _begins(found, match[2])
        return same if operator == "==" else operator == "!=" and not same
    if operator == "~=":
        prefix, _, last = match[2].rpartition(".")
        return bool(prefix and last) and found >= asked and _begins(found, prefix)
    return {
        "==": found == asked,
        "!=": found != asked,
        ">=": found >= asked,
        "<=": found <= asked,
        ">": found > asked,
        "<": found < asked,
    }[operator]


def _begins(found: Version, prefix: str) -> bool:
    numbers = [int(number) for number in prefix.removeprefix("v").split(".")]
    padded = [*found[0], *([0] * len(numbers))]
    return padded[: len(numbers)] == numbers
