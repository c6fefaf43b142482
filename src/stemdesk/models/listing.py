"""Every model that is installed or could be, in one list for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.catalogue import CatalogueModel, catalogue
from stemdesk.models.info import ModelInfo
from stemdesk.models.library import BUILT_IN, ModelLibrary


class State(StrEnum):
    """How much of a model is here."""

    INSTALLED = "installed"
    PARTLY = "partly"  # it serves for some of its stems
    BUILT_IN = "built_in"
    BROKEN = "broken"
    NOT_INSTALLED = "not_installed"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """`stems`: those it serves for now; `sources`: all of its. `size_bytes`: on the disk.
    `download_bytes`: what is missing and can be downloaded. `released`: what the catalogue knows
    of it, if it is that model."""

    name: str
    state: State
    stems: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    size_bytes: int = 0
    download_bytes: int = 0
    released: CatalogueModel | None = None
    error: ModelError | None = None


def listing(library: ModelLibrary) -> tuple[ListedModel, ...]:
    """The installed models by name, the built-in one last, then those of the catalogue that are
    not installed, in its order."""
    released = {model.name: model for model in catalogue()}
    here = []
    for item in library.installed():
        model = released.get(item.name)
        if isinstance(item, ModelInfo):
            here.append(_installed(library, item, model))
        elif model is None or item.error.code is not ErrorCode.MODEL_MISSING:
            here.append(ListedModel(item.name, State.BROKEN, released=model, error=item.error))
    here.sort(key=lambda model: model.name == BUILT_IN)
    names = {model.name for model in here}
    others = (model for model in catalogue() if model.name not in names)
    return (*here, *(_not_installed(library, model) for model in others))


def _installed(library: ModelLibrary, info: ModelInfo, model: CatalogueModel | None) -> ListedModel:
    signatures = tuple(file.signature for file in info.files)
    if model is not None and signatures != tuple(file.signature for file in model.files):
        model = None  # another model with that name
    state = State.PARTLY if info.missing else State.INSTALLED
    if info.built_in:
        state = State.BUILT_IN
    return ListedModel(
        name=info.name,
        state=state,
        stems=info.usable,
        sources=info.sources,
        size_bytes=info.size_bytes,
        download_bytes=_to_download(library, model) if model and info.missing else 0,
        released=model,
    )


def _not_installed(library: ModelLibrary, model: CatalogueModel) -> ListedModel:
    return ListedModel(
        name=model.name,
        state=State.NOT_INSTALLED,
        sources=model.sources,
        download_bytes=_to_download(library, model),
        released=model,
    )


def _to_download(library: ModelLibrary, model: CatalogueModel) -> int:
    if not model.downloadable:
        return 0
    return sum(file.size_bytes for file in library.absent(model))
