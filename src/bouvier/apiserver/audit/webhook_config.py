"""Where audit events are posted to: the kubeconfig file that upstream's --audit-webhook-config-file names.

Supported: `server`, `certificate-authority(-data)`, `insecure-skip-tls-verify`, `tls-server-name`, and of users `token`,
`tokenFile`, `username` with `password`, `client-certificate(-data)` with `client-key(-data)`. Anything else is refused by name.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_CLUSTER = {
    "server",
    "certificate-authority",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "tls-server-name",
}
_FILES = {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "tokenFile"}
_USER = {"token", "username", "password"} | _FILES


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where and as whom events are posted."""

    url: str
    headers: Mapping[str, str]
    trust: ssl.SSLContext | bool
    server_name: str = ""


def read_target(path: Path) -> WebhookTarget:
    """Return the target that a kubeconfig file names.

    Raises:
        ValueError: names file and field.

    """
    try:
        document = yaml.safe_load(path.read_bytes())
        return _target(document if isinstance(document, dict) else {}, path.parent)
    except OSError as error:
        raise ValueError(f"{error.filename or path}: {error.strerror or error}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def _target(document: dict[str, Any], folder: Path) -> WebhookTarget:
    current = document.get("current-context")
    context = _named(document, "contexts", "context", current) if current else {}
    cluster = _named(document, "clusters", "cluster", context.get("cluster"))
    user = _named(document, "users", "user", context["user"]) if context.get("user") else {}
    for given, known, where in ((cluster, _CLUSTER, "clusters[].cluster"), (user, _USER, "users[].user")):
        unknown = sorted(given.keys() - known)
        if unknown:
            raise ValueError(f"{where}.{unknown[0]}: not supported for webhooks; use {', '.join(sorted(known))}")
    url = str(cluster.get("server") or "")
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"clusters[].cluster.server: expected a URL, such as https://HOST/audit, not {url!r}")
    trust = _trust(cluster, user, folder) if url.startswith("https://") else True
    return WebhookTarget(url, _headers(user, folder), trust, str(cluster.get("tls-server-name") or ""))


def _named(document: dict[str, Any], plural: str, field: str, name: Any) -> dict[str, Any]:
    """Return an entry by its name, the only one where none is asked for."""
    entries = [entry for entry in document.get(plural) or () if isinstance(entry, dict)]
    chosen = [entry for entry in entries if name is None or entry.get("name") == name]
    if len(chosen) != 1:
        raise ValueError(f"{plural}: {'nothing' if not chosen else 'more than one entry'} is named {name!r}")
    return dict(chosen[0].get(field) or {})


def _headers(user: dict[str, Any], folder: Path) -> dict[str, str]:
    token = user.get("token") or ""
    if user.get("tokenFile"):
        token = (folder / user["tokenFile"]).read_text().strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return {}


def _trust(cluster: dict[str, Any], user: dict[str, Any], folder: Path) -> ssl.SSLContext:
    authority = _content(cluster, "certificate-authority", folder)
    try:
        context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    except ssl.SSLError as error:
        raise ValueError(f"clusters[].cluster.certificate-authority: {error}") from None
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate, key = _content(user, "client-certificate", folder), _content(user, "client-key", folder)
    if bool(certificate) != bool(key):
        raise ValueError("users[].user: client-certificate and client-key belong together")
    if certificate and key:
        _load_pair(context, certificate, key)
    return context


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load a client certificate; the TLS library takes files only, so they exist for a moment, for us alone."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "pair.pem"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(certificate + b"\n" + key)
        try:
            context.load_cert_chain(file)
        except ssl.SSLError as error:
            raise ValueError(f"users[].user.client-certificate: {error}") from None


def _content(entry: dict[str, Any], field: str, folder: Path) -> bytes:
    inline = entry.get(f"{field}-data")
    if inline:
        try:
            return base64.b64decode(inline, validate=True)
        except (binascii.Error, TypeError):
            raise ValueError(f"{field}-data: not base64") from None
    return (folder / entry[field]).read_bytes() if entry.get(field) else b""
