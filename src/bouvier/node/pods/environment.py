"""The environment of a container (pure).

Order as the kubelet's: variables of services, then `envFrom`, then `env`, later ones winning; `env` values may refer to
everything before them. Names from `envFrom` may be anything but empty or containing `=`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bouvier.meta.objects import Obj, annotations_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.quantities import millis, parse, whole
from bouvier.node.pods.expansion import expand
from bouvier.node.pods.spec import find_container

_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")


class ConfigError(Exception):
    """The pod refers to something that is not there, or asks for something that cannot be; the text says what."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from."""

    config_maps: Mapping[str, Obj] = field(default_factory=dict)
    """By name, of the pod's namespace; absent ones are not in it."""
    secrets: Mapping[str, Obj] = field(default_factory=dict)
    services: Iterable[Obj] = ()
    """Of the pod's namespace, and `kubernetes` of `default`."""
    node_name: str = ""
    host_ip: str = ""
    pod_ips: tuple[str, ...] = ()
    allocatable: Mapping[str, str] = field(default_factory=dict)
    """The host's; what a container without a limit may use."""


def environment(pod: Obj, container: Obj, sources: Sources) -> dict[str, str]:
    """Return all variables.

    Raises:
        ConfigError: a required object, key or field is missing.
    """
    values = service_variables(pod, sources.services)
    for source in container.get("envFrom") or ():
        values |= _from_object(source, sources)
    for entry in container.get("env") or ():
        value = _value(pod, container, entry, values, sources)
        if value is not None:
            values[entry["name"]] = value
    return values


def _from_object(source: Obj, sources: Sources) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    if reference := source.get("configMapRef"):
        data = _data("configmap", sources.config_maps, reference)
    elif reference := source.get("secretRef"):
        data = _data("secret", sources.secrets, reference)
    else:
        return {}
    return {prefix + name: value for name, value in (data or {}).items()}


def _value(pod: Obj, container: Obj, entry: Obj, values: Mapping[str, str], sources: Sources) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return expand(str(entry.get("value") or ""), values)
    if reference := source.get("configMapKeyRef"):
        return _key("configmap", "ConfigMap", sources.config_maps, reference)
    if reference := source.get("secretKeyRef"):
        return _key("secret", "Secret", sources.secrets, reference)
    if reference := source.get("fieldRef"):
        return field_value(pod, reference["fieldPath"], sources)
    if reference := source.get("resourceFieldRef"):
        return resource_value(pod, container, reference, sources)
    raise ConfigError(f"environment variable {entry['name']}: this source of values is not supported by this node")


def _data(kind: str, objects: Mapping[str, Obj], reference: Obj) -> dict[str, str] | None:
    obj = objects.get(reference["name"])
    if obj is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{kind} "{reference["name"]}" not found')
    return decoded(kind, obj)


def decoded(kind: str, obj: Obj) -> dict[str, str]:
    """Return the text values of a ConfigMap (`configmap`) or Secret (`secret`)."""
    data = obj.get("data") or {}
    if kind == "configmap":
        return dict(data)
    return {name: base64.b64decode(value).decode(errors="replace") for name, value in data.items()}


def _key(kind: str, shown: str, objects: Mapping[str, Obj], reference: Obj) -> str | None:
    data = _data(kind, objects, reference)
    if data is None:
        return None
    if reference["key"] in data:
        return data[reference["key"]]
    if reference.get("optional"):
        return None
    where = f"{namespace_of(objects[reference['name']])}/{reference['name']}"
    raise ConfigError(f"couldn't find key {reference['key']} in {shown} {where}")


def field_value(pod: Obj, path: str, sources: Sources) -> str:
    """Return what a `fieldRef` names.

    Raises:
        ConfigError: the field cannot be referred to.
    """
    if match := _SUBSCRIPT.fullmatch(path):
        values = labels_of(pod) if match.group(1) == "labels" else annotations_of(pod)
        return values.get(match.group(2), "")
    values = {
        "metadata.name": name_of(pod),
        "metadata.namespace": namespace_of(pod),
        "metadata.uid": uid_of(pod),
        "metadata.labels": _lines(labels_of(pod)),
        "metadata.annotations": _lines(annotations_of(pod)),
        "spec.nodeName": sources.node_name,
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", ""),
        "status.hostIP": sources.host_ip,
        "status.hostIPs": sources.host_ip,
        "status.podIP": sources.pod_ips[0] if sources.pod_ips else "",
        "status.podIPs": ",".join(sources.pod_ips),
    }
    if path not in values:
        raise ConfigError(f"field {path} cannot be referred to")
    return values[path]


def _lines(values: Mapping[str, str]) -> str:
    quoted = {
        name: value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for name, value in values.items()
    }
    return "\n".join(f'{name}="{value}"' for name, value in sorted(quoted.items()))


def resource_value(pod: Obj, container: Obj, reference: Obj, sources: Sources) -> str:
    """Return what a `resourceFieldRef` names, in units of its divisor, rounded up.

    Raises:
        ConfigError: there is no such container or resource.
    """
    if name := reference.get("containerName"):
        found = find_container(pod, name)
        if found is None:
            raise ConfigError(f"container {name} of resourceFieldRef not found")
        container = found[1]
    part, _, resource = reference["resource"].partition(".")
    resources = container.get("resources") or {}
    amounts = resources.get(part) or {}
    text = amounts.get(resource) or (resources.get("limits") or {}).get(resource, "" if part == "limits" else "0")
    text = text or sources.allocatable.get(resource) or "0"
    divisor = str(reference.get("divisor") or "1")
    if divisor == "0":
        divisor = "1"
    if resource == "cpu":
        return str(-(-millis(text) // max(1, millis(divisor))))
    return str(-(-whole(text) // max(1, int(parse(divisor)))))


def service_variables(pod: Obj, services: Iterable[Obj]) -> dict[str, str]:
    """Return the variables by which services are announced to containers.

    Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    """
    announce_all = pod["spec"].get("enableServiceLinks", True)
    values: dict[str, str] = {}
    for service in services:
        is_api = namespace_of(service) == "default" and name_of(service) == "kubernetes"
        is_near = announce_all and namespace_of(service) == namespace_of(pod)
        ip = service["spec"].get("clusterIP")
        if ip and ip != "None" and (is_api or is_near):
            values |= _variables_of(service, ip)
    return values


def _variables_of(service: Obj, ip: str) -> dict[str, str]:
    name = name_of(service).upper().replace("-", "_")
    ports = service["spec"].get("ports") or []
    values = {f"{name}_SERVICE_HOST": ip}
    if ports:
        first = ports[0]
        values[f"{name}_SERVICE_PORT"] = str(first["port"])
        values[f"{name}_PORT"] = f"{(first.get('protocol') or 'TCP').lower()}://{ip}:{first['port']}"
    for port in ports:
        if port.get("name"):
            values[f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
        protocol = port.get("protocol") or "TCP"
        base = f"{name}_PORT_{port['port']}_{protocol}"
        values |= {
            base: f"{protocol.lower()}://{ip}:{port['port']}",
            f"{base}_PROTO": protocol.lower(),
            f"{base}_PORT": str(port["port"]),
            f"{base}_ADDR": ip,
        }
    return values
