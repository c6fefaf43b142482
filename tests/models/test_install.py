"""Downloads from a real server on this machine, in a catalogue of small models."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    FetchError,
    ModelError,
    StemDeskError,
)
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer
from stemdesk.models import install
from stemdesk.models.catalogue import known
from stemdesk.models.install import download_model, remove_model, verify_model
from stemdesk.models.library import BrokenModel, ModelLibrary
from stemdesk.models.record import read_record
from support.models import edit_arguments, install_small
from support.released import (
    REVISION,
    Release,
    Server,
    install_released,
    release,
    serving,
    sha256_of,
)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    return release(tmp_path / "release", monkeypatch)


@pytest.fixture
def server(made: Release) -> Iterator[Server]:
    with serving(made.root) as server:
        yield server


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "models", None)


def fetch(
    library: ModelLibrary, name: str, server: Server, *stems: str, cancel: CancelToken | None = None
) -> list[Transfer]:
    told: list[Transfer] = []
    download_model(library, name, stems, told.append, cancel or CancelToken(), server.url)
    return told


@contextlib.contextmanager
def refused(code: ErrorCode) -> Iterator[None]:
    with pytest.raises(StemDeskError) as caught:
        yield
    assert caught.value.code is code


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def to_fetch(library: ModelLibrary, name: str, stems: Sequence[str] = ()) -> int:
    """What a download would fetch, in bytes."""
    model = known(name)
    assert model is not None
    return sum(file.size_bytes for file in library.absent(model, stems))


def test_a_whole_model_is_fetched_and_listed(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    size = sum(file.stat().st_size for file in made.files["htdemucs_ft"])
    assert to_fetch(library, "htdemucs_ft") == size
    told = fetch(library, "htdemucs_ft", server)
    names = {file.name for file in made.files["htdemucs_ft"]}
    assert contents(library.folder) == names | {"htdemucs_ft.yaml"}
    info = library.get("htdemucs_ft")
    assert not info.missing and list(info.weights[1]) == [0, 1, 0, 0]
    assert to_fetch(library, "htdemucs_ft") == 0
    assert {one.total_bytes for one in told} == {size}, "one transfer over all files"
    done = [one.done_bytes for one in told]
    assert done == sorted(done) and done[-1] == size
    assert told[0].name == "htdemucs_ft, file 1 of 4"


def test_one_stem_needs_one_file(made: Release, server: Server, library: ModelLibrary) -> None:
    vocals = made.files["htdemucs_ft"][3]
    assert to_fetch(library, "htdemucs_ft", ["vocals"]) == vocals.stat().st_size
    fetch(library, "htdemucs_ft", server, "vocals")
    assert contents(library.folder) == {vocals.name, "htdemucs_ft.yaml"}
    assert server.asked == [f"/us/htdemucs_ft/resolve/{REVISION}/{vocals.name}"]
    info = library.get("htdemucs_ft", ["vocals"])
    assert info.usable == ("vocals",) and info.missing == (0, 1, 2)
    assert info.size_bytes == vocals.stat().st_size
    with pytest.raises(ModelError) as caught:
        library.get("htdemucs_ft")
    rest = sum(file.stat().st_size for file in made.files["htdemucs_ft"][:3])
    assert caught.value.facts == {
        "model": "htdemucs_ft",
        "needed_bytes": rest,
        "command": "stemdesk models download htdemucs_ft",
        "installed": "vocals",
    }
    fetch(library, "htdemucs_ft", server)
    assert len(server.asked) == 4, "the rest; what was there is not fetched again"
    assert library.get("htdemucs_ft").missing == ()


def test_what_is_damaged_is_fetched_again(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    fetch(library, "htdemucs", server)
    file = library.folder / made.files["htdemucs"][0].name
    data = bytearray(file.read_bytes())
    data[-1] ^= 1  # the same size
    file.write_bytes(data)
    fetch(library, "htdemucs", server)
    assert sha256_of(file) == sha256_of(made.files["htdemucs"][0])
    assert len(server.asked) == 2
    fetch(library, "htdemucs", server)
    assert len(server.asked) == 2


def test_a_wrong_file_on_the_server_leaves_nothing_behind(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    first, last = made.files["htdemucs_ft"][0], made.files["htdemucs_ft"][3]
    data = bytearray(last.read_bytes())
    data[-1] ^= 1
    last.write_bytes(data)
    with refused(ErrorCode.DOWNLOAD_WRONG_HASH):
        fetch(library, "htdemucs_ft", server, "drums", "vocals")
    assert contents(library.folder) == {first.name}, "no yaml: it is not installed"
    assert not library.has("htdemucs_ft") and library.names() == []


def test_a_file_that_is_not_there_is_refused(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    made.files["htdemucs"][0].unlink()
    with pytest.raises(FetchError) as caught:
        fetch(library, "htdemucs", server)
    assert caught.value.code is ErrorCode.DOWNLOAD_REFUSED
    assert contents(library.folder) == set()


def test_cancelled_on_the_way_it_goes_on_from_there(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    cancel = CancelToken()

    def report(transfer: Transfer) -> None:
        if transfer.fraction > 0.4:
            cancel.cancel()

    with pytest.raises(Cancelled):
        download_model(library, "htdemucs_ft", (), report, cancel, server.url)
    assert library.names() == []
    kept = contents(library.folder)
    assert kept, "what was fetched is kept"
    fetch(library, "htdemucs_ft", server)
    assert library.has("htdemucs_ft")
    assert not [name for name in contents(library.folder) if name.endswith((".part", ".lock"))]


def test_two_at_once_fetch_a_file_once(
    made: Release, server: Server, library: ModelLibrary
) -> None:
    failures: list[BaseException] = []

    def one() -> None:
        try:
            fetch(ModelLibrary(library.folder, None), "htdemucs", server)
        except BaseException as error:  # shown by the test
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and len(server.asked) == 1
    assert library.has("htdemucs")


def test_room_for_the_whole_is_looked_for_first(
    server: Server, library: ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = to_fetch(library, "htdemucs_ft")
    monkeypatch.setattr(install, "free_bytes", lambda _: needed - 1)
    with pytest.raises(DiskFullError) as caught:
        fetch(library, "htdemucs_ft", server)
    assert caught.value.facts["needed_bytes"] == needed and server.asked == []
    monkeypatch.setattr(install, "free_bytes", lambda _: needed)
    fetch(library, "htdemucs_ft", server)


def test_what_cannot_be_downloaded_says_so(server: Server, library: ModelLibrary) -> None:
    install_small(library.folder, "mine")
    for name, code in (
        ("nobody", ErrorCode.MODEL_UNKNOWN),
        ("hdemucs_mmi", ErrorCode.MODEL_NOT_DOWNLOADABLE),
    ):
        with refused(code):
            fetch(library, name, server)
    fetch(library, "mine", server)  # it is here
    with refused(ErrorCode.STEM_UNKNOWN):
        fetch(library, "htdemucs", server, "kazoo")
    assert server.asked == []


def test_a_model_of_ones_own_with_a_released_name_is_not_overwritten(
    server: Server, library: ModelLibrary
) -> None:
    install_small(library.folder, "htdemucs")
    before = library.yaml("htdemucs").read_bytes()
    with refused(ErrorCode.MODEL_NAME_TAKEN):
        fetch(library, "htdemucs", server)
    assert library.yaml("htdemucs").read_bytes() == before and server.asked == []


@pytest.mark.parametrize("damaged", [False, True])
def test_a_copy_in_hugging_faces_cache_is_taken_after_a_check(
    made: Release,
    server: Server,
    library: ModelLibrary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damaged: bool,
) -> None:
    file = made.files["htdemucs"][0]
    cached = tmp_path / "hub" / "models--us--htdemucs" / "snapshots" / REVISION / file.name
    cached.parent.mkdir(parents=True)
    shutil.copy(file, cached)
    if damaged:
        data = bytearray(cached.read_bytes())
        data[100] ^= 1
        cached.write_bytes(data)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    told = fetch(library, "htdemucs", server)
    assert len(server.asked) == int(damaged)
    assert sha256_of(library.folder / file.name) == sha256_of(file)
    assert told[-1].done_bytes == told[-1].total_bytes == file.stat().st_size
    assert contents(library.folder) == {file.name, "htdemucs.yaml"}


def test_where_hugging_faces_cache_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert install._cache() == tmp_path / ".cache" / "huggingface" / "hub"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert install._cache() == tmp_path / "x" / "huggingface" / "hub"
    monkeypatch.setenv("HF_HOME", str(tmp_path / "y"))
    assert install._cache() == tmp_path / "y" / "hub"


def test_removing_frees_the_bytes_and_keeps_what_others_use(
    library: ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = install_released(library.folder, "htdemucs_ft", monkeypatch)
    (library.folder / "mine.yaml").write_text(f"models: ['{files[0].stem}']\n")
    (library.folder / f"{files[1].name}.part").write_bytes(bytes(10))
    yaml_bytes = library.yaml("htdemucs_ft").stat().st_size
    expected = sum(file.stat().st_size for file in files[1:]) + 10 + yaml_bytes
    assert remove_model(library, "htdemucs_ft") == expected
    assert contents(library.folder) == {files[0].name, "mine.yaml"}
    assert library.has("mine")
    with refused(ErrorCode.MODEL_MISSING):
        remove_model(library, "htdemucs_ft")


def test_a_model_that_is_downloaded_right_now_is_not_removed(
    made: Release, library: ModelLibrary
) -> None:
    name = made.files["htdemucs"][0].name
    library.folder.mkdir()
    part = library.folder / f"{name}.part"
    part.write_bytes(bytes(10))
    with FileLock(library.folder / f"{name}.lock"), refused(ErrorCode.MODEL_BUSY):
        remove_model(library, "htdemucs")
    assert part.exists()
    assert remove_model(library, "htdemucs") == 10


def test_what_a_download_has_left_can_be_removed(made: Release, library: ModelLibrary) -> None:
    library.folder.mkdir()
    part = library.folder / f"{made.files['htdemucs'][0].name}.part"
    part.write_bytes(bytes(10))
    assert remove_model(library, "htdemucs") == 10
    assert contents(library.folder) == set()


def test_a_broken_model_can_be_removed(library: ModelLibrary) -> None:
    library.folder.mkdir()
    (library.folder / "bad.yaml").write_text("models: [")
    assert isinstance(library.installed()[0], BrokenModel)
    assert remove_model(library, "bad") == 9
    with refused(ErrorCode.MODEL_UNKNOWN):
        remove_model(library, "bad")


def test_the_built_in_model_cannot_be_removed(tmp_path: Path) -> None:
    install_small(tmp_path / "built in", "starter")
    library = ModelLibrary(tmp_path / "models", tmp_path / "built in")
    with refused(ErrorCode.MODEL_BUILT_IN):
        remove_model(library, "starter")
    assert library.has("starter")


def verify(library: ModelLibrary, name: str) -> bool:
    told: list[Transfer] = []
    compared = verify_model(library, name, told.append, CancelToken())
    assert told[-1].fraction == 1
    return compared


def test_verify_compares_with_the_released_hashes(
    library: ModelLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = install_released(library.folder, "htdemucs_ft", monkeypatch)
    files[0].unlink()
    assert verify(library, "htdemucs_ft"), "what is there is as it should be"
    expected = sha256_of(files[2])
    data = bytearray(files[2].read_bytes())
    data[-1] ^= 1
    files[2].write_bytes(data)
    with pytest.raises(ModelError) as caught:
        verify(library, "htdemucs_ft")
    assert caught.value.code is ErrorCode.MODEL_WRONG_HASH
    assert caught.value.facts == {"expected": expected, "found": sha256_of(files[2])}
    with pytest.raises(Cancelled):
        cancel = CancelToken()
        cancel.cancel()
        verify_model(library, "htdemucs_ft", lambda _: None, cancel)


def test_verify_says_where_there_is_nothing_to_compare_with(library: ModelLibrary) -> None:
    file = install_small(library.folder, "mine")
    assert verify(library, "mine") is False
    assert read_record(file) is None
    with refused(ErrorCode.MODEL_MISSING):
        verify(library, "nobody")
    edit_arguments(file, channels=10**9)
    with refused(ErrorCode.MODEL_REFUSED):
        verify(library, "mine")
