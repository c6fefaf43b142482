"""Downloads from a real server that breaks, ignores, lies and resumes."""

import gzip
import hashlib
import random
from dataclasses import replace

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.core.sentences import say
from stemdesk.fetch.stream import USER_AGENT
from support.fetching import AT_ONCE, DATA, Fetching
from support.web import Reply, Web

ALL = len(DATA)
WRONG = random.Random(5).randbytes(ALL)
PAGE = b"<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"


def test_a_file_arrives_and_nothing_else(fetching: Fetching) -> None:
    with Web(Reply(DATA)) as web:
        fetching.get(web.url("/a/b?c=d"))
    assert fetching.is_done()
    (request,) = web.requests
    assert request.target == "/a/b?c=d"
    assert request.headers["user-agent"] == USER_AGENT
    assert request.headers["accept-encoding"] == "identity"
    assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent", "connection"}


def test_progress_begins_at_nothing_and_ends_at_all(fetching: Fetching) -> None:
    with Web(Reply(DATA)) as web:
        fetching.get(web.url())
    done = [report.done_bytes for report in fetching.reports]
    assert done[0] == 0 and done[-1] == ALL and done == sorted(done)
    assert {report.total_bytes for report in fetching.reports} == {ALL}
    assert {report.name for report in fetching.reports} == {"model.safetensors"}
    assert fetching.reports[-1].left_s == 0.0


def test_what_is_there_already_is_not_fetched(fetching: Fetching) -> None:
    fetching.folder.mkdir()
    fetching.target.write_bytes(DATA)
    with Web(Reply(b"", status=500)) as web:
        fetching.get(web.url())
    assert fetching.is_done() and web.requests == []
    assert fetching.reports[-1].fraction == 1.0


def test_a_wrong_file_under_the_name_is_replaced(fetching: Fetching) -> None:
    fetching.folder.mkdir()
    fetching.target.write_bytes(WRONG)
    with Web(Reply(DATA)) as web:
        fetching.get(web.url())
    assert fetching.is_done()


def test_a_broken_download_goes_on_where_it_stopped(fetching: Fetching) -> None:
    with Web(Reply(DATA, breaks_after=70_000)) as web:
        fetching.get(web.url())
    assert fetching.is_done()
    assert web.ranges == [None, *(f"bytes={70_000 * n}-" for n in range(1, 5))]


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_is_reset_or_closed_without_a_length(
    fetching: Fetching, reset: bool
) -> None:
    first = Reply(DATA, said_length=-1, breaks_after=70_000, reset=reset)
    with Web(first, Reply(DATA)) as web:
        fetching.get(web.url())
    assert fetching.is_done() and len(web.requests) == 2


def test_only_so_many_breaks(fetching: Fetching) -> None:
    with Web(Reply(DATA, breaks_after=10_000)) as web:
        error = fetching.fails(web.url(), replace(AT_ONCE, breaks_max=3))
        assert error.code is ErrorCode.DOWNLOAD_BROKEN and error.retryable
        assert len(web.requests) == 4 and fetching.kept == 40_000
        happened, remedy = say(error.code, error.path, error.facts)
        assert (
            happened == f"The connection to 127.0.0.1:{web.port} broke off after 40 kB of 300 kB."
        )
        assert remedy == "Try again: it goes on from there."
        web.replies = [Reply(DATA)]
        fetching.get(web.url())
    assert web.ranges[-1] == "bytes=40000-" and fetching.is_done()
    assert fetching.reports[-1].bytes_per_s is None or fetching.reports[-1].bytes_per_s > 0


