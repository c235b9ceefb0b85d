"""The Route controller: says who holds a host name, and why a route is not served.

The oldest route of a host and path holds it, whatever its namespace; younger ones are told so.
"""

from __future__ import annotations

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import ROUTES
from bouvier.util.clock import now_text

ROUTER = "default"


class RouteController:
    """Writes the status of Routes."""

    name = "route"
    workers = 1
    reads = (ROUTES,)
    writes = (ROUTES,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch routes; a change of one may free a host for another."""
        self._queue = queue
        self._routes: Informer = informers.informer(ROUTES)
        self._routes.add_handler(self._changed)

    def _changed(self, _type: str, old: Obj | None, new: Obj) -> None:
        for route in (old, new):
            if route is not None:
                for other in self._routes.items():
                    if site_of(other) == site_of(route):
                        self._queue.add(key_of(other))
        self._queue.add(key_of(new))

    async def reconcile(self, key: str) -> None:
        """Report one route."""
        route = self._routes.get(key)
        if route is None or is_deleting(route):
            return
        ingress = _ingress(route, holder_of(site_of(route), self._routes.items()))
        present = (route.get("status") or {}).get("ingress") or []
        if [_judged(one) for one in present] != [_judged(ingress)]:
            body = {"metadata": {"uid": uid_of(route)}, "status": {"ingress": [ingress]}}
            await self._client.patch(ROUTES, name_of(route), body, namespace=namespace_of(route), subresource="status")


def site_of(route: Obj) -> tuple[str, str]:
    """Return host and path."""
    spec = route.get("spec") or {}
    return str(spec.get("host") or ""), str(spec.get("path") or "").rstrip("/")


def holder_of(site: tuple[str, str], routes: list[Obj]) -> Obj:
    """Return the route that is served for a host and path: the oldest one."""
    asking = [route for route in routes if site_of(route) == site and not is_deleting(route)]
    return min(asking, key=lambda one: (one["metadata"].get("creationTimestamp") or "", key_of(one)))


def _ingress(route: Obj, holder: Obj) -> Obj:
    condition = {"type": "Admitted", "status": "True", "lastTransitionTime": now_text()}
    if uid_of(holder) != uid_of(route):
        message = f"route {name_of(holder)} already exposes {site_of(route)[0]}{site_of(route)[1]} and is older"
        condition |= {"status": "False", "reason": "HostAlreadyClaimed", "message": message}
    return {
        "host": site_of(route)[0],
        "routerName": ROUTER,
        "wildcardPolicy": route["spec"].get("wildcardPolicy", "None"),
        "conditions": [condition],
    }


def _judged(ingress: Obj) -> tuple[object, ...]:
    condition = (ingress.get("conditions") or [{}])[0]
    return ingress.get("host"), condition.get("status"), condition.get("message")
