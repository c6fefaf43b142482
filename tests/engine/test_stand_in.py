from pathlib import Path

import numpy as np
import pytest
import torch

from stemdesk.audio.demo import demo_stems
from stemdesk.audio.store import Samples
from stemdesk.engine.load import load_model
from stemdesk.engine.stand_in import make_stand_in
from stemdesk.models.library import STAND_IN, ModelInfo, ModelLibrary, default_model

FRAMES = 343_980
EDGE = 4096  # the frequency branch alone cannot know a segment's ends


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_stand_in(folder)
    return folder


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    return {
        name: np.ascontiguousarray(samples[:, 220_500 : 220_500 + FRAMES])
        for name, samples in demo_stems().items()
    }


def ratio_db(signal: Samples, error: Samples) -> float:
    return float(10 * np.log10(np.square(signal).sum() / np.square(error).sum()))


def test_it_is_a_model_like_any_other_but_never_the_default(folder: Path) -> None:
    library = ModelLibrary(folder)
    info = library.get(STAND_IN)
    assert isinstance(info, ModelInfo) and info.size_bytes < 400_000
    assert default_model(library, "") is None and default_model(library, STAND_IN) is None
    before = [path.read_bytes() for path in sorted(folder.iterdir())]
    make_stand_in(folder)
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == before


def test_its_stems_are_the_song_again_and_nearer_to_the_true_ones_than_the_song(
    folder: Path, stems: dict[str, Samples]
) -> None:
    module = load_model(ModelLibrary(folder).get(STAND_IN).files[0])
    mix = sum(stems.values(), np.zeros((2, FRAMES), np.float32))
    with torch.inference_mode():
        parts = module(torch.from_numpy(mix)[None])[0].numpy()
    inner = slice(EDGE, -EDGE)
    error = (parts.sum(0) - mix)[:, inner]
    error -= error.mean()  # demucs adds the segment's mean to every source
    assert ratio_db(mix[:, inner], error) > 40
    for index, name in enumerate(["drums", "bass", "other", "vocals"]):
        true = stems[name]
        gained = ratio_db(true, parts[index] - true) - ratio_db(true, mix - true)
        assert gained > 4, name


def test_it_is_the_same_file_each_time(folder: Path, tmp_path: Path) -> None:
    for _ in range(5):
        make_stand_in(tmp_path)
        for path in tmp_path.iterdir():
            assert path.read_bytes() == (folder / path.name).read_bytes()
            path.unlink()
