"""Links as the controller works on them, with the rooms below as the test says."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode, LinkError, ModelError
from stemdesk.core.job import Job, JobState
from stemdesk.core.settings import Settings
from stemdesk.fetch.links.values import LinkList
from stemdesk.gui.links import AHEAD
from stemdesk.gui.values import BatchSummary
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.store import JobStore
from support.desk import Desk, endless, pausable
from support.desk import failing as job_failing
from support.link_services import a_list, deaf, failing, slow, until
from support.shop import Shop

S = JobState
MISSING = ModelError(ErrorCode.MODEL_MISSING, model="htdemucs")
PRIVATE = LinkError(ErrorCode.LINK_PRIVATE, "403", site="Example")


def url(name: str) -> str:
    return f"https://music.example/{name}"


def the(desk: Desk, job_id: str) -> Job:
    job = desk.controller.job(job_id)
    assert job is not None
    return job


def part(desk: Desk, job_id: str) -> Path:
    return desk.folders.downloads / job_id / "media.m4a.part"


def gone(desk: Desk, job_id: str) -> bool:
    return not (desk.folders.downloads / job_id).exists()


def test_a_link_becomes_a_song_and_is_split(desk: Desk) -> None:
    go = threading.Event()
    desk.links.looks["night"] = until(go)
    desk.open()
    (job_id,) = desk.add_links(url("night"))
    assert the(desk, job_id).name == "music.example/night"
    go.set()
    desk.wait_for(S.DONE, job_id)
    assert desk.links.asked == [("look", "night"), ("fetch", "night")]
    assert desk.script.ran == ["night.m4a"]
    split = desk.script.jobs[0]
    assert split.tags.title == "Night" and split.link is not None
    assert (split.link.key, split.link.fetched) == ("example night", True)
    states = [state for each, state in desk.states if each == job_id]
    assert states[:3] == [S.QUEUED, S.DOWNLOADING, S.QUEUED] and states[-1] is S.DONE
    assert desk.batches == [BatchSummary(1, 0, 0)]


def test_what_is_known_is_shown_before_the_song_is_there(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))

    def is_far() -> bool:
        progress = controller.progress(job_id)
        return progress is not None and progress.transfer is not None

    desk.wait_until(is_far)
    job, progress = the(desk, job_id), controller.progress(job_id)
    assert (job.tags.title, job.tags.artist, job.tags.duration_s) == (
        "Night",
        "Example Artist",
        221.0,
    )
    assert job.state is S.DOWNLOADING
    assert progress is not None and progress.percent == 43 and progress.left_s == 12.0
    assert controller.links.running == {job_id} and not controller.busy


def test_rules_follow_the_settings_of_now(desk: Desk) -> None:
    controller = desk.open(Settings(longest_link_hours=1.0))
    desk.wait_for(S.DONE, *desk.add_links(url("a")))
    controller.change_settings(replace(controller.settings, local_network=True))
    desk.wait_for(S.DONE, *desk.add_links(url("b")))
    first, last = desk.links.rules[0], desk.links.rules[-1]
    assert (first.max_duration_s, first.allow_local) == (3600.0, False)
    assert last.allow_local


def test_songs_are_fetched_while_others_are_split(desk: Desk) -> None:
    desk.script.behaviours["long.mp3"] = endless
    desk.open()
    (long,) = desk.add("long.mp3")
    desk.wait_for(S.SEPARATING, long)
    ids = desk.add_links(url("a"), url("b"))
    desk.wait_until(lambda: all(not the(desk, each).needs_fetch for each in ids))
    assert desk.script.ran == ["long.mp3"]
    desk.controller.cancel(long)
    desk.wait_for(S.DONE, *ids)
    assert desk.script.ran == ["long.mp3", "a.m4a", "b.m4a"]


def test_two_at_once_and_the_queues_order(desk: Desk) -> None:
    names = list("abcd")
    go = {name: threading.Event() for name in names}
    for name in names:
        desk.links.fetches[name] = until(go[name])
    desk.open()
    ids = desk.add_links(url("a"))
    desk.wait_until(lambda: desk.links.begun("fetch") == ["a"])
    # While the first is downloaded, the others are looked up; then two are downloaded.
    ids += desk.add_links(*map(url, "bcd"))
    desk.wait_until(lambda: desk.links.begun("fetch") == ["a", "b"])
    assert desk.links.begun("look") == names
    assert len(desk.controller.links.running) == 2
    desk.controller.move(ids[3], ids[2])
    go["b"].set()  # one only: what two threads begin at once is in no order
    desk.wait_until(lambda: desk.links.begun("fetch") == ["a", "b", "d"])
    for event in go.values():
        event.set()
    desk.wait_for(S.DONE, *ids)
    assert desk.links.begun("fetch") == ["a", "b", "d", "c"]
    assert desk.links.at_once == 2


def test_a_long_list_is_not_downloaded_all_at_once(desk: Desk) -> None:
    desk.script.behaviours["long.mp3"] = endless
    controller = desk.open()
    (long,) = desk.add("long.mp3")
    desk.wait_for(S.SEPARATING, long)
    names = [f"n{number}" for number in range(AHEAD + 4)]
    ids = desk.add_links(*map(url, names))
    desk.wait_until(lambda: not controller.links.running and len(desk.links.begun("look")) > AHEAD)
    there = [each for each in ids if not the(desk, each).needs_fetch]
    assert AHEAD <= len(there) <= AHEAD + 1
    controller.cancel(long)
    desk.wait_for(S.DONE, *ids)


def test_nor_while_its_songs_wait_for_a_model(desk: Desk) -> None:
    names = [f"n{number}" for number in range(AHEAD + 4)]
    desk.script.behaviours |= {f"{name}.m4a": job_failing(MISSING) for name in names}
    controller = desk.open()
    ids = desk.add_links(*map(url, names))
    desk.wait_until(lambda: not controller.links.running and len(desk.links.begun("look")) > AHEAD)
    there = [each for each in ids if not the(desk, each).needs_fetch]
    assert AHEAD <= len(there) <= AHEAD + 1
    desk.script.behaviours.clear()
    controller.go_on(there)
    desk.wait_for(S.DONE, *ids)


@pytest.mark.parametrize("what", ["looks", "fetches"])
def test_cancel_stops_and_leaves_no_file(desk: Desk, what: str) -> None:
    getattr(desk.links, what)["night"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_until(lambda: desk.links.begun("look" if what == "looks" else "fetch") == ["night"])
    assert part(desk, job_id).exists() == (what == "fetches")
    controller.cancel(job_id)
    assert controller.is_cancelling(job_id)
    desk.wait_for(S.CANCELLED, job_id)
    assert gone(desk, job_id) and not controller.is_cancelling(job_id)
    assert desk.batches == [BatchSummary(0, 0, 1)]
    getattr(desk.links, what).clear()
    controller.retry(job_id)
    desk.wait_for(S.DONE, job_id)


def test_removing_stops_and_leaves_no_file(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_until(lambda: part(desk, job_id).exists())
    controller.remove([job_id])
    assert controller.jobs == ()
    desk.wait_until(lambda: not controller.links.running and gone(desk, job_id))


def test_a_song_that_is_cancelled_while_it_is_split_leaves_no_file(desk: Desk) -> None:
    desk.script.behaviours["night.m4a"] = endless
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.SEPARATING, job_id)
    assert the(desk, job_id).source.exists()
    controller.cancel(job_id)
    desk.wait_for(S.CANCELLED, job_id)
    desk.wait_until(lambda: gone(desk, job_id))
    desk.script.behaviours.clear()
    controller.retry(job_id)  # it is downloaded anew
    desk.wait_for(S.DONE, job_id)
    assert desk.links.begun("fetch") == ["night", "night"]


def test_a_pause_keeps_what_is_there(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_until(lambda: part(desk, job_id).exists())
    controller.pause(job_id)
    assert controller.is_pausing(job_id)
    desk.wait_for(S.PAUSED, job_id)
    assert part(desk, job_id).exists()
    desk.links.fetches.clear()
    controller.resume(job_id)
    desk.wait_for(S.DONE, job_id)


def test_a_list_that_is_paused_before_it_is_known_as_one_is_looked_up_again(desk: Desk) -> None:
    desk.links.lists[url("list")] = a_list(url("list"), "a", "b")
    desk.links.looks["list"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("list"))
    desk.wait_until(lambda: desk.links.begun("look") == ["list"])
    controller.pause(job_id)
    desk.wait_for(S.PAUSED, job_id)
    desk.links.looks.clear()
    controller.resume(job_id)
    desk.wait_until(lambda: controller.links.list_of(job_id) is not None)
    assert desk.links.asked == [("look", "list"), ("look", "list")]


def test_a_song_that_is_split_can_be_paused_too(desk: Desk) -> None:
    desk.script.behaviours["night.m4a"] = pausable
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.SEPARATING, job_id)
    controller.pause(job_id)
    desk.wait_for(S.PAUSED, job_id)
    assert the(desk, job_id).source.exists()


def test_one_that_fails_does_not_stop_the_others(desk: Desk) -> None:
    desk.links.looks["b"] = failing(PRIVATE)
    controller = desk.open()
    a, b, c = desk.add_links(url("a"), url("b"), url("c"))
    desk.wait_for(S.DONE, a, c)
    desk.wait_for(S.FAILED, b)
    failure = the(desk, b).failure
    assert failure is not None and failure.code is ErrorCode.LINK_PRIVATE
    desk.wait_until(lambda: desk.batches == [BatchSummary(2, 1, 0)])
    desk.links.looks.clear()
    controller.retry_failed()
    desk.wait_for(S.DONE, b)
    assert desk.links.begun("look").count("b") == 2


def test_a_failed_download_keeps_its_part_and_goes_on_from_there(desk: Desk) -> None:
    broken = LinkError(ErrorCode.LINK_BROKEN, site="Example", retryable=True)
    desk.links.fetches["night"] = failing(broken)
    desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.FAILED, job_id)
    assert part(desk, job_id).exists()
    desk.links.fetches.clear()
    desk.controller.retry(job_id)
    desk.wait_for(S.DONE, job_id)
    assert desk.links.begun("look") == ["night"]  # that was known


def test_a_full_disk_is_waited_for(desk: Desk) -> None:
    desk.free = 0
    desk.links.fetches["night"] = failing(DiskFullError(desk.folders.downloads, 10**9))
    desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.WAITING, job_id)
    desk.links.fetches.clear()
    desk.free = 10**12
    desk.wait_for(S.DONE, job_id)


def test_the_end_of_the_app_keeps_what_is_there_and_the_next_start_goes_on(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_until(lambda: part(desk, job_id).exists())
    desk.wait_for(S.DOWNLOADING, job_id)
    desk.close()
    store = JobStore(desk.folders.database)
    assert [job.state for job in store.all()] == [S.QUEUED]
    store.close()
    assert part(desk, job_id).exists()
    desk.links.fetches.clear()
    desk.open()
    desk.wait_for(S.DONE, job_id)


def test_a_download_that_is_cancelled_at_the_apps_end_is_gone(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_until(lambda: part(desk, job_id).exists())
    controller.cancel(job_id)
    desk.close()
    assert gone(desk, job_id)
    store = JobStore(desk.folders.database)
    assert [job.state for job in store.all()] == [S.CANCELLED]
    store.close()


def test_a_download_that_died_with_its_process_goes_on_when_asked(desk: Desk) -> None:
    desk.links.fetches["night"] = slow
    desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.DOWNLOADING, job_id)
    row = the(desk, job_id)
    desk.close()
    store = JobStore(desk.folders.database)
    store.update([replace(row, state=S.DOWNLOADING)])
    store.close()
    desk.links.fetches.clear()
    controller = desk.open()
    assert desk.state(job_id) is S.INTERRUPTED
    controller.go_on([job_id])
    desk.wait_for(S.DONE, job_id)


def test_links_that_come_before_the_start_wait_for_it(desk: Desk) -> None:
    controller = desk.open(start=False)
    controller.add_links([url("night")])
    controller.start()
    desk.wait_until(lambda: [job.state for job in controller.jobs] == [S.DONE])


def test_what_another_process_holds_is_left_to_it(desk: Desk) -> None:
    controller = desk.open()
    controller.links.hold()
    (job_id,) = desk.add_links(url("night"))
    with job_lock(desk.folders.scratch, job_id, Path("night")):
        controller.links.release()
        desk.wait_until(lambda: controller.is_elsewhere(job_id))
        assert desk.links.asked == []
    desk.wait_for(S.DONE, job_id)


def test_no_link_is_begun_while_the_queue_is_held(desk: Desk) -> None:
    controller = desk.open()
    controller.hold()
    (job_id,) = desk.add_links(url("night"))
    assert not controller.links.running and desk.links.asked == []
    controller.release()
    desk.wait_for(S.DONE, job_id)


def test_stems_that_are_wanted_again_fetch_the_song_again_if_it_is_gone(desk: Desk) -> None:
    controller = desk.open()
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.DONE, job_id)
    desk.wait_until(lambda: gone(desk, job_id))
    controller.split_again(job_id)
    desk.wait_until(lambda: len(desk.script.ran) == 2)
    desk.wait_for(S.DONE, job_id)
    assert desk.links.begun("fetch") == ["night", "night"]


def test_links_do_not_wait_until_models_are_downloaded(desk: Desk) -> None:
    go = threading.Event()
    controller = desk.open()
    for _ in range(2):
        controller.tasks.net(lambda _: go.wait(30), lambda _: None)
    desk.wait_for(S.DONE, *desk.add_links(url("night")))
    go.set()


def test_files_of_links_are_told_and_not_added(desk: Desk) -> None:
    controller = desk.open()
    file = desk.root / "Night.url"
    file.write_text(f"[InternetShortcut]\nURL={url('night')}\n")
    (song,) = desk.songs("song.mp3")
    with desk.qtbot.waitSignal(controller.links_found) as found:
        controller.add_paths([file, song])
    assert found.args == [(url("night"),)]
    desk.wait_until(lambda: [job.source.name for job in controller.jobs] == ["song.mp3"])


def test_a_songs_place_in_the_list_is_kept_while_it_is_fetched(desk: Desk) -> None:
    go = threading.Event()
    desk.links.fetches["b"] = until(go)
    controller = desk.open()
    controller.hold()
    a, b = desk.add_links(url("a"), url("b"))
    controller.release()
    desk.wait_until(lambda: "b" in desk.links.begun("fetch"))
    controller.move(b, a)
    go.set()
    desk.wait_for(S.DONE, a, b)
    assert [job.id for job in controller.jobs] == [b, a]


# Lists


def test_the_chosen_entries_of_a_list_come_in_its_place(desk: Desk) -> None:
    desk.links.lists[url("album")] = a_list(url("album"), "one", "two", "three")
    desk.script.behaviours["first.mp3"] = endless
    controller = desk.open()
    found: list[tuple[str, LinkList]] = []
    controller.links.list_found.connect(lambda job_id, what: found.append((job_id, what)))
    (first,) = desk.add("first.mp3")
    desk.wait_for(S.SEPARATING, first)
    album, last = desk.add_links(url("album"), url("last"))
    desk.wait_until(lambda: len(found) == 1)
    assert found[0] == (album, desk.links.lists[url("album")])
    assert controller.links.list_of(album) == found[0][1]
    assert desk.state(album) is S.QUEUED and the(desk, album).name == "The album"
    entries = found[0][1].entries
    controller.choose_entries(album, (entries[0], entries[2]))
    desk.wait_until(lambda: controller.job(album) is None)
    titles = [job.tags.title for job in controller.jobs]
    assert titles[1:3] == ["One", "Three"] and controller.jobs[3].id == last
    assert controller.links.list_of(album) is None
    desk.wait_until(lambda: not any(job.needs_fetch for job in controller.jobs))
    controller.cancel(first)
    desk.wait_for(S.DONE, *[job.id for job in controller.jobs[1:]])
    assert sorted(desk.links.begun("look")) == ["album", "last"]  # of entries enough is known
    assert desk.script.ran == ["first.mp3", "one.m4a", "three.m4a", "last.m4a"]
    store = JobStore(desk.folders.database)
    assert [job.tags.title for job in store.all()] == [*titles[:3], "Last"]
    store.close()


def test_choosing_none_takes_the_list_off(desk: Desk) -> None:
    desk.links.lists[url("album")] = a_list(url("album"), "one")
    controller = desk.open()
    (album,) = desk.add_links(url("album"))
    desk.wait_until(lambda: controller.links.list_of(album) is not None)
    controller.choose_entries(album, ())
    desk.wait_until(lambda: controller.jobs == ())
    assert desk.links.begun("fetch") == []


def test_a_list_can_be_asked_about_again_and_after_the_next_start(desk: Desk) -> None:
    desk.links.lists[url("album")] = a_list(url("album"), "one")
    controller = desk.open()
    (album,) = desk.add_links(url("album"))
    desk.wait_until(lambda: controller.links.list_of(album) is not None)
    with desk.qtbot.waitSignal(controller.links.list_found) as again:
        controller.links.ask_again(album)
    assert again.args == [album, desk.links.lists[url("album")]]
    desk.close()
    controller = desk.open()
    desk.wait_until(lambda: controller.links.list_of(album) is not None)


def test_a_list_that_is_put_off_asks_when_it_is_resumed_only(desk: Desk) -> None:
    desk.links.lists[url("album")] = a_list(url("album"), "one")
    controller = desk.open()
    (album,) = desk.add_links(url("album"))
    desk.wait_until(lambda: controller.links.list_of(album) is not None)
    controller.pause(album)  # as the window does for "Not now"
    with desk.qtbot.waitSignal(controller.links.list_found):
        controller.resume(album)
    controller.pause(album)
    assert desk.state(album) is S.PAUSED
    desk.close()
    looked = desk.links.begun("look")
    controller = desk.open()
    (last,) = desk.add_links(url("last"))
    desk.wait_for(S.DONE, last)  # the one before it in the queue was passed over
    assert controller.links.list_of(album) is None
    assert desk.links.begun("look") == [*looked, "last"]
    controller.resume(album)
    desk.wait_until(lambda: controller.links.list_of(album) is not None)


def test_one_broken_entry_fails_alone(desk: Desk) -> None:
    desk.links.lists[url("album")] = a_list(url("album"), "one", "two", "three")
    desk.links.fetches["two"] = failing(PRIVATE)
    controller = desk.open()
    (album,) = desk.add_links(url("album"))
    desk.wait_until(lambda: controller.links.list_of(album) is not None)
    controller.choose_entries(album, desk.links.lists[url("album")].entries)
    desk.wait_until(lambda: desk.batches == [BatchSummary(2, 1, 0)])
    assert [job.state for job in controller.jobs] == [S.DONE, S.FAILED, S.DONE]


def test_a_removed_list_is_not_asked_about(desk: Desk) -> None:
    go = threading.Event()
    desk.links.lists[url("album")] = a_list(url("album"), "one")
    desk.links.looks["album"] = deaf(go)
    controller = desk.open()
    (album,) = desk.add_links(url("album"))
    desk.wait_until(lambda: desk.links.begun("look") == ["album"])
    with desk.qtbot.assertNotEmitted(controller.links.list_found):
        controller.remove([album])
        go.set()
        desk.wait_until(lambda: not controller.links.running)
    controller.choose_entries(album, desk.links.lists[url("album")].entries)
    assert controller.jobs == ()


def test_the_model_is_asked_about_at_once_and_fetched_meanwhile(desk: Desk) -> None:
    shop = Shop()
    desk.services = shop.services
    desk.links.fetches["night"] = slow
    controller = desk.open()
    desk.wait_until(lambda: bool(controller.models.choices))
    with desk.qtbot.waitSignal(controller.model_wanted) as wanted:
        (job_id,) = desk.add_links(url("night"))
    assert wanted.args == ["htdemucs"]
    desk.wait_for(S.DOWNLOADING, job_id)
    assert controller.models.waiting_for("htdemucs") == [job_id]
    controller.models.use_instead([job_id])
    desk.wait_until(lambda: the(desk, job_id).separation.model == "starter")
    assert desk.state(job_id) is S.DOWNLOADING


def test_a_song_whose_model_has_not_come_waits_for_it_when_it_is_there(desk: Desk) -> None:
    shop = Shop()
    desk.services = shop.services
    desk.script.behaviours["night.m4a"] = job_failing(MISSING)
    controller = desk.open()
    desk.wait_until(lambda: bool(controller.models.choices))
    (job_id,) = desk.add_links(url("night"))
    desk.wait_for(S.WAITING, job_id)
    assert not the(desk, job_id).needs_fetch
    desk.script.behaviours.clear()
    shop.go.set()
    controller.models.download_for([job_id])
    desk.wait_for(S.DONE, job_id)
