import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.engine.plan import Outline, Pass, Plan, make_outline
from stemdesk.engine.plan import make_plan as plan_of
from stemdesk.models.arguments import HDEMUCS, HTDEMUCS
from stemdesk.models.bag import Weights
from stemdesk.models.library import ModelFile, ModelInfo

STEMS = ("drums", "bass", "other", "vocals")
IDENTITY = tuple(tuple(float(row == column) for column in range(4)) for row in range(4))
RATE = 8000


def a_file(klass: str = HTDEMUCS, segment: Fraction = Fraction(1, 8)) -> ModelFile:
    return ModelFile("0", Path("0.safetensors"), klass, STEMS, RATE, 2, segment, 1)


def a_model(
    *files: ModelFile, weights: Weights | None = None, segment: Fraction | None = None
) -> ModelInfo:
    files = files or (a_file(),)
    return ModelInfo("m", files, weights or ((1.0,) * 4,) * len(files), segment)


def make_plan(
    model: ModelInfo, stems: tuple[str, ...], frames: int, overlap: float, shifts: int = 0
) -> Plan:
    return plan_of(make_outline(model, stems, overlap, shifts), frames)


def weights(plan: Plan, one: Pass) -> np.ndarray:
    """[frames]: what the first stem of a pass is multiplied by."""
    found: np.ndarray = plan.outline.weights(one)[0, 0]
    return found


def total_weights(plan: Plan, model: int) -> np.ndarray:
    """[frames]: the sum over the passes of a sub-model of what the first stem is multiplied by,
    over the sub-model's share in it."""
    total = np.zeros(plan.frames)
    share = sum(grid.shares[0] for grid in plan.outline.grids if grid.model == model)
    for one in plan.passes:
        if plan.outline.grids[one.grid].model == model:
            piece = one.piece
            total[piece.start : piece.start + piece.frames] += weights(plan, one) / share
    return total


@pytest.mark.parametrize("frames", [1, 749, 750, 751, 999, 1000, 1001, 3300])
def test_segments_start_as_in_stock_demucs(frames: int) -> None:
    plan = make_plan(a_model(), (), frames, 0.25)
    assert [piece.start for piece in plan.pieces] == list(range(0, frames, 750))
    assert all(piece.frames == min(1000, frames - piece.start) for piece in plan.pieces)


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("frames", [1, 2, 1000, 1001, 4321])
def test_weights_add_up_to_one_at_every_frame(overlap: float, frames: int) -> None:
    plan = make_plan(a_model(), (), frames, overlap)
    np.testing.assert_allclose(total_weights(plan, 0), 1, atol=1e-6)


def test_weights_are_triangles_over_their_sum() -> None:
    plan = make_plan(a_model(), (), 1750, 0.25)
    first, second = weights(plan, plan.passes[0]), weights(plan, plan.passes[1])
    np.testing.assert_array_equal(first[:750], np.ones(750, np.float32))
    assert first[750] == pytest.approx(250 / 251)
    assert second[0] == pytest.approx(1 / 251)
    assert first[999] == pytest.approx(1 / 251)


def test_a_stem_nobody_asked_for_is_not_in_the_plan() -> None:
    model = a_model(*[a_file()] * 4, weights=IDENTITY)
    plan = make_plan(model, ("vocals",), 3000, 0.25)
    assert {plan.outline.grids[one.grid].model for one in plan.passes} == {3}
    assert {piece.stems for piece in plan.pieces} == {("vocals",)}
    assert plan.outline.stems == ("vocals",)


def test_a_piece_holds_only_stems_that_its_model_has_weight_in() -> None:
    weights = ((1.0, 1.0, 0.0, 0.0), (0.0, 3.0, 1.0, 1.0))
    plan = make_plan(a_model(a_file(), a_file(), weights=weights), ("bass", "vocals"), 10, 0.25)
    assert [piece.stems for piece in plan.pieces] == [("bass",), ("bass", "vocals")]
    assert [grid.shares for grid in plan.outline.grids] == [(0.25,), (0.75, 1)]
    both = [plan.outline.weights(one) for one in plan.passes]
    assert [part.shape for part in both] == [(1, 1, 10), (2, 1, 10)]
    np.testing.assert_array_equal(both[0][0] + both[1][0], np.ones((1, 10)))


def test_sub_models_of_a_segment_run_together() -> None:
    plan = make_plan(a_model(a_file(), a_file()), (), 2000, 0.25)
    assert [(one.segment, one.grid) for one in plan.passes] == [
        (0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1),
    ]  # fmt: skip
    assert [piece.name for piece in plan.pieces[:3]] == ["m0-000000", "m1-000000", "m0-000001"]


