import pytest

from stemdesk.core.quality import Quality, model_and_overlap, within_reach


@pytest.mark.parametrize(
    ("quality", "wanted"),
    [
        (Quality.FAST, ("six", 0.1)),
        (Quality.STANDARD, ("six", 0.25)),
        (Quality.BEST, ("htdemucs_ft", 0.25)),
    ],
)
def test_a_quality_is_a_model_and_an_overlap(quality: Quality, wanted: tuple[str, float]) -> None:
    assert model_and_overlap(quality, "six") == wanted


def test_best_is_out_of_reach_without_its_model() -> None:
    assert within_reach(Quality.BEST, ["htdemucs"]) is Quality.STANDARD
    assert within_reach(Quality.BEST, ["htdemucs", "htdemucs_ft"]) is Quality.BEST
    assert within_reach(Quality.FAST, []) is Quality.FAST


def test_qualities_have_words() -> None:
    assert [item.label for item in Quality] == ["Fast", "Standard", "Best"]
