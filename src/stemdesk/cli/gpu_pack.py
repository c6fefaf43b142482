"""`stemdesk gpu-pack`: what there is of the GPU pack, getting it, removing it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from stemdesk.cli.transfers import JsonTransfers, TextTransfers, TransferDisplay, shown
from stemdesk.core.errors import Cancelled, StemDeskError
from stemdesk.core.gpu_sentences import TERMS
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import format_bytes, printable, say
from stemdesk.jobs.belongings import is_at_work
from stemdesk.jobs.gpu_pack import PackStatus, gpu_trouble, install_pack, look
from stemdesk.jobs.gpu_removal import remove_pack
from stemdesk.jobs.gpu_words import gpu_text, pack_text, verdict_text
from stemdesk.jobs.space import size_bytes
from stemdesk.paths import Folders

_STOPPED = 130


def run(options: argparse.Namespace, where: Folders, cancel: CancelToken) -> int:
    """Do what the line asks for; returns the exit code."""
    if options.action == "install":
        return _install(where, options.json, cancel)
    if options.action == "remove":
        return _remove(where, options.json)
    return _show(look(where.data), options.json)


def facts(status: PackStatus | None) -> dict[str, Any] | None:
    """For JSON; None where this StemDesk uses no packs."""
    if status is None:
        return None
    wanted, gpu, verdict = status.wanted, status.gpu, status.verdict
    return {
        "torch": None if wanted is None else wanted.torch,
        "fetch_bytes": 0 if wanted is None else wanted.fetch_bytes,
        "unpacked_bytes": 0 if wanted is None else wanted.unpacked_bytes,
        "gpu": None if gpu is None else {"name": printable(gpu.name), "driver": gpu.driver},
        "fetched_bytes": status.fetched_bytes,
        "kept_bytes": status.kept_bytes,
        "installed": status.whole,
        "passed": None if verdict is None else verdict.passed,
        "said": "" if verdict is None else printable(verdict.said),
        "in_use": status.in_use,
        "leaving": status.leaving,
    }


def _show(status: PackStatus | None, as_json: bool) -> int:
    if as_json:
        json.dump({"gpu_pack": facts(status)}, sys.stdout, indent=2)
        print()
        return 0
    wanted = None if status is None else status.wanted
    if status is None or wanted is None:  # nobody has asked for a GPU
        print(f"GPU pack: {pack_text(status)}")
        return 0
    print(gpu_text(status.gpu))
    print(f"GPU pack: {pack_text(status)}")
    trouble = gpu_trouble(wanted, status.gpu)
    if trouble is not None:
        print(*say(trouble.code, None, trouble.facts))
    elif not status.whole:
        size, room = format_bytes(wanted.fetch_bytes), format_bytes(wanted.unpacked_bytes)
        print(f"To get it ({size} to fetch, {room} on the disk): stemdesk gpu-pack install")
        print(TERMS)
    return 0


def _install(where: Folders, as_json: bool, cancel: CancelToken) -> int:
    display: TransferDisplay = JsonTransfers() if as_json else TextTransfers()

    code = 0
    try:
        verdict = install_pack(where.data, shown(display, cancel), cancel)
        code = 0 if verdict.passed else 1
        display.done(verdict_text(verdict), passed=verdict.passed, said=printable(verdict.said))
    except (Cancelled, KeyboardInterrupt):
        code = _STOPPED
    except StemDeskError as error:
        code = 1
        display.failed(error)
    display.end(code, goes_on=True)
    return code


def _remove(where: Folders, as_json: bool) -> int:
    """0 if it is gone, or goes at the next start: not under a StemDesk that may compute with
    it."""
    display: TransferDisplay = JsonTransfers() if as_json else TextTransfers()
    code = 0
    try:
        status, freed = look(where.data), size_bytes(where.gpu_packs)
        passed = status is not None and status.verdict is not None and status.verdict.passed
        gone = remove_pack(where.data, later=passed and is_at_work(where))
        text = f"The GPU pack is removed ({format_bytes(freed)})." if freed else "There is none."
        if not gone:
            text = "The GPU pack is still in use. It is not used any more from the next start on."
        display.done(text, removed=gone)
    except StemDeskError as error:
        code = 1
        display.failed(error)
    display.end(code)
    return code
