import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemdesk.core.names import MAX_BYTES, safe_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Band - Song", "Band - Song"),
        ("../x", "_x"),
        ("AC/DC: Live?", "AC_DC_ Live_"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1", "_com1"),
        ("console", "console"),
        ("T.N.T.", "T.N.T"),
        ("  ", "Untitled"),
        ("...", "Untitled"),
        ("“Emoji” 🎸 'quotes'", "“Emoji” 🎸 'quotes'"),
        ("tab\there", "tab�here"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_long_titles_are_cut_between_characters() -> None:
    name = safe_name("ü" * 300)
    assert name == "ü" * (MAX_BYTES // 2)


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_gives_a_name_that_every_system_takes(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= MAX_BYTES + 1
    assert not set(name) & set('<>:"/\\|?*') and name == unicodedata.normalize("NFC", name)
    assert not name.startswith(".") and not name.endswith((".", " "))
    assert safe_name(name) == name
