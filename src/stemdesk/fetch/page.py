"""A small page as a whole: a listing, an answer in JSON."""

from __future__ import annotations

import contextlib

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.answer import Answer, host_of, refused, wrong_size
from stemdesk.fetch.failures import BrokenError
from stemdesk.fetch.limits import Limits
from stemdesk.fetch.stream import Stream


def read_page(
    url: str, accept: str, bytes_max: int, cancel: CancelToken, limits: Limits
) -> tuple[Answer, bytes]:
    """The answer's head and its body, of `bytes_max` at most; `accept`: the types that are welcome.
    Raises `FetchError`, `Cancelled`."""
    page = bytearray()
    try:
        with contextlib.closing(Stream(url, 0, limits, accept)) as stream:
            answer = stream.answer(cancel)
            if answer.status != 200:
                raise refused(answer)
            for block in stream.blocks(cancel):
                page += block
                if len(page) > bytes_max:
                    raise wrong_size(answer.url, len(page), bytes_max)
    except BrokenError as error:
        raise broken(url, str(error), len(page)) from error
    return answer, bytes(page)


def broken(url: str, detail: str, done_bytes: int = 0) -> FetchError:
    """DOWNLOAD_BROKEN, where nobody has said how large the whole is."""
    return FetchError(
        ErrorCode.DOWNLOAD_BROKEN,
        detail,
        retryable=True,
        host=host_of(url),
        done_bytes=done_bytes,
        total_bytes="an unknown size",
    )
