"""APIService: a group and version of the API, and the Service behind which its server runs.

Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.clientconfig import HTTPS_PORT, check_bundle
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.meta.resources import APISERVICES

_MOST_GROUP_PRIORITY, _MOST_VERSION_PRIORITY = 20_000, 1_000


def default(obj: Obj) -> None:
    """Let the Service be reached at the port of HTTPS."""
    service = (obj.get("spec") or {}).get("service")
    if isinstance(service, dict):
        service.setdefault("port", HTTPS_PORT)


def validate(obj: Obj) -> list[FieldError]:
    """Check name, priorities and how the server is reached."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    group, version = spec.get("group") or "", spec.get("version") or ""
    wanted = f"{version}.{group}"
    if name_of(obj) != wanted:
        yield fields.invalid("metadata.name", name_of(obj), f'must be `spec.version+"."+spec.group`: "{wanted}"')
    if group:
        yield from fields.each("spec.group", group, names.subdomain)
    yield from fields.named("spec.version", version, names.dns1035)
    yield from _priority("spec.groupPriorityMinimum", spec.get("groupPriorityMinimum") or 0, _MOST_GROUP_PRIORITY)
    yield from _priority("spec.versionPriority", spec.get("versionPriority") or 0, _MOST_VERSION_PRIORITY)
    yield from _server(spec)


def _priority(path: str, value: int, most: int) -> Errors:
    if not 1 <= value <= most:
        yield fields.invalid(path, value, f"must be positive and less than {most}")


def _server(spec: Mapping[str, Any]) -> Errors:
    service, bundle = spec.get("service"), spec.get("caBundle")
    if service is None:
        if bundle:
            yield fields.invalid("spec.caBundle", "<omitted>", "local APIServices may not have a caBundle")
        if spec.get("insecureSkipTLSVerify"):
            detail = "local APIServices may not have insecureSkipTLSVerify"
            yield fields.invalid("spec.insecureSkipTLSVerify", True, detail)  # noqa: FBT003
        return
    for field in ("namespace", "name"):
        if not service.get(field):
            yield required(f"spec.service.{field}")
    if not 1 <= service.get("port", HTTPS_PORT) <= 65535:
        detail = "port is not valid: must be between 1 and 65535, inclusive"
        yield fields.invalid("spec.service.port", service.get("port"), detail)
    if spec.get("insecureSkipTLSVerify") and bundle:
        detail = "may not be true if caBundle is present"
        yield fields.invalid("spec.insecureSkipTLSVerify", True, detail)  # noqa: FBT003
    if bundle:
        yield from check_bundle("spec.caBundle", bundle)


def _service(obj: Obj) -> str:
    service = (obj.get("spec") or {}).get("service")
    return f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local"


def _available(obj: Obj) -> str:
    condition = condition_of(obj, "Available") or {}
    state = condition.get("status") or "Unknown"
    return state if state == "True" or not condition.get("reason") else f"{state} ({condition['reason']})"


KIND = Kind(
    resource=APISERVICES,
    singular="apiservice",
    definition="io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
    categories=("api-extensions",),
    subresources=with_status(APISERVICES),
    columns=[NAME, Column("Service", _service), Column("Available", _available), AGE],
    default=default,
    validate=validate,
    needs_revision=True,
)
