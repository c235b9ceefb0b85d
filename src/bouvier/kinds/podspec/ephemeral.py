"""Ephemeral containers: those that are added to a pod that runs, to look into it.

They are written through `pods/NAME/ephemeralcontainers` only, never changed and never taken away.
Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds.podspec.mirror import is_mirror
from bouvier.meta.errors import FieldError, forbidden_field
from bouvier.meta.objects import Obj

FIELD = "ephemeralContainers"
_PATH = f"spec.{FIELD}"


def take(new: Obj, old: Obj) -> Obj:
    """Return the old pod with the new one's ephemeral containers."""
    containers = (new.get("spec") or {}).get(FIELD)
    spec = {name: value for name, value in (old.get("spec") or {}).items() if name != FIELD}
    return old | {"spec": spec | ({FIELD: containers} if containers else {})}


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Check that containers are added only; patches need not keep their order."""
    if is_mirror(old):
        return [forbidden_field("", "static pods do not support ephemeral containers")]
    present = _by_name(new)
    errors = []
    for name, container in _by_name(old).items():
        if name not in present:
            errors.append(forbidden_field(_PATH, f'existing ephemeral containers "{name}" may not be removed\n'))
        elif present[name] != container:
            errors.append(forbidden_field(_PATH, f'existing ephemeral containers "{name}" may not be changed\n'))
    return errors


def _by_name(pod: Obj) -> Mapping[str, Any]:
    return {str(one.get("name")): one for one in (pod.get("spec") or {}).get(FIELD) or ()}
