"""How `resource.k8s.io/v1beta1` writes requests and devices: one level flatter, or deeper, than later versions.

A request for exact devices stands in the request itself instead of below `exactly`; a device is described below
`basic` instead of in itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.meta.objects import Obj

_IN_REQUEST = ("name", "firstAvailable")
_IN_DEVICE = ("name",)

Part = dict[str, Any]
Change = Callable[[Part], Part]


def views(kind: Kind, parts: Callable[[Obj], Iterator[list[Any]]], up: Change, down: Change) -> tuple[Kind, Kind]:
    """Return a kind's older versions; `parts` finds the lists whose elements `up` and `down` turn."""
    flat = older(kind, "v1beta1")
    return older(kind, "v1beta2"), replace(
        flat, to_storage=_turned(flat.to_storage, parts, up), from_storage=_turned(flat.from_storage, parts, down)
    )


def _turned(
    renamed: Callable[[Obj], Obj] | None, parts: Callable[[Obj], Iterator[list[Any]]], change: Change
) -> Callable[[Obj], Obj]:
    def turn(obj: Obj) -> Obj:
        for held in parts(obj):
            held[:] = [change(one) if isinstance(one, dict) else one for one in held]
        return renamed(obj) if renamed is not None else obj

    return turn


def request_up(request: Part) -> Part:
    """Return a request as it is stored."""
    exact = {field: value for field, value in request.items() if field not in _IN_REQUEST and value not in ("", None)}
    kept = {field: request[field] for field in _IN_REQUEST if field in request}
    return kept | ({"exactly": exact} if exact else {})


def request_down(request: Part) -> Part:
    """Return a stored request as v1beta1 shows it."""
    return {field: value for field, value in request.items() if field != "exactly"} | (request.get("exactly") or {})


def device_up(device: Part) -> Part:
    """Return a device as it is stored."""
    return {field: device[field] for field in _IN_DEVICE if field in device} | (device.get("basic") or {})


def device_down(device: Part) -> Part:
    """Return a stored device as v1beta1 shows it."""
    described = {field: value for field, value in device.items() if field not in _IN_DEVICE}
    return {field: device[field] for field in _IN_DEVICE if field in device} | {"basic": described}


def list_at(obj: Any, *path: str) -> Iterator[list[Any]]:
    """Yield the list at a path of fields, if there is one."""
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    if isinstance(obj, list):
        yield obj
