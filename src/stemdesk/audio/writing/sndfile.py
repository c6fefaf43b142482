"""FLAC and Ogg Vorbis through libsndfile: FFmpeg's own Vorbis encoder adds frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from stemdesk.audio.encode import Rounded
from stemdesk.audio.target import Target
from stemdesk.audio.writing.encoder import EncoderFailed

_BLOCK = 8192  # frames: one large write of Vorbis crashes libsndfile, and so does closing a file
_MOST_VORBIS = 200_000  # hertz: of more, which libvorbis does not take
DEFAULT_VORBIS = 8


class SndfileEncoder:
    """`container`, `subtype`: libsndfile's names. `quality`: of Vorbis, 0 to 10."""

    def __init__(
        self,
        target: Target,
        container: str,
        subtype: str,
        samplerate: int,
        channels: int,
        quality: int | None = None,
    ) -> None:
        import soundfile

        if subtype == "VORBIS" and samplerate > _MOST_VORBIS:
            raise EncoderFailed(f"{samplerate} Hz")
        self._held: Rounded = np.empty((0, channels), np.float32)
        level = None if quality is None else 1.0 - quality / 10
        try:
            self._file: Any = soundfile.SoundFile(
                target,
                "w",
                samplerate,
                channels,
                subtype,
                format=container,
                compression_level=level,
            )
        except (soundfile.SoundFileError, AssertionError) as error:
            raise EncoderFailed(str(error)) from error

    def write(self, part: Rounded) -> None:
        """Hands on whole blocks only: what Vorbis makes of a song depends on their lengths."""
        held = np.concatenate([self._held, part.T]) if len(self._held) else part.T
        whole = len(held) - len(held) % _BLOCK
        for start in range(0, whole, _BLOCK):
            self._hand_on(held[start : start + _BLOCK])
        self._held = held[whole:].copy()

    def finish(self) -> None:
        import soundfile

        try:
            if len(self._held):
                self._hand_on(self._held)
        finally:
            try:
                self._file.close()
            except (soundfile.SoundFileError, AssertionError) as error:
                raise EncoderFailed(str(error)) from error

    def _hand_on(self, block: Rounded) -> None:
        """Give libsndfile [frames, channels]."""
        import soundfile

        try:
            self._file.write(np.ascontiguousarray(block))
        except (soundfile.SoundFileError, AssertionError) as error:
            raise EncoderFailed(str(error)) from error
