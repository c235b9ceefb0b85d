"""Validation of a CustomResourceDefinition: names, versions and that each schema is structural.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.apiextensions_v1 import approval
from bouvier.kinds.apiextensions_v1.structural import validate_structural
from bouvier.kinds.clientconfig import check_client_config
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, name_of

_MOST_SELECTABLE = 8
_SCOPES = ("Cluster", "Namespaced")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_KIND = re.compile("[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?")

Part = Mapping[str, Any]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec and that the name is `plural.group`."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    group, declared = spec.get("group") or "", spec.get("names") or {}
    wanted = f"{declared.get('plural') or ''}.{group}"
    if name_of(obj) != wanted:
        yield fields.invalid("metadata.name", name_of(obj), 'must be spec.names.plural+"."+spec.group')
    yield from fields.named("spec.group", group, names.subdomain)
    if group and "." not in group:
        yield fields.invalid("spec.group", group, "should be a domain with at least one dot")
    if spec.get("preserveUnknownFields"):
        yield fields.invalid("spec.preserveUnknownFields", spec["preserveUnknownFields"], "must be false")
    yield from fields.one_of("spec.scope", spec.get("scope"), _SCOPES)
    yield from _versions("spec.versions", spec.get("versions") or [])
    yield from _names("spec.names", declared)
    yield from _conversion("spec.conversion", spec.get("conversion") or {}, spec)


def _conversion(path: str, conversion: Part, spec: Part) -> Errors:
    strategy, webhook = conversion.get("strategy"), conversion.get("webhook")
    yield from fields.one_of(f"{path}.strategy", strategy, ("None", "Webhook"))
    if strategy != "Webhook":
        if webhook is not None:
            detail = "should not be set when strategy is not set to Webhook"
            yield forbidden_field(f"{path}.webhook", detail)
        return
    if spec.get("preserveUnknownFields"):
        yield fields.invalid(f"{path}.strategy", strategy, "must be None if spec.preserveUnknownFields is true")
    if webhook is None or webhook.get("clientConfig") is None:
        yield required(f"{path}.webhook.clientConfig", "required when strategy is set to Webhook")
    else:
        yield from check_client_config(f"{path}.webhook.clientConfig", webhook["clientConfig"])
    versions = (webhook or {}).get("conversionReviewVersions") or []
    if "v1" not in versions:
        place = f"{path}.webhook.conversionReviewVersions"
        yield fields.invalid(place, versions, "must include at least one of v1") if versions else required(place)


def _names(path: str, declared: Part) -> Errors:
    yield from fields.named(f"{path}.plural", declared.get("plural"), names.dns1035)
    if declared.get("singular"):
        yield from fields.each(f"{path}.singular", declared["singular"], names.dns1035)
    for field in ("kind", "listKind"):
        value = declared.get(field) or ""
        if not value:
            yield required(f"{path}.{field}")
        elif not _KIND.fullmatch(value):
            detail = "may have mixed case, but should otherwise match: " + names.dns1035("A")[0]
            yield fields.invalid(f"{path}.{field}", value, detail)
    for field in ("shortNames", "categories"):
        for index, value in enumerate(declared.get(field) or ()):
            yield from fields.each(f"{path}.{field}[{index}]", value, names.dns1035)
    if declared.get("kind") and declared.get("kind") == declared.get("listKind"):
        yield fields.invalid(f"{path}.listKind", declared["listKind"], "kind and listKind may not be the same")


def _versions(path: str, versions: Sequence[Part]) -> Errors:
    if not versions:
        yield required(path, "must have exactly one version marked as storage version")
        return
    if sum(1 for version in versions if version.get("storage")) != 1:
        detail = "must have exactly one version marked as storage version"
        yield fields.invalid(path, [version.get("name") for version in versions], detail)
    seen: set[str] = set()
    for index, version in enumerate(versions):
        place, name = f"{path}[{index}]", version.get("name") or ""
        yield from fields.each(f"{place}.name", name, names.dns1035)
        if name in seen:
            yield FieldError("FieldValueDuplicate", f"{place}.name", f"Duplicate value: {show(name)}")
        seen.add(name)
        yield from _version(place, version)


def _version(path: str, version: Part) -> Errors:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        yield required(f"{path}.schema.openAPIV3Schema", "schemas are required")
    else:
        yield from validate_structural(f"{path}.schema.openAPIV3Schema", schema)
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        for field, root in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
            value = scale.get(field) or ""
            place = f"{path}.subresources.scale.{field}"
            if not value:
                yield required(place)
            elif not value.startswith(root):
                yield fields.invalid(place, value, f"should be a json path under {root[:-1]}")
    yield from _selectable(f"{path}.selectableFields", version.get("selectableFields") or (), schema or {})
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        place = f"{path}.additionalPrinterColumns[{index}]"
        if not column.get("name"):
            yield required(f"{place}.name")
        yield from fields.one_of(f"{place}.type", column.get("type"), _COLUMN_TYPES)
        if not column.get("jsonPath"):
            yield required(f"{place}.jsonPath")


def _selectable(path: str, selectable: Sequence[Part], schema: Part) -> Errors:
    if len(selectable) > _MOST_SELECTABLE:
        detail = f"Too many: {len(selectable)}: must have at most {_MOST_SELECTABLE} items"
        yield FieldError("FieldValueTooMany", path, detail)
    for index, one in enumerate(selectable):
        place, json_path = f"{path}[{index}].jsonPath", one.get("jsonPath") or ""
        if not json_path:
            yield required(place)
        elif json_path.startswith((".metadata.", ".apiVersion", ".kind")) or json_path == ".metadata":
            yield fields.invalid(place, json_path, "must not point to fields in metadata")
        elif _type_at(json_path, schema) not in ("boolean", "integer", "string"):
            detail = "must point to a field of type string, boolean or integer, without array notation"
            yield fields.invalid(place, json_path, detail)
    yield from fields.unique(path, [one.get("jsonPath") for one in selectable], "jsonPath")


def _type_at(json_path: str, schema: Part) -> str:
    """Return the type of the field that a simple JSON path leads to, empty when there is none."""
    first, *names_below = json_path.split(".")
    found: Any = schema if not first else {}
    for name in names_below:
        found = (found.get("properties") or {}).get(name) or {}
    return str(found.get("type") or "")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change group, scope and names once objects may exist."""
    return [*_update_errors(new.get("spec") or {}, old.get("spec") or {}, old), *approval.errors(new, old)]


def validate_create(obj: Obj) -> list[FieldError]:
    """Check what an older definition may lack."""
    return list(approval.errors(obj, None))


def _update_errors(new: Part, old: Part, definition: Obj) -> Errors:
    yield from fields.immutable("spec.group", new.get("group"), old.get("group"))
    conditions = (definition.get("status") or {}).get("conditions") or ()
    if any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions):
        yield from fields.immutable("spec.scope", new.get("scope"), old.get("scope"))
        before, after = old.get("names") or {}, new.get("names") or {}
        for field in ("kind", "plural"):
            yield from fields.immutable(f"spec.names.{field}", after.get(field), before.get(field))
    stored = (definition.get("status") or {}).get("storedVersions") or ()
    names_now = [version.get("name") for version in new.get("versions") or ()]
    for index, version in enumerate(stored):
        if version not in names_now:
            detail = "must appear in spec.versions"
            yield fields.invalid(f"status.storedVersions[{index}]", version, detail)
