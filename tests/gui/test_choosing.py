from __future__ import annotations

from dataclasses import replace

import pytest

from stemdesk.core.options import SeparationOptions
from stemdesk.core.settings import Settings
from stemdesk.gui.choosing import (
    chosen_model,
    instead_of,
    plan,
    plan_at_once,
    settings_with_other,
    with_other,
)
from stemdesk.gui.model_values import ModelChoice, ModelState
from support.fake_models import FOUR, MB, STARTER, released

ABSENT, INSTALLED, PARTIAL = ModelState.ABSENT, ModelState.INSTALLED, ModelState.PARTIAL
MINE = ModelChoice("mine", FOUR, MB)
BROKEN = ModelChoice("broken", (), 0, ModelState.BROKEN)


def test_a_fresh_machine_asks_for_htdemucs_until_the_draft_is_accepted() -> None:
    choices = (STARTER, released())
    first = plan(choices, Settings())
    assert (first.options.model, first.waits) == ("htdemucs", True)
    accepted = plan(choices, Settings(draft_accepted=True))
    assert (accepted.options.model, accepted.waits) == ("starter", False)
    chosen = plan(choices, Settings(model="starter"))
    assert (chosen.options.model, chosen.waits) == ("starter", False)


@pytest.mark.parametrize("accepted", [False, True])
def test_what_is_installed_is_better_than_the_draft(accepted: bool) -> None:
    settings = Settings(draft_accepted=accepted)
    assert chosen_model((STARTER, released(), MINE), settings) == "mine"
    assert chosen_model((STARTER, released(state=INSTALLED), MINE), settings) == "htdemucs"
    assert (
        chosen_model((STARTER, released(state=INSTALLED), MINE), Settings(model="mine")) == "mine"
    )


def test_a_model_that_is_gone_is_not_waited_for_but_one_to_download_is() -> None:
    choices = (STARTER, released(), released("htdemucs_6s"), MINE)
    assert not plan(choices, Settings(model="gone")).waits
    wanted = plan(choices, Settings(model="htdemucs_6s"))
    assert (wanted.options.model, wanted.waits) == ("htdemucs_6s", True)


def test_without_anything_it_is_htdemucs_which_the_job_will_miss() -> None:
    assert plan((), Settings()).options == SeparationOptions("htdemucs")
    assert not plan((), Settings()).waits
    assert chosen_model((BROKEN,), Settings()) == "broken"  # the job will say why
    assert chosen_model((STARTER, BROKEN), Settings()) == "starter"


def test_a_damaged_model_is_not_passed_over_in_silence() -> None:
    damaged = released(state=ModelState.BROKEN)
    choices = (STARTER, damaged, BROKEN)
    assert plan(choices, Settings()).options.model == "htdemucs"  # the job will say why
    assert not plan(choices, Settings()).waits
    assert chosen_model(choices, Settings(draft_accepted=True)) == "starter"
    assert chosen_model((*choices, MINE), Settings()) == "mine"
    assert chosen_model((*choices, MINE), Settings(model="htdemucs")) == "htdemucs"
    assert chosen_model((*choices, MINE), Settings(model="broken")) == "broken"
    assert plan_at_once(choices, Settings()).options.model == "starter"  # the demo just plays


def test_best_waits_for_its_model_only_as_far_as_the_stems_need() -> None:
    best = Settings(quality="best")
    absent = (STARTER, released(state=INSTALLED), released("htdemucs_ft"))
    assert plan(absent, best).options.model == "htdemucs_ft" and plan(absent, best).waits
    partial = (*absent[:2], released("htdemucs_ft", PARTIAL))
    assert plan(partial, best).waits
    assert not plan(partial, replace(best, stems=("vocals",))).waits
    nowhere = plan(absent[:2], best)
    assert (nowhere.options.model, nowhere.waits) == ("htdemucs", False)


def test_what_is_to_be_downloaded() -> None:
    fine = released("htdemucs_ft")
    assert fine.missing_bytes() == 336 * MB
    assert fine.missing_bytes(("vocals",)) == 84 * MB
    assert fine.missing_bytes(("vocals", "piano")) == 84 * MB
    assert fine.missing_bytes(("piano",)) == 336 * MB  # the job would make all it has
    partial = released("htdemucs_ft", PARTIAL)
    assert partial.missing_bytes() == 252 * MB
    assert partial.stems_there == ("vocals",)
    assert partial.usable(("vocals",)) and not partial.usable()
    assert released(state=INSTALLED).missing_bytes() == 0
    assert not released(downloadable=False).choosable


def test_the_demo_waits_for_nothing() -> None:
    assert plan_at_once((STARTER, released()), Settings()).options.model == "starter"
    best = Settings(quality="best")
    choices = (STARTER, released(state=INSTALLED), released("htdemucs_ft"))
    assert plan_at_once(choices, best).options.model == "htdemucs"
    assert plan_at_once((released(),), Settings()).waits  # there is nothing else


def test_what_could_do_instead() -> None:
    here = released(state=INSTALLED)
    assert instead_of((STARTER, here, MINE), "htdemucs_ft") == here
    assert instead_of((STARTER, released(), MINE), "htdemucs") == MINE
    assert instead_of((STARTER, released()), "htdemucs") == STARTER
    assert instead_of((released(), BROKEN), "htdemucs") is None


def test_another_model_makes_the_stems_that_it_has() -> None:
    options = SeparationOptions("htdemucs_6s", ("vocals", "piano"), 0.1)
    assert with_other(options, STARTER).options == SeparationOptions("starter", ("vocals",), 0.1)


def test_who_takes_another_model_is_not_asked_again() -> None:
    choices = (STARTER, released(), released("htdemucs_ft"))
    for settings in (Settings(), Settings(model="htdemucs"), Settings(quality="best")):
        first = plan(choices, settings)
        assert first.waits
        after = settings_with_other(settings, first.options.model, STARTER)
        assert after.draft_accepted
        assert plan(choices, after).options.model == "starter"
        # and once a better one is there, it is taken
        later = (STARTER, released(state=INSTALLED), released("htdemucs_ft"))
        assert plan(later, after).options.model == "htdemucs"
    mine = settings_with_other(Settings(model="htdemucs_6s"), "htdemucs_6s", MINE)
    assert mine == Settings(model="mine")


def test_a_model_that_lacks_the_wanted_stems_comes_last() -> None:
    six = ModelChoice("six", (*FOUR, "guitar", "piano"), MB)
    here = released(state=INSTALLED)
    piano = Settings(stems=("piano",), draft_accepted=True)
    assert chosen_model((STARTER, here, six), piano) == "six"
    assert chosen_model((STARTER, here, six), Settings(stems=("bass",))) == "htdemucs"
    assert chosen_model((STARTER, here), piano) == "htdemucs"  # no one makes it: not the draft
    assert instead_of((STARTER, here, six), "htdemucs_6s", ("piano",)) == six
    assert instead_of((STARTER, here), "htdemucs_6s", ("piano",)) == here
    voice = ModelChoice("voice", ("vocals",), MB)
    assert instead_of((STARTER, voice), "htdemucs", ("drums",)) == STARTER
    assert instead_of((STARTER, voice), "htdemucs", ("vocals",)) == voice
