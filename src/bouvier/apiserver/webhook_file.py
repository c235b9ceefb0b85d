"""Web servers that judge for us, named in a file of kubeconfig's form.

Source: https://kubernetes.io/docs/reference/access-authn-authz/webhook/#configuration-file-format
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ANSWER_SECONDS = 30.0
MAX_BYTES = 1 << 20


class WebhookError(Exception):
    """No usable answer."""


class WebhookClient:
    """Asks one server by POST."""

    def __init__(self, path: Path, *, seconds: float = ANSWER_SECONDS) -> None:
        """Read the file.

        Raises:
            ValueError: it cannot be used; the text names the field.
        """
        import yaml  # noqa: PLC0415 - only where such a file is named

        try:
            document = yaml.safe_load(path.read_text())
            context = _named(document, "contexts", document["current-context"])["context"]
            cluster = _named(document, "clusters", context["cluster"])["cluster"]
            user = _named(document, "users", context["user"]).get("user") or {} if context.get("user") else {}
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}: {error}; expected a kubeconfig with current-context, clusters and users"
            ) from None
        self._url = str(cluster.get("server") or "")
        if urlsplit(self._url).scheme != "https":
            raise ValueError(f"{path}: clusters[].cluster.server must be an https URL")
        self._trust = _trust(path.parent, cluster, user)
        self._seconds = seconds
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if user.get("token"):
            self._headers["Authorization"] = f"Bearer {user['token']}"

    async def ask(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the server's answer. Raises: WebhookError."""
        import aiohttp  # noqa: PLC0415 - only where such a file is named
        import orjson  # noqa: PLC0415

        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession() as session,
                session.post(self._url, data=orjson.dumps(document), headers=self._headers, ssl=self._trust) as answer,
            ):
                body = await answer.content.read(MAX_BYTES)
                if answer.status not in (200, 201):
                    raise WebhookError(f"status {answer.status}")
            found = orjson.loads(body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise WebhookError(str(error) or type(error).__name__) from error
        if not isinstance(found, dict):
            raise WebhookError("the answer is no object")
        return found


def _named(document: dict[str, Any], field: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document[field] if one["name"] == name)
    return found


def _trust(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    authority = _content(folder, cluster, "certificate-authority")
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    certificate, key = _content(folder, user, "client-certificate"), _content(folder, user, "client-key")
    if certificate and key:
        with tempfile.NamedTemporaryFile() as both:  # the library reads keys from files only
            both.write(certificate + b"\n" + key)
            both.flush()
            context.load_cert_chain(both.name)
    return context


def _content(folder: Path, entry: dict[str, Any], field: str) -> bytes:
    if entry.get(f"{field}-data"):
        return base64.b64decode(entry[f"{field}-data"])
    return (folder / entry[field]).read_bytes() if entry.get(field) else b""
