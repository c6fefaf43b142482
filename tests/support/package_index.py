"""A package index on this machine, over https, with wheels that are made on the spot."""

from __future__ import annotations

import functools
import html
import importlib.util
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from support.web import Certificate, Reply, Request, Web

NEW = "9999.1.2"
SCRIPTS_VERSION = "9.8.7"
DOES_NOT_WORK = "raise RuntimeError('made to fail')\n"


def wheel(
    package: str,
    version: str,
    files: Mapping[str, bytes | str],
    needs: Iterable[str] = (),
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """The bytes of a wheel with `files`; `needs`: its lines of Requires-Dist."""
    lines = ["Metadata-Version: 2.4", f"Name: {package}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in needs]
    info = f"{package.replace('-', '_')}-{version}.dist-info"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n\nWords.\n")
        archive.writestr(f"{package.replace('-', '_')}-{version}.data/scripts/run", "exit 1\n")
    return made.getvalue()


def needing(scripts: str = f"=={SCRIPTS_VERSION}") -> list[str]:
    """What a yt-dlp says it needs."""
    return [
        "requests>=2; extra == 'default'",
        f"yt-dlp-ejs{scripts}; extra == 'default'",
        "yt-dlp-ejs==0.0.1; extra == 'pin'",
    ]


@functools.cache
def real_tool(version: str = NEW) -> bytes:
    """The installed yt-dlp, which says that it is of another version."""
    files = dict(_sources("yt_dlp"))
    said = files["yt_dlp/version.py"]
    files["yt_dlp/version.py"] = re.sub(rb"= '[0-9.]+'", b"= '%s'" % version.encode(), said)
    return wheel("yt-dlp", version, files, needing(), zipfile.ZIP_STORED)


@functools.cache
def real_scripts(version: str = SCRIPTS_VERSION) -> bytes:
    return wheel("yt-dlp-ejs", version, dict(_sources("yt_dlp_ejs")))


def broken_tool(version: str = NEW, code: str = DOES_NOT_WORK) -> bytes:
    """A wheel in good order whose yt-dlp does not work: it runs `code` where it is imported."""
    files = {
        "yt_dlp/__init__.py": code,
        "yt_dlp/version.py": f"__version__ = {version!r}\n",
    }
    return wheel("yt-dlp", version, files, needing())


def _sources(package: str) -> Iterable[tuple[str, bytes]]:
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{package}/{path.relative_to(folder).as_posix()}", path.read_bytes()


@dataclass(frozen=True)
class Listed:
    """A file as the index lists it. `sha256`, `size`: instead of the true ones; "" and 0: not
    listed. `url`: instead of where it is."""

    name: str
    body: bytes
    yanked: bool | str = False
    sha256: str | None = None
    size: int | None = None
    requires: str | None = ">=3.10"
    url: str | None = None

    @property
    def hash(self) -> str:
        return sha256(self.body).hexdigest() if self.sha256 is None else self.sha256

    @property
    def path(self) -> str:
        return f"/packages/{self.name}"


def listed(package: str, version: str, body: bytes, **changes: Any) -> Listed:
    return Listed(f"{package}-{version}-py3-none-any.whl", body, **changes)


def new_tool(body: bytes | None = None, version: str = NEW, **changes: Any) -> Listed:
    return listed("yt_dlp", version, real_tool() if body is None else body, **changes)


def new_scripts(version: str = SCRIPTS_VERSION, **changes: Any) -> Listed:
    return listed("yt_dlp_ejs", version, real_scripts(), **changes)


class PackageIndex(Web):
    """Lists `files` of each package as JSON, or as HTML (`as_html`), and serves them; `replies`
    of some paths instead. `address`: what to configure."""

    def __init__(
        self,
        *files: Listed,
        certificate: Certificate | None = None,
        as_html: bool = False,
        instead: Mapping[str, Reply] | None = None,
    ) -> None:
        super().__init__(Reply(status=404), certificate=certificate)
        self.files = files
        self.as_html = as_html
        self.instead = dict(instead or {})

    @property
    def address(self) -> str:
        return self.url("/simple/")

    @property
    def asked(self) -> list[str]:
        return [request.target for request in self.requests]

    def note(self, request: Request) -> Reply:
        missing = super().note(request)
        if request.target in self.instead:
            return self.instead[request.target]
        packages = {file.name.partition("-")[0].replace("_", "-") for file in self.files}
        for package in {"yt-dlp", "yt-dlp-ejs"} | packages:
            if request.target == f"/simple/{package}/":
                prefix = package.replace("-", "_") + "-"
                found = [file for file in self.files if file.name.startswith(prefix)]
                return _as_html(found) if self.as_html else self._as_json(found)
        for file in self.files:
            if request.target == file.path:
                return Reply(file.body)
        return missing

    def _as_json(self, files: list[Listed]) -> Reply:
        entries: list[dict[str, Any]] = []
        for file in files:
            entry: dict[str, Any] = {"filename": file.name, "requires-python": file.requires}
            entry["url"] = file.url or self.url(file.path)
            entry["hashes"] = {"sha256": file.hash} if file.hash else {}
            if file.size != 0:
                entry["size"] = file.size or len(file.body)
            entry["yanked"] = file.yanked
            entries.append(entry)
        kind = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
        page = {"meta": {"api-version": "1.1"}, "files": entries}
        return Reply(json.dumps(page).encode(), headers=kind)


def _as_html(files: list[Listed]) -> Reply:
    """With addresses relative to the page, as mirrors have them."""
    lines = ["<!DOCTYPE html><html><body>"]
    for file in files:
        address = (file.url or f"../..{file.path}") + (f"#sha256={file.hash}" if file.hash else "")
        requires = html.escape(file.requires or "")
        attributes = f'data-requires-python="{requires}"' if file.requires else ""
        attributes += ' data-yanked="bad"' if file.yanked else ""
        lines.append(f'<a href="{html.escape(address)}" {attributes}>{file.name}</a><br/>')
    page = "\n".join([*lines, "</body></html>"])
    return Reply(page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
