"""`stemdesk models`: what there is, and download, import, remove, verify, check-catalogue."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from stemdesk.cli.model_list import list_models
from stemdesk.cli.transfers import JsonTransfers, TextTransfers, TransferDisplay
from stemdesk.core.errors import Cancelled, ErrorCode, ModelError, StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import format_bytes
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer
from stemdesk.models.catalogue import CatalogueModel, base_url, catalogue, known, legacy_url
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders, user_path

_STOPPED = 130

Step = Callable[[], None]


def run(
    options: argparse.Namespace, where: Folders, settings: Settings, cancel: CancelToken
) -> int:
    """Run `stemdesk models …`; returns the exit code."""
    library = ModelLibrary(where.models)
    if options.action is None:
        return list_models(library, options.json)
    display: TransferDisplay = JsonTransfers() if options.json else TextTransfers()
    action = _Action(options, library, where, settings, display, cancel)
    failed = 0
    try:
        for model, step in action.steps():
            try:
                step()
            except StemDeskError as error:
                failed += 1
                display.failed(error, model=model)
        code = 1 if failed else 0
    except StemDeskError as error:  # a name that is none
        display.failed(error, model="")
        code = 1
    except (Cancelled, KeyboardInterrupt):
        code = _STOPPED
    display.end(code, goes_on=options.action == "download")
    return code


class _Action:
    """What the line asks for, as steps that fail one by one."""

    def __init__(
        self,
        options: argparse.Namespace,
        library: ModelLibrary,
        where: Folders,
        settings: Settings,
        display: TransferDisplay,
        cancel: CancelToken,
    ) -> None:
        self._options = options
        self._library = library
        self._where = where
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
        from stemdesk.models.install import files_here

        path = user_path(self._options.path)
        name = import_model(self._library, path, self._options.name, self._report, self._cancel)
        here, all_of_it = files_here(self._library, name)
        text = f"Installed: {name}"
        if here < all_of_it:
            text = f"{name}: {here} of its {all_of_it} files are here. Import the others, too."
        self._display.done(text, model=name)

    def _remove(self, name: str) -> None:
        from stemdesk.jobs.in_use import ensure_unused
        from stemdesk.models.install import remove_model

        ensure_unused(name, self._where.database, self._where.scratch)
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
            if not self._options.legacy and not model.downloadable:
                yield model.name, self._passing_over(model)
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

    def _passing_over(self, model: CatalogueModel) -> Step:
        """A model that is only to be had as the author's original files."""

        def tell() -> None:
            if self._options.names:
                raise ModelError(ErrorCode.MODEL_NOT_DOWNLOADABLE, model=model.name)
            text = f"{model.name}: not checked, it has original files only; --legacy checks them"
            self._display.done(text, model=model.name)

        return tell

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
