"""Links: what a person may paste, and where a job's song comes from on the web."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

MAX_LENGTH = 4096  # characters; what is longer is no address that a person copied
_SCHEMES = ("http", "https")
_ANY_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"^www\.[^\s/]+\.[^\s]+$", re.IGNORECASE)
_OUR_MARK = re.compile(r"#stemdesk-entry=\d+$")  # fetch.links.resolve sets it
_QUOTES = "\"'<>"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a job's song comes from.

    `url`: what is asked for. `key`: names the recording whatever the address looks like
    (`youtube dQw4w9WgXcQ`), "" until it was looked up. `site`: as people call it. `page`: the
    recording's own address, as the site writes it. `cover`: the picture, once it was fetched.
    `fetched`: whether the job's source is the file; until then it is the folder that the file
    comes into.
    """

    url: str
    key: str = ""
    site: str = ""
    cover: Path | None = None
    fetched: bool = False
    page: str = ""

    @property
    def address(self) -> str:
        """The best address that is known."""
        return self.page or self.url

    @property
    def addresses(self) -> frozenset[str]:
        """All that are known."""
        return frozenset((self.url, self.address))

    @property
    def public(self) -> str:
        """The same as people read it, here and in files: without a password, and without
        what we add to name one of a page's songs."""
        parts = urlsplit(_OUR_MARK.sub("", self.address))
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def to_json(self) -> str:
        cover = None if self.cover is None else str(self.cover)
        return json.dumps(
            {
                "url": self.url,
                "key": self.key,
                "site": self.site,
                "cover": cover,
                "fetched": self.fetched,
                "page": self.page,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises `ValueError`, `KeyError` or `TypeError` for what `to_json` did not write."""
        value = json.loads(text)
        cover = None if value["cover"] is None else Path(value["cover"])
        return cls(
            url=value["url"],
            key=value["key"],
            site=value["site"],
            cover=cover,
            fetched=bool(value["fetched"]),
            page=value["page"],
        )

    def anew(self) -> Link:
        """The same before its file was fetched."""
        return replace(self, fetched=False)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What lines are: links, in order and each once, and what is no link."""

    links: tuple[str, ...]
    others: tuple[str, ...]


def read_link(text: str) -> str | None:
    """`text` as a web address (http or https), tidied; None if it is none.

    `www.` may stand without a scheme. Nothing is looked up.
    """
    line = text.strip().strip(_QUOTES)
    if _WITHOUT_SCHEME.match(line):
        line = f"https://{line}"
    if len(line) > MAX_LENGTH or not line.isprintable() or " " in line:
        return None
    try:
        parts = urlsplit(line)
        port = parts.port
    except ValueError:  # a broken IPv6 address, a port that is no number
        return None
    host = parts.hostname or ""
    if parts.scheme.lower() not in _SCHEMES or not host.strip(".") or port == 0:
        return None
    return urlunsplit(parts)


def looks_like_link(text: str) -> bool:
    """Whether a person who typed `text` means an address, a good one or not."""
    line = text.strip().strip(_QUOTES)
    return bool(_ANY_SCHEME.match(line) or _WITHOUT_SCHEME.match(line))


def read_lines(lines: Iterable[str]) -> Pasted:
    """Lines or words of a text; empty ones count for nothing."""
    links: dict[str, None] = {}
    others: list[str] = []
    for line in filter(str.strip, lines):
        link = read_link(line)
        if link is None:
            others.append(line.strip())
        else:
            links[link] = None
    return Pasted(tuple(links), tuple(others))


def shown(url: str) -> str:
    """An address as a row shows it before anything is known of it: without scheme, `www.`,
    password and query."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}"
