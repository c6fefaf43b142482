import pytest

from stemdesk.core.errors import SettingsError
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions


def test_options_survive_json() -> None:
    separation = SeparationOptions("htdemucs", ("vocals", "bass"), 0.5, 2, full_precision=True)
    assert SeparationOptions.from_json(separation.to_json()) == separation
    export = ExportOptions(AudioFormat.WAV, 32, exact_sum=True)
    assert ExportOptions.from_json(export.to_json()) == export


def test_whether_the_song_is_kept_comes_back_and_does_not_count_when_compared() -> None:
    export = ExportOptions(keep_original=False)
    assert not ExportOptions.from_json(export.to_json()).keep_original
    assert ExportOptions.from_json({"format": "flac", "bits": 24}).keep_original
    assert export == ExportOptions()  # what is made is the same


def test_options_of_earlier_versions_have_no_exact_sum() -> None:
    assert not ExportOptions.from_json({"format": "flac", "bits": 24}).exact_sum


@pytest.mark.parametrize("overlap", [-0.1, 0.95, float("nan"), float("inf")])
def test_overlap_has_bounds(overlap: float) -> None:
    with pytest.raises(SettingsError):
        SeparationOptions("m", overlap=overlap)


@pytest.mark.parametrize(("kind", "bits"), [(AudioFormat.FLAC, 32), (AudioFormat.WAV, 8)])
def test_formats_hold_only_their_depths(kind: AudioFormat, bits: int) -> None:
    with pytest.raises(SettingsError):
        ExportOptions(kind, bits)
