"""The scripts that solve YouTube's riddles are read as files."""

from PyInstaller.utils.hooks import collect_data_files

module_collection_mode = "pyc"
datas = collect_data_files("yt_dlp_ejs", includes=["**/*.js"])
