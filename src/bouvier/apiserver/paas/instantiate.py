"""`buildconfigs/NAME/instantiate` and `builds/NAME/clone`: the one way in which Builds come to be.

The Build is stored first, under a name that follows from its number, and the number is counted after it: whoever finds
the name taken counts on and tries the next one. So a crash in between loses no Build and uses no number twice.
"""

from __future__ import annotations

from functools import partial

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.paas.calls import internal_call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import reading
from bouvier.apiserver.verbs.answers import render_object
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.updating import change_object
from bouvier.apiserver.wire import bodies
from bouvier.kinds.build_v1.generating import PAUSED, build_of, copy_of, image_sources
from bouvier.meta.errors import ApiError, bad_request, conflict, modified
from bouvier.meta.objects import Obj, annotations_of, is_deleting, name_of
from bouvier.meta.resources import BUILDCONFIGS, BUILDS

_REQUEST = ("build.openshift.io/v1", "BuildRequest")
RACES = 20
"""Builds of one configuration that may be asked for at the same moment."""
COPIES = 100
"""Names tried for a copy of a Build."""


async def instantiate(call: Call) -> Response:
    """Make the next Build of a configuration, as a BuildRequest asks for it."""
    request = await _request(call)
    entry = await new_build(call.context, call.cluster, call.target.namespace, call.target.name, request)
    return render_object(call, entry.decode(), 201)


async def clone(call: Call) -> Response:
    """Make a Build like another one."""
    await _request(call)
    build = reading.find(call).decode()
    config = (build.get("status") or {}).get("config", {}).get("name")
    if config:
        request: Obj = {"revision": build["spec"].get("revision")} if build["spec"].get("revision") else {}
        entry = await new_build(call.context, call.cluster, call.target.namespace, config, request)
    else:
        entry = await _copy(call, build)
    return render_object(call, entry.decode(), 201)


async def _copy(call: Call, build: Obj) -> Entry:
    """Store a copy of a Build that belongs to no configuration, under the next free name."""
    names = call.cache.entries
    base, namespace = name_of(build), call.target.namespace
    free = next(f"{base}-{n}" for n in range(1, COPIES) if f"{namespace}/{base}-{n}" not in names)
    return await create_object(internal_call(call.context, call.cluster, BUILDS, namespace), copy_of(build, free))


async def _request(call: Call) -> Obj:
    body = await call.request.read()
    if not body.strip():
        return {}
    content_type = call.request.headers.get("Content-Type", "application/json")
    request: Obj = bodies.decode_object(content_type, body, _REQUEST).obj
    return request


async def new_build(context: Context, cluster: str, namespace: str, name: str, request: Obj) -> Entry:
    """Store the next Build of a configuration.

    Raises:
        ApiError: NotFound; BadRequest while the configuration is paused; Conflict when another number was expected.

    """
    target = internal_call(context, cluster, BUILDCONFIGS, namespace, name)
    for _ in range(RACES):
        config = reading.find(target).decode()
        number = _next_number(config, request.get("lastVersion"))
        entry = await _store(internal_call(context, cluster, BUILDS, namespace), build_of(config, request, number))
        await change_object(target, partial(_noted, number=number, request=request if entry else {}))
        if entry is not None:
            return entry
    raise modified(BUILDCONFIGS.group_resource, name)


async def _store(call: Call, build: Obj) -> Entry | None:
    """Store a Build, None when its number is taken."""
    try:
        return await create_object(call, build)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        return None


def _next_number(config: Obj, expected: int | None) -> int:
    where = f"{config['metadata']['namespace']}/{name_of(config)}"
    if is_deleting(config):
        raise conflict(BUILDCONFIGS.group_resource, name_of(config), "the build configuration is being deleted")
    if annotations_of(config).get(PAUSED) == "true":
        raise bad_request(f"can't instantiate from BuildConfig {where}: BuildConfig is paused")
    last = int((config.get("status") or {}).get("lastVersion") or 0)
    if expected is not None and expected != last:
        why = (
            f"the LastVersion({last}) on build config {where} does not match the build request LastVersion({expected})"
        )
        raise conflict(BUILDCONFIGS.group_resource, name_of(config), why)
    return last + 1


def _noted(config: Obj, *, number: int, request: Obj) -> Obj:
    """Write the number, and the images that caused the Build, into the configuration."""
    status = config.setdefault("status", {})
    status["lastVersion"] = max(int(status.get("lastVersion") or 0), number)
    images = {
        (cause["imageChangeBuild"]["fromRef"].get("namespace"), cause["imageChangeBuild"]["fromRef"].get("name")): cause
        for cause in request.get("triggeredBy") or ()
        if (cause.get("imageChangeBuild") or {}).get("fromRef")
    }
    for index, namespace, name, change in image_sources(config):
        cause = images.get((namespace, name))
        if cause:
            image = cause["imageChangeBuild"].get("imageID", "")
            config["spec"]["triggers"][index]["imageChange"] = {**change, "lastTriggeredImageID": image}
    return config
