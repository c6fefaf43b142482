from __future__ import annotations

from dataclasses import replace

import pytest

from stemdesk.core.transfer import Transfer
from stemdesk.gui import model_words, offer_words
from stemdesk.gui.model_values import Download, Errand, ModelChoice, ModelState, Phase
from support.fake_models import STARTER, released

TIMES = "\N{MULTIPLICATION SIGN}"


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (4.0, f"about 4{TIMES} the time of htdemucs"),
        (1.76, f"about 1.8{TIMES} the time of htdemucs"),
        (1.0, "about the time of htdemucs"),
        (0.75, f"about 1.3{TIMES} as fast as htdemucs"),
        (0.44, f"about 2.3{TIMES} as fast as htdemucs"),
        (None, ""),
    ],
)
def test_time_in_words(times: float | None, words: str) -> None:
    assert model_words.time_text(released("htdemucs_6s", relative_time=times)) == words


def test_htdemucs_is_what_others_are_compared_with() -> None:
    assert model_words.time_text(released()) == ""
    assert model_words.time_text(STARTER) == "much faster than htdemucs"


@pytest.mark.parametrize(
    ("count", "text"),
    [(84_025_440, "84 MB"), (336_101_760, "336 MB"), (3_679_448, "3.7 MB"), (2**31, "2.1 GB")],
)
def test_sizes_are_as_exact_as_people_care_for(count: int, text: str) -> None:
    assert model_words.size_text(count) == text


def test_a_download_whose_size_is_unknown() -> None:
    transfer = Transfer("x", 3_000_000, 0, None, None)
    download = Download(Errand.DOWNLOAD, transfer=transfer)
    assert model_words.errand_text(download) == "Downloading, 3.0 MB"
    assert model_words.errand_text(Download(Errand.DOWNLOAD)) == "Downloading…"


@pytest.mark.parametrize(
    ("transfer", "text"),
    [
        (Transfer("x", 0, 100), "Downloading, waiting for the server"),
        (Transfer("x", 43, 100, 0.0), "Downloading 43 %, waiting for the server"),
        (Transfer("x", 43, 100), "Downloading 43 %"),
        (Transfer("x", 100, 100, 0.0, 0.0), "Downloading 100 %, 0 bytes/s, 0:00 left"),
    ],
)
def test_a_server_that_sends_nothing(transfer: Transfer, text: str) -> None:
    assert model_words.errand_text(Download(Errand.DOWNLOAD, transfer=transfer)) == text
    check = Download(Errand.CHECK, transfer=transfer)
    assert "server" not in model_words.errand_text(check)


def test_a_narrow_row_says_the_number_first() -> None:
    transfer = Transfer("htdemucs", 43, 100, 2.1e6, 31.0)
    running = Download(Errand.DOWNLOAD, transfer=transfer)
    assert (
        offer_words.arriving_text("htdemucs", running) == "Waiting for htdemucs: downloading 43 %"
    )
    assert offer_words.arriving_briefly("htdemucs", running) == "Download of htdemucs: 43 %"
    queued = Download(Errand.DOWNLOAD, phase=Phase.WAITING)
    assert model_words.errand_text(queued) == "Waiting for its turn…"
    expected = "Waiting for htdemucs: its download waits for its turn"
    assert offer_words.arriving_text("htdemucs", queued) == expected
    assert offer_words.arriving_briefly("htdemucs", queued) == "Download of htdemucs: waiting"
    failed = Download(Errand.DOWNLOAD, phase=Phase.FAILED)
    assert offer_words.arriving_briefly("htdemucs", failed) == "Download of htdemucs: failed"
    assert offer_words.arriving_briefly("htdemucs", None) == "Waiting for htdemucs"
    check = Download(Errand.CHECK)
    assert offer_words.arriving_text("htdemucs", check) == "Waiting for htdemucs"


def test_a_part_of_a_model_names_its_stems() -> None:
    partial = released("htdemucs_ft", ModelState.PARTIAL)
    expected = "Installed for vocals only; the rest is 252 MB"
    assert model_words.state_text(partial, None) == expected


def test_an_imported_file_may_be_one_of_several() -> None:
    partial = released("htdemucs_ft", ModelState.PARTIAL)
    expected = "1 of 4 files of htdemucs_ft are here; import the others, too."
    assert model_words.imported_text("htdemucs_ft", partial) == (
        f"{expected} It makes vocals already."
    )
    useless = replace(partial, state=ModelState.BROKEN)
    assert model_words.imported_text("htdemucs_ft", useless) == expected
    whole = released("htdemucs_ft", ModelState.INSTALLED)
    for choice in (whole, None):
        text = model_words.imported_text("htdemucs_ft", choice)
        assert text.startswith("htdemucs_ft is installed. Choose it")


def test_removing_a_model_of_unknown_size_promises_no_room() -> None:
    damaged = ModelChoice("mine", (), 0, ModelState.BROKEN)
    assert "frees" not in model_words.remove_text(damaged)
    assert model_words.remove_text(released()).startswith("That frees 84 MB. Songs")
