"""Health: `/livez`, `/readyz` and the older `/healthz`, as a whole, check by check (`?verbose`), or one check by its path.

Source: https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bouvier.apiserver.request import Request, Response
from bouvier.apiserver.routing import not_found_path

log = structlog.get_logger(__name__)

PATHS = ("/healthz", "/livez", "/readyz")
TEXT = "text/plain; charset=utf-8"
CHECK_SECONDS = 2.0
"""A store that takes longer to answer is not well."""

_STARTED = (
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/start-kube-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-status-available-controller",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
)
"""Steps of a start that tools ask for by name. Here they are done, all of them, once the server is ready."""

Check = Callable[[], Awaitable[None]]


class Health:
    """Answers the health paths."""

    def __init__(self, store: Check) -> None:
        self._store = store
        """Asks the store for something. Raises: OSError when it does not answer."""
        self.is_ready = False
        """Whether everything is loaded that requests need."""

    async def answer(self, request: Request, path: str) -> Response:
        """Return whether this server is well.

        Raises:
            ApiError: NotFound for a check that does not exist.

        """
        name, _, one = path[1:].partition("/")
        checks = self._checks(name)
        if one and one not in checks:
            raise not_found_path()
        excluded = request.query_list("exclude") if request.query_text else []
        chosen = {one: checks[one]} if one else checks
        lines, failed = [], False
        for check in chosen:
            if check in excluded:
                lines.append(f"[+]{check} excluded: ok")
                continue
            is_well = await _is_well(check, chosen[check])
            lines.append(f"[+]{check} ok" if is_well else f"[-]{check} failed: reason withheld")
            failed = failed or not is_well
        if failed:
            return Response(500, "\n".join([*lines, f"{name} check failed", ""]).encode(), TEXT)
        if one or not request.flag("verbose"):
            return Response(200, b"ok", TEXT)
        return Response(200, "\n".join([*lines, f"{name} check passed", ""]).encode(), TEXT)

    def _checks(self, name: str) -> dict[str, Check]:
        checks = {"ping": _nothing, "log": _nothing, "etcd": self._store}
        checks |= dict.fromkeys(_STARTED, self._loaded)
        return checks | {"informer-sync": self._loaded} if name == "readyz" else checks

    async def _loaded(self) -> None:
        if not self.is_ready:
            raise ConnectionError("the cache is being filled")


async def _nothing() -> None:
    """Be there."""


async def _is_well(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except (OSError, TimeoutError) as error:
        log.warning("health check failed", check=name, why=str(error))
        return False
    return True
