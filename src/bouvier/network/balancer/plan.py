"""What the balancer should serve: Ingresses, Services and Secrets brought down to routes, backends and certificates. Pure.

Precedence is Kubernetes': the exact host before the wildcard before no host; the longest path first, and of the same
path the exact type before the prefix. `ImplementationSpecific` is treated as `Prefix`. Where two Ingresses name the same
host and path, the older one holds it. What cannot be served is left out and named in `problems`.

Source: networking.k8s.io/v1 Ingress.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, annotations_of, key_of, name_of, namespace_of
from bouvier.network.balancer import routes
from bouvier.network.balancer.parts import ANY_HOST, BackendRef, Route, Secured, Server, servers_of

CLASS_ANNOTATION = "kubernetes.io/ingress.class"

_HOST = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_PATH = re.compile(r"/[!-~]*")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A key pair and the host names that it is shown for."""

    name: str
    pem: str
    hosts: tuple[str, ...] = ()
    """Empty: the names in the certificate itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the balancer serves."""

    routes: tuple[Route, ...] = ()
    backends: Mapping[BackendRef, tuple[Server, ...]] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()
    default: str = ""
    """Backend for what no rule matches; empty: 404."""
    secured: tuple[Secured, ...] = ()
    """What is done with requests without TLS for backends that want it."""
    problems: tuple[str, ...] = ()

    def services(self) -> set[str]:
        """Return the keys of the Services whose changes matter."""
        return {key for ref in self.backends for key in ref.service_keys}


class Sources(NamedTuple):
    """How the plan looks things up."""

    service: Callable[[str], Obj | None]
    slices: Callable[[str], list[Obj]]
    pem: Callable[[str], str]
    """Certificate and key of a Secret, by its key; raises ValueError with the reason when there is none."""


def make_plan(
    ingresses: Iterable[Obj], sources: Sources, ingress_class: str, openshift_routes: Iterable[Obj] = ()
) -> Plan:
    """Return the plan for the Ingresses of a class (and those that name none), and for OpenShift's Routes."""
    building = _Building(sources)
    for route in sorted(openshift_routes, key=_age):
        building.add_route(route)
    for ingress in sorted(ingresses, key=_age):
        if is_ours(ingress, ingress_class):
            building.add(ingress)
    return building.plan()


def is_ours(ingress: Obj, ingress_class: str) -> bool:
    """Tell whether an Ingress is ours to serve."""
    named = ingress.get("spec", {}).get("ingressClassName") or annotations_of(ingress).get(CLASS_ANNOTATION)
    return named in {None, "", ingress_class}


