"""In the child process: the download of one song, watched, and of its picture."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from stemdesk.core.errors import ErrorCode
from stemdesk.core.files import replace_file
from stemdesk.fetch.links.failures import StopError, chain
from stemdesk.fetch.links.guard import AddressRefusedError, Guard
from stemdesk.fetch.links.options import TooMuchError
from stemdesk.fetch.links.resolve import Info, check, too_large
from stemdesk.fetch.links.values import LinkRules

MEDIA, COVER, _WHICH = "media", "cover", "media.json"
_PART = re.compile(r"bytes (\d+)-\d+/(\d*)", re.ASCII)
_NOTHING_MORE = 416  # "range not satisfiable"
_TELL_S = 0.1
_LOOK_S = 0.5
_PICTURE_BYTES = 20 << 20
_PICTURES_TRIED = 4
_NO_SONG = (  # what content types begin with
    *("text/", "image/", "font/", "application/json", "application/pdf", "application/zip"),
    *("application/xml", "application/xhtml", "application/javascript"),
)
_MAGIC = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"))

Say = Callable[[dict[str, Any]], None]


class ChangedError(Exception):
    """The file is another one than when its download began. No `OSError`: those are tried again."""


class Watch:
    """Hooks of yt-dlp: what it chose is checked before, what comes is watched while it comes.

    The working folder is the one that the song goes into.
    """

    def __init__(self, rules: LinkRules, guard: Guard, say: Say) -> None:
        self._rules, self._guard, self._say = rules, guard, say
        self._told = self._looked = float("-inf")
        self._types: dict[str, str] = {}  # URL: the content type of its answer
        self._url, self._note = "", _Note("")
        guard.on_answer = self._answered

    def chosen(self, info: Info, *, incomplete: Any = False) -> None:
        """yt-dlp's match filter: called with the format that it will download."""
        if incomplete:
            return
        check(info, self._rules)
        self.suits(info)
        self._url = str(info.get("url"))
        info["ext"] = _ending(str(info.get("ext")), self._types.get(self._url, ""))
        self._note = _forget_others(info)

    def suits(self, info: Info) -> None:
        """Raise `StopError` if the server has called this something else than sound."""
        kind = self._types.get(str(info.get("url")), "")
        if info.get("direct") and kind.startswith(_NO_SONG):
            raise StopError(ErrorCode.LINK_UNSUPPORTED, f"content type {kind}")

    def _answered(self, url: str, answer: Any) -> None:
        """Called with every answer: the rest of another file must not follow what is here."""
        self._types[url] = str(answer.headers.get("Content-Type", "")).lower()
        if url != self._url:
            return
        first, marks = _marks(answer)
        before = self._note.marks
        both = zip(marks, before, strict=False)  # nothing is known before the first answer
        if first and any(one and other and one != other for one, other in both):
            raise ChangedError(f"{before}, now {marks}")
        if marks != before:
            self._note = replace(self._note, marks=marks)
            self._note.write()

    def progress(self, status: Mapping[str, Any]) -> None:
        """yt-dlp's progress hook: after every block."""
        done = int(status.get("downloaded_bytes") or 0)
        exact = int(status.get("total_bytes") or 0)
        total = exact or int(status.get("total_bytes_estimate") or 0)
        if max(done, exact) > self._rules.max_bytes:
            raise too_large(self._rules)
        now = time.monotonic()
        finished = status.get("status") == "finished"
        if now - self._looked >= _LOOK_S and not finished:
            self._looked = now
            self._look_at_disk(exact - done if exact else 0)
        if finished or now - self._told >= _TELL_S:
            self._told = now
            self._say({"event": "progress", "done": done, "total": total})

    def _look_at_disk(self, missing: int) -> None:
        free = shutil.disk_usage(".").free
        if free < max(missing, self._rules.limits.spare_bytes):
            raise StopError(ErrorCode.DISK_FULL, f"{free} bytes free", needed_bytes=missing)


def _ending(said: str, kind: str) -> str:
    """What a song's file may end in. `download.php` is one, too; yt-dlp refuses such endings."""
    from yt_dlp.utils import KNOWN_EXTENSIONS, mimetype2ext

    if said in KNOWN_EXTENSIONS:
        return said
    by_kind = mimetype2ext(kind.partition(";")[0], default=None)
    return by_kind if by_kind in KNOWN_EXTENSIONS else "unknown_video"


