import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from stemdesk.fetch import certificates
from stemdesk.fetch.certificates import found_certificates

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have a store")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """OpenSSL looks where nothing is; the system's certificates are in the returned file."""
    kept = tmp_path / "bundle.pem"
    kept.write_text("certificates")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    look(monkeypatch, None, None)
    monkeypatch.setattr(certificates, "_FILES", (str(tmp_path / "none.pem"), str(kept)))
    return kept


def look(monkeypatch: pytest.MonkeyPatch, file: Path | None, folder: Path | None) -> None:
    found = SimpleNamespace(
        cafile=None if file is None else str(file), capath=None if folder is None else str(folder)
    )
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: found)


def test_the_systems_file_is_found(elsewhere: Path) -> None:
    assert found_certificates() == {"SSL_CERT_FILE": str(elsewhere)}


def test_what_the_person_has_named_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", "/of/mine")
    assert found_certificates() == {}


def test_openssl_finds_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, tmp_path / "bundle.pem", None)
    assert found_certificates() == {}
    look(monkeypatch, None, tmp_path)
    assert found_certificates() == {}


def test_an_empty_folder_is_no_find(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "certs"
    empty.mkdir()
    look(monkeypatch, None, empty)
    assert found_certificates() == {"SSL_CERT_FILE": str(elsewhere)}


def test_there_are_none(elsewhere: Path) -> None:
    elsewhere.unlink()
    assert found_certificates() == {}
