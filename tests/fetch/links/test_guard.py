"""The guard itself, in a process of its own (it cannot be taken down again)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import json, os, shutil, socket, sqlite3, subprocess, sys, tempfile
from pathlib import Path
from stemdesk.fetch.links.guard import Guard
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
runtime = Path(sys.executable)
victim = outside / "victim"
victim.write_text("as it was")
kept = inside / "kept"
kept.write_text("x")
opened = os.open(outside, os.O_RDONLY)
(inside / "way-out").symlink_to(outside)
os.chdir(inside)
Guard([inside], runtime=runtime).install()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp = socket.socket()
tcp.settimeout(0.05)
THINGS = {
    "read": lambda: victim.read_text(),
    "write inside": lambda: Path("new").write_text("x"),
    "rename inside": lambda: Path("new").rename("newer"),
    "remove inside": lambda: Path("newer").unlink(),
    "folder inside": lambda: Path("folder").mkdir(),
    "folder away": lambda: shutil.rmtree("folder"),
    "null": lambda: open(os.devnull, "w").close(),
    "runtime": lambda: subprocess.run([str(runtime), "-c", "pass"], check=True),
    "connect public": lambda: tcp.connect_ex(("93.184.215.14", 1)),
    "write": lambda: victim.write_text("y"),
    "append": lambda: open(victim, "a"),
    "update": lambda: open(victim, "r+"),
    "open": lambda: os.open(victim, os.O_WRONLY),
    "new file": lambda: (outside / "new").touch(),
    "up": lambda: open("../outside/x", "w"),
    "link out": lambda: open("way-out/x", "w"),
    "remove": lambda: victim.unlink(),
    "remove in an open folder": lambda: os.unlink("victim", dir_fd=opened),
    "rename from an open folder": lambda: os.rename("victim", "mine", src_dir_fd=opened),
    "rename out": lambda: kept.rename(outside / "kept"),
    "rename in": lambda: victim.rename("stolen"),
    "hard link": lambda: os.link(victim, "linked"),
    "soft link": lambda: os.symlink("x", outside / "soft"),
    "folder": lambda: (outside / "folder").mkdir(),
    "chmod": lambda: victim.chmod(0),
    "truncate": lambda: os.truncate(victim, 0),
    "times": lambda: os.utime(victim, (0, 0)),
    "database": lambda: sqlite3.connect(outside / "base"),
    "run": lambda: subprocess.run(["true"]),
    "shell": lambda: subprocess.run("true", shell=True),
    "runtime with rights": lambda: subprocess.run([str(runtime), "--allow-all"]),
    "system": lambda: os.system("true"),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: os.fork(),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "listen": lambda: tcp.bind(("127.0.0.1", 0)),
    "connect": lambda: tcp.connect(("127.0.0.1", 1)),
    "connect by name": lambda: tcp.connect(("localhost", 1)),
    "connect to all": lambda: tcp.connect(("", 1)),
    "send": lambda: udp.sendto(b"x", ("127.0.0.1", 1)),
    "send many": lambda: udp.sendmsg([b"x"], [], 0, ("10.0.0.1", 1)),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect("/run/x"),
    "unix hidden": lambda: socket.socket(socket.AF_UNIX).connect(b"\\0x"),
}
said = {}
for name, thing in THINGS.items():
    try:
        thing()
        said[name] = "done"
    except Exception as error:
        said[name] = type(error).__name__
said["victim"] = victim.read_text()
said["outside"] = " ".join(sorted(path.name for path in outside.iterdir()))
print(json.dumps(said))
"""
_ALLOWED = (
    *("read", "write inside", "rename inside", "remove inside", "folder inside", "folder away"),
    *("null", "runtime", "connect public"),
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    if sys.platform == "win32":
        pytest.skip("the script forks and links")
    root = tmp_path_factory.mktemp("guard")
    inside, outside = root / "inside", root / "outside"
    inside.mkdir()
    outside.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(inside), str(outside)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(Path(__file__).parents[3] / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_what_it_allows(said: dict[str, str]) -> None:
    assert {name: said[name] for name in _ALLOWED} == dict.fromkeys(_ALLOWED, "done")


def test_what_it_does_not(said: dict[str, str]) -> None:
    others = {name: what for name, what in said.items() if name not in _ALLOWED}
    assert others.pop("victim") == "as it was"
    assert others.pop("outside") == "victim"
    assert set(others.values()) <= {"PermissionError", "AddressRefusedError"}
    connects = {name for name, what in others.items() if what == "AddressRefusedError"}
    assert connects == {
        "connect", "connect by name", "connect to all", "send",
        "send many", "unix", "unix hidden",
    }  # fmt: skip
