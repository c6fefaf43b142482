"""Gathers frames into blocks and brings them to another sample rate, in constant memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr

from stemdesk.audio.stereo import Samples

BLOCK = 65536  # frames


class BlockResampler:
    """Passes stereo on at `target` hertz, in blocks float32 [2, frames] of up to `BLOCK` frames.

    `held` frames are kept back until `finish`, so that an end that turns out to be padding can be
    dropped. After `finish` exactly round(frames x target / source) frames were written, at least
    one if there was one.
    """

    def __init__(
        self, source: int, target: int, write: Callable[[Samples], None], *, held: int
    ) -> None:
        self.samplerate = source
        self.frames = 0  # taken, at the source's rate
        self.written = 0  # at the target's rate
        self._target = target
        self._write = write
        self._held = held
        self._parts: list[Samples] = []
        self._waiting = 0
        self._stream = (
            None if source == target else soxr.ResampleStream(source, target, 2, "float32", "VHQ")
        )

    def add(self, samples: Samples) -> None:
        """Take float32 [frames, 2]."""
        self.frames += len(samples)
        self._parts.append(samples)
        self._waiting += len(samples)
        if self._waiting >= BLOCK + self._held:
            joined = self._join()
            ready = (len(joined) - self._held) // BLOCK * BLOCK
            for start in range(0, ready, BLOCK):
                self._pass_on(joined[start : start + BLOCK])
            self._parts = [joined[ready:].copy()]  # the rest must not keep the whole alive
            self._waiting = len(joined) - ready

    def finish(self, drop: int = 0) -> None:
        """Write what is left, without the last `drop` frames (at most `held`)."""
        joined = self._join()
        joined = joined[: max(0, len(joined) - drop)]
        self.frames -= min(drop, self._waiting)
        self._parts, self._waiting = [], 0
        for start in range(0, len(joined), BLOCK):
            self._pass_on(joined[start : start + BLOCK])
        if self._stream is not None:
            rest = self._stream.resample_chunk(np.empty((0, 2), np.float32), last=True)
            self._emit(self._exact(rest))

    def _exact(self, rest: Samples) -> Samples:
        """The last frames, cut or filled with silence to the exact length."""
        total = (2 * self.frames * self._target + self.samplerate) // (2 * self.samplerate)
        missing = max(total, min(1, self.frames)) - self.written
        if len(rest) >= missing:
            return rest[:missing]
        return np.concatenate([rest, np.zeros((missing - len(rest), 2), np.float32)])

    def _join(self) -> Samples:
        return np.concatenate(self._parts) if self._parts else np.empty((0, 2), np.float32)

    def _pass_on(self, samples: Samples) -> None:
        if self._stream is not None:
            samples = self._stream.resample_chunk(np.ascontiguousarray(samples))
        self._emit(samples)

    def _emit(self, samples: Samples) -> None:
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            self._write(np.ascontiguousarray(block.T))
            self.written += len(block)
