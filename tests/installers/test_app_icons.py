"""The containers are read by Qt, which has readers of its own for them."""

from __future__ import annotations

import struct
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QImageReader

from installers import app_icons


def test_windows_icon_has_every_size(tmp_path: Path) -> None:
    path = tmp_path / "stemdesk.ico"
    app_icons.write_ico(path)
    reader = QImageReader(str(path))
    sizes = set()
    for number in range(reader.imageCount()):
        assert reader.jumpToImage(number)
        image = reader.read()
        assert not image.isNull()
        assert image.width() == image.height()
        sizes.add(image.width())
    assert {16, 32, 48, 256} <= sizes


def test_mac_icon_has_every_image_at_its_size(tmp_path: Path) -> None:
    path = tmp_path / "stemdesk.icns"
    app_icons.write_icns(path)
    data = path.read_bytes()
    assert data[:4] == b"icns"
    assert struct.unpack(">I", data[4:8]) == (len(data),)
    sizes, place = {}, 8
    while place < len(data):
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8])
        image = QImage.fromData(QByteArray(data[place + 8 : place + length]))
        sizes[name] = image.width()
        assert image.width() == image.height() > 0
        place += length
    assert place == len(data)
    assert sizes[b"ic10"] == 1024
    assert sizes[b"ic07"] == 128


def test_the_icon_is_drawn_and_its_corners_are_clear() -> None:
    image = QImage.fromData(QByteArray(app_icons.png(64)))
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(32, 10).alpha() == 255
    assert len({image.pixel(x, 18) for x in range(64)}) > 3
