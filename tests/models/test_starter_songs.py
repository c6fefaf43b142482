"""What the training songs are made of: instruments, drums, grooves and effects of random kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from support.training import scripts

__all__ = ["scripts"]
pytestmark = pytest.mark.usefixtures("scripts")
RATE = 44100
Samples = NDArray[np.floating[Any]]


def _power(sound: Samples) -> tuple[Samples, Samples]:
    """Hz and power of each bin, all sides together."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return np.fft.rfftfreq(sound.shape[-1], 1 / RATE), power.reshape(-1, power.shape[-1]).sum(0)


def test_partials_are_where_the_note_is() -> None:
    import timbres

    rng = np.random.default_rng(0)
    plucked = timbres.Ringing(
        np.array([1.0, 2.7]), np.array([1.0, 0.5]), np.array([0.5, 0.5]),
        damping=0.0, bright_hz=9000, beating=0, knock=0, knock_hz=1000,
    )  # fmt: skip
    tone = plucked.note(rng, 300, 1.0)
    hertz, power = _power(tone)
    for pitch in (300, 810):
        near = np.abs(hertz - pitch) < 20
        assert power[near].sum() > 0.03 * power.sum()
    expected = np.abs(hertz[:, None] - (300, 810)).min(axis=1) < 40
    assert power[expected].sum() > 0.95 * power.sum()
    early, late = tone[2000:6000].std(), tone[2000 + 22050 : 6000 + 22050].std()
    assert late / early == pytest.approx(np.exp(-1), rel=0.1)


def test_every_kind_of_instrument_plays_its_notes_when_they_are_written() -> None:
    import timbres
    from plan import Note

    seen = set()
    for seed in range(24):
        rng = np.random.default_rng(seed)
        instrument = timbres.random_instrument(rng)
        seen.add(type(instrument))
        track = timbres.played(rng, instrument, [Note(1.0, 0.5, 57, 0.8), Note(4.0, 0.5, 60, 0.8)])
        assert track.shape == (2, 22 * RATE)
        assert np.isfinite(track).all()
        assert not track[:, :RATE].any(), "before the first note"
        loud = np.abs(track).max()
        assert np.abs(track[:, RATE : 2 * RATE]).max() > 0.05 * loud
        assert np.abs(track[:, 4 * RATE : 5 * RATE]).max() > 0.3 * loud
        assert not track[:, 12 * RATE :].any(), "it rings on"
        again = np.random.default_rng(seed)
        twin = timbres.random_instrument(again)
        notes = [Note(1.0, 0.5, 57, 0.8), Note(4.0, 0.5, 60, 0.8)]
        np.testing.assert_array_equal(track, timbres.played(again, twin, notes))
    assert seen == {timbres.Ringing, timbres.Holding, timbres.Modulated}


