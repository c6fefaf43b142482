"""A job's audio in its scratch folder: the decoded mix, the finished passes, what is final.

    <folder>/mix-<any>.f32      float32, interleaved: frame 0 left, frame 0 right, frame 1 left, …
    <folder>/mix.json           written last: its file, frames, normalisation; without it, no mix
    <folder>/passes/<name>.f32  float32 [stems, channels, frames], already weighted
    <folder>/setups.json        how the passes were computed

The existence of a pass file is the journal: nothing is read, changed and written back. A stem is
the sum of the passes that cover a frame, always in plan order, so that any order of separating
gives the same bits. Everything is written with `write()`, never through a memory map: a full disk
is then an `OSError` and not a killed process.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from stemdesk.core.errors import Cancelled, ErrorCode, ScratchError, write_error
from stemdesk.core.files import replace_file

CHANNELS = 2
_ITEM = 4  # bytes of a float32

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one pass lies in the song: `frames` from frame `start`, and the stems it holds."""

    name: str
    start: int
    frames: int
    stems: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        return len(self.stems) * CHANNELS * self.frames * _ITEM


@dataclass(frozen=True, slots=True)
class MixFacts:
    """What is known once the whole song is decoded.

    `mean` and `deviation` normalise the mix (taken over its first 30 s; `deviation` already
    holds demucs' 1e-8). `fingerprint`: the source file's when it was decoded. `notices`: as JSON.
    """

    frames: int
    samplerate: int
    mean: float
    deviation: float
    fingerprint: str
    source_samplerate: int
    source_channels: int
    notices: str = "[]"


