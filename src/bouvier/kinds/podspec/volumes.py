"""Validation of a pod's volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.kinds.podspec import environment, resources
from bouvier.kinds.podspec.containers import PULL_POLICIES, local_path, no_backsteps
from bouvier.meta.errors import FieldError, forbidden_field, required

_HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_MAX_MODE = 0o777
_MIN_TOKEN_SECONDS = 600
_MAX_TOKEN_SECONDS = 1 << 32
_PROJECTIONS = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")

Source = Mapping[str, Any]


def validate_volumes(path: str, volumes: Sequence[Source]) -> Errors:
    """Check the list of volumes."""
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        place = f"{path}[{index}]"
        yield from _source(place, volume)
        name = volume.get("name")
        yield from fields.named(f"{place}.name", name, names.label)
        if name and name in seen:
            yield FieldError("FieldValueDuplicate", f"{place}.name", f"Duplicate value: {show(name)}")
        seen.add(name or "")


def _source(path: str, volume: Source) -> Errors:
    present = [field for field in volume if field != "name" and volume[field] is not None]
    if not present:
        yield required(path, "must specify a volume type")
        return
    for extra in present[1:]:
        yield forbidden_field(f"{path}.{extra}", "may not specify more than 1 volume type")
    check = _CHECKS.get(present[0])
    if check:
        yield from check(f"{path}.{present[0]}", volume[present[0]])


def _host_path(path: str, source: Source) -> Errors:
    if not source.get("path"):
        yield required(f"{path}.path")
    else:
        yield from no_backsteps(f"{path}.path", source["path"])
    kind = source.get("type") or ""
    if kind not in _HOST_PATH_TYPES:
        yield fields.unsupported(f"{path}.type", kind, _HOST_PATH_TYPES)


def _empty_dir(path: str, source: Source) -> Errors:
    limit = resources.parsed(source.get("sizeLimit"))
    if limit is not None and limit < 0:
        yield forbidden_field(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _secret(path: str, source: Source) -> Errors:
    if not source.get("secretName"):
        yield required(f"{path}.secretName")
    yield from _files(path, source)


def _config_map(path: str, source: Source) -> Errors:
    if not source.get("name"):
        yield required(f"{path}.name")
    yield from _files(path, source)


def _files(path: str, source: Source) -> Errors:
    yield from _mode(f"{path}.defaultMode", source.get("defaultMode"))
    for index, item in enumerate(source.get("items") or ()):
        yield from _key_to_path(f"{path}.items[{index}]", item)


def _key_to_path(path: str, item: Source) -> Errors:
    if not item.get("key"):
        yield required(f"{path}.key")
    yield from _file_path(f"{path}.path", item.get("path"))
    yield from _mode(f"{path}.mode", item.get("mode"))


def _file_path(path: str, value: str | None) -> Errors:
    if not value:
        yield required(path)
        return
    yield from local_path(path, value)
    if value.startswith("..") and ".." not in value.split("/"):
        yield fields.invalid(path, value, "must not start with '..'")


def _mode(path: str, value: int | None) -> Errors:
    if value is not None and not 0 <= value <= _MAX_MODE:
        yield fields.invalid(path, value, "must be a number between 0 and 0777 (octal), both inclusive")


def _downward(path: str, source: Source) -> Errors:
    yield from _mode(f"{path}.defaultMode", source.get("defaultMode"))
    for index, item in enumerate(source.get("items") or ()):
        yield from _downward_item(f"{path}.items[{index}]", item)


def _downward_item(path: str, item: Source) -> Errors:
    yield from _file_path(f"{path}.path", item.get("path"))
    field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
    if field is not None:
        yield from environment.field_reference(f"{path}.fieldRef", field)
        if resource is not None:
            yield fields.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif resource is not None:
        yield from environment.resource_reference(f"{path}.resourceFieldRef", resource, needs_container=True)
    else:
        yield required(path, "one of fieldRef and resourceFieldRef is required")
    yield from _mode(f"{path}.mode", item.get("mode"))


def _projected(path: str, source: Source) -> Errors:
    yield from _mode(f"{path}.defaultMode", source.get("defaultMode"))
    for index, projection in enumerate(source.get("sources") or ()):
        place = f"{path}.sources[{index}]"
        present = [field for field in _PROJECTIONS if projection.get(field) is not None]
        for extra in present[1:]:
            yield forbidden_field(f"{place}.{extra}", "may not specify more than 1 volume type")
        for field in present[:1]:
            yield from _projection(f"{place}.{field}", field, projection[field])


def _projection(path: str, field: str, source: Source) -> Errors:
    if field in ("secret", "configMap"):
        if not source.get("name"):
            yield required(f"{path}.name")
        yield from _files(path, source)
    elif field == "downwardAPI":
        yield from _downward(path, source)
    elif field == "serviceAccountToken":
        yield from _token(path, source)


def _token(path: str, source: Source) -> Errors:
    seconds = source.get("expirationSeconds")
    if seconds is not None and seconds < _MIN_TOKEN_SECONDS:
        yield fields.invalid(f"{path}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    elif seconds is not None and seconds > _MAX_TOKEN_SECONDS:
        yield fields.invalid(
            f"{path}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"
        )
    yield from _file_path(f"{path}.path", source.get("path"))


def _claim(path: str, source: Source) -> Errors:
    if not source.get("claimName"):
        yield required(f"{path}.claimName")


def _nfs(path: str, source: Source) -> Errors:
    if not source.get("server"):
        yield required(f"{path}.server")
    if not source.get("path"):
        yield required(f"{path}.path")
    elif not source["path"].startswith("/"):
        yield fields.invalid(f"{path}.path", source["path"], "must be an absolute path")


def _csi(path: str, source: Source) -> Errors:
    if not source.get("driver"):
        yield required(f"{path}.driver")


def _image(path: str, source: Source) -> Errors:
    if not source.get("reference"):
        yield required(f"{path}.reference")
    yield from fields.optional_one_of(f"{path}.pullPolicy", source.get("pullPolicy"), PULL_POLICIES)


def _ephemeral(path: str, source: Source) -> Errors:
    if not source.get("volumeClaimTemplate"):
        yield required(f"{path}.volumeClaimTemplate")


_CHECKS: Mapping[str, Callable[[str, Source], Errors]] = {
    "hostPath": _host_path,
    "emptyDir": _empty_dir,
    "secret": _secret,
    "configMap": _config_map,
    "downwardAPI": _downward,
    "projected": _projected,
    "persistentVolumeClaim": _claim,
    "nfs": _nfs,
    "csi": _csi,
    "image": _image,
    "ephemeral": _ephemeral,
}