def test_sub_models_with_other_segments_are_ordered_by_time() -> None:
    model = a_model(a_file(HDEMUCS, Fraction(1, 2)), a_file(HDEMUCS, Fraction(1, 8)))
    plan = make_plan(model, (), 6000, 0.25)
    starts = [piece.start for piece in plan.pieces]
    assert starts == sorted(starts)
    for index in (0, 1):
        np.testing.assert_allclose(total_weights(plan, index), 1, atol=1e-6)


def test_stems_come_in_the_models_order_and_once() -> None:
    outline = make_outline(a_model(), ("vocals", "drums", "vocals"), 0.25)
    assert outline.stems == ("drums", "vocals")


def test_the_yaml_segment_holds_only_where_demucs_lets_it() -> None:
    longer, shorter = Fraction(1, 4), Fraction(1, 16)
    files = (a_file(HTDEMUCS), a_file(HDEMUCS))
    assert lengths(a_model(*files, segment=longer)) == [1000, 2000]
    assert lengths(a_model(*files, segment=shorter)) == [500, 500]


def lengths(model: ModelInfo) -> list[int]:
    return [grid.length for grid in make_outline(model, (), 0.25).grids]


def test_an_unknown_stem_names_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        make_plan(a_model(), ("vocals", "kazoo"), 10, 0.25)
    assert caught.value.code is ErrorCode.STEM_UNKNOWN
    assert caught.value.facts == {"stem": "kazoo", "known": "drums, bass, other, vocals"}


def test_an_empty_song_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 frames"):
        make_plan(a_model(), (), 0, 0.25)


# --- while the song is not known to its end ---


def early(outline: Outline, grid: int, known: int) -> list[Pass]:
    """What is certain once the first `known` frames of a song are."""
    first, end = outline.grids[grid].first, outline.grids[grid].ready(known)
    return list(outline.passes(grid, first, end, known))


@pytest.mark.parametrize("shifts", [0, 1, 2])
@pytest.mark.parametrize("klass", [HTDEMUCS, HDEMUCS])
def test_what_is_certain_early_is_the_same_in_the_end(klass: str, shifts: int) -> None:
    outline = make_outline(a_model(a_file(klass, Fraction(1, 2))), (), 0.25, shifts)
    frames = 200_000
    plan = plan_of(outline, frames)
    for index, grid in enumerate(outline.grids):
        final = [one for one in plan.passes if one.grid == index]
        for known in (0, 1, 3999, 4000, 4001, 75_000, 199_999, frames):
            found = early(outline, index, known)
            assert found == final[: len(found)]
            heard = [one.piece.start + one.piece.frames for one in found]
            assert all(end + grid.margin <= known for end in heard)
        assert len(found) >= len(final) - 2 - grid.margin // grid.stride


def test_passes_become_certain_as_soon_as_their_last_frame_is_known() -> None:
    outline = make_outline(a_model(), (), 0.25)
    assert early(outline, 0, 999) == []
    assert [one.segment for one in early(outline, 0, 1000)] == [0]
    assert [one.segment for one in early(outline, 0, 2500)] == [0, 1, 2]


# --- shifts ---


def test_each_shift_begins_at_its_own_place_before_the_song() -> None:
    outline = make_outline(a_model(), (), 0.25, shifts=2)
    assert [(grid.name, grid.lead) for grid in outline.grids] == [("m0s0", 4000), ("m0s1", 2000)]
    plan = plan_of(outline, 3000)
    assert {piece.name[:4] for piece in plan.pieces} == {"m0s0", "m0s1"}
    for one in plan.passes:
        assert one.piece.start >= 0 and one.piece.frames > 0
    for grid, name in enumerate(("m0s0", "m0s1")):
        covered = np.zeros(3000)
        for one in plan.passes:
            if one.grid == grid:
                assert one.piece.name.startswith(name)
                start, end = one.piece.start, one.piece.start + one.piece.frames
                covered[start:end] += weights(plan, one)
        np.testing.assert_allclose(covered, 0.5, atol=1e-6)


def test_planning_and_the_models_folder_do_not_import_torch() -> None:
    code = (
        "import sys, stemdesk.engine.plan, stemdesk.engine.devices, stemdesk.models.library\n"
        "import stemdesk.engine.pass_queue, stemdesk.engine.setup, stemdesk.engine.self_check\n"
        "print(sorted({'torch', 'demucs', 'safetensors'} & set(sys.modules)))"
    )
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
