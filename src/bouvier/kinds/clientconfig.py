"""How the API server reaches an extension: by URL or through a Service. Shared by webhooks of every sort."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj

HTTPS_PORT = 443


def default_client_config(config: Obj) -> None:
    """Let services be reached at the port of HTTPS."""
    service = config.get("service")
    if isinstance(service, dict):
        service.setdefault("port", HTTPS_PORT)


def check_client_config(path: str, config: Mapping[str, Any]) -> Errors:
    """Check that exactly one way is given, and what belongs to it."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        yield required(path, "exactly one of url or service is required")
    elif url is not None:
        yield from _url(f"{path}.url", url)
    else:
        yield from _service(f"{path}.service", service or {})
    bundle = config.get("caBundle")
    if bundle:
        yield from check_bundle(f"{path}.caBundle", bundle)


def check_bundle(path: str, bundle: str) -> Errors:
    """Check that a bundle holds certificates in PEM."""
    try:
        text = base64.b64decode(bundle, validate=True)
    except (ValueError, binascii.Error):
        text = b""
    if b"-----BEGIN CERTIFICATE-----" not in text:
        detail = "unable to load root certificates: unable to parse bytes as PEM block"
        yield FieldError("FieldValueInvalid", path, f"Invalid value: {show(bundle)}: {detail}")


def _url(path: str, url: str) -> Errors:
    form = "; desired format: https://host[/path]"
    parts = urlsplit(url)
    if parts.scheme != "https":
        yield fields.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{form}")
    if not parts.hostname:
        yield fields.invalid(path, parts.hostname or "", f"host must be specified{form}")
    if parts.username is not None:
        yield fields.invalid(path, parts.username, "user information is not permitted in the URL")
    for word, value in (("fragments", parts.fragment), ("query parameters", parts.query)):
        if value:
            yield fields.invalid(path, value, f"{word} are not permitted in the URL")


def _service(path: str, service: Mapping[str, Any]) -> Errors:
    for field in ("name", "namespace"):
        if not service.get(field):
            yield required(f"{path}.{field}", f"service {field} is required")
    if not 1 <= service.get("port", HTTPS_PORT) <= 65535:
        detail = "port is not valid: must be between 1 and 65535, inclusive"
        yield fields.invalid(f"{path}.port", service.get("port"), detail)
    where = service.get("path")
    if where and not where.startswith("/"):
        yield fields.invalid(f"{path}.path", where, "must start with a '/'")
