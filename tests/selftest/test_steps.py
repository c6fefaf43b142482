"""Each step finds what is broken. That they pass where nothing is: test_selftest.py."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemdesk.audio.null_output import NullOutput
from stemdesk.audio.output_values import OutputInfo, OutputKind
from stemdesk.audio.sniff import AUDIO_SUFFIXES
from stemdesk.core.errors import DeviceError, ErrorCode
from stemdesk.paths import folders
from stemdesk.selftest import (
    decoding,
    encoding,
    links,
    modules,
    places,
    samples,
    sound,
    splitting,
)
from stemdesk.selftest.report import TroubleError
from stemdesk.selftest.samples import DSF, ONLY_READ, RATE, RECIPES, Samples, sine
from support.models import install_small
from test_architecture import MODULES, imports

OWN_STEP = {"sounddevice", "yt_dlp", "yt_dlp_ejs", "stemdesk"}


def test_every_library_that_the_source_imports_is_tried() -> None:
    found = {name.split(".")[0] for path in MODULES for name, _ in imports(path)}
    tried = {name.split(".")[0] for name in modules.LIBRARIES}
    assert found - set(sys.stdlib_module_names) - OWN_STEP == tried


def test_a_module_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "LIBRARIES", ("no_such_library", "json"))
    monkeypatch.setattr("pkgutil.walk_packages", lambda *_: ())
    with pytest.raises(TroubleError, match="1 do not load: no_such_library"):
        modules.check()


def test_every_format_that_a_folder_walk_takes_has_a_sample() -> None:
    made = [recipe.suffix for recipe in RECIPES]
    assert sorted([*made, DSF, *ONLY_READ]) == sorted(AUDIO_SUFFIXES)


def test_a_format_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wav = next(recipe for recipe in RECIPES if recipe.suffix == ".wav")
    recipes = (wav, replace(wav, suffix=".xyz", container="none", sndfile=False))
    monkeypatch.setattr(decoding, "RECIPES", recipes)
    monkeypatch.setattr(decoding, "ONLY_READ", {".uvw": ("wav", ("no_such_codec",))})
    with pytest.raises(TroubleError) as raised:
        decoding.check(tmp_path)
    said = str(raised.value)
    assert said.startswith("2 formats") and ".xyz" in said and ".uvw has no no_such_codec" in said


@pytest.mark.parametrize(
    ("heard", "trouble"),
    [
        (sine(RATE, 2), ""),
        (sine(RATE, 2)[:, : RATE // 5], "0.20 s"),
        (np.zeros((2, RATE // 2), np.float32), "Hz"),
        (sine(RATE, 2) * np.float32(0.3), "level"),
        (sine(RATE, 2) * np.array([[1], [0]], np.float32), "Hz"),
        (sine(RATE, 2)[:, ::2].repeat(4, 1)[:, : RATE // 2], "220 Hz"),
    ],
)
def test_what_does_not_sound_like_the_sample(heard: Samples, trouble: str) -> None:
    said = decoding.unlike_the_sine(heard)
    assert trouble in said and bool(said) == bool(trouble)


def test_a_file_with_other_samples_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = np.float32(2**-23)
    real = decoding.decoded
    monkeypatch.setattr(encoding, "decoded", lambda path: real(path) + step)
    with pytest.raises(TroubleError) as raised:
        encoding.check(tmp_path)
    assert "flac 24-bit has other samples" in str(raised.value)
    assert "mp3" not in str(raised.value)  # a lossy one may be so far off


def test_another_network_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_small(tmp_path / "models")
    monkeypatch.setattr(splitting, "BUILT_IN", "small")
    with pytest.raises(TroubleError, match="not those of the song"):
        splitting.check(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path))
    where = replace(folders(), music=tmp_path / "file" / "below")
    with pytest.raises(TroubleError, match="music") as raised:
        places.check_folders(where)
    assert "config" not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]  # nothing was made


def test_missing_resources_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "resources", lambda: tmp_path)
    with pytest.raises(TroubleError, match=r"starter\.yaml.*icons"):
        places.check_resources()


def test_a_broken_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path))
    install_small(folders().models)
    next(folders().models.glob("*.safetensors")).write_bytes(b"rubbish")
    with pytest.raises(TroubleError, match="small: "):
        places.check_models(folders())


def test_a_clock_that_stands_still_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "_WAIT_S", 0.05)
    monkeypatch.setattr(NullOutput, "start", lambda _: None)
    with pytest.raises(TroubleError, match="asked for 0 frames"):
        sound.check_clock()


@pytest.fixture
def speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    info = OutputInfo(OutputKind.SOUNDDEVICE, "Speakers", "PortAudio V19")
    monkeypatch.setattr(sound, "describe", lambda: info)


@pytest.mark.usefixtures("speakers")
def test_the_sound_device_is_opened_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Device(NullOutput):
        def close(self) -> None:
            super().close()
            closed.append(self)

    monkeypatch.setattr(sound, "SounddeviceOutput", Device)
    assert sound.check_device().startswith("Speakers at ")
    assert len(closed) == 1


def test_a_system_that_forbids_new_code_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def callback(self, *_: object) -> None:
            raise MemoryError("Cannot allocate write+execute memory")

    monkeypatch.setattr("_cffi_backend.FFI", Forbidden)
    info = OutputInfo(OutputKind.NULL, "no sound device", library="PortAudio V19")
    monkeypatch.setattr(sound, "describe", lambda: info)
    with pytest.raises(TroubleError, match="write"):
        sound.check_device()


@pytest.mark.usefixtures("speakers")
def test_a_device_that_is_used_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, "in use")

    monkeypatch.setattr(sound, "SounddeviceOutput", refuse)
    assert "cannot be opened now (in use)" in sound.check_device()


def test_portaudio_that_does_not_load_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    info = OutputInfo(OutputKind.NULL, "no sound device", reason="no PortAudio: not found")
    monkeypatch.setattr(sound, "describe", lambda: info)
    with pytest.raises(TroubleError, match="no PortAudio: not found"):
        sound.check_device()


def test_only_the_frozen_app_must_have_a_deno(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "look_for_runtime", lambda: None)
    assert links.check_runtime().startswith("no deno")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(TroubleError, match="should have come with the app"):
        links.check_runtime()


def test_a_downloader_without_its_version_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Updates are compared with it."""
    monkeypatch.setenv("STEMDESK_HOME", str(tmp_path))
    monkeypatch.setattr(links, "self_test", lambda *_: "2026.1.1")
    monkeypatch.setattr(links, "bundled_version", lambda: "")
    with pytest.raises(TroubleError, match=r"2026\.1\.1 works, but"):
        links.check_downloader(folders())


def test_a_dsf_sample_is_as_long_as_it_says() -> None:
    file = samples.make_dsf()
    assert int.from_bytes(file[12:20], "little") == len(file)
