"""Behind a proxy: names and literal addresses are checked on every hop, before it is asked."""

from __future__ import annotations

import dataclasses

import pytest

from stemdesk.core.errors import ErrorCode
from support.asking import Asking
from support.link_site import LinkSite, audio_page
from support.web import Certificate, Reply, Web

SONG = b"ID3\x04" + bytes(4000)


@pytest.fixture
def strict(asking: Asking) -> Asking:
    """As people have it, with the environment's proxy."""
    asking.rules = dataclasses.replace(asking.rules, allow_local=False, proxy=None)
    return asking


def use(proxy: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy.url(""))
    monkeypatch.setenv("https_proxy", proxy.url(""))


def test_a_local_proxy_of_the_environment_is_used(
    site: LinkSite, strict: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(site, monkeypatch)
    site.song("/song.mp3", SONG)
    assert strict.get("http://songs.example/song.mp3").file.read_bytes() == SONG
    assert site.requests[0].target == "http://songs.example/song.mp3"


def test_a_proxy_of_the_rules_is_used(site: LinkSite, strict: Asking) -> None:
    strict.rules = dataclasses.replace(strict.rules, proxy=f"127.0.0.1:{site.port}")
    site.song("/song.mp3", SONG)
    assert strict.song("http://songs.example/song.mp3").title == "song"


def test_no_proxy_is_no_proxy(
    site: LinkSite, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert asking.song(site.song("/song.mp3", SONG)).title == "song"


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/secret.mp3", "http://localhost:{port}/secret.mp3",
     "http://0x7f.1:{port}/secret.mp3", "http://[::1]:{port}/secret.mp3", "http://nas/secret.mp3",
     "http://192.168.0.1/secret.mp3"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["asked for", "redirected", "in a page"])
def test_the_proxy_is_not_asked_for_local_things(
    site: LinkSite, strict: Asking, monkeypatch: pytest.MonkeyPatch, target: str, way: str
) -> None:
    use(site, monkeypatch)
    site.song("/secret.mp3", SONG)
    local = target.format(port=site.port)
    site.redirect("/redirected", local)
    site.page("/page", audio_page(local))
    urls = {
        "asked for": local,
        "redirected": "http://songs.example/redirected",
        "in a page": "http://songs.example/page",
    }
    error = strict.fails_to_get(urls[way])
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED
    assert not site.asked("/secret.mp3")


def test_a_safe_connection_through_a_tunnel(
    strict: Asking, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    site = LinkSite(certificate=certificate)
    with site, Web(Reply()) as proxy:
        site.song("/song.mp3", SONG)
        proxy.tunnel = ("127.0.0.1", site.port)
        use(proxy, monkeypatch)
        got = strict.get("https://models.invalid/song.mp3")
        assert got.file.read_bytes() == SONG
        assert proxy.requests[0].target == "models.invalid:443"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(strict: Asking, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with Web(Reply(status=status)) as proxy:
        use(proxy, monkeypatch)
        error = strict.fails("https://songs.example/song.mp3")
        assert error.code is ErrorCode.LINK_PROXY
        assert error.facts["proxy"] == f"127.0.0.1:{proxy.port}"


def test_a_proxy_that_is_not_there(strict: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    with Web(Reply()) as proxy:
        use(proxy, monkeypatch)
    error = strict.fails("https://songs.example/song.mp3")
    assert error.code is ErrorCode.LINK_PROXY
