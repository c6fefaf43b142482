"""What a model file may pass to its network class: names, types and bounds.

The two tables list the constructor arguments of demucs 4.1's `HTDemucs` and `HDemucs` in their
order (a test compares them with the real signatures). The bounds are far around every released
model; they keep a hostile file from describing a network that takes the machine down, and
nothing that is not listed ever reaches a constructor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stemdesk.core.errors import ErrorCode, ModelError

HTDEMUCS = "demucs.htdemucs.HTDemucs"
HDEMUCS = "demucs.hdemucs.HDemucs"

AUDIO_CHANNELS = 2
MAX_SEGMENT_S = 600
MAX_NFFT = 65536
# No blank at either end: a source's name becomes a file's name.
_SOURCE = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9_ -]{0,30}[A-Za-z0-9_-])?")


@dataclass(frozen=True, slots=True)
class Rule:
    """What an argument may be. `says` completes the sentence "… must be"."""

    says: str
    allows: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _whole(low: int, high: int) -> Rule:
    return Rule(f"a whole number, {low} to {high}", lambda v: _is_whole(v) and low <= v <= high)


def _number(low: float, high: float) -> Rule:
    return Rule(f"a number, {low} to {high}", lambda v: _is_number(v) and low <= v <= high)


def _only(value: Any) -> Rule:
    return Rule(repr(value), lambda v: type(v) is type(value) and v == value)


def _one_of(*rules: Rule) -> Rule:
    says = " or ".join(rule.says for rule in rules)
    return Rule(says, lambda v: any(rule.allows(v) for rule in rules))


def _numbers(low: float, high: float, most: int) -> Rule:
    each = _number(low, high)
    return Rule(
        f"a list of up to {most} numbers, {low} to {high}",
        lambda v: isinstance(v, list) and len(v) <= most and all(map(each.allows, v)),
    )


def _are_sources(value: Any) -> bool:
    if not (isinstance(value, list) and 1 <= len(value) <= 16):
        return False
    if not all(isinstance(name, str) and _SOURCE.fullmatch(name) for name in value):
        return False
    return len({name.lower() for name in value}) == len(value)  # they become file names


def _is_segment(value: Any) -> bool:
    return (isinstance(value, Fraction) or _is_number(value)) and 0 < value <= MAX_SEGMENT_S


_NOTHING = _only(None)
_FLAG = Rule("true or false", lambda v: isinstance(v, bool))
_WORD = Rule("a short text", lambda v: isinstance(v, str) and len(v) <= 64)
_ANY_NUMBER = _number(-1e9, 1e9)
_POWER_OF_TWO = Rule(
    f"a power of two, 64 to {MAX_NFFT}",
    lambda v: _is_whole(v) and 64 <= v <= MAX_NFFT and v & (v - 1) == 0,
)

_CHANNELS = {
    "sources": Rule("1 to 16 different plain names", _are_sources),
    "audio_channels": _only(AUDIO_CHANNELS),
    "channels": _whole(1, 1024),
    "channels_time": _one_of(_NOTHING, _whole(1, 1024)),
    "growth": _number(1, 8),
}
_STFT = {
    "nfft": _POWER_OF_TWO,
    "wiener_iters": _whole(-1, 10),
    "end_iters": _whole(-1, 10),
    "wiener_residual": _FLAG,
    "cac": _FLAG,
    "depth": _whole(1, 10),
    "rewrite": _FLAG,
}
_LAYERS = {
    "multi_freqs": _one_of(_NOTHING, _numbers(0, 1, 8)),
    "multi_freqs_depth": _whole(0, 10),
    "freq_emb": _one_of(_NOTHING, _number(0, 100)),
    "emb_scale": _number(1e-3, 1e6),
    "emb_smooth": _FLAG,
    "kernel_size": _whole(1, 64),
    "time_stride": _whole(1, 16),
    "stride": _whole(1, 16),
    "context": _whole(0, 8),
    "context_enc": _whole(0, 8),
    "norm_starts": _whole(0, 100),
    "norm_groups": _whole(1, 256),
    "dconv_mode": _whole(0, 3),
    "dconv_depth": _whole(-8, 8),
    "dconv_comp": _number(1, 64),
}
_TRANSFORMER = {
    "dconv_init": _ANY_NUMBER,
    "bottom_channels": _whole(0, 4096),
    "t_layers": _whole(0, 32),
    "t_emb": Rule("sin, cape or scaled", lambda v: v in ("sin", "cape", "scaled")),
    "t_hidden_scale": _number(0.01, 16),
    "t_heads": _whole(1, 64),
    "t_dropout": _number(0, 1),
    "t_max_positions": _whole(1, 100_000),
    "t_norm_in": _FLAG,
    "t_norm_in_group": _one_of(_FLAG, _whole(0, 64)),
    "t_group_norm": _one_of(_FLAG, _whole(0, 64)),
    "t_norm_first": _FLAG,
    "t_norm_out": _one_of(_FLAG, _whole(0, 64)),
    "t_max_period": _number(1, 1e9),
    "t_weight_decay": _ANY_NUMBER,
    "t_lr": _one_of(_NOTHING, _ANY_NUMBER),
    "t_layer_scale": _FLAG,
    "t_gelu": _FLAG,
    "t_weight_pos_embed": _ANY_NUMBER,
    "t_sin_random_shift": _only(0),  # else two runs differ
    "t_cape_mean_normalize": _FLAG,
    "t_cape_augment": _FLAG,
    "t_cape_glob_loc_scale": _numbers(0, 1e9, 3),
    "t_sparse_self_attn": _only(False),  # needs xformers
    "t_sparse_cross_attn": _only(False),
    "t_mask_type": _WORD,
    "t_mask_random_seed": _whole(0, 2**31),
    "t_sparse_attn_window": _whole(0, 100_000),
    "t_global_window": _whole(0, 100_000),
    "t_sparsity": _number(0, 1),
    "t_auto_sparsity": _FLAG,
    "t_cross_first": _FLAG,
}
_METADATA = {
    "rescale": _one_of(_FLAG, _NOTHING, _number(0, 100)),
    "samplerate": _whole(8000, 192_000),
    "segment": Rule(f"over 0 and up to {MAX_SEGMENT_S} seconds", _is_segment),
}

RULES: dict[str, dict[str, Rule]] = {
    HTDEMUCS: {
        **_CHANNELS,
        **_STFT,
        **_LAYERS,
        **_TRANSFORMER,
        **_METADATA,
        "use_train_segment": _FLAG,
    },
    HDEMUCS: {
        **_CHANNELS,
        **_STFT,
        "hybrid": _FLAG,
        "hybrid_old": _FLAG,
        **_LAYERS,
        "dconv_attn": _whole(0, 100),
        "dconv_lstm": _whole(0, 100),
        "dconv_init": _ANY_NUMBER,
        **_METADATA,
    },
}

_DEFAULTS: dict[str, Any] = {"audio_channels": AUDIO_CHANNELS, "nfft": 4096, "samplerate": 44100}
DEFAULTS: dict[str, dict[str, Any]] = {
    HTDEMUCS: {**_DEFAULTS, "segment": 10},
    HDEMUCS: {**_DEFAULTS, "segment": 40},
}


def check_arguments(klass: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All constructor arguments by name, with demucs' defaults for the ones we read ourselves.

    `klass` is a key of `RULES`; values are decoded JSON, with fractions as `Fraction`. An
    unknown name is refused: demucs would drop it, but no released model needs that.
    Raises `ModelError(MODEL_REFUSED)`.
    """
    rules = RULES[klass]
    if len(args) > len(rules):
        raise _refused(f"{len(args)} positional arguments for {klass}")
    given = dict(zip(rules, args, strict=False))
    if twice := given.keys() & kwargs.keys():
        raise _refused(f"argument given twice: {', '.join(sorted(twice))}")
    given |= kwargs
    if "sources" not in given:
        raise _refused("argument sources is missing")
    for name, value in given.items():
        if name not in rules:
            raise _refused(f"unknown argument {name[:64]!r}")
        if not rules[name].allows(value):
            raise _refused(f"argument {name} = {repr(value)[:80]} must be {rules[name].says}")
    return {**DEFAULTS[klass], **given}


def segment_frames(segment: Fraction | float, samplerate: int) -> int:
    """Frames of a segment as demucs counts them: a float is multiplied as a float."""
    return int(samplerate * segment)


def _refused(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_REFUSED, detail)
