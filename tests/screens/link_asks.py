"""What the window asks about links, with songs whose titles are a trial."""

from __future__ import annotations

from stemdesk.fetch.links.values import LinkEntry, LinkList
from stemdesk.gui.link_dialogs import KnownDialog, NoticeDialog
from stemdesk.gui.playlist_dialog import PlaylistDialog
from stemdesk.gui.window import MainWindow

_TITLES = (
    "Harbour lights",
    "Fog signal (live at the pier)",
    "<b>Bold</b> \u202eesrever and\nmore",
    "Letters never sent",
    "A title that goes on and on, 🎵 und 日本語 too, " * 4,
    "أغنية طويلة جدا",
    "",
    "Low water",
    "Night train",
    "Salt",
    "The long way home",
    "Coda",
)
_THERE = "example 4"


def album() -> LinkList:
    songs = [
        LinkEntry(
            f"https://music.example/{number}",
            title,
            "The Foghorns",
            None if not title else 150.0 + 17 * number,
            f"example {number}",
        )
        for number, title in enumerate(_TITLES, start=1)
    ]
    trouble = "Private: only for people whom its owner has invited"
    songs[1] = LinkEntry(songs[1].url, songs[1].title, "The Foghorns", 201.0, trouble=trouble)
    return LinkList("https://music.example/a", "a", "Music Example", "Harbour", tuple(songs))


def channel() -> LinkList:
    songs = (
        LinkEntry(f"https://music.example/{number}", f"Evening {number}", "", 3000.0 + number)
        for number in range(1, 2001)
    )
    title = "Every evening that was ever played on this channel, in the order of the days"
    return LinkList("https://music.example/c", "c", "Music Example", title, tuple(songs), 5312)


def show_list(window: MainWindow, found: LinkList) -> None:
    PlaylistDialog(window, found, {_THERE}).show_over()


def show_notice(window: MainWindow) -> None:
    NoticeDialog(window).show_over()


def show_known(window: MainWindow) -> None:
    titles = ["Lighthouse — The Foghorns", "Six of one — The Foghorns", *_TITLES[3:8]]
    KnownDialog(window, titles, done=True).show_over()
