"""`stemdesk models …` against a real server and real files."""

from __future__ import annotations

import importlib.resources
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command, Said
from stemdesk.cli.transfers import JsonTransfers, TextTransfers
from stemdesk.core.errors import Cancelled
from stemdesk.core.job import JobState
from stemdesk.core.settings import Settings, save_settings
from stemdesk.core.transfer import Transfer
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.store import JobStore
from stemdesk.paths import folders
from support.hostile import Runs, save_hostile
from support.jobs import a_job
from support.models import SOURCES, install_small, save_network, small_htdemucs
from support.place import Place
from support.released import Release, Server, install_released, release, serving, sha256_of

SOURCE = Path(__file__).parents[2] / "src"
SCHEMA = json.loads(
    importlib.resources.files("stemdesk.cli").joinpath("models.schema.json").read_text("utf-8")
)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place) -> Release:
    return release(tmp_path / "release", monkeypatch)


@pytest.fixture
def server(made: Release, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(made.root) as server:
        monkeypatch.setenv("STEMDESK_MODEL_MIRROR", server.url)
        yield server


def events(said: Said) -> list[dict[str, Any]]:
    return said.events(SCHEMA)


# The list


def test_the_list_shows_what_is_here_and_what_could_be(made: Release, stemdesk: Command) -> None:
    text = stemdesk("models").out
    here, _, rest = text.partition("\nTo download (stemdesk models download NAME):\n")
    to_download, _, to_import = rest.partition("\nTo import, if you have the files")
    assert "  small " in here and "(built in)" in here
    assert "htdemucs " in to_download and "htdemucs_ft" in to_download
    assert to_download.count("Licence: As you like it.") == 1, "before it is downloaded"
    assert "hdemucs_mmi" in to_import and "(untested)" in to_import


def test_the_list_for_programs(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = install_released(place.models, "htdemucs_ft", monkeypatch)
    files[0].unlink()
    (place.models / "broken.yaml").write_text("models: [missing0]\n")
    said = stemdesk("models", "--json")
    value = json.loads(said.out)
    assert said.code == 0 and value["folder"] == str(place.models)
    models = {item["name"]: item for item in value["models"]}
    states = {name: item["state"] for name, item in models.items()}
    assert states == {
        "broken": "broken",
        "htdemucs_ft": "partly",
        "small": "installed",
        "starter": "built_in",
        "htdemucs": "not_installed",
        "hdemucs_mmi": "not_installed",
    }
    assert "error" in models["broken"]
    assert models["htdemucs_ft"]["stems"] == ["bass", "other", "vocals"]
    assert models["htdemucs"]["download_bytes"] > 0 and models["htdemucs"]["stems"] == []
    assert models["hdemucs_mmi"]["tested"] is False
    assert models["htdemucs"]["purpose"] == "Tests."
    text = stemdesk("models").out
    assert "bass, other, vocals only (the rest: " in text and "broken: " in text


def test_the_real_catalogue_is_listed_offline(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = stemdesk("models").out
    assert "htdemucs_ft   336.1 MB" in text and "mdx_extra" in text
    assert text.count("Licence: The author's repositories give these weights the MIT") == 2
    assert max(len(line) for line in text.splitlines()) <= 100


# Download


def test_a_download_from_the_mirror(place: Place, server: Server, stemdesk: Command) -> None:
    said = stemdesk("models", "download", "htdemucs")
    assert said.code == 0, said.err
    assert said.out == "Installed: htdemucs (drums, bass, other, vocals)\n"
    assert "htdemucs  " in said.err and "100 %" in said.err and "\r" not in said.err
    split = stemdesk("split", place.song(seconds=0.1), "-o", place.out)
    assert split.code == 0
    assert "Model: htdemucs, quality: standard. It is the usual one." in split.err


def test_a_part_of_a_model(place: Place, server: Server, stemdesk: Command) -> None:
    said = stemdesk("models", "download", "htdemucs_ft", "--stems", "vocals", "--json")
    told = events(said)
    assert said.code == 0 and said.err == "" and len(server.asked) == 1
    assert [line["event"] for line in told[-3:]] == ["transfer", "done", "end"]
    assert told[-2]["model"] == "htdemucs_ft" and told[-3]["percent"] == 100
    song = place.song(seconds=0.1)
    best = ("split", song, "-o", place.out, "--quality", "best")
    assert stemdesk(*best, "--stems", "vocals").code == 0
    refused = stemdesk(*best, "--stems", "vocals,bass")
    assert refused.code == 1
    assert "Of the model “htdemucs_ft” only the part for vocals is installed." in refused.err
    assert "stemdesk models download htdemucs_ft --stems bass,vocals" in refused.err


def test_the_mirror_of_the_settings(
    made: Release, server: Server, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEMDESK_MODEL_MIRROR")
    save_settings(Settings(model_mirror=f"{server.url}/"), folders().settings_file)
    assert stemdesk("models", "download", "htdemucs").code == 0


def test_a_download_that_fails_says_why(made: Release, server: Server, stemdesk: Command) -> None:
    made.files["htdemucs"][0].unlink()
    said = stemdesk("models", "download", "htdemucs")
    assert said.code == 1 and said.out == ""
    assert "(HTTP 404)" in said.err and "Traceback" not in said.err
    told = events(stemdesk("models", "download", "htdemucs", "--json"))
    assert told[-2]["event"] == "failed" and told[-2]["code"] == "download_refused"
    assert told[-2]["model"] == "htdemucs"
    assert "There is no model “nobody”." in stemdesk("models", "download", "nobody").err
    old = stemdesk("models", "download", "hdemucs_mmi")
    assert old.code == 1 and "cannot be downloaded" in old.err
    assert "no stem “kazoo”" in stemdesk("models", "download", "htdemucs", "--stems", "kazoo").err


def test_without_a_network(
    made: Release, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMDESK_MODEL_MIRROR", "http://127.0.0.1:9")  # nobody listens there
    said = stemdesk("models", "download", "htdemucs")
    assert said.code == 1 and "cannot be reached" in said.err


def test_a_stopped_download_ends_with_130(
    made: Release, server: Server, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patch:
        patch.setattr("stemdesk.models.install.download", stopped)
        said = stemdesk("models", "download", "htdemucs")
        told = events(stemdesk("models", "download", "htdemucs", "--json"))
    assert said.code == 130 and "goes on where it stopped" in said.err
    assert [line["event"] for line in told] == ["end"]


def test_ctrl_c_keeps_the_part(tmp_path: Path) -> None:
    """In a process of its own, while the server sends the real size's first bytes and rests."""
    ending = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "84025440")
            self.end_headers()
            self.wfile.write(bytes(3_000_000))
            self.wfile.flush()
            ending.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as slow:
        serve = threading.Thread(target=slow.serve_forever, kwargs={"poll_interval": 0.01})
        serve.start()
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "STEMDESK_HOME": str(tmp_path / "home"),
            "STEMDESK_MODEL_MIRROR": f"http://127.0.0.1:{slow.server_port}",
            "HF_HUB_CACHE": str(tmp_path / "none"),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "stemdesk", "models", "download", "htdemucs", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("done_bytes", 0) > 0:
                process.send_signal(signal.SIGINT)
                break
        rest, errors = process.communicate(timeout=60)
        ending.set()
        slow.shutdown()
        serve.join()
    assert process.returncode == 130 and errors == ""
    assert json.loads(rest.splitlines()[-1]) == {"v": 1, "event": "end", "exit_code": 130}
    models = tmp_path / "home" / "data" / "models"
    assert [path.name for path in models.glob("*.part")] == ["955717e8.safetensors.part"]
    assert not list(models.glob("*.yaml"))


def test_a_reader_that_goes_away_stops_it(
    made: Release, server: Server, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        os.close(reading)
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            assert stemdesk("models", "download", "htdemucs", "--json").code == 130
    assert "(built in)" in stemdesk("models").out
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        os.close(reading)
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            assert stemdesk("models").code == 0
    assert not (folders().models / "htdemucs.yaml").exists()


# Import, remove, verify


def test_a_model_is_imported_used_and_removed(
    made: Release, place: Place, stemdesk: Command, tmp_path: Path
) -> None:
    path = save_network(tmp_path, small_htdemucs(9))
    said = stemdesk("models", "import", path, "--name", "mine")
    assert (said.code, said.out) == (0, "Installed: mine\n")
    song = place.song(seconds=0.1)
    assert stemdesk("split", song, "-o", place.out, "--model", "mine").code == 0
    assert stemdesk("models", "verify", "mine").out == "mine: as it should be\n"
    taken = stemdesk("models", "import", path, "--name", "small")
    assert taken.code == 1 and "another model with the name “small”" in taken.err
    told = events(stemdesk("models", "remove", "mine", "--json"))
    assert told[0]["freed_bytes"] > path.stat().st_size
    gone = stemdesk("models", "remove", "mine")
    assert gone.code == 1 and "There is no model “mine”." in gone.err
    built_in = stemdesk("models", "remove", "starter")
    assert built_in.code == 1 and "is built in" in built_in.err


def test_a_model_that_another_process_splits_with_stays(place: Place, stemdesk: Command) -> None:
    where = folders()
    scratch, source = where.scratch, place.song(seconds=0.1)
    job = a_job(source).moved_to(JobState.DECODING)
    with closing(JobStore(where.database)) as store:
        store.add([job])
    with job_lock(scratch, job.id, source):
        said = stemdesk("models", "remove", "small")
        assert said.code == 1 and "“small” is splitting a song right now" in said.err
    assert (place.models / "small.yaml").is_file()
    assert stemdesk("models", "remove", "small").code == 0, "that process has died"


def test_one_file_of_several_says_that_more_are_wanted(
    made: Release, place: Place, stemdesk: Command
) -> None:
    said = stemdesk("models", "import", made.files["htdemucs_ft"][3])
    assert said.out == "htdemucs_ft: 1 of its 4 files are here. Import the others, too.\n"
    doctor = json.loads(stemdesk("doctor", "--json").out)
    assert {"vocals"} == {
        stem for item in doctor["models"] if item["name"] == "htdemucs_ft" for stem in item["stems"]
    }
    save_settings(Settings(quality="best"), folders().settings_file)
    said = stemdesk("split", place.song(seconds=0.1), "-o", place.out)
    assert (
        "its model htdemucs_ft is not installed: stemdesk models download htdemucs_ft" in said.err
    )


def test_json_may_stand_before_or_behind_the_action(made: Release, stemdesk: Command) -> None:
    for line in (("--json", "verify"), ("verify", "--json")):
        assert events(stemdesk("models", *line))[-1]["event"] == "end"


def test_original_files_are_imported_and_others_are_not(
    made: Release, stemdesk: Command, tmp_path: Path
) -> None:
    said = stemdesk("models", "import", made.legacy["hdemucs_mmi"][0])
    assert said.out == "Installed: hdemucs_mmi\n", said.err
    evil = save_hostile(tmp_path / "evil.th", Runs(tmp_path / "it ran"))
    refused = stemdesk("models", "import", evil, "--json")
    assert refused.code == 1 and events(refused)[-2]["code"] == "model_not_recognised"
    assert not (tmp_path / "it ran").exists()
    assert "was not opened" in stemdesk("models", "import", evil).err
    assert "is not there any more" in stemdesk("models", "import", tmp_path / "gone").err


def test_verify_reads_every_model(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = install_released(place.models, "htdemucs", monkeypatch)
    said = stemdesk("models", "verify")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "htdemucs: as it should be"
    assert lines[1] == "small: readable; its hash is not known"
    assert [line.split(":")[0] for line in lines] == ["htdemucs", "small", "starter"]
    expected = sha256_of(file)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    bad = stemdesk("models", "verify")
    assert bad.code == 1 and len(bad.out.splitlines()) == 2, "the others are read all the same"
    assert expected in bad.err and sha256_of(file) in bad.err
    split = stemdesk("split", place.song(seconds=0.1), "-o", place.out, "--model", "htdemucs")
    assert split.code == 1 and expected in split.err and "Do not use it" in split.err


# The catalogue


def test_check_catalogue_fetches_every_file(
    made: Release, server: Server, place: Place, stemdesk: Command
) -> None:
    before = {path.name for path in place.models.iterdir()}
    said = stemdesk("models", "check-catalogue")
    assert said.code == 0, said.err
    *checked, passed_over = said.out.splitlines()
    assert len(checked) == len(server.asked) == 5
    assert all(line.endswith("is as the catalogue says") for line in checked)
    assert passed_over.startswith("hdemucs_mmi: not checked")
    assert stemdesk("models", "check-catalogue", "hdemucs_mmi").code == 1, "nothing was checked"
    server.asked.clear()
    legacy = events(stemdesk("models", "check-catalogue", "--legacy", "--json"))
    assert sum(line["event"] == "done" for line in legacy) == len(server.asked) == 11
    assert len({line["file"] for line in legacy if line["event"] == "done"}) == 11
    assert {path.name for path in place.models.iterdir()} == before, "nothing is installed"


def test_check_catalogue_names_what_is_wrong_and_goes_on(
    made: Release, server: Server, stemdesk: Command
) -> None:
    wrong = made.files["htdemucs_ft"][1]
    expected = sha256_of(wrong)
    data = bytearray(wrong.read_bytes())
    data[-1] ^= 1
    wrong.write_bytes(data)
    said = stemdesk("models", "check-catalogue")
    assert said.code == 1 and said.out.count("is as the catalogue says") == 4
    assert expected in said.err and sha256_of(wrong) in said.err and wrong.name in said.err
    assert stemdesk("models", "check-catalogue", "htdemucs").code == 0
    nobody = stemdesk("models", "check-catalogue", "nobody")
    assert nobody.code == 1 and "There is no model “nobody”." in nobody.err


# What is used where it is not here


def test_a_model_that_is_not_here_says_what_to_type(place: Place, stemdesk: Command) -> None:
    song = place.song(seconds=0.1)
    said = stemdesk("split", song, "--model", "htdemucs")
    assert said.code == 1 and "The model “htdemucs” is not installed." in said.err
    assert "(84.0 MB)" in said.err
    assert said.err.rstrip().endswith("stemdesk models download htdemucs")
    best = stemdesk("split", song, "--quality", "best", "--stems", "vocals")
    assert best.code == 1 and "(84.0 MB)" in best.err
    assert best.err.rstrip().endswith("stemdesk models download htdemucs_ft --stems vocals")
    assert "(336.1 MB)" in stemdesk("split", song, "--quality", "best").err
    assert "import its files" in stemdesk("split", song, "--model", "mdx_extra").err


def test_the_built_in_model_is_taken_where_no_other_is(place: Place, stemdesk: Command) -> None:
    for path in place.models.iterdir():
        path.unlink()
    song = place.song(seconds=0.1)
    said = stemdesk("split", song, "-o", place.out)
    assert said.code == 0, said.err
    assert (
        "Model: starter, quality: standard. It is the built-in draft: htdemucs is not installed. "
        "Better: stemdesk models download htdemucs (84.0 MB)" in said.err
    )
    assert {path.stem for path in (place.out / "song").glob("*.flac")} == set(SOURCES)
    install_small(place.models, "other")
    save_settings(Settings(model="gone"), folders().settings_file)
    said = stemdesk("split", song, "-o", place.out)
    assert (
        "Model: other, quality: standard. The settings' model gone is not installed. "
        "other is installed, and htdemucs is not installed." in said.err
    )


@pytest.mark.parametrize(
    "arguments",
    [["download"], ["remove"], ["import"], ["nonsense"], ["download", "x", "--stems", ","]],
)
def test_wrong_usage(place: Place, stemdesk: Command, arguments: list[str]) -> None:
    assert stemdesk("models", *arguments).code == 2


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    stream, moments = Terminal(), iter([0.0, 0.05, 0.2, 0.21])
    display = TextTransfers(io.StringIO(), stream, lambda: next(moments))
    for done in (0, 10, 50, 100):
        display.transfer(Transfer("htdemucs", done * 10**6, 10**8, 5e6, (100 - done) / 5))
    lines = stream.getvalue().split("\r")[1:]
    assert len(lines) == 3, "not more often than ten times a second, but the end"
    assert lines[1].startswith("htdemucs ████████████░░░░░░░░░░░░  50 %")
    assert "50.0 MB of 100.0 MB, 5.0 MB/s, 0:10 left" in lines[1]


def test_plain_lines_come_for_each_tenth() -> None:
    stream = io.StringIO()
    display = TextTransfers(io.StringIO(), stream)
    for done in range(101):
        display.transfer(Transfer("htdemucs", done, 100, None, None))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "htdemucs  0 %  0 bytes of 100 bytes"
    assert 10 <= len(lines) <= 12


def test_json_lines_come_for_each_thousandth() -> None:
    out = io.StringIO()
    display = JsonTransfers(out)
    for done in range(0, 84_000_001, 8_000):
        display.transfer(Transfer("x", done, 84_000_000, None, None))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == 1001 and lines[-1]["percent"] == 100