class _Building:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._routes: dict[tuple[str, str, bool], Route] = {}
        self._backends: dict[BackendRef, tuple[Server, ...]] = {}
        self._hosts_of: dict[str, list[str]] = {}
        self._default = ""
        self._secured: list[Secured] = []
        self._own_certificates: list[Certificate] = []
        self._problems: list[str] = []

    def plan(self) -> Plan:
        """Return what was gathered."""
        return Plan(
            routes=tuple(sorted(self._routes.values())),
            backends={ref: self._backends[ref] for ref in sorted(self._backends)},
            certificates=(*self._own_certificates, *self._certificates()),
            default=self._default,
            secured=tuple(sorted(self._secured)),
            problems=tuple(self._problems),
        )

    def add(self, ingress: Obj) -> None:
        """Take in one Ingress; older ones came before."""
        spec = ingress.get("spec") or {}
        if spec.get("defaultBackend") and not self._default:
            self._default = self._backend(ingress, spec["defaultBackend"], "spec.defaultBackend") or ""
        for index, rule in enumerate(spec.get("rules") or ()):
            site = (rule.get("host") or ANY_HOST).lower()
            if site != ANY_HOST and not _HOST.fullmatch(site):
                self._problem(ingress, f"spec.rules[{index}].host: {site!r} is not a host name")
                continue
            for number, path in enumerate((rule.get("http") or {}).get("paths") or ()):
                self._add_path(ingress, site, path, f"spec.rules[{index}].http.paths[{number}]")
        for tls in spec.get("tls") or ():
            if tls.get("secretName"):
                key = f"{namespace_of(ingress)}/{tls['secretName']}"
                hosts = [host.lower() for host in tls.get("hosts") or () if _HOST.fullmatch(host.lower())]
                self._hosts_of.setdefault(key, []).extend(hosts)

    def add_route(self, route: Obj) -> None:
        """Take in one Route; older ones came before."""
        spec = route.get("spec") or {}
        site, path = str(spec.get("host") or "").lower(), str(spec.get("path") or "").rstrip("/")
        if not _HOST.fullmatch(site) or not _PATH.fullmatch(path or "/"):
            self._problems.append(f"Route {key_of(route)}: {site}{path} cannot be served")
            return
        if (site, path, False) in self._routes:
            return
        planned = routes.plan_route(route, self._sources.service, self._sources.slices)
        self._problems += planned.problems
        self._backends[planned.ref] = planned.servers
        self._routes[site, path, False] = Route(site, path, is_exact=False, backend=planned.ref.name)
        if planned.secured is not None:
            self._secured.append(planned.secured)
        if planned.pem:
            self._own_certificates.append(Certificate(f"route.{planned.ref.name}", planned.pem, (site,)))

    def _add_path(self, ingress: Obj, site: str, path: dict[str, Any], field: str) -> None:
        text = path.get("path") or "/"
        if not _PATH.fullmatch(text):
            self._problem(ingress, f"{field}.path: {text!r} has characters that must be percent-encoded")
            return
        backend = self._backend(ingress, path.get("backend") or {}, f"{field}.backend")
        if backend is None:
            return
        is_exact = path.get("pathType") == "Exact"
        trimmed = text if is_exact else text.rstrip("/")
        route = Route(site, trimmed, is_exact, backend)
        self._routes.setdefault((site, trimmed, is_exact), route)

    def _backend(self, ingress: Obj, backend: dict[str, Any], field: str) -> str | None:
        wanted = backend.get("service")
        if not wanted:
            self._problem(ingress, f"{field}: only Services can be served, not other resources")
            return None
        number, port = wanted.get("port", {}).get("number"), wanted.get("port", {})
        service = self._sources.service(f"{namespace_of(ingress)}/{wanted['name']}")
        found = _port(service, port) if service else None
        if service is None:
            self._problem(ingress, f'{field}.service.name: there is no Service "{wanted["name"]}"')
        elif found is None:
            label = port.get("name") or number
            self._problem(ingress, f'{field}.service.port: Service "{wanted["name"]}" has no port {label}')
        ref = BackendRef(namespace_of(ingress), wanted["name"], found["port"] if found else number or 0)
        slices = self._sources.slices(f"{ref.namespace}/{ref.service}")
        self._backends[ref] = servers_of(slices, found) if service and found else ()
        return ref.name

    def _certificates(self) -> Iterable[Certificate]:
        for key in sorted(self._hosts_of):
            try:
                pem = self._sources.pem(key)
            except ValueError as error:
                self._problems.append(f"Secret {key}: {error}")
                continue
            hosts = tuple(dict.fromkeys(self._hosts_of[key]))
            yield Certificate(key.replace("/", "."), pem, hosts)

    def _problem(self, ingress: Obj, text: str) -> None:
        self._problems.append(f"Ingress {key_of(ingress)}: {text}")


def _port(service: Obj, wanted: dict[str, Any]) -> dict[str, Any] | None:
    for port in service["spec"].get("ports") or ():
        if wanted.get("name"):
            if port.get("name") == wanted["name"]:
                return dict(port)
        elif port["port"] == wanted.get("number"):
            return dict(port)
    return None


def _age(ingress: Obj) -> tuple[str, str, str]:
    return ingress["metadata"].get("creationTimestamp") or "", namespace_of(ingress), name_of(ingress)
