"""Which models there are and how much of each is here: the models folder and the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stemdesk.core.sentences import say
from stemdesk.gui import model_words
from stemdesk.gui.model_values import ModelChoice, ModelState, Part
from stemdesk.models.library import BrokenModel, ModelInfo, ModelLibrary

if TYPE_CHECKING:
    from stemdesk.models.catalogue import CatalogueModel

Found = ModelInfo | BrokenModel


def list_models(
    library: ModelLibrary, catalogue: Sequence[CatalogueModel]
) -> tuple[ModelChoice, ...]:
    """The built-in model first, then the released ones in the catalogue's order, then a person's
    own. Reads the disk."""
    found = {model.name: model for model in library.installed()}
    released = {model.name: model for model in catalogue}
    mine = [model for name, model in found.items() if name not in released]
    mine.sort(key=lambda model: not _is_built_in(model))
    first = [_own(model) for model in mine if _is_built_in(model)]
    rest = [_own(model) for model in mine if not _is_built_in(model)]
    known = [_released(library, model, found.get(name)) for name, model in released.items()]
    return (*first, *known, *rest)


def _is_built_in(model: Found) -> bool:
    return isinstance(model, ModelInfo) and model.built_in


def _own(model: Found) -> ModelChoice:
    if isinstance(model, BrokenModel):
        return ModelChoice(model.name, (), 0, ModelState.BROKEN, trouble=_trouble(model))
    built_in = model.built_in
    return ModelChoice(
        model.name,
        model.sources,
        model.size_bytes,
        ModelState.BUILT_IN if built_in else ModelState.INSTALLED,
        title=model_words.DRAFT_TITLE if built_in else "",
        purpose=model_words.DRAFT_PURPOSE if built_in else model_words.OWN_PURPOSE,
        licence=model_words.DRAFT_LICENCE if built_in else "",
    )


def _released(library: ModelLibrary, model: CatalogueModel, found: Found | None) -> ModelChoice:
    state, size, trouble = ModelState.ABSENT, model.size_bytes, ""
    absent = set(range(len(model.files)))
    if isinstance(found, BrokenModel):
        state, trouble = ModelState.BROKEN, _trouble(found)
        missing = library.absent(model)  # of a part that is of no use yet
        absent = {index for index, file in enumerate(model.files) if file in missing}
    elif found is not None:
        absent = set(found.missing)
        state, size = ModelState.INSTALLED, found.size_bytes
        if absent:
            state = ModelState.PARTIAL
    return ModelChoice(
        model.name,
        model.sources,
        size,
        state,
        tuple(
            Part(_stems_of(model, index), file.size_bytes, index not in absent)
            for index, file in enumerate(model.files)
        ),
        title=model.title,
        purpose=model.purpose,
        relative_time=model.relative_time or None,  # 0: no one has measured it
        licence=model.licence,
        downloadable=model.downloadable,
        tested=model.tested,
        experimental=model.experimental,
        trouble=trouble,
    )


def _stems_of(model: CatalogueModel, index: int) -> tuple[str, ...]:
    """The stems that one of its files is needed for."""
    if not model.weights:
        return model.sources
    weights = zip(model.sources, model.weights[index], strict=True)
    return tuple(stem for stem, weight in weights if weight)


def _trouble(model: BrokenModel) -> str:
    error = model.error
    return " ".join(say(error.code, error.path, error.facts, error.detail))
