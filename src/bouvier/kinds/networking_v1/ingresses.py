"""Ingress: hosts and paths that the balancer serves from Services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bouvier.kinds import balanced, fields, names
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.placement import is_address
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import INGRESSES

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
_BAD_AT_END = ("/..", "/.")
_SHOWN_HOSTS = 3


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def validate_status(new: Obj, _old: Obj) -> list[FieldError]:
    """Check where a controller says that it serves the Ingress."""
    return list(balanced.places(balanced.ingress_of(new)))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        yield fields.invalid(path, [], "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _backend(f"{path}.defaultBackend", backend)
    for index, rule in enumerate(rules):
        yield from _rule(f"{path}.rules[{index}]", rule)
    for index, entry in enumerate(spec.get("tls") or ()):
        for number, host in enumerate(entry.get("hosts") or ()):
            yield from _host(f"{path}.tls[{index}].hosts[{number}]", host)
    if spec.get("ingressClassName") is not None:
        yield from fields.each(f"{path}.ingressClassName", spec["ingressClassName"], names.subdomain)


def _rule(path: str, rule: Mapping[str, Any]) -> Errors:
    host = rule.get("host") or ""
    if host:
        if is_address(host):
            yield fields.invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        else:
            yield from _host(f"{path}.host", host)
    http = rule.get("http")
    if http is None:
        return
    paths = http.get("paths") or []
    if not paths:
        yield required(f"{path}.http.paths")
    for index, entry in enumerate(paths):
        yield from _path(f"{path}.http.paths[{index}]", entry)


def _host(path: str, host: str) -> Errors:
    if "*" not in host:
        yield from fields.each(path, host, names.subdomain)
        return
    rest = host.removeprefix("*.")
    if not host.startswith("*.") or names.subdomain(rest):
        detail = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
            "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character "
            "(e.g. '*.example.com', regex used for validation is "
            r"'\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
        yield fields.invalid(path, host, detail)


def _path(path: str, entry: Mapping[str, Any]) -> Errors:
    kind, text = entry.get("pathType"), entry.get("path") or ""
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
    elif kind not in _PATH_TYPES:
        yield fields.unsupported(f"{path}.pathType", kind, _PATH_TYPES)
    elif kind in ("Exact", "Prefix"):
        yield from _exact_path(f"{path}.path", text)
    elif text and not text.startswith("/"):
        yield fields.invalid(f"{path}.path", text, "must be an absolute path")
    yield from _backend(f"{path}.backend", entry.get("backend") or {})


def _exact_path(path: str, text: str) -> Errors:
    if not text.startswith("/"):
        yield fields.invalid(path, text, "must be an absolute path")
    for bad in _BAD_IN_PATH:
        if bad in text:
            yield fields.invalid(path, text, f"must not contain '{bad}'")
    for bad in _BAD_AT_END:
        if text.endswith(bad):
            yield fields.invalid(path, text, f"cannot end with '{bad}'")


def _backend(path: str, backend: Mapping[str, Any]) -> Errors:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield fields.invalid(path, "", "cannot set both resource and service backends")
    elif service is None and resource is None:
        yield required(path, "resource or service backend is required")
    elif resource is not None:
        for field in ("kind", "name"):
            if not resource.get(field):
                yield required(f"{path}.resource.{field}")
    elif service is not None:
        yield from _service(f"{path}.service", service)


def _service(path: str, service: Mapping[str, Any]) -> Errors:
    if not service.get("name"):
        yield required(f"{path}.name")
    else:
        yield from fields.each(f"{path}.name", service["name"], names.dns1035)
    port = service.get("port") or {}
    has_name, has_number = bool(port.get("name")), bool(port.get("number"))
    if has_name and has_number:
        yield fields.invalid(path, "", "cannot set both port name & port number")
    elif has_name:
        yield from fields.each(f"{path}.port.name", port["name"], names.port_name)
    elif has_number:
        yield from fields.port(f"{path}.port.number", port["number"])
    else:
        yield required(path, "port name or number is required")


def _hosts(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        if rule.get("host"):
            yield str(rule["host"])


def _hosts_cell(obj: Obj) -> str:
    found = list(_hosts((obj.get("spec") or {}).get("rules") or ()))
    if not found:
        return "*"
    shown = ",".join(found[:_SHOWN_HOSTS])
    return f"{shown} + {len(found) - _SHOWN_HOSTS} more..." if len(found) > _SHOWN_HOSTS else shown


def _class_cell(obj: Obj) -> str:
    return str(value_at(obj, ("spec", "ingressClassName")) or "<none>")


def _address_cell(obj: Obj) -> str:
    found = value_at(obj, ("status", "loadBalancer", "ingress")) or ()
    return ",".join(sorted({str(one.get("ip") or one.get("hostname") or "") for one in found} - {""}))


def _ports_cell(obj: Obj) -> str:
    return "80, 443" if (obj.get("spec") or {}).get("tls") else "80"


KIND = Kind(
    resource=INGRESSES,
    singular="ingress",
    definition="io.k8s.api.networking.v1.Ingress",
    short_names=("ing",),
    subresources=with_status(INGRESSES),
    columns=(
        NAME,
        cell("Class", _class_cell),
        cell("Hosts", _hosts_cell),
        cell("Address", _address_cell),
        cell("Ports", _ports_cell),
        AGE,
    ),
    validate=validate,
    validate_status=validate_status,
    has_generation=True,
    has_open_status=True,
)
