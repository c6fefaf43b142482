"""Which addresses are public, in every spelling that leads somewhere else."""

from __future__ import annotations

import pytest

from stemdesk.fetch.links.addresses import is_public, is_public_host, parse
from stemdesk.fetch.links.sites import cookie_domains, domain, site_name

LOCAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "::",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:192.168.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "4000::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:db8::1",
    "100::1",
]
PUBLIC = [
    "93.184.215.14",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize("text", LOCAL)
def test_local_addresses_are_known_in_every_spelling(text: str) -> None:
    address = parse(text)
    assert address is not None
    assert not is_public(address)
    assert not is_public_host(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_public(text: str) -> None:
    address = parse(text)
    assert address is not None
    assert is_public(address)
    assert is_public_host(text)


@pytest.mark.parametrize(
    "name",
    ["localhost", "LOCALHOST.", "a.localhost", "nas.local", "nas", "x.internal", "box.home.arpa",
     "router.lan", ""],
)  # fmt: skip
def test_names_of_local_networks(name: str) -> None:
    assert parse(name) is None
    assert not is_public_host(name)


@pytest.mark.parametrize(
    "name", ["youtube.com", "local.example.org", "x.localhost.example", "ä.de"]
)
def test_names_of_the_internet(name: str) -> None:
    assert parse(name) is None
    assert is_public_host(name)


def test_sites_have_names() -> None:
    assert site_name("https://music.youtube.com/watch?v=1") == "YouTube"
    assert site_name("https://youtu.be/1") == "YouTube"
    assert site_name("https://someone.bandcamp.com/track/x") == "Bandcamp"
    assert site_name("http://www.example.org/x") == "example.org"
    assert site_name("http://[::1") == "?"


def test_cookies_belong_to_one_owner() -> None:
    assert cookie_domains("https://youtu.be/1") == {"youtu.be", "youtube.com"}
    assert cookie_domains("https://on.soundcloud.com/1") == {"soundcloud.com"}
    assert domain("a.b.example.co.uk") == "example.co.uk"
    assert domain("10.0.0.1") == "10.0.0.1"
    assert domain("localhost") == "localhost"
