from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from stemdesk.engine import htdemucs_layers, htdemucs_ops
from stemdesk.engine.htdemucs import FastHTDemucs, supports
from stemdesk.models.arguments import segment_frames
from support import models
from support.models import small_hdemucs

RATE = 16000  # fewer frames for half a second: quicker
small_htdemucs = functools.partial(models.small_htdemucs, samplerate=RATE)
SIX = ["drums", "bass", "other", "vocals", "guitar", "piano"]


def frames_of(network: Any) -> int:
    return segment_frames(network.segment, network.samplerate)


def noise(network: nn.Module, batch: int = 1, level: float = 0.2) -> Tensor:
    """Off centre, so that a wrong normalisation shows."""
    generator = torch.Generator().manual_seed(batch)
    return torch.randn(batch, 2, frames_of(network), generator=generator) * level + level / 4


def stock(network: nn.Module, mix: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = network(mix)
    return found


def fast(network: nn.Module, mix: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    return FastHTDemucs(network, mix.shape[-1], dtype)(mix, no_check)


def no_check() -> None:
    pass


def error(found: Tensor, expected: Tensor) -> float:
    """The largest relative L2 error of a segment."""
    assert found.shape == expected.shape
    assert found.dtype == torch.float32
    differences = (found - expected).flatten(1).norm(dim=1) / expected.flatten(1).norm(dim=1)
    return float(differences.max())


@pytest.fixture(params=["fused", "separate"])
def steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With oneDNN's fused steps, where there are any, and without, as on GPUs."""
    if request.param == "separate":
        for module in (htdemucs_ops, htdemucs_layers):
            monkeypatch.setattr(module, "has_onednn", lambda device, dtype: False)
    return str(request.param)


SHAPES: dict[str, Callable[[], nn.Module]] = {
    "as released": small_htdemucs,
    "six sources": lambda: small_htdemucs(sources=SIX, bottom_channels=0, t_layers=5),
    "one source": lambda: small_htdemucs(sources=["vocals"]),
    "no transformer": lambda: small_htdemucs(t_layers=0),
    "one layer of tokens": lambda: small_htdemucs(t_layers=1, t_heads=2),
    "three layers of tokens": lambda: small_htdemucs(t_layers=3, bottom_channels=0),
    "crossed first": lambda: small_htdemucs(t_cross_first=True),
    "no layer scale, no last norm": lambda: small_htdemucs(t_layer_scale=False, t_norm_out=False),
    "learnt positions": lambda: small_htdemucs(t_emb="scaled"),
    "depth 1": lambda: small_htdemucs(depth=1, bottom_channels=16),
    "depth 2": lambda: small_htdemucs(depth=2),
    "depth 3, short window": lambda: small_htdemucs(depth=3, nfft=1024),
    "growth 1.5": lambda: small_htdemucs(depth=2, growth=1.5, t_layers=0, bottom_channels=0),
    "no residual branches": lambda: small_htdemucs(dconv_mode=0),
    "residual branches in encoders": lambda: small_htdemucs(dconv_mode=1),
    "residual branches in decoders": lambda: small_htdemucs(dconv_mode=2),
    "three deep residual branches": lambda: small_htdemucs(dconv_depth=3, dconv_comp=4),
    "branches without dilation": lambda: small_htdemucs(dconv_depth=-2),
    "wide context": lambda: small_htdemucs(context=2),
    "no context": lambda: small_htdemucs(context=0),
    "no embedding": lambda: small_htdemucs(freq_emb=0),
    "channels of the waveform": lambda: small_htdemucs(
        depth=1, channels=16, channels_time=8, t_layers=0
    ),
    "another rate": lambda: small_htdemucs(samplerate=22050, segment=Fraction(7, 10)),
    "a segment of odd length": lambda: small_htdemucs(segment=0.40007),
    "very short": lambda: small_htdemucs(segment=Fraction(1, 40)),
    "use_train_segment=False": lambda: small_htdemucs(use_train_segment=False),
    "magnitudes": lambda: small_htdemucs(cac=False, wiener_iters=-1, end_iters=-1),
    "plain": lambda: small_htdemucs(depth=1, channels=64, t_layers=0, dconv_mode=0),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_equals_stock(shape: str, steps: str) -> None:
    network = SHAPES[shape]()
    assert supports(network) is None
    mix = noise(network)
    assert error(fast(network, mix), stock(network, mix)) <= 5e-6


def test_convolutions_may_order_their_results_as_they_like(
    steps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = small_htdemucs()
    mix = noise(network)
    expected = stock(network, mix)
    for name in ("conv2d", "conv_transpose2d"):
        real = getattr(functional, name)
        monkeypatch.setattr(functional, name, functools.partial(in_order, real))
    assert error(fast(network, mix), expected) <= 5e-6


def in_order(real: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """A convolution's result with its channels first, as on other devices."""
    return real(*args, **kwargs).contiguous()


def test_a_batch_equals_stock(steps: str) -> None:
    network = small_htdemucs()
    mix = noise(network, batch=3)
    mix[1] *= 50  # each segment has its own normalisation
    assert error(fast(network, mix), stock(network, mix)) <= 5e-6


@pytest.mark.parametrize("level", [1e-4, 100.0])
def test_quiet_and_loud_mixes_equal_stock(level: float) -> None:
    network = small_htdemucs()
    mix = noise(network, level=level)
    assert error(fast(network, mix), stock(network, mix)) <= 5e-6


@pytest.mark.parametrize("shape", ["as released", "magnitudes"])
def test_silence_equals_stock(shape: str) -> None:
    network = SHAPES[shape]()
    mix = noise(network, level=0)
    found = fast(network, mix)
    assert torch.isfinite(found).all()
    assert (found - stock(network, mix)).abs().max() <= 1e-6


@pytest.mark.parametrize("shape", ["as released", "six sources", "no transformer", "magnitudes"])
def test_half_precision_is_close_to_stock(shape: str) -> None:
    network = SHAPES[shape]()
    mix = noise(network)
    assert error(fast(network, mix, torch.float16), stock(network, mix)) <= 3e-3


def test_half_precision_keeps_batches_and_levels() -> None:
    network = small_htdemucs()
    mix = noise(network, batch=2)
    mix[1] *= 1000
    assert error(fast(network, mix, torch.float16), stock(network, mix)) <= 3e-3


def end_after(calls: Iterator[int]) -> None:
    if next(calls, None) is None:
        raise KeyboardInterrupt


def test_a_pass_can_be_ended_anywhere_and_the_next_is_whole() -> None:
    network = small_htdemucs()
    mix, other = noise(network), noise(network, level=3.0)
    ours = FastHTDemucs(network, frames_of(network))
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    expected = ours(mix, count)
    assert calls > 40
    for last in range(calls):
        with pytest.raises(KeyboardInterrupt):
            ours(other, functools.partial(end_after, iter(range(last))))
        if last % 20 == 0:
            assert torch.equal(ours(mix, no_check), expected)
    assert torch.equal(ours(mix, no_check), expected)


def test_results_do_not_depend_on_earlier_calls() -> None:
    network = small_htdemucs()
    ours = FastHTDemucs(network, frames_of(network))
    mixes = [noise(network, batch) for batch in (1, 3, 2)]
    kept = ours(mixes[0], no_check)
    first = [kept.clone(), *(ours(mix, no_check) for mix in mixes[1:])]
    again = [ours(mix, no_check) for mix in reversed(mixes)]
    assert all(torch.equal(*pair) for pair in zip(first, reversed(again), strict=True))
    assert torch.equal(kept, first[0])  # a result stays as it is


def test_it_runs_under_every_mode() -> None:
    network = small_htdemucs()
    mix = noise(network)
    ours = FastHTDemucs(network, frames_of(network))
    with torch.inference_mode():
        inside = ours(mix, no_check)
    with torch.no_grad():
        assert torch.equal(ours(mix, no_check), inside)
    assert torch.equal(ours(mix, no_check), inside)


def test_the_mix_and_the_module_stay_as_they_are() -> None:
    network = small_htdemucs()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    mix = noise(network)
    same = mix.clone()
    fast(network, mix)
    assert torch.equal(mix, same)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cac": False}, "wiener_iters"),
        ({"depth": 5}, "norm_starts|meet"),
        ({"depth": 5, "norm_starts": 9}, "8 wide"),
        ({"norm_starts": 0}, "norm_starts"),
        ({"multi_freqs": [0.5], "depth": 2}, "MultiWrap"),
        ({"kernel_size": 4, "stride": 2, "depth": 2}, "stride"),
        ({"rewrite": False}, "rewriting"),
        ({"context_enc": 1}, "context_enc"),
        ({"channels": 4}, "residual"),
        ({"t_norm_in": False}, "t_norm_in"),
        ({"t_norm_in": False, "t_norm_in_group": 1}, "t_norm_in"),
        ({"t_group_norm": 1}, "t_group_norm"),
        ({"t_norm_first": False}, "t_norm_first"),
        ({"t_norm_out": 3, "bottom_channels": 48}, "t_norm_out"),
        ({"t_gelu": False}, "GELU"),
        ({"t_sin_random_shift": 3}, "random"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # from torch, about layers without channels
def test_it_refuses_what_it_cannot_run(changes: dict[str, Any], reason: str) -> None:
    network = small_htdemucs(**changes)
    found = supports(network)
    assert found is not None
    assert any(word in found for word in reason.split("|")), found
    with pytest.raises(ValueError, match=r"."):
        FastHTDemucs(network, frames_of(network))


def test_it_refuses_other_networks_and_training() -> None:
    assert "HDemucs" in str(supports(small_hdemucs()))
    assert "training" in str(supports(small_htdemucs().train()))
    assert "float32" in str(supports(small_htdemucs().half()))
