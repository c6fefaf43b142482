"""The licences of everything inside of the frozen app, as one text.

`stemdesk.spec` gives the files that PyInstaller has collected. Each belongs to a Python package (by
its RECORD), to Python, to StemDesk, or to a package of the system (Linux: dpkg knows). A file or a
package without a licence text is an error: what cannot be named is not shipped.

    python -m installers.licences FILE     # of StemDesk's dependencies as they are installed here
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path, PurePath

from installers.bundled import INSIDE, Work, is_library_of_others, work_of
from stemdesk.jobs.licences import canonical, licence_of, read_text, texts_of, title_of

ROOT = Path(__file__).resolve().parent.parent
STARTER = "pyinstaller"  # its starter is in both programs
TEXTS = Path(__file__).resolve().parent / "licence_texts"
SYSTEM_DOCUMENTS = Path("/usr/share/doc")
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Z][A-Za-z]*0?(?:-\d(?:\.\d)?)?)")
_NEWEST = {"GPL": "GPL-3", "LGPL": "LGPL-3", "GFDL": "GFDL-1.3"}
# Packages whose wheels bring no text: which common ones are theirs.
_NAMED_ONLY = {"pyside6-essentials": ("LGPL-3", "GPL-3"), "shiboken6": ("LGPL-3", "GPL-3")}
_RULE = "=" * 80
_HEAD = """\
StemDesk and what it is made of

StemDesk's own source code is under the MIT licence. This app carries it together with the works
below, unchanged. Among them are FFmpeg with x264 and x265, which are under the GNU General Public
License: StemDesk as it is packed here may be passed on under the GPL, version 3 or later.

You may replace the libraries under the LGPL (Qt, PySide6, libsndfile, soxr and others) by your own
builds: they lie as separate files in the app's folder. PyTorch contains Intel's oneMKL, which is
under Intel's own terms.

The source of each work is where its name leads in the Python Package Index; FFmpeg and its parts
are built for PyAV by https://github.com/PyAV-Org/pyav-ffmpeg, which names the source of each.
"""


class MissingLicenceError(Exception):
    """Something would be shipped whose licence text is not known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One work: its name with the version, its licence in short, its texts."""

    name: str
    licence: str
    texts: tuple[str, ...]


Table = Iterable[tuple[str, str | None, str]]
"""PyInstaller's table of contents: name in the app, file that it comes from, kind."""


def write_for_tables(tables: Iterable[Table], target: Path, made: Path) -> None:
    """For `stemdesk.spec`: write the licences of all that PyInstaller has collected, and of itself,
    whose starter the programs are. `made`: the folder of files that it makes (`workpath`)."""
    work = _real_folder(made)
    files = [Path(file) for table in tables for _, file, _ in table if file and file != "-"]
    collected = [file for file in files if not _real(file).is_relative_to(work)]
    write_for(collected, target, [STARTER])


def write_for(files: Iterable[Path], target: Path, always: Iterable[str] = ()) -> None:
    """Write the licences of all works that these files belong to, and of the packages named in
    `always`. Raises `MissingLicenceError` and `UnknownPartError`."""
    entries = entries_for(files, always)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(as_text(entries), "utf-8")


def entries_for(files: Iterable[Path], always: Iterable[str] = ()) -> list[Entry]:
    """The works, each once, by name."""
    owners = _owners()
    packages, works, system = set(always), set[Work](), set[Path]()
    python = False
    for file in files:
        path = _real(file)
        owner = owners.get(path)
        if owner is not None:
            packages.add(owner[0])
            if is_library_of_others(owner[1]):
                work = work_of(owner[1])
                works |= set() if work is None else {work}
        elif _is_ours(path):
            continue
        elif _is_pythons(path):
            python = True
        else:
            system.add(path)
    if python:
        works.update(INSIDE["python"])
        works.update(INSIDE["python outside Linux"] if sys.platform != "linux" else ())
    for name in packages:
        works.update(INSIDE.get(canonical(name), ()))
    entries = [_package_entry(name) for name in packages]
    entries += [Entry(work.name, work.licence, (stored(work.text),)) for work in works]
    entries += _system_entries(system)
    entries.append(Entry("StemDesk", "MIT", (read_text(ROOT / "LICENSE"),)))
    if python:
        entries.append(_python_entry())
    return sorted(set(entries), key=lambda entry: (entry.name.lower(), entry.name))


def as_text(entries: list[Entry]) -> str:
    """The head, a list of all works, then their texts; one that is there already is not repeated.
    Ends with the common licences that others refer to. Raises `MissingLicenceError`."""
    parts = [_HEAD, "\n".join(f"  {entry.name}: {entry.licence}" for entry in entries)]
    first: dict[str, str] = {}
    for entry in entries:
        parts.append(f"{_RULE}\n{entry.name}: {entry.licence}\n{_RULE}")
        for text in entry.texts:
            key = " ".join(text.split())
            known = first.setdefault(key, entry.name)
            parts.append(text.strip("\n") if known == entry.name else f"The same text as {known}.")
    for name in sorted(_referred_to("\n".join(parts))):
        parts.append(f"{_RULE}\nThe common licence {name}\n{_RULE}\n{common(name)}")
    return "\n\n".join(parts) + "\n"


