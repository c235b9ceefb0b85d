"""ComponentStatus: whether store, scheduler and controllers are at work. Made at each question, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds.columns import NAME, cell
from bouvier.kinds.kind import Kind
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("", "v1", "componentstatuses", "ComponentStatus", namespaced=False)


def _condition(obj: Obj) -> Mapping[str, Any]:
    conditions = obj.get("conditions") or ()
    return next((one for one in conditions if one.get("type") == "Healthy"), {})


def _status(obj: Obj) -> str:
    condition = _condition(obj)
    if not condition:
        return "Unknown"
    return "Healthy" if condition.get("status") == "True" else "Unhealthy"


KIND = Kind(
    resource=RESOURCE,
    singular="componentstatus",
    definition="io.k8s.api.core.v1.ComponentStatus",
    short_names=("cs",),
    verbs=("get", "list"),
    columns=(
        NAME,
        cell("Status", _status),
        cell("Message", lambda obj: str(_condition(obj).get("message") or "")),
        cell("Error", lambda obj: str(_condition(obj).get("error") or "")),
    ),
    deprecation="v1 ComponentStatus is deprecated in v1.19+",
)
