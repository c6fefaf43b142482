"""Devices that run out of memory or are lost, batches, self-checks, and what is kept of a setup.

No GPU is needed: "cpu:0" is the processor to torch and a device of its own to the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from stemdesk.audio.store import JobAudio, Samples
from stemdesk.core.errors import Cancelled, DeviceError, ErrorCode
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken
from stemdesk.engine import devices, network, threads
from stemdesk.engine.batch import MOST
from stemdesk.engine.htdemucs import FastHTDemucs
from stemdesk.engine.load import load_model
from stemdesk.engine.self_check import SelfChecks
from stemdesk.engine.separate import Separation, Separator
from stemdesk.models.library import ModelInfo
from support.separation import (
    IDENTITY,
    LONG,
    SEGMENT,
    STRIDE,
    installed,
    make_plan,
    noise,
    queue_of,
    scratch,
    small_hdemucs,
    small_htdemucs,
    stems_of,
)

FAKE = "cpu:0"
OUT_OF_MEMORY = torch.OutOfMemoryError("out of memory")
LOST = RuntimeError("CUDA error: unspecified launch failure")


class Scene:
    """One model and songs that are separated with it."""

    def __init__(self, folder: Path, *networks: nn.Module, **bag: Any) -> None:
        self.folder = folder
        self.model: ModelInfo = installed(folder, *(networks or (small_htdemucs(),)), **bag)
        self.songs = 0

    def song(self, frames: int = LONG) -> JobAudio:
        self.songs += 1
        return scratch(self.folder / f"song{self.songs}", noise(frames))

    def run(
        self,
        separator: Separator,
        audio: JobAudio,
        report: Callable[[int, int], None] = lambda *_: None,
        cancel: CancelToken | None = None,
        frames: int = LONG,
    ) -> tuple[Samples, tuple[Notice, ...]]:
        plan = make_plan(self.model, (), frames)
        hashes = tuple(file.signature for file in self.model.files)
        work = Separation(self.model, hashes, queue_of(plan, audio), audio, 0.05, 0.2)
        notices = separator.run(work, report, cancel or CancelToken())
        return stems_of(plan, audio), notices


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """ "cpu:0" is a large GPU from now on; the sizes of the calls of a network."""
    sizes: list[int] = []
    call = network.Network.__call__

    def noting(self: network.Network, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        sizes.append(len(mix))
        return call(self, mix, check)

    monkeypatch.setattr(devices, "is_cuda", lambda device: device == FAKE)
    monkeypatch.setattr(devices, "watch_memory", lambda _: None)
    monkeypatch.setattr(devices, "free_unused", lambda _: None)
    monkeypatch.setattr(devices, "memory_of_one_pass", lambda _: (1 << 20, 1 << 30))
    monkeypatch.setattr(network.Network, "__call__", noting)
    return sizes


def fail_when(
    monkeypatch: pytest.MonkeyPatch, error: Exception, when: Callable[[torch.Tensor, str], bool]
) -> list[str]:
    """Networks raise `error` where `when(mix, device)`; the devices that they were loaded on."""
    loaded: list[str] = []
    load = load_model

    def failing(file: Any, device: str, segment: Any) -> nn.Module:
        module = load(file, device, segment)
        loaded.append(device)

        def before(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            if when(inputs[0], device):
                raise error

        module.register_forward_pre_hook(before)
        return module

    monkeypatch.setattr(network, "load_model", failing)
    monkeypatch.setattr(network, "supports", lambda _: "its hooks are needed")
    return loaded


def close(found: Samples, expected: Samples, tolerance: float = 1e-5) -> None:
    assert np.linalg.norm(found - expected) <= tolerance * np.linalg.norm(expected)


# --- batches ---


def test_a_large_gpu_gets_as_many_segments_as_fit(scene: Scene, batches: list[int]) -> None:
    frames = 12 * STRIDE + SEGMENT - STRIDE
    found, notices = scene.run(
        Separator(FAKE, full_precision=True), scene.song(frames), frames=frames
    )
    assert batches[0] == 1, "one first, to see what it takes"
    assert max(batches) > 4
    assert notices == ()
    expected, _ = scene.run(Separator(), scene.song(frames), frames=frames)
    close(found, expected)


def test_what_does_not_fit_beside_one_runs_one_by_one(
    scene: Scene, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "memory_of_one_pass", lambda _: (1 << 30, 1 << 20))
    scene.run(Separator(FAKE), scene.song())
    assert set(batches) == {1}


@pytest.mark.parametrize("frames", [1, STRIDE + 1, LONG])
def test_networks_with_short_last_segments_run_in_batches(
    tmp_path: Path, batches: list[int], frames: int
) -> None:
    scene = Scene(tmp_path, small_hdemucs(), small_htdemucs())
    found, _ = scene.run(Separator(FAKE, full_precision=True), scene.song(frames), frames=frames)
    expected, _ = scene.run(Separator(), scene.song(frames), frames=frames)
    close(found, expected)


# --- half precision ---


def test_a_gpu_computes_htdemucs_in_half_precision_unless_told_not_to(
    scene: Scene, batches: list[int]
) -> None:
    expected, _ = scene.run(Separator(), scene.song())
    audio = scene.song()
    half, _ = scene.run(Separator(FAKE), audio)
    assert audio.setups()[0]["implementations"] == {scene.model.files[0].signature: "fast-half"}
    error = np.linalg.norm(half - expected) / np.linalg.norm(expected)
    assert 1e-6 < error < 3e-3
    full, _ = scene.run(Separator(FAKE, full_precision=True), scene.song())
    close(full, expected)


def test_hdemucs_stays_in_full_precision(tmp_path: Path, batches: list[int]) -> None:
    scene = Scene(tmp_path, small_hdemucs())
    audio = scene.song()
    scene.run(Separator(FAKE), audio)
    assert list(audio.setups()[0]["implementations"].values()) == ["stock"]


# --- out of memory, lost ---


def test_a_gpu_out_of_memory_gets_smaller_batches(
    scene: Scene, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = scene.run(Separator(), scene.song())
    fail_when(monkeypatch, OUT_OF_MEMORY, lambda mix, device: device == FAKE and len(mix) > 1)
    batches.clear()
    found, notices = scene.run(Separator(FAKE), scene.song())
    assert [notice.code for notice in notices] == [NoticeCode.BATCH_REDUCED]
    assert max(batches) > 1 and batches[-1] == 1
    close(found, expected)


@pytest.mark.parametrize("error", [OUT_OF_MEMORY, LOST], ids=["out of memory", "lost"])
def test_what_the_gpu_cannot_do_the_processor_does(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    expected, _ = scene.run(Separator(), scene.song())
    separator = Separator(FAKE)
    audio = scene.song()
    broken = False
    fail_when(monkeypatch, error, lambda _, device: device == FAKE and broken)
    seen: list[int] = []

    def report(done: int, _: int) -> None:
        nonlocal broken
        seen.append(done)
        broken = done >= 2

    found, notices = scene.run(separator, audio, report)
    assert seen == [1, 2, 3, 4, 5], "finished passes were not done again"
    assert [(item.code, item.facts) for item in notices] == [
        (NoticeCode.DEVICE_LEFT, {"device": "CPU"})
    ]
    assert [setup["device"] for setup in audio.setups()] == [FAKE, "cpu"]
    close(found, expected)
    broken = False
    again = scene.song()
    assert scene.run(separator, again)[1] == (), "the next song tries the GPU again"
    assert [setup["device"] for setup in again.setups()] == [FAKE]


def test_a_gpu_that_cannot_even_hold_the_network_is_left(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = load_model

    def full(file: Any, device: str, segment: Any) -> nn.Module:
        if device == FAKE:
            raise DeviceError(ErrorCode.DEVICE_OUT_OF_MEMORY, device=device)
        return load(file, device, segment)

    monkeypatch.setattr(network, "load_model", full)
    _, notices = scene.run(Separator(FAKE), scene.song())
    assert [notice.code for notice in notices] == [NoticeCode.DEVICE_LEFT]


def test_a_processor_out_of_memory_is_an_error(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_when(monkeypatch, MemoryError(), lambda *_: True)
    with pytest.raises(DeviceError) as caught:
        scene.run(Separator(), scene.song())
    assert caught.value.code is ErrorCode.DEVICE_OUT_OF_MEMORY


# --- self-check ---


class Wrong:
    """A forward pass that is nearly right."""

    def __init__(self, module: nn.Module, frames: int, dtype: torch.dtype) -> None:
        self._module = module

    def __call__(self, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        output: torch.Tensor = self._module(mix) * 1.01
        return output


@pytest.fixture
def checks(tmp_path: Path) -> SelfChecks:
    return SelfChecks(tmp_path / "data" / "checks.json")


def implementations(audio: JobAudio) -> list[set[str]]:
    return [set(setup["implementations"].values()) for setup in audio.setups()]


def test_our_forward_is_checked_once_and_that_is_remembered(
    scene: Scene, checks: SelfChecks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[str] = []
    init = network.Network.__init__

    def noting(self: network.Network, *arguments: Any) -> None:
        made.append(arguments[-1].value)
        init(self, *arguments)

    monkeypatch.setattr(network.Network, "__init__", noting)
    done: list[int] = []
    audio = scene.song()
    scene.run(Separator("cpu", checks), audio, lambda number, _: done.append(made.count("stock")))
    assert made == ["fast", "stock"]
    assert done == [0, 1, 1, 1, 1], "after the first pass can be heard, and once"
    assert implementations(audio) == [{"fast"}]
    scene.run(Separator("cpu", SelfChecks(tmp_path / "data" / "checks.json")), scene.song())
    assert made == ["fast", "stock", "fast"]


def test_a_wrong_forward_is_replaced_and_its_passes_are_done_again(
    scene: Scene,
    checks: SelfChecks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected, _ = scene.run(Separator("cpu", checks), scene.song())
    monkeypatch.setattr(network, "FastHTDemucs", Wrong)
    bad = SelfChecks()
    seen: list[int] = []
    audio = scene.song()
    found, _ = scene.run(Separator("cpu", bad), audio, lambda done, _: seen.append(done))
    assert seen == [1, 0, 1, 2, 3, 4, 5]
    assert implementations(audio) == [{"stock"}]
    assert "wrong by 0.01" in caplog.text
    close(found, expected)
    again = scene.song()
    scene.run(Separator("cpu", bad), again, lambda done, _: seen.append(done))
    assert seen[7:] == [1, 2, 3, 4, 5], "it is not tried again"


def test_a_wrong_half_precision_falls_back_to_the_full_one(
    scene: Scene, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(module: nn.Module, frames: int, dtype: torch.dtype) -> Any:
        return (Wrong if dtype is torch.float16 else FastHTDemucs)(module, frames, dtype)

    monkeypatch.setattr(network, "FastHTDemucs", made)
    audio = scene.song()
    scene.run(Separator(FAKE), audio)
    assert implementations(audio) == [{"fast"}]


def test_what_another_song_showed_to_be_wrong_is_done_again_here(
    scene: Scene, checks: SelfChecks, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = scene.run(Separator("cpu", checks), scene.song())
    monkeypatch.setattr(network, "FastHTDemucs", Wrong)
    bad, cancel = SelfChecks(), CancelToken()
    paused = scene.song()
    with pytest.raises(Cancelled):  # before its first pass is compared
        scene.run(Separator("cpu", bad), paused, lambda *_: cancel.cancel(), cancel)
    assert implementations(paused) == [{"fast"}] and bad._verdicts == {}
    scene.run(Separator("cpu", bad), scene.song())
    seen: list[int] = []
    found, _ = scene.run(Separator("cpu", bad), paused, lambda done, _: seen.append(done))
    assert seen == [0, 1, 2, 3, 4, 5]
    assert implementations(paused) == [{"stock"}]
    close(found, expected)


def test_a_network_that_is_not_used_any_more_is_freed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "FastHTDemucs", Wrong)
    separator = Separator()
    scene.run(separator, scene.song())
    assert [one.how.value for one in separator.networks._loaded.values()] == ["stock"]


def test_a_gpu_without_room_for_a_second_network_is_checked_on_the_processor(
    scene: Scene, checks: SelfChecks, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    load = load_model
    on: list[str] = []

    def one_at_most(file: Any, device: str, segment: Any) -> nn.Module:
        on.append(device)
        if on.count(FAKE) > 1 and device == FAKE:
            raise DeviceError(ErrorCode.DEVICE_OUT_OF_MEMORY, "full")
        return load(file, device, segment)

    monkeypatch.setattr(network, "load_model", one_at_most)
    found, notices = scene.run(Separator(FAKE, checks, full_precision=True), scene.song())
    assert notices == () and on == [FAKE, FAKE, "cpu"]
    assert list(checks._verdicts.values()) == [True]
    expected, _ = scene.run(Separator(), scene.song())
    close(found, expected)


class Failing:
    """A forward pass that another version of torch has broken, or that gives no numbers."""

    def __init__(self, module: nn.Module, frames: int, dtype: torch.dtype) -> None:
        self._module = module
        self._passes = 0

    def __call__(self, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        self._passes += 1
        if self._passes == 3:
            raise RuntimeError("unknown operation")
        output: torch.Tensor = self._module(mix)
        return output


class Overflowing(Failing):
    def __call__(self, mix: torch.Tensor, check: Callable[[], None]) -> torch.Tensor:
        self._passes += 1
        output: torch.Tensor = self._module(mix)
        return output * (torch.inf if self._passes == 3 else 1)


@pytest.mark.parametrize("how", [Failing, Overflowing])
def test_a_forward_that_fails_on_the_way_is_replaced_for_what_is_left(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    expected, _ = scene.run(Separator(), scene.song())
    monkeypatch.setattr(network, "FastHTDemucs", how)
    seen: list[int] = []
    audio = scene.song()
    found, _ = scene.run(Separator(), audio, lambda done, _: seen.append(done))
    assert seen == [1, 2, 3, 4, 5]
    assert implementations(audio) == [{"fast"}, {"stock"}]
    close(found, expected)


def test_silence_proves_nothing(scene: Scene, checks: SelfChecks, tmp_path: Path) -> None:
    mix = noise(LONG)
    mix[:, : SEGMENT + 1] = 0.05  # the mean
    audio = scratch(tmp_path / "quiet", mix)
    verdicts: list[int] = []
    separator = Separator("cpu", checks)
    scene.run(separator, audio, lambda *_: verdicts.append(len(checks._verdicts)))
    assert verdicts == [0, 0, 1, 1, 1]


def test_stopping_in_a_check_leaves_it_for_the_next_time(scene: Scene, checks: SelfChecks) -> None:
    cancel = CancelToken()
    audio = scene.song()
    with pytest.raises(Cancelled):
        scene.run(Separator("cpu", checks), audio, lambda *_: cancel.cancel(), cancel)
    assert checks._verdicts == {}
    scene.run(Separator("cpu", checks), audio)
    assert list(checks._verdicts.values()) == [True]


def test_a_song_of_one_pass_is_not_saved_unchecked(
    scene: Scene, checks: SelfChecks, tmp_path: Path
) -> None:
    cancel, frames = CancelToken(), SEGMENT // 2
    audio = scratch(tmp_path / "short", noise(frames))
    with pytest.raises(Cancelled):
        scene.run(Separator("cpu", checks), audio, lambda *_: cancel.cancel(), cancel, frames)
    assert audio.passes_bytes() == 0
    scene.run(Separator("cpu", checks), audio, frames=frames)
    assert list(checks._verdicts.values()) == [True]


def test_each_sub_model_of_a_bag_is_checked(tmp_path: Path, checks: SelfChecks) -> None:
    nets = [small_htdemucs(seed) for seed in range(4)]
    scene = Scene(tmp_path, *nets, weights=IDENTITY)
    scene.run(Separator("cpu", checks), scene.song())
    assert list(checks._verdicts.values()) == [True] * 4


def test_checks_live_with_a_file_that_is_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "checks.json"
    for text in ("[1, 2]", "{", '{"a": "yes"}', "\x00"):
        path.write_text(text)
        assert SelfChecks(path)._verdicts == {}


# --- what is kept of a setup ---


def test_what_computed_no_pass_is_not_noted(
    scene: Scene, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_when(monkeypatch, LOST, lambda _, device: device == FAKE)
    audio = scene.song()
    _, notices = scene.run(Separator(FAKE), audio)
    assert [notice.code for notice in notices] == [NoticeCode.DEVICE_LEFT]
    assert [setup["device"] for setup in audio.setups()] == ["cpu"]


def test_one_way_of_computing_is_noted_once(scene: Scene) -> None:
    audio = scene.song()
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        scene.run(Separator(), audio, lambda *_: cancel.cancel(), cancel)
    scene.run(Separator(), audio)
    (setup,) = audio.setups()
    assert setup["device"] == "cpu" and setup["batch"] == 1
    assert setup["threads"] == torch.get_num_threads()
    assert setup["torch"] == torch.__version__


def test_a_job_goes_on_with_its_thread_count_and_its_implementation(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = scene.song()
    cancel = CancelToken()
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "physical_cores", lambda: 2)
    try:
        with monkeypatch.context() as that_day:
            that_day.setattr(network, "supports", lambda _: "not yet")
            with pytest.raises(Cancelled):
                scene.run(Separator(), audio, lambda *_: cancel.cancel(), cancel)
        monkeypatch.setattr(threads, "physical_cores", lambda: 1)
        torch.set_num_threads(1)
        scene.run(Separator(), audio)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert len(audio.setups()) == 1 and implementations(audio) == [{"stock"}]


def test_what_cannot_be_restored_is_noted(scene: Scene) -> None:
    audio = scene.song()
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        scene.run(Separator(), audio, lambda *_: cancel.cancel(), cancel)
    (setup,) = audio.setups()
    audio._setups_path.write_text("[]")
    audio.add_setup({**setup, "torch": "0.9"})
    scene.run(Separator(), audio)
    assert [item["torch"] for item in audio.setups()] == ["0.9", torch.__version__]


def test_the_largest_batch_is_what_the_setup_says(scene: Scene, batches: list[int]) -> None:
    audio = scene.song()
    scene.run(Separator(FAKE), audio)
    assert [(item["batch"], item["threads"]) for item in audio.setups()] == [(MOST, 0)]
