"""Carries one call out, as its actor: reads the target, decides, and writes on the condition that nothing changed meanwhile."""

from __future__ import annotations

from typing import Any

from bouvier.client.rest import MERGE, STRATEGIC, Client
from bouvier.hooks import installing, scaling, upgrading
from bouvier.hooks.decision import CONFLICT, Change, Outcome, Step, done, refused, unchanged
from bouvier.hooks.payloads import Push
from bouvier.kinds.catalog_v1 import releases
from bouvier.kinds.hooks_v1.receivercalls import REFUSED
from bouvier.kinds.hooks_v1.receivers import INSTALL, SCALE
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, REPLICATIONCONTROLLERS, STATEFULSETS
from bouvier.meta.selectors import from_object

WORKLOADS = {(each.group, each.kind): each for each in (DEPLOYMENTS, STATEFULSETS, DAEMONSETS, REPLICATIONCONTROLLERS)}
TRIES = 8
"""Lost races after which the call is put off: a busy target changes some times a second."""
FINAL = frozenset({"Forbidden", "NotFound", "Invalid", "BadRequest", "MethodNotAllowed", "Unauthorized"})
"""Refusals that trying again cannot change."""


class Performer:
    """Carries out the calls of one receiver with one actor's client."""

    def __init__(self, client: Client, receiver: Obj, autoscaler: str = "") -> None:
        self._client = client
        self._receiver = receiver
        self._autoscaler = autoscaler
        self.touched: list[Obj] = []
        """The objects that were changed, for events."""

    async def perform(self, call: Obj) -> Outcome:
        """Carry out a call, or find out what it would do when it is a dry run.

        Raises:
            ApiError: the API cannot say yet; try again later.
        """
        action = self._receiver["spec"]["action"]
        try:
            if action == SCALE:
                return await self._scale(call)
            return await (self._install(call) if action == INSTALL else self._upgrade(call))
        except ApiError as error:
            if error.reason not in FINAL:
                raise
            return refused(error.message, error.code)

    async def _scale(self, call: Obj) -> Outcome:
        target = self._receiver["spec"]["target"]
        resource = _resource(target)
        step = await self._change(
            resource,
            target["name"],
            call,
            MERGE,
            lambda live: scaling.plan(self._receiver, name_of(call), live, self._autoscaler),
        )
        if isinstance(step, Outcome):
            return step
        change = step.change
        return done(f"{_text(change)}: {change.before} -> {change.after} replicas", [change])

    async def _upgrade(self, call: Obj) -> Outcome:
        pushes = [Push(p["repository"], p["tag"], p.get("digest", "")) for p in call["spec"].get("pushes") or ()]
        chosen = upgrading.chosen(self._receiver, pushes)
        if not chosen:
            named = ", ".join(f"{push.repository}:{push.tag}" for push in pushes) or "no image"
            return unchanged(f"the hook does not ask for {named} (spec.upgrade of the hook)")
        changes: list[Change] = []
        reasons: list[Outcome] = []
        for resource, name in await self._targets():
            step = await self._change(
                resource,
                name,
                call,
                STRATEGIC,
                lambda live: upgrading.plan(self._receiver, name_of(call), live, chosen),
            )
            if isinstance(step, Outcome):
                reasons.append(step)
            else:
                changes.append(step.change)
        return _summary(changes, reasons)

    async def _targets(self) -> list[tuple[Resource, str]]:
        spec, namespace = self._receiver["spec"], namespace_of(self._receiver)
        if "target" in spec:
            return [(_resource(spec["target"]), spec["target"]["name"])]
        selector = str(from_object(spec["selector"]))
        found = []
        for resource in (DEPLOYMENTS, STATEFULSETS, DAEMONSETS):
            listed = await self._client.list_all(resource, namespace, label_selector=selector)
            found += [(resource, name_of(each)) for each in listed.items]
        return found

    async def _change(self, resource: Resource, name: str, call: Obj, kind: str, plan: Any) -> Step | Outcome:
        """Plan and patch until no write of others comes between."""
        namespace = namespace_of(self._receiver)
        for _ in range(TRIES):
            live = await self._client.get(resource, name, namespace)
            live |= {"apiVersion": resource.api_version, "kind": resource.kind}
            step: Step | Outcome = plan(live)
            if isinstance(step, Outcome) or step.is_made or call["spec"].get("dryRun"):
                return step
            try:
                changed = await self._client.patch(resource, name, step.patch, namespace=namespace, kind=kind)
            except ApiError as error:
                if error.reason != "Conflict":
                    raise
                continue
            self.touched.append(changed)
            return step
        raise ApiError("Conflict", f"{resource.kind.lower()}/{name} changes too often just now")

    async def _install(self, call: Obj) -> Outcome:
        wanted = installing.release(self._receiver, name_of(call))
        name, namespace = name_of(wanted), namespace_of(wanted)
        change = Change(
            "Release", name, "", f"{wanted['spec']['catalog']}/{wanted['spec']['entry']}", "catalog.bouvier.io/v1"
        )
        label = f"{installing.RECEIVER_LABEL}={name_of(self._receiver)}"
        present = (await self._client.list_all(releases.RESOURCE, namespace, label_selector=label)).items
        mine = next((each for each in present if name_of(each) == name), None)
        if mine is not None:
            if annotations_of(mine).get(installing.CALL_ANNOTATION) == name_of(call):
                return done(f"release/{name} was started", [change])
            return unchanged(f"release/{name} is there already")
        most = self._receiver["spec"]["install"]["most"]
        if len(present) >= most:
            return refused(f"there are {len(present)} releases of this hook already (spec.install.most: {most})")
        if call["spec"].get("dryRun"):
            return done(f"release/{name} would be started", [change])
        try:
            self.touched.append(await self._client.create(releases.RESOURCE, wanted))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            return refused(f"release/{name} exists and was not made by this hook: name another one", CONFLICT)
        return done(f"release/{name} was started", [change])


def _resource(target: Obj) -> Resource:
    return WORKLOADS[split_api_version(target.get("apiVersion") or "apps/v1")[0], target["kind"]]


def _text(change: Change) -> str:
    return f"{change.kind.lower()}/{change.name}"


def _summary(changes: list[Change], reasons: list[Outcome]) -> Outcome:
    if changes:
        return done("; ".join(f"{_text(one)}: {one.before} -> {one.after}" for one in changes), changes)
    refusals = [one for one in reasons if one.result == REFUSED]
    if refusals:
        return refused("; ".join(one.message for one in refusals))
    return unchanged("; ".join(one.message for one in reasons) or "no workload has the labels of the hook's selector")
