from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from stemdesk.gui import drop
from stemdesk.gui.drop import (
    DropOverlay,
    drop_text,
    model_files,
    path_from_text,
    paths_from_mime,
    paths_from_text,
)
from support.stage import file_mime


def test_file_urls_become_paths(tmp_path: Path) -> None:
    paths = [tmp_path / "a song 🎵.mp3", tmp_path / "b%20c.mp3"]
    assert paths_from_mime(file_mime(paths)) == paths


def test_other_urls_do_not() -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/song.mp3")])
    assert paths_from_mime(data) == []


def test_lines_that_name_files_become_paths(tmp_path: Path) -> None:
    song = tmp_path / "a song.mp3"
    song.write_bytes(b"la")
    data = QMimeData()
    data.setText(f"'{song}'\nfile://{tmp_path}\nnot there\n\n" + "x" * 5000)
    assert paths_from_mime(data) == [song, tmp_path]


def test_nothing_is_nothing() -> None:
    assert paths_from_mime(QMimeData()) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/music/a.mp3", Path("/music/a.mp3")),
        (' "/music/a b.mp3" ', Path("/music/a b.mp3")),
        ("file:///music/a%20b.mp3", Path("/music/a b.mp3")),
        ("~nobody-of-that-name/a", Path("~nobody-of-that-name/a")),
        ("  ", None),
        ("''", None),
    ],
)
def test_typed_paths(text: str, path: Path | None) -> None:
    assert path_from_text(text) == path


def test_home_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_from_text("~/a.mp3") == tmp_path / "a.mp3"


def test_what_a_drop_will_do(tmp_path: Path) -> None:
    assert drop_text([tmp_path / "a", tmp_path / "b"]) == "Split 2 files"
    assert drop_text([tmp_path]) == "Split 1 folder"
    assert drop_text([tmp_path, tmp_path / "a"]) == "Split 1 file and 1 folder"


def test_only_a_few_paths_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def counting(path: Path) -> bool:
        asked.append(path)
        return True

    monkeypatch.setattr(drop, "exists", counting)
    monkeypatch.setattr(drop, "is_folder", counting)
    paths = [tmp_path / f"{n}.mp3" for n in range(500)]
    assert drop_text(paths) == "Split 500 items"
    assert paths_from_text("\n".join(map(str, paths))) == paths
    assert drop_text(paths[:3]) == "Split 3 folders"
    assert len(asked) < 10


def test_text_with_a_slash_is_not_a_path(tmp_path: Path) -> None:
    assert paths_from_text(f"/no such thing\n{tmp_path}/nor this\n/" + "x" * 5000) == []


def test_paths_that_may_not_be_looked_at_are_files() -> None:
    assert drop_text([Path("/" + "x" * 5000), Path("/with\0null")]) == "Split 2 files"


def test_the_overlay_covers_its_parent_and_lets_the_mouse_through(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(400, 300)
    below = parent.grab().toImage()
    overlay = DropOverlay(parent)
    overlay.show_text("Split 3 files")
    assert overlay.geometry() == parent.rect()
    assert overlay.accessibleDescription() == "Split 3 files"
    assert parent.grab().toImage() != below
    assert parent.childAt(200, 150) is None


def test_a_drop_of_model_files_is_an_import() -> None:
    song, model = Path("/nowhere/a.mp3"), Path("/nowhere/955717e8.TH")
    other = Path("/nowhere/b.safetensors")
    assert model_files([song, model, other]) == [model, other]
    assert drop_text([model]) == "Import 1 model"
    assert drop_text([song, model, other]) == "Split 1 file, import 2 models"
