"""A remix as one file: rendered into the cache, to be dragged out of the window.

A finished file stays under its name until it was not asked for in a week: a program that it was
dropped on may play it where it lies.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from stemdesk.audio.encode import StemWriter
from stemdesk.audio.finish import Finisher
from stemdesk.audio.listening import Listening
from stemdesk.audio.part_mix import part_mixes
from stemdesk.audio.playable import OpenPlayable, Playable
from stemdesk.audio.remix import Preset, Remix
from stemdesk.audio.rendition import SongSound, needed_stems, renditions
from stemdesk.audio.whole_original import wait_for_stems
from stemdesk.core.errors import write_error
from stemdesk.core.export_order import Part, PartKind
from stemdesk.core.files import sync
from stemdesk.core.names import safe_name
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken

BITS = 24
_RENDERING = threading.Lock()
"""One at a time: who cancels a remix and asks for it again must not write into the same file, or
have it removed by the one that ends."""
_WAV = ExportOptions(AudioFormat.WAV, BITS)
_NAMES = {
    Preset.INSTRUMENTAL: "Instrumental",
    Preset.A_CAPPELLA: "A cappella",
    Preset.NO_DRUMS: "No drums",
    Preset.DRUMS_AND_BASS: "Drums and bass",
}


def remix_name(title: str, remix: Remix, stems: Sequence[str]) -> str:
    """A file name for a song's remix, such as `Title (Instrumental).wav`."""
    return f"{safe_name(title)} ({safe_name(_balance(remix, stems))}).wav"


def _balance(remix: Remix, stems: Sequence[str]) -> str:
    heard = [stem for stem in stems if remix.sounds(stem)]
    if len(heard) == len(stems):
        return "Mix" if _is_neutral(remix) else "Remix"
    of_song = Remix(tuple(remix.setting(stem) for stem in stems))
    for preset, name in _NAMES.items():
        if of_song.follows(preset):
            return name
    return heard[0].replace("_", " ").capitalize() if len(heard) == 1 else "Remix"


def _is_neutral(remix: Remix) -> bool:
    plain = all(setting.gain_db == 0.0 and setting.pan == 0.0 for setting in remix.stems)
    return plain and remix.master_db == 0.0


def rendered_path(cache: Path, song_key: str, remix: Remix, name: str) -> Path:
    """Where this remix of the song with that key (`SongSource.key`) lies once it is rendered."""
    facts = json.dumps([song_key, remix.to_json()], sort_keys=True)
    return cache / "remixes" / hashlib.sha256(facts.encode()).hexdigest()[:24] / name


def render(
    open_song: OpenPlayable,
    remix: Remix,
    path: Path,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> Path:
    """Write the remix to `path` (`rendered_path`) as WAV of 24 bits, the master's gain included,
    and return it; at once where it is there already. What is too loud bends as in the player.

    `report`: the fraction that is done. The song must be whole (`final`), or become so by itself.
    Raises `Cancelled`, `DiskFullError`, `ExportError`, and what the song's readers raise; nothing
    is left then.
    """
    with _RENDERING:
        return _render(open_song, remix, path, report, cancel)


def _render(
    open_song: OpenPlayable,
    remix: Remix,
    path: Path,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> Path:
    if path.is_file():
        with contextlib.suppress(OSError):
            os.utime(path.parent)  # used now: it stays for another week
        return path
    # another process may be making the same one
    partial = path.with_name(f".{path.stem[:40]}-{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, path.parent) from error
    try:
        with contextlib.closing(open_song()) as song:
            _write(song, remix, partial, report, cancel)
        sync(partial)
        partial.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
            path.parent.rmdir()  # where nothing was finished
    return path


def _write(
    song: Playable,
    remix: Remix,
    path: Path,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    wait_for_stems(song, cancel)
    parts = part_mixes([Part(PartKind.REMIX)], song.stems, Listening(remix), tempo_and_key=False)
    stems = needed_stems(parts, song.stems, complete=False)
    (rendition,) = renditions(SongSound.of(song, stems), parts)
    finisher = Finisher(rendition, BITS)
    done = 0
    with StemWriter(path, song.samplerate, 2, _WAV, song.frames) as writer:
        for block in rendition.blocks(cancel):
            writer.write(finisher.finish(block)[0])
            done += block.frames
            report(done / rendition.frames)
