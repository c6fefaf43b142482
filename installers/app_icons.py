"""The app's icon in the sizes and containers that systems want, drawn from our own SVG.

`hicolor` for Linux, `.ico` for Windows, `.icns` for macOS. All hold PNG images, which every system
that StemDesk runs on reads.

    python -m installers.app_icons FOLDER     # stemdesk.ico and stemdesk.icns
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = Path(__file__).resolve().parent.parent / "resources" / "icons" / "stemdesk.svg"
HICOLOR_PX = (16, 22, 24, 32, 36, 48, 64, 72, 96, 128, 192, 256, 512)
_ICO_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
# Apple's names of the images: plain sizes, then those for screens with two pixels a point.
_ICNS = (
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic09", 512),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic13", 256),
    (b"ic14", 512),
    (b"ic10", 1024),
)


def png(size_px: int) -> bytes:
    """The icon as a PNG file, `size_px` wide and high, with a transparent ground."""
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(SOURCE)).render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def write_hicolor(theme: Path, name: str) -> None:
    """Fill an icon theme's folder (`…/icons/hicolor`) with `name` in all sizes, and the SVG."""
    for size in HICOLOR_PX:
        target = theme / f"{size}x{size}" / "apps" / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(png(size))
    scalable = theme / "scalable" / "apps" / f"{name}.svg"
    scalable.parent.mkdir(parents=True, exist_ok=True)
    scalable.write_bytes(SOURCE.read_bytes())


def write_ico(path: Path) -> None:
    """Windows' container: a head, an entry of 16 bytes for each image, then the images."""
    images = [png(size) for size in _ICO_PX]
    offset = 6 + 16 * len(images)
    head = struct.pack("<HHH", 0, 1, len(images))
    for size, image in zip(_ICO_PX, images, strict=True):
        side = size % 256  # 0 stands for 256
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(image), offset)
        offset += len(image)
    path.write_bytes(head + b"".join(images))


def write_icns(path: Path) -> None:
    """macOS' container: a head, then each image behind its name and length."""
    body = b""
    for name, size in _ICNS:
        image = png(size)
        body += name + struct.pack(">I", 8 + len(image)) + image
    path.write_bytes(b"icns" + struct.pack(">I", 8 + len(body)) + body)


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_ico(folder / "stemdesk.ico")
    write_icns(folder / "stemdesk.icns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
