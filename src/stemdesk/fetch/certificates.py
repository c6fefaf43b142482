"""Where this Linux keeps the certificates that it trusts.

OpenSSL looks where it was built to look. The frozen app brings the one of the system that it was
made on, and each distribution has a place of its own. `truststore` (downloads) looks there by
itself; yt-dlp does not.
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",
)


def found_certificates() -> dict[str, str]:
    """What a process must have in its environment so that OpenSSL finds the system's certificates;
    empty where it finds them by itself, the person has named others, or there are none."""
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _VARIABLES):
        return {}
    expected = ssl.get_default_verify_paths()
    if expected.cafile or (expected.capath and any(Path(expected.capath).iterdir())):
        return {}
    file = next((name for name in _FILES if os.path.isfile(name)), "")  # noqa: PTH113 - never raises
    return {"SSL_CERT_FILE": file} if file else {}
