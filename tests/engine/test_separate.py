import copy
import gc
import itertools
import os
import random
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from demucs.apply import BagOfModels, apply_model
from torch import nn

from stemdesk.audio.store import JobAudio, Piece, Samples
from stemdesk.core.errors import Cancelled, DeviceError, ErrorCode, ModelError, Paused
from stemdesk.core.progress import CancelToken
from stemdesk.engine import network as network_module
from stemdesk.engine.load import load_model
from stemdesk.engine.pass_queue import PassQueue, Wish, guess_s
from stemdesk.engine.plan import Pass, Plan
from stemdesk.engine.separate import Separation, Separator
from stemdesk.models.library import ModelFile, ModelInfo
from support.separation import (
    DEVIATION,
    IDENTITY,
    LONG,
    MEAN,
    RATE,
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


def run(
    model: ModelInfo,
    plan: Plan,
    audio: JobAudio,
    separator: Separator | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancel: CancelToken | None = None,
    queue: PassQueue | None = None,
) -> Samples:
    """Separate; float32 [stems, channels, frames]."""
    separator = separator or Separator()
    hashes = tuple(file.signature for file in model.files)
    queue = queue or queue_of(plan, audio)
    song = Separation(model, hashes, queue, audio, MEAN, DEVIATION)
    separator.run(song, report, cancel or CancelToken())
    return stems_of(plan, audio)


def stock(network: Any, mix: Samples, shifts: int = 0) -> Samples:
    """What demucs itself makes of the same normalised mix."""
    normalised = (torch.from_numpy(mix) - MEAN) / DEVIATION
    with torch.no_grad():
        stems = apply_model(network, normalised[None], shifts=shifts, overlap=0.25, split=True)
    found: Samples = (stems[0] * DEVIATION + MEAN).numpy()
    return found


def assert_same(found: Samples, expected: Samples) -> None:
    assert found.shape == expected.shape
    for stem, reference in zip(found, expected, strict=True):
        error = np.linalg.norm(stem - reference) / np.linalg.norm(reference)
        assert error <= 1e-5


def check(folder: Path, frames: int, kind: str, *networks: Any, **bag: Any) -> None:
    mix = noise(frames, kind)
    model = installed(folder, *networks, **bag)
    found = run(model, make_plan(model, (), frames, 0.25), scratch(folder, mix))
    weights, segment = bag.get("weights"), bag.get("segment")
    assert_same(found, stock(BagOfModels(list(networks), weights, segment), mix))


@pytest.mark.parametrize("kind", ["stereo", "mono"])
@pytest.mark.parametrize("frames", [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, LONG])
def test_htdemucs_separates_as_stock_does(tmp_path: Path, frames: int, kind: str) -> None:
    check(tmp_path, frames, kind, small_htdemucs())


@pytest.mark.parametrize("kind", ["stereo", "mono"])
@pytest.mark.parametrize("frames", [1000, SEGMENT - 1, SEGMENT, SEGMENT + 1, LONG])
def test_hdemucs_separates_as_stock_does(tmp_path: Path, frames: int, kind: str) -> None:
    check(tmp_path, frames, kind, small_hdemucs())


@pytest.mark.parametrize(
    "network",
    [
        # a short STFT: more than 200 steps, which the LSTM does in overlapping parts
        lambda: small_hdemucs(channels=8, depth=3, nfft=64, dconv_lstm=2, dconv_attn=2),
        lambda: small_hdemucs(hybrid_old=True),
        lambda: small_hdemucs(hybrid=False),
        lambda: small_htdemucs(use_train_segment=False),
        lambda: small_htdemucs(segment=0.3),
    ],
    ids=["framed lstm", "hybrid_old", "no time branch", "use_train_segment=False", "float segment"],
)
def test_other_shapes_of_network_separate_as_stock_does(
    tmp_path: Path, network: Callable[[], nn.Module]
) -> None:
    check(tmp_path, LONG, "stereo", network())


def test_a_bag_is_averaged_by_its_weights(tmp_path: Path) -> None:
    rows = [[1, 0, 0.5, 2], [3, 1, 0.25, 1]]
    check(tmp_path, LONG, "stereo", small_htdemucs(0), small_hdemucs(1), weights=rows)


@pytest.mark.parametrize("seconds", [0.25, 0.3, 0.7])
def test_the_yaml_segment_separates_as_stock_does(tmp_path: Path, seconds: float) -> None:
    check(tmp_path, LONG, "stereo", small_htdemucs(0), small_hdemucs(1), segment=seconds)


@pytest.mark.parametrize("shifts", [1, 2])
@pytest.mark.parametrize("frames", [1000, LONG + 200])
def test_shifts_separate_as_stock_does_with_the_same_offsets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shifts: int, frames: int
) -> None:
    mix = noise(frames)
    networks: list[Any] = [small_htdemucs(), small_hdemucs()]
    model = installed(tmp_path, *networks)
    plan = make_plan(model, (), frames, shifts=shifts)
    found = run(model, plan, scratch(tmp_path, mix))
    most = int(0.5 * RATE)
    offsets = itertools.cycle([index * most // shifts for index in range(shifts)])
    monkeypatch.setattr(random, "randint", lambda low, high: next(offsets))
    assert_same(found, stock(BagOfModels(networks), mix, shifts))


def test_one_stem_of_a_fine_tuned_bag_runs_one_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks: list[Any] = [small_htdemucs(seed) for seed in range(4)]
    model = installed(tmp_path, *networks, weights=IDENTITY)
    ran = watch_networks(monkeypatch)
    mix = noise(LONG)
    plan = make_plan(model, ("vocals",), LONG, 0.25)
    found = run(model, plan, scratch(tmp_path, mix))
    assert ran == [model.files[3].signature] * len(range(0, LONG, STRIDE))
    assert_same(found, stock(BagOfModels(networks, IDENTITY), mix)[3:])


def watch_networks(
    monkeypatch: pytest.MonkeyPatch, watch: Callable[[nn.Module], None] | None = None
) -> list[str]:
    """The signature of each network that runs from now on, once for each forward call;
    `watch` is given each network that is loaded."""
    ran: list[str] = []

    def watched(file: ModelFile, *rest: Any) -> nn.Module:
        network = load_model(file, *rest)
        network.register_forward_hook(lambda *_: ran.append(file.signature))
        if watch is not None:
            watch(network)
        return network

    monkeypatch.setattr(network_module, "load_model", watched)
    # What is watched is demucs' own forward; ours takes a network's weights only.
    monkeypatch.setattr(network_module, "supports", lambda _: "it is watched")
    return ran


# --- lengths at which stock demucs raises ---

SHORT = [1, 2, 3, 4, 5, 511, 512]
RAISING: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "hdemucs": (small_hdemucs, 4),
    "use_train_segment=False": (lambda: small_htdemucs(use_train_segment=False), 4),
    "no time branch": (lambda: small_hdemucs(hybrid=False), 2048),
}


@pytest.mark.parametrize("name", RAISING)
@pytest.mark.parametrize("kind", ["stereo", "silent"])
def test_songs_too_short_for_stock_separate(tmp_path: Path, name: str, kind: str) -> None:
    network, _ = RAISING[name]
    model = installed(tmp_path, network())
    for frames in SHORT:
        plan = make_plan(model, (), frames, 0.25)
        found = run(model, plan, scratch(tmp_path / str(frames), noise(frames, kind)))
        assert found.shape == (4, 2, frames)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("name", RAISING)
def test_last_segments_too_short_for_stock_separate(tmp_path: Path, name: str) -> None:
    network, longest = RAISING[name]
    model = installed(tmp_path, network())
    for last in [1, 4, longest]:
        mix = noise(STRIDE + last)
        with pytest.raises((ValueError, RuntimeError)):  # else this test proves nothing
            stock(network(), mix)
        plan = make_plan(model, (), mix.shape[1], 0.25)
        assert plan.pieces[-1].frames == last
        found = run(model, plan, scratch(tmp_path / str(last), mix))
        assert np.isfinite(found).all()


def test_from_an_eighth_of_the_stft_on_songs_equal_stock(tmp_path: Path) -> None:
    check(tmp_path, 512, "stereo", small_hdemucs())
    check(tmp_path / "last", STRIDE + 512, "stereo", small_hdemucs())


def test_a_short_last_segment_hears_the_song_before_it(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []

    class Listening(JobAudio):
        def read_mix(self, start: int, frames: int) -> Samples:
            heard.append((start, frames))
            return super().read_mix(start, frames)

    scratch(tmp_path, noise(STRIDE + 2))
    model = installed(tmp_path, small_hdemucs())
    run(model, make_plan(model, (), STRIDE + 2, 0.25), Listening(tmp_path / "job"))
    assert heard == [(0, STRIDE + 2), (STRIDE - 255, 257)]


def test_silence_stays_finite(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs(0), small_hdemucs(1))
    audio = scratch(tmp_path, noise(SEGMENT + 9, "silent"))
    plan = make_plan(model, (), SEGMENT + 9, 0.25)
    song = Separation(model, ("a", "b"), queue_of(plan, audio), audio, 0.0, 1e-8)
    Separator().run(song, lambda *_: None, CancelToken())
    assert np.isfinite(stems_of(plan, audio)).all()


# --- resume, order, reuse ---


def test_finished_passes_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = installed(tmp_path, small_htdemucs())
    audio = scratch(tmp_path, noise(LONG))
    plan = make_plan(model, (), LONG, 0.25)
    ran = watch_networks(monkeypatch)
    whole = run(model, plan, audio)
    removed = plan.pieces[2]
    (audio.folder / "passes" / f"{removed.name}.f32").unlink()
    ran.clear()
    reports: list[tuple[int, int]] = []
    again = run(model, plan, audio, report=lambda *numbers: reports.append(numbers))
    assert len(ran) == 1
    assert reports == [(5, 5)]
    np.testing.assert_array_equal(again, whole)


def test_any_order_of_passes_gives_the_same_bits(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs(0), small_hdemucs(1))
    plan = make_plan(model, (), LONG)
    expected = run(model, plan, scratch(tmp_path / "in order", noise(LONG)))
    for wanted in (LONG - 1, SEGMENT + 1):
        audio = scratch(tmp_path / str(wanted), noise(LONG))
        queue = queue_of(plan, audio)
        keep = audio.write_pass
        written: list[str] = []

        def write(
            piece: Piece, samples: Samples, keep: Any = keep, written: list[str] = written
        ) -> None:
            written.append(piece.name)
            keep(piece, samples)

        audio.write_pass = write  # type: ignore[method-assign] # watched
        queue.prioritise(Wish(wanted))
        np.testing.assert_array_equal(run(model, plan, audio, queue=queue), expected)
        assert written != [piece.name for piece in plan.pieces]
        assert sorted(written) == sorted(piece.name for piece in plan.pieces)


def test_progress_is_reported_after_each_pass(tmp_path: Path) -> None:
    model = installed(tmp_path, small_hdemucs())
    reports: list[tuple[int, int]] = []
    audio = scratch(tmp_path, noise(SEGMENT))
    plan = make_plan(model, (), SEGMENT, 0.25)
    run(model, plan, audio, report=lambda *numbers: reports.append(numbers))
    assert reports == [(1, 2), (2, 2)]


def test_networks_stay_loaded_until_another_model_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = installed(tmp_path, small_htdemucs(0), small_hdemucs(0))
    second = installed(tmp_path / "second", small_htdemucs(1))
    loaded: list[weakref.ref[nn.Module]] = []
    watch_networks(monkeypatch, lambda network: loaded.append(weakref.ref(network)))
    separator = Separator()
    for song in range(2):
        audio = scratch(tmp_path / f"song{song}", noise(1000))
        run(first, make_plan(first, (), 1000, 0.25), audio, separator)
    assert [reference() is not None for reference in loaded] == [True, True]
    audio = scratch(tmp_path / "other", noise(1000))
    run(second, make_plan(second, (), 1000, 0.25), audio, separator)
    gc.collect()
    assert [reference() is not None for reference in loaded] == [False, False, True]
    separator.close()
    gc.collect()
    assert loaded[2]() is None


def test_a_pass_is_chosen_once_its_network_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading takes its time, and a player goes on meanwhile."""
    model = installed(tmp_path, small_htdemucs())
    events: list[str] = []
    watch_networks(monkeypatch, lambda _: events.append("loaded"))
    audio = scratch(tmp_path, noise(LONG))
    plan = make_plan(model, (), LONG, 0.25)
    queue = queue_of(plan, audio)
    take = queue.take

    def watched(*arguments: Any, **options: Any) -> tuple[Pass, ...]:
        events.append("chosen")
        return take(*arguments, **options)

    monkeypatch.setattr(queue, "take", watched)
    run(model, plan, audio, queue=queue)
    assert events[:2] == ["loaded", "chosen"]


def test_what_passes_took_is_expected_of_the_next_songs(tmp_path: Path) -> None:
    model, separator = installed(tmp_path, small_htdemucs()), Separator()
    plan = make_plan(model, (), LONG, 0.25)
    queues = []
    for song in range(2):
        audio = scratch(tmp_path / f"song{song}", noise(LONG))
        queues.append(queue_of(plan, audio))
        run(model, plan, audio, separator, queue=queues[-1])
    segment_s = float(model.segment_of(0))
    assert queues[0].usual_s == guess_s(segment_s, "cpu", torch.get_num_threads())
    assert queues[1].usual_s == queues[0].pass_s


def test_a_file_that_changed_is_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = installed(tmp_path, small_htdemucs())
    loaded: list[nn.Module] = []
    watch_networks(monkeypatch, loaded.append)
    separator = Separator()
    for song in range(2):
        audio = scratch(tmp_path / f"song{song}", noise(1000))
        run(model, make_plan(model, (), 1000, 0.25), audio, separator)
        os.utime(model.files[0].path, ns=(0, 0))
    assert len(loaded) == 2


# --- stopping ---


def test_cancelling_stops_inside_a_forward_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, cancelled = threading.Event(), threading.Event()
    cancel = CancelToken()
    late: list[str] = []

    def at_the_first_layer(*_: object) -> None:
        inside.set()
        assert cancelled.wait(30)

    def watch(network: nn.Module) -> None:
        settings: Any = network
        settings.encoder[0].register_forward_pre_hook(at_the_first_layer)
        settings.decoder[-1].register_forward_hook(lambda *_: late.append("last layer"))

    def stop() -> None:
        assert inside.wait(30)
        cancel.cancel()
        cancelled.set()

    ran = watch_networks(monkeypatch, watch)
    model = installed(tmp_path, small_htdemucs())
    audio = scratch(tmp_path, noise(SEGMENT))
    plan = make_plan(model, (), SEGMENT, 0.25)
    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Cancelled):
        run(model, plan, audio, cancel=cancel)
    stopper.join()
    assert (late, ran) == ([], [])
    assert not any(audio.has_pass(piece) for piece in plan.pieces)


@pytest.mark.parametrize("network", [small_htdemucs, small_hdemucs])
def test_every_layer_looks_whether_to_stop(tmp_path: Path, network: Any) -> None:
    """No layer runs for long without a look, and nothing is left behind in the network."""
    module = network()
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1

    with network_module._checked(module, look), torch.inference_mode():
        module(torch.zeros(1, 2, SEGMENT))
    convolutions = [m for m in module.modules() if isinstance(m, nn.Conv1d | nn.Conv2d)]
    assert looks > len(convolutions)
    assert not any(layer._forward_pre_hooks for layer in module.modules())


def test_cancelling_between_passes_keeps_the_finished_one(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs())
    audio = scratch(tmp_path, noise(LONG))
    plan = make_plan(model, (), LONG, 0.25)
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        run(model, plan, audio, report=lambda *_: cancel.cancel(), cancel=cancel)
    assert [audio.has_pass(piece) for piece in plan.pieces] == [True] + [False] * 4


def test_a_paused_job_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs())
    audio, whole = scratch(tmp_path / "a", noise(LONG)), scratch(tmp_path / "b", noise(LONG))
    plan = make_plan(model, (), LONG, 0.25)
    cancel = CancelToken()
    with pytest.raises(Paused):
        run(model, plan, audio, report=lambda *_: cancel.pause(), cancel=cancel)
    assert [audio.has_pass(piece) for piece in plan.pieces] == [True] + [False] * 4
    np.testing.assert_array_equal(run(model, plan, audio), run(model, plan, whole))


# --- what goes wrong ---


def failing(error: Exception) -> Callable[[nn.Module], None]:
    def fail(*_: object) -> None:
        raise error

    def watch(network: nn.Module) -> None:
        network.register_forward_pre_hook(fail)

    return watch


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (torch.OutOfMemoryError("out of memory"), DeviceError, ErrorCode.DEVICE_OUT_OF_MEMORY),
        (AssertionError("shapes"), ModelError, ErrorCode.MODEL_REFUSED),
    ],
)
def test_what_torch_raises_is_translated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    kind: type[DeviceError | ModelError],
    code: ErrorCode,
) -> None:
    watch_networks(monkeypatch, failing(raised))
    model = installed(tmp_path, small_htdemucs())
    audio = scratch(tmp_path, noise(1000))
    with pytest.raises(kind) as caught:
        run(model, make_plan(model, (), 1000, 0.25), audio)
    assert caught.value.code is code


def test_a_network_whose_branches_do_not_meet_is_refused(tmp_path: Path) -> None:
    model = installed(tmp_path, small_hdemucs(nfft=2048))
    audio = scratch(tmp_path, noise(SEGMENT))
    with pytest.raises(ModelError) as caught:
        run(model, make_plan(model, (), SEGMENT, 0.25), audio)
    assert caught.value.code is ErrorCode.MODEL_REFUSED
    assert caught.value.path == model.files[0].path


def test_an_output_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    network = small_htdemucs()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.sign() * 60000)
    model = installed(tmp_path, network)
    audio = scratch(tmp_path, noise(1000))
    plan = make_plan(model, (), 1000, 0.25)
    with pytest.raises(ModelError) as caught:
        run(model, plan, audio)
    assert caught.value.code is ErrorCode.MODEL_CORRUPT
    assert not audio.has_pass(plan.pieces[0])


def test_a_model_removed_while_the_job_waited_is_missing(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs())
    model.files[0].path.unlink()
    audio = scratch(tmp_path, noise(1000))
    with pytest.raises(ModelError) as caught:
        run(model, make_plan(model, (), 1000, 0.25), audio)
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_pieces_hold_only_wanted_stems(tmp_path: Path) -> None:
    model = installed(tmp_path, small_htdemucs())
    audio = scratch(tmp_path, noise(1000))
    plan = make_plan(model, ("vocals", "bass"), 1000, 0.25)
    found = run(model, plan, audio)
    size = (audio.folder / "passes" / f"{plan.pieces[0].name}.f32").stat().st_size
    assert size == 2 * 2 * 1000 * 4
    assert_same(found, stock(copy.deepcopy(small_htdemucs()), noise(1000))[[1, 3]])
