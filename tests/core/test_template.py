import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemdesk.core.errors import SettingsError
from stemdesk.core.export_order import DEFAULT_TEMPLATE
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.names import MAX_BYTES
from stemdesk.core.template import (
    FIELDS,
    MAX_UNITS,
    NameFacts,
    check_template,
    name_for,
    tells_formats_apart,
    tells_parts_apart,
)

_KNOWN = NameFacts(
    artist="AC/DC",
    title="Hells Bells",
    album="Back in Black",
    track=7,
    stem="vocals",
    model="htdemucs",
    bpm=107.0,
    key="Am",
    date=date(2026, 3, 9),
    name="07 hells",
    format="WAV 24-bit",
)
_UNKNOWN = NameFacts(stem="vocals", name="my song")


@pytest.mark.parametrize(
    ("template", "known", "unknown"),
    [
        (
            DEFAULT_TEMPLATE,
            "AC_DC - Hells Bells/AC_DC - Hells Bells (vocals)",
            "my song/my song (vocals)",
        ),
        (
            "{artist} - {title}/{track:02} {stem}",
            "AC_DC - Hells Bells/07 vocals",
            "my song/vocals",
        ),
        ("{artist}/{album}/{stem}", "AC_DC/Back in Black/vocals", "vocals"),
        ("{artist}\\{stem}", "AC_DC/vocals", "vocals"),
        ("{album} - {track} - {title}", "Back in Black - 7 - Hells Bells", "my song"),
        ("{title} - {album} - {stem}", "Hells Bells - Back in Black - vocals", "my song - vocals"),
        ("{track:02}. {title}", "07. Hells Bells", "my song"),
        ("{title} ({bpm} bpm, {key})", "Hells Bells (107 bpm, Am)", "my song"),
        ("{title} ({key}, {stem})", "Hells Bells (Am, vocals)", "my song (vocals)"),
        ("[{artist} ({album})] {stem}", "[AC_DC (Back in Black)] vocals", "vocals"),
        ("{title}_{bpm}bpm_{key}_{stem}", "Hells Bells_107bpm_Am_vocals", "my song_vocals"),
        ("{bpm:04} {title}", "0107 Hells Bells", "my song"),
        ("{date} {model} {stem}", "2026-03-09 htdemucs vocals", "vocals"),
        ("{format}/{stem}", "WAV 24-bit/vocals", "vocals"),
        ("{{{title}}}", "{Hells Bells}", "{my song}"),
        ("({title}", "(Hells Bells", "(my song"),
        ("{album}", "Back in Black", "my song"),
    ],
)
def test_what_is_not_known_leaves_nothing_behind(template: str, known: str, unknown: str) -> None:
    assert str(name_for(template, _KNOWN)) == known
    assert str(name_for(template, _UNKNOWN)) == unknown


def test_a_tempo_has_a_decimal_where_it_needs_one() -> None:
    facts = NameFacts(bpm=127.5)
    assert str(name_for("{bpm}", facts)) == "127.5"
    assert str(name_for("{bpm:3}", facts)) == "128"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (NameFacts(title="CON"), "_CON"),
        (NameFacts(title="../../etc/passwd"), "_.._etc_passwd"),
        (NameFacts(title="Et cetera..."), "Et cetera"),
        (NameFacts(title="Who? What: <me>\0"), "Who_ What_ _me_"),
        (NameFacts(title="{artist} {"), "{artist} {"),
        (NameFacts(title="Song - (live) - "), "Song - (live) -"),
        (NameFacts(title="Cafe\N{COMBINING ACUTE ACCENT}"), "Café"),
        (NameFacts(), "Untitled"),
    ],
)
def test_the_song_s_own_text_is_kept_but_made_safe(facts: NameFacts, name: str) -> None:
    assert str(name_for("{title}", facts)) == name


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "file's name"),
        ("{artist}/", "file's name"),
        ("/srv/{title}", "below the chosen folder"),
        ("C:\\music\\{title}", "below the chosen folder"),
        ("../{title}", "dots"),
        ("{title}/../x", "dots"),
        ("{titel}", "there is no {titel}; there are {artist}, {title}"),
        ("{title!r}", "there is no {title!r}"),
        ("{}", "there is no {}"),
        ("{title:02}", "only numbers"),
        ("{track:abc}", "only numbers"),
        ("{track:999}", "only numbers"),
        ("{title", "brace"),
        ("title}", "brace"),
        ("a/" * 9 + "b", "8 folders"),
    ],
)
def test_a_template_that_cannot_be_says_why(template: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_template(template)
    assert why in caught.value.detail


def test_a_template_tells_whether_it_tells_apart() -> None:
    assert tells_parts_apart("{title} ({stem})") and not tells_parts_apart("{title}")
    assert tells_formats_apart("{format}/{stem}") and not tells_formats_apart(DEFAULT_TEMPLATE)


def test_long_names_are_cut_where_the_stem_stays() -> None:
    facts = NameFacts(artist="ü" * 400, title="東" * 400, stem="vocals", name="x" * 400)
    name = name_for(DEFAULT_TEMPLATE, facts)
    assert name.name.endswith(" (vocals)") and name.parent.name.startswith("üüü")
    assert len(str(name)) <= MAX_UNITS
    assert name_for("{title}/{stem}", facts).parent.name == "東" * (MAX_BYTES // 3)


_FIELD = st.sampled_from([f"{{{name}}}" for name in FIELDS] + ["{track:02}"])
_LITERAL = st.text(st.characters(exclude_categories=[], exclude_characters="{}/\\"), max_size=8)
_TEMPLATES = st.lists(st.one_of(_FIELD, _LITERAL, st.just("/")), min_size=1, max_size=9)
_TEXT = st.text(st.characters(exclude_categories=[]), max_size=120)


@given(_TEMPLATES, _TEXT, _TEXT, st.none() | st.integers(0, 999))
def test_any_template_gives_names_that_every_system_takes(
    parts: list[str], artist: str, title: str, track: int | None
) -> None:
    template = "".join(parts)
    try:
        check_template(template)
    except SettingsError:
        return
    name = name_for(template, NameFacts(artist, title, track=track, stem="other", name="n"))
    assert not name.is_absolute() and name.parts
    for part in name.parts:
        assert part not in (".", "..") and not part.startswith(".") and part.strip(". ") == part
        assert not set(part) & set('<>:"/\\|?*\0') and len(part.encode()) <= MAX_BYTES + 1
        assert part == unicodedata.normalize("NFC", part)


def test_formats_have_names_that_tell_them_apart() -> None:
    formats = [
        FileFormat(FileKind.WAV),
        FileFormat(FileKind.WAV, 32),
        FileFormat(FileKind.MP3, kbps=320),
        FileFormat(FileKind.MP3, quality=0),
        FileFormat(FileKind.VORBIS, quality=8),
    ]
    labels = ["WAV", "WAV 32-bit float", "MP3 320 kbps", "MP3 V0", "OGG Q8"]
    assert [one.label for one in formats] == labels
