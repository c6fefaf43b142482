"""The checks before a release, with the built-in model in place of the one that needs a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from installers import proof
from stemdesk.audio.demo import demo_song
from stemdesk.engine.load import load_model
from stemdesk.models.library import ModelLibrary

RATE = 44100


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_missing_short_and_broken_stems_are_infinitely_far(tmp_path: Path) -> None:
    quiet = np.zeros((2, 100), np.float32)
    broken = quiet.copy()
    broken[1, 7] = np.nan
    near = quiet.copy()
    near[0, 3] = 5e-5
    for name, samples in {"near": near, "short": quiet[:, :99], "broken": broken}.items():
        soundfile.write(tmp_path / f"{name}.wav", samples.T, RATE, subtype="FLOAT")
    names = ("near", "short", "broken", "missing")
    found = proof.differences(tmp_path, dict.fromkeys(names, quiet))
    assert found["near"] == pytest.approx(5e-5)
    assert {found[name] for name in names[1:]} == {float("inf")}


def test_stemdesk_is_compared_with_demucs_own_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    info = ModelLibrary(tmp_path / "models").get("starter")
    model = load_model(info.files[0])
    song = np.ascontiguousarray(demo_song(RATE)[:, 4 * RATE : 6 * RATE])
    assert proof.compare("starter", model, song)
    said = capfd.readouterr().out
    assert said.count("differs from stock demucs by at most") == len(info.sources)


def test_a_link_that_gives_no_song_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "stemdesk"
    program.write_text(
        "#!/bin/sh\n"
        'case "$2" in *good*) mkdir -p "$4/Song" && touch "$4/Song/vocals.flac";; *bad*) exit 1;;'
        " esac\n",
        "utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("STEMDESK", str(program))
    assert proof.try_links(["https://good.example/1"])
    assert not proof.try_links(["https://bad.example/1", "https://good.example/1"])
    assert not proof.try_links(["https://empty.example/1"])
    said = capfd.readouterr().out
    assert "https://bad.example/1: FAILED" in said
    assert "https://empty.example/1: FAILED" in said
    assert proof.main(["links", "https://good.example/1"]) == 0
    assert proof.main(["links", "https://bad.example/1"]) == 1
