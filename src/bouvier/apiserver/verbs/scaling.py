"""The `scale` subresource: the replica count of a workload, without the rest of it."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import reading
from bouvier.apiserver.verbs.answers import render_part
from bouvier.apiserver.verbs.connecting import judge_part
from bouvier.apiserver.verbs.updating import change_object, check_name
from bouvier.apiserver.wire import bodies
from bouvier.kinds import schemas
from bouvier.kinds.columns import AGE, NAME, number
from bouvier.kinds.decoding import check_value
from bouvier.kinds.kind import Kind
from bouvier.kinds.scales import value_at
from bouvier.meta.errors import ApiError, bad_request, conflict, invalid, invalid_object, modified
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj
from bouvier.meta.patches.apply import apply
from bouvier.meta.patches.json import json_patch
from bouvier.meta.patches.merge import merge_patch
from bouvier.meta.selectors import from_object
from bouvier.util.clock import now_text

SCALE_VERSION = "autoscaling/v1"
_SHOWN = Kind(
    resource=Resource("autoscaling", "v1", "scales", "Scale"),
    singular="scale",
    definition="io.k8s.api.autoscaling.v1.Scale",
    columns=(
        NAME,
        number("Desired", "spec", "replicas"),
        number("Available", "status", "replicas"),
        AGE,
    ),
)
"""What a table shows of a scale."""


async def get_scale(call: Call) -> Response:
    """Answer with the scale of the named workload."""
    return _answer(call, reading.find(call))


async def update_scale(call: Call) -> Response:
    """Set the replica count from a Scale object."""
    content_type = call.request.headers.get("Content-Type", "application/json")
    body = await call.request.read()
    scale = bodies.decode_object(content_type, body, ("autoscaling/v1", "Scale")).obj
    return _answer(call, await _set(call, lambda _old: scale))


async def patch_scale(call: Call) -> Response:
    """Change the replica count by a patch of the Scale object, or apply it."""
    content_type = call.request.headers.get("Content-Type", "")
    media = bodies.media_type(content_type)
    document = bodies.decode_patch(content_type, await call.request.read()).obj
    if media == bodies.APPLY_PATCH:
        return _answer(call, await _apply(call, document))
    transform = json_patch if media == bodies.JSON_PATCH else merge_patch
    return _answer(call, await _set(call, lambda old: transform(old, document)))


def _answer(call: Call, entry: Entry) -> Response:
    return render_part(call, _SHOWN, scale_of(call, entry), entry.revision)


async def _apply(call: Call, scale: Obj) -> Entry:
    """Apply a Scale: its replica count is a field of the workload, owned through this subresource.

    Raises:
        ApiError: NotFound, BadRequest, Conflict with the managers of the count.

    """
    if (scale.get("apiVersion"), scale.get("kind")) != (SCALE_VERSION, "Scale"):
        raise bad_request(f"the object provided does not match the expected kind ({SCALE_VERSION}, Kind=Scale)")
    resource, metadata = call.kind.resource, scale.get("metadata") or {}
    kept = {field: metadata[field] for field in ("resourceVersion", "uid") if metadata.get(field)}
    applied: Obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": kept}
    replicas = (scale.get("spec") or {}).get("replicas")
    if replicas is not None:
        _write_replicas(call, applied, replicas)
    before = scale_of(call, reading.find(call))
    after = before | {"spec": {"replicas": before["spec"]["replicas"] if replicas is None else replicas}}
    await judge_part(call, "update", after, before, dry_run=call.is_dry_run)

    def merged(old: Obj) -> Obj:
        return apply(
            old,
            applied,
            call.request.query["fieldManager"],
            schemas.structure(call.kind),
            api_version=resource.api_version,
            now=now_text(),
            force=call.request.flag("force"),
            subresource="scale",
        )

    return await change_object(_whole(call), merged, record=False, is_pure=True)


def _whole(call: Call) -> Call:
    """Return the call for the workload itself."""
    return Call(call.context, call.request, call.kind, call.target._replace(subresource=""))


async def _set(call: Call, change: Any) -> Entry:
    parent = _whole(call)
    entry = reading.find(call)

    def replaced(old: Obj) -> Obj:
        scale = change(scale_of(call, entry))
        metadata = scale.get("metadata") or {}
        if metadata.get("resourceVersion") and metadata["resourceVersion"] != old["metadata"]["resourceVersion"]:
            raise modified(call.group_resource, call.target.name)
        if metadata.get("uid") and metadata["uid"] != old["metadata"]["uid"]:
            uids = f"UID in precondition: {metadata['uid']}, UID in object meta: {old['metadata']['uid']}"
            raise conflict(call.group_resource, call.target.name, f"Precondition failed: {uids}")
        _write_replicas(call, old, (scale.get("spec") or {}).get("replicas", 0))
        return old

    before = scale_of(call, entry)
    after = change(before)
    _check_scale(call, after)
    await judge_part(call, "update", after, before, dry_run=call.is_dry_run)
    return await change_object(parent, replaced, recorded_as="scale")


def _check_scale(call: Call, scale: Obj) -> None:
    """Refuse what is no Scale, or the Scale of another object.

    Raises:
        ApiError: BadRequest.

    """
    api_version, kind = str(scale.get("apiVersion") or ""), str(scale.get("kind") or "")
    version = split_api_version(api_version)[1]
    why = check_value(_SHOWN.definition, scale).malformed
    if (api_version, kind) != (SCALE_VERSION, "Scale"):
        why = f"converting ({version}.{kind}) to (autoscaling.Scale): unknown conversion"
    if why:
        raise bad_request(f'{kind} in version "{version}" cannot be handled as a Scale: {why}')
    check_name(call, {"metadata": scale.get("metadata") or {}})


def _write_replicas(call: Call, obj: Obj, replicas: Any) -> None:
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        error = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid_object("autoscaling", "Scale", call.target.name, [error])
    *parents, last = _path(call, "specReplicasPath", "spec.replicas")
    place = obj
    for field in parents:
        place = place.setdefault(field, {})
    place[last] = replicas


def scale_of(call: Call, entry: Entry) -> Obj:
    """Return the Scale object of a workload.

    Raises:
        ApiError: InternalError for a custom object without a number of replicas.

    """
    obj = entry.decode()
    wanted = call.kind.scale_paths.get("specReplicasPath", "")
    if wanted and value_at(obj, wanted) is None:
        why = f'the spec replicas field "{wanted}" does not exist'
        raise ApiError("InternalError", f"Internal error occurred: {why}", details={"causes": [{"message": why}]})
    metadata = {k: obj["metadata"][k] for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    status: dict[str, Any] = {"replicas": _read(obj, _path(call, "statusReplicasPath", "status.replicas")) or 0}
    selector = _selector_text(call, obj)
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": SCALE_VERSION,
        "metadata": metadata,
        "spec": {"replicas": _read(obj, _path(call, "specReplicasPath", "spec.replicas")) or 0},
        "status": status,
    }


def _path(call: Call, setting: str, usual: str) -> list[str]:
    """Return where a number of the scale stands in the object; custom kinds say it themselves."""
    return call.kind.scale_paths.get(setting, usual).lstrip(".").split(".")


def _read(obj: Obj, path: list[str]) -> Any:
    value: Any = obj
    for field in path:
        value = value.get(field) if isinstance(value, dict) else None
    return value


def _selector_text(call: Call, obj: Obj) -> str:
    selector = _read(obj, _path(call, "labelSelectorPath", "spec.selector"))
    if isinstance(selector, str):
        return selector
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" in selector or "matchExpressions" in selector:
        return str(from_object(selector))
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
