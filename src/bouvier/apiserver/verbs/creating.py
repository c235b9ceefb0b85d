"""Create."""

from __future__ import annotations

import secrets

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import answer_entry
from bouvier.apiserver.versions import as_stored
from bouvier.meta.errors import ApiError, already_exists, bad_request
from bouvier.meta.objects import Obj
from bouvier.util.clock import now_text
from bouvier.util.uids import new_uid

SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no look-alikes, so that generated names spell nothing: the original's alphabet."""
SUFFIX_LENGTH = 5
MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH
NAME_TRIES = 8


async def create(call: Call) -> Response:
    """Store the object in the body under a new name."""
    obj = await writing.read_object(call, call.view)
    if call.view.stored_in:
        writing.validate_as_sent(call.view, obj)
    obj = await as_stored(call, obj)
    writing.place(call, obj)
    return await answer_entry(call, await create_object(call, obj), 201)


async def create_object(call: Call, obj: Obj, *, record: bool = True) -> Entry:
    """Complete, admit, check and store a new object.

    Raises:
        ApiError: AlreadyExists, Invalid, or a refusal of admission.

    """
    generated = _take_name(obj)
    _take_identity(call, obj)
    for attempt in range(NAME_TRIES if generated else 1):
        if generated:
            base = obj["metadata"]["generateName"][:MAX_GENERATED_BASE]
            obj["metadata"]["name"] = base + "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
        if attempt == 0:
            await _complete(call, obj, record=record)
        key = call.key(obj["metadata"]["name"])
        if call.is_dry_run:
            if key.namespace + "/" + key.name in call.cache.entries:
                raise already_exists(call.group_resource, key.name)
            return writing.unstored(key, obj, 0)
        try:
            return await writing.store_new(call, key, obj)
        except ApiError as error:
            if not generated or error.reason != "AlreadyExists":
                raise
    raise _no_free_name(call, obj)


def _no_free_name(call: Call, obj: Obj) -> ApiError:
    name, resource = obj["metadata"]["name"], call.kind.resource
    why = "the server was not able to generate a unique name for the object"
    details = {"name": name, "group": resource.group, "kind": resource.plural, "retryAfterSeconds": 1}
    message = f'{call.group_resource} "{name}" already exists, {why}'
    return ApiError("AlreadyExists", message, details={key: value for key, value in details.items() if value})


def _take_name(obj: Obj) -> bool:
    """Tell whether the server draws the name."""
    metadata = obj["metadata"]
    return not metadata.get("name") and bool(metadata.get("generateName"))


def _take_identity(call: Call, obj: Obj) -> None:
    metadata = obj["metadata"]
    if metadata.get("resourceVersion") not in (None, "", "0"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    for field in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"):
        metadata.pop(field, None)
    metadata["uid"] = new_uid()
    metadata["creationTimestamp"] = now_text()
    if call.kind.has_generation:
        metadata["generation"] = 1
    if call.kind.has_status and not call.kind.keeps_first_status:
        obj.pop("status", None)


async def _complete(call: Call, obj: Obj, *, record: bool) -> None:
    kind = call.kind
    writing.drop_empty(obj["metadata"])
    writing.unrepeat_owners(call, obj)
    kind.default(obj)
    if record:  # before admission: what the platform adds is no wish of the client's, and is not taken back with it
        writing.record_manager(call, None, obj)
    operation = Operation(call, "create", obj, None, dry_run=call.is_dry_run)
    await call.context.admission.admit(operation)
    if operation.changes:
        writing.unrepeat_owners(call, obj, after_admission=True)
        if kind.has_status and not kind.keeps_first_status:
            obj.pop("status", None)
            kind.default(obj)
    kind.prepare(obj)
    writing.validate(call, obj, None)
    await call.context.admission.judge(operation)
