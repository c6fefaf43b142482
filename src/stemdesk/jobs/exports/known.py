"""What is known of a finished song before any of it is decoded."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.listening import Listening
from stemdesk.audio.source_tags import read_source_tags, source_bits, source_rate
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.files import is_file
from stemdesk.core.template import NameFacts
from stemdesk.core.track import fingerprint
from stemdesk.jobs.exports.values import ExportSong
from stemdesk.jobs.folder import MANIFEST, Manifest, is_complete, read_manifest

_PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_COVER_BYTES = 20 << 20
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TRACK = re.compile(r"\d{1,4}(?!\d)")
_REMEMBERED = 4096  # songs without their covers: kilobytes each; more than people select
_ALL = 4  # stems that every model has at least; manifests of 0.1.0 do not tell


@dataclass(frozen=True, slots=True)
class Known:
    """`manifest`: the song folder's. `complete`: it has all stems that its model makes.
    `model_hashes`: SHA-256 of the model's files. `source`: the song's own file, where it lay or in
    the song folder; None where it is gone. `same`: it is the file that was split. `samplerate`
    hertz and `bits` of it, 0 where they are not known."""

    song: ExportSong
    manifest: Manifest
    complete: bool
    model_hashes: tuple[str, ...]
    source: Path | None
    same: bool
    samplerate: int
    bits: int
    tags: FileTags

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(file.stem for file in self.manifest.files)

    @property
    def seconds(self) -> float:
        return self.manifest.frames / self.manifest.samplerate

    @property
    def bpm(self) -> float | None:
        """Beats per minute, as the tags say; what cannot be one is not known."""
        found = _NUMBER.search(self.tags.get("bpm").replace(",", "."))
        bpm = float(found.group()) if found else 0.0
        return bpm if 20 <= bpm <= 400 else None

    def names(self, today: date) -> NameFacts:
        """What a template's fields become, but for the stem and the format."""
        track = _TRACK.match(self.tags.get("track"))
        return NameFacts(
            artist=self.tags.get("artist") or self.manifest.artist,
            title=self.tags.get("title") or self.manifest.title,
            album=self.tags.get("album"),
            track=int(track.group()) if track else None,
            model=self.manifest.model,
            bpm=self.bpm,
            key=self.tags.get("key"),
            date=today,
            name=self.song.folder.name if self.source is None else self._source_name(),
        )

    def _source_name(self) -> str:
        """What lies in a song folder is called `original`, which names no song."""
        assert self.source is not None
        inside = self.source.parent == self.song.folder
        return self.song.folder.name if inside else self.source.stem


def know(song: ExportSong) -> Known:
    """Read the headers of a song: its manifest, the tags of its file. Raises `SourceError`
    STEMS_MISSING."""
    manifest = read_manifest(song.folder)
    if manifest is None or not manifest.files or not is_complete(song.folder, manifest):
        raise SourceError(ErrorCode.STEMS_MISSING, path=song.folder, retryable=True)
    source, same = _source(song, manifest), False
    if source is not None:
        try:
            same = not manifest.fingerprint or fingerprint(source) == manifest.fingerprint
        except SourceError:  # gone in this moment, or it may not be read
            source = None
    return Known(
        song,
        manifest,
        *_more_of(song.folder, manifest),
        source,
        same,
        0 if source is None else source_rate(source),
        0 if source is None else source_bits(source),
        _tags_of(song, manifest, source),
    )


def know_again(song: ExportSong) -> Known:
    """The same without the cover, remembered as long as neither song folder nor file changes.
    Raises as `know`."""
    plain = replace(song, listening=Listening())
    known = _remembered(plain, _stamp(song.folder / MANIFEST), _stamp(song.source))
    return replace(known, song=song)


@lru_cache(_REMEMBERED)
def _remembered(song: ExportSong, _manifest: tuple[int, ...], _source: tuple[int, ...]) -> Known:
    known = know(song)
    return replace(known, tags=replace(known.tags, cover=b"", cover_type=""))


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        facts = os.stat(path)  # noqa: PTH116 - also of names that `Path` refuses
    except (OSError, ValueError):
        return ()
    return (facts.st_mtime_ns, facts.st_size, facts.st_ino)


def _source(song: ExportSong, manifest: Manifest) -> Path | None:
    if is_file(song.source):
        return song.source
    if manifest.beside.original and is_file(song.folder / manifest.beside.original):
        return song.folder / manifest.beside.original
    return None


def _more_of(folder: Path, manifest: Manifest) -> tuple[bool, tuple[str, ...]]:
    """Whether all stems are there, and the hashes of the model's files."""
    try:
        value = json.loads((folder / MANIFEST).read_text("utf-8"))
        hashes = tuple(str(one) for one in value["model"].get("sha256", ()))
        if "null_depth_db" in value:
            return manifest.null_depth is not None, hashes
        return len(manifest.files) >= _ALL, hashes
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False, ()


def _tags_of(song: ExportSong, manifest: Manifest, source: Path | None) -> FileTags:
    """The file's tags; of a song that came from a link, or is gone, what the manifest says."""
    tags = NO_FILE_TAGS if source is None else read_source_tags(source)
    said = (("title", manifest.title), ("artist", manifest.artist), ("comment", manifest.link))
    for key, text in said:
        if text and not tags.get(key):
            tags = tags.with_text(key, text)
    cover = song.folder / manifest.beside.cover if manifest.beside.cover else None
    kind = _PICTURES.get(cover.suffix.lower(), "") if cover is not None else ""
    if tags.cover or cover is None or not kind:
        return tags
    try:
        if cover.stat().st_size > _COVER_BYTES:
            return tags
        return replace(tags, cover=cover.read_bytes(), cover_type=kind)
    except OSError:
        return tags
