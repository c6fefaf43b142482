"""What yt-dlp's errors mean: a table of real messages, and its real exceptions."""

from __future__ import annotations

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links.failures import Signs, StopError, classify, failure
from stemdesk.fetch.links.said import core_of
from support.link_messages import BUG, HINT, MESSAGES, YT

_EXTRACTOR = frozenset(("DownloadError", "ExtractorError", "YoutubeDLError", "Exception"))


@pytest.mark.parametrize(("code", "message"), MESSAGES, ids=lambda value: str(value)[:60])
def test_real_messages(code: ErrorCode, message: str) -> None:
    assert classify(Signs(_EXTRACTOR, message, expected=BUG not in message)) is code


def test_advice_addresses_and_names_say_nothing() -> None:
    assert core_of(f"{YT}Video unavailable. {HINT}") == "Video unavailable."
    assert core_of("ERROR: Unsupported URL: https://x.org/private") == "Unsupported URL:"


NO_RUNTIME = "[youtube] No supported JavaScript runtime could be found. Only deno is enabled"


@pytest.mark.parametrize(
    "message",
    [
        f"{YT}Requested format is not available. Use --list-formats for a list",
        f"{YT}No video formats found!{BUG}",
    ],
)
def test_without_a_runtime_that_is_what_is_missing(message: str) -> None:
    signs = Signs(_EXTRACTOR, message, expected=False, warnings=NO_RUNTIME, runtime=False)
    assert classify(signs) is ErrorCode.LINK_RUNTIME_MISSING


def test_a_runtime_does_not_help_with_what_is_private() -> None:
    signs = Signs(_EXTRACTOR, f"{YT}Private video", warnings=NO_RUNTIME, runtime=False)
    assert classify(signs) is ErrorCode.LINK_PRIVATE


def test_real_exceptions_are_known_whatever_they_say() -> None:
    from yt_dlp.networking.exceptions import CertificateVerifyError, ProxyError, TransportError
    from yt_dlp.utils import (
        DownloadError,
        ExtractorError,
        GeoRestrictedError,
        RegexNotFoundError,
        UnsupportedError,
        UserNotLive,
    )

    def wrapped(error: Exception) -> Exception:
        outer: Exception = DownloadError(f"ERROR: {error}", (type(error), error, None))
        return outer

    for error, code in (
        (GeoRestrictedError("No."), ErrorCode.LINK_REGION),
        (UserNotLive(), ErrorCode.LINK_NOT_FOUND),
        (UnsupportedError("https://x.org/private"), ErrorCode.LINK_UNSUPPORTED),
        (RegexNotFoundError("Unable to extract thing"), ErrorCode.LINK_SITE_CHANGED),
        (ExtractorError("Something else", expected=True), ErrorCode.LINK_UNSUPPORTED),
        (CertificateVerifyError("x"), ErrorCode.LINK_UNTRUSTED),
        (ProxyError("x"), ErrorCode.LINK_PROXY),
        (TransportError("x"), ErrorCode.LINK_BROKEN),
        (ExtractorError("x", cause=TimeoutError("timed out")), ErrorCode.LINK_STALLED),
        (ExtractorError("x", cause=OSError(28, "x")), ErrorCode.DISK_FULL),
        (KeyError("x"), ErrorCode.LINK_TOOL_FAILED),
    ):
        assert failure(error, "", True).code is code, error
        assert failure(wrapped(error), "", True).code is code, error


def test_our_own_decisions_are_taken_as_they_are() -> None:
    found = failure(StopError(ErrorCode.LINK_TOO_LARGE, limit_bytes=5), "", True)
    assert found.code is ErrorCode.LINK_TOO_LARGE
    assert found.facts == {"limit_bytes": 5}
    assert not found.retryable


def test_refusals_carry_what_the_sentence_needs() -> None:
    found = failure(Exception("HTTP Error 403: Forbidden"), "", True)
    assert found.code is ErrorCode.LINK_REFUSED
    assert found.facts == {"status": 403, "meaning": "it does not allow it"}