class JobAudio:
    """Reads and writes the audio of one job.

    One thread may write the mix while another reads what is there of it, and writes passes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mix_path = folder / "mix.f32"
        self._facts_path = folder / "mix.json"
        self._passes = folder / "passes"
        self._setups_path = folder / "setups.json"
        self._facts: MixFacts | None = None
        self._mix_frames = 0  # written so far

    @property
    def mix_path(self) -> Path:
        """Where the mix lies, as far as it is there."""
        return self._mix_path

    @property
    def mix_frames(self) -> int:
        """So much of the mix can be read."""
        facts = self.facts()
        return self._mix_frames if facts is None else facts.frames

    def write_mix(
        self,
        fill: Callable[[Callable[[Samples], None]], MixFacts],
        same: Path | None = None,
    ) -> MixFacts:
        """Store the mix: `fill` is given a function that appends float32 [2, frames] blocks.

        `same`: a raw file of the same layout that holds these blocks, or will before `fill` is
        asked to append them. Where the file system can give it a second name, nothing is written
        twice. Raises `DiskFullError` or `ExportError` when the scratch volume does not take it.
        """
        self._facts, self._mix_frames = None, 0
        # A new file, not the old one emptied: a decoder that an earlier run left behind may still
        # wake up with that.
        self._mix_path = self.folder / f"mix-{uuid.uuid4().hex[:8]}.f32"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._facts_path.unlink(missing_ok=True)
            for earlier in self.folder.glob("mix*.f32"):
                with contextlib.suppress(OSError):  # Windows does not remove open files
                    earlier.unlink()
            linked = same is not None and _link(same, self._mix_path)
            with self._mix_path.open("rb" if linked else "xb", buffering=0) as file:
                facts = fill(lambda block: self._append(None if linked else file, block))
                if not linked:  # who writes that file has seen to it
                    os.fsync(file.fileno())
                if not self._is_mix(file):
                    raise Cancelled  # it was left behind itself
            value = {"file": self._mix_path.name, **asdict(facts)}
            replace_file(self._facts_path, json.dumps(value).encode())
        except BaseException as error:  # half a mix is of no use, and may be what fills the disk
            with contextlib.suppress(OSError):
                self._mix_path.unlink()
            if isinstance(error, OSError):
                raise write_error(error, self.folder) from error
            raise
        return facts

    def _is_mix(self, file: BinaryIO) -> bool:
        """Whether an open file is the one that has the mix's name."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._mix_path.stat())
        except OSError:
            return False

    def _append(self, file: BinaryIO | None, block: Samples) -> None:
        """`file`: None where the block is in the mix already."""
        if file is not None:
            self._write(file, block)
        self._mix_frames += block.shape[1]

    def _write(self, file: BinaryIO, block: Samples) -> None:
        view = _bytes(np.ascontiguousarray(block.T, dtype=np.float32))
        try:
            while view:  # a nearly full disk takes a part and then raises
                view = view[file.write(view) :]
        except OSError as error:
            raise write_error(error, self.folder, len(view)) from error

    def facts(self) -> MixFacts | None:
        """What is known of the decoded mix, or None while there is none."""
        if self._facts is None:
            try:
                value = json.loads(self._facts_path.read_bytes())
                path = self.folder / Path(value.pop("file")).name
                facts = MixFacts(**value)
                whole = path.stat().st_size == facts.frames * CHANNELS * _ITEM
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                return None
            if whole:
                self._mix_path, self._facts = path, facts
        return self._facts

    def read_mix(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] of the mix from frame `start`; zeros outside of what there is.
        Raises `ScratchError`."""
        samples = np.zeros((CHANNELS, frames), dtype=np.float32)
        first, last = max(start, 0), min(start + frames, self.mix_frames)
        if first < last:
            count = (last - first) * CHANNELS
            with _ours(self._mix_path):
                offset = first * CHANNELS * _ITEM
                data = np.fromfile(self._mix_path, np.float32, count, offset=offset)
                data = data.reshape(last - first, CHANNELS)
            samples[:, first - start : last - start] = data.T
        return samples

    def has_pass(self, piece: Piece) -> bool:
        """Whether this pass is finished. A file of another size is not (another plan)."""
        try:
            return self._pass_path(piece).stat().st_size == piece.size_bytes
        except OSError:
            return False

    def passes_bytes(self) -> int:
        """What the finished passes take on the disk."""
        total = 0
        with contextlib.suppress(OSError):  # none yet
            for path in self._passes.iterdir():
                with contextlib.suppress(OSError):
                    total += path.stat().st_size
        return total

    def write_pass(self, piece: Piece, samples: Samples) -> None:
        """Store float32 [stems, channels, frames]; complete under its name, or not there."""
        data = np.ascontiguousarray(samples, dtype=np.float32)
        if data.nbytes != piece.size_bytes:
            raise ValueError(f"{piece.name}: {data.shape} does not fit {piece}")
        try:
            self._passes.mkdir(parents=True, exist_ok=True)
            replace_file(self._pass_path(piece), _bytes(data))
        except OSError as error:
            raise write_error(error, self.folder, piece.size_bytes) from error

    def drop_pass(self, piece: Piece) -> None:
        """Forget a finished pass. Raises `ExportError`."""
        try:
            self._pass_path(piece).unlink(missing_ok=True)
        except OSError as error:
            raise write_error(error, self.folder) from error

    def drop_passes(self) -> None:
        """Forget all finished passes. Raises `ExportError`."""
        try:
            if self._passes.exists():
                shutil.rmtree(self._passes)
            self._setups_path.unlink(missing_ok=True)
        except OSError as error:
            raise write_error(error, self.folder) from error

    def setups(self) -> list[dict[str, Any]]:
        """How the passes were computed, the oldest first; one entry if all were in the same way."""
        try:
            value = json.loads(self._setups_path.read_bytes())
        except (OSError, ValueError):
            return []
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    def add_setup(self, setup: dict[str, Any]) -> None:
        """From now on passes are computed in this way. Raises `DiskFullError` or `ExportError`."""
        setups = self.setups()
        if setup in setups[-1:]:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._setups_path, json.dumps([*setups, setup]).encode("ascii"))
        except OSError as error:
            raise write_error(error, self.folder) from error

    def read_piece(self, piece: Piece, stem: str, start: int, frames: int) -> Samples:
        """float32 [2, frames] of one stem of a finished pass, from its own frame `start`. Raises
        `ScratchError`."""
        part = np.empty((CHANNELS, frames), dtype=np.float32)
        row = piece.stems.index(stem) * CHANNELS
        path = self._pass_path(piece)
        with _ours(path), path.open("rb") as file:
            for channel in range(CHANNELS):
                file.seek(((row + channel) * piece.frames + start) * _ITEM)
                part[channel] = np.frombuffer(file.read(frames * _ITEM), np.float32)
        return part

    def _pass_path(self, piece: Piece) -> Path:
        return self._passes / f"{piece.name}.f32"


@contextmanager
def _ours(path: Path) -> Iterator[None]:
    """Reading a working file of our own, which should be there, and whole."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ScratchError(ErrorCode.SCRATCH_DAMAGED, str(error), path=path) from error


def _link(path: Path, name: Path) -> bool:
    """Give a file a second name; whether that went. Not on Windows, which removes no name of a
    file that is open under another one."""
    if os.name == "nt":
        return False
    try:
        os.link(path, name)
    except OSError:  # another volume, FAT
        return False
    return True


def _bytes(samples: Samples) -> memoryview:
    return samples.reshape(-1).view(np.uint8).data


class StemReader:
    """Reads one stem as the sum of the passes that cover each frame, always in plan order."""

    def __init__(self, audio: JobAudio, stem: str, pieces: Sequence[Piece]) -> None:
        self._audio = audio
        self._stem = stem
        self._pieces = [piece for piece in pieces if stem in piece.stems]
        self._starts = np.array([piece.start for piece in self._pieces], dtype=np.int64)
        self._longest = max((piece.frames for piece in self._pieces), default=0)

    def read(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] from frame `start`; zeros where no pass covers."""
        samples = np.zeros((CHANNELS, frames), dtype=np.float32)
        low = int(np.searchsorted(self._starts, start - self._longest, "right"))
        high = int(np.searchsorted(self._starts, start + frames, "left"))
        for piece in self._pieces[low:high]:
            first = max(start, piece.start)
            last = min(start + frames, piece.start + piece.frames)
            if first < last:
                part = self._audio.read_piece(piece, self._stem, first - piece.start, last - first)
                samples[:, first - start : last - start] += part
        return samples
