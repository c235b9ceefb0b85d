"""Delete: at once, after a grace period, or when finalizers are done; one object or a collection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import pages, reading, writing
from bouvier.apiserver.verbs.answers import answer_entry, render_object
from bouvier.apiserver.verbs.list_options import list_options
from bouvier.apiserver.verbs.listing import matching, selection_of
from bouvier.apiserver.verbs.update_rules import answers_deleted
from bouvier.apiserver.verbs.updating import WRITE_TRIES, is_ready_to_go
from bouvier.apiserver.verbs.write_options import dry_run_errors
from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import ApiError, FieldError, bad_request, conflict, invalid, invalid_object, not_supported
from bouvier.meta.objects import Obj
from bouvier.meta.resources import JOBS

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
GRACE = "gracePeriodSeconds"
POLICIES = ["Foreground", "Background", "Orphan"]
_JOB_WARNING = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them"
    " or set propagationPolicy=Orphan to suppress this warning"
)


class Options(NamedTuple):
    """What the caller wants of a deletion."""

    grace_seconds: int | None
    propagation: str
    uid: str
    resource_version: str
    dry_run: bool
    is_cascading: bool = False
    """Whether dependents shall go too, said in the old way; who says so is told when it takes longer."""


async def read_options(call: Call) -> Options:
    """Return the options in the body and the query.

    Raises:
        ApiError: Invalid for a propagation policy or grace period that does not exist.

    """
    body = await call.request.read()
    query = call.request.query
    given: Obj = _from_query(query)
    if body.strip():
        content_type = call.request.headers.get("Content-Type", "application/json")
        given = bodies.decode_object(content_type, body, ("v1", "DeleteOptions")).obj
        if given["kind"] != "DeleteOptions":
            raise bad_request("decoded object cannot be converted to DeleteOptions")
    errors = list(_option_errors(given))
    if errors:
        raise invalid_object("meta.k8s.io", "DeleteOptions", "", errors)
    policy, orphan, grace = given.get("propagationPolicy") or "", given.get("orphanDependents"), given.get(GRACE)
    if not policy and orphan is not None:
        policy = "Orphan" if orphan else "Background"
    if not policy and call.kind.resource == JOBS:
        call.request.warnings.append(_JOB_WARNING)
    conditions = given.get("preconditions") or {}
    dry_run = call.is_dry_run or given.get("dryRun") == ["All"]
    version = str(conditions.get("resourceVersion") or "")
    seconds = None if grace is None else (int(grace) if int(grace) >= 0 else 1)
    return Options(seconds, policy, str(conditions.get("uid") or ""), version, dry_run, is_cascading=orphan is False)


def _from_query(query: dict[str, str]) -> Obj:
    """Return the options of a request that has no body."""
    found: Obj = {name: query[name] for name in ("propagationPolicy", GRACE) if query.get(name)}
    if "orphanDependents" in query:
        found["orphanDependents"] = query["orphanDependents"] in ("", "1", "true", "True")
    return found


def _option_errors(given: Obj) -> Iterator[FieldError]:
    policy, grace, stages = given.get("propagationPolicy"), given.get(GRACE), given.get("dryRun") or []
    if policy is not None and given.get("orphanDependents") is not None:
        detail = "orphanDependents and deletionPropagation cannot be both set"
        yield invalid("propagationPolicy", policy, detail)
    if policy and policy not in POLICIES:
        yield not_supported("propagationPolicy", policy, [*POLICIES, "nil"])
    if grace is not None and not _is_whole(grace):
        yield invalid(GRACE, grace, "must be an integer")
    if not isinstance(given.get("preconditions") or {}, dict):
        yield invalid("preconditions", given["preconditions"], "must be an object")
    yield from dry_run_errors([str(stage) for stage in stages] if isinstance(stages, list) else [str(stages)])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and bool(re.fullmatch(r"-?\d{1,18}", value)))


async def delete(call: Call) -> Response:
    """Delete the named object."""
    options = await read_options(call)
    entry = reading.find(call)
    left, entry = await _delete_latest(call, entry, options)
    if left is not None:
        return await answer_entry(call, left, 202 if options.is_cascading else 200)
    if answers_deleted(call.kind):
        return await answer_entry(call, _last_state(call, entry, options))
    return render_object(call, _success(call, entry))


def _last_state(call: Call, entry: Entry, options: Options) -> Entry:
    """Return an object that is gone as it was marked last."""
    obj = entry.decode()
    _mark(call, obj, options)
    return writing.unstored(call.key(entry.name), obj, call.context.hub.revision)


def _success(call: Call, entry: Entry) -> Obj:
    resource = call.kind.resource
    details: dict[str, Any] = {"name": entry.name, "group": resource.group, "kind": resource.plural}
    details["uid"] = entry.decode()["metadata"]["uid"]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }


async def delete_collection(call: Call) -> Response:
    """Delete every chosen object and answer with the list of them."""
    options = await read_options(call)
    wanted = list_options(call.request)
    chosen = await matching(call, call.cache.select(selection_of(call)))
    metadata: dict[str, Any] = {"resourceVersion": str(call.context.hub.revision)}
    if 0 < wanted.limit < len(chosen):
        chosen = chosen[: wanted.limit]
        metadata["continue"] = pages.encode(call.context.hub.revision, chosen[-1].key)
    resource = call.kind.resource
    for entry in chosen:
        target = call.target._replace(namespace=entry.namespace, name=entry.name)
        one = Call(call.context, call.request, call.kind, target)
        try:
            await delete_entry(one, entry, options)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
    items = [entry.decode() for entry in chosen]
    return render_object(
        call, {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": metadata, "items": items}
    )


async def delete_entry(call: Call, entry: Entry, options: Options) -> Entry | None:
    """Delete one object; return it as it stays for now, or None when it is gone.

    Raises:
        ApiError: Conflict when a precondition fails, NotFound, or a refusal of admission.

    """
    return (await _delete_latest(call, entry, options))[0]


async def _delete_latest(call: Call, entry: Entry, options: Options) -> tuple[Entry | None, Entry]:
    """Delete one object; return it as it stays for now, and as it was when it was deleted.

    After a lost race that may be another object than `entry`: the answer must name the one that went.
    """
    for attempt in range(WRITE_TRIES):
        try:
            return await _delete_once(call, entry, options), entry
        except ApiError as error:
            if attempt == WRITE_TRIES - 1 or not writing.is_conflict(error) or "Precondition" in error.message:
                raise
        entry = reading.find(call)
    raise AssertionError


async def _delete_once(call: Call, entry: Entry, options: Options) -> Entry | None:
    old = entry.decode()
    check_preconditions(call, old, options)
    operation = Operation(call, "delete", None, old, dry_run=options.dry_run)
    await call.context.admission.admit(operation)
    await call.context.admission.judge(operation)
    new = entry.decode()
    _mark(call, new, options)
    key = call.key(entry.name)
    if is_ready_to_go(new):
        if not options.dry_run:
            await writing.store_removed(call, key, entry)
        return None
    if options.dry_run or new == old:
        return writing.unstored(key, new, entry.revision)
    if call.kind.has_generation:
        new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
    return await writing.store_changed(call, key, new, entry.revision)


def check_preconditions(call: Call, old: Obj, options: Options) -> None:
    """Refuse unless the object is the one, in the version, that was meant.

    Raises:
        ApiError: Conflict.

    """
    metadata = old["metadata"]
    for label, wanted, present in (
        ("UID", options.uid, metadata["uid"]),
        ("ResourceVersion", options.resource_version, metadata["resourceVersion"]),
    ):
        if wanted and wanted != present:
            message = f"Precondition failed: {label} in precondition: {wanted}, {label} in object meta: {present}"
            raise conflict(call.group_resource, call.target.name, message)


def _mark(call: Call, obj: Obj, options: Options) -> None:
    """Write down that deletion was asked for, how long it may take and what it waits for."""
    metadata = obj["metadata"]
    _set_finalizers(metadata, options.propagation or _usual_policy(call, metadata))
    grace = _grace(call, obj, options)
    if metadata.get("deletionTimestamp"):
        before = metadata.get("deletionGracePeriodSeconds", 0)
        if call.kind.grace is None or grace >= before:
            return
        asked = datetime.strptime(metadata["deletionTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        metadata["deletionTimestamp"] = _text(asked - timedelta(seconds=before - grace))
    else:
        metadata["deletionTimestamp"] = _text(datetime.now(UTC) + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace
    if obj["kind"] == "Namespace" and obj["apiVersion"] == "v1":
        metadata.pop("deletionGracePeriodSeconds")
        obj.setdefault("status", {})["phase"] = "Terminating"


def _grace(call: Call, obj: Obj, options: Options) -> int:
    """Return the seconds that the object may take to go; 0 for kinds that need no time."""
    if call.kind.grace is None:
        return 0
    if not (obj.get("spec") or {}).get("nodeName") or (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return options.grace_seconds if options.grace_seconds is not None else call.kind.grace(obj)


def _usual_policy(call: Call, metadata: dict[str, Any]) -> str:
    """Return the policy of a deletion that names none; empty when there is nothing to write down."""
    if not call.kind.orphans_dependents or FOREGROUND in (metadata.get("finalizers") or ()):
        return ""
    return "Orphan"


def _set_finalizers(metadata: dict[str, Any], propagation: str) -> None:
    if not propagation:
        return
    finalizers = [f for f in metadata.get("finalizers") or () if f not in (FOREGROUND, ORPHAN)]
    wanted = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(propagation)
    if wanted:
        finalizers.append(wanted)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
