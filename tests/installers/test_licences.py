"""Licences of what is installed here, of files whose owner nobody knows, and of packages that bring
no text."""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path, PurePath

import pytest

from installers import licences
from installers.bundled import BY_NAME, INSIDE, UnknownPartError, is_library_of_others, work_of

SITE = Path(sysconfig.get_path("purelib"))


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> Path:
    """A package `thing` with these files, which Python finds."""
    site = tmp_path / "site-packages"
    info = "thing-1.0.dist-info"
    files = {f"{info}/METADATA": "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n", **files}
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    (site / info / "RECORD").write_text(record, "utf-8")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    return site


def test_everything_that_stemdesk_needs_has_a_text() -> None:
    names = licences.dependencies()
    assert {"torch", "av", "demucs", "pyside6-essentials", "yt-dlp"} <= names
    assert "pytest" not in names
    files = (file for name in names for file in licences.files_of(name))
    entries = {entry.name: entry for entry in licences.entries_for(files, names)}
    for name in names:
        found = metadata.distribution(name)
        assert f"{found.metadata['Name']} {found.version}" in entries
    assert {"FFmpeg", "x264", "Qt 6", "libsndfile", "Intel oneMKL", "StemDesk"} <= set(entries)
    assert all(text.strip() for entry in entries.values() for text in entry.texts)


def test_the_text_has_every_word_and_the_common_licences() -> None:
    files = [*licences.files_of("av"), *licences.files_of("soxr")]
    entries = licences.entries_for(files)
    text = licences.as_text(entries)
    assert text.startswith("StemDesk and what it is made of")
    for entry in entries:
        assert f"  {entry.name}: {entry.licence}\n" in text
        for words in entry.texts:
            assert words.strip("\n") in text
    assert "The common licence GPL-2\n" in text
    assert "TERMS AND CONDITIONS FOR COPYING, DISTRIBUTION AND MODIFICATION" in text
    assert not [mark for mark in text if ord(mark) < 32 and mark not in "\n\t"]


def test_the_same_text_is_there_once() -> None:
    one = licences.Entry("one", "MIT", ("The words,\nof a licence",))
    other = licences.Entry("two", "MIT", ("The words, of a licence\n",))
    text = licences.as_text([one, other])
    assert text.count("of a licence") == 1
    assert "two: MIT\n" + "=" * 80 + "\n\nThe same text as one." in text


def test_a_package_without_a_text_is_not_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = installed(tmp_path, monkeypatch, {"thing/__init__.py": ""})
    with pytest.raises(licences.MissingLicenceError, match="thing"):
        licences.entries_for([site / "thing" / "__init__.py"])


def test_an_empty_text_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, monkeypatch, {"thing-1.0.dist-info/licenses/LICENSE": " \n"})
    with pytest.raises(licences.MissingLicenceError, match="thing"):
        licences.entries_for([], ["thing"])


def test_a_package_is_known_by_any_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "thing/deep/data.bin": "",
        "thing-1.0.dist-info/licenses/deep/COPYING": "Do as you like.",
        "thing/NOTICE.txt": "Also.",
        "thing/licence.py": "code",
        "thing-1.0.dist-info/licenses/authors.py": "code",
        "thing-1.0.dist-info/licenses/__pycache__/authors.cpython-311.pyc": "compiled",
    }
    site = installed(tmp_path, monkeypatch, files)
    entries = licences.entries_for([site / "thing" / "deep" / "data.bin"])
    (entry,) = [entry for entry in entries if entry.name == "thing 1.0"]
    assert sorted(entry.texts) == ["Also.", "Do as you like."]


