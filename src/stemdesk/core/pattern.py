"""Patterns with fields in braces: how they are read, and how they are filled.

What is not known is left empty, and nothing that only led to it stays: no ` - ` at an end, no `()`,
no two spaces. A bracket of which no field is known goes as a whole, and so does a word that is
glued to a number (`{bpm}bpm`). `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

NUMBERS = frozenset({"track", "bpm"})
"""Fields that can have digits: `{track:02}`."""

_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}()\[\]]|[^{}()\[\]]+")
_FIELD = re.compile(r"\{([^:{}]*)(?::([^{}]*))?\}")
_DIGITS = re.compile("0?[1-9]")
_GAP = r"[\s\-\u2013\u2014_.,;:+&|~\u00b7\u2022]*"
_LEAD, _TAIL = re.compile(_GAP), re.compile(f"{_GAP}$")
_UNIT = re.compile(r" ?bpm\b|[^\W\d_]+", re.IGNORECASE)
_PAIRS = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Field:
    """`digits`: how many a whole number has at least, zeros in front; 0: as it comes."""

    name: str
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A bracket and what is in it."""

    opening: str
    items: tuple[Item, ...]


Item = str | Field | Group


def read_pattern(text: str, known: Sequence[str]) -> tuple[Item, ...]:
    """Raises `ValueError`, which says what is wrong, for a brace that stands alone, a field that is
    not `known`, digits of a text."""
    tokens = [_token(token, known) for token in _TOKEN.findall(text)]
    items, _ = _items(tokens, 0, "")
    return items


def fields_of(items: Sequence[Item]) -> Iterator[Field]:
    """All fields, also those in brackets."""
    for item in items:
        if isinstance(item, Field):
            yield item
        elif isinstance(item, Group):
            yield from fields_of(item.items)


def fill(items: Sequence[Item], values: Mapping[Field, str]) -> str:
    """The items as text. Of the two gaps around an empty field one stays, and none at an end."""
    text, gap = "", ""
    after: Field | Group | None = None  # what is empty since the last text
    for item in items:
        if not isinstance(item, str):
            found = values[item] if isinstance(item, Field) else _group(item, values)
            if not found:
                after = item
                continue
            tail = ""
        else:
            lead, found, tail = _parts(item, after)
            if after is not None:
                gap = max(gap, lead, key=_weight)
            elif not found:
                gap += lead
            else:
                found = lead + found
            if not found:
                continue
        text += found if after and not text else gap + found
        gap, after = tail, None
    return text if after else text + gap


def _parts(text: str, after: Item | None) -> tuple[str, str, str]:
    """The gap before a text, the text, the gap after it; all of a mere gap is before it."""
    if isinstance(after, Field) and after.name in NUMBERS:
        unit = _UNIT.match(text)
        text = text[unit.end() :] if unit else text
    lead = _LEAD.match(text)
    start = lead.end() if lead else 0
    tail = _TAIL.search(text, start)
    end = tail.start() if tail else len(text)
    return text[:start], text[start:end], text[end:]


def _weight(gap: str) -> tuple[bool, int]:
    return bool(gap.strip()), len(gap)


def _group(group: Group, values: Mapping[Field, str]) -> str:
    """With its brackets; "" where it has fields and none is known."""
    fields = list(fields_of(group.items))
    if fields and not any(values[field] for field in fields):
        return ""
    return f"{group.opening}{fill(group.items, values)}{_PAIRS[group.opening]}"


def _token(token: str, known: Sequence[str]) -> str | Field:
    if token in ("{{", "}}"):
        return token[0]
    if token in ("{", "}"):
        raise ValueError("a brace stands alone; {{ and }} write braces")
    field = _FIELD.fullmatch(token)
    if field is None:
        return token
    name, digits = field[1], field[2] or ""
    if name not in known:
        raise ValueError(f"there is no {token}; there are " + ", ".join(f"{{{n}}}" for n in known))
    if field[2] is not None and not (name in NUMBERS and _DIGITS.fullmatch(digits)):
        raise ValueError(f"{token}: only numbers can have digits, such as {{track:02}}")
    return Field(name, int(digits or 0))


def _items(tokens: Sequence[str | Field], start: int, closing: str) -> tuple[tuple[Item, ...], int]:
    """The items from there on, and where they end: before `closing`, or at the end."""
    items: list[Item] = []
    at = start
    while at < len(tokens) and tokens[at] != closing:
        token = tokens[at]
        if isinstance(token, str) and token in _PAIRS:
            inside, end = _items(tokens, at + 1, _PAIRS[token])
            if end < len(tokens):
                items.append(Group(token, inside))
                at = end + 1
                continue
        if isinstance(token, str) and items and isinstance(items[-1], str):
            items[-1] += token
        else:
            items.append(token)
        at += 1
    return tuple(items), at
