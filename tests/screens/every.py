"""Every state of the window, each light and dark, in its size and as small as it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from screens import link_asks
from screens.exports import Brake, export, for_a_daw, shown, unfolded, wrong_template
from screens.gpu import Script, take_gpu_pack
from screens.links import fill_links, scripted_links
from screens.songs import fill_library, long_song
from screens.studio import Studio
from stemdesk.audio.remix import Preset
from stemdesk.core.declared import Section
from stemdesk.core.job import JobState
from stemdesk.crash import crash_path
from stemdesk.fetch.releases import Known
from stemdesk.gui.crash_notice import CrashNotice
from stemdesk.gui.diagnostics import DiagnosticsPage
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.licences_dialog import LicencesDialog
from stemdesk.gui.settings_dialog import SettingsDialog
from stemdesk.gui.updates import Updates
from stemdesk.gui.window import SIZE, SMALLEST

SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
_LONG = 4  # times the demo song
_HALF = 0.4


class Album:
    """Takes each state's pictures. `sizes`: of the window."""

    def __init__(self, studio: Studio, sizes: tuple[QSize, ...] = (SIZE, SMALLEST)) -> None:
        self.studio = studio
        self.sizes = sizes

    def take(self, name: str) -> None:
        for size in self.sizes:
            self.studio.resize(size)
            self._both(f"{name}-{size.width()}")

    def take_dialog(self, name: str, show: Callable[[], object]) -> None:
        for size in self.sizes:
            self.studio.resize(size)
            with self.studio.dialog(show) as dialog:
                self.studio.rest()
                self._both(f"{name}-{size.width()}", dialog)

    def take_settings(self) -> None:
        """Each section."""
        studio = self.studio
        for size in self.sizes:
            studio.resize(size)
            with studio.dialog(studio.window.show_settings) as dialog:
                assert isinstance(dialog, SettingsDialog)
                for section in Section:
                    dialog.show_section(section)
                    studio.rest(100)
                    self._both(f"settings-{section.name.lower()}-{size.width()}", dialog)

    def take_diagnostics(self) -> None:
        studio = self.studio
        for size in self.sizes:
            studio.resize(size)
            with studio.dialog(studio.window.pages.show_diagnostics) as dialog:
                assert isinstance(dialog, DiagnosticsPage)
                studio.wait_for(dialog.copy.isEnabled)
                self._both(f"diagnostics-{size.width()}", dialog)

    def take_licences(self) -> None:
        studio = self.studio

        def show() -> None:
            LicencesDialog(studio.window, studio.controller.tasks).show_over()

        for size in self.sizes:
            studio.resize(size)
            with studio.dialog(show) as dialog:
                assert isinstance(dialog, LicencesDialog)
                text = dialog.text_box
                studio.wait_for(lambda box=text: box.blockCount() > 1)  # type: ignore[misc] # mypy knows no type of a default
                dialog.search.setText("apache")
                self._both(f"licences-{size.width()}", dialog)

    def take_widget(self, name: str, widget: QWidget) -> None:
        """As it is now."""
        self._both(name, widget)

    def _both(self, name: str, widget: QWidget | None = None) -> None:
        for scheme, value in SCHEMES.items():
            self.studio.colour(value)
            if self.studio.output.running:
                self.studio.hear(3)  # meters fall while nothing is heard
            self.studio.rest(50)
            self.studio.save(f"{name}-{scheme}", widget)


def take_every(root: Path, target: Path, sizes: tuple[QSize, ...]) -> None:
    """All pictures, of three apps one after the other: a first start, one with a library, links."""
    first = Studio(root / "first", target)
    album = Album(first, sizes)
    album.take("empty")
    first.window.add_bar.path.setText("ftp://music.example/song.mp3")
    first.window.empty.link.setText("https://music.example/1 https://music.example/2")
    album.take("empty-links")
    _news(first, album)
    first.close()
    studio = Studio(root / "second", target, fill_library)
    album = Album(studio, sizes)
    _at_rest(studio, album)
    _at_work(studio, album)
    _finished(studio, album)
    _dialogs(studio, album)
    _links(studio, album)
    studio.close()
    take_links(root / "third", target, sizes)
    take_exports(root / "fourth", target, sizes)
    take_gpu(root / "fifth", target, sizes)