def test_a_break_that_brought_nothing_is_not_tried_again(fetching: Fetching) -> None:
    with Web(Reply(DATA, breaks_after=10_000), Reply(DATA, breaks_after=0)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_BROKEN
    assert len(web.requests) == 2 and fetching.kept == 10_000


def test_a_server_that_ignores_ranges(fetching: Fetching) -> None:
    whole = Reply(DATA, ranges=False)
    with Web(replace(whole, breaks_after=70_000), whole) as web:
        fetching.get(web.url())
    assert web.ranges == [None, "bytes=70000-"]
    assert fetching.is_done()


def test_a_server_that_ignores_ranges_and_never_gets_further(fetching: Fetching) -> None:
    with Web(Reply(DATA, ranges=False, breaks_after=70_000)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_BROKEN
    assert len(web.requests) == 2


def test_a_server_that_sends_the_rest_in_slices(fetching: Fetching) -> None:
    slices = [
        Reply(DATA[:100_000], said_length=-1),
        Reply(
            DATA[100_000:200_000],
            status=206,
            headers={"Content-Range": f"bytes 100000-199999/{ALL}"},
        ),
        Reply(DATA),
    ]
    with Web(*slices) as web:
        fetching.get(web.url())
    assert fetching.is_done() and web.ranges[-1] == "bytes=200000-"


@pytest.mark.parametrize(
    "rest",
    [
        Reply(DATA, headers={"Content-Range": f"bytes 0-{ALL - 1}/{ALL}"}),
        Reply(DATA, headers={"Content-Range": "nonsense"}),
        Reply(DATA[70_000:], status=206),
        Reply(DATA, status=416, headers={"Content-Range": "bytes */5"}),
        Reply(gzip.compress(DATA), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["from 0", "nonsense", "no Content-Range", "416", "packed"],
)
def test_a_wrong_rest_is_not_used(fetching: Fetching, rest: Reply) -> None:
    """Then the whole file is asked for, and after another break again."""
    broken = Reply(DATA, breaks_after=200_000)
    with Web(Reply(DATA, breaks_after=70_000), rest, broken, Reply(DATA)) as web:
        fetching.get(web.url())
    assert web.ranges == [None, "bytes=70000-", None, None]
    assert fetching.is_done()


def test_a_packed_file_is_unpacked(fetching: Fetching) -> None:
    fetching.data = bytes(200_000)
    with Web(Reply(gzip.compress(fetching.data), headers={"Content-Encoding": "gzip"})) as web:
        fetching.get(web.url())
    assert fetching.is_done()


def test_a_part_that_is_longer_than_the_file_is_of_no_use(fetching: Fetching) -> None:
    fetching.folder.mkdir()
    fetching.part.write_bytes(DATA + b"more")
    with Web(Reply(DATA)) as web:
        fetching.get(web.url())
    assert web.ranges == [None] and fetching.is_done()


def test_a_whole_part_needs_no_network(fetching: Fetching) -> None:
    """As after a crash between the last byte and the renaming."""
    fetching.folder.mkdir()
    fetching.part.write_bytes(DATA)
    fetching.get("http://127.0.0.1:1/")
    assert fetching.is_done()


@pytest.mark.parametrize(("size", "ranges"), [(100_000, ["bytes=100000-", None]), (ALL, [None])])
def test_a_part_of_something_else_is_replaced(
    fetching: Fetching, size: int, ranges: list[str | None]
) -> None:
    fetching.folder.mkdir()
    fetching.part.write_bytes(WRONG[:size])
    with Web(Reply(DATA)) as web:
        fetching.get(web.url())
    assert web.ranges == ranges and fetching.is_done()


def test_wrong_bytes_are_deleted_and_both_hashes_named(fetching: Fetching) -> None:
    with Web(Reply(WRONG)) as web:
        error = fetching.fails(web.url())
        assert len(web.requests) == 1, "not tried again by itself"
    assert error.code is ErrorCode.DOWNLOAD_WRONG_HASH and not error.retryable
    assert fetching.kept == -1
    happened, _ = say(error.code, error.path, error.facts)
    assert hashlib.sha256(DATA).hexdigest() in happened
    assert hashlib.sha256(WRONG).hexdigest() in happened


def test_wrong_bytes_after_a_resume_are_asked_for_once_more_only(fetching: Fetching) -> None:
    with Web(Reply(WRONG, breaks_after=100_000), Reply(WRONG)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_WRONG_HASH
    assert web.ranges == [None, "bytes=100000-", None] and fetching.kept == -1


@pytest.mark.parametrize("body", [DATA[:-1], DATA + b"x", b""])
def test_a_file_of_another_size_is_refused_at_once(fetching: Fetching, body: bytes) -> None:
    with Web(Reply(body)) as web:
        error = fetching.fails(web.url())
        assert len(web.requests) == 1
    assert error.code is ErrorCode.DOWNLOAD_WRONG_SIZE
    assert error.facts["found_bytes"] == len(body) and error.facts["expected_bytes"] == ALL
    assert fetching.kept == -1
    happened, _ = say(error.code, error.path, error.facts)
    assert f"{len(body):,} bytes" in happened and "300,000 bytes" in happened


def test_a_rest_of_a_file_of_another_size(fetching: Fetching) -> None:
    fetching.folder.mkdir()
    fetching.part.write_bytes(DATA[:100_000])
    with Web(Reply(DATA + b"longer")) as web:
        error = fetching.fails(web.url())
    assert error.code is ErrorCode.DOWNLOAD_WRONG_SIZE
    assert error.facts["found_bytes"] == ALL + 6 and fetching.kept == -1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_shorter_body_without_a_length(fetching: Fetching, ranges: bool) -> None:
    """It looks like a break, so it is asked for once more."""
    short = Reply(DATA[:100_000], said_length=-1, ranges=ranges)
    empty = Reply(status=206, headers={"Content-Range": f"bytes 100000-99999/{ALL}"})
    with Web(short, empty if ranges else short) as web:
        error = fetching.fails(web.url())
        assert len(web.requests) == 2
    if ranges:  # it has said that there is more
        assert error.code is ErrorCode.DOWNLOAD_BROKEN and fetching.kept == 100_000
    else:
        assert error.code is ErrorCode.DOWNLOAD_WRONG_SIZE and fetching.kept == -1
        assert error.facts["found_bytes"] == 100_000


def test_a_server_that_only_sends_slices_keeps_what_came(fetching: Fetching) -> None:
    slices = [
        Reply(
            DATA[start : start + 10_000],
            status=206,
            headers={"Content-Range": f"bytes {start}-{start + 9_999}/{ALL}"},
        )
        for start in range(0, 60_000, 10_000)
    ]
    with Web(*slices) as web:
        error = fetching.fails(web.url(), replace(AT_ONCE, breaks_max=3))
        assert error.code is ErrorCode.DOWNLOAD_BROKEN and fetching.kept == 40_000
        assert len(web.requests) == 4


def test_a_longer_body_without_a_length_is_told_by_its_hash(fetching: Fetching) -> None:
    with Web(Reply(b"x" + DATA, said_length=-1)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_WRONG_HASH
    assert fetching.kept == -1


@pytest.mark.parametrize(
    "page",
    [
        Reply(PAGE, headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(b"  \n" + PAGE, said_length=-1),
        Reply(PAGE, status=511),
        Reply(PAGE + bytes(ALL - len(PAGE))),
    ],
    ids=["by its type", "by its look", "511", "of the right size"],
)
def test_a_web_page_is_no_model(fetching: Fetching, page: Reply) -> None:
    with Web(page) as web:
        error = fetching.fails(web.url())
        assert error.code is ErrorCode.DOWNLOAD_NOT_THE_FILE and error.retryable
        assert len(web.requests) == 1 and fetching.kept == -1
        happened, remedy = say(error.code, error.path, error.facts)
    assert happened == "A web page came instead of model.safetensors."
    assert "sign in" in remedy


def test_a_sign_in_page_does_not_cost_what_was_there(fetching: Fetching) -> None:
    page = Reply(PAGE, headers={"Content-Type": "text/html"}, ranges=False)
    with Web(Reply(DATA, breaks_after=90_000), page, Reply(DATA)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_NOT_THE_FILE
        assert fetching.kept == 90_000
        fetching.get(web.url())
    assert web.ranges[-1] == "bytes=90000-" and fetching.is_done()


@pytest.mark.parametrize(
    ("status", "again", "meaning"),
    [
        (401, False, "it wants a password"),
        (403, False, "it does not allow it"),
        (404, False, "it does not have the file"),
        (416, False, "the answer makes no sense"),
        (204, False, "the answer makes no sense"),
        (429, True, "it has had too many requests"),
        (500, True, "it has a problem"),
        (503, True, "it has a problem"),
    ],
)
def test_a_server_that_refuses(fetching: Fetching, status: int, again: bool, meaning: str) -> None:
    with Web(Reply(PAGE, status=status, headers={"Content-Type": "text/html"})) as web:
        error = fetching.fails(web.url())
        assert len(web.requests) == 1, "not tried again by itself"
    assert error.code is ErrorCode.DOWNLOAD_REFUSED and error.retryable == again
    assert error.facts["status"] == status and error.facts["host"] == f"127.0.0.1:{web.port}"
    assert f"{meaning} (HTTP {status})" in say(error.code, error.path, error.facts)[0]
    assert fetching.kept == -1


def test_a_refusal_keeps_what_was_there(fetching: Fetching) -> None:
    with Web(Reply(DATA, breaks_after=90_000), Reply(status=503)) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_REFUSED
    assert fetching.kept == 90_000


def test_a_piece_that_nobody_asked_for(fetching: Fetching) -> None:
    piece = Reply(DATA[5:], status=206, headers={"Content-Range": f"bytes 5-{ALL - 1}/{ALL}"})
    with Web(piece) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_REFUSED


def test_a_server_that_stalls(fetching: Fetching) -> None:
    with Web(Reply(DATA, stalls_after=50_000), Reply(DATA)) as web:
        error = fetching.fails(web.url(), replace(AT_ONCE, silent_s=0.3))
        assert error.code is ErrorCode.DOWNLOAD_STALLED and error.retryable
        assert len(web.requests) == 1 and fetching.kept == 50_000
        web.release.set()
        fetching.get(web.url())
    assert web.ranges == [None, "bytes=50000-"] and fetching.is_done()


def test_a_server_that_takes_the_call_and_says_nothing(fetching: Fetching) -> None:
    with Web(Reply(silent=True)) as web:
        error = fetching.fails(web.url(), replace(AT_ONCE, silent_s=0.3))
    assert error.code is ErrorCode.DOWNLOAD_STALLED and fetching.kept == -1


def test_no_length_and_no_end_is_no_stall(fetching: Fetching) -> None:
    """All is there: nobody waits for the server to hang up."""
    with Web(Reply(DATA, said_length=-1, stalls_after=ALL)) as web:
        fetching.get(web.url())
        assert fetching.is_done()


def test_a_file_of_nothing(fetching: Fetching) -> None:
    fetching.data = b""
    fetching.get("http://127.0.0.1:1/")
    assert fetching.is_done()
