"""Update: replace an object, its status, or another part of it that has a URL of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import reading, writing
from bouvier.apiserver.verbs.answers import answer_entry
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.update_rules import creates_by_update
from bouvier.apiserver.versions import as_stored
from bouvier.kinds.certificates_v1.approvals import stamp
from bouvier.kinds.kind import Part
from bouvier.meta.errors import ApiError, bad_request, conflict, modified
from bouvier.meta.objects import Obj

KEPT_METADATA = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "generation",
    "namespace",
    "name",
    "generateName",
)
"""What no update changes: identity and the marks of deletion."""
STATUS_PARTS = ("status", "approval")
"""Subresources that write to the status; approval to its conditions only."""
OPEN_METADATA = ("annotations", "finalizers", "labels", "managedFields", "ownerReferences")
"""What may change through `/status` besides the status, where a kind lets it."""


async def update(call: Call) -> Response:
    """Replace the object (or its status) by the body."""
    obj = await as_stored(call, await writing.read_object(call, call.view))
    writing.place(call, obj)
    check_name(call, obj)
    if creates_by_update(call.kind) and not call.target.subresource and not reading.is_there(call):
        return await answer_entry(call, await _create(call, obj), 201)
    entry = reading.find(call)
    given = stated_revision(obj)
    if given and given != str(entry.revision):
        raise modified(call.group_resource, call.target.name)
    if given:
        return await answer_entry(call, await replace_object(call, entry, obj))
    if call.kind.needs_revision:
        raise writing.unconditional(call, obj)
    return await answer_entry(call, await _unconditional(call, obj))


def stated_revision(obj: Obj) -> str:
    """Return the version that a write says it replaces; `0`, as no version at all, means whatever is there."""
    given: str = obj["metadata"].get("resourceVersion") or ""
    return "" if given == "0" else given


def check_name(call: Call, obj: Obj) -> None:
    """Refuse an object that is not the one of the URL.

    Raises:
        ApiError: BadRequest.

    """
    name = obj["metadata"].get("name")
    if not name:
        why = "name must be provided"
        raise bad_request(f"the name of the object ({call.target.name} based on URL) was undeterminable: {why}")
    if name != call.target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.target.name})")


async def _create(call: Call, obj: Obj) -> Entry:
    """Make the object that an update names although it is not there."""
    obj["metadata"].pop("resourceVersion", None)
    return await create_object(call, obj)


async def _unconditional(call: Call, obj: Obj) -> Entry:
    """Replace whatever is there: the client did not say what it has seen."""
    import orjson  # noqa: PLC0415

    body = orjson.dumps(obj)

    def same(_old: Obj) -> Obj:
        return orjson.loads(body)  # type: ignore[no-any-return]

    return await change_object(call, same)


WRITE_TRIES = 6
"""Races lost in a row before the client is told: writes being decided in a row, each loss means that another write won."""


async def change_object(
    call: Call,
    change: Callable[[Obj], Obj | Awaitable[Obj]],
    *,
    record: bool = True,
    is_pure: bool = False,
    recorded_as: str = "",
) -> Entry:
    """Compute a new object from the present one and store it, again on a newer one if a race was lost.

    `is_pure` says that `change` leaves its argument alone and returns an object that shares nothing with it (but
    managed fields, which are immutable): it is then decoded once, not twice. `recorded_as` is the subresource through
    which the managed fields say that it was done, when it is not the URL's.

    Raises:
        ApiError: NotFound, Conflict after several lost races, Invalid, or a refusal of admission.

    """
    for attempt in range(WRITE_TRIES):
        entry = reading.find(call)
        old = entry.decode()
        changed = change(old)
        new = changed if isinstance(changed, dict) else await changed
        given = stated_revision(new)
        if given and given != str(entry.revision):
            raise modified(call.group_resource, call.target.name)
        try:
            before = old if is_pure else None
            return await replace_object(call, entry, new, record=record, old=before, recorded_as=recorded_as)
        except ApiError as error:
            if attempt == WRITE_TRIES - 1 or not writing.is_conflict(error) or "precondition" in error.message:
                raise
    raise modified(call.group_resource, call.target.name)


async def replace_object(
    call: Call, entry: Entry, new: Obj, *, record: bool = True, old: Obj | None = None, recorded_as: str = ""
) -> Entry:
    """Store `new` in the place of a cached object, or remove it if that was what it waited for.

    `old` is the cached object decoded, when the caller has it.

    Raises:
        ApiError: Conflict, Invalid, or a refusal of admission.

    """
    kind, subresource = call.kind, call.target.subresource
    old = entry.decode() if old is None else old
    _check_uid(call, new, old)
    _keep(call, new, old)
    writing.drop_empty(new["metadata"])
    if subresource == "":
        writing.unrepeat_owners(call, new)
        kind.prepare_update(new, old)
    kind.default(new)
    if record:
        writing.record_manager(call, old, new, recorded_as or subresource)
    # Who may approve is asked as for any other write to the status.
    judged_as = "status" if subresource in STATUS_PARTS else subresource
    operation = Operation(call, "update", new, old, judged_as, call.is_dry_run)
    await call.context.admission.admit(operation)
    if operation.changes:
        _keep(call, new, old)
        writing.unrepeat_owners(call, new, after_admission=True)
    if subresource == "":
        kind.prepare(new)
        writing.bump_generation(kind, new, old)
        writing.validate(call, new, old)
    elif subresource in STATUS_PARTS:
        (kind.prepare_status if subresource == "status" else stamp)(new, old)
        writing.validate_status(call, new, old)
    elif part := kind.parts.get(subresource):
        writing.bump_generation(kind, new, old)
        writing.validate_part(call, part, new, old)
    await call.context.admission.judge(operation)
    new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
    key = call.key(call.target.name)
    if new == old and (call.is_dry_run or not await writing.is_sealed_anew(call, key)):
        return entry
    if call.is_dry_run:
        return writing.unstored(key, new, entry.revision)
    if is_ready_to_go(new):
        await writing.store_removed(call, key, entry)
        return writing.unstored(key, new, entry.revision)
    return await writing.store_changed(call, key, new, entry.revision)


def _check_uid(call: Call, new: Obj, old: Obj) -> None:
    given = new["metadata"].get("uid")
    if given and given != old["metadata"]["uid"]:
        message = f"Precondition failed: UID in precondition: {given}, UID in object meta: {old['metadata']['uid']}"
        raise conflict(call.group_resource, call.target.name, message)


def _keep(call: Call, new: Obj, old: Obj) -> None:
    """Put back what this URL does not change."""
    subresource = call.target.subresource
    if subresource in STATUS_PARTS:
        status = new.get("status")
        if subresource == "approval":
            status = (old.get("status") or {}) | {"conditions": (status or {}).get("conditions") or []}
        metadata = _metadata_beside_status(call, new, old)
        new.clear()
        new.update(old | {"metadata": metadata})
        new.pop("status", None)
        if status is not None:
            new["status"] = status
        return
    if part := call.kind.parts.get(subresource):
        _take_part(new, old, part)
        return
    _put_back(new["metadata"], old["metadata"], KEPT_METADATA)
    if call.kind.has_status and subresource != "binding":
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    if call.kind.resource.plural == "namespaces" and subresource != "finalize":
        new["spec"] = old.get("spec", {})


def _put_back(metadata: Obj, before: Obj, fields: Iterable[str]) -> None:
    for field in fields:
        if field in before:
            metadata[field] = before[field]
        else:
            metadata.pop(field, None)


def _metadata_beside_status(call: Call, new: Obj, old: Obj) -> Obj:
    """Return the metadata of a write to `/status`: as it was, but for what the kind lets such a write change."""
    writable = OPEN_METADATA if call.kind.has_open_status else ("managedFields",)
    metadata = {field: value for field, value in old["metadata"].items() if field not in writable}
    metadata |= {field: new["metadata"][field] for field in writable if field in new["metadata"]}
    if "managedFields" in old["metadata"]:
        metadata.setdefault("managedFields", old["metadata"]["managedFields"])
    return metadata


def _take_part(new: Obj, old: Obj, part: Part) -> None:
    """Leave of the new object only the part that this URL writes, and who wrote it."""
    managers = new["metadata"].get("managedFields")
    taken = part.take(new, old)
    taken["metadata"] = old["metadata"] | ({} if managers is None else {"managedFields": managers})
    new.clear()
    new.update(taken)


def is_ready_to_go(obj: Obj) -> bool:
    """Tell whether an object whose deletion was asked for has nothing left to wait for."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if obj["kind"] == "Namespace" and obj["apiVersion"] == "v1":
        return not (obj.get("spec") or {}).get("finalizers")
    return not metadata.get("deletionGracePeriodSeconds")
