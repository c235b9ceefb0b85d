"""ResourceQuota: refuses what a namespace has no room for.

Every accepted write is charged to `status.used` of its quotas by a conditional write before it is stored, so that writes
at the same moment, on whichever server, never share what is left. Writes that arrive together are charged together: one
write of a quota for all of them. What is charged and then not stored, and what is given back, is found by the quota's
controller, which alone lowers the numbers.
Source: Kubernetes "Admission Control", ResourceQuota.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.kind import Kind
from bouvier.kinds.usage.amounts import Amounts, add, amounts_of, texts
from bouvier.kinds.usage.objects import usage
from bouvier.kinds.usage.quotas import growth, is_about, refusal, unset
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

GROWING = {("", "services"), ("", "persistentvolumeclaims")}
"""Kinds that may come to use more when they are changed."""
CHARGED_VERBS = ("create", "update")


@dataclass(slots=True)
class Claim:
    """What one write wants of the quotas that are about it."""

    operation: Operation
    wanted: Amounts
    done: asyncio.Future[None]

    @property
    def resource(self) -> Resource:
        """Return what is written."""
        return self.operation.call.kind.resource

    def concerns(self, quota: Obj) -> bool:
        """Tell whether the quota limits something that is wanted."""
        assert self.operation.obj is not None
        return is_about(quota, self.resource, self.operation.obj, self.wanted)


@dataclass(slots=True)
class Desk:
    """Where the writes of one namespace wait; one task serves them in groups."""

    waiting: list[Claim] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Quotas:
    """The admission plug-in that charges quotas."""

    def __init__(self) -> None:
        self._desks: dict[tuple[str, str], Desk] = {}

    async def admit(self, operation: Operation) -> None:
        """Charge the write, or refuse it.

        Raises:
            ApiError: Forbidden when a quota has no room, or cannot count the object.

        """
        call, obj = operation.call, operation.obj
        is_resize = operation.subresource == "resize"
        if obj is None or (operation.subresource and not is_resize) or operation.verb not in CHARGED_VERBS:
            return
        if operation.verb == "update" and operation.resource not in GROWING and not is_resize:
            return
        quotas = _entries(call)
        if not quotas:
            return
        resource = call.kind.resource
        for entry in quotas:
            problem = unset(entry.decode(), resource, obj)
            if problem:
                raise forbidden(operation, problem)
        before = usage(resource, operation.old) if operation.old else {}
        wanted = growth(usage(resource, obj), before)
        if wanted:
            await self._queue(operation, wanted)

    async def _queue(self, operation: Operation, wanted: Amounts) -> None:
        """Wait until the claim is charged or refused."""
        call = operation.call
        desk = self._desks.setdefault((call.cluster, call.target.namespace), Desk())
        claim = Claim(operation, wanted, asyncio.get_running_loop().create_future())
        desk.waiting.append(claim)
        if desk.task is None:
            desk.task = asyncio.create_task(self._serve(call, desk), name=f"quotas of {call.target.namespace}")
        await claim.done

    async def _serve(self, call: Call, desk: Desk) -> None:
        context, cluster, namespace = call.context, call.cluster, call.target.namespace
        try:
            while desk.waiting:
                group, desk.waiting = desk.waiting, []
                try:
                    await _charge(context, cluster, namespace, group)
                except Exception as error:  # the writes are told; the desk goes on
                    _settle(group, error)
                _settle(group, None)
        finally:
            desk.task = None
            self._desks.pop((cluster, namespace), None)


def _settle(group: list[Claim], error: Exception | None) -> None:
    for claim in group:
        if claim.done.done():
            continue
        if error is None:
            claim.done.set_result(None)
        else:
            claim.done.set_exception(error)


async def _charge(context: Context, cluster: str, namespace: str, group: list[Claim]) -> None:
    """Charge every quota of the namespace for the claims that all quotas have room for."""
    kind = context.kinds.find(cluster, "", "v1", "resourcequotas")
    assert kind is not None
    cache = context.hub.resource(cluster, "", "resourcequotas")
    quotas = [entry.decode() for entry in cache.in_namespace(namespace)]
    _refuse(quotas, [claim for claim in group if not claim.done.done()])
    for quota in quotas:
        mine = [claim for claim in group if not claim.done.done() and claim.concerns(quota)]
        if any(not claim.operation.dry_run for claim in mine):
            await _write(_status_call(context, cluster, kind, quota), mine)


async def _write(call: Call, claims: list[Claim]) -> None:
    """Charge one quota; one that was deleted meanwhile limits nothing."""
    try:
        await change_object(call, _charger(claims), record=False)
    except ApiError as error:
        if error.reason != "NotFound":
            raise


def _refuse(quotas: list[Obj], claims: list[Claim]) -> None:
    """Refuse the claims for which a quota has no room beside those before them."""
    used = [amounts_of((quota.get("status") or {}).get("used")) for quota in quotas]
    for claim in claims:
        concerned = [number for number, quota in enumerate(quotas) if claim.concerns(quota)]
        problems = (refusal(quotas[number], claim.wanted, used[number]) for number in concerned)
        problem = next((text for text in problems if text), "")
        if problem:
            claim.done.set_exception(forbidden(claim.operation, problem))
            continue
        for number in concerned if not claim.operation.dry_run else ():
            add(used[number], claim.wanted)


def _charger(claims: list[Claim]) -> Callable[[Obj], Obj]:
    """Return the change that adds the claims to `status.used`, judged anew on the newest state of the quota."""

    def charged(current: Obj) -> Obj:
        used = amounts_of((current.get("status") or {}).get("used"))
        for claim in claims:
            if claim.done.done():
                continue
            problem = refusal(current, claim.wanted, used)
            if problem:
                claim.done.set_exception(forbidden(claim.operation, problem))
            elif not claim.operation.dry_run:
                add(used, {name: amount for name, amount in claim.wanted.items() if name in used})
        current.setdefault("status", {})["used"] = texts(used)
        return current

    return charged


def _status_call(context: Context, cluster: str, kind: Kind, quota: Obj) -> Call:
    resource = kind.resource
    target = Target(
        resource.group, resource.version, resource.plural, quota["metadata"]["namespace"], name_of(quota), "status", ""
    )
    return Call(context, internal_request(cluster, SELF), kind, target)


def _entries(call: Call) -> list[Entry]:
    cache = call.context.hub.resource(call.cluster, "", "resourcequotas")
    return list(cache.in_namespace(call.target.namespace)) if cache.entries else []
