"""The environment of a container as plain values, for orchestrators that know no ConfigMaps and Secrets (pure)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bouvier.clusters.driver import Loss, Related
from bouvier.meta.objects import Obj, namespace_of
from bouvier.node.pods.expansion import expand


class RefusedError(Exception):
    """The object cannot run on the orchestrator."""


@dataclass(frozen=True, slots=True)
class EnvironmentRules:
    """What differs between orchestrators."""

    orchestrator: str
    leak: str
    """What becomes of secret values that are put into a specification."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the orchestrator itself puts in place of a field of the pod."""
    known: Callable[[Obj, str], str | None] = lambda _obj, _path: None
    """What is known of a field already, because the object is one pod with a name and a host."""


def environment(
    obj: Obj, container: Obj, related: Related, rules: EnvironmentRules, losses: list[Loss]
) -> Iterator[tuple[str, str]]:
    """Yield names and values; what cannot be had is added to `losses`.

    Raises:
        RefusedError: a ConfigMap, a Secret or a key is missing.
    """
    path = "spec.template.spec.containers[0]"
    for source in container.get("envFrom") or ():
        kind = "secretRef" if "secretRef" in source else "configMapRef"
        for key, content in entries(kind, source[kind], related).items():
            yield source.get("prefix", "") + key, content
        if kind == "secretRef":
            losses.append(Loss(f"{path}.envFrom", rules.leak))
    known: dict[str, str] = {}
    for entry in container.get("env") or ():
        if entry.get("valueFrom"):
            value = _value(obj, entry, related, rules, losses)
        else:
            value = expand(entry.get("value", ""), known)
        if value is None:
            continue
        known[entry["name"]] = value
        yield entry["name"], value


def _value(obj: Obj, entry: Obj, related: Related, rules: EnvironmentRules, losses: list[Loss]) -> str | None:
    path = f"spec.template.spec.containers[0].env[{entry['name']}]"
    origin = entry["valueFrom"]
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind not in origin:
            continue
        reference = origin[kind]
        found = entries(kind, reference, related)
        if reference["key"] not in found:
            if reference.get("optional"):
                return None
            raise RefusedError(f"{path}: key {reference['key']} of {reference['name']} does not exist")
        if kind == "secretKeyRef":
            losses.append(Loss(path, rules.leak))
        return found[reference["key"]]
    field_path = (origin.get("fieldRef") or {}).get("fieldPath", "")
    if field_path == "metadata.namespace":
        return namespace_of(obj)
    known = rules.known(obj, field_path)
    if known is not None:
        return known
    if field_path in rules.fields:
        return rules.fields[field_path]
    losses.append(Loss(f"{path}.valueFrom", f"{rules.orchestrator} has no counterpart: the variable is not set"))
    return None


def entries(kind: str, reference: Obj, related: Related) -> Mapping[str, str]:
    """Return the texts in the ConfigMap or Secret that a reference (`configMapRef`, `secretKeyRef`, …) names."""
    is_secret = kind.startswith("secret")
    obj = (related.secrets if is_secret else related.config_maps).get(reference["name"])
    if obj is None:
        if reference.get("optional"):
            return {}
        raise RefusedError(f"{'Secret' if is_secret else 'ConfigMap'} {reference['name']} does not exist")
    if is_secret:
        return {k: base64.b64decode(v).decode(errors="replace") for k, v in (obj.get("data") or {}).items()}
    return obj.get("data") or {}
