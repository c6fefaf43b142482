"""`stemdesk models`: what there is, and download, import, remove, verify, check-catalogue."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stemdesk.cli.transfers import JsonTransfers, TextTransfers, TransferDisplay
from stemdesk.core.errors import Cancelled, ErrorCode, ModelError, StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import format_bytes, printable, say
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer
from stemdesk.models.catalogue import CatalogueModel, base_url, catalogue, known, legacy_url
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.models.listing import ListedModel, State, listing
from stemdesk.paths import Folders, user_path

_STOPPED = 130
_DRAFT = "A draft, quick and always there: for the real thing get htdemucs."

Step = Callable[[], None]


def run(
    options: argparse.Namespace, where: Folders, settings: Settings, cancel: CancelToken
) -> int:
    """Run `stemdesk models …`; returns the exit code."""
    library = ModelLibrary(where.models)
    if options.action is None:
        return _list(library, options.json)
    display: TransferDisplay = JsonTransfers() if options.json else TextTransfers()
    action = _Action(options, library, settings, display, cancel)
    failed = 0
    try:
        for model, step in action.steps():
            try:
                step()
            except StemDeskError as error:
                failed += 1
                display.failed(error, model)
        code = 1 if failed else 0
    except StemDeskError as error:  # a name that is none
        display.failed(error)
        code = 1
    except (Cancelled, KeyboardInterrupt):
        code = _STOPPED
    display.end(code)
    return code


class _Action:
    """What the line asks for, as steps that fail one by one."""

    def __init__(
        self,
        options: argparse.Namespace,
        library: ModelLibrary,
        settings: Settings,
        display: TransferDisplay,
        cancel: CancelToken,
    ) -> None:
        self._options = options
        self._library = library
        self._settings = settings
        self._display = display
        self._cancel = cancel

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Names of models (or files), and what to do with each."""
        options = self._options
        if options.action == "download":
            yield options.name, lambda: self._download(options.name, options.stems or ())
        elif options.action == "import":
            yield "", self._import
        elif options.action == "remove":
            yield options.name, lambda: self._remove(options.name)
        elif options.action == "verify":
            yield from ((name, self._verifying(name)) for name in self._to_verify())
        else:
            yield from self._checks()

    def _report(self, transfer: Transfer) -> None:
        self._display.transfer(transfer)
        if self._display.closed:  # nobody listens any more: `stemdesk … | head`
            self._cancel.cancel()

    def _download(self, name: str, stems: tuple[str, ...]) -> None:
        from stemdesk.models.install import download_model

        address = base_url(self._settings.model_mirror)
        download_model(self._library, name, stems, self._report, self._cancel, address)
        usable = self._library.get(name, stems).usable
        self._display.done(f"Installed: {name} ({', '.join(usable)})", model=name)

    def _import(self) -> None:
        from stemdesk.jobs.import_model import import_model

        path = user_path(self._options.path)
        name = import_model(self._library, path, self._options.name, self._report, self._cancel)
        self._display.done(f"Installed: {name}", model=name)

    def _remove(self, name: str) -> None:
        from stemdesk.models.install import remove_model

        freed = remove_model(self._library, name)
        text = f"Removed: {name} ({format_bytes(freed)})"
        self._display.done(text, model=name, freed_bytes=freed)

    def _to_verify(self) -> list[str]:
        return list(self._options.names) or self._library.names()

    def _verifying(self, name: str) -> Step:
        def verify() -> None:
            from stemdesk.models.install import verify_model

            compared = verify_model(self._library, name, self._report, self._cancel)
            found = "as it should be" if compared else "readable; its hash is not known"
            self._display.done(f"{name}: {found}", model=name, compared=compared)

        return verify

    def _checks(self) -> Iterator[tuple[str, Step]]:
        """One step for each file of the catalogue that the network has."""
        for model in self._to_check():
            for file in model.files:
                if file.path:
                    address = f"{base_url(self._settings.model_mirror)}/{file.path}"
                    size, sha256 = file.size_bytes, file.sha256
                    yield model.name, self._checking(model, file.name, address, size, sha256)
                if file.legacy is not None and self._options.legacy:
                    legacy = file.legacy
                    address = f"{legacy_url(self._settings.model_mirror)}/{legacy.path}"
                    size, sha256 = legacy.size_bytes, legacy.sha256
                    yield model.name, self._checking(model, legacy.name, address, size, sha256)

    def _to_check(self) -> tuple[CatalogueModel, ...]:
        models = []
        for name in self._options.names:
            model = known(name)
            if model is None:
                raise ModelError(ErrorCode.MODEL_UNKNOWN, model=name)
            models.append(model)
        return tuple(models) or catalogue()

    def _checking(
        self, model: CatalogueModel, name: str, address: str, size_bytes: int, sha256: str
    ) -> Step:
        """Fetch a file into a folder that goes again; the download checks it."""

        def check() -> None:
            from stemdesk.fetch.download import RemoteFile, download

            with tempfile.TemporaryDirectory(prefix="stemdesk-") as folder:
                file = RemoteFile(address, size_bytes, sha256)
                download(file, Path(folder) / name, self._report, self._cancel)
            text = f"{model.name}: {name} is as the catalogue says"
            self._display.done(text, model=model.name, file=name)

        return check


