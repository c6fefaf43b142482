import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core.errors import DiskFullError, ExportError, SettingsError
from stemdesk.core.export_order import (
    MODEL_RATE,
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.export_presets import (
    BUILT_IN,
    ExportPreset,
    load_presets,
    preset_named,
    save_presets,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.template import check_template, tells_parts_apart
from support.tmpfs import tiny_volume

_ORDER = ExportOrder(
    parts=(Part(PartKind.STEM, "vocals"), Part(PartKind.ALL_BUT, "drums"), Part(PartKind.REMIX)),
    formats=(FileFormat(FileKind.MP3, quality=0), FileFormat(FileKind.FLAC, 16)),
    samplerate=MODEL_RATE,
    dither=False,
    clipping=Clipping.LIMIT,
    tempo_and_key=False,
    loop_only=True,
    template="{artist}/{stem}",
    collision=Collision.SKIP,
    extras=frozenset({Extra.MANIFEST, Extra.REAPER}),
    tags=False,
    beside_source=True,
)


def test_presets_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config" / "export-presets.json"
    presets = (ExportPreset("Für die Band", _ORDER), *BUILT_IN)
    save_presets(path, presets)
    assert load_presets(path) == presets
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_there_are_none_without_a_file(tmp_path: Path) -> None:
    assert load_presets(tmp_path / "none.json") == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"presets": 3}', '{"presets": {"a": 1}}', "\x00", "[" * 99_999]
)
def test_a_broken_file_has_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(text)
    assert load_presets(path) == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"parts": "vocals"},
        {"parts": ["vocals"]},
        {"parts": ["stem", "stem"]},
        {"parts": [], "formats": [], "extras": []},
        {"formats": ["wav"]},
        {"formats": [{"kind": "wav"}]},
        {"formats": [{"kind": "flac", "bits": 32, "kbps": None, "quality": None}]},
        {"formats": [{"kind": "mp3", "bits": 0, "kbps": 1e400, "quality": None}]},
        {"samplerate": 7},
        {"samplerate": None},
        {"clipping": "loud"},
        {"template": "{titel}"},
        {"template": "../{title}"},
        {"extras": ["logic"]},
        {"extras": None},
    ],
)
def test_one_that_cannot_be_is_left_out_and_the_rest_is_kept(
    tmp_path: Path, broken: dict[str, Any]
) -> None:
    order = _ORDER.to_json()
    entries = [
        {"name": "broken", "order": order | broken},
        {"name": "", "order": order},
        {"name": "two\nlines", "order": order},
        {"name": "x" * 61, "order": order},
        {"order": order},
        {"name": "good", "order": order},
        {"name": "GOOD", "order": order},
        "good",
    ]
    path = tmp_path / "presets.json"
    path.write_text(json.dumps({"version": 1, "presets": entries}))
    assert load_presets(path) == (ExportPreset("good", _ORDER),)


def test_a_saved_one_wins_over_a_built_in_one_of_that_name() -> None:
    own = ExportPreset("for a daw", _ORDER)
    assert preset_named("For a DAW", [own]) == own
    assert preset_named(" for a daw ", []) == BUILT_IN[0]
    assert preset_named("nothing", [own]) is None


def test_those_that_come_with_the_app_can_be() -> None:
    for preset in BUILT_IN:
        check_template(preset.order.template)
        assert tells_parts_apart(preset.order.template) or len(preset.order.parts) < 2
        assert replace(preset.order) == ExportOrder.from_json(preset.order.to_json())
    names = [preset.name.casefold() for preset in BUILT_IN]
    assert len(set(names)) == len(names)


def test_a_name_is_one_line() -> None:
    with pytest.raises(SettingsError):
        ExportPreset("two\nlines", _ORDER)


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(ExportError):
        save_presets(tmp_path / "config" / "presets.json", BUILT_IN)


def test_a_full_disk_leaves_the_old_ones(tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "disk", "64k") as disk:
        path = disk / "presets.json"
        save_presets(path, BUILT_IN[:1])
        (disk / "big").write_bytes(b"x" * (40 << 10))
        many = [ExportPreset(f"preset {number}", _ORDER) for number in range(60)]
        with pytest.raises(DiskFullError):
            save_presets(path, many)
        assert load_presets(path) == BUILT_IN[:1]
