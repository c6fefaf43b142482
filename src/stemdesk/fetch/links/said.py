"""What sites and yt-dlp say when something cannot be had, by pattern; the first that fits decides.

The messages are those in yt-dlp's source; tests/support/link_messages.py has many of them.
"""

from __future__ import annotations

import re

from stemdesk.core.errors import ErrorCode

_E = ErrorCode
_PATTERNS: tuple[tuple[ErrorCode, str], ...] = (
    (_E.LINK_COOKIES, r"cookies? (database|file)|could not (find|copy) .*cookies|decrypt.*cookie"),
    (
        _E.LINK_REGION,
        r"(country|location|region|geo).{0,40}(restrict|block|limit|licen)"
        r"|geo-?(block|restrict)|not (made this video )?available.{0,30}"
        r"(country|region|location|area)|(un|not )available (in|from|outside).{0,40}"
        r"(country|region|location)|blocked (it )?in (your|this) (country|region)"
        r"|only available (in|from) (the )?[A-Z]\w+$",
    ),
    (_E.LINK_DRM, r"\bDRM\b|widevine|fairplay|playready"),
    (
        _E.LINK_TOO_MANY,
        r"rate.?limit|too many requests|not a bot|suspected as a bot|HTTP Error 429"
        r"|exceeded the .*limit|play limit",
    ),
    (
        _E.LINK_AGE,
        r"confirm your age|age.?restrict|age.?verif|age.?gate|inappropriate for some"
        r"|verify (your|that you).{0,20}(age|old)|adults? (only|verification)|NSFW"
        r"|mature (content|audience)",
    ),
    (
        _E.LINK_PRIVATE,
        r"\bprivate\b|set to private|password.?protected|protected (by|with) a (pass|word)"
        r"|requires? a (video )?password|passcode|wrong (video )?password|protected (tweet|video)"
        r"|--video-password",
    ),
    (
        _E.LINK_LIVE,
        r"live (event|stream|broadcast).{0,40}(will|begin|not (yet )?start|scheduled|start)"
        r"|livestream (has not|is scheduled)|premieres? (in|will)|is_live|(is|still) live\b"
        r"|scheduled (for|to start)|will begin (in|at|shortly|soon)|processing this (live|video)",
    ),
    (
        _E.LINK_LOGIN,
        r"log.?in\b|logged.?in|sign.?in\b|registered users|subscri(bers?|ption)|members?.only"
        r"|(only )?(available|accessible).{0,20}(to|for) (\w+ )?(members|premium|patrons)"
        r"|premium|authenticat|account.{0,20}(required|needed)|purchase|payment|supporter"
        r"|paid video|join this channel|--cookies|not authorized|unauthori[sz]ed"
        r"|HTTP Error 401|vip account",
    ),
    (
        _E.LINK_NOT_FOUND,
        r"(does|do) ?(not|n.t) exist|not found|no longer (available|exists?|in page)"
        r"|(has|have|was|been|is) (been )?(removed|deleted|terminated|expired|taken down)"
        r"|(video|track|playlist|content|page|clip|song|tweet|account|episode)"
        r"( is)? (currently )?(unavailable|not available|isn.t available)"
        r"|removed by (the )?(user|uploader)|account .*(closed|terminated|suspended)"
        r"|copyright (claim|grounds)|incomplete YouTube ID|truncated|HTTP Error (404|410)"
        r"|(channel|streamer|stream|user) is (not|n.t) (currently )?live|no such"
        r"|not (yet )?(been made )?available to anyone",
    ),
    (_E.LINK_EMPTY, r"playlist (is )?empty|does not have any|no (videos|tracks|items|entries) "),
    (
        _E.LINK_UNSUPPORTED,
        r"unsupported url|no suitable extractor|not a video|no media|does ?n[o']t (have|contain) "
        r"(a |any )?(video|audio|media)|piracy|not a valid url|requested format is not available"
        r"|no video (could|was)|only images",
    ),
    (_E.LINK_REGION, r"HTTP Error 451"),
)
_COMPILED = tuple((code, re.compile(text, re.IGNORECASE)) for code, text in _PATTERNS)
_ADVICE = re.compile(  # of yt-dlp to its own users: says nothing about what went wrong
    r"(You might want to use a VPN|Use --cookies(,|-from|\b)|; please report this issue|"
    r"Please report this issue|Also see +https?|See +https?|\(caused by |; see +https?).*",
    re.DOTALL | re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://\S+")
_LEAD = re.compile(r"^\s*(\x1b\[[0-9;]*m)*(ERROR: ?)?(\[[^\]]{1,60}\] ?)?(\S{1,80}: )?")


def core_of(message: str) -> str:
    """A message without yt-dlp's advice, its name for the site, the song's id, and
    addresses (which may hold any word)."""
    return _ADDRESS.sub("", _LEAD.sub("", _ADVICE.sub("", message), count=1)).strip()


def code_said(message: str) -> ErrorCode | None:
    """What a message means, None if it fits none of the patterns."""
    core = core_of(message)
    for code, pattern in _COMPILED:
        if pattern.search(core):
            return code
    return None
