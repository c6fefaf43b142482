import string
from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.sentences import (
    ERRORS,
    NOTICES,
    format_bytes,
    format_duration,
    printable,
    say,
    say_notice,
    say_null_depth,
    say_null_depth_at_length,
)


def test_every_code_has_its_sentences() -> None:
    assert set(ERRORS) == set(ErrorCode)
    assert set(NOTICES) == set(NoticeCode)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_sentence_says_what_happened_and_what_to_do(code: ErrorCode) -> None:
    happened, remedy = say(code, Path("/music/song.mp3"), {})
    for sentence in (happened, remedy):
        assert sentence[0].isupper() or sentence.startswith("song.mp3") or sentence[0] == "/"
        assert sentence.endswith((".", "/music/song.mp3", "https://"))


def test_a_full_disk_is_told_with_numbers(tmp_path: Path) -> None:
    error = DiskFullError(tmp_path, 5_000_000_000)
    really_full, _ = say(error.code, error.path, {"free_bytes": 0, "needed_bytes": 0})
    assert really_full.endswith("has 0 bytes left and more are needed.")
    happened, _ = say(error.code, error.path, error.facts)
    assert "5.0 GB are needed" in happened
    assert str(tmp_path) in happened


def test_a_wrong_size_and_a_wrong_hash_are_told_exactly() -> None:
    path = Path("/models/955717e8.safetensors")
    sizes: dict[str, str | int | float] = {
        "host": "mirror",
        "found_bytes": 84_025_441,
        "expected_bytes": 84_025_440,
    }
    happened, _ = say(ErrorCode.DOWNLOAD_WRONG_SIZE, path, sizes)
    assert "955717e8.safetensors is 84,025,441 bytes long, not 84,025,440 bytes" in happened
    hashes = {"host": "mirror", "found": "0" * 64, "expected": "f" * 64}
    happened, _ = say(ErrorCode.DOWNLOAD_WRONG_HASH, path, hashes)
    assert "0" * 64 in happened and "f" * 64 in happened


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1536, "2 kB"), (84_025_440, "84.0 MB"), (3e12, "3.0 TB")],
)
def test_bytes(count: float, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.6, "1:00"), (72, "1:12"), (3600, "1:00:00"), (-1, "0:00")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_names_that_cannot_be_shown_are_made_showable() -> None:
    assert printable("a\udcff\n\x1bb 日本 🎸") == "a���b 日本 🎸"
    assert printable("\udcff\ud800\udbff") == "���"


def test_notices_carry_their_numbers() -> None:
    text = say_notice(Notice(NoticeCode.TRUNCATED, {"decoded_s": 1.07, "declared_s": 185.0}))
    assert text.startswith("The file is damaged or cut off: 0:01 of 3:05 could be read")
    vague = say_notice(Notice(NoticeCode.TRUNCATED, {"decoded_s": 1.07, "declared_s": 0.0}))
    assert "0:01 of an unknown length" in vague
    loud = Notice(NoticeCode.CLIPPED, {"stem": "drums", "peak_db": 1.234})
    assert "1.2 dB" in say_notice(loud)


@pytest.mark.parametrize(
    ("depth", "text", "at_length"),
    [
        (NullDepth(-38.2, None), "recombines exactly", "the error was -38 dB"),
        (NullDepth(-38.2, -38.2), "recombines at -38 dB", "with an error of -38 dB"),
        (NullDepth(-38.2, -151.6), "recombines at -152 dB", "the error was -38 dB"),
        (NullDepth(-0.2, -0.2), "recombines at 0 dB", "with an error of 0 dB"),
        (NullDepth(None, None), "recombines exactly", "the song, sample for sample."),
    ],
)
def test_null_depths_in_words(depth: NullDepth, text: str, at_length: str) -> None:
    minus = "\N{MINUS SIGN}"
    assert say_null_depth(depth) == text.replace("-", minus)
    assert at_length.replace("-", minus) in say_null_depth_at_length(depth)
    separated = "As they were separated" in say_null_depth_at_length(depth)
    assert separated == (depth.plain_db != depth.saved_db), "told once where it is the same"


def test_the_table_asks_only_for_facts_that_are_named_somewhere() -> None:
    known = {
        *("name", "path", "detail", "model", "stem", "known", "device", "limit_s"),
        *("channels", "samplerate_hz", "needed_bytes", "free_bytes"),
        *("command", "installed"),
        *("host", "proxy", "address", "status", "meaning", "done_bytes", "total_bytes"),
        *("expected_bytes", "found_bytes", "expected", "found"),
        *("site", "duration_s", "limit_bytes", "version", "browser", "index"),
        *("decoded_s", "declared_s", "samples", "peak_db", "reason", "part"),
        *("preset", "song"),
        *("system", "driver", "needed", "gpu", "capability", "file"),
    }
    sentences = [text for pair in ERRORS.values() for text in pair] + list(NOTICES.values())
    asked = {
        field for text in sentences for _, field, _, _ in string.Formatter().parse(text) if field
    }
    assert asked <= known
