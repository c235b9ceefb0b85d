"""The status of a claim: which devices it was given, who uses them, and how they are."""

from __future__ import annotations

import ipaddress
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.conditions import check_conditions
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.placement import node_selector
from bouvier.kinds.resource_v1.devices import binding_conditions
from bouvier.kinds.resource_v1.naming import (
    Part,
    driver_name,
    each_of,
    each_once,
    label_name,
    pool_name,
    share_id,
    too_many,
)
from bouvier.kinds.resource_v1.requests import (
    MAX_CONFIGS,
    RequestNames,
    claim_configuration,
    reference,
    request_names,
)
from bouvier.kinds.resource_v1.selectors import raw
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj, is_deleting

MAX_USERS = 256
MAX_RESULTS = 32
MAX_CONDITIONS = 8
MAX_DATA = 10 * 1024
MAX_ADDRESSES = 16
MAX_INTERFACE, MAX_HARDWARE = 256, 128
_UNLIMITED = 1 << 30
_SOURCES = ("FromClaim", "FromClass")


def validate_status(new: Obj, old: Obj) -> list[FieldError]:
    """Check a change of a claim's status."""
    return list(_status("status", new, old))


def _status(path: str, new: Obj, old: Obj) -> Errors:
    after, before = new.get("status") or {}, old.get("status") or {}
    users, allocation = after.get("reservedFor") or [], after.get("allocation")
    yield from each_once(f"{path}.reservedFor", users, MAX_USERS, _user, lambda user: user.get("uid"))
    given = {_identity(one) for one in ((allocation or {}).get("devices") or {}).get("results") or ()}
    reports = after.get("devices")
    yield from each_once(f"{path}.devices", reports, _UNLIMITED, lambda at, one: _report(at, one, given), _identity)
    if users and allocation is None:
        yield forbidden_field(f"{path}.reservedFor", "may not be specified when `allocated` is not set")
    elif is_deleting(new) and any(user not in (before.get("reservedFor") or ()) for user in users):
        detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
        yield forbidden_field(f"{path}.reservedFor", detail)
    if allocation is None:
        return
    if before.get("allocation") is not None:
        yield from fields.immutable(f"{path}.allocation", allocation, before["allocation"])
    else:
        known = request_names((new.get("spec") or {}).get("devices") or {})
        yield from _allocation(f"{path}.allocation", allocation, known)


def _identity(one: Part) -> str:
    share = one.get("shareID")
    parts = [str(one.get(field) or "") for field in ("driver", "pool", "device")]
    return "/".join([*parts, share] if share else parts)


def _user(path: str, user: Part) -> Errors:
    for field in ("resource", "name", "uid"):
        if not user.get(field):
            yield required(f"{path}.{field}")


def _allocation(path: str, allocation: Part, known: RequestNames) -> Errors:
    devices, place = allocation.get("devices") or {}, f"{path}.devices"
    results = devices.get("results")
    yield from each_of(f"{place}.results", results, MAX_RESULTS, lambda at, one: _result(at, one, known))
    configs = devices.get("config")
    yield from each_of(f"{place}.config", configs, 2 * MAX_CONFIGS, lambda at, one: _config(at, one, known))
    if allocation.get("nodeSelector") is not None:
        yield from node_selector(f"{path}.nodeSelector", allocation["nodeSelector"])


def _result(path: str, result: Part, known: RequestNames) -> Errors:
    yield from reference(f"{path}.request", result.get("request") or "", known)
    yield from _device(path, result)
    yield from binding_conditions(path, result)


def _device(path: str, one: Part) -> Errors:
    yield from driver_name(f"{path}.driver", one.get("driver"))
    yield from pool_name(f"{path}.pool", one.get("pool"))
    yield from label_name(f"{path}.device", one.get("device"))
    if one.get("shareID") is not None:
        yield from share_id(f"{path}.shareID", one["shareID"])


def _config(path: str, config: Part, known: RequestNames) -> Errors:
    yield from fields.one_of(f"{path}.source", config.get("source"), _SOURCES)
    yield from claim_configuration(path, config, known)


def _report(path: str, report: Part, given: set[str]) -> Errors:
    yield from _device(path, report)
    if _identity(report) not in given:
        yield fields.invalid(path, _identity(report), "must be an allocated device in the claim")
    conditions = report.get("conditions") or []
    if len(conditions) > MAX_CONDITIONS:
        yield too_many(f"{path}.conditions", len(conditions), MAX_CONDITIONS)
    yield from check_conditions(f"{path}.conditions", conditions)
    if report.get("data") is not None:
        yield from raw(f"{path}.data", report["data"], MAX_DATA)
    yield from _network(f"{path}.networkData", report.get("networkData") or {})


def _network(path: str, data: Part) -> Errors:
    for field, limit in (("interfaceName", MAX_INTERFACE), ("hardwareAddress", MAX_HARDWARE)):
        if len(data.get(field) or "") > limit:
            yield fields.too_long(f"{path}.{field}", limit)
    yield from each_once(f"{path}.ips", data.get("ips"), MAX_ADDRESSES, _address)


def _address(path: str, text: Any) -> Errors:
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        found = None
    if found is None or "/" not in text:
        detail = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
        yield fields.invalid(path, text, detail)
    elif str(found) != text:
        yield fields.invalid(path, text, f'must be in canonical form ("{found}")')