def take_gpu(root: Path, target: Path, sizes: tuple[QSize, ...]) -> None:
    """The GPU pack, in each of its states."""
    script = Script()
    studio = Studio(root, target, gpu=script.services())
    take_gpu_pack(studio, script, sizes, Album(studio, sizes).take_widget)
    studio.close()


def _news(studio: Studio, album: Album) -> None:
    """After a crash, with a newer version."""
    crash_log = crash_path(studio.folders.logs, "window")
    crash_log.parent.mkdir(parents=True, exist_ok=True)
    crash_log.write_text("Fatal Python error: Segmentation fault\n")
    banners, controller = studio.window.banners, studio.controller
    controller.change_settings(replace(controller.settings, check_updates=True))
    CrashNotice(studio.folders.logs, controller.tasks, banners.crash).look()
    Updates(controller, banners.update_ready, lambda *_: Known(version="9.8.7")).look()
    studio.wait_for(lambda: banners.crash.isVisible() and banners.update_ready.isVisible())
    album.take("empty-news")
    banners.crash.buttons[0].click()
    album.take("empty-news-copied")


def take_links(root: Path, target: Path, sizes: tuple[QSize, ...]) -> None:
    """Songs that come from links, in each of their states."""
    script = scripted_links(root)
    studio = Studio(root, target, fill_links, script.services())
    album, controller, view = Album(studio, sizes), studio.controller, studio.window.library.view
    studio.select("login")
    album.take("link-login")
    studio.select("changed")
    album.take("link-changed")
    controller.downloader.start("changed")
    studio.wait_for(lambda: controller.downloader.update is not None)
    studio.rest()
    album.take("link-updating")
    controller.downloader.cancel()
    studio.select("unfetched")
    album.take("link-paused")
    controller.add_links(list(script.songs))
    studio.wait_for(lambda: len(controller.links.running) == 2)
    studio.wait_for(lambda: any(controller.links.list_of(job.id) for job in controller.jobs))
    for dialog in studio.window.findChildren(Dialog):
        dialog.reject()
    for name in ("night-train", "sunday", "the-album", "morning"):
        job = next(one for one in controller.jobs if one.link and one.link.url.endswith(name))
        view.select(job.id)
        studio.rest()
        album.take(f"link-{name}")
    studio.close()


def take_exports(root: Path, target: Path, sizes: tuple[QSize, ...]) -> None:
    """The export window, an export at work, finished, failed; all real."""
    brake = Brake()
    studio = Studio(root, target, fill_library, exports=brake.services())
    album, window = Album(studio, sizes), studio.window
    studio.controller.add_paths(studio.songs[:1])
    studio.wait_for(lambda: len(studio.controller.jobs) == 4 and studio.all_ended())
    demo = next(job for job in studio.controller.jobs if job.source == studio.songs[0])
    studio.show_drawn(demo.id)
    window.playback.set_loop((6.2, 12.2))
    window.playback.set_speed(80.0)
    album.take_dialog("export", lambda: shown(window, [demo.id]))
    album.take_dialog("export-daw", lambda: shown(window, [demo.id], for_a_daw))
    album.take_dialog("export-unfolded", lambda: shown(window, [demo.id], unfolded))
    album.take_dialog("export-template", lambda: shown(window, [demo.id], wrong_template))
    every = [job.id for job in studio.controller.jobs if job.state is JobState.DONE]
    album.take_dialog("export-songs", lambda: shown(window, every))
    brake.hold()
    export(studio, [demo.id, "six"])
    export(studio, [demo.id])
    studio.wait_for(brake.holds)
    album.take("exporting")
    brake.release()
    studio.wait_for(lambda: not studio.controller.exports.busy)
    album.take("exported")
    export(studio, [demo.id, "moved"])
    export(studio, [demo.id], Path("/proc/nowhere"))
    studio.wait_for(lambda: not studio.controller.exports.busy)
    album.take("export-failed")
    album.take_dialog("export-details", window.exports.strip.reports[0].buttons[-1].click)
    studio.close()


