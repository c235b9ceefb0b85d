"""The Release that an install hook makes. Pure."""

from __future__ import annotations

import hashlib

from bouvier.kinds.catalog_v1 import releases
from bouvier.kinds.catalog_v1.release_spec import LONGEST_NAME
from bouvier.meta.objects import Obj, name_of, namespace_of

RECEIVER_LABEL = "hooks.bouvier.io/receiver"
CALL_ANNOTATION = "hooks.bouvier.io/call"
_DIGITS = 8


def release_name(receiver: Obj, call: str) -> str:
    """Return the name of the release of a call: the hook's own, else one that follows from the call."""
    wish = receiver["spec"]["install"]
    if wish.get("release"):
        return str(wish["release"])
    digest = hashlib.sha256(call.encode()).hexdigest()[:_DIGITS]
    return f"{wish['entry'][: LONGEST_NAME - _DIGITS - 1]}-{digest}"


def release(receiver: Obj, call: str) -> Obj:
    """Return the Release of a call; it acts with the hook's service account if that names one."""
    spec = receiver["spec"]
    wish = spec["install"]
    made: Obj = {field: wish[field] for field in ("catalog", "entry", "version", "values") if wish.get(field)}
    if spec.get("serviceAccountName"):
        made["serviceAccountName"] = spec["serviceAccountName"]
    metadata = {
        "name": release_name(receiver, call),
        "namespace": namespace_of(receiver),
        "labels": {RECEIVER_LABEL: name_of(receiver)},
        "annotations": {CALL_ANNOTATION: call},
    }
    return {"apiVersion": releases.RESOURCE.api_version, "kind": "Release", "metadata": metadata, "spec": made}
