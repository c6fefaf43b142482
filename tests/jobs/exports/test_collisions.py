"""Names that are taken: by other files, by songs of the same batch, by the songs themselves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.core.export_order import Collision, ExportOrder, Extra, Part, PartKind
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.track import Tags
from stemdesk.jobs.exports import landing, song
from stemdesk.jobs.exports.values import ExportedSong
from stemdesk.jobs.folder import MANIFEST
from support.exports import Desk, floats

BASS = ExportOrder((Part(PartKind.STEM, "bass"),), template="{title} {stem}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def export(desk: Desk, order: ExportOrder, folder: Path | None = None) -> ExportedSong:
    """Of one song, which is made where it is not there."""
    known = desk.root / "songs" / "song"
    made = desk.made or desk.song()
    assert made.folder == known
    (done,) = desk.export(made, order, folder=folder).songs
    assert done.error is None, done.error
    return done


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_another_file_is_never_replaced_by_default(desk: Desk) -> None:
    desk.out.mkdir()
    (desk.out / "song bass.wav").write_text("mine")
    (desk.out / "SONG BASS (2).WAV").write_text("mine, too")
    names = [path.name for path in export(desk, BASS).files + export(desk, BASS).files]
    assert names == ["song bass (2).wav", "song bass (3).wav"]
    assert (desk.out / "song bass.wav").read_text() == "mine"


def test_what_is_there_is_skipped(desk: Desk) -> None:
    desk.out.mkdir()
    (desk.out / "song bass.wav").write_text("mine")
    order = replace(BASS, parts=(*BASS.parts, Part(PartKind.REMIX)), collision=Collision.SKIP)
    done = export(desk, order)
    assert done.skipped == (desk.out / "song bass.wav",)
    assert done.files == (desk.out / "song remix.wav",)
    assert (desk.out / "song bass.wav").read_text() == "mine"
    again = export(desk, order)
    assert (again.files, len(again.skipped)) == ((), 2)


def test_what_is_there_is_replaced(desk: Desk) -> None:
    first = export(desk, BASS)
    first.files[0].write_text("mine")
    done = export(desk, replace(BASS, collision=Collision.REPLACE))
    assert done.files == first.files and floats(done.files[0]).shape[1] > 1000
    (desk.out / "song remix.wav").mkdir()
    order = replace(BASS, parts=(Part(PartKind.REMIX),), collision=Collision.REPLACE)
    assert export(desk, order).files == (desk.out / "song remix (2).wav",), "a folder stays"


@pytest.mark.parametrize("collision", Collision)
def test_songs_of_one_batch_never_take_each_others_names(desk: Desk, collision: Collision) -> None:
    titles = ["Same", "Same", "SAME"]
    songs = [desk.song(f"song {n}", tags=Tags(title)) for n, title in enumerate(titles)]
    done = desk.export(songs, replace(BASS, collision=collision))
    names = [path.name for one in done.songs for path in one.files]
    assert names == ["Same bass.wav", "Same bass (2).wav", "SAME bass (3).wav"]


def test_parts_that_the_template_does_not_tell_apart_are_numbered(desk: Desk) -> None:
    done = export(desk, ExportOrder(template="{title}", formats=(FileFormat(FileKind.WAV, 16),)))
    assert [path.name for path in done.files] == [
        "song.wav",
        "song (2).wav",
        "song (3).wav",
        "song (4).wav",
    ]


def test_formats_whose_files_end_alike_have_names_of_their_own(desk: Desk) -> None:
    formats = tuple(FileFormat(kind, bits) for kind, bits in (
        (FileKind.WAV, 16), (FileKind.WAV, 32), (FileKind.FLAC, 24)
    ))  # fmt: skip
    names = [path.name for path in export(desk, replace(BASS, formats=formats)).files]
    assert names == [
        f"song bass [{formats[0].label}].wav",
        f"song bass [{formats[1].label}].wav",
        "song bass.flac",
    ]


@pytest.mark.parametrize("collision", Collision)
def test_neither_the_songs_file_nor_its_stems_are_ever_replaced(
    desk: Desk, collision: Collision
) -> None:
    made = desk.song(kind="flac-24")
    before = tree(made.folder) | {"song.flac": made.source.read_bytes()}
    flac = (FileFormat(FileKind.FLAC, 16),)
    order = ExportOrder(formats=flac, collision=collision, extras=frozenset({Extra.MANIFEST}))
    inside = export(desk, replace(order, template="{stem}"), made.folder)
    assert {path.name for path in inside.files} >= {"bass (2).flac", "vocals (2).flac"}
    assert not inside.skipped, "the song's own stems are no export that is there already"
    beside = replace(order, beside_source=True, parts=(Part(PartKind.REMIX),), template="{name}")
    (done,) = desk.export(made, beside).songs
    assert [path.name for path in done.files] == ["song (2).flac", "song.json"]
    assert done.files[0].parent == made.source.parent
    after = tree(made.folder) | {"song.flac": made.source.read_bytes()}
    assert {name: after[name] for name in before} == before
    link = desk.out / "song.flac"
    desk.out.mkdir()
    link.hardlink_to(made.source)
    export(desk, replace(order, parts=(Part(PartKind.REMIX),), template="{name}"))
    assert link.samefile(made.source), "the song's file has this name, too"


@pytest.mark.parametrize("manifest", ["{}", '{"version": 99}'])
def test_nothing_in_a_song_folder_that_cannot_be_read_is_replaced(
    desk: Desk, manifest: str
) -> None:
    folder = desk.out / "song"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(manifest)
    (folder / "bass.wav").write_text("a stem")
    order = replace(BASS, template="{title}/{stem}", collision=Collision.REPLACE)
    assert [path.name for path in export(desk, order).files] == ["bass (2).wav"]
    assert (folder / "bass.wav").read_text() == "a stem"


def test_the_file_of_a_song_that_cannot_be_exported_is_not_replaced(desk: Desk) -> None:
    broken, song = desk.song("broken"), desk.song("song")
    (broken.folder / "bass.flac").unlink()
    before = broken.source.read_bytes()
    order = replace(BASS, template="broken", collision=Collision.REPLACE)
    done = desk.export([broken, song], order, folder=desk.root).songs
    assert done[0].error is not None and done[1].files == (desk.root / "broken (2).wav",)
    assert broken.source.read_bytes() == before


def test_a_folder_that_another_export_tidied_away_is_made_again(tmp_path: Path) -> None:
    """Two exports to one new folder, of which the one that made it is cancelled."""
    with landing.Landing(tmp_path) as mine:
        final = tmp_path / "new" / "a.wav"
        with landing.Landing(tmp_path) as other:
            other.temporary(final)
            temporary = mine.temporary(final)
        assert not final.parent.exists()
        temporary.write_text("mine")
        assert landing.publish(temporary, final) and final.read_text() == "mine"


def test_a_name_that_is_taken_in_the_last_moment_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Callable[..., bool] = landing.publish
    taken: list[Path] = []

    def late(temporary: Path, final: Path, *, replace: bool = False) -> bool:
        if not taken:
            taken.append(final)
            final.write_text("mine")
        return made(temporary, final, replace=replace)

    monkeypatch.setattr(song, "publish", late)
    done = export(desk, BASS)
    assert [path.name for path in done.files] == ["song bass (2).wav"]
    assert taken[0].read_text() == "mine"


@pytest.mark.parametrize("there", [False, True])
def test_without_hard_links_nothing_is_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """As on FAT."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr("os.link", refused)
    temporary, final = tmp_path / "temporary", tmp_path / "final"
    temporary.write_text("new")
    if there:
        final.write_text("mine")
    assert landing.publish(temporary, final) is not there
    assert final.read_text() == ("mine" if there else "new")
    assert temporary.exists() is there


def test_two_exports_at_once_never_share_a_name(desk: Desk) -> None:
    made = desk.song()
    order = ExportOrder(template="{title} {stem}")
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: desk.export(made, order), range(2)))
    files = [path for done in both for path in done.songs[0].files]
    assert len(files) == len(set(files)) == 8
    assert set(desk.out.iterdir()) == set(files)
    assert {floats(path).shape[1] for path in files} == {52920}


def test_what_was_to_be_replaced_stays_where_the_export_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export(desk, BASS)
    before = first.files[0].read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    order = replace(BASS, collision=Collision.REPLACE)
    with monkeypatch.context() as patch:
        patch.setattr("stemdesk.audio.target.os.fsync", fails)
        assert desk.made is not None
        (done,) = desk.export(desk.made, order).songs
    assert done.error is not None and done.error.code is ErrorCode.DISK_FULL
    assert first.files[0].read_bytes() == before and len(list(desk.out.iterdir())) == 1
