"""Conversion webhooks: asking a server to turn custom objects into another version of their kind.

Only labels and annotations of the metadata may change on the way; the rest is put back.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.apiserver.extension.calling import Caller, CallError
from bouvier.kinds.kind import Convert
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.util.uids import new_uid

REVIEW = "apiextensions.k8s.io/v1"
SECONDS = 30.0
"""Time for one answer. Source: Kubernetes' conversion webhook client."""
BATCH = 500
"""Objects that are sent at once: 1 MB of objects of 2 kB."""


def remote_conversion(caller: Caller, cluster: str, spec: Obj) -> Convert | None:
    """Return how a definition's objects are converted, None when versions differ in their name only."""
    conversion = spec.get("conversion") or {}
    if conversion.get("strategy") != "Webhook":
        return None
    config = conversion["webhook"]["clientConfig"]
    kind = spec["names"]["kind"]

    async def convert(objects: Sequence[Obj], wanted: str) -> list[Obj]:
        found = list(objects)
        todo = [index for index, obj in enumerate(found) if obj.get("apiVersion") != wanted]
        for start in range(0, len(todo), BATCH):
            places = todo[start : start + BATCH]
            answers = await _ask(caller, cluster, config, [found[index] for index in places], wanted, kind)
            for index, answer in zip(places, answers, strict=True):
                found[index] = answer
        return found

    return convert


async def _ask(  # noqa: PLR0917
    caller: Caller, cluster: str, config: Obj, objects: list[Obj], wanted: str, kind: str
) -> list[Obj]:
    uid = new_uid()
    request = {"uid": uid, "desiredAPIVersion": wanted, "objects": objects}
    document = {"kind": "ConversionReview", "apiVersion": REVIEW, "request": request}
    named = f"conversion webhook for {objects[0]['apiVersion']}, Kind={kind} failed"
    try:
        answer = await caller.post(caller.place_of(cluster, config), document, SECONDS)
        return _checked(answer, uid, objects, wanted)
    except CallError as error:
        raise ApiError("InternalError", f"{named}: {error}") from None


def _checked(answer: Any, uid: str, objects: list[Obj], wanted: str) -> list[Obj]:
    """Return the converted objects. Raises: CallError when they are not what was asked for."""
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict) or answer.get("kind") != "ConversionReview":
        raise CallError("no response provided")
    if response.get("uid") != uid:
        raise CallError(f'expected response.uid="{uid}", got "{response.get("uid")}"')
    result = response.get("result") or {}
    if result.get("status") != "Success":
        raise CallError(str(result.get("message") or "conversion request failed"))
    converted = response.get("convertedObjects") or []
    if len(converted) != len(objects):
        raise CallError(f"webhook returned {len(converted)} objects, expected {len(objects)}")
    return [_restored(old, new, wanted) for old, new in zip(objects, converted, strict=True)]


def _restored(old: Obj, new: Any, wanted: str) -> Obj:
    if not isinstance(new, dict) or new.get("apiVersion") != wanted or new.get("kind") != old.get("kind"):
        shown = f"{new.get('apiVersion')}, Kind={new.get('kind')}" if isinstance(new, dict) else type(new).__name__
        raise CallError(f"invalid converted object: expected {wanted}, Kind={old.get('kind')}, got {shown}")
    metadata = {key: value for key, value in old["metadata"].items() if key not in ("labels", "annotations")}
    given = new.get("metadata") or {}
    changed = {key: given[key] for key in ("labels", "annotations") if given.get(key)}
    return {**new, "metadata": metadata | changed}
