from __future__ import annotations

import json

import pytest

from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.file_format import BITS, KBPS, QUALITIES, FileFormat, FileKind

ALL = [
    *(FileFormat(kind, bits) for kind, held in BITS.items() for bits in (0, *held)),
    *(FileFormat(kind, kbps=kbps) for kind, held in KBPS.items() for kbps in held),
    *(FileFormat(kind, quality=quality) for kind, held in QUALITIES.items() for quality in held),
]


@pytest.mark.parametrize("file_format", ALL, ids=lambda one: one.label)
def test_json_and_back(file_format: FileFormat) -> None:
    assert FileFormat.from_json(json.loads(json.dumps(file_format.to_json()))) == file_format


def test_labels_tell_formats_apart() -> None:
    labels = {one.label for one in ALL}
    assert len(labels) == len(ALL)
    assert {"WAV 32-bit float", "FLAC 24-bit", "MP3 320 kbps", "MP3 V0", "OGG Q8"} <= labels


@pytest.mark.parametrize(
    ("kind", "bits", "kbps", "quality"),
    [
        (FileKind.FLAC, 32, None, None),
        (FileKind.WAV, 8, None, None),
        (FileKind.MP3, 16, None, None),
        (FileKind.MP3, 0, 96, None),
        (FileKind.MP3, 0, None, 10),
        (FileKind.MP3, 0, 128, 2),
        (FileKind.AAC, 0, None, 2),
        (FileKind.VORBIS, 0, 192, None),
        (FileKind.WAV, 16, 320, None),
    ],
)
def test_what_a_kind_cannot_hold(
    kind: FileKind, bits: int, kbps: int | None, quality: int | None
) -> None:
    with pytest.raises(SettingsError) as caught:
        FileFormat(kind, bits, kbps, quality)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID and kind.value in caught.value.detail


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        (FileKind.WAV, 16, 16),
        (FileKind.WAV, 32, 32),
        (FileKind.WAV, 0, 24),
        (FileKind.FLAC, 32, 24),
        (FileKind.AIFF, 0, 24),
        (FileKind.ALAC, 16, 16),
        (FileKind.MP3, 16, 0),
    ],
)
def test_bits_of_the_source(kind: FileKind, source: int, expected: int) -> None:
    assert FileFormat(kind).with_source_bits(source).bits == expected


def test_chosen_bits_stay() -> None:
    assert FileFormat(FileKind.WAV, 16).with_source_bits(24).bits == 16


@pytest.mark.parametrize(
    ("kind", "wanted", "expected"),
    [
        (FileKind.WAV, 192_000, 192_000),
        (FileKind.FLAC, 44_100, 44_100),
        (FileKind.MP3, 96_000, 48_000),
        (FileKind.MP3, 44_100, 44_100),
        (FileKind.MP3, 37_800, 44_100),
        (FileKind.AAC, 192_000, 96_000),
        (FileKind.VORBIS, 96_000, 96_000),
        (FileKind.VORBIS, 384_000, 192_000),
        (FileKind.OPUS, 44_100, 48_000),
        (FileKind.OPUS, 96_000, 48_000),
    ],
)
def test_the_nearest_rate_that_a_kind_takes(kind: FileKind, wanted: int, expected: int) -> None:
    assert FileFormat(kind).samplerate(wanted) == expected
