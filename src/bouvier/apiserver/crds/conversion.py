"""From a CustomResourceDefinition to the kinds that serve it, one for each served version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bouvier.kinds import schemas
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Column, Convert, Kind, Subresource
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.util.durations import age_text


def kinds_of(definition: Obj, convert: Convert | None = None) -> list[Kind]:
    """Return a Kind for each served version; `convert` asks the definition's conversion webhook, if it has one."""
    return [_kind(definition, version, convert) for version in definition["spec"]["versions"] if version.get("served")]


def storage_kind_of(definition: Obj, convert: Convert | None = None) -> Kind:
    """Return the Kind of the version in which objects are stored."""
    versions = definition["spec"]["versions"]
    return next(_kind(definition, version, convert) for version in versions if version.get("storage"))


def _kind(definition: Obj, version: Obj, convert: Convert | None) -> Kind:
    kind = _described(definition["spec"], version, convert)
    if convert is not None or definition["metadata"].get("generation", 1) == 1:
        return kind
    return replace(kind, from_storage=_brought_up_to_date(kind))


def _brought_up_to_date(kind: Kind) -> Callable[[Obj], Obj]:
    """Return how an object that was stored under an earlier schema is read: with today's defaults and fields."""
    rename = kind.from_storage

    def read(obj: Obj) -> Obj:
        obj = rename(obj) if rename is not None else obj
        if kind.schema is not None and not kind.preserve_unknown:
            schemas.prune(kind, obj)
        kind.default(obj)
        return obj

    return read


def _described(spec: Obj, version: Obj, convert: Convert | None) -> Kind:
    names = spec["names"]
    stored = next(v["name"] for v in spec["versions"] if v.get("storage"))
    has_several = len(spec["versions"]) > 1
    is_renamed = has_several and convert is None
    resource = Resource(spec["group"], version["name"], names["plural"], names["kind"], spec["scope"] == "Namespaced")
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    return Kind(
        resource=resource,
        singular=names.get("singular") or names["kind"].lower(),
        definition="",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=_subresources(resource, version),
        columns=_columns(version.get("additionalPrinterColumns") or ()),
        default=lambda obj: fill_defaults(schema, obj),
        has_generation=True,
        scale_paths=(version.get("subresources") or {}).get("scale") or {},
        schema=schema,
        storage_version=stored if has_several else "",
        to_storage=_renamed(f"{spec['group']}/{stored}") if is_renamed else None,
        from_storage=_renamed(resource.api_version) if is_renamed else None,
        convert=convert if has_several else None,
        selectable=_selectable(version.get("selectableFields") or ()),
        is_custom=True,
        needs_revision=True,
        deprecation=_deprecation(resource, version),
        preserve_unknown=bool(spec.get("preserveUnknownFields")),
    )


def _renamed(api_version: str) -> Callable[[Obj], Obj]:
    """Return the conversion `None`: versions differ in their name only."""

    def rename(obj: Obj) -> Obj:
        obj["apiVersion"] = api_version
        return obj

    return rename


def _subresources(resource: Resource, version: Obj) -> dict[str, Subresource]:
    given = version.get("subresources") or {}
    made = {}
    if "status" in given:
        verbs = ("get", "patch", "update")
        made["status"] = Subresource("status", resource.kind, resource.group, resource.version, verbs)
    if "scale" in given:
        made["scale"] = Subresource("scale", "Scale", "autoscaling", "v1", ("get", "patch", "update"))
    return made


def _deprecation(resource: Resource, version: Obj) -> str:
    if not version.get("deprecated"):
        return ""
    return version.get("deprecationWarning") or f"{resource.api_version} {resource.kind} is deprecated"


def _selectable(given: Sequence[Obj]) -> dict[str, Callable[[Obj], str]]:
    """Return the fields that selectors may name, each with how its value is read."""
    return {one["jsonPath"].removeprefix("."): _text_reader(one["jsonPath"]) for one in given}


def _text_reader(json_path: str) -> Callable[[Obj], str]:
    path = json_path.lstrip(".").split(".")

    def read(obj: Obj) -> str:
        found: Any = obj
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, bool):
            return "true" if found else "false"
        return "" if found is None else str(found)

    return read


def _columns(given: Sequence[Obj]) -> list[Column]:
    """Return the name, then the columns that the definition asks for; the age when it asks for none."""
    return [NAME, *(_column(column) for column in given)] if given else [NAME, AGE]


def _column(column: Obj) -> Column:
    path = column["jsonPath"].lstrip(".").replace("\\.", "\0").split(".")

    def value(obj: Obj) -> Any:
        found: Any = obj
        for part in path:
            found = found.get(part.replace("\0", ".")) if isinstance(found, dict) else None
        return age_text(found) if column.get("type") == "date" else found

    return Column(
        column["name"],
        value,
        column.get("type", "string"),
        column.get("format", ""),
        column.get("priority", 0),
        column.get("description", ""),
    )


def fill_defaults(schema: Any, value: Any) -> None:
    """Put the schema's defaults where an object has no value, in place."""
    if not isinstance(schema, dict):
        return
    if isinstance(value, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if name not in value and isinstance(inner, dict) and "default" in inner:
                value[name] = _copied(inner["default"])
            if name in value:
                fill_defaults(inner, value[name])
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for name, inner_value in value.items():
                if name not in (schema.get("properties") or {}):
                    fill_defaults(extra, inner_value)
    elif isinstance(value, list):
        for item in value:
            fill_defaults(schema.get("items"), item)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
