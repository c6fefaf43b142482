"""What the controller says in passing: sentences for things that have no row to stand in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import Failure
from stemdesk.core.sentences import printable, say
from stemdesk.gui.values import UserMessage

if TYPE_CHECKING:
    from stemdesk.jobs.intake import Found

NO_ANSWER = "StemDesk is running already, but it does not answer. End it and try again."
NO_TRASH = "the system has no trash for this disk, or refused"
SCRATCH_IN_USE = UserMessage(
    "The working folder stays where it is: there are songs in the list that are not finished. "
    "Choose it again when they are."
)
NOT_OUR_FOLDER = "it is not a folder that StemDesk has made"
_TOLD = 3  # messages whose words stand beside each other


def error_message(error: BaseException, path: Path | None = None) -> UserMessage:
    """What happened and what to do. `path`: what it is about, if the error does not say."""
    if not isinstance(error, StemDeskError):
        detail = f"{type(error).__name__}: {error}"
        return UserMessage(" ".join(say(ErrorCode.INTERNAL, path, {})), detail)
    failure = Failure.of(error)
    sentences = say(failure.code, failure.path or path, failure.facts, failure.detail)
    return UserMessage(" ".join(sentences), failure.detail)


def intake_message(found: Found) -> UserMessage | None:
    """What was dropped and did not become a row, of each kind."""
    messages: list[UserMessage] = []
    if len(found.errors) == 1:
        messages.append(error_message(found.errors[0]))
    elif found.errors:
        text = f"{len(found.errors)} of the files or folders could not be added."
        messages.append(UserMessage(text, _lines([error_message(e).text for e in found.errors])))
    for paths, why in (
        (found.passed_over, "no sound or video"),
        (found.exports, "exported by StemDesk"),
    ):
        if paths and found.tracks:
            subject = "1 file was" if len(paths) == 1 else f"{len(paths)} files were"
            text = f"{subject} passed over: {why}."
            messages.append(UserMessage(text, _lines([str(path) for path in paths])))
    return together(messages) if messages else None


def together(messages: Sequence[UserMessage]) -> UserMessage:
    """Several messages (one at least) as one: the next one would take the place of the first."""
    if len(messages) == 1:
        return messages[0]
    texts = [message.text for message in messages[:_TOLD]]
    if len(messages) > _TOLD:
        texts.append(f"And {len(messages) - _TOLD} more.")
    details = [f"{message.text}\n{message.detail}".strip() for message in messages]
    return UserMessage(" ".join(texts), "\n\n".join(details))


def trash_refused(folder: Path, why: str) -> UserMessage:
    return UserMessage(f"{printable(str(folder))} could not be moved to the trash.", why)


def not_these_stems(folder: Path) -> UserMessage:
    return UserMessage(
        f"{printable(str(folder))} does not hold this song's stems. "
        "Choose the folder with the file stemdesk.json in it."
    )


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(printable(text) for text in texts)
