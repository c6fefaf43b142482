"""What PyInstaller takes of torch: its libraries, and the modules that it imports itself.

The usual hook takes every module and source file: 250 MB that separating a song never loads.
"""

from pathlib import Path

from PyInstaller.utils.hooks import (
    PY_DYLIB_PATTERNS,
    collect_dynamic_libs,
    collect_submodules,
    get_package_paths,
)

# Imported by name at run time, or by the C++ side.
hiddenimports = [
    "torch._C",
    "torch._custom_ops",
    "torch._native",
    "torch._refs",
    *collect_submodules("torch._native", on_error="ignore"),
    *collect_submodules("torch.backends", on_error="ignore"),
]
excludedimports = ["tkinter"]
package = Path(get_package_paths("torch")[1])
# torch reads its own source when it is imported: settings their comments, overloads their bodies.
module_collection_mode = "pyz+py"
_TESTS = ("libaoti_custom_ops", "libbackend_with_compiler", "libjitbackend_test", "libtorchbind")
binaries = [
    (source, target)
    for source, target in collect_dynamic_libs(
        "torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"]
    )
    if not any(name in source for name in _TESTS)
]
manager = package / "bin" / "torch_shm_manager"
if manager.is_file():  # not on Windows; torch's import looks whether it is there
    binaries.append((str(manager), "torch/bin"))
# torch looks for its libraries beside each other, not through links to them.
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