def dependencies(name: str = "stemdesk") -> set[str]:
    """The installed packages that `name` needs on this system, at any depth; not `name` itself."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [name]
    while waiting:
        for line in metadata.requires(waiting.pop()) or ():
            requirement = Requirement(line)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if wanted and canonical(requirement.name) not in found:
                found.add(canonical(requirement.name))
                waiting.append(requirement.name)
    return found


def files_of(package: str) -> list[Path]:
    """All files of an installed package."""
    found = metadata.distribution(package)
    return [Path(str(found.locate_file(file))) for file in found.files or ()]


def stored(name: str) -> str:
    """A text in `licence_texts`. Raises `MissingLicenceError`."""
    path = TEXTS / f"{name}.txt"
    if not path.is_file() or not path.stat().st_size:
        raise MissingLicenceError(f"{path} is not there")
    return read_text(path)


def common(name: str) -> str:
    path = TEXTS / "common" / name
    if not path.is_file():
        raise MissingLicenceError(f"a text refers to the common licence {name}: {path}")
    return read_text(path).strip("\n")


def _owners() -> dict[Path, tuple[str, PurePath]]:
    """For each file of each installed package: the package, and the file's place in it."""
    owners = {}
    for found in metadata.distributions():
        name = found.metadata["Name"]
        if canonical(name) == "stemdesk":
            continue
        folder = Path(str(found.locate_file("")))
        # The list itself: a path object with a hash for each of torch's files takes seconds.
        for line in csv.reader((found.read_text("RECORD") or "").splitlines()):
            owners[_real(folder / line[0])] = (name, PurePath(line[0]))
    return owners


@cache
def _real_folder(folder: Path) -> Path:
    return folder.resolve()


def _real(path: Path) -> Path:
    """With real folders. Not the file itself: a link in a package is the package's."""
    absolute = path.absolute()
    return _real_folder(absolute.parent) / absolute.name


def _is_ours(path: Path) -> bool:
    inside = path.is_relative_to(ROOT) and "site-packages" not in path.parts
    return inside and not path.is_relative_to(_real_folder(Path(sys.prefix)))


def _is_pythons(path: Path) -> bool:
    """The standard library, the interpreter and what its installer put beside it."""
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return False
    library = Path(sysconfig.get_path("stdlib")).resolve()
    base = Path(sys.base_prefix).resolve()
    own = base not in (Path("/usr"), Path("/usr/local"), Path("/"))
    named = path.name.lower().startswith((f"libpython3.{sys.version_info.minor}", "python3"))
    return path.is_relative_to(library) or named or (own and path.is_relative_to(base))


def _package_entry(name: str) -> Entry:
    found = metadata.distribution(name)
    texts = texts_of(found) + [common(text) for text in _NAMED_ONLY.get(canonical(name), ())]
    if not any(text.strip() for text in texts):
        raise MissingLicenceError(f"the package {name} has no licence text")
    return Entry(title_of(found), licence_of(found), tuple(texts))


def _python_entry() -> Entry:
    version = sysconfig.get_config_var("py_version") or sysconfig.get_python_version()
    library, base = Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix)
    places = [folder / name for folder in (library, base) for name in ("LICENSE.txt", "LICENSE")]
    for path in places:
        if path.is_file():
            return Entry(f"Python {version}", "PSF-2.0", (read_text(path),))
    raise MissingLicenceError(f"Python's licence is not in {', '.join(map(str, places))}")


def _system_entries(files: set[Path]) -> list[Entry]:
    """Libraries of this Linux: each Debian package's copyright file."""
    if not files:
        return []
    packages = {_debian_package(file) for file in files}
    entries = []
    for package in sorted(packages):
        text = SYSTEM_DOCUMENTS / package / "copyright"
        if not text.is_file():
            raise MissingLicenceError(f"the system's package {package} has no {text}")
        words = read_text(text)
        short = sorted(set(re.findall(r"^License: *(\S.*)$", words, re.MULTILINE)))
        licence = textwrap.shorten(", ".join(short), 80) or "see its text"
        entries.append(Entry(f"{package} (Debian)", licence, (words,)))
    return entries


def _debian_package(file: Path) -> str:
    """Which package a file of the system is from; where `/lib` is `/usr/lib`, dpkg may know it by
    either name."""
    short = str(file).removeprefix("/usr")
    for name in dict.fromkeys((str(file), str(file.resolve()), short, f"/usr{short}")):
        try:
            said = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            break  # no Debian: a file that nobody owns
        if said.returncode == 0:
            return said.stdout.split(":", 1)[0].split(",")[0].strip()
    raise MissingLicenceError(f"{file} belongs to no package: whose is it?")


def _referred_to(text: str) -> set[str]:
    return {_NEWEST.get(name, name) for name in _COMMON.findall(text)}


def main() -> int:
    names = dependencies()
    write_for((file for name in names for file in files_of(name)), Path(sys.argv[1]), names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
