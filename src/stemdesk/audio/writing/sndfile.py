"""FLAC and Ogg Vorbis through libsndfile: FFmpeg's own Vorbis encoder adds frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from stemdesk.audio.encode import Rounded
from stemdesk.audio.target import Target
from stemdesk.audio.writing.encoder import EncoderFailed

_BLOCK = 8192  # frames: one large write of Vorbis crashes libsndfile
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
        import soundfile

        try:
            for start in range(0, part.shape[1], _BLOCK):
                self._file.write(np.ascontiguousarray(part[:, start : start + _BLOCK].T))
        except (soundfile.SoundFileError, AssertionError) as error:
            raise EncoderFailed(str(error)) from error

    def finish(self) -> None:
        import soundfile

        try:
            self._file.close()
        except (soundfile.SoundFileError, AssertionError) as error:
            raise EncoderFailed(str(error)) from error
