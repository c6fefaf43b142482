"""Runs a song's passes: takes them from the queue, computes them in batches, writes the results.

The result equals `demucs.apply.apply_model(model, mix, split=True)` on the normalised mix, for
every length of song (stock raises or gives NaN for some).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch

from stemdesk.audio.store import Piece, Samples
from stemdesk.core.errors import Cancelled, DeviceError, ErrorCode, ModelError, Paused
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken
from stemdesk.engine import devices
from stemdesk.engine.batch import MOST, BatchSize, InFlight, Mix
from stemdesk.engine.network import Network
from stemdesk.engine.networks import Networks, network_key
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.engine.plan import Pass
from stemdesk.engine.self_check import TOLERANCE, SelfChecks
from stemdesk.engine.setup import Implementation, Setup
from stemdesk.engine.threads import fix_threads
from stemdesk.log import log
from stemdesk.models.arguments import HTDEMUCS
from stemdesk.models.library import ModelInfo
from stemdesk.priority import hurry

Report = Callable[[int, int], None]


class PassAudio(Protocol):
    """What a separation reads and writes (`stemdesk.audio.store.JobAudio`)."""

    def read_mix(self, start: int, frames: int) -> Samples: ...
    def write_pass(self, piece: Piece, samples: Samples) -> None: ...
    def drop_pass(self, piece: Piece) -> None: ...
    def drop_passes(self) -> None: ...
    def setups(self) -> list[dict[str, Any]]: ...
    def add_setup(self, setup: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Separation:
    """What is to be separated. `hashes`: SHA-256 of each of the model's files, "" for those that
    have no pass. The networks hear `(mix - mean) / deviation`."""

    model: ModelInfo
    hashes: tuple[str, ...]
    queue: PassQueue
    audio: PassAudio
    mean: float
    deviation: float


class Separator:
    """Keeps the networks of the last model loaded, for the next song.

    Belongs to the one thread that may touch torch. `device`: a name from `devices.probe`.
    `full_precision`: float32 on GPUs, too; may change between songs.
    """

    def __init__(
        self,
        device: str = "cpu",
        checks: SelfChecks | None = None,
        full_precision: bool = False,
    ) -> None:
        self.device = device
        self.checks = checks or SelfChecks()
        self.full_precision = full_precision
        self.networks = Networks(device)
        devices.set_up(device)

    def run(self, song: Separation, report: Report, cancel: CancelToken) -> tuple[Notice, ...]:
        """Do every pass of the song's queue; returns what a person should know of it.

        `report(done, total)` after each call of a network. `cancel` is looked at between its
        layers. A GPU that is out of memory, or lost, gets less to do and in the end nothing: the
        processor does the rest. Raises `ModelError`, `DeviceError` (the processor is out of
        memory), `DiskFullError`, `ExportError`, `Cancelled`, `Paused`.
        """
        return _Run(self, song, report, cancel).all()

    def close(self) -> None:
        """Free all networks."""
        self.networks.keep_only(())


class _Run:
    """One song's separation."""

    def __init__(
        self, owner: Separator, song: Separation, report: Report, cancel: CancelToken
    ) -> None:
        self._owner = owner
        self._song = song
        self._report = report
        self._cancel = cancel
        self._device = owner.device
        self._size = BatchSize(known=not devices.is_cuda(self._device))
        self._networks: dict[int, Network] = {}  # by their index in the model's files
        self._distrusted: set[tuple[int, Implementation]] = set()
        self._setup: Setup | None = None
        self._noted = False  # whether it is recorded
        self._in_flight: deque[InFlight] = deque()
        self._notices: dict[NoticeCode, Notice] = {}

    def all(self) -> tuple[Notice, ...]:
        queue = self._song.queue
        self._drop_what_was_wrong()
        while True:
            try:
                passes = queue.take(self._size.most, self._cancel, wait=not self._in_flight)
                if passes:
                    self._begin(passes)
                elif not self._in_flight:
                    return tuple(self._notices.values())
                if len(self._in_flight) > (self._ahead if passes else 0):
                    self._end(self._in_flight.popleft())
            except DeviceError as error:
                self._step_down(error)

    @property
    def _ahead(self) -> int:
        """How many calls the device gets while another one's results are awaited and written. On a
        processor nothing would be gained, and every finished pass is to be heard at once."""
        return 1 if devices.is_cuda(self._device) else 0

    def _begin(self, passes: tuple[Pass, ...]) -> None:
        if not self._networks:
            with hurry():
                self._prepare()
        song, queue = self._song, self._song.queue
        network = self._networks[queue.outline.grids[passes[0].grid].model]
        mix = Mix(song.audio.read_mix, queue.frames, song.mean, song.deviation)
        check = self._cancel.check_pause
        with self._distrusting(network):
            flight = InFlight(network, queue.outline, passes, mix, self._device, check)
            self._in_flight.append(flight)

    def _end(self, flight: InFlight) -> None:
        queue = self._song.queue
        results: list[Samples] = []
        with self._distrusting(flight.network):
            results = flight.results()
        if not results:
            return
        self._note_setup()
        for one, samples in zip(flight.passes, results, strict=True):
            self._song.audio.write_pass(one.piece, samples)
            queue.finish(one)
        self._report(queue.done, queue.total)
        if not self._size.known:
            self._size.measured(*devices.memory_of_one_pass(self._device))
        try:
            self._check(flight)
        except (Cancelled, Paused):
            if queue.done == queue.total:  # else it would be saved next time, never checked
                for one in flight.passes:
                    self._song.audio.drop_pass(one.piece)
            raise

    @contextmanager
    def _distrusting(self, network: Network) -> Iterator[None]:
        """What our forward cannot run, or gives as no numbers (half precision ends at 65504), the
        next best one is asked for, to the song's end. Only demucs' own forward has the last word.
        """
        try:
            yield
        except ModelError as error:
            if network.how is Implementation.STOCK:
                raise
            log.warning("%s is given up for this song: %s", network.how.value, error.detail)
            self._distrusted.add((self._index(network), network.how))
            self._in_flight.clear()
            self._networks = {}
            self._song.queue.put_back()

    def _index(self, network: Network) -> int:
        return next(index for index, one in self._networks.items() if one is network)

    def _prepare(self) -> None:
        """Load what the song needs, as its earlier passes were computed if that can be."""
        song = self._song
        earlier = self._earlier()
        threads = fix_threads(earlier.threads if earlier else None)
        self._setup = Setup(
            device=self._device,
            threads=threads if self._device == "cpu" else 0,
            batch=1 if self._device == "cpu" else MOST,
            torch=torch.__version__,
            processor=devices.processor(self._device),
        )
        wanted = sorted({grid.model for grid in song.queue.outline.grids})
        files = [(song.model.files[index], song.model.segment_of(index)) for index in wanted]
        chosen = [
            (*file, self._device, next(self._choices(index, earlier)))
            for index, file in zip(wanted, files, strict=True)
        ]
        self._owner.networks.keep_only([network_key(*one) for one in chosen])
        self._networks = {
            index: self._owner.networks.get(*one) for index, one in zip(wanted, chosen, strict=True)
        }
        self._noted = False
        devices.watch_memory(self._device)  # what loading takes for a moment does not count

    def _drop_what_was_wrong(self) -> None:
        """Another song may have shown meanwhile that what computed this one's earlier passes is
        wrong: they are done again."""
        marks = {
            file.signature: mark
            for file, mark in zip(self._song.model.files, self._song.hashes, strict=True)
        }
        for setup in self._setups():
            for signature, how in setup.implementations:
                mark = marks.get(signature, "")
                if self._owner.checks.verdict(mark, how, setup) is False:
                    log.warning("earlier passes were computed by %s: done again", how.value)
                    self._redo()
                    return

    def _earlier(self) -> Setup | None:
        """How this job's passes were computed on this device before, if they were."""
        same = [setup for setup in self._setups() if setup.device == self._device]
        return same[-1] if same else None

    def _setups(self) -> list[Setup]:
        """How this job's passes were computed, the oldest first."""
        setups = []
        for value in self._song.audio.setups():
            try:
                setups.append(Setup.from_json(value))
            except (KeyError, TypeError, ValueError) as error:
                log.warning("unknown setup of earlier passes: %r", error)
        return setups

    def _choices(self, index: int, earlier: Setup | None) -> Iterator[Implementation]:
        """What may run a sub-model, the best first; demucs' own forward always may."""
        assert self._setup is not None
        file = self._song.model.files[index]
        choices: list[Implementation] = []
        if file.klass == HTDEMUCS:
            half = devices.is_cuda(self._device) and not self._owner.full_precision
            choices = [Implementation.FAST_HALF] * half + [Implementation.FAST]
        before = earlier.implementation(file.signature) if earlier else None
        if before in choices or before is Implementation.STOCK:
            choices.insert(0, before)
        for how in choices:
            verdict = self._owner.checks.verdict(self._song.hashes[index], how, self._setup)
            if verdict is not False and (index, how) not in self._distrusted:
                yield how
        yield Implementation.STOCK

    def _note_setup(self) -> None:
        """Record how the passes from now on are computed; once one of them is."""
        assert self._setup is not None
        if self._noted:
            return
        files = self._song.model.files
        used = sorted(self._networks.items())
        implementations = tuple((files[index].signature, network.how) for index, network in used)
        self._setup = replace(self._setup, implementations=implementations)
        self._song.audio.add_setup(self._setup.to_json())
        self._noted = True

    def _step_down(self, error: DeviceError) -> None:
        """Go on with smaller batches, or on the processor; what was not finished is done again."""
        self._in_flight.clear()
        self._song.queue.put_back()
        if self._device == "cpu":
            raise error
        if error.code is ErrorCode.DEVICE_OUT_OF_MEMORY and self._size.reduce():
            code = NoticeCode.BATCH_REDUCED
            devices.free_unused(self._device)
        else:
            code = NoticeCode.DEVICE_LEFT
            self._networks = {}
            self._owner.networks.keep_only(())
            self._device, self._size = "cpu", BatchSize(known=True)
        log.warning("%s: %s (%s)", code.value, error.code.value, error.detail)
        facts: dict[str, str | int | float] = {"device": devices.label(self._owner.device)}
        self._notices[code] = Notice(code, facts)

    def _check(self, flight: InFlight) -> None:
        """Compare a finished pass with demucs' own forward, once for each network and machine."""
        assert self._setup is not None
        index = self._index(flight.network)
        mark, how = self._song.hashes[index], flight.network.how
        if self._owner.checks.verdict(mark, how, self._setup) is not None or flight.is_silent():
            return
        error = self._error(flight, index)
        if error is None:
            return
        right, name = error <= TOLERANCE[how], flight.network.file.path.name
        log.info("self-check of %s, %s: relative error %.2g", name, how.value, error)
        setup = self._setup
        if not right:  # first: a verdict without this would let the passes stay
            log.warning("%s is not used for %s: wrong by %.2g", how.value, name, error)
            self._redo()
        self._owner.checks.remember(mark, how, setup, right)

    def _error(self, flight: InFlight, index: int) -> float | None:
        """The relative error of a pass against demucs' own forward: on the processor, where the
        GPU has no room for a second network. None where the processor has none either."""
        file, segment = self._song.model.files[index], self._song.model.segment_of(index)
        for device in dict.fromkeys((self._device, "cpu")):
            try:
                stock = Network(file, segment, device, Implementation.STOCK)
                return flight.error_against(stock, self._cancel.check_pause)
            except DeviceError as error:
                if error.code is not ErrorCode.DEVICE_OUT_OF_MEMORY:
                    raise
                log.warning("no room for the self-check on %s: %s", device, error.detail)
                devices.free_unused(device)
        return None

    def _redo(self) -> None:
        """What an implementation computed that turned out to be wrong is computed again."""
        self._in_flight.clear()
        self._networks = {}
        self._song.audio.drop_passes()
        self._song.queue.redo()
        self._report(self._song.queue.done, self._song.queue.total)
