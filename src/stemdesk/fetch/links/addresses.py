"""Which hosts and addresses a link may lead to: the public internet only.

Sources: the IANA special-purpose address registries (as in Python's `ipaddress`), RFC 4291
(global unicast), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 6761 and 6762 (`localhost`, `local`),
RFC 8375 (`home.arpa`).
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")
_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")  # RFC 6890; older Pythons call it global
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that the internet's routers know


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """`text` as an IP address in any spelling that systems take (`0x7f.1`, `2130706433`,
    `[::1]`, `fe80::1%eth0`); None for a name."""
    bare = text.strip("[]").partition("%")[0]
    try:
        return ip_address(bare)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare)) if bare.isascii() else None
    except (OSError, ValueError):
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether this is an address of the public internet, also where it wraps an IPv4 one."""
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:  # also ::ffff:0:127.0.0.1 and its like, which translate
            return False
    elif address in _PROTOCOLS:
        return False
    return address.is_global and not address.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def is_public_host(host: str) -> bool:
    """Whether a host as it stands in an address may be asked for: no address of a local network,
    no name that only means something in one. What a name leads to is not looked up."""
    name = host.rstrip(".").lower()
    address = parse(name)
    if address is not None:
        return is_public(address)
    return "." in name and not any(name.endswith(f".{local}") for local in _LOCAL_NAMES)