def _at_rest(studio: Studio, album: Album) -> None:
    """What lay in the library."""
    studio.show_drawn("six")
    album.take("six")
    studio.select("moved")
    studio.wait_for(lambda: not studio.window.song.shows_stems)
    album.take("missing")
    studio.select("waiting")
    album.take("waiting")


def _at_work(studio: Studio, album: Album) -> None:
    """A song that is split while it plays, others that wait behind it; paused, failed."""
    window, song = studio.window, long_song(studio.songs[0], _LONG)
    studio.controller.add_paths([song, *studio.songs])
    studio.wait_for(lambda: len(studio.controller.jobs) == 8)
    job = next(job for job in studio.controller.jobs if job.source == song)
    studio.select(job.id)
    studio.wait_for(lambda: studio.fraction(job.id) > 0 and window.song.shows_stems)
    length_s = window.playback.length_s
    studio.wait_for(lambda: studio.fraction(job.id) > _HALF)
    studio.play(0.26 * length_s)
    album.take("busy")
    window.playback.seek(0.93 * length_s)
    studio.hear()
    album.take("busy-original")
    studio.controller.pause(job.id)
    studio.wait_for(lambda: studio.state(job.id) is JobState.PAUSED)
    album.take("paused")
    window.playback.stop()
    studio.controller.remove([job.id])
    studio.wait_for(studio.all_ended)
    failed = next(job for job in studio.controller.jobs if job.state is JobState.FAILED)
    studio.select(failed.id)
    album.take("failed")
    album.take_dialog("failed-details", lambda: window.show_failure(failed.id))


def _finished(studio: Studio, album: Album) -> None:
    window, playback = studio.window, studio.window.playback
    demo = next(job for job in studio.controller.jobs if job.source == studio.songs[0])
    studio.show_drawn(demo.id)
    studio.play(8.2)
    album.take("finished")
    playback.set_muted("bass", True)
    playback.set_soloed("vocals", True)
    playback.set_gain("drums", -6.0)
    playback.set_gain("vocals", 3.5)
    playback.set_pan("drums", -0.4)
    playback.set_master(-3.0)
    playback.set_loop((6.2, 12.2))
    playback.set_speed(80.0)
    playback.set_key(-2)
    window.song.stems.view.zoom(2.2)
    studio.hear()
    album.take("remix")
    playback.set_original(True)
    studio.hear()
    album.take("original")
    playback.set_soloed("vocals", False)
    window.song.stems.transport.presets.buttons[Preset.INSTRUMENTAL].click()
    window.body.close_drawer()
    album.take("preset")
    if window.minimumSize() in album.sizes:
        studio.resize(window.minimumSize())
        window.body.toggle()
        album._both("drawer")
        window.body.close_drawer()
    playback.pause()


def _dialogs(studio: Studio, album: Album) -> None:
    window = studio.window
    album.take_settings()
    album.take_diagnostics()
    album.take_licences()
    album.take_dialog("models", window.models.show_page)
    album.take_dialog("keys", window.show_keys)
    album.take_dialog("delete-everything", window.pages.ask_delete)


def _links(studio: Studio, album: Album) -> None:
    window = studio.window
    album.take_dialog("links-notice", lambda: link_asks.show_notice(window))
    album.take_dialog("links-known", lambda: link_asks.show_known(window))
    album.take_dialog("links-album", lambda: link_asks.show_list(window, link_asks.album()))
    album.take_dialog("links-channel", lambda: link_asks.show_list(window, link_asks.channel()))
