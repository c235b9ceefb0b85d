"""ReceiverCall: one call of a Receiver, written by the server before anything is done, and what came of it.

Its name follows from the receiver and the sender's delivery id, so a call that is sent twice is one object.
"""

from __future__ import annotations

from bouvier.kinds.catalog_v1.schemas import FLAG, NUMBER, TEXT, described, listed, objects, root
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, invalid
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("hooks.bouvier.io", "v1", "receivercalls", "ReceiverCall")
DONE, UNCHANGED, REFUSED = "Done", "Unchanged", "Refused"
"""Carried out; nothing to do; not carried out, and why."""

_PUSH = objects({"repository": TEXT, "tag": TEXT, "digest": TEXT}, "repository", "tag")
_SPEC = objects(
    {
        "receiver": TEXT,
        "received": TEXT,
        "delivery": described(TEXT, "The sender's id of the call; absent: it sent none."),
        "source": described(TEXT, "Address that the call came from."),
        "pushes": described(listed(_PUSH["properties"], "repository", "tag"), "The images that the sender pushed."),
        "dryRun": described(FLAG, "Find out what a call would do, and do nothing."),
    },
    "receiver",
)
_CHANGE = {"apiVersion": TEXT, "kind": TEXT, "name": TEXT, "from": TEXT, "to": TEXT}
_STATUS = objects(
    {
        "result": described(TEXT, "Done, Unchanged or Refused; absent: not carried out yet."),
        "message": TEXT,
        "code": described(NUMBER, "HTTP code of the answer."),
        "actor": described(TEXT, "With whose rights it was done."),
        "finished": TEXT,
        "changes": listed(_CHANGE, "kind", "name"),
    }
)


def _validate_update(new: Obj, old: Obj) -> list[FieldError]:
    if new.get("spec") != old.get("spec"):
        return [invalid("spec", "…", "field is immutable")]
    return []


KIND = Kind(
    resource=RESOURCE,
    singular="receivercall",
    definition="",
    columns=(
        NAME,
        text("Receiver", "spec", "receiver"),
        text("Result", "status", "result", default="Pending"),
        text("Message", "status", "message"),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    validate_update=_validate_update,
    schema=root(_SPEC, _STATUS),
)
