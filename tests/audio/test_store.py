import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.store import JobAudio, MixFacts, Piece, Samples, StemReader
from stemdesk.core.errors import Cancelled, ErrorCode, ExportError, ScratchError

RNG = np.random.default_rng(7)


def noise(frames: int, rows: int = 2) -> Samples:
    return RNG.standard_normal((rows, frames)).astype(np.float32)


def facts(frames: int) -> MixFacts:
    return MixFacts(frames, 44100, 0.0, 1.0, "mark", 48000, 1)


def store_mix(audio: JobAudio, blocks: list[Samples]) -> None:
    def fill(append: object) -> MixFacts:
        assert callable(append)
        for block in blocks:
            append(block)
        return facts(sum(block.shape[1] for block in blocks))

    audio.write_mix(fill)


def test_the_mix_comes_back_and_is_silent_outside(tmp_path: Path) -> None:
    audio = JobAudio(tmp_path / "job")
    mix = noise(1000)
    store_mix(audio, [mix[:, :1], mix[:, 1:700], mix[:, 700:]])
    assert np.array_equal(audio.read_mix(0, 1000), mix)
    around = audio.read_mix(-5, 1010)
    assert np.array_equal(around[:, 5:-5], mix)
    assert not around[:, :5].any() and not around[:, -5:].any()
    assert not audio.read_mix(5000, 3).any()
    assert JobAudio(tmp_path / "job").facts() == facts(1000)


def test_a_mix_that_was_not_finished_is_none(tmp_path: Path) -> None:
    audio = JobAudio(tmp_path)
    store_mix(audio, [noise(10)])

    def broken(append: object) -> MixFacts:
        assert callable(append)
        append(noise(3))
        raise RuntimeError("decoder")

    with pytest.raises(RuntimeError):
        audio.write_mix(broken)
    assert audio.facts() is None
    assert JobAudio(tmp_path).facts() is None


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_a_decoder_left_behind_does_no_harm_to_the_next_one(tmp_path: Path, ends: str) -> None:
    """It wakes up while the next one is at work."""
    old, new = JobAudio(tmp_path), JobAudio(tmp_path)
    mix = noise(50)

    def late(append: Callable[[Samples], None]) -> MixFacts:
        append(noise(20))
        store_mix(new, [mix])
        append(noise(30))
        if ends == "badly":
            raise OSError("too late")
        return facts(50)

    with pytest.raises(Cancelled if ends == "well" else ExportError):
        old.write_mix(late)
    assert new.facts() == facts(50)
    assert np.array_equal(JobAudio(tmp_path).read_mix(0, 50), mix)
    assert len(list(tmp_path.glob("mix*.f32"))) == 1


def test_a_mix_that_was_cut_off_is_none(tmp_path: Path) -> None:
    store_mix(JobAudio(tmp_path), [noise(10)])
    (mix,) = tmp_path.glob("mix-*.f32")
    os.truncate(mix, 79)
    assert JobAudio(tmp_path).facts() is None
    mix.unlink()
    assert JobAudio(tmp_path).facts() is None


@pytest.mark.parametrize("gone", [True, False])
def test_working_files_that_vanish_are_named(tmp_path: Path, gone: bool) -> None:
    audio = JobAudio(tmp_path)
    store_mix(audio, [noise(10)])
    piece = Piece("m0-000000", 0, 10, ("drums",))
    audio.write_pass(piece, noise(10)[None])
    assert audio.facts() is not None and audio.passes_bytes() == 80
    (mix,) = tmp_path.glob("mix-*.f32")
    for path in (mix, tmp_path / "passes" / "m0-000000.f32"):
        if gone:
            path.unlink()
        else:
            os.truncate(path, 39)
        with pytest.raises(ScratchError) as caught:
            if path is mix:
                audio.read_mix(0, 10)
            else:
                audio.read_piece(piece, "drums", 0, 10)
        assert caught.value.path == path
        assert caught.value.code is ErrorCode.SCRATCH_DAMAGED


def test_damaged_facts_are_none(tmp_path: Path) -> None:
    for text in ("", "{}", '{"frames": 1}', '{"file": "mix.f32"}', '{"file": 1}', "[1]"):
        (tmp_path / "mix.json").write_text(text)
        assert JobAudio(tmp_path).facts() is None


def test_passes_are_the_journal(tmp_path: Path) -> None:
    audio = JobAudio(tmp_path)
    piece = Piece("m0-000000", 0, 8, ("drums", "vocals"))
    assert not audio.has_pass(piece)
    audio.write_pass(piece, noise(8, 4).reshape(2, 2, 8))
    assert audio.has_pass(piece)
    assert JobAudio(tmp_path).has_pass(piece)
    assert not audio.has_pass(Piece("m0-000000", 0, 9, ("drums", "vocals"))), "another plan"
    with pytest.raises(ValueError, match="does not fit"):
        audio.write_pass(piece, noise(8))


def test_a_stem_is_the_sum_of_what_covers_a_frame(tmp_path: Path) -> None:
    audio = JobAudio(tmp_path)
    stems = ("drums", "vocals")
    pieces = [Piece(f"p{index}", 6 * index, 10, stems) for index in range(5)]
    pieces.append(Piece("p5", 30, 1, stems))
    expected = np.zeros((2, 2, 40), np.float32)
    samples = [noise(piece.frames * 4, 1).reshape(2, 2, -1) for piece in pieces]
    for index in RNG.permutation(len(pieces)):
        audio.write_pass(pieces[index], samples[index])
    for piece, part in zip(pieces, samples, strict=True):
        expected[:, :, piece.start : piece.start + piece.frames] += part
    for row, stem in enumerate(stems):
        reader = StemReader(audio, stem, pieces)
        assert np.array_equal(reader.read(0, 40), expected[row])
        for start, frames in ((0, 1), (5, 1), (6, 20), (29, 3), (39, 1), (-4, 50)):
            block = reader.read(start, frames)
            inside = expected[row][:, max(start, 0) : start + frames]
            assert np.array_equal(block[:, -min(start, 0) :][:, : inside.shape[1]], inside)


def test_a_stem_that_a_pass_does_not_hold_is_not_read(tmp_path: Path) -> None:
    audio = JobAudio(tmp_path)
    pieces = [Piece("a", 0, 4, ("drums",)), Piece("b", 0, 4, ("vocals",))]
    for piece in pieces:
        audio.write_pass(piece, np.full((1, 2, 4), 2.0, np.float32))
    assert (StemReader(audio, "vocals", pieces).read(0, 4) == 2.0).all()
    assert not StemReader(audio, "bass", pieces).read(0, 4).any()
