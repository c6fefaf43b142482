"""A resolver of a test's own, in the child process: names that lead to another address each time,
and public addresses that lead to a site of the test.

The child process imports `sitecustomize` when it starts, as every Python does. A connection to a
public address passes the guard as it would anywhere; then it is exchanged for one to the test's
site, made before there was a guard.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
_CODE = """
import json, os, socket, sys

NAMES = json.loads({names!r})
PUBLIC = {public!r}
look_up, connect = socket.getaddrinfo, socket.socket.connect
READY = [socket.create_connection(("127.0.0.1", {port})) for _ in range(8)] if {port} else []
asked = dict()

def getaddrinfo(host, port, *rest, **more):
    if host not in NAMES:
        return look_up(host, port, *rest, **more)
    count = asked[host] = asked.get(host, -1) + 1
    found = NAMES[host][min(count, len(NAMES[host]) - 1)]
    return [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (one, port, 0, 0)) if ":" in one
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
        for one in found
    ]

def connect_(self, address):
    if address[0] not in PUBLIC:
        return connect(self, address)
    sys.audit("socket.connect", self, address)
    ready = READY.pop(0)
    os.dup2(ready.fileno(), self.fileno())

socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect_
"""


def resolve_as(
    names: Mapping[str, Sequence[Sequence[str]]],
    port: int,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From now on child processes find `names`: for each the addresses of the first look-up, of
    the second, …; the last for good. Public addresses lead to `port` of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    code = _CODE.format(names=json.dumps(names), public=[PUBLIC, PUBLIC_6], port=port)
    (folder / "sitecustomize.py").write_text(code, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
