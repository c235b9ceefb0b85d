"""StatefulSet: pods with names that stay, each with claims of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.apps_v1.counts import status_check
from bouvier.kinds.columns import AGE, NAME, TEMPLATE_COLUMNS, cell, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import default_resources
from bouvier.kinds.podspec.templates import default_template, spec_of, validate_selector
from bouvier.kinds.podspec.updates import differences
from bouvier.kinds.podspec.validation import validate_workload_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status_and_scale
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj
from bouvier.meta.resources import STATEFULSETS

_POLICIES = ("OrderedReady", "Parallel")
_STRATEGIES = ("OnDelete", "RollingUpdate")
_RETENTION = ("Delete", "Retain")
_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
_REFUSAL = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def default(obj: Obj) -> None:
    """Fill the defaults of the spec, its template and its claims."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    if not spec.get("podManagementPolicy"):
        spec["podManagementPolicy"] = "OrderedReady"
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    for event in ("whenDeleted", "whenScaled"):
        if not retention.get(event):
            retention[event] = "Retain"
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    for claim in spec.get("volumeClaimTemplates") or ():
        _default_claim(claim)


def _default_claim(claim: dict[str, Any]) -> None:
    claim.setdefault("apiVersion", "v1")
    claim.setdefault("kind", "PersistentVolumeClaim")
    spec = claim.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    default_resources(spec.get("resources"))
    claim.setdefault("status", {}).setdefault("phase", "Pending")


def prepare(obj: Obj) -> None:
    """Give a new set its status, of which two numbers are always present."""
    status = obj.setdefault("status", {})
    status.setdefault("replicas", 0)
    status.setdefault("availableReplicas", 0)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", spec_of(obj)))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    yield from fields.one_of(f"{path}.podManagementPolicy", spec.get("podManagementPolicy"), _POLICIES)
    yield from _strategy(f"{path}.updateStrategy", spec.get("updateStrategy") or {})
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for event in ("whenDeleted", "whenScaled"):
        place = f"{path}.persistentVolumeClaimRetentionPolicy.{event}"
        yield from fields.optional_one_of(place, retention.get(event), _RETENTION)
    yield from fields.non_negative(f"{path}.replicas", spec.get("replicas"))
    yield from fields.non_negative(f"{path}.minReadySeconds", spec.get("minReadySeconds"))
    start = (spec.get("ordinals") or {}).get("start")
    yield from fields.non_negative(f"{path}.ordinals.start", start)
    selector = spec.get("selector")
    yield from validate_selector(f"{path}.selector", selector, "statefulset")
    template = _with_claim_volumes(spec)
    yield from validate_workload_template(f"{path}.template", template, selector, "StatefulSet")


def _with_claim_volumes(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with a volume for each claim, as the pods get them: mounts may name them."""
    template = dict(spec.get("template") or {})
    pod = dict(template.get("spec") or {})
    claimed = [(claim.get("metadata") or {}).get("name") for claim in spec.get("volumeClaimTemplates") or ()]
    own = [volume for volume in pod.get("volumes") or () if volume.get("name") not in claimed]
    extra = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claimed if name]
    return {**template, "spec": {**pod, "volumes": own + extra}}


def _strategy(path: str, strategy: Mapping[str, Any]) -> Errors:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    yield from fields.one_of(f"{path}.type", kind, _STRATEGIES)
    if kind == "OnDelete" and rolling is not None:
        detail = f"only allowed for updateStrategy '{_STRATEGIES[1]}'"
        yield fields.invalid(f"{path}.rollingUpdate", rolling, detail)
    elif rolling:
        yield from fields.non_negative(f"{path}.rollingUpdate.partition", rolling.get("partition"))
        missing = rolling.get("maxUnavailable")
        yield from fields.int_or_percent(f"{path}.rollingUpdate.maxUnavailable", missing)
        if missing is not None and fields.is_zero(missing):
            yield fields.invalid(f"{path}.rollingUpdate.maxUnavailable", missing, "cannot be 0")
        yield from fields.at_most_hundred_percent(f"{path}.rollingUpdate.maxUnavailable", missing)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change more than what a running set can follow."""
    before = {key: value for key, value in spec_of(old).items() if key not in _MUTABLE}
    after = {key: value for key, value in spec_of(new).items() if key not in _MUTABLE}
    return [forbidden_field("spec", _REFUSAL)] if differences("spec", before, after) else []


def _ready_cell(obj: Obj) -> str:
    return f"{value_at(obj, ('status', 'readyReplicas')) or 0}/{spec_of(obj).get('replicas', 0)}"


KIND = Kind(
    resource=STATEFULSETS,
    singular="statefulset",
    definition="io.k8s.api.apps.v1.StatefulSet",
    short_names=("sts",),
    categories=("all",),
    subresources=with_status_and_scale(STATEFULSETS),
    columns=(NAME, cell("Ready", _ready_cell), AGE, *TEMPLATE_COLUMNS),
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
    validate_status=status_check(("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")),
    has_open_status=True,
    warn=warn_of_template("spec", "template"),
)
