"""Validation of a container's environment variables and the sources of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, not_supported, required

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_KEYED = re.compile(r"(metadata\.(?:annotations|labels))\['(.*)'\]", re.DOTALL)
_RESOURCES = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)


def validate_env(path: str, variables: Sequence[Mapping[str, Any]]) -> Errors:
    """Check the list of variables."""
    for index, variable in enumerate(variables):
        place = f"{path}[{index}]"
        yield from fields.named(f"{place}.name", variable.get("name"), names.env_name)
        if variable.get("valueFrom") is not None:
            yield from _source(f"{place}.valueFrom", variable["valueFrom"], has_value=bool(variable.get("value")))


def validate_env_from(path: str, sources: Sequence[Mapping[str, Any]]) -> Errors:
    """Check the ConfigMaps and Secrets whose keys become variables."""
    for index, source in enumerate(sources):
        place = f"{path}[{index}]"
        if source.get("prefix"):
            yield from fields.each(f"{place}.prefix", source["prefix"], names.env_name)
        present = [field for field in ("configMapRef", "secretRef") if source.get(field) is not None]
        for field in present:
            yield from fields.named(f"{place}.{field}.name", source[field].get("name"), names.subdomain)
        if not present:
            yield fields.invalid(place, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(present) > 1:
            yield fields.invalid(place, "", "may not have more than one field specified at a time")


def _source(path: str, source: Mapping[str, Any], *, has_value: bool) -> Errors:
    present = [field for field in _SOURCES if source.get(field) is not None]
    for field in present:
        yield from _reference(f"{path}.{field}", field, source[field])
    if not present:
        choices = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        yield fields.invalid(path, "", choices)
    elif has_value:
        yield fields.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(present) > 1:
        yield fields.invalid(path, "", "may not have more than one field specified at a time")


def _reference(path: str, field: str, reference: Mapping[str, Any]) -> Errors:
    if field == "fieldRef":
        yield from field_reference(path, reference, _ENV_FIELDS)
    elif field == "resourceFieldRef":
        yield from resource_reference(path, reference)
    elif field == "fileKeyRef":
        for part in ("volumeName", "path", "key"):
            if not reference.get(part):
                yield required(f"{path}.{part}")
    else:
        yield from fields.named(f"{path}.name", reference.get("name"), names.subdomain)
        yield from fields.named(f"{path}.key", reference.get("key"), names.config_key)


def field_reference(path: str, reference: Mapping[str, Any], allowed: Sequence[str] = _VOLUME_FIELDS) -> Errors:
    """Check a reference to a field of the pod; `allowed` defaults to what volumes can show."""
    if not reference.get("apiVersion"):
        yield required(f"{path}.apiVersion")
    target = reference.get("fieldPath")
    if not target:
        yield required(f"{path}.fieldPath")
        return
    keyed = _KEYED.fullmatch(target)
    if keyed:
        key = keyed.group(2).lower() if keyed.group(1).endswith("annotations") else keyed.group(2)
        yield from fields.each(f"{path}.fieldPath", key, names.qualified_name)
    elif target not in _ENV_FIELDS and target not in _VOLUME_FIELDS:
        detail = f"error converting fieldPath: field label not supported: {target}"
        yield fields.invalid(f"{path}.fieldPath", target, detail)
    elif target not in allowed:
        yield not_supported(f"{path}.fieldPath", target, sorted(allowed))


def resource_reference(path: str, reference: Mapping[str, Any], *, needs_container: bool = False) -> Errors:
    """Check a reference to a container's resources."""
    if needs_container and not reference.get("containerName"):
        yield required(f"{path}.containerName")
    target = reference.get("resource")
    if not target:
        yield required(f"{path}.resource")
    elif target not in _RESOURCES and not target.startswith(("limits.hugepages-", "requests.hugepages-")):
        choices = ", ".join(show(choice) for choice in _RESOURCES)
        detail = f"Unsupported value: {show(target)}: supported values: {choices}"
        yield FieldError("FieldValueNotSupported", f"{path}.resource", detail)