@pytest.mark.parametrize("sustained", [True, False])
def test_an_instrument_that_lasts_does_and_one_that_fades_does(sustained: bool) -> None:
    import timbres

    rng = np.random.default_rng(1)
    for _ in range(20):
        instrument = timbres.random_instrument(rng, sustained)
        tone = instrument.note(rng, 220, 5.0)[: 5 * RATE]
        early, late = tone[: RATE // 2].std(), tone[-RATE // 2 :].std()
        if sustained:
            assert late > 0.1 * early
        else:
            assert late < early


def test_effects_keep_level_and_length() -> None:
    import effects

    rng = np.random.default_rng(0)
    time = np.arange(4 * RATE) / RATE
    part = np.stack([np.sin(2 * np.pi * 220 * time), np.sin(2 * np.pi * 331 * time)])
    part = (0.1 * part * np.exp(-(time % 0.5) / 0.2)).astype(np.float32)
    changed = 0
    for _ in range(40):
        heard = effects.through_effects(rng, part, beat=0.5, chance=0.9)
        assert heard.shape == part.shape
        assert heard.dtype == np.float32
        assert np.isfinite(heard).all()
        assert heard.std() == pytest.approx(part.std(), rel=1e-3)
        assert abs(heard.mean()) < 0.1 * heard.std(), "a constant offset"
        changed += not np.allclose(heard, part, atol=1e-4)
    assert changed > 35
    same = effects.through_effects(rng, part, beat=0.5, chance=0)
    np.testing.assert_allclose(same, part, rtol=1e-3)


def test_pieces_of_a_random_kit_have_their_power_where_the_piece_has_it() -> None:
    import grooves
    import percussion
    from plan import Note

    for seed in range(12):
        rng = np.random.default_rng(seed)
        share = {}
        for drum in (grooves.KICK, grooves.SNARE, grooves.CLOSED, grooves.CRASH, 43):
            track = percussion.played(rng, [Note(1.0, 0.2, drum, 1.0)])
            assert np.isfinite(track).all()
            assert not track[:, :RATE].any()
            assert 0.1 < np.abs(track).max() < 2
            hertz, power = _power(track[:, RATE : 4 * RATE])
            share[drum] = power[hertz < 250].sum() / power.sum()
        assert share[grooves.KICK] > 0.3
        assert max(share[grooves.CLOSED], share[grooves.CRASH]) < 0.05


def test_invented_bars_fit_their_grid_and_begin_with_a_kick() -> None:
    import grooves

    rng = np.random.default_rng(0)
    bars = [grooves.invented(rng) for _ in range(60)]
    for bar in bars:
        drum, kicks = bar.parts[0]
        assert drum == grooves.KICK
        assert kicks[0] != "."
        assert {len(steps) for _, steps in bar.parts} <= {12, 16}
        assert len({len(steps) for _, steps in bar.parts}) == 1
        assert len(kicks) % bar.beats == 0
        assert all(set(steps) <= set("xo-.") for _, steps in bar.parts)
    assert len({bar.parts for bar in bars}) == 60
    assert {bar.beats for bar in bars} == {3, 4}


def test_a_riff_repeats_its_figure_in_the_chords_of_each_bar() -> None:
    import plan

    for seed in range(8):
        rng = np.random.default_rng(seed)
        score = plan.make_plan(rng)
        notes = plan.riff_part(rng, score, 55)
        starts: dict[int, set[int]] = {}
        for note in notes:
            bar = int((note.start + 0.001) / score.bar)
            allowed = {pitch % 12 for pitch in score.chord(bar, 55)}
            assert {note.pitch % 12, (note.pitch - 7) % 12} & allowed
            step = round((note.start - score.time(bar, 0)) / score.bar * score.steps - 0.2)
            starts.setdefault(bar, set()).add(step)
        assert set(starts) == {bar for bar in range(score.bars) if score.active[2][bar]}
        assert len(set(map(frozenset, starts.values()))) == 1


def test_half_a_batch_mixed_anew_keeps_some_stems_together() -> None:
    """Stems are numbered by clip in the level of their power: those kept belong to one clip."""
    import torch

    import spectra

    stems = torch.zeros(6, 4, 2, 8, 3, dtype=torch.complex64)
    for clip in range(6):
        stems[clip] = 10.0 ** (2 * clip)
    above = stems[:, :, 0, 0, 0].abs().square()
    together = apart = 0
    for seed in range(40):
        mixed, power = spectra._mixed_anew(np.random.default_rng(seed), stems, above)
        torch.testing.assert_close(power, mixed[:, :, 0, 0, 0].abs().square())
        level = torch.log10(mixed.abs()[:, :, 0, 0, 0]) / 2
        clips = level.round().long()
        for stem in range(4):
            assert sorted(clips[:, stem].tolist()) == list(range(6))
        same = (clips == torch.arange(6)[:, None]).all(dim=0)
        together += int(same.sum())
        apart += int((~same).sum())
    assert together / (together + apart) == pytest.approx(0.35, abs=0.1)
