"""Whether a workload is brought out, taken back in, or left alone (pure).

The annotation `bouvier.io/applied` holds a hash of the fields that were last the same on both sides. If the native side
differs from our wish and our wish is still that of the annotation, the native side was changed and its change is taken
over; in every other case the wish of our object counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bouvier.clusters.driver import ADOPTED, APPLIED, Driver, Fields, Translation, Workload, digest
from bouvier.meta.objects import Obj, annotations_of, uid_of

Verb = Literal["keep", "put", "take", "refuse"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one workload."""

    verb: Verb
    wanted: Translation
    live: Workload | None
    mark: str = ""
    """Value that `bouvier.io/applied` should have."""


def decide(obj: Obj, translation: Translation, live: Workload | None, driver: Driver, *, strict: bool) -> Decision:
    """Return what to do with an object, given its translation and what runs."""
    refusal = refusal_of(translation, strict=strict)
    if refusal:
        return Decision("refuse", replace(translation, refusal=refusal), live)
    if live is None:
        return Decision("put", translation, None, digest(translation.fields))
    fields = effective(obj, translation.fields, live, driver)
    wanted, mark = replace(translation, fields=fields), digest(fields)
    if fields == live.fields:
        return Decision("keep" if live.uid == uid_of(obj) else "put", wanted, live, mark)
    is_native_change = annotations_of(obj).get(APPLIED) == mark
    return Decision("take" if is_native_change else "put", wanted, live, mark)


def refusal_of(translation: Translation, *, strict: bool) -> str:
    """Return why an object is not brought out at all; empty when it is."""
    if translation.refusal or not strict or not translation.losses:
        return translation.refusal
    named = "; ".join(f"{loss.field}: {loss.message}" for loss in translation.losses)
    return f"the cluster is strict and these fields cannot be expressed: {named}"


def effective(obj: Obj, fields: Fields, live: Workload, driver: Driver) -> Fields:
    """Return the fields that count now: of adopted workloads only some, of a paused rollout only the size."""
    if ADOPTED in annotations_of(obj):
        managed = {name: fields[name] for name in driver.adopted_fields if name in fields}
        kept = {name: value for name, value in live.fields.items() if name not in driver.adopted_fields}
        fields = kept | managed
    if obj["spec"].get("paused"):
        size = {"replicas": fields["replicas"]} if "replicas" in fields else {}
        fields = live.fields | size
    return fields
