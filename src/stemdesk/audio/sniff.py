"""Names and first bytes: what looks like a song, what is a playlist, what FFmpeg may go by."""

from __future__ import annotations

from pathlib import Path

# fmt: off
AUDIO_SUFFIXES = frozenset(  # what a walk through a folder takes as audio or video
    [
        ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".avi", ".caf",
        ".dsf", ".dts", ".eac3", ".flac", ".flv", ".m4a", ".m4b", ".m4v", ".mka", ".mkv",
        ".mov", ".mp2", ".mp3", ".mp4", ".mpc", ".mpeg", ".mpg", ".oga", ".ogg", ".ogv",
        ".opus", ".rf64", ".snd", ".spx", ".tta", ".ts", ".w64", ".wav", ".wave", ".webm",
        ".wma", ".wmv", ".wv"
    ]
)
_PLAYLIST_SUFFIXES = frozenset(
    [
        ".asx", ".cue", ".ffconcat", ".m3u", ".m3u8", ".mpd", ".pls", ".sdp", ".smil", ".wpl",
        ".xspf"
    ]
)
# fmt: on
_PLAYLIST_STARTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"v=0\r\no=", b"v=0\no=")
_PLAYLIST_WORDS = (b"<mpd", b"<asx", b"<playlist", b"<smil", b"<smoothstreamingmedia")


def is_playlist(path: Path, head: bytes) -> bool:
    """Whether the file lists other files or hosts, by its suffix or its first bytes."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if path.suffix.lower() in _PLAYLIST_SUFFIXES or text.startswith(_PLAYLIST_STARTS):
        return True
    return text.startswith(b"<") and any(word in text for word in _PLAYLIST_WORDS)


def name_for_probing(path: Path, head: bytes) -> str:
    """A name with the file's suffix if FFmpeg may go by it, else none.

    By its suffix alone FFmpeg takes any text named `.mp3` for music. But it needs the suffix where
    a tag of over a megabyte hides the music, and for a few frames of MP3 or AAC.
    """
    framed = len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0
    suffix = path.suffix[1:]
    if (head.startswith(b"ID3") or framed) and suffix.isascii() and suffix.isalnum():
        return f"audio.{suffix.lower()}"
    return ""
