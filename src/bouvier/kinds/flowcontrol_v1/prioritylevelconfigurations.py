"""PriorityLevelConfiguration: how much of the server a class of requests may use, and what happens beyond it.

Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/priority-level-configuration-v1/
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.kinds.flowcontrol_v1.conditions import conditions
from bouvier.kinds.kind import Column, Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of

PRIORITYLEVELCONFIGURATIONS = Resource(
    born.GROUP, "v1", "prioritylevelconfigurations", "PriorityLevelConfiguration", namespaced=False
)
DEFAULT_SHARES = 30
DEFAULT_QUEUING = {"handSize": 8, "queues": 64, "queueLengthLimit": 50}
MOST_QUEUES = 10_000_000
HASH_BITS = 60
"""A hand is dealt with a hash of 64 bits, of which so many are even enough."""
_TYPES, _RESPONSES = ("Exempt", "Limited"), ("Queue", "Reject")
_FIXED = {name_of(one): one["spec"] for one in born.MANDATORY_LEVELS}


def default(obj: Obj) -> None:
    """Fill shares, lending and the queues' numbers."""
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    for field, shares in (("exempt", 0), ("limited", DEFAULT_SHARES)):
        part = spec.get(field)
        if isinstance(part, dict):
            for name, value in (("nominalConcurrencyShares", shares), ("lendablePercent", 0)):
                if part.get(name) is None:
                    part[name] = value
    queuing = value_at(spec, ("limited", "limitResponse", "queuing"))
    if isinstance(queuing, dict):
        for name, value in DEFAULT_QUEUING.items():
            if not queuing.get(name):
                queuing[name] = value


def validate(obj: Obj) -> list[FieldError]:
    """Check type, shares and queues; mandatory levels are what they are."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec, name = obj.get("spec") or {}, name_of(obj)
    kind = spec.get("type") or ""
    if (name == born.EXEMPT) != (kind == "Exempt"):
        yield fields.invalid("spec.type", kind, "type must be 'Exempt' if and only if name is 'exempt'")
    if kind == "Exempt":
        yield from _exempt(spec)
    elif kind == "Limited":
        yield from _limited(spec)
    else:
        yield fields.unsupported("spec.type", kind, _TYPES)
    yield from _fixed(spec, name)
    yield from conditions(obj)


def _fixed(spec: Mapping[str, Any], name: str) -> Errors:
    """Check a mandatory level: only what the exempt one holds back and lends may be changed."""
    wanted = _FIXED.get(name)
    if wanted is None:
        return
    if name == born.EXEMPT:
        if {**spec, "exempt": None} != {**wanted, "exempt": None}:
            detail = f"spec of '{name}' except the 'spec.exempt' field must equal the fixed value"
            yield fields.invalid("spec", spec, detail)
    elif spec != wanted:
        yield fields.invalid("spec", spec, f"spec of '{name}' must equal the fixed value")


def _exempt(spec: Mapping[str, Any]) -> Errors:
    if spec.get("limited") is not None:
        yield forbidden_field("spec.limited", "must be nil if the type is not Limited")
    if spec.get("exempt") is not None:
        yield from _shares("spec.exempt", spec["exempt"])
        yield from _lending("spec.exempt", spec["exempt"])


def _limited(spec: Mapping[str, Any]) -> Errors:
    if spec.get("exempt") is not None:
        yield forbidden_field("spec.exempt", "must be nil if the type is Limited")
    limited = spec.get("limited")
    if limited is None:
        yield required("spec.limited", "must not be empty when type is Limited")
        return
    yield from _shares("spec.limited", limited)
    yield from _response("spec.limited.limitResponse", limited.get("limitResponse") or {})
    yield from _lending("spec.limited", limited)
    borrowing = limited.get("borrowingLimitPercent")
    if borrowing is not None and borrowing < 0:
        detail = "if specified, must be a non-negative integer"
        yield fields.invalid("spec.limited.borrowingLimitPercent", borrowing, detail)


def _shares(path: str, part: Mapping[str, Any]) -> Errors:
    shares = part.get("nominalConcurrencyShares") or 0
    if shares < 0:
        yield fields.invalid(f"{path}.nominalConcurrencyShares", shares, "must be a non-negative integer")


def _lending(path: str, part: Mapping[str, Any]) -> Errors:
    percent = part.get("lendablePercent") or 0
    if not 0 <= percent <= 100:
        yield fields.invalid(f"{path}.lendablePercent", percent, "must be between 0 and 100, inclusive")


def _response(path: str, response: Mapping[str, Any]) -> Errors:
    kind, queuing = response.get("type") or "", response.get("queuing")
    if kind not in _RESPONSES:
        yield fields.unsupported(f"{path}.type", kind, _RESPONSES)
    elif kind == "Reject":
        if queuing is not None:
            yield forbidden_field(f"{path}.queuing", "must be nil if limited.limitResponse.type is not Limited")
    elif queuing is None:
        yield required(f"{path}.queuing", "must not be empty if limited.limitResponse.type is Limited")
    else:
        yield from _queuing(f"{path}.queuing", queuing)


def _queuing(path: str, queuing: Mapping[str, Any]) -> Errors:
    length, queues, hand = (queuing.get(field) or 0 for field in ("queueLengthLimit", "queues", "handSize"))
    if length <= 0:
        yield fields.invalid(f"{path}.queueLengthLimit", length, "must be positive")
    if queues <= 0:
        yield fields.invalid(f"{path}.queues", queues, "must be positive")
    elif queues > MOST_QUEUES:
        yield fields.invalid(f"{path}.queues", queues, f"must not be greater than {MOST_QUEUES}")
    if hand <= 0:
        yield fields.invalid(f"{path}.handSize", hand, "must be positive")
    elif hand > queues:
        yield fields.invalid(f"{path}.handSize", hand, f"should not be greater than queues ({queues})")
    elif entropy_bits(queues, hand) > HASH_BITS:
        detail = (
            f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS}"
        )
        yield fields.invalid(f"{path}.handSize", hand, detail)


def entropy_bits(deck: int, hand: int) -> int:
    """Return how many bits choosing a hand takes: the logarithm of the number of ordered hands, rounded up."""
    bits = 0.0
    for taken in range(hand):
        bits += math.log2(deck - taken)
        if bits > HASH_BITS + 1:
            break
    return math.ceil(bits)


def _number(title: str, *path: str) -> Column:
    def value(obj: Obj) -> Any:
        found = value_at(obj, ("spec", "limited", *path))
        return "<none>" if found is None else found

    return cell(title, value)


KIND = Kind(
    resource=PRIORITYLEVELCONFIGURATIONS,
    singular="prioritylevelconfiguration",
    definition="io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
    subresources=with_status(PRIORITYLEVELCONFIGURATIONS),
    columns=(
        NAME,
        text("Type", "spec", "type"),
        _number("NominalConcurrencyShares", "nominalConcurrencyShares"),
        _number("Queues", "limitResponse", "queuing", "queues"),
        _number("HandSize", "limitResponse", "queuing", "handSize"),
        _number("QueueLengthLimit", "limitResponse", "queuing", "queueLengthLimit"),
        AGE,
    ),
    default=default,
    validate=validate,
    validate_status=lambda new, _old: list(conditions(new)),
    has_generation=True,
)
