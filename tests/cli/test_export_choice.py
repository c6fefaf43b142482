from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.cli.arguments import parse
from stemdesk.cli.export_choice import exports_too, find_preset, order_of, warning
from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.export_order import (
    ALL_STEMS,
    MODEL_RATE,
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.export_presets import BUILT_IN, ExportPreset, save_presets
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.paths import Folders

_VOCALS = Part(PartKind.STEM, "vocals")


def _order(*options: str, base: ExportOrder | None = None) -> ExportOrder:
    return order_of(parse(["export", "song", *options]), base or ExportOrder())


def test_nothing_said_is_each_stem_as_wav_at_the_song_s_own_rate() -> None:
    assert _order() == ExportOrder()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--two-stems", "vocals"), (_VOCALS, Part(PartKind.INSTRUMENTAL))),
        (
            ("--two-stems", "drums"),
            (Part(PartKind.STEM, "drums"), Part(PartKind.ALL_BUT, "drums")),
        ),
        (("--parts", "vocals, remix,vocals"), (_VOCALS, Part(PartKind.REMIX))),
        (
            ("--parts", "stem,stem:kazoo,all-but:drums"),
            (ALL_STEMS, Part(PartKind.STEM, "kazoo"), Part(PartKind.ALL_BUT, "drums")),
        ),
        (("--parts", "original,residual"), (Part(PartKind.ORIGINAL), Part(PartKind.RESIDUAL))),
    ],
)
def test_parts(options: tuple[str, ...], parts: tuple[Part, ...]) -> None:
    assert _order(*options).parts == parts


@pytest.mark.parametrize(
    ("options", "formats"),
    [
        (("--format", "wav,flac"), ((FileKind.WAV, 24), (FileKind.FLAC, 24))),
        (("--format", "flac", "--bits", "16"), ((FileKind.FLAC, 16),)),
        (("--format", "flac", "--bits", "source"), ((FileKind.FLAC, 0),)),
        (("--bits", "32"), ((FileKind.WAV, 32),)),
        (("--bits", "16"), ((FileKind.WAV, 16),)),
        (("--format", "m4a,vorbis"), ((FileKind.AAC,), (FileKind.VORBIS,))),
        (("--format", "mp3", "--vbr", "0"), ((FileKind.MP3, 0, None, 0),)),
        (
            ("--format", "wav,mp3,ogg", "--kbps", "320", "--bits", "32"),
            ((FileKind.WAV, 32), (FileKind.MP3, 0, 320), (FileKind.VORBIS,)),
        ),
        (
            ("--format", "opus,ogg", "--kbps", "96", "--vbr", "10"),
            ((FileKind.OPUS, 0, 96), (FileKind.VORBIS, 0, None, 10)),
        ),
    ],
)
def test_formats(options: tuple[str, ...], formats: tuple[tuple[object, ...], ...]) -> None:
    assert _order(*options).formats == tuple(FileFormat(*values) for values in formats)  # type: ignore[arg-type]


def test_what_a_line_names_is_made_beside_the_one_file_of_a_preset() -> None:
    base = next(one.order for one in BUILT_IN if one.order.extras == {Extra.NI_STEMS})
    assert _order(base=base) == base
    order = _order("--preset", "x", "--format", "mp3", base=base)
    assert (order.parts, order.formats) == ((ALL_STEMS,), (FileFormat(FileKind.MP3),))
    assert order.extras == {Extra.NI_STEMS}
    order = _order("--preset", "x", "--two-stems", "vocals", base=base)
    assert order.parts == (_VOCALS, Part(PartKind.INSTRUMENTAL))
    assert order.formats == ExportOrder().formats
    assert warning(order) == "", "its files have names of their own"


def test_the_rest_of_an_order() -> None:
    order = _order(
        *("--rate", "model", "--no-dither", "--clipping", "limit", "--template", "{stem}"),
        *("--if-there", "skip", "--loop", "--as-recorded", "--no-tags", "--beside", "--manifest"),
    )
    assert order == ExportOrder(
        samplerate=MODEL_RATE,
        dither=False,
        clipping=Clipping.LIMIT,
        template="{stem}",
        collision=Collision.SKIP,
        loop_only=True,
        tempo_and_key=False,
        tags=False,
        beside_source=True,
        extras=frozenset({Extra.MANIFEST}),
    )
    assert _order("--rate", "96000").samplerate == 96000


def test_stems_for_a_project_sum_to_the_song_unless_the_line_says_otherwise() -> None:
    order = _order("--reaper")
    assert order.exact_sum and order.clipping is Clipping.OFF
    assert not _order("--dawproject", "--no-exact-sum").exact_sum
    assert not _order("--reaper", "--clipping", "limit").exact_sum
    assert _order("--reaper", "--clipping", "shared").clipping is Clipping.SHARED
    assert not _order("--manifest").exact_sum


