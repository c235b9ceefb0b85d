"""Names and parameters of storage drivers, which several kinds hold."""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required

MAX_DRIVER_NAME = 63
MAX_PARAMETERS = 512
MAX_PARAMETERS_BYTES = 256 * 1024


def driver_name(path: str, name: str | None) -> Errors:
    """Check the name of a driver, whatever its case."""
    if not name:
        yield required(path)
        return
    if len(name) > MAX_DRIVER_NAME:
        yield fields.too_long(path, MAX_DRIVER_NAME)
    for message in names.subdomain(name.lower()):
        yield fields.invalid(path, name, message)


def provisioner(path: str, name: str | None) -> Errors:
    """Check the name of what makes or changes volumes."""
    if not name:
        yield required(path)
        return
    for message in names.qualified_name(name.lower()):
        yield fields.invalid(path, name.lower(), message)


def parameters(path: str, given: Mapping[str, str] | None, *, needs_one: bool = False) -> Errors:
    """Check what a class tells its driver."""
    held = given or {}
    if len(held) > MAX_PARAMETERS:
        yield fields.too_long(path, MAX_PARAMETERS)
        return
    if "" in held:
        yield fields.invalid(path, "", "field can not be empty.")
    if sum(len(key.encode()) + len(value.encode()) for key, value in held.items()) > MAX_PARAMETERS_BYTES:
        yield fields.too_long(path, MAX_PARAMETERS_BYTES)
    if needs_one and not held:
        yield required(path, "must contain at least one key/value pair")
