"""`lb_config` of rancher-compose: rules by host name and path, and plain ports.

HTTP rules with a host name or path become one Ingress, served by the balancer of every host on its own two ports. A rule
with neither, and every TCP rule, becomes a port of every host.
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.objects import Obj
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.values import dns_label
from bouvier.stacks.objects.unit import Unit

BALANCER_IMAGES = ("rancher/lb-service-haproxy", "rancher/load-balancer-service")
_HTTP_PORTS = (80, 443)


def is_balancer(given: dict[str, Any], rancher: dict[str, Any]) -> bool:
    """Tell whether a service only balances others."""
    return str(given.get("image") or "").startswith(BALANCER_IMAGES) or bool(rancher.get("lb_config"))


def balancer(project: Project, name: str, units: dict[str, Unit]) -> tuple[list[Obj], dict[str, set[int]]]:
    """Return the objects, and the ports that target services must have.

    Raises:
        StackError: a rule is not understood.
    """
    rancher = Fields(project.rancher_service(name), f"services.{name}", project.rancher, project.ignored)
    config = rancher.inner("lb_config")
    rules = config.items("port_rules")
    if not rules:
        raise rancher.error("lb_config", f"the balancer {name} has no port_rules", "write them in rancher-compose.yml")
    fields = Fields(project.services[name], f"services.{name}", project.compose, project.ignored)
    for key in fields.data:
        if key not in ("image", "labels", "ports", "expose", "links", "depends_on"):
            fields.ignore(key, "the balancer is part of every host; it has no container")
    paths: dict[str, list[Obj]] = {}
    plain: dict[tuple[str, int], list[Obj]] = {}
    needed: dict[str, set[int]] = {}
    for index, given in enumerate(rules):
        rule = Fields(given, f"services.{name}.lb_config.port_rules[{index}]", project.rancher, project.ignored)
        _rule(rule, units, paths, plain, needed)
    config.finish(dict.fromkeys(_CONFIG, "the balancer's own settings hold"))
    for key in ("scale", "health_check", "upgrade_strategy", "start_on_create", "metadata", "retain_ip"):
        if rancher.has(key):
            rancher.ignore(key, "the balancer is part of every host")
    rancher.finish({})
    objects = [_plain(name, target, units, ports) for (target, _), ports in plain.items()]
    if paths:
        objects.append(_ingress(dns_label(name), paths))
    return objects, needed


_CONFIG = ("certs", "default_cert", "config", "stickiness_policy", "backend_name")


def _rule(
    rule: Fields,
    units: dict[str, Unit],
    paths: dict[str, list[Obj]],
    plain: dict[tuple[str, int], list[Obj]],
    needed: dict[str, set[int]],
) -> None:
    host, path, protocol = rule.text("hostname"), rule.text("path"), rule.text("protocol", "http")
    source, target_port = rule.number("source_port"), rule.number("target_port")
    targets = _targets(rule, units)
    if not source or not target_port:
        raise rule.error("source_port" if not source else "target_port", "a rule needs source_port and target_port")
    if protocol not in ("http", "https", "tcp", "tls", "sni"):
        raise rule.error("protocol", f"{protocol} is none of http, https, tcp, tls, sni")
    if rule.has("priority"):
        rule.ignore("priority", "the most exact host name comes first, then the longest path")
    rule.finish(
        {
            "weight": "replicas share equally",
            "backend_name": "no configuration of its own",
            "region": "one cluster",
            "environment": "one cluster",
        }
    )
    is_plain = protocol in ("tcp", "tls", "sni") or (protocol == "http" and not host and not path)
    for target in targets:
        needed.setdefault(target, set()).add(target_port)
        if is_plain and source not in _HTTP_PORTS:
            entry = {"name": f"tcp-{source}", "port": source, "targetPort": target_port, "protocol": "TCP"}
            plain.setdefault((target, source), []).append(entry)
            continue
        if source not in _HTTP_PORTS:
            rule.ignore("source_port", f"rules by name and path are served on the balancer's ports, not on {source}")
        backend = {"service": {"name": dns_label(target), "port": {"number": target_port}}}
        paths.setdefault(host, []).append({"path": path or "/", "pathType": "Prefix", "backend": backend})


def _targets(rule: Fields, units: dict[str, Unit]) -> list[str]:
    name, selector = rule.text("service"), rule.text("selector")
    if name:
        if name not in units:
            raise rule.error("service", f"there is no service {name} with containers")
        return [name]
    pairs = [one.partition("=") for one in selector.split(",") if one.strip()]
    if not pairs or any("!" in key or not equals for key, equals, _ in pairs):
        raise rule.error("selector", "expected service: NAME, or selector: LABEL=VALUE")
    wanted = {key.strip(): value.strip() for key, _, value in pairs}
    found = [name for name, unit in units.items() if wanted.items() <= unit.notes.items()]
    if not found:
        rule.ignore("selector", "no service of the stack has these labels")
    return found


def _plain(name: str, target: str, units: dict[str, Unit], ports: list[Obj]) -> Obj:
    own_name = f"{dns_label(name)}-{dns_label(target)}-{ports[0]['port']}"[:63].rstrip("-")
    spec = {"type": "LoadBalancer", "selector": units[target].selector, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": own_name}, "spec": spec}


def _ingress(name: str, paths: dict[str, list[Obj]]) -> Obj:
    rules = [{**({"host": host} if host else {}), "http": {"paths": entries}} for host, entries in paths.items()]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": rules},
    }
