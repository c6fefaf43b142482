"""What is written for Windows can be read as Windows' tools read it. They were not run here."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import stemdesk
from installers.windows import prepare
from stemdesk.audio.decode import AUDIO_SUFFIXES

SCRIPT = Path(prepare.__file__).with_name("stemdesk.iss")
_PARAMETER = re.compile(r'(\w+): (?:"((?:[^"]|"")*)"|([^;"]*))(?:; |$)')


def parameters(line: str) -> dict[str, str]:
    """A line of Inno Setup's sections: names and values, quotes inside of quotes are doubled."""
    matches = list(_PARAMETER.finditer(line))
    assert "".join(match[0] for match in matches) == line, line
    return {match[1]: (match[2] or match[3] or "").replace('""', '"') for match in matches}


def sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    current = ""
    for line in SCRIPT.read_text("utf-8-sig").splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            current = line[1:-1]
            assert current not in found
        elif line and not line.startswith((";", "#")):
            found.setdefault(current, []).append(line)
    return found


def test_what_is_opened_is_what_stemdesk_reads() -> None:
    assert set(prepare.SUFFIXES) == AUDIO_SUFFIXES
    assert len(prepare.SUFFIXES) == len(set(prepare.SUFFIXES))


def test_associations_are_offered_and_go_again() -> None:
    lines = [line for line in prepare.associations().splitlines() if line.startswith("Root:")]
    read = [parameters(line) for line in lines]
    assert read[0]["Subkey"] == r"Software\StemDesk"
    for entry in read:
        assert entry["Root"] == "HKCU", "for one person"
        assert entry["Flags"].startswith("uninsdelete"), "nothing is left"
        # Never the key of a type itself: its value is which program opens it.
        assert not re.fullmatch(r"Software\\Classes\\\.\w+", entry["Subkey"])
    commands = [entry["ValueData"] for entry in read if entry["Subkey"].endswith(r"\command")]
    assert commands == [r'"{app}\stemdesk-window.exe" "%1"'] * 2
    shared = [entry for entry in read if entry["Subkey"].endswith("OpenWithProgids")]
    assert len(shared) == len(AUDIO_SUFFIXES)
    for entry in shared:
        assert entry["Flags"] == "uninsdeletevalue uninsdeletekeyifempty", "others stay"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0.1.0", (0, 1, 0, 0)), ("1.2.0rc3", (1, 2, 0, 0)), ("2.5", (2, 5, 0, 0))],
)
def test_the_version_resource_is_what_pyinstaller_evaluates(
    text: str, numbers: tuple[int, ...]
) -> None:
    strings: dict[str, str] = {}
    fixed: dict[str, object] = {}
    names = ("VSVersionInfo", "StringFileInfo", "StringTable", "VarFileInfo", "VarStruct")
    scope: dict[str, object] = {name: lambda *_, **__: None for name in names}
    scope["StringStruct"] = strings.__setitem__
    scope["FixedFileInfo"] = lambda **fields: fixed.update(fields)
    eval(prepare.version_info(text), scope)  # PyInstaller does the same with its classes
    assert fixed["filevers"] == fixed["prodvers"] == numbers
    assert strings["ProductVersion"] == text
    assert strings["FileDescription"] == "StemDesk"


def test_it_is_prepared_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["prepare", str(tmp_path / "made")])
    assert prepare.main() == 0
    names = {path.name for path in (tmp_path / "made").iterdir()}
    assert names == {"version_info.txt", "associations.iss", "stemdesk.ico"}
    script = SCRIPT.read_text("utf-8-sig")
    for name in names - {"version_info.txt"}:  # that is for PyInstaller
        assert name in script


def test_the_script_is_read_in_the_right_encoding_and_needs_no_administrator() -> None:
    assert SCRIPT.read_bytes().startswith(b"\xef\xbb\xbf"), "or Inno Setup reads quotes as others"
    setup = dict(line.split("=", 1) for line in sections()["Setup"])
    assert setup["PrivilegesRequired"] == "lowest"
    assert re.fullmatch(r"\{\{[0-9A-F-]{36}\}", setup["AppId"])


def test_it_promises_no_restart_that_stemdesk_did_not_ask_windows_for() -> None:
    setup = dict(line.split("=", 1) for line in sections()["Setup"])
    source = Path(stemdesk.__file__).parent
    asks = any("RegisterApplicationRestart" in path.read_text() for path in source.rglob("*.py"))
    assert setup["CloseApplications"] == "yes"
    assert setup["RestartApplications"] == ("yes" if asks else "no")


def test_its_paths_do_not_hang_on_how_it_is_called() -> None:
    """Whether Inno Setup's `SourcePath` ends with a backslash, its manual does not say."""
    script = SCRIPT.read_text("utf-8-sig")
    assert script.count("SourcePath") == script.count("AddBackslash(SourcePath)") == 1


def test_every_message_and_task_is_there() -> None:
    read = sections()
    script = SCRIPT.read_text("utf-8-sig")
    messages = Counter(line.split("=")[0].split(".")[1] for line in read["CustomMessages"])
    languages = [parameters(line)["Name"] for line in read["Languages"]]
    assert set(messages.values()) == {len(languages)}
    asked = set(re.findall(r"CustomMessage\('(\w+)'\)", script))
    asked |= {name for name in re.findall(r"\{cm:(\w+)", script) if name in messages}
    assert asked == set(messages)
    tasks = {parameters(line)["Name"] for line in read["Tasks"]}
    used = set(re.findall(r"WizardIsTaskSelected\('(\w+)'\)|Tasks: (\w+)", script))
    used |= set(re.findall(r"Tasks: ()(\w+)", prepare.associations()))
    assert {one or other for one, other in used} == tasks


def test_every_block_of_its_code_ends() -> None:
    code = re.sub(r"\{[^'}]*\}|'[^'\n]*'", "", "\n".join(sections()["Code"]))
    words = Counter(re.findall(r"\b(begin|try|end)\b", code))
    assert words["begin"] + words["try"] == words["end"]
    assert code.count("(") == code.count(")")


def test_stems_and_data_are_deleted_only_when_told() -> None:
    code = "\n".join(sections()["Code"])
    for dangerous in ("DelTree(", "RemoveData;\n"):
        before = code[: code.rindex(dangerous)].rstrip().splitlines()[-1]
        assert "if Wanted(" in before, before
    assert code.count("DelTree(") == 1
    assert "MB_DEFBUTTON2" in code
