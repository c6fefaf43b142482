"""What the Windows build needs besides the frozen folder, written into one folder:

- `version_info.txt`: the version resource of both programs, as PyInstaller reads it;
- `stemdesk.ico`;
- `associations.iss`: the types of files that StemDesk opens, for `stemdesk.iss`.

    python -m installers.windows.prepare build/windows

Made and tested on Linux; what Windows, PyInstaller and Inno Setup make of it was not run here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from installers import app_icons
from installers.linux.deb import version

PROG_ID = "StemDesk.Song"
# As in audio/sniff.AUDIO_SUFFIXES, which a test compares: this runs without StemDesk installed.
SUFFIXES = (
    *(".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".avi", ".caf", ".dsf"),
    *(".dts", ".eac3", ".flac", ".flv", ".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2"),
    *(".mp3", ".mp4", ".mpc", ".mpeg", ".mpg", ".oga", ".ogg", ".ogv", ".opus", ".rf64", ".snd"),
    *(".spx", ".tta", ".ts", ".w64", ".wav", ".wave", ".webm", ".wma", ".wmv", ".wv"),
)
_CLASSES = r"Software\Classes"
_APPLICATION = rf"{_CLASSES}\Applications\stemdesk-window.exe"
_CAPABILITIES = r"Software\StemDesk\Capabilities"
# Quotes are doubled inside of a quoted value.
_COMMAND = r'""{app}\stemdesk-window.exe"" ""%1""'


def version_info(text: str) -> str:
    """PyInstaller's description of a version resource. Windows' versions are four numbers: what
    stands behind the first three (`rc1`) is only in the words."""
    numbers = ([int(part) for part in re.findall(r"\d+", text)[:3]] + [0, 0, 0])[:3]
    four = (*numbers, 0)
    strings = {
        "CompanyName": "The StemDesk developers",
        "FileDescription": "StemDesk",  # the name in the task manager and in "Open with"
        "FileVersion": text,
        "InternalName": "StemDesk",
        "LegalCopyright": "The StemDesk developers; GPL-3.0-or-later as a whole",
        "ProductName": "StemDesk",
        "ProductVersion": text,
    }
    table = ", ".join(f"StringStruct({name!r}, {value!r})" for name, value in strings.items())
    return (
        "VSVersionInfo(\n"
        f"  ffi=FixedFileInfo(filevers={four}, prodvers={four}, mask=0x3F, flags=0x0,\n"
        "    OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0)),\n"
        "  kids=[\n"
        f"    StringFileInfo([StringTable('040904B0', [{table}])]),\n"
        "    VarFileInfo([VarStruct('Translation', [1033, 1200])]),\n"
        "  ],\n)\n"
    )


def associations() -> str:
    """Lines of Inno Setup's `[Registry]`: StemDesk is offered in "Open with" and in the default
    apps, and takes nothing over by itself. All of it goes when StemDesk does."""
    lines = ["; Written by installers/windows/prepare.py.", "[Registry]"]

    def add(key: str, name: str, value: str, flags: str) -> None:
        lines.append(
            f'Root: HKCU; Subkey: "{key}"; ValueType: string; ValueName: "{name}"; '
            f'ValueData: "{value}"; Flags: {flags}; Tasks: associations'
        )

    # First, so that it goes last.
    lines.append(r'Root: HKCU; Subkey: "Software\StemDesk"; Flags: uninsdeletekeyifempty')
    own = "uninsdeletekey"
    add(rf"{_CLASSES}\{PROG_ID}", "", "Song", own)
    add(rf"{_CLASSES}\{PROG_ID}\DefaultIcon", "", r"{app}\stemdesk-window.exe,0", own)
    add(rf"{_CLASSES}\{PROG_ID}\shell\open\command", "", _COMMAND, own)
    # "Player": with more than 15 files chosen, Windows would not offer the verb.
    add(rf"{_CLASSES}\{PROG_ID}\shell\open", "MultiSelectModel", "Player", own)
    add(_APPLICATION, "FriendlyAppName", "StemDesk", own)
    add(rf"{_APPLICATION}\shell\open\command", "", _COMMAND, own)
    add(_CAPABILITIES, "ApplicationName", "StemDesk", own)
    add(_CAPABILITIES, "ApplicationDescription", "Takes songs apart into stems", own)
    add(r"Software\RegisteredApplications", "StemDesk", _CAPABILITIES, "uninsdeletevalue")
    for suffix in SUFFIXES:
        add(rf"{_APPLICATION}\SupportedTypes", suffix, "", own)
        add(rf"{_CAPABILITIES}\FileAssociations", suffix, PROG_ID, own)
        shared = rf"{_CLASSES}\{suffix}\OpenWithProgids"
        add(shared, PROG_ID, "", "uninsdeletevalue uninsdeletekeyifempty")
    return "\n".join(lines) + "\n"


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "version_info.txt").write_text(version_info(version()), "utf-8")
    (folder / "associations.iss").write_text(associations(), "utf-8-sig")
    app_icons.write_ico(folder / "stemdesk.ico")
    return 0


if __name__ == "__main__":
    sys.exit(main())
