from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.cli.arguments import parse
from stemdesk.cli.link_arguments import with_link_options
from stemdesk.core.settings import Settings

CHOSEN = Settings(cookies_browser="firefox", local_network=False)


def asked(*options: str, settings: Settings = CHOSEN) -> Settings:
    return with_link_options(settings, parse(["split", "https://x.example", *options]))


def test_without_options_the_settings_are_taken() -> None:
    assert asked() == CHOSEN
    allowed = Settings(local_network=True)
    assert asked(settings=allowed) == allowed


def test_the_line_wins_over_the_settings() -> None:
    assert asked("--allow-local").local_network
    assert asked("--cookies-from-browser", "chrome").cookies_browser == "chrome"
    file = asked("--cookies", "cookies.txt")
    assert (file.cookies_browser, file.cookies_file) == ("", str(Path("cookies.txt").absolute()))
    both = asked("--cookies-from-browser", "edge", settings=Settings(cookies_file="c.txt"))
    assert (both.cookies_browser, both.cookies_file) == ("edge", "")


def test_the_demo_takes_no_links() -> None:
    assert with_link_options(CHOSEN, parse(["demo"])) == CHOSEN
    with pytest.raises(SystemExit):
        parse(["demo", "--allow-local"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--first", "0"], "at least 1"),
        (["--first", "some"], "at least 1"),
        (["--cookies-from-browser", "lynx"], "lynx"),
        (["--cookies-from-browser", "edge", "--cookies", "c.txt"], "not allowed with"),
    ],
)
def test_options_that_make_no_sense(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        asked(*options)
    assert stop.value.code == 2 and words in capsys.readouterr().err
