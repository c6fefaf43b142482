"""What FFmpeg gets wrong about a song's start and end, measured on FFmpeg 8.

FFmpeg already leaves out the priming of MP3 (with a LAME tag), M4A (by its edit list), Matroska
and Opus, and the end padding of MP3, Opus and FLAC. These remain:

- M4A: the padding at the end stays. Its length is known to 1 ms.
- Ogg of one page: the padding at the end stays.
- Raw AAC (ADTS): the first codec frame is priming, and nothing in the file says so.
- WMA 1 and 2: the decoder leaves out two codec frames, right for Microsoft's encoder; FFmpeg's own
  puts only one there, so that the first 2048 frames of the song are lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemdesk.audio.open_media import Media, stream_s

if TYPE_CHECKING:
    from av.audio import AudioFrame

MAX_PADDING = 8192  # frames: more than any codec adds to fill its last codec frames


class GapFinder:
    """Finds by the timestamps what is missing between decoded frames.

    A damaged part would otherwise shift all that follows. Without damage small jumps are jitter
    of the recorder, and after it, too, a jump of over a minute is a broken timestamp.
    """

    JITTER_S = 0.05
    JITTER_DAMAGED_S = 0.005
    LONGEST_S = 60.0

    def __init__(self) -> None:
        self.damaged = False  # a packet was lost since the last frame
        self._expected_s: float | None = None

    def before(self, frame: AudioFrame) -> float:
        """Seconds missing between the previous frame and this one; 0 for the first."""
        length_s = frame.samples / frame.sample_rate
        gap_s = 0.0
        if frame.pts is not None and frame.time_base is not None:
            time_s = float(frame.pts * frame.time_base)
            if self._expected_s is not None:
                gap_s = time_s - self._expected_s
            self._expected_s = time_s + length_s
        elif self._expected_s is not None:
            self._expected_s += length_s
        least_s = self.JITTER_DAMAGED_S if self.damaged else self.JITTER_S
        self.damaged = False
        return gap_s if least_s < gap_s <= self.LONGEST_S else 0.0


def first_frame_is_priming(media: Media) -> bool:
    """Whether the first decoded frame comes before the song's start."""
    return media.info.container == "aac"


def frames_lost_at_start(media: Media, first: AudioFrame) -> int:
    """Frames of the song before the `first` decoded one; silence must stand for them."""
    made_by = media.container.metadata.get("encoder", "")
    wma = media.info.codec in ("wmav1", "wmav2")
    return first.samples if wma and made_by.startswith("Lavf") else 0


def padding_at_end(media: Media, frames: int, samplerate: int) -> int:
    """How many of the decoded `frames` come after the song's end; ask after decoding."""
    seconds = stream_s(media.stream)  # a fragmented file knows it only now
    if seconds is None or not {"mov", "ogg"} & set(media.info.container.split(",")):
        return 0
    surplus = frames - round(seconds * samplerate)
    return surplus if 0 < surplus <= MAX_PADDING else 0
