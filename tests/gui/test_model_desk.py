from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.settings import Settings
from stemdesk.gui.controller import Controller
from stemdesk.gui.model_desk import IMPORTING
from stemdesk.gui.model_values import ModelChoice, ModelState, Phase
from support.desk import Desk, endless, failing
from support.fake_models import released
from support.models import SOURCES, install_small
from support.shop import Shop, offline


@pytest.fixture
def shop(desk: Desk) -> Shop:
    made = Shop()
    desk.services = made.services
    return made


def opened(desk: Desk, settings: Settings | None = None) -> Controller:
    controller = desk.open(settings)
    desk.wait_until(lambda: bool(controller.models.choices))
    return controller


def job_of(desk: Desk, job_id: str) -> Job:
    job = desk.controller.job(job_id)
    assert job is not None
    return job


def phase(controller: Controller, name: str) -> Phase | None:
    download = controller.models.downloads.get(name)
    return download.phase if download is not None else None


def test_songs_of_a_fresh_machine_wait_and_the_window_is_told_once_a_drop(
    desk: Desk, shop: Shop
) -> None:
    controller = opened(desk)
    wanted: list[str] = []
    controller.model_wanted.connect(wanted.append)
    ids = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.WAITING, *ids)
    job = job_of(desk, ids[0])
    assert job.failure is not None and job.failure.code is ErrorCode.MODEL_MISSING
    assert job.separation.model == "htdemucs"
    assert wanted == ["htdemucs"]
    assert controller.models.waiting_for("htdemucs") == ids
    assert desk.script.ran == [] and shop.asked == []  # nothing is fetched unasked


