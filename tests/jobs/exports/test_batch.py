"""From song folders to files, end to end: what is written is read again."""

from __future__ import annotations

import itertools
import json
import weakref
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemdesk.audio.decode import probe
from stemdesk.audio.encode import rounded
from stemdesk.audio.file_tags import NO_FILE_TAGS
from stemdesk.audio.listening import Listening
from stemdesk.audio.remix import Remix
from stemdesk.audio.source_tags import read_source_tags
from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.export_order import (
    ALL_STEMS,
    MODEL_RATE,
    SOURCE_RATE,
    Clipping,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags
from stemdesk.jobs.exports.batch import planned
from stemdesk.jobs.exports.known import Known, know
from stemdesk.jobs.exports.landing import HIDDEN
from stemdesk.jobs.exports.values import Exported, ExportedSong, ExportProgress, ExportSong
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.live import Live
from stemdesk.jobs.render import render
from stemdesk.jobs.saved_song import SavedSong
from support.decoding import decode_all
from support.exports import FOUR, TODAY, Desk, floats, song_folder, steps
from support.media import lag, make
from support.place import make_place, read

WAV24 = FileFormat(FileKind.WAV, 24)
FLAT = "{title} {stem}"
EXACT = ExportOrder(exact_sum=True, clipping=Clipping.OFF, template=FLAT)
EVERY_PART = (
    ALL_STEMS,
    Part(PartKind.REMIX),
    Part(PartKind.INSTRUMENTAL),
    Part(PartKind.A_CAPPELLA),
    Part(PartKind.ALL_BUT, "drums"),
    Part(PartKind.RESIDUAL),
    Part(PartKind.ORIGINAL),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def only(done: Exported) -> ExportedSong:
    """The one song of a batch, which went well."""
    (song,) = done.songs
    assert song.error is None and not done.cancelled, song.error
    return song


def codes(song: ExportedSong) -> list[NoticeCode]:
    return [notice.code for notice in song.notices]


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize(("kind", "bits"), [("wav-16", 16), ("wav-24", 24)])
def test_the_stems_sum_to_the_songs_own_file_bit_for_bit(
    desk: Desk, rate: int, kind: str, bits: int
) -> None:
    song = desk.song(rate=rate, kind=kind, seconds=1.7)
    formats = tuple(
        FileFormat(one, bits) for one in (FileKind.WAV, FileKind.FLAC, FileKind.AIFF, FileKind.ALAC)
    )
    done = only(desk.export(song, replace(EXACT, formats=formats)))
    assert len(done.files) == 16 and not done.notices
    assert done.null_depth is not None and done.null_depth.saved_db is None
    own = steps(song.source)
    for one in formats[:3]:
        files = [path for path in done.files if path.suffix == one.suffix]
        assert len(files) == 4 and {probe(path).samplerate for path in files} == {rate}
        np.testing.assert_array_equal(sum(steps(path) for path in files), own)
    alac = [path for path in done.files if path.suffix == ".m4a"]
    np.testing.assert_array_equal(sum(steps(path) for path in alac), own)


@pytest.mark.parametrize("rate", [44100, 96000])
def test_float_stems_sum_to_the_song(desk: Desk, rate: int) -> None:
    song = desk.song(rate=rate, kind="wav-f32")
    done = only(desk.export(song, replace(EXACT, formats=(FileFormat(FileKind.WAV),))))
    own = read(song.source).astype(np.float64)
    total = sum(read(path).astype(np.float64) for path in done.files)
    assert np.abs(total - own).max() <= 2**-24
    assert {path.suffix for path in done.files} == {".wav"}


def test_a_song_above_full_scale_is_cut_and_that_is_told(desk: Desk) -> None:
    song = desk.song(level=3.0, kind="wav-f32")
    done = only(desk.export(song, EXACT))
    assert codes(done) == [NoticeCode.SONG_CLIPPED] and done.gain_db == 0.0
    own = np.clip(read(song.source).astype(np.float64), -1.0, 1.0 - 2**-23)
    total = sum(steps(path) for path in done.files) / 2**31
    assert np.abs(total - own).max() <= 2**-24
    shared = only(desk.export(song, replace(EXACT, clipping=Clipping.SHARED, template="b {stem}")))
    assert not shared.notices and shared.gain_db < -1.0
    floats_ = replace(EXACT, formats=(FileFormat(FileKind.WAV, 32),), template="c {stem}")
    assert not only(desk.export(song, floats_)).notices


class Watched(Known):
    """Of which it can be seen whether it is still in memory."""

    __slots__ = ("__weakref__",)


def test_covers_of_songs_that_wait_are_not_in_memory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = [desk.song(name, seconds=0.2) for name in ("one", "two", "three")]
    known: list[weakref.ref[object]] = []
    alive: list[int] = []

    def watched(song: ExportSong) -> Known:
        alive.append(sum(one() is not None for one in known))
        plain = know(song)
        found = Watched(*(getattr(plain, field.name) for field in fields(plain)))
        known.append(weakref.ref(found))
        return found

    monkeypatch.setattr("stemdesk.jobs.exports.batch.know", watched)
    done = desk.export(songs, ExportOrder((Part(PartKind.REMIX),), template=FLAT))
    assert len(done.songs) == 3 and max(alive) <= 1, "of the song before at most"


def test_hostile_numbers_in_tags_are_no_numbers(desk: Desk) -> None:
    found = know(desk.song(seconds=0.2))
    for track, wanted in (("7/12", 7), ("9" * 5000, None), ("٣", 3), ("x", None)):
        tags = found.tags.with_text("track", track).with_text("bpm", "9" * 5000)
        facts = replace(found, tags=tags).names(TODAY)
        assert (facts.track, facts.bpm) == (wanted, None)


def test_vocals_and_instrumental_are_the_song_bit_for_bit(desk: Desk) -> None:
    song = desk.song(rate=48000)
    parts = (Part(PartKind.A_CAPPELLA), Part(PartKind.INSTRUMENTAL))
    done = only(desk.export(song, replace(EXACT, parts=parts)))
    assert [path.name for path in done.files] == ["song a cappella.wav", "song instrumental.wav"]
    own = steps(song.source)
    np.testing.assert_array_equal(sum(steps(path) for path in done.files), own)
    assert done.null_depth is None, "not all stems were written"


def test_every_part_in_every_format_has_the_songs_length_and_starts_at_0(desk: Desk) -> None:
    song = desk.song(rate=48000, tags=Tags("The Song", "Somebody", "Album"))
    formats = (
        FileFormat(FileKind.WAV),
        FileFormat(FileKind.FLAC),
        FileFormat(FileKind.AIFF),
        FileFormat(FileKind.ALAC),
        FileFormat(FileKind.MP3, kbps=320),
        FileFormat(FileKind.AAC),
        FileFormat(FileKind.VORBIS),
        FileFormat(FileKind.OPUS),
    )
    order = ExportOrder(parts=EVERY_PART, formats=formats, template="{artist}/{title} ({stem})")
    done = only(desk.export(song, order))
    assert len(done.files) == 10 * 8 == len(set(done.files))
    assert {path.parent for path in done.files} == {desk.out / "Somebody"}
    own = read(song.source)
    for path in done.files:
        heard = floats(path)
        assert heard.shape == own.shape, path.name
        if "residual" not in path.name:
            assert lag(own, heard) == 0, path.name
    np.testing.assert_array_equal(read(desk.out / "Somebody/The Song (original).flac"), own)
    assert not hidden(desk.out)


def test_rates_are_the_models_or_chosen_or_what_a_format_takes(desk: Desk) -> None:
    song = desk.song(rate=96000)
    one = (Part(PartKind.STEM, "bass"),)
    formats = (WAV24, FileFormat(FileKind.MP3), FileFormat(FileKind.OPUS))

    def rates(samplerate: int) -> list[int]:
        order = ExportOrder(one, formats, samplerate, template=f"{samplerate} {{stem}}")
        return [probe(path).samplerate for path in only(desk.export(song, order)).files]

    assert rates(0) == [96000, 48000, 48000]
    assert rates(MODEL_RATE) == [44100, 44100, 48000]
    assert rates(22050) == [22050, 22050, 48000]


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_loop_is_the_same_cut_of_the_whole(desk: Desk, rate: int) -> None:
    song = desk.song(rate=rate, seconds=2.0)
    song = replace(song, listening=Listening(loop=(0.5, 1.25)))
    whole = only(desk.export(song, EXACT))
    looped = only(desk.export(song, replace(EXACT, loop_only=True, template="loop {stem}")))
    start, end = round(0.5 * rate), round(1.25 * rate)
    for long, short in zip(whole.files, looped.files, strict=True):
        np.testing.assert_array_equal(steps(short), steps(long)[:, start:end])
    plain = replace(song, listening=Listening())
    assert codes(only(desk.export(plain, replace(EXACT, loop_only=True)))) == [NoticeCode.NO_LOOP]


def test_the_remix_is_what_dragging_it_out_gives(desk: Desk) -> None:
    song = desk.song()
    remix = Remix.of(FOUR).with_gain("vocals", 6.0).with_muted("bass", True).with_pan("drums", -0.5)
    song = replace(song, listening=Listening(remix.with_master(-1.5)))
    order = ExportOrder((Part(PartKind.REMIX),), (WAV24,), MODEL_RATE, template="{stem}")
    (path,) = only(desk.export(song, order)).files
    dragged = desk.root / "dragged.wav"

    def open_song() -> SavedSong:
        return SavedSong(song.folder, song.source, desk.originals)

    render(open_song, song.listening.remix, dragged, lambda _: None, CancelToken())
    np.testing.assert_array_equal(steps(path), steps(dragged))


def test_a_slower_remix_is_longer_and_beside_it_the_stems_are_not(desk: Desk) -> None:
    song = desk.song(seconds=1.5)
    listening = Listening(Remix.of(FOUR), speed_percent=80.0, key_semitones=2.0)
    song = replace(song, listening=listening)
    order = ExportOrder((Part(PartKind.REMIX), ALL_STEMS), (WAV24,), template=FLAT)
    done = only(desk.export(song, order))
    frames = {path.name: steps(path).shape[1] for path in done.files}
    own = steps(song.source).shape[1]
    assert frames.pop("song remix.wav") == round(own / 0.8)
    assert set(frames.values()) == {own} and len(frames) == 4
    assert np.abs(read(desk.out / "song remix.wav")).max() > 0.1
    plain = replace(order, parts=(Part(PartKind.REMIX),), tempo_and_key=False, template="plain")
    (path,) = only(desk.export(song, plain)).files
    assert steps(path).shape[1] == own


def test_loud_parts_share_one_gain_and_keep_their_balance(desk: Desk) -> None:
    song = desk.song(level=3.4, kind="wav-f32")  # peaks far above full scale
    order = ExportOrder((ALL_STEMS, Part(PartKind.INSTRUMENTAL)), (WAV24,), template=FLAT)
    done = only(desk.export(song, order))
    assert done.gain_db < -0.5 and not done.notices
    gain = 10 ** (done.gain_db / 20)
    for stem in FOUR:
        saved = read(song.folder / f"{stem}.flac")
        np.testing.assert_allclose(read(desk.out / f"song {stem}.wav"), gain * saved, atol=2e-7)
    instrumental = read(desk.out / "song instrumental.wav")
    assert 0.99 < np.abs(instrumental).max() < 1.0
    off = replace(order, clipping=Clipping.OFF, template="off {stem}")
    unchanged = only(desk.export(song, off))
    assert unchanged.gain_db == 0.0 and codes(unchanged) == [NoticeCode.PART_CLIPPED]
    assert unchanged.notices[0].facts["part"] == "instrumental"
    limited = only(desk.export(song, replace(off, clipping=Clipping.LIMIT, template="l {stem}")))
    assert NoticeCode.PART_LIMITED in codes(limited)
    floating = replace(order, formats=(FileFormat(FileKind.WAV, 32),), template="f {stem}")
    whole = only(desk.export(song, floating))
    assert whole.gain_db == 0.0 and not whole.notices
    assert np.abs(read(desk.out / "f instrumental.wav")).max() > 1.05


def test_files_say_what_they_are_made_of(desk: Desk) -> None:
    formats = tuple(FileFormat(kind) for kind in FileKind)
    order = ExportOrder(
        (Part(PartKind.STEM, "vocals"), Part(PartKind.ORIGINAL)),
        formats,
        template="{name} {stem}",
        extras=frozenset({Extra.NI_STEMS}),
    )
    song = desk.song("nameless")  # a file without tags
    for path in only(desk.export(song, order)).files:
        tags = read_source_tags(path)
        part = " (vocals)" if "vocals" in path.name else ""
        assert tags.get("title") == f"nameless{part}", path.name
        assert tags.get("comment") == "Split by StemDesk from nameless.wav with the model small"


def test_of_a_song_behind_a_link_files_say_the_link(desk: Desk) -> None:
    song = desk.song()
    manifest = json.loads((song.folder / MANIFEST).read_text("utf-8"))
    manifest["source"]["link"] = "https://example.org/song"
    (song.folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    order = ExportOrder((Part(PartKind.STEM, "vocals"),), (FileFormat(FileKind.FLAC),))
    (path,) = only(desk.export(song, order)).files
    comment = read_source_tags(path).get("comment")
    assert comment == "https://example.org/song\nSplit by StemDesk with the model small"


def test_exact_stems_that_are_too_loud_share_a_gain_and_sum_to_the_quieter_song(
    desk: Desk,
) -> None:
    song = desk.song(level=1.9, kind="wav-f32", rate=48000)  # up to 1.2
    order = replace(EXACT, clipping=Clipping.SHARED, parts=(*EXACT.parts, Part(PartKind.ORIGINAL)))
    done = only(desk.export(song, order))
    assert done.gain_db < -0.5 and not done.notices
    original = steps(desk.out / "song original.wav")
    stems = sum(steps(desk.out / f"song {stem}.wav") for stem in FOUR)
    np.testing.assert_array_equal(stems, original)
    gain = 10 ** (done.gain_db / 20)
    np.testing.assert_allclose(original / 2**31, gain * read(song.source), atol=2e-7)


def test_a_song_of_more_channels_is_told_to_be_mixed_down(desk: Desk) -> None:
    six = np.random.default_rng(2).uniform(-0.1, 0.1, (6, 52_920)).astype(np.float32)
    source = make(desk.root / "six.wav", "wav-24", six, 44100)
    stereo = decode_all(source, 44100).samples
    stems = {stem: np.float32(0.25) * stereo for stem in FOUR}
    song = ExportSong(song_folder(desk.root / "songs" / "six", source, stems), source, "six")
    done = only(desk.export(song, EXACT))
    assert done.notices == (Notice(NoticeCode.DOWNMIXED, {"channels": 6}),)
    total = sum(steps(path) for path in done.files)
    np.testing.assert_array_equal(total, rounded(stereo, 24))
    assert not only(desk.export(song, replace(EXACT, exact_sum=False))).notices


@pytest.mark.parametrize("exact_sum", [True, False])
def test_how_stems_were_separated_is_known_though_they_were_saved_exact(
    desk: Desk, exact_sum: bool
) -> None:
    song = desk.song()
    path = song.folder / MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    manifest["null_depth_db"] = {"plain": -12.5, "saved": None}
    path.write_text(json.dumps(manifest), "utf-8")
    done = only(desk.export(song, replace(EXACT, exact_sum=exact_sum)))
    assert done.null_depth is not None and done.null_depth.plain_db == -12.5
    saved_db = done.null_depth.saved_db  # of these files
    assert saved_db is None if exact_sum else saved_db is not None and saved_db < -20


def test_what_the_residual_is(desk: Desk) -> None:
    song = desk.song()
    order = ExportOrder((ALL_STEMS, Part(PartKind.RESIDUAL)), (WAV24,), template=FLAT)
    only(desk.export(song, order))
    rest = steps(desk.out / "song residual.wav")
    stems = sum(steps(desk.out / f"song {stem}.wav") for stem in FOUR)
    assert np.abs(rest - (steps(song.source) - stems)).max() <= 3 << 8  # each file rounded once
    assert np.abs(rest).max() > 0.003 * 2**31
    exact = only(desk.export(song, replace(order, exact_sum=True, clipping=Clipping.OFF)))
    assert codes(exact) == [NoticeCode.RESIDUAL_LEFT_OUT] and len(exact.files) == 4


def test_a_song_whose_file_is_gone_is_exported_at_the_models_rate(desk: Desk) -> None:
    song = desk.song(rate=48000)
    song.source.unlink()
    done = only(desk.export(song, EXACT))
    assert codes(done) == [NoticeCode.ORIGINAL_GONE, NoticeCode.EXACT_SUM_LEFT_OUT]
    assert {probe(path).samplerate for path in done.files} == {44100}
    for stem in FOUR:  # as they lie in the song folder
        saved = steps(song.folder / f"{stem}.flac")
        np.testing.assert_array_equal(steps(desk.out / f"song {stem}.wav"), saved)
    failed = desk.export(song, ExportOrder((Part(PartKind.ORIGINAL), ALL_STEMS), template="again"))
    (one,) = failed.songs
    assert one.error is not None and one.error.code is ErrorCode.SOURCE_MISSING
    assert len(one.files) == 4, "what can be made is made"


def test_a_song_whose_file_was_changed_is_exported_at_the_models_rate(desk: Desk) -> None:
    song = desk.song(rate=48000)
    other = desk.song("other", rate=48000, seed=8)
    song.source.write_bytes(other.source.read_bytes())
    done = only(desk.export(song, EXACT))
    assert codes(done) == [NoticeCode.ORIGINAL_DIFFERS, NoticeCode.EXACT_SUM_LEFT_OUT]
    assert {probe(path).samplerate for path in done.files} == {44100}


def test_a_song_whose_length_differs_from_its_stems_is_exported_at_the_models_rate(
    desk: Desk,
) -> None:
    song = desk.song(rate=48000)
    for stem in FOUR:  # as another version's decoder may have left them
        path = song.folder / f"{stem}.flac"
        soundfile.write(path, read(path)[:, :-40].T, 44100, subtype="PCM_24")
    manifest = song.folder / MANIFEST
    value = json.loads(manifest.read_text("utf-8"))
    for item in value["files"]:
        item["bytes"] = (song.folder / item["file"]).stat().st_size
    value["frames"] -= 40
    manifest.write_text(json.dumps(value), "utf-8")
    done = only(desk.export(song, EXACT))
    assert codes(done) == [NoticeCode.ORIGINAL_DIFFERS, NoticeCode.EXACT_SUM_LEFT_OUT]


def test_a_song_that_came_from_a_link_lies_in_its_song_folder(desk: Desk) -> None:
    song = desk.song(rate=48000)
    song.source.rename(song.folder / "original.wav")
    (song.folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    manifest = song.folder / MANIFEST
    value = json.loads(manifest.read_text("utf-8"))
    value["source"] |= {
        "title": "Title", "artist": "Artist", "link": "https://example.org/watch",
        "original": "original.wav", "cover": "cover.jpg",
    }  # fmt: skip
    manifest.write_text(json.dumps(value), "utf-8")
    order = replace(EXACT, template="{artist} {title} {name} {stem}", formats=(WAV24,))
    done = only(desk.export(song, order))
    own = steps(song.folder / "original.wav")
    np.testing.assert_array_equal(sum(steps(path) for path in done.files), own)
    assert done.files[0].name == "Artist Title song drums.wav"
    tags = read_source_tags(done.files[0])
    assert (tags.get("title"), tags.get("artist")) == ("Title (drums)", "Artist")
    assert "https://example.org/watch" in tags.get("comment")
    assert "small" in tags.get("comment")
    assert tags.cover == b"\xff\xd8\xff\xe0 a picture"
    none = only(desk.export(song, replace(order, tags=False, template="{stem}")))
    assert read_source_tags(none.files[0]) == NO_FILE_TAGS


def test_no_room_in_the_cache_stops_only_what_needs_the_song(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.audio.play_cache.RESERVE_BYTES", 1 << 60)
    song = desk.song(rate=48000)
    for rate in (SOURCE_RATE, 48000, MODEL_RATE):
        (exact,) = desk.export(song, replace(EXACT, samplerate=rate)).songs
        assert exact.error is not None and exact.error.code is ErrorCode.DISK_FULL
        assert exact.error.path == desk.originals.cache.folder and not exact.files
    done = only(desk.export(song, replace(EXACT, exact_sum=False)))
    assert {probe(path).samplerate for path in done.files} == {48000} and not done.notices


def test_a_real_split_is_exported(tmp_path: Path) -> None:
    """Through the pipeline and its own manifest, from a song at another rate than the model's."""
    place, desk = make_place(tmp_path / "place"), Desk(tmp_path)
    source = desk.song("other", rate=48000, kind="flac-24").source
    live = Live(desk.originals)
    job = place.job(source, export=ExportOptions(AudioFormat.WAV, 16))
    result = place.run(job, live=live)
    song = ExportSong(result.folder, source, "Song")
    order = replace(EXACT, template="{model}/{name} {stem}")
    done = only(desk.export(song, order))
    assert [path.name for path in done.files] == [f"other {stem}.wav" for stem in FOUR]
    np.testing.assert_array_equal(sum(steps(path) for path in done.files), steps(source))


def test_only_a_part_of_the_stems_was_saved(desk: Desk) -> None:
    song = desk.song(stems=("vocals",), complete=False)
    parts = (Part(PartKind.A_CAPPELLA), Part(PartKind.INSTRUMENTAL))
    done = only(desk.export(song, replace(EXACT, parts=parts)))
    assert not done.notices and done.null_depth is None
    vocals, rest = (steps(path) for path in done.files)
    np.testing.assert_array_equal(vocals + rest, steps(song.source))
    assert np.abs(rest).max() > 0.1 * 2**31
    stems = only(desk.export(song, EXACT))
    assert codes(stems) == [NoticeCode.EXACT_SUM_LEFT_OUT]


def test_one_song_that_fails_stops_no_other(desk: Desk) -> None:
    songs = [desk.song("one"), desk.song("two"), desk.song("three", stems=("vocals", "drums"))]
    (songs[0].folder / "bass.flac").unlink()
    order = ExportOrder((Part(PartKind.STEM, "bass"),), template=FLAT)
    seen: list[ExportProgress] = []
    done = desk.export(songs, order, seen=seen)
    assert [song.error and song.error.code for song in done.songs] == [
        ErrorCode.STEMS_MISSING,
        None,
        ErrorCode.STEM_UNKNOWN,
    ]
    assert done.songs[1].files == (desk.out / "two bass.wav",)
    assert [path.name for path in desk.out.iterdir()] == ["two bass.wav"]
    assert seen[-1].index == 2 and seen[-1].fraction == pytest.approx(2 / 3)  # failed: not 100 %
    assert all(a.fraction <= b.fraction for a, b in itertools.pairwise(seen))
    assert "two bass.wav" in {progress.file for progress in seen}
    assert {progress.song for progress in seen} == {"one", "two", "three"}


def test_a_bug_is_one_songs_internal_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    songs = [desk.song("one"), desk.song("two")]
    calls = iter([RuntimeError("a bug"), None])

    def check(*_: object) -> None:
        error = next(calls)
        if error is not None:
            raise error

    monkeypatch.setattr("stemdesk.jobs.exports.song.check_room", check)
    done = desk.export(songs, ExportOrder(template=FLAT))
    assert done.songs[0].error is not None and done.songs[0].error.code is ErrorCode.INTERNAL
    assert len(done.songs[1].files) == 4 and not hidden(desk.out)


class CancelledAt(CancelToken):
    """Cancelled when it is asked for the so-manieth time."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.asked = 0
        self._at = at

    def check(self) -> None:
        self.asked += 1
        if self.asked == self._at:
            self.cancel()
        super().check()


def test_cancelled_anywhere_it_leaves_whole_files_and_nothing_else(desk: Desk) -> None:
    songs = [desk.song("one", rate=48000), desk.song("two", seconds=2.0)]
    order = ExportOrder(
        formats=(WAV24, FileFormat(FileKind.AAC)),
        template="{title}/{stem}",
        extras=frozenset({Extra.MANIFEST, Extra.REAPER, Extra.DAWPROJECT}),
    )
    for name in ("cold", "warm"):  # once it is in the cache, it asks equally often each time
        whole = CancelledAt(-1)
        assert not desk.export(songs, order, folder=desk.root / name, cancel=whole).cancelled
    kept: set[int] = set()
    for at in sorted({*range(1, whole.asked, max(1, whole.asked // 9)), whole.asked}):
        out = desk.root / f"out {at}"
        done = desk.export(songs, order, folder=out, cancel=CancelledAt(at))
        assert done.cancelled
        there = {path for path in out.rglob("*") if path.is_file()}
        assert there == {path for song in done.songs for path in song.files}
        assert not hidden(out)
        assert there or not out.exists(), "no folder stays that nothing came into"
        for path in there:
            if path.suffix in (".wav", ".m4a"):
                assert floats(path).shape[1] > 40_000
        kept.add(len(there))
    assert kept >= {0, 11} and max(kept) > 11, "in both songs, before and after their ends"


def test_what_is_planned_is_what_is_written(desk: Desk) -> None:
    songs = [desk.song("one", tags=Tags("Same", "A")), desk.song("two", tags=Tags("Same", "A"))]
    order = ExportOrder(
        parts=(Part(PartKind.STEM, "bass"), Part(PartKind.REMIX)),
        formats=(WAV24, FileFormat(FileKind.AAC), FileFormat(FileKind.ALAC, 16)),
        template="{artist}/{title} {stem} {date}",
        extras=frozenset({Extra.MANIFEST}),
    )
    paths = planned(songs, order, desk.out, TODAY)
    done = desk.export(songs, order)
    assert sorted(path for song in done.songs for path in song.files) == sorted(paths)
    assert desk.out / "A/Same bass 2026-03-09 (2).wav" in paths
    assert not [path for path in paths if HIDDEN in str(path)]
    with pytest.raises(SettingsError):
        planned(songs, replace(order, template="{nothing}"), desk.out)
    with pytest.raises(SettingsError):
        desk.export(songs, replace(order, template="{nothing}"))


def test_what_many_songs_say_of_themselves_is_read_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the preview of a long list would read all of them at each letter that is typed."""
    one = desk.song(seconds=0.2)
    songs = [replace(one, title=str(n)) for n in range(600)]
    read_songs: list[ExportSong] = []

    def counted(song: ExportSong) -> Known:
        read_songs.append(song)
        return found

    found = know(one)
    monkeypatch.setattr("stemdesk.jobs.exports.known.know", counted)
    order = ExportOrder((Part(PartKind.REMIX),), template="{title}")
    for letters in ("a", "ab"):
        paths = planned(songs, replace(order, template=letters), desk.out, TODAY)
        assert len(set(paths)) == 600 and paths[-1].name == f"{letters} (600).wav"
    assert len(read_songs) == 600
