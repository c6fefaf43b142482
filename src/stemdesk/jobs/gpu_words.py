"""The GPU pack and its GPU in words, for the diagnostics page and the command line."""

from __future__ import annotations

from stemdesk.core.sentences import format_bytes, printable
from stemdesk.engine.gpu_pack import Verdict
from stemdesk.engine.nvidia import NvidiaGpu
from stemdesk.jobs.gpu_pack import PackStatus


def gpu_text(gpu: NvidiaGpu | None) -> str:
    """`NVIDIA GPU: NVIDIA H200, driver 580.65.06`."""
    if gpu is None:
        return "NVIDIA GPU: none found"
    driver = f"driver {gpu.driver}" if gpu.driver else "its driver's version is not known"
    return f"NVIDIA GPU: {printable(gpu.name) or 'found'}, {driver}"


def pack_text(status: PackStatus | None) -> str:
    """`torch 2.13.0, in use (NVIDIA H200)`, or why there is none."""
    if status is None:
        return "not needed, PyTorch comes from pip"
    if status.wanted is None:
        return "there is none for this system"
    if not status.whole:
        some = f", {format_bytes(status.fetched_bytes)} fetched" if status.fetched_bytes else ""
        return f"none{some}"
    return f"torch {status.wanted.torch}, {_state_text(status)}"


def _state_text(status: PackStatus) -> str:
    if status.leaving:
        return "removed at the next start"
    if status.verdict is None:
        return "not tried yet"
    said = printable(status.verdict.said)
    if not status.verdict.passed:
        return f"not used: {said}"
    return f"{'in use' if status.in_use else 'used from the next start on'} ({said})"


def verdict_text(verdict: Verdict) -> str:
    """How a trial has ended, as a sentence."""
    said = printable(verdict.said)
    if verdict.passed:
        return f"The GPU pack works ({said}). It is used from the next start on."
    return f"The GPU pack does not work here and is not used: {said}"
