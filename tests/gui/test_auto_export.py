from __future__ import annotations

from pathlib import Path

from stemdesk.core.export_order import Collision, ExportOrder
from stemdesk.core.export_presets import BUILT_IN, ExportPreset
from stemdesk.core.job import JobState
from stemdesk.core.settings import Settings
from stemdesk.gui import export_reports
from support.desk import Desk, failing


def test_each_song_is_exported_after_its_split(desk: Desk) -> None:
    mine = ExportPreset("Mine", ExportOrder(exact_sum=True))
    desk.exports.presets = (mine,)
    desk.script.behaviours["bad.mp3"] = failing(RuntimeError("no"))
    desk.open(Settings(auto_export="Mine", export_folder=str(desk.root / "elsewhere")))
    ids = desk.add("one.mp3", "bad.mp3", "two.mp3")
    desk.wait_until(lambda: len(desk.exports.exported) == 2)
    desk.wait_for(JobState.FAILED, ids[1])
    assert [batch.songs[0].job_id for batch in desk.exports.exported] == [ids[0], ids[2]]
    first = desk.exports.exported[0]
    job = desk.controller.job(ids[0])
    assert job is not None and first.songs[0].folder == job.output
    assert (first.order, first.folder) == (mine.order, desk.root / "elsewhere")


def test_of_a_song_that_was_split_before_only_what_is_missing_is_exported(desk: Desk) -> None:
    order = ExportOrder(collision=Collision.REPLACE)
    desk.exports.presets = (ExportPreset("Mine", order),)
    desk.script.split_before.add("old.mp3")
    desk.open(Settings(auto_export="Mine"))
    ids = desk.add("old.mp3", "new.mp3")
    desk.wait_until(lambda: len(desk.exports.exported) == 2)
    assert {one.songs[0].job_id: one.order.collision for one in desk.exports.exported} == {
        ids[0]: Collision.SKIP,
        ids[1]: Collision.REPLACE,
    }


def test_ready_made_presets_do_as_well(desk: Desk) -> None:
    desk.open(Settings(auto_export=BUILT_IN[0].name))
    desk.add("one.mp3")
    desk.wait_until(lambda: bool(desk.exports.exported))
    assert desk.exports.exported[0].order == BUILT_IN[0].order
    assert desk.exports.exported[0].folder == Path(desk.folders.music) / "StemDesk exports"


def test_nothing_is_exported_unless_it_is_wanted(desk: Desk) -> None:
    desk.open()
    desk.wait_for(JobState.DONE, *desk.add("one.mp3"))
    assert not desk.controller.exports.busy and not desk.exports.exported


def test_a_preset_that_is_gone_is_told_once(desk: Desk) -> None:
    desk.open(Settings(auto_export="Gone"))
    desk.wait_for(JobState.DONE, *desk.add("one.mp3", "two.mp3"))
    desk.wait_until(lambda: bool(desk.messages))
    assert [message.text for message in desk.messages] == [export_reports.PRESET_GONE]
    assert not desk.exports.exported
