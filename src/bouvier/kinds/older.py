"""Older versions of kinds: the same fields under another version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bouvier.kinds.kind import Kind, Subresource, no_errors, no_update_errors, nothing
from bouvier.meta.objects import Obj


def older(kind: Kind, version: str) -> Kind:
    """Return a kind under an older version; its objects are stored, defaulted and checked as the kind itself."""
    return replace(
        kind,
        resource=kind.resource._replace(version=version),
        definition=kind.definition.replace(f".{kind.resource.version}.", f".{version}."),
        subresources={name: _subresource(kind, part, version) for name, part in kind.subresources.items()},
        default=nothing,
        validate=no_errors,
        validate_update=no_update_errors,
        storage_version=kind.resource.version,
        to_storage=_renamed(kind.resource.api_version),
        from_storage=_renamed(f"{kind.resource.group}/{version}"),
    )


def _subresource(kind: Kind, part: Subresource, version: str) -> Subresource:
    is_own = (part.group, part.version) == (kind.resource.group, kind.resource.version)
    return part._replace(version=version) if is_own else part


def _renamed(api_version: str) -> Callable[[Obj], Obj]:
    def rename(obj: Obj) -> Obj:
        return obj | {"apiVersion": api_version}

    return rename
