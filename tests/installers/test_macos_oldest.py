"""Programs for macOS, as their heads say what they need. The heads are made here; the rest of a
program is not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from installers.macos import oldest

ARM64, X86_64 = 0x0100000C, 0x01000007
SEGMENT = struct.pack("<II8x", 0x19, 16)  # a command that says nothing of versions
FIFTEEN = struct.pack("<IIIIII", 0x32, 24, 1, 15 << 16, 0, 0)
FOURTEEN_AND_A_HALF = struct.pack("<IIII", 0x24, 16, 14 << 16 | 5 << 8, 0)


def program(*commands: bytes, kind: int = ARM64) -> bytes:
    body = b"".join(commands)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, kind, 0, 6, len(commands), len(body), 0, 0) + body


def fat(*parts: tuple[int, bytes], wide: bool = False) -> bytes:
    form = struct.Struct(">IIQQII" if wide else ">IIIII")
    place = 8 + form.size * len(parts)
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(parts))
    for kind, part in parts:
        head += form.pack(kind, 0, place, len(part), 0, *((0,) if wide else ()))
        place += len(part)
    return head + b"".join(part for _, part in parts)


def needed(folder: Path, data: bytes) -> tuple[int, int] | None:
    (folder / "file").write_bytes(data)
    return oldest.needed(folder / "file")


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (program(SEGMENT, FIFTEEN), (15, 0)),
        (program(FOURTEEN_AND_A_HALF), (14, 5)),
        (fat((X86_64, program(FIFTEEN)), (ARM64, program(FOURTEEN_AND_A_HALF))), (14, 5)),
        (fat((ARM64, program(FIFTEEN)), wide=True), (15, 0)),
        (fat((ARM64, b"!<arch>\nwhat is linked to")), None),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(20), None),  # Java
        (b"import sys\n", None),
        (b"", None),
    ],
)
def test_what_a_file_needs(data: bytes, version: tuple[int, int] | None, tmp_path: Path) -> None:
    assert needed(tmp_path, data) == version


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (program(FIFTEEN, kind=X86_64), "other processors"),
        (fat((X86_64, program(FIFTEEN))), "no code"),
        (program(SEGMENT), "does not say"),
    ],
)
def test_what_nobody_can_use(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(oldest.NotForHereError, match=why):
        needed(tmp_path, data)


def test_an_app_for_newer_ones_is_no_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = tmp_path / "StemDesk.app" / "Contents" / "Frameworks"
    inside.mkdir(parents=True)
    (inside / "liba.dylib").write_bytes(program(FIFTEEN))
    (inside / "link.dylib").symlink_to("gone.dylib")
    monkeypatch.setattr("sys.argv", ["oldest", str(tmp_path / "StemDesk.app")])
    assert oldest.main() == 0
    capsys.readouterr()
    assert list(oldest.troubles(tmp_path, "14.0")) == [
        "StemDesk.app/Contents/Frameworks/liba.dylib needs macOS 15.0"
    ]
    (inside / "libb.dylib").write_bytes(program(FIFTEEN, kind=X86_64))
    assert oldest.main() == 1
    assert "libb.dylib is for other processors" in capsys.readouterr().out
