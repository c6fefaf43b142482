"""What macOS has to know about the app: `stemdesk.spec` gives it to PyInstaller's `BUNDLE`.

    BUNDLE(collected, name="StemDesk.app", icon=…icns, bundle_identifier=bundle.IDENTIFIER,
           info_plist=bundle.info_plist(version))

Made and tested on Linux; what macOS makes of it was not run here.
"""

from __future__ import annotations

IDENTIFIER = "io.github.stemdesk.StemDesk"
# What PySide6's libraries say that they are built for (torch's: 14), and what the release is tried
# on; on Apple's own processors only. `installers/macos/oldest.py` looks into every file.
OLDEST_MACOS = "15.0"
# Uniform type identifiers: the two that Apple's own types of songs and videos conform to, and
# those that only other programs declare.
_OPENED = ("public.audio", "public.movie", "org.xiph.flac", "org.xiph.ogg", "org.matroska.mkv")
# Endings (audio/sniff.AUDIO_SUFFIXES) that macOS itself has types for…
KNOWN = (
    *("aac", "ac3", "aif", "aifc", "aiff", "amr", "au", "avi", "caf", "eac3", "flac", "m4a", "m4b"),
    *("m4v", "mov", "mp2", "mp3", "mp4", "mpeg", "mpg", "snd", "ts", "wav", "wave", "wma", "wmv"),
)
# … and those that it knows only where a program has declared them: without that, nobody is offered
# for them. Imported, not exported: the declaration of the program that they belong to counts more.
DECLARED = {
    "public.audio": (
        *("ape", "dsf", "dts", "mka", "mpc", "oga", "ogg", "opus", "rf64", "spx", "tta", "w64"),
        "wv",
    ),
    "public.movie": ("flv", "mkv", "ogv", "webm"),
}
_FOLDER_REASON = (
    "StemDesk reads the songs that you choose here and saves stems where you want them."
)


def info_plist(version: str) -> dict[str, object]:
    """What goes into Info.plist besides PyInstaller's own entries. `version`: numbers with dots;
    what follows them (`rc1`) is left out, since Apple allows numbers only."""
    short = ".".join(_numbers(version))
    return {
        "CFBundleName": "StemDesk",
        "CFBundleDisplayName": "StemDesk",
        # The folder has two programs; a double click starts the one with the window.
        "CFBundleExecutable": "stemdesk-window",
        "LSBackgroundOnly": False,  # PyInstaller's idea of an app that has a terminal's program
        "CFBundleShortVersionString": short,
        "CFBundleVersion": short,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Song or video",
                "CFBundleTypeRole": "Viewer",
                # Offered in "Open with", never the one that a double click on a song starts.
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": list(_OPENED),
            },
            {
                "CFBundleTypeName": "Folder of songs",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "None",  # it may be dropped on the icon
                "LSItemContentTypes": ["public.folder"],
            },
        ],
        "UTImportedTypeDeclarations": [
            {
                "UTTypeIdentifier": f"{IDENTIFIER}.{parent.removeprefix('public.')}",
                "UTTypeDescription": "Song or video",
                "UTTypeConformsTo": [parent],
                "UTTypeTagSpecification": {"public.filename-extension": list(suffixes)},
            }
            for parent, suffixes in DECLARED.items()
        ],
        "LSApplicationCategoryType": "public.app-category.music",
        "LSMinimumSystemVersion": OLDEST_MACOS,
        "LSArchitecturePriority": ["arm64"],
        "NSHighResolutionCapable": True,
        "NSSupportsAutomaticGraphicsSwitching": True,
        "NSHumanReadableCopyright": "The StemDesk developers. GPL-3.0-or-later as a whole.",
        "NSDesktopFolderUsageDescription": _FOLDER_REASON,
        "NSDocumentsFolderUsageDescription": _FOLDER_REASON,
        "NSDownloadsFolderUsageDescription": _FOLDER_REASON,
        "NSNetworkVolumesUsageDescription": _FOLDER_REASON,
        "NSRemovableVolumesUsageDescription": _FOLDER_REASON,
    }


def _numbers(version: str) -> list[str]:
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(digits)
        if digits != part:
            break
    return [*numbers, "0", "0", "0"][:3]
