import base64
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bouvier.network.balancer.certificates import default_certificate, pem_of_secret


def secret(**data: str) -> dict[str, object]:
    coded = {name.replace("_", "."): base64.b64encode(text.encode()).decode() for name, text in data.items()}
    return {"metadata": {"name": "s", "namespace": "default"}, "data": coded}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """A certificate and its key."""
    chain, mark, key = default_certificate(tmp_path / "d.pem", datetime.now(UTC)).partition("-----BEGIN PRIVATE")
    return chain, mark + key


def test_the_default_certificate_is_made_once(tmp_path: Path) -> None:
    """It is kept, readable by its owner only, and OpenSSL accepts it."""
    first = default_certificate(tmp_path / "d.pem", datetime.now(UTC))

    assert default_certificate(tmp_path / "d.pem", datetime.now(UTC)) == first
    assert (tmp_path / "d.pem").stat().st_mode & 0o077 == 0
    ssl.create_default_context().load_cert_chain(tmp_path / "d.pem")


def test_secrets_are_checked(pair: tuple[str, str], tmp_path: Path) -> None:
    """A good Secret gives chain and key; each kind of bad one is named."""
    chain, key = pair
    assert pem_of_secret(secret(tls_crt=chain, tls_key=key)) == f"{chain.strip()}\n{key.strip()}\n"

    foreign = default_certificate(tmp_path / "other.pem", datetime.now(UTC)).partition("-----BEGIN PRIVATE")
    bad = {
        "there is no such Secret": None,
        "it has no tls.key": secret(tls_crt=chain),
        "does not belong": secret(tls_crt=chain, tls_key=foreign[1] + foreign[2]),
        "cannot be read": secret(tls_crt="x", tls_key="y"),
        "is not base64": {"data": {"tls.crt": "%", "tls.key": "%"}},
    }
    for words, made in bad.items():
        with pytest.raises(ValueError, match=words):
            pem_of_secret(made)
