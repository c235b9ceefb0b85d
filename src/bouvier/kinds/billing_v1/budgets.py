"""Budget: an amount that a namespace, an application or the whole platform may cost in a day, week or month.

It warns, by condition and event, when a part of the amount is spent or will be at this rate; it stops nothing.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from bouvier.kinds import fields
from bouvier.kinds.catalog_v1.schemas import CONDITIONS, FLAG, NUMBER, TEXT, described, objects, root
from bouvier.kinds.columns import AGE, NAME, cell, number, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, invalid, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("billing.bouvier.io", "v1", "budgets", "Budget", namespaced=False)
DAY, WEEK, MONTH = "Day", "Week", "Month"
PERIODS = (DAY, MONTH, WEEK)
WARN = "Warn"
NOT_YET = ("Block", "ScaleDown", "Suspend")
"""Actions that are known by name and refused: a budget that does not do what it says would be worse than none."""
THRESHOLDS = [50, 80, 100]
_SCOPE = objects(
    {
        "namespace": described(TEXT, "What this namespace costs."),
        "label": described(TEXT, "What everything with this label costs: KEY=VALUE."),
        "cluster": described(FLAG, "What all hosts cost, what nobody uses included."),
    }
)
_NUMBERS = {"type": "array", "items": NUMBER, "x-kubernetes-list-type": "atomic"}
_SPEC = objects(
    {
        "amount": described(TEXT, 'A decimal number as text, such as "250", in the currency of the prices.'),
        "period": described(TEXT, "Day, Week (from Monday) or Month; Month when absent. They begin at midnight UTC."),
        "scope": described(_SCOPE, "Exactly one of namespace, label, cluster."),
        "thresholds": described(_NUMBERS, "Percent of the amount at which it warns; 50, 80, 100 when absent."),
        "action": described(TEXT, "Warn; others are not there yet."),
    },
    "amount",
    "scope",
)
_STATUS = objects(
    {
        "observedGeneration": NUMBER,
        "from": described(TEXT, "Begin of the present period."),
        "to": TEXT,
        "currency": TEXT,
        "spent": described(TEXT, "What it has cost in this period."),
        "forecast": described(TEXT, "What it will have cost at its end, if it goes on as in this period."),
        "percent": described(NUMBER, "How much of the amount is spent."),
        "passed": described(_NUMBERS, "The thresholds that are passed."),
        "conditions": CONDITIONS,
    }
)


def amount_of(spec: Obj) -> Decimal | None:
    """Return the amount, None when it is no number above zero."""
    try:
        amount = Decimal(str(spec.get("amount", "")))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None


def _default(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("period", MONTH)
    spec.setdefault("action", WARN)
    spec.setdefault("thresholds", list(THRESHOLDS))


def _validate(obj: Obj) -> list[FieldError]:
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Obj) -> Errors:
    if amount_of(spec) is None:
        yield invalid("spec.amount", spec.get("amount", ""), 'must be a decimal number above zero, as text: "250"')
    yield from fields.one_of("spec.period", spec.get("period"), PERIODS)
    if spec.get("action") in NOT_YET:
        yield invalid("spec.action", spec["action"], f"is not there yet: a budget can {WARN}")
    else:
        yield from fields.one_of("spec.action", spec.get("action"), (WARN,))
    scope = spec.get("scope") or {}
    if sum(bool(scope.get(field)) for field in ("namespace", "label", "cluster")) != 1:
        yield required("spec.scope", "name exactly one of namespace, label, cluster")
    label, equals, value = str(scope.get("label", "")).partition("=")
    if scope.get("label") and not (label and equals and value):
        yield invalid("spec.scope.label", scope["label"], "must be KEY=VALUE")
    for index, percent in enumerate(spec.get("thresholds") or ()):
        if not 1 <= percent <= 1000:
            yield invalid(f"spec.thresholds[{index}]", percent, "must be between 1 and 1000")


def scope_text(obj: Obj) -> str:
    """Return what a budget is for, as a cell of a table."""
    scope = (obj.get("spec") or {}).get("scope") or {}
    if scope.get("namespace"):
        return f"namespace {scope['namespace']}"
    return f"label {scope['label']}" if scope.get("label") else "cluster"


KIND = Kind(
    resource=RESOURCE,
    singular="budget",
    definition="",
    columns=(
        NAME,
        cell("Scope", scope_text),
        text("Period", "spec", "period"),
        text("Amount", "spec", "amount"),
        text("Spent", "status", "spent"),
        text("Forecast", "status", "forecast"),
        number("Percent", "status", "percent"),
        AGE,
    ),
    subresources=with_status(RESOURCE),
    has_generation=True,
    default=_default,
    validate=_validate,
    schema=root(_SPEC, _STATUS),
)