def _list(library: ModelLibrary, as_json: bool) -> int:
    """What is installed and what could be."""
    models = listing(library)
    if as_json:
        folder = printable(str(library.folder))
        json.dump({"folder": folder, "models": [_facts(item) for item in models]}, sys.stdout)
        print()
        return 0
    print(f"Models folder: {printable(str(library.folder))}")
    here = [item for item in models if item.state is not State.NOT_INSTALLED]
    others = [item for item in models if item.state is State.NOT_INSTALLED]
    _print_group("Installed:", here)
    _print_group(
        "To download (stemdesk models download NAME):",
        [item for item in others if item.download_bytes],
    )
    _print_group(
        "To import, if you have the files (stemdesk models import FILE):",
        [item for item in others if not item.download_bytes],
    )
    return 0


def _print_group(title: str, models: list[ListedModel]) -> None:
    if not models:
        return
    print(f"\n{title}")
    for item in models:
        print(f"  {item.name:<12}  {_size(item):>8}  {_state(item)}")
        _print_wrapped(_purpose(item))
    offered = (item.released for item in models if item.state is State.NOT_INSTALLED)
    for licence in dict.fromkeys(model.licence for model in offered if model is not None):
        _print_wrapped(f"Licence: {licence}", "  ")


def _print_wrapped(text: str, indent: str = " " * 26) -> None:
    width = max(60, min(100, shutil.get_terminal_size().columns))
    for line in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent):
        print(line)


def _size(item: ListedModel) -> str:
    if item.size_bytes or item.error:
        return format_bytes(item.size_bytes) if item.size_bytes else ""
    return format_bytes(item.download_bytes or (item.released.size_bytes if item.released else 0))


def _state(item: ListedModel) -> str:
    """`vocals only (the rest: 252.1 MB)`, `drums, bass, other, vocals`, why it is broken."""
    if item.error is not None:
        happened, remedy = say(item.error.code, item.error.path, item.error.facts)
        return f"broken: {happened} {remedy}"
    stems = ", ".join(item.sources)
    words = {
        State.PARTLY: f"{', '.join(item.stems)} only (the rest: "
        f"{format_bytes(item.download_bytes)} to download)",
        State.BUILT_IN: f"{stems} (built in)",
    }
    untested = item.released is not None and not item.released.tested
    return words.get(item.state, stems) + (" (untested)" if untested else "")


def _purpose(item: ListedModel) -> str:
    if item.name == BUILT_IN:
        return _DRAFT
    return item.released.purpose if item.released is not None else ""


def _facts(item: ListedModel) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": item.name,
        "state": item.state.value,
        "stems": list(item.stems),
        "sources": list(item.sources),
        "size_bytes": item.size_bytes,
        "download_bytes": item.download_bytes,
    }
    if item.error is not None:
        happened, _ = say(item.error.code, item.error.path, item.error.facts)
        facts |= {"error": happened, "detail": printable(item.error.detail)}
    model = item.released
    if model is not None:
        facts |= {
            "title": model.title,
            "purpose": model.purpose,
            "relative_time": model.relative_time,
            "licence": model.licence,
            "tested": model.tested,
            "experimental": list(model.experimental),
        }
    return facts
