"""PriceList: what processors and memory cost from a day on. The one named `default` counts."""

from __future__ import annotations

from bouvier.kinds.billing_v1.prices import parse
from bouvier.kinds.columns import AGE, NAME, text
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("billing.bouvier.io", "v1", "pricelists", "PriceList", namespaced=False)
_AMOUNT = {"type": "string", "description": 'A decimal number as text, such as "0.03".'}
_PRICE = {
    "type": "object",
    "required": ["from", "cpuHour", "memoryGiBHour"],
    "properties": {
        "from": {"type": "string", "description": "First day on which this list holds, such as 2026-01-31."},
        "to": {"type": "string", "description": "Last day on which it holds; absent: until the next list begins."},
        "cpuHour": _AMOUNT | {"description": "Price of one processor for an hour."},
        "memoryGiBHour": _AMOUNT | {"description": "Price of one GiB of memory for an hour."},
        "storageGiBHour": _AMOUNT | {"description": "Price of one GiB of a claim's size for an hour; 0 when absent."},
        "trafficGiB": _AMOUNT | {"description": "Price of one GiB through the balancer; 0 when absent."},
    },
}
_SPEC = {
    "type": "object",
    "required": ["currency", "prices"],
    "properties": {
        "currency": {"type": "string", "description": "ISO 4217 code, such as EUR."},
        "prices": {"type": "array", "items": _PRICE, "description": "Lists by day; each holds until the next begins."},
    },
}


def _validate(obj: Obj) -> list[FieldError]:
    try:
        parse(obj.get("spec") or {})
    except ValueError as error:
        path, _, detail = str(error).partition(": ")
        return [FieldError("FieldValueInvalid", f"spec.{path}", f"Invalid value: {detail}")]
    return []


KIND = Kind(
    resource=RESOURCE,
    singular="pricelist",
    definition="",
    columns=(NAME, text("Currency", "spec", "currency"), AGE),
    validate=_validate,
    has_generation=True,
    schema={"type": "object", "required": ["spec"], "properties": {"spec": _SPEC}},
)
