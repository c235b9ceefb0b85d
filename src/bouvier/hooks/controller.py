"""Carries out the calls of receivers, one after another for each receiver, exactly once each.

The server writes a ReceiverCall before it answers; from then on the call is carried out whoever dies. Three writes follow
in this order, each repeatable: the target (together with the call's name in an annotation), the receiver's last call, the
call's own result. A process that starts anew finds how far its predecessor came.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.controller import Again
from bouvier.hooks import reporting
from bouvier.hooks.actors import Actor, actor_of
from bouvier.hooks.decision import FORBIDDEN, GONE, Outcome, refused
from bouvier.hooks.performing import Performer
from bouvier.hooks.secrets import path_of
from bouvier.kinds.hooks_v1 import receivercalls, receivers
from bouvier.kinds.hooks_v1.receivercalls import DONE
from bouvier.kinds.hooks_v1.receivers import SCALE
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, uid_of

AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
LOOK_SECONDS = 600.0
"""How often old calls are looked for."""


class ReceiverController:
    """Carries out calls."""

    name = "receivers"
    workers = 2
    reads: tuple[Resource, ...] = (receivers.RESOURCE, receivercalls.RESOURCE, AUTOSCALERS)
    writes: tuple[Resource, ...] = (receivers.RESOURCE, receivercalls.RESOURCE)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch receivers and calls; the key is the receiver's."""
        self._receivers: Informer = informers.informer(receivers.RESOURCE)
        self._calls: Informer = informers.informer(receivercalls.RESOURCE, indexes={"receiver": _receiver_key})
        self._autoscalers = informers.informer(AUTOSCALERS)
        self._receivers.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._calls.add_handler(lambda _type, _old, new: queue.add(_receiver_key(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Carry out what waits, tell the receiver's state, and forget old calls."""
        receiver = self._receivers.get(key)
        if receiver is None or is_deleting(receiver):
            return None
        calls = [call for call in self._calls.indexed("receiver", key) if reporting.is_of(call, receiver)]
        for call in sorted((c for c in calls if reporting.is_pending(c)), key=reporting.order):
            await self._carry_out(receiver, call)
        now = datetime.now(UTC)
        await self._tell_state(receiver, now)
        for call in reporting.forgettable(calls, now):
            await self._forget(call)
        return Again(min(LOOK_SECONDS, reporting.seconds_to_expiry(receiver, now) or LOOK_SECONDS))

    async def _carry_out(self, receiver: Obj, call: Obj) -> None:
        """Carry out one call, unless the cache lags and it has been."""
        live = await self._find(call)
        if live is None or not reporting.is_pending(live):
            return
        actor = actor_of(receiver)
        outcome = self._closed(receiver) or await self._perform(receiver, live, actor)
        if not live["spec"].get("dryRun"):
            await self._note_on_receiver(receiver, live, outcome)
        status = reporting.call_status(outcome, actor.name)
        await self._client.patch(
            receivercalls.RESOURCE,
            name_of(live),
            {"status": status},
            namespace=namespace_of(live),
            subresource="status",
        )

    def _closed(self, receiver: Obj) -> Outcome | None:
        """Return the refusal of a hook that was closed after the call came."""
        state, message = reporting.state(receiver, datetime.now(UTC))
        if state == reporting.OPEN:
            return None
        return refused(message, GONE if state == reporting.EXPIRED else FORBIDDEN)

    async def _perform(self, receiver: Obj, call: Obj, actor: Actor) -> Outcome:
        try:
            acting = self._client.acting_as(actor.name, actor.groups)
        except ValueError as error:
            return refused(f"{error}: let somebody else write the hook, or name a service account", FORBIDDEN)
        try:
            performer = Performer(acting, receiver, self._autoscaler_of(receiver))
            outcome = await performer.perform(call)
        finally:
            await acting.close()
        for obj in performer.touched:
            self._recorder.event(obj, "Normal", "ReceiverCalled", self._sentence(receiver, call, outcome))
        if not call["spec"].get("dryRun"):
            kind, reason = ("Normal", "Called") if outcome.result == DONE else ("Warning", "NotCarriedOut")
            self._recorder.event(receiver, kind, reason, f"{name_of(call)}: {outcome.message}")  # type: ignore[arg-type]
        return outcome

    def _sentence(self, receiver: Obj, call: Obj, outcome: Outcome) -> str:
        source = call["spec"].get("source") or "unknown"
        return f"hook {name_of(receiver)}, call {name_of(call)} from {source}: {outcome.message}"

    def _autoscaler_of(self, receiver: Obj) -> str:
        spec = receiver["spec"]
        if spec["action"] != SCALE:
            return ""
        wanted = (spec["target"]["kind"], spec["target"]["name"])
        for autoscaler in self._autoscalers.items(namespace_of(receiver)):
            target = autoscaler["spec"]["scaleTargetRef"]
            if (target.get("kind"), target.get("name")) == wanted:
                return name_of(autoscaler)
        return ""

    async def _note_on_receiver(self, receiver: Obj, call: Obj, outcome: Outcome) -> None:
        """Count the call, once: the receiver's last call says whether it was counted."""
        live = await self._client.get(receivers.RESOURCE, name_of(receiver), namespace_of(receiver))
        status = live.get("status") or {}
        if (status.get("lastCall") or {}).get("call") == name_of(call):
            return
        body = {
            "metadata": {"resourceVersion": live["metadata"]["resourceVersion"]},
            "status": {"calls": status.get("calls", 0) + 1, "lastCall": reporting.last_call(call, outcome)},
        }
        await self._patch_receiver(receiver, body)

    async def _tell_state(self, receiver: Obj, now: datetime) -> None:
        path = path_of(self._client.endpoint.cluster, namespace_of(receiver), name_of(receiver))
        before = receiver.get("status") or {}
        conditions = reporting.conditions(receiver, now)
        if conditions == before.get("conditions") and path == before.get("path"):
            return
        body = {"metadata": {"uid": uid_of(receiver)}, "status": {"path": path, "conditions": conditions}}
        await self._patch_receiver(receiver, body)

    async def _patch_receiver(self, receiver: Obj, body: Obj) -> None:
        await self._client.patch(
            receivers.RESOURCE, name_of(receiver), body, namespace=namespace_of(receiver), subresource="status"
        )

    async def _find(self, call: Obj) -> Obj | None:
        try:
            return await self._client.get(receivercalls.RESOURCE, name_of(call), namespace_of(call))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    async def _forget(self, call: Obj) -> None:
        try:
            await self._client.delete(receivercalls.RESOURCE, name_of(call), namespace_of(call), uid=uid_of(call))
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise


def _receiver_key(call: Obj) -> str:
    return f"{namespace_of(call)}/{call['spec'].get('receiver', '')}"
