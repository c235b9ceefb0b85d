"""Reading a kubeconfig: contexts, clusters and users, with data inline or in files beside it.

Understood: `server`, `certificate-authority[-data]`, `tls-server-name`, `insecure-skip-tls-verify`,
`client-certificate[-data]`, `client-key[-data]`, `token`, `tokenFile`, a context's namespace. Anything that would need
another program or a password is refused by name. Files are read once: a token file that rotates needs a new endpoint.

Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import yaml

from bouvier.client.endpoint import Endpoint

_REFUSED = ("exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra")


def read(path: Path, context_name: str) -> Endpoint:
    """Return the endpoint of a context of the file at `path`."""
    return _endpoint(_load(path), path, context_name)


def parse(text: str, origin: str) -> Endpoint:
    """Return the endpoint of the current context of a kubeconfig given as text; it may not refer to files.

    Raises:
        ValueError: malformed, or asks for something that is not supported (by name).
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"kubeconfig {origin}: not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"kubeconfig {origin}: must be a mapping of kind Config")  # noqa: TRY004 - bad content
    return _endpoint(document, Path(origin), "")


def flattened(path: Path, context_name: str) -> str:
    """Return a kubeconfig with one context and all that it refers to inside.

    Raises:
        ValueError: as `read`.
    """
    endpoint = read(path, context_name)
    cluster: dict[str, Any] = {"server": endpoint.url}
    user: dict[str, Any] = {}
    if endpoint.ca_pem:
        cluster["certificate-authority-data"] = base64.b64encode(endpoint.ca_pem.encode()).decode()
    if endpoint.server_name:
        cluster["tls-server-name"] = endpoint.server_name
    if endpoint.insecure:
        cluster["insecure-skip-tls-verify"] = True
    if endpoint.cert_pem:
        user["client-certificate-data"] = base64.b64encode(endpoint.cert_pem.encode()).decode()
        user["client-key-data"] = base64.b64encode(endpoint.key_pem.encode()).decode()
    if endpoint.token:
        user["token"] = endpoint.token
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    return str(yaml.safe_dump(document, sort_keys=False))


def _endpoint(document: dict[str, Any], path: Path, context_name: str) -> Endpoint:
    name = context_name or document.get("current-context") or ""
    context = _entry(document, path, "context", name)
    cluster = _entry(document, path, "cluster", context.get("cluster") or "")
    user = _entry(document, path, "user", context["user"]) if context.get("user") else {}
    _refuse_unsupported(path, context.get("user", ""), cluster, user)
    folder = path.parent
    return Endpoint(
        url=cluster.get("server") or "http://localhost:8080",
        ca_pem=_text(folder, cluster, "certificate-authority"),
        cert_pem=_text(folder, user, "client-certificate"),
        key_pem=_text(folder, user, "client-key"),
        token=user.get("token") or _file(folder, user.get("tokenFile")).strip(),
        namespace=context.get("namespace") or "default",
        server_name=cluster.get("tls-server-name") or "",
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ValueError(f"kubeconfig {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"kubeconfig {path}: not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"kubeconfig {path}: must be a mapping of kind Config")  # noqa: TRY004 - bad content, not a bad call
    return document


def _entry(document: dict[str, Any], path: Path, kind: str, name: str) -> dict[str, Any]:
    """Return the named entry of `contexts`, `clusters` or `users`."""
    entries = document.get(f"{kind}s") or []
    for entry in entries:
        if entry.get("name") == name:
            return entry.get(kind) or {}
    known = ", ".join(str(entry.get("name")) for entry in entries) or "none"
    raise ValueError(f'kubeconfig {path}: {kind} "{name}" does not exist (known: {known})')


def _refuse_unsupported(path: Path, user_name: str, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    for field in _REFUSED:
        if user.get(field):
            raise ValueError(
                f'kubeconfig {path}: users["{user_name}"].user.{field} is not supported; use a client certificate or a token'
            )
    if cluster.get("proxy-url"):
        raise ValueError(f"kubeconfig {path}: cluster.proxy-url is not supported")


def _text(folder: Path, entry: dict[str, Any], field: str) -> str:
    """Return PEM text that stands inline as base64 (`field-data`, which wins) or in a file (`field`)."""
    data = entry.get(f"{field}-data")
    if not data:
        return _file(folder, entry.get(field))
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"kubeconfig: {field}-data is not base64 of PEM text: {error}") from error


def _file(folder: Path, name: str | None) -> str:
    if not name:
        return ""
    path = folder / name
    try:
        return path.read_text()
    except OSError as error:
        raise ValueError(f"kubeconfig: cannot read {path}: {error.strerror}") from error
