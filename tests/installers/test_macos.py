"""macOS' files can be read as macOS' tools read them. They themselves were not run."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from installers.linux.tree import APP_ID
from installers.macos import bundle
from stemdesk.audio.sniff import AUDIO_SUFFIXES

FOLDER = Path(bundle.__file__).parent
SCRIPTS = sorted(FOLDER.glob("*.sh"))


@pytest.mark.parametrize(
    ("version", "short"),
    [("0.1.0", "0.1.0"), ("1.2.0rc1", "1.2.0"), ("1.10", "1.10.0"), ("1.2.3.dev4", "1.2.3")],
)
def test_the_property_list_can_be_written(version: str, short: str) -> None:
    read = plistlib.loads(plistlib.dumps(bundle.info_plist(version)))
    assert read["CFBundleShortVersionString"] == read["CFBundleVersion"] == short
    assert read["CFBundleExecutable"] == "stemdesk-window"
    assert read["LSBackgroundOnly"] is False, "it has a window, and a place in the Dock"
    assert bundle.IDENTIFIER == APP_ID


def test_it_takes_no_song_over_from_another_program() -> None:
    read = plistlib.loads(plistlib.dumps(bundle.info_plist("1.0")))
    ranks = {kind["LSHandlerRank"] for kind in read["CFBundleDocumentTypes"]}
    assert ranks == {"Alternate", "None"}
    opened = [name for kind in read["CFBundleDocumentTypes"] for name in kind["LSItemContentTypes"]]
    assert {"public.audio", "public.movie", "public.folder"} <= set(opened)


def test_every_song_that_is_read_has_a_type_that_is_opened() -> None:
    read = plistlib.loads(plistlib.dumps(bundle.info_plist("1.0")))
    opened = {name for kind in read["CFBundleDocumentTypes"] for name in kind["LSItemContentTypes"]}
    declared: list[str] = []
    for kind in read["UTImportedTypeDeclarations"]:
        assert set(kind["UTTypeConformsTo"]) <= opened
        declared += kind["UTTypeTagSpecification"]["public.filename-extension"]
    assert sorted([*declared, *bundle.KNOWN]) == sorted(name[1:] for name in AUDIO_SUFFIXES)


def test_the_app_asks_for_no_entitlement_and_deno_only_to_compile() -> None:
    assert plistlib.loads((FOLDER / "entitlements.plist").read_bytes()) == {}
    deno = plistlib.loads((FOLDER / "deno.entitlements.plist").read_bytes())
    assert set(deno) == {
        "com.apple.security.cs.allow-jit",
        "com.apple.security.cs.allow-unsigned-executable-memory",
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_started_and_stop_at_the_first_error(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_shellcheck_has_nothing_to_say() -> None:
    said = subprocess.run(["shellcheck", *SCRIPTS], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def stand_in(folder: Path, name: str, body: str) -> None:
    """A program that notes its words in `calls` and does `body`."""
    path = folder / name
    words = f'printf "%s\\n" "{name} $*" >>"{folder}/calls"\n'
    path.write_text(f"#!/bin/bash\n{words}{body}\n", "utf-8")
    path.chmod(0o755)


def run(
    folder: Path, script: str, *words: Path, **environment: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    result = subprocess.run(
        [FOLDER / script, *words],
        env=path | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    calls = folder / "calls"
    return result, calls.read_text("utf-8").splitlines() if calls.exists() else []


@pytest.fixture
def app(tmp_path: Path) -> Path:
    programs = tmp_path / "Stem Desk.app" / "Contents" / "MacOS"
    programs.mkdir(parents=True)
    for name in ("stemdesk-window", "stemdesk", "deno", "notes.txt"):
        (programs / name).touch()
    return programs.parents[1]


def test_signing_goes_from_the_inside_out(app: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in(tools, "codesign", "")
    stand_in(tools, "file", 'case "$2" in *.txt) echo text;; *) echo "Mach-O 64-bit";; esac')
    result, calls = run(tools, "sign.sh", app, STEMDESK_SIGN_IDENTITY="Developer ID: A B")
    assert result.returncode == 0, result.stderr
    signed = [call for call in calls if "--sign" in call]
    assert all("--timestamp --options runtime" in call for call in signed)
    assert "/deno.entitlements" in next(call for call in signed if call.endswith("/deno"))
    assert len([call for call in signed if call.endswith("/MacOS/stemdesk")]) == 1
    assert not [call for call in signed if "notes.txt" in call]
    assert signed[-1].endswith("Stem Desk.app"), "the app last"
    assert "/entitlements.plist" in signed[-1]
    assert "--verify" in calls[-1]


def test_without_an_identity_the_signature_is_ad_hoc(app: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in(tools, "codesign", "")
    stand_in(tools, "file", "echo Mach-O")
    _, calls = run(tools, "sign.sh", app)
    signed = [call for call in calls if "--sign" in call]
    assert all("--sign -" in call and "runtime" not in call for call in signed)


def test_one_library_that_cannot_be_signed_stops_it(app: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in(tools, "codesign", 'case "$*" in */deno) exit 3;; esac')
    stand_in(tools, "file", "echo Mach-O")
    result, calls = run(tools, "sign.sh", app)
    assert result.returncode != 0
    assert not [call for call in calls if call.endswith("Stem Desk.app")]


def test_nothing_is_sent_without_a_key(tmp_path: Path) -> None:
    stand_in(tmp_path, "xcrun", "")
    result, calls = run(tmp_path, "notarise.sh", tmp_path / "a.dmg")
    assert (result.returncode, calls) == (0, [])
    assert "not notarised" in result.stdout


def test_the_image_has_the_app_and_where_to_drag_it(app: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in(tools, "ditto", 'cp -R "$1" "$2"')
    # The folder is named behind -srcfolder; what is in it is what the image would have.
    stand_in(tools, "hdiutil", f'[ "$1" = verify ] || ls "$5" >"{tools}/inside"')
    image = tmp_path / "out.dmg"
    result, calls = run(tools, "dmg.sh", app, image)
    assert result.returncode == 0, result.stderr
    assert (tools / "inside").read_text("utf-8").split() == ["Applications", "StemDesk.app"]
    assert [call.split()[1] for call in calls if "hdiutil" in call] == ["create", "verify"]
    assert calls[-1] == f"hdiutil verify {image}"
    staging = calls[0].split()[-1].removesuffix("/StemDesk.app")
    assert not Path(staging).exists()


@pytest.mark.parametrize(("busy", "code"), [(2, 0), (9, 1)])
def test_an_image_that_is_busy_is_tried_again(
    busy: int, code: int, app: Path, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    stand_in(tools, "ditto", "")
    count = f'$(grep -c create "{tools}/calls")'
    stand_in(tools, "hdiutil", f'[ "$1" = verify ] || [ {count} -gt {busy} ]')
    result, calls = run(tools, "dmg.sh", app, tmp_path / "out.dmg", STEMDESK_WAIT_S="0")
    assert result.returncode == code
    assert len([call for call in calls if " create " in call]) == min(busy + 1, 4)
    assert ("verify" in calls[-1]) == (code == 0)
