"""The options of `stemdesk split` that concern links, and the settings with them put in."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from stemdesk.core.settings import COOKIE_BROWSERS, Settings
from stemdesk.paths import user_path


def add_link_options(command: argparse.ArgumentParser) -> None:
    """A group of their own in the help."""
    group = command.add_argument_group("links")
    group.add_argument(
        "--first",
        type=_count,
        metavar="N",
        help="of a playlist or an album only the first N songs; default: all",
    )
    group.add_argument(
        "--allow-local",
        action="store_true",
        help="let links lead into the local network or this computer; default: the settings, no",
    )
    cookies = group.add_mutually_exclusive_group()
    cookies.add_argument(
        "--cookies-from-browser",
        choices=COOKIE_BROWSERS,
        metavar="BROWSER",
        help="log in at the link's site with the cookies of a browser: "
        f"{', '.join(COOKIE_BROWSERS)}; default: the settings, none",
    )
    cookies.add_argument(
        "--cookies",
        type=Path,
        metavar="FILE",
        help="the same with a cookies file (cookies.txt)",
    )


def without_links(command: argparse.ArgumentParser) -> None:
    """For a command that takes no links."""
    command.set_defaults(first=None, allow_local=False, cookies_from_browser=None, cookies=None)


def with_link_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """The line's cookies instead of the settings', and its leave to go into the local network."""
    if options.cookies_from_browser:
        settings = replace(settings, cookies_browser=options.cookies_from_browser, cookies_file="")
    if options.cookies is not None:
        path = str(user_path(options.cookies))
        settings = replace(settings, cookies_browser="", cookies_file=path)
    return replace(settings, local_network=True) if options.allow_local else settings


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError("a number of songs, at least 1")
    return count
