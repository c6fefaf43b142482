import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.engine.plan import Plan, make_plan
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


def total_weights(plan: Plan, model: int) -> np.ndarray:
    total = np.zeros(plan.frames)
    for one in plan.passes:
        if one.model == model:
            piece = one.piece
            total[piece.start : piece.start + piece.frames] += plan.weights(one)
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
    first, second = plan.weights(plan.passes[0]), plan.weights(plan.passes[1])
    np.testing.assert_array_equal(first[:750], np.ones(750, np.float32))
    assert first[750] == pytest.approx(250 / 251)
    assert second[0] == pytest.approx(1 / 251)
    assert first[999] == pytest.approx(1 / 251)


def test_a_stem_nobody_asked_for_is_not_in_the_plan() -> None:
    model = a_model(*[a_file()] * 4, weights=IDENTITY)
    plan = make_plan(model, ("vocals",), 3000, 0.25)
    assert {one.model for one in plan.passes} == {3}
    assert {piece.stems for piece in plan.pieces} == {("vocals",)}
    assert plan.stems == ("vocals",)


def test_a_piece_holds_only_stems_that_its_model_has_weight_in() -> None:
    weights = ((1.0, 1.0, 0.0, 0.0), (0.0, 3.0, 1.0, 1.0))
    plan = make_plan(a_model(a_file(), a_file(), weights=weights), ("bass", "vocals"), 10, 0.25)
    assert [piece.stems for piece in plan.pieces] == [("bass",), ("bass", "vocals")]
    np.testing.assert_array_equal(plan.stem_shares(plan.passes[0]), [0.25])
    np.testing.assert_array_equal(plan.stem_shares(plan.passes[1]), [0.75, 1])


def test_sub_models_of_a_segment_run_together() -> None:
    plan = make_plan(a_model(a_file(), a_file()), (), 2000, 0.25)
    assert [(one.segment, one.model) for one in plan.passes] == [
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
    assert make_plan(a_model(), ("vocals", "drums", "vocals"), 10, 0.25).stems == (
        "drums",
        "vocals",
    )


def test_the_yaml_segment_holds_only_where_demucs_lets_it() -> None:
    longer, shorter = Fraction(1, 4), Fraction(1, 16)
    files = (a_file(HTDEMUCS), a_file(HDEMUCS))
    assert [grid.length for grid in make_plan(a_model(*files, segment=longer), (), 9, 0).grids] == [
        1000,
        2000,
    ]
    grids = make_plan(a_model(*files, segment=shorter), (), 9, 0.25).grids
    assert [grid.length for grid in grids] == [500, 500]


def test_an_unknown_stem_names_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        make_plan(a_model(), ("vocals", "kazoo"), 10, 0.25)
    assert caught.value.code is ErrorCode.STEM_UNKNOWN
    assert caught.value.facts == {"stem": "kazoo", "known": "drums, bass, other, vocals"}


def test_an_empty_song_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="0 frames"):
        make_plan(a_model(), (), 0, 0.25)


def test_planning_and_the_models_folder_do_not_import_torch() -> None:
    code = (
        "import sys, stemdesk.engine.plan, stemdesk.engine.devices, stemdesk.models.library\n"
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
