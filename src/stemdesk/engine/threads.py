"""How many threads torch computes with: one for each processor core that is ours.

Two threads that share a core (hyper-threads) compute no faster than one. The number is fixed for
a job, since sums that are split among threads differently differ in their last bits.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from stemdesk.engine.start import import_torch


def fix_threads(count: int | None = None) -> int:
    """Set torch's threads; on the compute thread, before torch first computes there.

    `count`: what a job was begun with; None: all cores. OMP_NUM_THREADS, where a person has set
    it, is above both. Returns the number in use.
    """
    import_torch()
    import torch

    count = chosen_threads() or count or physical_cores()
    if count != torch.get_num_threads():  # asking anew makes a pool that nobody needs
        torch.set_num_threads(count)
    # Numbers next to zero take a processor many times as long as others. The threads that torch
    # starts for its work take this over from the thread that starts them.
    torch.set_flush_denormal(True)
    return torch.get_num_threads()


def chosen_threads() -> int | None:
    """What OMP_NUM_THREADS asks for; None where it is not set to a number."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # one for each nesting
    return int(first) or None if first.isdecimal() else None


def physical_cores(system: Path = Path("/")) -> int:
    """The cores this process may use, hyper-threads not counted; at least 1.

    `system`: where Linux' folders `sys` and `proc` are.
    """
    name = platform.system()
    if name == "Linux":
        # The first thread's: this one may share fewer while sound plays (`priority`).
        cores = _linux_cores(os.sched_getaffinity(os.getpid()), system)
        return max(1, min(cores, int(_linux_quota(system))))
    logical = os.cpu_count() or 1
    if name == "Darwin":
        return _mac_cores() or logical
    return logical // 2 if logical > 4 else logical  # nearly all with more have hyper-threads


def _linux_cores(processors: set[int], system: Path) -> int:
    """How many cores these logical processors belong to."""
    cores = set()
    for number in processors:
        topology = system / f"sys/devices/system/cpu/cpu{number}/topology"
        try:
            cores.add((topology / "thread_siblings_list").read_text("ascii").strip())
        except OSError:  # not told, as in some sandboxes: a core of its own
            cores.add(str(number))
    return len(cores)


def _linux_quota(system: Path) -> float:
    """The processor time that the control groups (version 2) of this process allow, in
    processors; those of a container and of systemd's slices."""
    limit = float(sys.maxsize)
    with suppress(OSError, ValueError):
        lines = (system / "proc/self/cgroup").read_text("utf-8").splitlines()
        name = next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
        root = system / "sys/fs/cgroup"
        for group in (root / name, *(root / name).parents):
            if not group.is_relative_to(root):
                break
            with suppress(OSError, ValueError):
                quota, period = (group / "cpu.max").read_text("ascii").split()
                if quota != "max":
                    limit = min(limit, int(quota) / int(period))
    return limit


def _mac_cores() -> int | None:
    """The fast cores of a Mac; the others would hold them up. None if it does not say."""
    for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
        with suppress(OSError, ValueError, subprocess.SubprocessError):
            command = ["/usr/sbin/sysctl", "-n", name]
            answer = subprocess.run(command, capture_output=True, check=True, timeout=5)
            return int(answer.stdout)
    return None
