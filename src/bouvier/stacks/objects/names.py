"""How services are found: their names, aliases, links to other stacks, published ports, services elsewhere.

A service with known ports has a stable address; one without any a name that answers with its pods, on whatever port
they listen. A published port is a port of every host that leads to every replica. Aliases are Services of their own.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.objects.ports import Port
from bouvier.stacks.objects.unit import Unit

EXTERNAL_IMAGE, ALIAS_IMAGE, NO_IMAGE = "rancher/external-service", "rancher/dns-service", "rancher/none"
SELECTOR = "io.rancher.service.selector.container"


def service(name: str, selector: dict[str, str], ports: list[tuple[int, str]], *, headless: bool = False) -> Obj:
    """Return the Service of a name."""
    spec: Obj = {"selector": selector}
    if ports:
        spec["ports"] = [_port(number, number, protocol) for number, protocol in dict.fromkeys(ports)]
    if headless or not ports:
        spec["clusterIP"] = "None"
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _port(number: int, target: int, protocol: str) -> dict[str, Any]:
    return {"name": f"{protocol.lower()}-{number}", "port": number, "targetPort": target, "protocol": protocol}


def published(name: str, selector: dict[str, str], ports: list[Port]) -> list[Obj]:
    """Return the Service that gives ports of every host to a service."""
    fixed = [port for port in ports if port.mode != "host" and port.published]
    chosen = [port for port in ports if port.mode != "host" and port.published == 0]
    made = []
    if fixed:
        entries = [_port(int(port.published or 0), port.target, port.protocol) for port in fixed]
        spec = {"type": "LoadBalancer", "selector": selector, "ports": entries}
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-published"}, "spec": spec})
    if chosen:
        entries = [_port(port.target, port.target, port.protocol) for port in chosen]
        spec = {"type": "NodePort", "selector": selector, "ports": entries}
        made.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-random"}, "spec": spec})
    return made


def alias_names(project: Project) -> dict[str, tuple[str, str]]:
    """Return `(service, path)` by alias, from links and from aliases on networks.

    Raises:
        StackError: an alias means two services.
    """
    found: dict[str, tuple[str, str]] = {}

    def add(alias: str, target: str, path: str) -> None:
        label = dns_label(alias)
        taken = label in map(dns_label, project.services) or found.get(label, (target, ""))[0] != target
        if label == dns_label(target):
            return
        if taken:
            other = found.get(label, (label, ""))[0]
            text = f"the name {alias} would mean both {other} and {target}"
            raise project.compose.error(path, text, "choose another alias: names hold for the whole stack")
        found[label] = (target, path)

    for name, given in project.services.items():
        for index, link in enumerate(given.get("links") or []):
            target, _, alias = str(link).partition(":")
            add(alias or target, target, f"services.{name}.links[{index}]")
        networks = given.get("networks")
        for network, options in networks.items() if isinstance(networks, dict) else ():
            for alias in (options or {}).get("aliases") or []:
                add(str(alias), name, f"services.{name}.networks.{network}")
    return found


def external_links(project: Project) -> list[Obj]:
    """Return the names that lead to services of other stacks.

    Raises:
        StackError: a link names no stack.
    """
    made: dict[str, Obj] = {}
    for name, given in project.services.items():
        for index, link in enumerate(given.get("external_links") or []):
            target, _, alias = str(link).partition(":")
            stack, slash, other = target.partition("/")
            if not slash:
                path = f"services.{name}.external_links[{index}]"
                raise project.compose.error(path, f"{target} names no stack", "write STACK/SERVICE[:ALIAS]")
            label = dns_label(alias or other)
            host = f"{dns_label(other)}.{dns_label(stack)}.svc.cluster.local"
            made[label] = _external_name(label, host)
    return list(made.values())


def _external_name(name: str, host: str) -> Obj:
    spec = {"type": "ExternalName", "externalName": host}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def special(project: Project, name: str, units: dict[str, Unit]) -> list[Obj]:
    """Return the objects of a service without containers: external, alias, or by selector.

    Raises:
        StackError: it names no target.
    """
    fields = Fields(project.services[name], f"services.{name}", project.compose, project.ignored)
    rancher = Fields(project.rancher_service(name), f"services.{name}", project.rancher, project.ignored)
    image, label = fields.text("image"), dns_label(name)
    if image.startswith(EXTERNAL_IMAGE):
        return _external(label, fields, rancher)
    if image.startswith(ALIAS_IMAGE):
        return _alias(label, fields, units)
    text = str((project.services[name].get("labels") or {}).get(SELECTOR, ""))
    pairs = [one.partition("=") for one in text.split(",") if one]
    if not pairs or any(not equals or "!" in key for key, equals, _ in pairs):
        raise fields.error("labels", f"{text or SELECTOR}: expected {SELECTOR}: NAME=VALUE[,NAME=VALUE]")
    return [service(label, {key.strip(): value.strip() for key, _, value in pairs}, [])]


def is_special(given: dict[str, Any]) -> bool:
    """Tell whether a service has no containers of its own."""
    return str(given.get("image") or "").startswith((EXTERNAL_IMAGE, ALIAS_IMAGE, NO_IMAGE))


def _external(label: str, fields: Fields, rancher: Fields) -> list[Obj]:
    host, addresses = rancher.text("hostname"), [str(one) for one in rancher.items("external_ips")]
    if rancher.has("health_check"):
        rancher.ignore("health_check", "services elsewhere are not checked")
    if host:
        return [_external_name(label, host)]
    if not addresses:
        raise fields.error("", "an external service needs external_ips or hostname in rancher-compose.yml")
    for address in addresses:
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            raise rancher.error("external_ips", f"{address} is not an IPv4 address") from None
    plain: Obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": label}, "spec": {"clusterIP": "None"}}
    ready = {"ready": True}
    slice_: Obj = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{label}-external", "labels": {"kubernetes.io/service-name": label}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": ready} for address in addresses],
        "ports": [],
    }
    return [plain, slice_]


def _alias(label: str, fields: Fields, units: dict[str, Unit]) -> list[Obj]:
    targets = [str(link).partition(":")[0] for link in fields.items("links")]
    if len(targets) != 1 or targets[0] not in units:
        raise fields.error("links", "an alias leads to exactly one service with containers")
    unit = units[targets[0]]
    return [service(label, unit.selector, [(port.target, port.protocol) for port in unit.ports])]
