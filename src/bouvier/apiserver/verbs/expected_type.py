"""What is said to a body that is of another kind, or of another version, than the URL's.

Source: Kubernetes' `handlers/create.go` and `customresource/validator.go`.
"""

from __future__ import annotations

from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, bad_request, invalid, invalid_object
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj, name_of


def check_type(obj: Obj, kind: Kind) -> None:
    """Refuse a body of another kind than the URL's.

    Raises:
        ApiError: BadRequest; Invalid for a custom kind.

    """
    resource = kind.resource
    if obj.get("apiVersion") != resource.api_version or obj.get("kind") != resource.kind:
        raise _refusal(obj, kind)


def _refusal(obj: Obj, kind: Kind) -> ApiError:
    resource = kind.resource
    api_version, name = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")
    other_version = bad_request(
        f"the API version in the data ({api_version}) does not match the expected API version ({resource.api_version})"
    )
    if kind.is_custom:
        if api_version != resource.api_version:
            return other_version
        problem = invalid("kind", name, f"must be {resource.kind}")
        return invalid_object(resource.group, name, name_of(obj), [problem])
    if not name:
        return bad_request(f"Object 'Kind' is missing (must be of type {resource.kind})")
    if not _is_known(api_version, name):
        why = f'no kind "{name}" is registered for version "{api_version}"'
    elif name == resource.kind:
        return other_version
    else:
        why = f"converting ({_version(api_version)}.{name}) to ({_package(resource.group)}.{resource.kind}): "
        why += "unknown conversion"
    return bad_request(f'{name} in version "{_version(api_version)}" cannot be handled as a {resource.kind}: {why}')


def _version(api_version: str) -> str:
    return split_api_version(api_version)[1]


def _package(group: str) -> str:
    """Return the short name of a group, as conversions call it."""
    return group.partition(".")[0] or "core"


def _is_known(api_version: str, name: str) -> bool:
    from bouvier.kinds.registry import builtin  # noqa: PLC0415 - needed by refusals only

    return any((one.resource.api_version, one.resource.kind) == (api_version, name) for one in builtin().values())
