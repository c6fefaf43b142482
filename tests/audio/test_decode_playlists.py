"""A playlist, under whatever name, must not make the decoder open other files or hosts."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from stemdesk.audio import open_media
from stemdesk.core.errors import ErrorCode
from support import media
from support.decoding import failure, put

RATE = 44100


DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT3S">'
    '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{url}\n#EXT-X-ENDLIST\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
PLAYLISTS = {
    "hls.m3u8": HLS,
    "plain.m3u": "{url}\n",
    "list.pls": "[playlist]\nFile1={url}\nNumberOfEntries=1\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{url}'\n",
    "dash.mpd": DASH,
    "list.xspf": '<?xml version="1.0"?><playlist><trackList><track><location>{url}</location>'
    "</track></trackList></playlist>",
    "list.asx": '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
    "stream.sdp": SDP,
    # The same under a harmless name: FFmpeg goes by the content.
    "hls.mp3": HLS,
    "marked hls.mp3": "\ufeff" + HLS,
    "concat.wav": "ffconcat version 1.0\nfile '{url}'\n",
    "dash.m4a": DASH,
    "pls.mp3": "[playlist]\nFile1={url}\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("scheme", ["", "file://", "file:", "subfile,,start,0,end,0,,:"])
def test_a_playlist_opens_no_other_file(tmp_path: Path, name: str, scheme: str) -> None:
    """The other file is a pipe: a thread that opens it for writing gets through only when
    somebody opens it for reading."""
    pipe = tmp_path / "secret.wav"
    os.mkfifo(pipe)
    opened = threading.Event()

    def wait_for_a_reader() -> None:
        with pipe.open("wb"):
            opened.set()

    waiting = threading.Thread(target=wait_for_a_reader)
    waiting.start()
    try:
        text = PLAYLISTS[name].format(url=f"{scheme}{pipe}")
        error = failure(put(tmp_path / name, text.encode()))
        assert error.code is ErrorCode.SOURCE_PLAYLIST
        assert not opened.is_set()
    finally:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets the thread through
        waiting.join()
        os.close(reader)


@pytest.mark.parametrize("text", [HLS, "ffconcat version 1.0\nfile '{url}'\n", DASH])
def test_ffmpeg_itself_follows_nothing(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second lock: what the look at the first bytes does not know, the whitelists refuse."""
    monkeypatch.setattr(open_media, "is_playlist", lambda *_: False)
    song = media.make_in(tmp_path, "wav-16", media.bursts(RATE, RATE), RATE)
    path = put(tmp_path / "list.m3u8", text.format(url=song.as_uri()).encode())
    assert failure(path).code is ErrorCode.SOURCE_UNSUPPORTED


def test_the_empty_protocol_list_alone_follows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third lock: even a format that may follow links has no way to open anything."""
    monkeypatch.setattr(open_media, "is_playlist", lambda *_: False)
    monkeypatch.setattr(open_media, "_FORMATS", "concat,hls")
    song = media.make_in(tmp_path, "wav-16", media.bursts(RATE, RATE), RATE)
    text = f"ffconcat version 1.0\nfile '{song.name}'\n"
    assert failure(put(tmp_path / "list.txt", text.encode())).code is (ErrorCode.SOURCE_UNSUPPORTED)
