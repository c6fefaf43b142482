from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.finish import Finisher
from stemdesk.audio.rendition import renditions
from stemdesk.audio.writing.stem_mp4 import StemMp4Writer
from stemdesk.core.export_order import Clipping, PartKind
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.ni_stems import NI_STEMS, NI_SUFFIX, ni_parts
from support.media import bursts
from support.renditions import sound_of
from support.videos import hear

FOUR = ("drums", "bass", "other", "vocals")
SIX = (*FOUR, "guitar", "piano")


def mixed(stems: tuple[str, ...], *, original: bool) -> dict[str, set[str]]:
    """Which of the song's stems each part holds."""
    return {
        part.name: {stem for stem, left, right in part.sides if left == right == 1.0}
        for part in ni_parts(stems, original=original)
    }


def test_four_stems_are_themselves_in_the_formats_order() -> None:
    parts = ni_parts(("vocals", "drums", "other", "bass"), original=True)
    assert [part.name for part in parts] == ["master", *NI_STEMS]
    assert [part.stem for part in parts[1:]] == list(NI_STEMS)
    assert parts[0].original == 1.0 and not parts[0].sides
    assert parts[0].part.kind is PartKind.ORIGINAL
    assert all(part.plain and not part.stretched for part in parts)


def test_guitar_and_piano_go_into_other() -> None:
    held = mixed(SIX, original=True)
    assert held["other"] == {"other", "guitar", "piano"}
    assert held["drums"] == {"drums"} and held["vocals"] == {"vocals"}
    other = ni_parts(SIX, original=True)[3]
    assert other.stem == ""  # it is more than that stem


def test_what_a_model_does_not_find_is_silence() -> None:
    held = mixed(("vocals", "accompaniment"), original=False)
    assert held == {
        "master": {"vocals", "accompaniment"},
        "drums": set(),
        "bass": set(),
        "other": {"accompaniment"},
        "vocals": {"vocals"},
    }


@pytest.mark.parametrize("stems", [FOUR, SIX, ("vocals",), ("drums", "no_drums")])
def test_without_the_original_the_mix_is_what_the_four_sum_to(stems: tuple[str, ...]) -> None:
    parts = ni_parts(stems, original=False)
    weights = np.array(
        [[{name: left for name, left, _ in part.sides}.get(stem, 0.0) for stem in stems]
         for part in parts]
    )  # fmt: skip
    assert (weights[0] == weights[1:].sum(0)).all() and (weights[0] == 1.0).all()
    assert parts[0].original == 0.0


@pytest.mark.parametrize("stems", [("vocals",), ("vocals", "other"), ("drums", "guitar")])
def test_the_four_of_a_song_that_is_split_in_part_sum_to_the_mix(stems: tuple[str, ...]) -> None:
    master, *four = ni_parts(stems, original=True, complete=False)
    assert (master.original, master.sides) == (1.0, ())
    assert sum(part.original for part in four) == 1.0
    for stem in stems:
        assert sum(left for part in four for name, left, _ in part.sides if name == stem) == 0.0
    assert four[2].name == "other" and four[2].stem == ""
    without = ni_parts(stems, original=False, complete=False)
    assert not any(part.original for part in without)


@pytest.mark.parametrize("original", [True, False])
def test_the_file_holds_what_the_parts_say(tmp_path: Path, original: bool) -> None:
    frames, names = 20_000, ("drums", "vocals", "piano")
    stems = {name: bursts(frames, 44100, seed=n) * 0.5 for n, name in enumerate(names)}
    mix = bursts(frames, 44100, seed=9)
    sound_there = sound_of(stems, original=mix if original else None)
    (rendition,) = renditions(sound_there, ni_parts(names, original=original))
    finisher = Finisher(rendition, 32, clipping=Clipping.OFF)
    path = tmp_path / f"song{NI_SUFFIX}"
    with StemMp4Writer(path, 44100, rendition.frames) as writer:
        for block in rendition.blocks(CancelToken()):
            writer.write(finisher.finish(block))
    summed = np.sum(list(stems.values()), axis=0)
    silence = np.zeros_like(mix)
    expected = [mix if original else summed, stems["drums"], silence, stems["piano"]]
    for track, samples in enumerate([*expected, stems["vocals"]]):
        sound, start_s = hear(path, track)
        error = sound[:, :frames] - samples
        assert start_s == 0.0
        assert np.sqrt((error**2).mean()) < 0.1 * np.sqrt((mix**2).mean())
