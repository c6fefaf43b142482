"""First thing in the frozen app on Linux: programs that we start (deno, the file manager, the
browser) must find the system's libraries, not ours.

PyInstaller's starter puts our folder into LD_LIBRARY_PATH; the loader of this process has read it
by now.
"""

import os
import sys

if sys.platform.startswith("linux"):
    _before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if _before:
        os.environ["LD_LIBRARY_PATH"] = _before
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)
