"""DAWproject files (version 1.0): a ZIP with `project.xml`, `metadata.xml` and the media.

The media go inside, so that one file can be moved and sent. The schema is published at
https://github.com/bitwig/dawproject: children stand in its order, lanes and clips name their track
by its ID, channels their destination.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import stemdesk
from stemdesk.audio.remix import GAIN_MAX_DB, amplitude
from stemdesk.core.errors import ErrorCode, SourceError, write_error
from stemdesk.core.names import safe_name
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.session import USUAL_BPM, Session, SessionTrack

_BLOCK = 1 << 20  # bytes
_MASTER = "master"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def write_dawproject(
    session: Session,
    path: Path,
    cancel: CancelToken,
    report: Callable[[float], None] = lambda _: None,
) -> None:
    """Write `session` as `path`, with copies of the tracks' files in it, stored as they are.

    `report`: the fraction that is done. Raises `Cancelled`, `DiskFullError`, `ExportError`, and
    `SourceError` (STEMS_MISSING, SOURCE_UNREADABLE) about a track's file; nothing is left then.
    """
    names = _media_names(session)
    try:
        with path.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as container:
                container.writestr(_entry("project.xml"), _text(_project(session, names)))
                container.writestr(_entry("metadata.xml"), _text(_metadata(session)))
                _put_media(container, session, names, cancel, report)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:  # also Ctrl+C: nothing half-written stays
        with contextlib.suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise write_error(error, path) from error
        raise


def _media_names(session: Session) -> list[str]:
    """Places of the tracks' files in the ZIP, none twice, whatever a file system thinks of case."""
    names: list[str] = []
    for track in session.tracks:
        stem, suffix = safe_name(track.name), track.file.suffix
        tries = (f"audio/{stem}{end}{suffix}" for end in ("", *(f" ({n})" for n in range(2, 999))))
        taken = {name.casefold() for name in names}
        names.append(next(name for name in tries if name.casefold() not in taken))
    return names


def _put_media(
    container: zipfile.ZipFile,
    session: Session,
    names: list[str],
    cancel: CancelToken,
    report: Callable[[float], None],
) -> None:
    """Raises `SourceError` for a file that cannot be read, `OSError` for what is written."""
    sizes = [_size(track.file) for track in session.tracks]
    done, total = 0, max(1, sum(sizes))
    for track, name, size in zip(session.tracks, names, sizes, strict=True):
        entry = _entry(name)
        entry.file_size = size  # tells whether it needs Zip64
        with container.open(entry, "w") as media, contextlib.ExitStack() as stack:
            read = _reader(track.file, stack)
            while block := read(_BLOCK):
                cancel.check()
                media.write(block)
                done += len(block)
                report(min(1.0, done / total))


def _reader(file: Path, stack: contextlib.ExitStack) -> Callable[[int], bytes]:
    try:
        source = stack.enter_context(file.open("rb"))
    except OSError as error:
        raise _unreadable(file, error) from error

    def read(size: int) -> bytes:
        try:
            return source.read(size)
        except OSError as error:
            raise _unreadable(file, error) from error

    return read


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> SourceError:
    gone = isinstance(error, FileNotFoundError)
    code = ErrorCode.STEMS_MISSING if gone else ErrorCode.SOURCE_UNREADABLE
    return SourceError(code, str(error), path=file)


