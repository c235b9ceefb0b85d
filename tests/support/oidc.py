"""A real OIDC issuer: HTTPS, discovery, keys of its own that can be changed, tokens of any content."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac, serialization
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from bouvier.util.pki import Authority

CLIENT_ID = "my-cluster"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    """Signs tokens and answers for its keys."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.authority = Authority.open(folder, "ca", f"{name}-ca")
        certificate, key = self.authority.issue("issuer", hosts=("127.0.0.1", "localhost"), server=True)
        (folder / "tls.crt").write_bytes(certificate)
        (folder / "tls.key").write_bytes(key)
        self.keys: list[Any] = []
        self.fetches = 0
        self.is_down = False
        self.url = ""
        self.rotate()

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.crt"

    def rotate(self, *, keep: bool = False, curve: bool = False) -> None:
        """Sign with a new key; the old one is withdrawn unless it is kept."""
        fresh = ECKey.generate_key("P-256") if curve else RSAKey.generate_key(2048)
        fresh.ensure_kid()
        self.keys = [fresh, *(self.keys if keep else [])]

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": "jane", "iat": now, "exp": now + 600, **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **more: Any) -> str:
        """Return a token; a claim that is None is left out."""
        key = self.keys[0]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        return jwt.encode({"alg": algorithm, "kid": key.kid}, self.claims(**more), key, algorithms=[algorithm])

    def unsigned(self, **more: Any) -> str:
        """Return a token that says it needs no signature."""
        head = {"alg": "none", "kid": self.keys[0].kid}
        return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(self.claims(**more)).encode())}."

    def signed_with_public_key(self, **more: Any) -> str:
        """Return a token whose shared secret is the issuer's public key, which everybody knows."""
        key = self.keys[0]
        head = {"alg": "HS256", "kid": key.kid}
        body = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(self.claims(**more)).encode())}"
        public = key.public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        mac = hmac.HMAC(public, hashes.SHA256())
        mac.update(body.encode())
        return f"{body}.{b64(mac.finalize())}"

    def document(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if path == "/keys":
            self.fetches += 1
            keys = [key.as_dict(private=False) | {"use": "sig", "kid": key.kid} for key in self.keys]
            return {"keys": keys}
        return None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = self.document(head.split(b" ")[1].decode())
        status = "500 Down" if self.is_down else "404 Not Found" if found is None else "200 OK"
        body = json.dumps(found or {}).encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running_issuer(folder: Path, name: str = "issuer") -> AsyncIterator[Issuer]:
    """Run an issuer on a free port."""
    issuer = Issuer(folder / name, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / name / "tls.crt", folder / name / "tls.key")
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0, ssl=context)
    issuer.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield issuer
    finally:
        server.close()
