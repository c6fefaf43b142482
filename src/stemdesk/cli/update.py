"""`stemdesk update-downloader`: fetches a newer yt-dlp."""

from __future__ import annotations

from stemdesk.cli.transfers import JsonTransfers, TextTransfers, TransferDisplay, shown
from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.link_sentences import say_updated
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import say
from stemdesk.paths import Folders

_STOPPED = 130


def run(where: Folders, as_json: bool, cancel: CancelToken) -> int:
    """Fetch it, try it, and say which version is used now; returns the exit code. That there is
    no newer one is no failure."""
    from stemdesk.fetch.updater import update_tool

    display: TransferDisplay = JsonTransfers() if as_json else TextTransfers()

    code = 0
    try:
        tool = update_tool(where.data, shown(display, cancel), cancel)
        display.done(say_updated(tool.version), version=tool.version, updated=True)
    except (Cancelled, KeyboardInterrupt):
        code = _STOPPED
    except StemDeskError as error:
        if error.code is ErrorCode.UPDATE_NONE:
            text = say(error.code, None, error.facts)[0]
            display.done(text, version=error.facts["version"], updated=False)
        else:
            code = 1
            display.failed(error)
    display.end(code)
    return code