def test_songs_go_on_by_themselves_when_their_model_has_come(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    ids = desk.add("a.mp3", "b.mp3")
    controller.models.download_for(ids)
    desk.wait_until(lambda: shop.asked == [("htdemucs", ())])
    assert [desk.state(i) for i in ids] == [JobState.WAITING] * 2
    shop.go.set()
    desk.wait_for(JobState.DONE, *ids)
    assert {job.separation.model for job in desk.script.jobs} == {"htdemucs"}


def test_the_draft_is_taken_at_once_and_not_asked_about_again(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    wanted: list[str] = []
    controller.model_wanted.connect(wanted.append)
    ids = desk.add("a.mp3", "b.mp3")
    controller.models.use_instead(ids)
    desk.wait_for(JobState.DONE, *ids)
    assert controller.settings.draft_accepted
    later = desk.add("c.mp3")
    desk.wait_for(JobState.DONE, *later)
    assert [job.separation.model for job in desk.script.jobs] == ["starter"] * 3
    assert wanted == ["htdemucs"]


def test_a_download_does_not_hold_other_jobs_up(desk: Desk, shop: Shop, qtbot: QtBot) -> None:
    install_small(desk.folders.models, "mine")
    controller = opened(desk)
    controller.models.download("htdemucs")
    desk.wait_until(lambda: shop.asked == [("htdemucs", ())])
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    assert phase(controller, "htdemucs") is Phase.RUNNING


def test_songs_whose_download_fails_wait_and_it_can_be_tried_again(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    ids = desk.add("a.mp3")
    shop.error = offline()
    shop.go.set()
    controller.models.download_for(ids)
    desk.wait_until(lambda: phase(controller, "htdemucs") is Phase.FAILED)
    assert desk.state(ids[0]) is JobState.WAITING
    shop.error = None
    controller.models.download_for(ids)
    desk.wait_for(JobState.DONE, *ids)


def test_best_fetches_only_what_the_stems_need(desk: Desk, shop: Shop) -> None:
    install_small(desk.folders.models, "htdemucs")
    stem = SOURCES[3]
    controller = opened(desk, Settings(quality="best", stems=(stem,)))
    ids = desk.add("a.mp3")
    assert job_of(desk, ids[0]).separation.model == "htdemucs_ft"
    controller.models.download_for(ids)
    desk.wait_until(lambda: shop.asked == [("htdemucs_ft", (stem,))])
    controller.models.use_instead(ids)  # or not after all
    desk.wait_for(JobState.DONE, *ids)
    assert controller.settings.quality == "standard"
    assert desk.script.jobs[0].separation.model == "htdemucs"


def test_a_model_that_was_removed_is_offered_again(desk: Desk, shop: Shop) -> None:
    install_small(desk.folders.models, "htdemucs")
    controller = opened(desk)
    controller.hold()
    ids = desk.add("a.mp3")
    controller.models.remove("htdemucs")
    desk.wait_until(lambda: any("was removed" in message.text for message in desk.messages))
    desk.script.behaviours["a.mp3"] = failing(ModelError(ErrorCode.MODEL_MISSING, model="htdemucs"))
    wanted: list[str] = []
    controller.model_wanted.connect(wanted.append)
    controller.release()
    desk.wait_for(JobState.WAITING, *ids)
    desk.wait_until(lambda: _state(controller, "htdemucs") is ModelState.ABSENT)
    assert wanted == ["htdemucs"]  # the window asks about it
    desk.script.behaviours.clear()
    shop.go.set()
    controller.models.download_for(ids)
    desk.wait_for(JobState.DONE, *ids)


def test_a_model_that_splits_a_song_is_not_removed(desk: Desk, shop: Shop) -> None:
    install_small(desk.folders.models, "htdemucs")
    go = threading.Event()

    def slowly(job: Job, report: Report, cancel: CancelToken) -> None:
        report(Progress(Stage.SEPARATING, 0.1))
        assert go.wait(30)

    desk.script.behaviours["a.mp3"] = slowly
    controller = opened(desk)
    ids = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, *ids)
    controller.models.remove("htdemucs")
    assert "is splitting a song right now" in desk.messages[-1].text
    go.set()
    desk.wait_for(JobState.DONE, *ids)
    assert (desk.folders.models / "htdemucs.yaml").exists()
    controller.models.remove("htdemucs")
    desk.wait_until(lambda: any("was removed" in message.text for message in desk.messages))


def _state(controller: Controller, name: str) -> ModelState | None:
    choice = controller.models.choice(name)
    return choice.state if choice is not None else None


def test_the_demo_needs_no_download(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    controller.add_demo()
    desk.wait_until(lambda: len(desk.script.ran) == 1)
    assert desk.script.jobs[0].separation.model == "starter"
    assert not controller.settings.draft_accepted  # no one was asked


def test_a_check_tells_what_it_found(desk: Desk, shop: Shop) -> None:
    install_small(desk.folders.models, "mine")
    controller = opened(desk)
    shop.intact = False
    controller.models.verify("mine")
    desk.wait_until(lambda: phase(controller, "mine") is Phase.DONE)
    download = controller.models.downloads.get("mine")
    assert download is not None and not download.known
    shop.intact = ModelError(
        ErrorCode.MODEL_WRONG_HASH, path=Path("x.safetensors"), expected="aa", found="bb"
    )
    controller.models.verify("mine")
    desk.wait_until(lambda: phase(controller, "mine") is Phase.FAILED)
    download = controller.models.downloads.get("mine")
    assert download is not None and "bb" in download.error and "aa" in download.error


def test_files_are_imported_one_after_the_other_on_the_thread_with_torch(
    desk: Desk, shop: Shop
) -> None:
    controller = opened(desk)
    files = [desk.root / "one.safetensors", desk.root / "two.th"]
    controller.models.import_files(files)
    desk.wait_until(lambda: len(desk.messages) == 2)
    assert shop.imported == files
    assert [message.text.split()[0] for message in desk.messages] == ["one", "two"]
    desk.wait_until(lambda: _state(controller, "two") is ModelState.INSTALLED)
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    assert shop.import_threads == desk.script.threads


def test_an_import_waits_for_the_song_that_is_being_split_and_can_be_stopped(
    desk: Desk, shop: Shop
) -> None:
    install_small(desk.folders.models, "mine")
    desk.script.behaviours["a.mp3"] = endless
    controller = opened(desk)
    (job_id,) = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, job_id)
    controller.models.import_files([desk.root / "one.safetensors", desk.root / "two.th"])
    assert phase(controller, IMPORTING) is Phase.WAITING
    controller.models.cancel(IMPORTING)
    assert phase(controller, IMPORTING) is Phase.STOPPED  # the song is still being split
    controller.models.import_files([desk.root / "three.th"])
    assert phase(controller, IMPORTING) is Phase.WAITING
    controller.cancel(job_id)
    desk.wait_until(lambda: phase(controller, IMPORTING) is Phase.DONE)
    assert shop.imported == [desk.root / "three.th"]  # neither of the first ones


def test_files_that_come_while_an_import_stops_are_imported(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    shop.stuck = True
    controller.models.import_files([desk.root / "one.th", desk.root / "two.th"])
    desk.wait_until(lambda: phase(controller, IMPORTING) is Phase.RUNNING)
    controller.models.cancel(IMPORTING)
    shop.stuck = False
    controller.models.import_files([desk.root / "three.th"])
    desk.wait_until(lambda: phase(controller, IMPORTING) is Phase.DONE)
    assert [path.name for path in shop.imported] == ["one.th", "three.th"]


def test_a_download_ends_with_the_app(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    controller.models.download("htdemucs")
    desk.wait_until(lambda: bool(shop.asked))
    desk.close()  # asserts that every thread ends


def test_models_put_there_by_hand_are_found(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    install_small(desk.folders.models, "mine")
    desk.wait_until(lambda: _state(controller, "mine") is ModelState.INSTALLED)


def test_what_fails_is_said_also_where_no_page_shows_it(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    shop.error = offline()
    shop.go.set()
    controller.models.download("htdemucs")
    desk.wait_until(lambda: len(desk.messages) == 1)
    assert "models.example" in desk.messages[0].text
    controller.models.import_files([desk.root / "one.th"])
    desk.wait_until(lambda: len(desk.messages) == 2)
    shop.intact = ModelError(ErrorCode.MODEL_CORRUPT, path=Path("x.safetensors"))
    controller.models.verify("htdemucs")
    desk.wait_until(lambda: len(desk.messages) == 3)
    assert "x.safetensors" in desk.messages[2].text


def test_a_damaged_model_is_in_the_log_once(
    desk: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[tuple[object, ...]] = []
    monkeypatch.setattr("stemdesk.log.log.warning", lambda *args: logged.append(args))
    desk.folders.models.mkdir()
    (desk.folders.models / "broken.yaml").write_text("models: 3")
    controller = opened(desk)
    for _ in range(3):
        controller.models.look()
    install_small(desk.folders.models, "mine")
    controller.models.look()
    desk.wait_until(lambda: _state(controller, "mine") is ModelState.INSTALLED)
    assert [args[1] for args in logged] == ["broken"]


def test_a_failure_does_not_outlive_its_cause(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    models = controller.models

    def fails() -> None:
        shop.error = offline()
        shop.go.set()
        models.download("htdemucs")
        desk.wait_until(lambda: phase(controller, "htdemucs") is Phase.FAILED)
        models.look()
        desk.wait_until(lambda: _state(controller, "htdemucs") is ModelState.ABSENT)
        assert phase(controller, "htdemucs") is Phase.FAILED
        shop.error = None

    fails()
    install_small(desk.folders.models, "htdemucs")  # by hand
    models.look()
    desk.wait_until(lambda: _state(controller, "htdemucs") is ModelState.INSTALLED)
    assert phase(controller, "htdemucs") is None
    models.remove("htdemucs")
    desk.wait_until(lambda: _state(controller, "htdemucs") is ModelState.ABSENT)
    fails()
    models.import_files([desk.root / "htdemucs.th"])
    desk.wait_until(lambda: phase(controller, IMPORTING) is Phase.DONE)
    assert phase(controller, "htdemucs") is None


def test_a_failed_import_is_forgotten_once_it_has_been_read(desk: Desk, shop: Shop) -> None:
    controller = opened(desk)
    shop.error = offline()
    controller.models.import_files([desk.root / "one.th"])
    desk.wait_until(lambda: phase(controller, IMPORTING) is Phase.FAILED)
    controller.models.close_imports()
    assert phase(controller, IMPORTING) is None
    shop.stuck = True
    controller.models.import_files([desk.root / "two.th"])
    controller.models.close_imports()
    assert phase(controller, IMPORTING) in (Phase.WAITING, Phase.RUNNING)
    controller.models.cancel(IMPORTING)


def test_a_model_that_cannot_be_had_is_not_downloaded(desk: Desk, shop: Shop) -> None:
    install_small(desk.folders.models, "mine")
    controller = opened(desk, Settings(model="mine"))
    desk.script.behaviours["a.mp3"] = failing(ModelError(ErrorCode.MODEL_MISSING, model="mine"))
    controller.hold()
    ids = desk.add("a.mp3")
    controller.models.remove("mine")
    desk.wait_until(lambda: _state(controller, "mine") is None)
    controller.release()
    desk.wait_for(JobState.WAITING, *ids)
    controller.models.download_for(ids)
    assert phase(controller, "mine") is None and shop.asked == []


def test_what_an_import_brought_is_said_after_a_look(
    desk: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = opened(desk)
    partial = released("htdemucs_ft", ModelState.PARTIAL)
    monkeypatch.setattr(controller.models, "lister", lambda: lambda: (partial,))
    controller.models.import_files([desk.root / "htdemucs_ft.th"])
    desk.wait_until(lambda: bool(desk.messages))
    assert [message.text[:12] for message in desk.messages] == ["1 of 4 files"]


def test_an_older_look_does_not_undo_a_newer_one(
    desk: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_small(desk.folders.models, "mine")
    controller = opened(desk)
    go, answers = threading.Event(), []
    old, new = released(), released(state=ModelState.INSTALLED)

    def slow() -> tuple[ModelChoice, ...]:
        assert go.wait(20)
        return (old,)

    listers = iter([slow, lambda: (new,)])
    monkeypatch.setattr(controller.models, "lister", lambda: next(listers))
    controller.models.look(lambda: answers.append("old"))
    controller.models.look(lambda: answers.append("new"))
    desk.wait_until(lambda: answers == ["new"])
    go.set()
    desk.wait_until(lambda: answers == ["new", "old"])
    assert controller.models.choices == (new,)
