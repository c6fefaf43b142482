import pytest

from stemdesk.fetch.versions import fits, is_newer, release


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026.8.4", "2026.10.26"),
        ("2026.8.4", "2026.8.4.1"),
        ("2026.8.4", "2026.8.4.post1"),
        ("2026.8.4.post1", "2026.8.5"),
        ("0.8.0", "0.10"),
        ("", "0.1"),
        ("no version", "0.1"),
    ],
)
def test_which_one_is_newer(older: str, newer: str) -> None:
    assert is_newer(newer, older) and not is_newer(older, newer)


def test_the_same_version_in_other_words_is_not_newer() -> None:
    assert not is_newer("2026.08.04", "2026.8.4") and not is_newer("1.0", "1")


@pytest.mark.parametrize(
    "text",
    ["", "2026.8.27.231323.dev0", "1.0rc1", "1..2", "1.2+local", "../../x", "1" * 100, "\u0661"],
)
def test_what_is_no_release(text: str) -> None:
    assert release(text) is None and not is_newer(text, "0.1") and not fits(text, "")


@pytest.mark.parametrize(
    "specifier",
    [
        "",
        ">=3.10",
        ">=3.10, <4",
        "==3.11.4",
        "==3.11.*",
        "!=3.10.*",
        "~=3.11",
        "~=3.11.2",
        "!=3.11",
    ],
)
def test_a_version_that_fits(specifier: str) -> None:
    assert fits("3.11.4", specifier)


@pytest.mark.parametrize(
    "specifier",
    [
        ">=3.12",
        "<3.11",
        ">3.11.4",
        "<=3.11.3",
        "==3.11",
        "==3.10.*",
        "!=3.11.*",
        "~=3.10.2",
        ">=3.10,!=3.11.4",
        "~=3",
        "===3.11.4",
        "3.11.4",
        ">= three",
        "~=3.*",
    ],
)
def test_a_version_that_does_not_fit_or_words_that_are_not_understood(specifier: str) -> None:
    assert not fits("3.11.4", specifier)
