"""What the controllers of pods share: template defaults and selectors."""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.defaults import default_pod_spec
from bouvier.meta.errors import required
from bouvier.meta.objects import Obj


def default_template(holder: dict[str, Any]) -> None:
    """Fill the defaults of the pod template of a controller's spec."""
    template = holder.setdefault("template", {})
    default_pod_spec(template.setdefault("spec", {}))


def spec_of(obj: Obj) -> dict[str, Any]:
    """Return the spec, an empty one when there is none."""
    return obj.get("spec") or {}


def validate_selector(path: str, selector: dict[str, Any] | None, kind: str) -> Errors:
    """Check a controller's selector: it must be there and select something."""
    if selector is None:
        yield required(path)
        return
    yield from fields.label_selector(path, selector)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield fields.invalid(path, selector, f"empty selector is invalid for {kind}")