@pytest.mark.parametrize("extra", ["--ni-stems", "--video"])
def test_what_is_a_file_of_its_own_comes_alone_where_nothing_else_is_named(extra: str) -> None:
    alone = _order(extra)
    assert alone.parts == () and alone.formats == () and len(alone.extras) == 1
    assert _order(extra, "--format", "mp3").parts == (ALL_STEMS,)
    assert _order(extra, "--parts", "remix").formats == ExportOrder().formats
    assert _order(extra, "--manifest").parts == (ALL_STEMS,)


def test_a_preset_s_order_stays_but_for_what_the_line_says() -> None:
    base = ExportOrder(
        parts=(_VOCALS,),
        formats=(FileFormat(FileKind.MP3, kbps=256), FileFormat(FileKind.FLAC, 16)),
        tags=False,
        extras=frozenset({Extra.REAPER}),
    )
    assert _order("--preset", "x", base=base) == base
    assert _order("--preset", "x", "--ni-stems", base=base) == replace(
        base, extras=frozenset({Extra.REAPER, Extra.NI_STEMS})
    )
    changed = _order("--preset", "x", "--vbr", "2", "--bits", "24", base=base)
    assert changed.formats == (FileFormat(FileKind.MP3, quality=2), FileFormat(FileKind.FLAC, 24))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--format", "mp3", "--kbps", "100"), "--kbps 100: mp3 takes 128, 160"),
        (("--format", "mp3", "--vbr", "10"), "--vbr 10: mp3 takes 0, 1"),
        (("--format", "mp3", "--vbr", "0", "--kbps", "320"), "not both"),
        (("--format", "flac", "--bits", "32"), "--bits 32: flac takes 16, 24"),
        (("--format", "mp3", "--bits", "16"), "--bits is for wav, flac"),
        (("--format", "wav", "--kbps", "320"), "--kbps is for mp3"),
        (("--template", "{titel}"), "there is no {titel}"),
        (("--exact-sum", "--clipping", "limit"), "limited stems"),
    ],
)
def test_what_cannot_be_says_why(options: tuple[str, ...], why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _order(*options)
    assert why in caught.value.detail


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--format", "wma"), "there are wav, flac"),
        (("--format", ","), "there are wav, flac"),
        (("--bits", "20"), "16, 24, 32 or source"),
        (("--rate", "44000"), "there are source, model"),
        (("--rate", "²"), "there are source, model"),
        (("--parts", "all-but"), "all-but:NAME"),
        (("--parts", "remix:vocals"), "all-but:NAME"),
        (("--parts", "everything"), "there are stem, remix"),
        (("--two-stems", "vocals,drums"), "one stem"),
        (("--two-stems", "vocals", "--parts", "remix"), "not allowed with"),
        (("--vbr", "-1"), "0 to 10"),
    ],
)
def test_what_is_no_option_says_what_there_is(
    options: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(["export", "song", *options])
    assert stop.value.code == 2 and why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "too"),
    [
        ((), False),
        (("--format", "wav"), False),
        (("--format", "flac", "--bits", "16", "--exact-sum"), False),
        (("--stems", "vocals"), False),
        (("--format", "mp3"), True),
        (("--format", "wav,flac"), True),
        (("--bits", "source"), True),
        (("--rate", "source"), True),
        (("--two-stems", "vocals"), True),
        (("--template", "{stem}"), True),
        (("--no-dither",), True),
        (("--if-there", "skip"), True),
        (("--beside",), True),
        (("--manifest",), True),
    ],
)
def test_a_line_of_split_that_exports(options: tuple[str, ...], too: bool) -> None:
    assert exports_too(parse(["split", "song.mp3", *options])) == too


def test_presets_are_found_by_name(tmp_path: Path) -> None:
    where = Folders(tmp_path, tmp_path, tmp_path, tmp_path)
    assert find_preset("FOR A DAW", where) == BUILT_IN[0]
    own = ExportPreset("Mine", ExportOrder(tags=False))
    save_presets(where.export_presets, [own])
    assert find_preset("mine", where) == own
    with pytest.raises(SettingsError) as caught:
        find_preset("none", where)
    assert caught.value.code is ErrorCode.PRESET_UNKNOWN
    assert "“Mine”" in str(caught.value.facts["known"])


def test_names_that_do_not_tell_the_stems_apart_are_said() -> None:
    assert "no {stem}" in warning(ExportOrder(template="{title}"))
    assert "no {stem}" in warning(
        ExportOrder(parts=(_VOCALS, Part(PartKind.REMIX)), template="{title}")
    )
    assert not warning(ExportOrder(parts=(_VOCALS,), template="{title}"))
    assert not warning(ExportOrder())
