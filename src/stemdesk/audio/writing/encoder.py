"""What stands behind a writer: an encoder of one format."""

from __future__ import annotations

from typing import Protocol

from stemdesk.audio.encode import Rounded


class EncoderFailed(Exception):  # noqa: N818 - told as ENCODER_FAILED, with the file's path
    """The library refused, for another reason than the file that it writes to."""


class Encoder(Protocol):
    """Writes into the target that it was made with. Both methods raise `EncoderFailed`; what the
    operating system says is in the target's `error`, and is asked for after every call."""

    def write(self, part: Rounded) -> None:
        """Append [channels, frames], some thousand frames at most."""

    def finish(self) -> None:
        """Write what is held back, and the final sizes. Called once, after errors, too; the
        encoder's memory is free afterwards."""