def test_a_library_that_nobody_named_is_not_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"thing.libs/libsecret-1a2b.so.3": "", "thing-1.0.dist-info/LICENSE": "Text"}
    site = installed(tmp_path, monkeypatch, files)
    with pytest.raises(UnknownPartError, match="libsecret"):
        licences.entries_for([site / "thing.libs" / "libsecret-1a2b.so.3"])


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("av.libs/libx264-d6533a8d.so.165", "x264"),
        ("av.libs/libx264-165-0a1b.dll", "x264"),
        ("av/.dylibs/libx265.216.dylib", "x265"),
        ("av.libs/libxcb-shm-0be6dfbf.so.0.0.0", "XCB"),
        ("av.libs/zlib1-ab.dll", "zlib"),
        ("av.libs/libgcc_s_seh-1-ab.dll", "GCC's run-time libraries"),
        ("av.libs/libiconv-2-6ce5f4ff92ada49d6f23a8e413455502.dll", "GNU libiconv"),
        ("torch/lib/libiomp5md.dll", "Intel OpenMP"),
        ("torch/lib/libomp.dylib", ""),
        ("torch/lib/torch_cpu.dll", ""),
        ("av.libs/libavcodec-5e6b81c2.so.62.28.102", ""),
        ("_soundfile_data/libsndfile_arm64.dylib", ""),
    ],
)
def test_whose_a_library_is(place: str, name: str) -> None:
    path = PurePath(place)
    assert is_library_of_others(path)
    work = work_of(path)
    assert (work.name if work else "") == name


def test_a_packages_own_modules_are_its_own() -> None:
    assert not is_library_of_others(PurePath("av/codec/codec.cpython-311-x86_64-linux-gnu.so"))
    assert not is_library_of_others(PurePath("av.libs/readme.txt"))


def test_every_work_has_its_text() -> None:
    named = {work for _, work in BY_NAME if work is not None}
    for work in named.union(*INSIDE.values()):
        assert len(licences.stored(work.text)) > 500, work.name
    unused = {path.stem for path in licences.TEXTS.glob("*.txt")} - {
        work.text for work in named.union(*INSIDE.values())
    }
    assert not unused


def test_the_standard_library_is_pythons() -> None:
    standard = Path(sysconfig.get_path("stdlib"))
    entries = licences.entries_for([standard / "json" / "__init__.py", standard / "os.py"])
    (python,) = [entry for entry in entries if entry.name.startswith("Python ")]
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in python.texts[0]


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_pythons_own_libraries_are_named_where_it_brings_them(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    entries = licences.entries_for([Path(sysconfig.get_path("stdlib")) / "os.py"])
    names = {entry.name for entry in entries}
    assert ("OpenSSL" in names) == ("ncurses" in names) == (system != "linux")
    assert {"Expat", "libmpdec"} <= names, "these are in Python's source everywhere"


@pytest.mark.skipif(not Path("/var/lib/dpkg/status").is_file(), reason="needs Debian")
def test_a_library_of_the_system_has_its_packages_copyright() -> None:
    found = sorted(Path("/usr/lib").glob("*-linux-gnu/libz.so.1"))
    if not found:
        pytest.skip("zlib is not installed as a package")
    entries = licences.entries_for(found)
    (system,) = [entry for entry in entries if entry.name.endswith("(Debian)")]
    assert system.name == "zlib1g (Debian)"
    assert "Jean-loup Gailly" in system.texts[0]


def test_a_file_of_nobody_is_not_shipped(tmp_path: Path) -> None:
    stray = tmp_path / "libstray.so"
    stray.touch()
    with pytest.raises(licences.MissingLicenceError, match=r"libstray\.so"):
        licences.entries_for([stray])


def test_a_reference_to_an_unknown_licence_is_noticed() -> None:
    entry = licences.Entry("a", "b", ("see /usr/share/common-licenses/Strange-1",))
    with pytest.raises(licences.MissingLicenceError, match="Strange-1"):
        licences.as_text([entry])


def test_what_pyinstaller_makes_itself_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"thing/a.py": "", "thing-1.0.dist-info/LICENSE": "Text of it"}
    site = installed(tmp_path, monkeypatch, files)
    monkeypatch.setattr(licences, "STARTER", "thing")
    made = tmp_path / "work"
    made.mkdir()
    (made / "base_library.zip").touch()
    table: list[tuple[str, str | None, str]] = [
        ("base_library.zip", str(made / "base_library.zip"), "DATA"),
        ("thing.a", str(site / "thing" / "a.py"), "PYMODULE"),
        ("namespace", "-", "PYMODULE"),
        ("namespace2", None, "PYMODULE"),
    ]
    target = tmp_path / "deep" / "LICENCES.txt"
    licences.write_for_tables([table], target, made)
    assert "Text of it" in target.read_text("utf-8")
