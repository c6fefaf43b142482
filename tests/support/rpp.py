"""A small parser of REAPER's project files, strict where REAPER is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_WORD = re.compile(r'"([^"]*)"|\'([^\']*)\'|`([^`]*)`|([^\s"\'`]\S*)')


@dataclass
class Block:
    """`<NAME words … >`; `lines`: the lines in it, as words; `blocks`: blocks in it."""

    words: list[str]
    lines: list[list[str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.words[0]

    def all(self, name: str) -> list[Block]:
        return [block for block in self.blocks if block.name == name]

    def one(self, name: str) -> list[str]:
        """The words behind `name` on the only line that begins with it."""
        found = [line for line in self.lines if line[0] == name]
        assert len(found) == 1, f"{name}: {found}"
        return found[0][1:]


def words(line: str) -> list[str]:
    """Words, each as it is or in one of three kinds of quotes."""
    found, place = [], 0
    while place < len(line):
        match = _WORD.match(line, place)
        assert match is not None, f"no word at {line[place:]!r}"
        found.append(next(group for group in match.groups() if group is not None))
        rest = line[match.end() :]
        assert not rest or rest[0] == " ", f"no space behind a word: {line!r}"
        place = match.end() + len(rest) - len(rest.lstrip(" "))
    return found


def parse(text: str) -> Block:
    """The outermost block; every line must be one of its grammar, indented by its depth."""
    assert text.endswith(">\n")
    open_blocks: list[Block] = []
    for line in text.split("\n")[:-1]:
        inner = line.lstrip(" ")
        if inner == ">":
            closed = open_blocks.pop()
            assert len(line) - 1 == 2 * len(open_blocks), line
            if not open_blocks:
                assert text.rstrip("\n").endswith(line)
                return closed
            open_blocks[-1].blocks.append(closed)
            continue
        assert len(line) - len(inner) == 2 * len(open_blocks), line
        if inner.startswith("<"):
            open_blocks.append(Block(words(inner[1:])))
        else:
            open_blocks[-1].lines.append(words(inner))
    raise AssertionError("not closed")
