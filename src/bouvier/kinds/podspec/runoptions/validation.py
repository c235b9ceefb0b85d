"""Check of the annotation that holds a container's further options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.runoptions.native import PREFIX, problem_of


def validate_options(path: str, annotations: Mapping[str, str] | None, spec: Mapping[str, Any]) -> Errors:
    """Check every option annotation of a pod; `path` is that of its annotations."""
    for key, text in (annotations or {}).items():
        if key.startswith(PREFIX):
            yield from _one(f"{path}[{key}]", key.removeprefix(PREFIX), text, spec)


def _one(place: str, container: str, text: str, spec: Mapping[str, Any]) -> Errors:
    known = [one.get("name") for field in ("containers", "initContainers") for one in spec.get(field) or ()]
    if container not in known:
        yield fields.invalid(place, container, "the pod has no container of that name")
        return
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        yield fields.invalid(place, text, "must be a JSON object")
        return
    for name, value in options.items():
        if problem := problem_of(name, value):
            yield fields.invalid(f"{place}.{name}", value, problem)
