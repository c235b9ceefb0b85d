"""Secret: data that is sealed in the store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import orjson

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME, at, cell, text
from bouvier.kinds.core_v1.configmaps import MAX_BYTES, immutable_data
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj, annotations_of
from bouvier.meta.resources import SECRETS

_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
_REQUIRED_KEYS: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_JSON_KEYS = (".dockercfg", ".dockerconfigjson")


def default(obj: Obj) -> None:
    """Set the type, and move `stringData` (write-only) into `data`."""
    if not obj.get("type"):
        obj["type"] = "Opaque"
    plain = obj.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def validate(obj: Obj) -> list[FieldError]:
    """Check keys, size and what the type asks for."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    data = obj.get("data") or {}
    for key in () if names.are_config_keys(data) else data:
        yield from fields.each(f"data[{key}]", key, names.config_key)
    if sum(len(value) * 3 // 4 for value in data.values()) > MAX_BYTES:
        yield fields.too_long("data", MAX_BYTES)
    yield from _typed(obj, data)


def _typed(obj: Obj, data: Mapping[str, str]) -> Errors:
    kind = obj.get("type", "")
    if kind == "kubernetes.io/service-account-token" and not annotations_of(obj).get(_ACCOUNT_ANNOTATION):
        yield required(f"metadata.annotations[{_ACCOUNT_ANNOTATION}]")
    if kind == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        yield required("data[username]")
        yield required("data[password]")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            yield required(f"data[{key}]")
        elif key in _JSON_KEYS and not _is_json(data[key]):
            yield fields.invalid(f"data[{key}]", "<secret contents redacted>", "invalid character in JSON")


def _is_json(encoded: str) -> bool:
    try:
        orjson.loads(base64.b64decode(encoded))
    except (orjson.JSONDecodeError, binascii.Error):
        return False
    return True


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the type, and the data of an immutable Secret."""
    errors = list(fields.immutable("type", new.get("type"), old.get("type")))
    return errors + list(immutable_data(new, old, ("data",)))


KIND = Kind(
    resource=SECRETS,
    singular="secret",
    definition="io.k8s.api.core.v1.Secret",
    columns=(NAME, text("Type", "type"), cell("Data", lambda obj: len(obj.get("data") or {})), AGE),
    selectable={"type": at("type")},
    default=default,
    validate=validate,
    validate_update=validate_update,
    sealed=True,
)
