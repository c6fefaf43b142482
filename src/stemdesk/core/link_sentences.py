"""What people read before the first link, when a link does not become a song, and when the
downloader was updated or cannot be.

`{site}`: the site's name, or its host where it has none.
"""

from __future__ import annotations

from stemdesk.core.errors import ErrorCode

_E = ErrorCode
LINK_ERRORS: dict[ErrorCode, tuple[str, str]] = {
    _E.LINK_INVALID: (
        "This is no link: {address}.",
        "A link begins with https:// or http://. Copy it from the browser's address bar.",
    ),
    _E.LINK_UNSUPPORTED: (
        "StemDesk found no song at this link ({site}).",
        "Open it in a browser: it has to lead to the song's own page, or to a sound or video file.",
    ),
    _E.LINK_NOT_FOUND: (
        "The site {site} says that there is nothing at this link (any more).",
        "Open it in a browser and look for the song's new address.",
    ),
    _E.LINK_PRIVATE: (
        "This is private: {site} shows it only to people whom its owner has invited.",
        "If you are one of them, choose a browser's cookies in the settings, and retry.",
    ),
    _E.LINK_LOGIN: (
        "The site {site} gives this only to people who are logged in.",
        "Log in there with a browser, choose that browser's cookies or a cookies file in the "
        "settings, and retry.",
    ),
    _E.LINK_AGE: (
        "The site {site} wants to know how old you are before it gives this.",
        "Log in there with a browser, choose that browser's cookies or a cookies file in the "
        "settings, and retry.",
    ),
    _E.LINK_REGION: (
        "The site {site} does not give this to people in your country.",
        "Look for the same song elsewhere.",
    ),
    _E.LINK_LIVE: (
        "This is a live stream at {site}: it has no end yet.",
        "Retry when it is over and can be watched as a recording.",
    ),
    _E.LINK_DRM: (
        "What is at this link is encrypted by {site} (DRM) and cannot be split.",
        "Buy the song where it comes as a file, or use a recording of your own.",
    ),
    _E.LINK_TOO_LONG: (
        "What is at this link is {duration_s} long; the limit in the settings is {limit_s}.",
        "Raise the limit for links in the settings, and retry.",
    ),
    _E.LINK_TOO_LARGE: (
        "What is at this link is larger than {limit_bytes}, the limit in the settings.",
        "Raise the limit for links in the settings, and retry.",
    ),
    _E.LINK_SITE_CHANGED: (
        "The site {site} has answered with something that the downloader (yt-dlp {version}) does "
        "not understand. Sites change often.",
        "Update the downloader in the settings and retry, or try again in a few days.",
    ),
    _E.LINK_OFFLINE: (
        "The site {site} cannot be reached.",
        "Check the internet connection and retry.",
    ),
    _E.LINK_PROXY: (
        "The proxy {proxy} does not let the connection to {site} through.",
        "Check the proxy in the system's settings or in HTTPS_PROXY, and retry.",
    ),
    _E.LINK_UNTRUSTED: (
        "No safe connection to {site} is possible: it could not prove who it is.",
        "Check the date of this computer. In a hotel or a company, sign in to the network in a "
        "browser first. Then retry.",
    ),
    _E.LINK_RUNTIME_MISSING: (
        "The site {site} needs a JavaScript runtime, and there is none here: deno, "
        "version 2.3 or newer.",
        "Install it with “pip install deno” beside StemDesk, or from deno.com, and retry. Other "
        "sites work without it.",
    ),
    _E.LINK_ADDRESS_REFUSED: (
        "This link leads into your own network or computer ({address}), and StemDesk does not go "
        "there by itself.",
        "If you want that, allow links into the local network in the settings (--allow-local on "
        "the command line).",
    ),
    _E.LINK_REFUSED: (
        "The site {site} did not give the song: {meaning} (HTTP {status}).",
        "Open the link in a browser. If it works there, retry later, or update the downloader in "
        "the settings.",
    ),
    _E.LINK_TOO_MANY: (
        "The site {site} says that too much was asked of it from your connection (HTTP 429).",
        "Wait an hour or so, and retry.",
    ),
    _E.LINK_STALLED: (
        "Nothing more comes from {site}.",
        "Check the internet connection and retry: it goes on from where it stopped.",
    ),
    _E.LINK_BROKEN: (
        "The connection to {site} broke off.",
        "Retry: it goes on from where it stopped.",
    ),
    _E.LINK_EMPTY: (
        "The list at this link ({site}) has no songs in it, or none that you may see.",
        "Open it in a browser. A private list needs a browser's cookies (in the settings).",
    ),
    _E.LINK_COOKIES: (
        "The cookies of {browser} cannot be read.",
        "Close that browser and retry, choose another one in the settings, or use a cookies file.",
    ),
    _E.LINK_TOOL_FAILED: (
        "The downloader (yt-dlp) has failed.",
        "Retry. If it happens again, update the downloader in the settings, or report it with the "
        "details.",
    ),
    _E.UPDATE_NONE: (
        "There is no newer downloader than yours (yt-dlp {version}).",
        "If a site does not work, try again in a few days: a newer one often repairs it.",
    ),
    _E.UPDATE_UNUSABLE: (
        "The new downloader (yt-dlp {version}) does not work here and is not used.",
        "Yours stays. Try again in a few days.",
    ),
    _E.UPDATE_NO_INDEX: (
        "StemDesk knows no safe place to get a newer downloader from ({index}).",
        "Set PIP_INDEX_URL to the address of a package index; it begins with https://",
    ),
}

NOTICE_LINES = (
    "StemDesk is a tool that separates music. It downloads what is at a link in order to split it.",
    "Use links only for what you have the right to use in this way: your own recordings, music "
    "with a free licence, or what its owner and the site's terms allow.",
    "It opens no copy protection (DRM). The site sees this computer's address, as when you open "
    "the page in a browser; splitting itself stays on this computer.",
)
"""Said before the first link, once."""


def say_updated(version: str) -> str:
    return f"The downloader is yt-dlp {version} now."


_CHECK_INDEX = "Try again later. If it stays so, check the package index (PIP_INDEX_URL)."
# What to do where a download was one of the downloader, rather than of a model.
UPDATE_REMEDIES: dict[ErrorCode, str] = {
    _E.DOWNLOAD_OFFLINE: "Check the internet connection and try again. Until then the downloader "
    "that you have is used.",
    _E.DOWNLOAD_PROXY: "Check the proxy in the system's settings or in HTTPS_PROXY.",
    _E.DOWNLOAD_ADDRESS: _CHECK_INDEX,
    _E.DOWNLOAD_REDIRECTED: _CHECK_INDEX,
    _E.DOWNLOAD_REFUSED: _CHECK_INDEX,
    _E.DOWNLOAD_STALLED: "Check the internet connection and try again.",
    _E.DOWNLOAD_BROKEN: "Try again.",
    _E.DOWNLOAD_WRONG_SIZE: _CHECK_INDEX,
    _E.DOWNLOAD_WRONG_HASH: _CHECK_INDEX,
}
