"""Ingresses and their sources for the tests of the balancer."""

from typing import Any

from bouvier.meta.objects import Obj
from bouvier.network.balancer.plan import Plan, Sources, make_plan
from tests.unit.network.making import endpoint, endpoint_slice, service


def rule(host: str, path: str, target: str, kind: str = "Prefix") -> Obj:
    backend = {"service": {"name": target, "port": {"number": 80}}}
    return {"host": host, "http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}


def ingress(name: str, *rules: Obj, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Obj:
    metadata = {"name": name, "namespace": "default", "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"rules": list(rules)} | spec}


def plan_of(*ingresses: Obj, ready: int = 2) -> Plan:
    """Return the plan where there are Services `web` and `api`; `web` has some endpoints."""
    services = {f"default/{name}": service(name) for name in ("web", "api")}
    piece = endpoint_slice("web", *(endpoint(f"10.42.0.{n + 2}") for n in range(ready)))

    def pem(key: str) -> str:
        if key != "default/good":
            raise ValueError("it has no tls.crt")
        return "PEM\n"

    sources = Sources(services.get, lambda key: [piece] if key == "default/web" else [], pem)
    return make_plan(ingresses, sources, "bouvier")
