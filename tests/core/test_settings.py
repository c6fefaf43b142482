import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core.errors import SettingsError
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.settings import Settings, load_settings, save_settings


def test_settings_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.json"
    settings = Settings(
        format="wav",
        bits=32,
        quality="fast",
        stems=("vocals",),
        output_folder="/x/ü",
        device="cpu",
        full_precision=True,
        exact_sum=True,
    )
    save_settings(settings, path)
    assert load_settings(path) == settings
    assert [item.name for item in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00", "[" * 100_000])
def test_a_broken_file_gives_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    assert load_settings(path) == Settings()


@pytest.mark.parametrize(
    "broken",
    [
        {"bits": 23},
        {"bits": "24"},
        {"bits": True},
        {"format": "mp3"},
        {"stems": [1]},
        {"stems": "vocals"},
        {"longest_hours": -1},
        {"longest_hours": 1e9},
        {"device": None},
        {"exact_sum": 1},
        {"exact_sum": "yes"},
        {"quality": "superb"},
        {"full_precision": 1},
        {"cache_gb": 10**400},
        {"cache_gb": float("nan")},
        {"cache_gb": float("inf")},
        {"threads_playing": 257},
        {"threads_playing": 10**400},
        {"output_folder": "/music\0"},
    ],
)
def test_one_bad_value_costs_only_that_setting(tmp_path: Path, broken: dict[str, Any]) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"model": "htdemucs", "unknown": 1, **broken}))
    assert load_settings(path) == Settings(model="htdemucs")


def test_a_folder_whose_name_is_no_utf8_survives(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(output_folder="/music/\udce9t\u00e9", model="htdemucs")
    save_settings(settings, path)
    assert load_settings(path) == settings


def test_a_whole_number_of_hours_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"longest_hours": 3}')
    assert load_settings(path).longest_hours == 3.0


def test_flac_falls_to_24_bits() -> None:
    assert Settings(bits=32).export == ExportOptions(AudioFormat.FLAC, 24)
    assert Settings(format="wav", bits=32).export == ExportOptions(AudioFormat.WAV, 32)


def test_jobs_are_told_whether_stems_sum_to_the_mix() -> None:
    assert Settings().export.keep_original
    assert not Settings(keep_original=False).export.keep_original
    assert not Settings().export.exact_sum
    assert Settings(exact_sum=True).export.exact_sum


def test_every_setting_has_a_label() -> None:
    assert all(item.metadata["declared"].label for item in fields(Settings))


def test_an_illegal_value_is_refused() -> None:
    with pytest.raises(SettingsError):
        Settings(device="toaster")
