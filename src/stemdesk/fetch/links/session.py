"""In the child process: yt-dlp, set up and guarded, for one look-up or one download."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links.failures import StopError
from stemdesk.fetch.links.fetching import Say, Watch, fetch, fetch_picture, pictures
from stemdesk.fetch.links.guard import AddressRefusedError, Guard
from stemdesk.fetch.links.options import load_yt_dlp, options, proxy_of
from stemdesk.fetch.links.resolve import is_list, list_of, resolve, song_of
from stemdesk.fetch.links.sites import cookie_domains, domain
from stemdesk.fetch.links.values import LinkList, LinkRules, LinkSong


class Session:
    """The guard is up from the start. The working folder is where the song goes."""

    def __init__(self, rules: LinkRules, scratch: Path, say: Say, logger: Any) -> None:
        self._rules, self._say = rules, say
        yt_dlp = load_yt_dlp(rules)
        self._guard = Guard(
            (Path.cwd(), scratch),
            allow_local=rules.allow_local,
            runtime=rules.runtime,
            helpers=bool(rules.cookies_browser),
            proxies=_proxies(rules),
        )
        self._guard.install()
        self._watch = Watch(rules, self._guard, say)
        self._ydl = yt_dlp.YoutubeDL(_options(rules, logger, self._watch))

    def look_up(self, url: str) -> LinkSong | LinkList:
        """What is at `url`. Raises what yt-dlp raises, or `StopError`."""
        with self._refusals():
            self._begin(url)
            info = resolve(self._ydl, url, self._rules.limits.entries_max)
            if is_list(info):
                return list_of(info, url, self._rules)
            done = self._ydl.process_ie_result(info, download=False) or info
            self._watch.suits(done)
            return song_of(done, url, self._rules)

    def download(self, url: str) -> dict[str, Any]:
        """The song at `url`, in the working folder."""
        with self._refusals():
            self._begin(url)
            info = resolve(self._ydl, url, self._rules.limits.entries_max)
            if is_list(info):
                raise StopError(ErrorCode.LINK_UNSUPPORTED, "a list, where a song was expected")
            song = song_of(info, url, self._rules)
            self._say({"event": "named", "title": song.title})
            file = fetch(self._ydl, info)
        whole = {"event": "whole", "file": file.name, "cover": None, "song": asdict(song)}
        self._say(whole)  # whatever the picture's server does now
        cover = fetch_picture(self._ydl, pictures(info, song.url), self._say)
        named = None if cover is None else cover.name
        return {**whole, "event": "fetched", "cover": named}

    def cover(self, url: str) -> Path | None:
        """A picture, in the working folder."""
        return fetch_picture(self._ydl, [url], lambda _: None)

    def _begin(self, url: str) -> None:
        self._guard.check_url(url)
        self._load_cookies(url)

    def _load_cookies(self, url: str) -> None:
        """Only those of the link's own site stay, wherever it may lead."""
        rules = self._rules
        if not rules.cookies_browser and rules.cookies_file is None:
            return
        name = rules.cookies_browser or (rules.cookies_file.name if rules.cookies_file else "")
        try:
            jar = self._ydl.cookiejar
        except Exception as error:  # whatever a browser's files do to yt-dlp
            raise StopError(ErrorCode.LINK_COOKIES, str(error), browser=name) from error
        own = cookie_domains(url)
        for cookie in list(jar):
            if domain(cookie.domain.lstrip(".").lower()) not in own:
                jar.clear(cookie.domain, cookie.path, cookie.name)

    def _refusals(self) -> contextlib.AbstractContextManager[None]:
        return _told_as_refused(self._guard)


@contextlib.contextmanager
def _told_as_refused(guard: Guard) -> Any:
    """An error after a refused address is because of that, whatever yt-dlp made of it."""
    try:
        yield
    except StopError:
        raise
    except Exception as error:
        if guard.refused:
            raise AddressRefusedError(guard.refused[-1]) from error
        raise


def _options(rules: LinkRules, logger: Any, watch: Watch) -> dict[str, Any]:
    try:
        return options(rules, logger, match_filter=watch.chosen, progress_hooks=[watch.progress])
    except OSError as error:
        name = rules.cookies_file.name if rules.cookies_file else ""
        raise StopError(ErrorCode.LINK_COOKIES, str(error), browser=name) from error


def _proxies(rules: LinkRules) -> list[str]:
    """The proxies that may be connected to, wherever they are."""
    from urllib.request import getproxies

    proxy = proxy_of(rules)
    if proxy is not None:
        return [proxy] if proxy else []
    return [value for kind, value in getproxies().items() if kind != "no" and os.fspath(value)]