def _entry(name: str) -> zipfile.ZipInfo:
    """Without the time of day, so that the same export is the same file."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry


def _project(session: Session, names: list[str]) -> Xml.Element:
    project = Xml.Element("Project", version="1.0")
    Xml.SubElement(project, "Application", name="StemDesk", version=stemdesk.__version__)
    transport = Xml.SubElement(project, "Transport")
    bpm = session.bpm or USUAL_BPM
    _real(transport, "Tempo", bpm, "bpm", 20.0, 666.0)
    Xml.SubElement(transport, "TimeSignature", numerator="4", denominator="4", id="time-signature")
    structure = Xml.SubElement(project, "Structure")
    for index, track in enumerate(session.tracks):
        _track(structure, track, index)
    _master(structure, session)
    arrangement = Xml.SubElement(project, "Arrangement", id="arrangement")
    # In seconds: the clips do not move when the tempo is corrected later.
    lanes = Xml.SubElement(arrangement, "Lanes", timeUnit="seconds", id="lanes")
    for index, (track, name) in enumerate(zip(session.tracks, names, strict=True)):
        _lane(lanes, session, track, index, name)
    Xml.SubElement(project, "Scenes")
    return project


def _track(structure: Xml.Element, track: SessionTrack, index: int) -> None:
    element = Xml.SubElement(
        structure, "Track", name=_clean(track.name), contentType="audio", loaded="true",
        id=f"track-{index}",
    )  # fmt: skip
    if track.colour:
        element.set("color", track.colour)
    channel = Xml.SubElement(
        element, "Channel", audioChannels="2", destination=_MASTER, role="regular",
        solo=_flag(track.soloed), id=f"channel-{index}",
    )  # fmt: skip
    _mixer(channel, track.volume, track.pan, track.muted)


def _master(structure: Xml.Element, session: Session) -> None:
    element = Xml.SubElement(
        structure, "Track", name="Master", contentType="audio", loaded="true", id="track-master"
    )
    channel = Xml.SubElement(
        element, "Channel", audioChannels="2", role="master", solo="false", id=_MASTER
    )
    _mixer(channel, session.master, 0.0, muted=False)


def _mixer(channel: Xml.Element, volume: float, pan: float, muted: bool) -> None:
    """`pan`: -1 to 1; in a project 0 is left and 1 is right."""
    key = channel.get("id")
    Xml.SubElement(channel, "Mute", value=_flag(muted), id=f"{key}-mute", name="Mute")
    _real(channel, "Pan", (pan + 1.0) / 2.0, "normalized", 0.0, 1.0)
    _real(channel, "Volume", volume, "linear", 0.0, amplitude(GAIN_MAX_DB))


def _real(
    parent: Xml.Element, name: str, value: float, unit: str, least: float, most: float
) -> None:
    """A parameter between `least` and `most`, in `unit`."""
    Xml.SubElement(
        parent, name, value=_number(value), unit=unit, min=_number(least), max=_number(most),
        id=f"{parent.get('id', 'transport')}-{name.lower()}", name=name,
    )  # fmt: skip


def _lane(lanes: Xml.Element, session: Session, track: SessionTrack, index: int, name: str) -> None:
    """One clip from 0 to the end. `playStart` and both units are said, though they go without
    saying: not every program assumes the same."""
    length = _number(session.length_s)
    lane = Xml.SubElement(
        lanes, "Lanes", track=f"track-{index}", timeUnit="seconds", id=f"lane-{index}"
    )
    clips = Xml.SubElement(lane, "Clips", id=f"clips-{index}")
    clip = Xml.SubElement(
        clips, "Clip", time="0", duration=length, contentTimeUnit="seconds", playStart="0",
        name=_clean(track.name),
    )  # fmt: skip
    audio = Xml.SubElement(
        clip, "Audio", channels="2", sampleRate=str(session.samplerate), duration=length,
        timeUnit="seconds", id=f"audio-{index}",
    )  # fmt: skip
    Xml.SubElement(audio, "File", path=name)


def _metadata(session: Session) -> Xml.Element:
    metadata = Xml.Element("MetaData")
    for name, text in (("Title", session.title), ("Artist", session.artist)):
        if _clean(text):
            Xml.SubElement(metadata, name).text = _clean(text)
    Xml.SubElement(metadata, "Comment").text = "Stems made with StemDesk"
    return metadata


def _text(element: Xml.Element) -> bytes:
    Xml.indent(element)
    return (_XML + Xml.tostring(element, "unicode") + "\n").encode()


def _clean(text: str) -> str:
    """Without what XML cannot say, and in one line."""
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float) -> str:
    """Exact to the sample for songs of days, and never with an exponent."""
    return f"{value:.12f}".rstrip("0").rstrip(".")
