"""A release's spec into a revision, checked to the last object before anything is changed.

Package, answers, templates, kinds, ownership, and a dry run of every object: whatever fails is a `Refused`, and nothing has
happened.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bouvier.catalog.compose import ComposeError, ComposeObjects, ComposeRenderer, ComposeRequest
from bouvier.catalog.entries import COMPOSE
from bouvier.catalog.helm.manifests import Hook, Manifest
from bouvier.catalog.helm.record import chart_record
from bouvier.catalog.questions import SECRET_TYPES
from bouvier.catalog.releases.answers import checked_values
from bouvier.catalog.releases.cluster import FINAL_REASONS, Cluster, scopes_of
from bouvier.catalog.releases.names import marked, owner_key
from bouvier.catalog.releases.packages import Chosen, Packages
from bouvier.catalog.releases.plan import Refused, current, latest, next_action, rollback_target
from bouvier.catalog.releases.references import resolve_references
from bouvier.catalog.releases.revisions import PENDING, HookRun, Revision, TooLargeError, encode
from bouvier.catalog.rendering.process import RenderError, run_worker
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, controller_of, name_of, namespace_of

MOST_ERRORS = 20


@dataclass(slots=True)
class Checked:
    """An object of a revision beside what is there."""

    obj: Obj
    live: Obj | None
    merged: Obj | None
    """What applying it would give; None when that cannot be known before its namespace or kind exists."""


@dataclass(slots=True)
class Prepared:
    """A revision that may be carried out."""

    revision: Revision
    checked: list[Checked] = field(default_factory=list)
    images: tuple[str, ...] = ()


class Maker:
    """Makes revisions of releases."""

    def __init__(self, packages: Packages, renderer: ComposeRenderer) -> None:
        self._packages, self._renderer = packages, renderer

    async def make(
        self, cluster: Cluster, namespace: str, name: str, spec: dict[str, Any], revisions: Sequence[Revision]
    ) -> Prepared:
        """Return the next revision.

        Raises:
            Refused: there can be none as the spec stands.
        """
        try:
            return await self._made(cluster, namespace, name, spec, revisions)
        except ApiError as error:
            if error.reason not in FINAL_REASONS:
                raise
            raise Refused(error.reason, [error.message]) from None

    async def _made(
        self, cluster: Cluster, namespace: str, name: str, spec: dict[str, Any], revisions: Sequence[Revision]
    ) -> Prepared:
        newest = latest(revisions)
        number = newest.number + 1 if newest else 1
        action = next_action(spec, revisions)
        images: tuple[str, ...] = ()
        if action == "rollback":
            revision = _returned(rollback_target(revisions, spec["rollbackTo"]), number)
        else:
            revision = Revision(name, namespace, number, "", spec=spec)
            images = await self._rendered(cluster, revision, current(revisions))
        revision.action, revision.status = action, PENDING[action]
        revision.first_deployed = next((one.first_deployed for one in revisions if one.first_deployed), "")
        prepared = Prepared(revision, await _check(cluster, revision), images)
        try:
            encode(revision)
        except TooLargeError as error:
            raise Refused("TooLarge", [str(error)]) from None
        return prepared

    async def _rendered(self, cluster: Cluster, revision: Revision, before: Revision | None) -> tuple[str, ...]:
        """Fill a revision that has a spec; return the images that it needs."""
        namespace, name, spec = revision.namespace, revision.name, revision.spec
        chosen = await self._packages.choose(spec, before.version if before else "")
        revision.values = checked_values(chosen.package, spec.get("values") or {}, before.values if before else ())
        revision.hidden = [one.variable for one in chosen.package.questions if one.type in SECRET_TYPES]
        await resolve_references(cluster, chosen.package, revision.values, namespace)
        revision.spec = _remembered(spec, chosen)
        try:
            await self._render(cluster, chosen, revision, before)
        except RenderError as error:
            raise Refused({"values": "InvalidValues"}.get(error.kind, "InvalidTemplate"), error.errors) from None
        coming = scopes_of([*revision.crds, *revision.objects])
        revision.take_objects(
            [marked(await cluster.placed(obj, namespace, coming), namespace, name) for obj in revision.objects]
        )
        for hook in revision.hooks:
            hook.obj = marked(await cluster.placed(hook.obj, namespace, coming), namespace, name)
        return chosen.images

    async def _render(self, cluster: Cluster, chosen: Chosen, revision: Revision, before: Revision | None) -> None:
        package = chosen.package
        capabilities = await cluster.capabilities()
        request = {
            "format": package.format,
            "name": package.name,
            "version": package.version,
            "previousVersion": before.version if before else "",
            "files": {path: base64.b64encode(content).decode() for path, content in package.files.items()},
            "values": revision.values,
            "release": {
                "name": revision.name,
                "namespace": revision.namespace,
                "revision": revision.number,
                "isUpgrade": before is not None,
            },
            "kubeVersion": capabilities.kube_version,
            "apiVersions": list(capabilities.api_versions),
        }
        answer = await run_worker(request, cluster.lookup)
        if package.format == COMPOSE:
            await self._take_compose(cluster, chosen, revision, answer)
            return
        _take_chart(revision, answer)

    async def _take_compose(self, cluster: Cluster, chosen: Chosen, revision: Revision, answer: dict[str, Any]) -> None:
        package = chosen.package
        request = ComposeRequest(
            revision.name,
            revision.namespace,
            answer["compose"],
            answer["rancherCompose"],
            {key: str(value) for key, value in revision.values.items()},
            package.files,
        )
        try:
            made = await asyncio.to_thread(self._renderer.render, request)
        except ComposeError as error:
            raise Refused("InvalidTemplate", [str(error)]) from None
        await _refuse_others(cluster, revision, made)
        revision.take_objects(list(made.objects))
        revision.ignored = list(made.ignored)
        metadata = {"name": package.name, "version": package.version, "apiVersion": "v2"}
        revision.chart = chart_record(metadata, {}, package.files)


async def _refuse_others(cluster: Cluster, revision: Revision, made: ComposeObjects) -> None:
    """Refuse a stack whose parts have names that others have in the namespace."""
    own = {(obj["kind"], name_of(obj)) for obj in made.objects}
    errors = []
    for part in made.parts:
        wanted = {**part, "metadata": part["metadata"] | {"namespace": revision.namespace}}
        live = await cluster.find(wanted)
        owner = (controller_of(live) if live else None) or {}
        if live is not None and (owner.get("kind"), owner.get("name")) not in own:
            whose = f"belongs to the {owner['kind']} {owner['name']}" if owner else "was not made by this release"
            errors.append(f"{live['kind']} {name_of(live)} exists in namespace {revision.namespace} and {whose}")
    if errors:
        raise Refused(
            "NameTaken",
            [*errors[:MOST_ERRORS], f"a namespace of its own: --namespace {revision.name} --create-namespace"],
        )


def _take_chart(revision: Revision, answer: dict[str, Any]) -> None:
    revision.take_objects([Manifest(**one).obj for one in answer["manifests"]])
    revision.crds = [Manifest(**one).obj for one in answer["crds"]]
    revision.hooks = [_hook_run(Hook(**{**one, "manifest": Manifest(**one["manifest"])})) for one in answer["hooks"]]
    revision.notes = answer["notes"]
    revision.chart = answer["chart"]


def _hook_run(hook: Hook) -> HookRun:
    return HookRun(
        hook.name,
        hook.kind,
        hook.manifest.obj,
        list(hook.events),
        hook.weight,
        list(hook.delete_policies),
        hook.manifest.source,
    )


def _remembered(spec: dict[str, Any], chosen: Chosen) -> dict[str, Any]:
    """Return the spec as a revision keeps it: without values, which stand beside it, and with the version chosen."""
    kept = {key: value for key, value in spec.items() if key not in ("values", "archive", "rollbackTo")}
    return kept | {"version": chosen.package.version}


def _returned(target: Revision, number: int) -> Revision:
    """Return a revision that is as an earlier one was."""
    hooks = [replace(hook, phase="", ran_for="", started="") for hook in target.hooks]
    return replace(target, number=number, hooks=hooks, stage="crds", description="", resource_version="")


async def _check(cluster: Cluster, revision: Revision) -> list[Checked]:
    """Compare every object with what is there, and try it without effect.

    Raises:
        Refused: some cannot be applied; all of them are named.
    """
    errors: list[str] = []
    checked: list[Checked] = []
    namespaces = {name_of(obj) for obj in revision.objects if obj["kind"] == "Namespace"}
    coming = scopes_of([*revision.crds, *revision.objects])
    for obj in revision.objects:
        live = await cluster.find(obj)
        foreign = _foreign(live, revision)
        if foreign:
            errors.append(foreign)
            continue
        if live is None and (obj["apiVersion"], obj["kind"]) in coming:
            checked.append(Checked(obj, None, None))
            continue
        try:
            checked.append(Checked(obj, live, await cluster.apply(obj, dry_run=True)))
        except ApiError as error:
            if error.reason == "NotFound" and namespace_of(obj) in namespaces:
                checked.append(Checked(obj, live, None))
            else:
                errors.append(f"{obj['kind']} {name_of(obj)}: {error.message}")
    if errors:
        raise Refused("InvalidObjects", errors[:MOST_ERRORS])
    return checked


def _foreign(live: Obj | None, revision: Revision) -> str:
    if live is None or owner_key(live) == f"{revision.namespace}/{revision.name}":
        return ""
    owner = owner_key(live)
    whose = f"belongs to the release {owner}" if owner else "was not made by this release"
    return f"{live['kind']} {name_of(live)} exists and {whose}; remove it, or choose another name for the release"