@dataclass(frozen=True, slots=True)
class _Note:
    """Lies beside a part. `which`: a hash of what names the song; `marks`: what its server says of
    the file's state."""

    which: str
    marks: tuple[str, ...] = ()

    def write(self) -> None:
        replace_file(Path(_WHICH), json.dumps([self.which, *self.marks]).encode())


def _marks(answer: Any) -> tuple[int, tuple[str, ...]]:
    """From which byte on a server sends, and the file's tag, time and size, "" if unknown."""
    headers = answer.headers
    part = _PART.match(headers.get("Content-Range") or "")
    size = part[2] if part else headers.get("Content-Length") or ""
    return int(part[1]) if part else 0, (
        headers.get("ETag") or "",
        headers.get("Last-Modified") or "",
        size,
    )


def _forget_others(info: Info) -> _Note:
    """Remove what an earlier download of another file left: its bytes and these do not fit."""
    parts = [info.get(name) for name in ("extractor_key", "id", "format_id", "ext")]
    parts += [info.get("filesize"), info.get("timestamp") if info.get("direct") else None]
    which = hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
    try:
        kept, *marks = map(str, json.loads(Path(_WHICH).read_bytes()))
    except (OSError, ValueError, TypeError):
        kept, marks = "", []
    if kept == which:
        return _Note(which, tuple(marks))
    for path in Path().glob(f"{MEDIA}.*"):
        path.unlink(missing_ok=True)
    note = _Note(which)
    note.write()
    return note


def _wants_whole(error: BaseException) -> bool:
    """Whether what is here is not the song's beginning, or as long as the song already."""
    return isinstance(error, ChangedError) or getattr(error, "status", None) == _NOTHING_MORE


def fetch(ydl: Any, info: Info) -> Path:
    """Download what `info` describes; the file's name in the working folder."""
    try:
        done = ydl.process_ie_result(dict(info), download=True)
    except Exception as error:
        if not any(map(_wants_whole, chain(error))):
            raise
        for path in Path().glob(f"{MEDIA}.*part"):
            path.unlink()
        done = ydl.process_ie_result(dict(info), download=True)
    got = (done or {}).get("requested_downloads") or []
    name = got[0].get("filepath") if got else None
    path = Path(str(name or ""))
    if name is None or not path.is_file() or path.stat().st_size == 0:
        raise StopError(ErrorCode.LINK_BROKEN, "yt-dlp ended without a file")
    final = Path(f"{MEDIA}{path.suffix.lower() or '.bin'}")
    path.replace(final)
    for other in Path().glob(f"{MEDIA}.*"):
        if other != final:
            other.unlink(missing_ok=True)
    return final


def fetch_picture(ydl: Any, addresses: list[str], say: Say) -> Path | None:
    """The first of these pictures that is one, in the working folder. A song without a picture is
    a song: what the network does to it is passed over (addresses refused are noted by the guard).
    """
    from yt_dlp.utils import YoutubeDLError

    network = (
        *(YoutubeDLError, AddressRefusedError, TooMuchError, OSError),
        *(http.client.HTTPException, zlib.error, ValueError),  # ValueError: addresses that are none
    )
    for address in addresses[:_PICTURES_TRIED]:
        say({"event": "busy"})
        try:
            with ydl.urlopen(address) as answer:
                data = answer.read(_PICTURE_BYTES + 1)
                while len(data) <= _PICTURE_BYTES and (block := answer.read(1 << 16)):
                    data += block
        except network:
            continue
        kind = picture_kind(data)
        if kind and len(data) <= _PICTURE_BYTES:
            path = Path(f"{COVER}.{kind}")
            replace_file(path, data)
            return path
    return None


def picture_kind(data: bytes) -> str:
    """A picture's extension by its first bytes, "" if it is none that we know."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")


def pictures(info: Info, page: str) -> list[str]:
    """Addresses of a song's picture, JPEG and PNG (which tags can hold) first, the best first."""
    known = [str(item.get("url") or "") for item in info.get("thumbnails") or ()][::-1]
    main = str(info.get("thumbnail") or "")
    found = dict.fromkeys(urljoin(page, one) for one in (main, *known) if one)
    return sorted(found, key=lambda url: ".webp" in url)
