"""yt-dlp as compiled files in a folder of its own, and what it loads by name.

Files, not the archive: its version can be read from there, and it is what an update replaces.
"""

from PyInstaller.utils.hooks import collect_submodules

module_collection_mode = "pyc"
hiddenimports = collect_submodules(
    "yt_dlp", filter=lambda name: not name.startswith("yt_dlp.__pyinstaller")
)
excludedimports = ["Cryptodome", "Crypto", "curl_cffi", "mutagen", "requests", "urllib3"]
