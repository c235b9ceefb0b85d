"""The Stack controller: applies the next step of each stack and reports how far it is.

Children are written by server-side apply, owned by the Stack, and never taken from another owner. What the texts ask for
is computed anew after each change, so a restart continues in the middle of an upgrade. An upgrade whose service asks for
it (`failure_action: rollback`) returns to the last complete revision when it fails.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import APPLY, MERGE, Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.errors import Temporary
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, controller_of, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, STORAGECLASSES
from bouvier.stacks import revisions
from bouvier.stacks.build import StackPlan, plan_of, source_of
from bouvier.stacks.errors import StackError
from bouvier.stacks.resource import CHILDREN, MANAGER, STACK_LABEL, STACKS
from bouvier.stacks.rollout import Step, next_step
from bouvier.stacks.status import refused, status_of


class StackController:
    """Makes the objects of stacks, service after service."""

    name = "stack"
    workers = 2
    reads = (STACKS, PERSISTENTVOLUMECLAIMS, STORAGECLASSES, *CHILDREN.values())
    writes = (STACKS, PERSISTENTVOLUMECLAIMS, STORAGECLASSES, *CHILDREN.values())

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._children: dict[str, Informer] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch stacks, and those objects that carry a stack's label."""
        self._queue = queue
        self._stacks: Informer = informers.informer(STACKS)
        self._stacks.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._claims: Informer = informers.informer(PERSISTENTVOLUMECLAIMS)
        self._classes: Informer = informers.informer(STORAGECLASSES)
        for kind, resource in CHILDREN.items():
            self._children[kind] = informers.informer(resource, label_selector=STACK_LABEL)
            self._children[kind].add_handler(self._child_changed)

    async def reconcile(self, key: str) -> None:
        """Take the next step of one stack."""
        stack = self._stacks.get(key)
        if stack is None or is_deleting(stack):
            return
        stack = {"apiVersion": STACKS.api_version, "kind": STACKS.kind, **stack}
        history = self._history(stack)
        try:
            plan = self._plan(stack, history)
        except ValueError as error:
            self._recorder.event(stack, "Warning", "Refused", str(error))
            await self._report(stack, refused(stack, str(error), datetime.now(UTC)))
            return
        number = await self._remember(stack, history)
        await self._keep(stack, plan)
        step = next_step(stack, plan, self._live(stack))
        if await self._gave_up(stack, plan, step, history):
            return
        try:
            await self._perform(stack, step)
        except ApiError as error:
            if error.reason in ("Invalid", "BadRequest", "Forbidden"):
                self._recorder.event(stack, "Warning", "Refused", error.message)
                await self._report(stack, refused(stack, error.message, datetime.now(UTC)))
            raise
        await self._report(stack, status_of(stack, plan, step, number, datetime.now(UTC)))

    def _plan(self, stack: Obj, history: list[revisions.Revision]) -> StackPlan:
        plan = plan_of(name_of(stack), source_of(stack["spec"]))
        for service, number in (stack["spec"].get("pinned") or {}).items():
            revision = revisions.choose(history, 0, number)
            earlier = plan_of(name_of(stack), source_of(revision.spec))
            if service not in earlier.services or service not in plan.services:
                raise StackError(f"revision {number} and the present one do not both have a service {service}")
            plan.services[service].workload = earlier.services[service].workload
        return plan

    def _live(self, stack: Obj) -> list[Obj]:
        """Return the children, without the history; lists leave the kind out, so it is written in."""
        uid = uid_of(stack)
        return [
            {**obj, "apiVersion": CHILDREN[kind].api_version, "kind": kind}
            for kind, cache in self._children.items()
            for obj in cache.items(namespace_of(stack))
            if (controller_of(obj) or {}).get("uid") == uid and obj.get("type") != revisions.REVISION_TYPE
        ]

    def _history(self, stack: Obj) -> list[revisions.Revision]:
        uid = uid_of(stack)
        secrets = self._children["Secret"].items(namespace_of(stack))
        return revisions.read([one for one in secrets if (controller_of(one) or {}).get("uid") == uid], name_of(stack))

    async def _remember(self, stack: Obj, history: list[revisions.Revision]) -> int:
        """Keep the present content as the newest revision, and return its number."""
        newest, wanted = history[-1] if history else None, revisions.name_for(stack)
        if newest and newest.name == wanted:
            return newest.number
        number = (newest.number if newest else 0) + 1
        secret, namespace = revisions.secret_for(stack, number), namespace_of(stack)
        await self._client.patch(
            CHILDREN["Secret"], wanted, secret, namespace=namespace, kind=APPLY, manager=MANAGER, force=True
        )
        limit = stack["spec"].get("revisionHistoryLimit", 10)
        good = (stack.get("status") or {}).get("goodRevision", 0)
        for old in [one for one in history if one.name != wanted][: -(limit - 1) or None]:
            if old.number != good:
                await self._forget("Secret", old.name, namespace)
        return number

    async def _keep(self, stack: Obj, plan: StackPlan) -> None:
        """Make the storage classes and claims that are missing; the stack does not own them."""
        for obj in plan.kept:
            is_claim = obj["kind"] == PERSISTENTVOLUMECLAIMS.kind
            cache = self._claims if is_claim else self._classes
            namespace = namespace_of(stack) if is_claim else ""
            if cache.get(f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)) is not None:
                continue
            try:
                await self._client.create(cache.resource, obj, namespace=namespace)
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    raise

    async def _perform(self, stack: Obj, step: Step) -> None:
        for obj in step.apply:
            await self._apply(stack, obj)
        for obj, value in [*((one, True) for one in step.pause), *((one, None) for one in step.resume)]:
            body = {"metadata": {"uid": uid_of(obj)}, "spec": {"paused": value}}
            await self._client.patch(CHILDREN[obj["kind"]], name_of(obj), body, namespace=namespace_of(obj), kind=MERGE)
        for obj in step.remove:
            self._recorder.event(stack, "Normal", "Removed", f"{obj['kind']} {name_of(obj)} is no longer asked for")
            await self._forget(obj["kind"], name_of(obj), namespace_of(obj))

    async def _apply(self, stack: Obj, obj: Obj) -> None:
        resource, name, namespace = CHILDREN[obj["kind"]], name_of(obj), namespace_of(obj)
        try:
            there = await self._client.get(resource, name, namespace)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
        else:
            if (controller_of(there) or {}).get("uid") != uid_of(stack):
                message = f"{obj['kind']} {name} exists and does not belong to the stack {name_of(stack)}"
                advice = "rename the service, or use a namespace of its own: bouvier stack up --namespace NAME"
                raise ApiError("Invalid", f"{message}; {advice}")
            if is_deleting(there):
                raise Temporary(f"{obj['kind']} {name} is still being removed")
        await self._client.patch(resource, name, obj, namespace=namespace, kind=APPLY, manager=MANAGER, force=True)
        self._recorder.event(stack, "Normal", "Applied", f"{obj['kind']} {name}")

    async def _gave_up(self, stack: Obj, plan: StackPlan, step: Step, history: list[revisions.Revision]) -> bool:
        """Return to the last complete revision if a failed service asks for it."""
        failed = [name for name, one in step.services.items() if one.state == "failed"]
        asking = next((name for name in failed if plan.services[name].strategy.roll_back), "")
        good = (stack.get("status") or {}).get("goodRevision", 0)
        target = next((one for one in history if one.number == good), None)
        if not asking or target is None or target.name == revisions.name_for(stack):
            return False
        await self._client.update(STACKS, {**stack, "spec": revisions.restored(stack["spec"], target)})
        why = f"{asking}: {step.services[asking].message}; back to revision {good}"
        self._recorder.event(stack, "Warning", "RolledBack", why)
        return True

    async def _forget(self, kind: str, name: str, namespace: str) -> None:
        try:
            await self._client.delete(CHILDREN[kind], name, namespace, propagation="Background")
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    async def _report(self, stack: Obj, status: Obj) -> None:
        if status == (stack.get("status") or {}):
            return
        body = {"metadata": {"uid": uid_of(stack)}, "status": status}
        await self._client.patch(
            STACKS, name_of(stack), body, namespace=namespace_of(stack), kind=MERGE, subresource="status"
        )

    def _child_changed(self, _type: str, _old: Obj | None, new: Obj) -> None:
        owner = controller_of(new)
        if owner and owner["kind"] == STACKS.kind:
            self._queue.add(f"{namespace_of(new)}/{owner['name']}")
