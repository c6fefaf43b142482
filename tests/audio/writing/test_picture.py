from __future__ import annotations

import pytest

from stemdesk.audio.writing.picture import picture_size, picture_type
from support.round_trip import picture


@pytest.mark.parametrize(("codec", "kind"), [("mjpeg", "image/jpeg"), ("png", "image/png")])
def test_type_and_size(codec: str, kind: str) -> None:
    data = picture(codec, 320, 200)
    assert (picture_type(data), picture_size(data)) == (kind, (320, 200))
    for length in range(0, len(data), 7):
        assert picture_size(data[:length]) in ((0, 0), (320, 200))  # cut off: no error


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GIF89a", "image/gif"),
        (b"BM\0\0", "image/bmp"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", ""),
        (b"<svg>", ""),
        (b"", ""),
    ],
)
def test_other_types_by_their_beginning(data: bytes, kind: str) -> None:
    assert (picture_type(data), picture_size(data)) == (kind, (0, 0))


def test_a_jpeg_that_leads_nowhere() -> None:
    assert picture_size(b"\xff\xd8\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") == (0, 0)
    assert picture_size(b"\xff\xd8" + b"\xff\xe0\0\0" * 100) == (0, 0)
