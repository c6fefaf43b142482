"""Splitting with a released model of which only some files are installed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.jobs.folder import MANIFEST
from support.place import Place, read
from support.released import install_released, sha256_of

WAV32 = ExportOptions(AudioFormat.WAV, 32)
VOCALS = SeparationOptions("htdemucs_ft", ("vocals",))


@pytest.fixture
def files(place: Place, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    return install_released(place.models, "htdemucs_ft", monkeypatch)


def test_one_file_gives_the_same_stem_as_all(place: Place, files: list[Path]) -> None:
    song = place.song()
    whole = place.run(place.job(song, export=WAV32, separation=SeparationOptions("htdemucs_ft")))
    for file in files[:3]:
        file.rename(file.with_suffix(".away"))
    part = place.run(place.job(song, export=WAV32, separation=VOCALS))
    assert part.folder != whole.folder and not part.already
    assert {path.name for path in part.folder.iterdir()} == {"vocals.wav", MANIFEST}
    expected = read(whole.folder / "vocals.wav")
    np.testing.assert_array_equal(read(part.folder / "vocals.wav"), expected)
    assert np.abs(expected).max() > 1e-3
    manifest = json.loads((part.folder / MANIFEST).read_text("utf-8"))
    assert manifest["model"]["sha256"] == [sha256_of(files[3])]


def test_what_is_installed_later_is_no_reason_to_split_again(
    place: Place, files: list[Path]
) -> None:
    song = place.song()
    for file in files[:3]:
        file.rename(file.with_suffix(".away"))
    job = place.job(song, separation=VOCALS)
    first = place.run(job)
    for file in files[:3]:
        file.with_suffix(".away").rename(file)
    again = place.run(replace(job, id="f" * 32))
    assert again.already and again.folder == first.folder
    shutil.copy(files[0], files[1])  # another file than the one in the catalogue
    assert place.run(replace(job, id="e" * 32)).already, "it has no part in the vocals"


def test_a_stem_whose_file_is_missing_says_what_to_type(place: Place, files: list[Path]) -> None:
    files[0].unlink()
    wanted = SeparationOptions("htdemucs_ft", ("drums", "vocals"))
    with pytest.raises(ModelError) as caught:
        place.run(place.job(place.song(), separation=wanted))
    assert caught.value.code is ErrorCode.MODEL_MISSING
    assert caught.value.facts["command"] == (
        "stemdesk models download htdemucs_ft --stems drums,vocals"
    )
    assert not place.out.exists()


def test_a_released_file_that_is_another_one_splits_nothing(
    place: Place, files: list[Path]
) -> None:
    shutil.copy(files[0], files[3])
    with pytest.raises(ModelError) as caught:
        place.run(place.job(place.song(), separation=VOCALS))
    assert caught.value.code is ErrorCode.MODEL_WRONG_HASH
    assert not place.out.exists()
