from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bouvier.client import Client, Endpoint
from tests.support.small_api import SmallApi


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[SmallApi]:
    server = SmallApi()
    await server.start(tmp_path / "api.sock")
    yield server
    await server.stop()


@pytest.fixture
async def client(api: SmallApi, tmp_path: Path) -> AsyncIterator[Client]:
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "api.sock")))
    yield client
    await client.close()


class TlsFiles(NamedTuple):
    ca: Path
    cert: Path
    key: Path


@pytest.fixture
def tls_files(tmp_path: Path) -> TlsFiles:
    """A self-signed authority whose only certificate serves `localhost` and is a client's too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = TlsFiles(tmp_path / "ca.pem", tmp_path / "ca.pem", tmp_path / "key.pem")
    files.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
