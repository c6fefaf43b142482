"""How yt-dlp is set up: nothing of the user's configuration, nothing that runs or asks for more
than one file; and the places where its own code trusts servers too much."""

from __future__ import annotations

import io
import sys
import types
import zlib
from typing import Any
from urllib.parse import urlsplit

from stemdesk.fetch.links.values import LinkLimits, LinkRules
from stemdesk.fetch.tool import put_first

# Other ways to the network, each with its own rules; curl's sockets no hook can see. And Brotli,
# which unpacks without a limit.
_OTHER_HANDLERS = ("requests", "urllib3", "curl_cffi", "websockets", "brotli", "brotlicffi")
_FORMAT = "bestaudio/best[height<=?720]/best"
_PAUSES_S = (0.0, 1.0, 2.0, 4.0)
_BLOCK = 1 << 16


def load_yt_dlp(rules: LinkRules) -> Any:
    """Import yt-dlp, the newer one if there is one, with one way to the network."""
    sys.dont_write_bytecode = True
    if rules.tool is not None:
        put_first(rules.tool)
    for name in _OTHER_HANDLERS:
        sys.modules[name] = None  # type: ignore[assignment] # makes its import fail, as documented
    import yt_dlp

    _bound_answers(rules.limits)
    _bound_unpacking(rules.limits)
    _trust_the_system()
    _keep_passwords_home()
    return yt_dlp


def options(rules: LinkRules, logger: Any, **more: Any) -> dict[str, Any]:
    """The parameters of a `YoutubeDL`; `more`: hooks."""
    limits = rules.limits
    return {
        "logger": logger,
        "quiet": True,
        "noprogress": True,
        "color": "no_color",
        "consoletitle": False,
        "format": _FORMAT,
        "fixup": "never",
        "postprocessors": [],
        "noplaylist": True,
        "outtmpl": {"default": "media.%(ext)s"},
        "overwrites": True,
        "continuedl": True,
        "updatetime": False,
        "cachedir": False,
        "usenetrc": False,
        "enable_file_urls": False,
        "allow_unplayable_formats": False,
        "external_downloader": {"default": "native"},
        "hls_prefer_native": True,
        "skip_unavailable_fragments": False,
        "concurrent_fragment_downloads": 1,
        "socket_timeout": limits.connect_s,
        "retries": limits.tries - 1,
        "fragment_retries": limits.tries - 1,
        "extractor_retries": 1,
        "file_access_retries": 1,
        "retry_sleep_functions": {"http": _pause, "fragment": _pause},
        "default_search": "error",
        "geo_bypass": False,
        "check_formats": False,
        "ignoreerrors": False,
        "proxy": proxy_of(rules),
        "js_runtimes": {} if rules.runtime is None else {"deno": {"path": str(rules.runtime)}},
        "remote_components": [],
        "cookiefile": _cookies(rules),
        "cookiesfrombrowser": (
            (rules.cookies_browser, None, None, None) if rules.cookies_browser else None
        ),
        **more,
    }


def proxy_of(rules: LinkRules) -> str | None:
    """The proxy with its scheme, "" for none, None for the environment's."""
    if rules.proxy and "://" not in rules.proxy:
        return f"http://{rules.proxy}"
    return rules.proxy


def _cookies(rules: LinkRules) -> io.StringIO | None:
    """The cookies file's text: given its name, yt-dlp would write it back. Raises `OSError`."""
    if rules.cookies_file is None:
        return None
    return io.StringIO(rules.cookies_file.read_text("utf-8", errors="replace"))


def _pause(n: int) -> float:
    return _PAUSES_S[min(n, len(_PAUSES_S) - 1)]


class TooMuchError(Exception):
    """A page that does not end, or unpacks to more than a page ever holds."""


def _bound_answers(limits: LinkLimits) -> None:
    """What is read "to the end" is a page, and ends at `page_bytes`; songs are read in blocks."""
    import http.client

    read = http.client.HTTPResponse.read

    def read_bounded(answer: http.client.HTTPResponse, amt: int | None = None) -> bytes:
        if amt is not None and amt >= 0:
            return read(answer, amt)
        blocks: list[bytes] = []
        size = 0
        while block := read(answer, _BLOCK):
            blocks.append(block)
            size += len(block)
            if size > limits.page_bytes:
                raise TooMuchError(f"a page of more than {limits.page_bytes} bytes")
        if answer.length:
            raise http.client.IncompleteRead(b"".join(blocks), answer.length)
        return b"".join(blocks)

    http.client.HTTPResponse.read = read_bounded  # type: ignore[assignment,method-assign] # the one place


def _bound_unpacking(limits: LinkLimits) -> None:
    """Pages come packed; a small one can unpack to more than there is memory."""
    from yt_dlp.networking import _urllib

    def decompress(data: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
        unpacker = zlib.decompressobj(wbits)
        unpacked = unpacker.decompress(data, limits.page_bytes)
        if unpacker.unconsumed_tail:
            raise TooMuchError(f"a page of more than {limits.page_bytes} bytes")
        unpacked += unpacker.flush()
        if not unpacker.eof:
            raise zlib.error("cut off")
        return unpacked

    names = {"decompress": decompress, "error": zlib.error, "MAX_WBITS": zlib.MAX_WBITS}
    _urllib.zlib = types.SimpleNamespace(**names)


def _trust_the_system() -> None:
    """Certificates: the system's, which a company may have added to, and certifi's where the
    system has none that Python finds."""
    from yt_dlp.networking import _helper

    load = _helper.ssl_load_certs

    def load_both(context: Any, use_certifi: bool = True) -> None:
        load(context, use_certifi=False)
        if use_certifi and _helper.certifi:
            load(context, use_certifi=True)

    _helper.ssl_load_certs = load_both


def _keep_passwords_home() -> None:
    """A redirect takes the address's password along, also to somebody else's server."""
    from yt_dlp.networking._urllib import RedirectHandler

    redirect = RedirectHandler.redirect_request

    def redirect_without(
        handler: Any, request: Any, answer: Any, code: int, words: str, headers: Any, url: str
    ) -> Any:
        again = redirect(handler, request, answer, code, words, headers, url)
        if again is not None and not _same_owner(request.full_url, url):
            again.remove_header("Authorization")
        return again

    RedirectHandler.redirect_request = redirect_without


def _same_owner(url: str, target: str) -> bool:
    """Whether both are the same server, the target no less safe."""
    one, other = urlsplit(url), urlsplit(target)
    if one.hostname != other.hostname:
        return False
    safer = (one.scheme, one.port, other.scheme, other.port) == ("http", None, "https", None)
    return safer or (one.scheme, one.port) == (other.scheme, other.port)
