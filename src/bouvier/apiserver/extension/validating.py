"""ValidatingAdmissionPolicy: refusing, warning of or noting what breaks a policy.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import structlog

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.extension.attributes import Attributes
from bouvier.apiserver.extension.configured import GROUP, Configured
from bouvier.apiserver.extension.expressions import (
    Budget,
    Conditions,
    Expression,
    Variables,
    bindings_of,
    compiled,
    value_of,
)
from bouvier.apiserver.extension.matching import Match
from bouvier.apiserver.extension.params import ParamError, params_of
from bouvier.kinds.admissionregistration_v1.expressions import scope_of
from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.errors import REASON_CODES, ApiError
from bouvier.meta.objects import Obj, name_of

log = structlog.get_logger(__name__)
LONGEST_MESSAGE = 5 * 1024
LONGEST_ANNOTATION = 10 * 1024
"""Bytes of a noted value, then it is cut. Source: Kubernetes' `valueExpression`."""
EXEMPT = frozenset(
    {
        (GROUP, plural)
        for plural in (
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        )
    }
)
"""No policy may lock out those who want to change it."""


class Validation(NamedTuple):
    """One expression that must hold."""

    expression: Expression
    message: str
    computed: Expression | None
    reason: str


class Decision(NamedTuple):
    """Why a write breaks a policy."""

    message: str
    reason: str


@dataclass
class Policy:
    """A policy, compiled."""

    name: str
    spec: Obj
    match: Match
    conditions: Conditions
    variables: Mapping[str, Expression]
    validations: list[Validation]
    annotations: list[tuple[str, Expression]]
    bindings: list[Binding]

    @property
    def is_strict(self) -> bool:
        """Tell whether what cannot be evaluated is refused."""
        return self.spec.get("failurePolicy") != "Ignore"


@dataclass
class Binding:
    """A binding, compiled."""

    name: str
    spec: Obj
    match: Match | None
    actions: frozenset[str]


def compile_binding(obj: Obj) -> Binding:
    """Compile a binding of either sort."""
    spec = obj["spec"]
    narrowed = spec.get("matchResources")
    match = None if narrowed is None else Match(narrowed, rules="resourceRules", all_if_none=True)
    return Binding(name_of(obj), spec, match, frozenset(spec.get("validationActions") or ()))


def compile_variables(spec: Obj) -> dict[str, Expression]:
    """Compile the variables of a policy, each in the scope of those before it."""
    given = spec.get("variables") or []
    return {
        one["name"]: compiled(scope_of({**spec, "variables": given[:index]}), one["expression"])
        for index, one in enumerate(given)
    }


def compile_policies(policies: list[Obj], bindings: list[Obj]) -> list[Policy]:
    """Compile the policies that have a binding."""
    by_policy: dict[str, list[Binding]] = {}
    for binding in bindings:
        by_policy.setdefault(binding["spec"]["policyName"], []).append(compile_binding(binding))
    return [_compiled(obj, by_policy[name_of(obj)]) for obj in policies if name_of(obj) in by_policy]


def _compiled(obj: Obj, bindings: list[Binding]) -> Policy:
    spec = obj["spec"]
    scope, plain = scope_of(spec), scope_of(spec, has_authorizer=False)
    validations = [
        Validation(
            compiled(scope, one["expression"]),
            (one.get("message") or "").strip(),
            compiled(plain, one["messageExpression"]) if one.get("messageExpression") else None,
            one.get("reason") or "Invalid",
        )
        for one in spec.get("validations") or ()
    ]
    return Policy(
        name_of(obj),
        spec,
        Match(spec.get("matchConstraints") or {}, rules="resourceRules"),
        Conditions.of(spec.get("matchConditions") or [], scope_of({"paramKind": spec.get("paramKind")})),
        compile_variables(spec),
        validations,
        [(one["key"], compiled(scope, one["valueExpression"])) for one in spec.get("auditAnnotations") or ()],
        bindings,
    )


class ValidatingPolicies:
    """The admission plug-in."""

    def __init__(self, hub: CacheHub) -> None:
        self._configured = Configured(
            hub, ("validatingadmissionpolicies", "validatingadmissionpolicybindings"), compile_policies
        )

    async def admit(self, operation: Operation) -> None:
        """Judge a write by every policy that is bound to it.

        Raises:
            ApiError: a policy with the action Deny is broken.

        """
        policies = self._configured.of(operation.call.cluster)
        if not policies or operation.resource in EXEMPT:
            return
        attributes = Attributes.of(operation)
        refusals: list[ApiError] = []
        for policy in policies:
            view = policy.match.view_of(attributes)
            if view is not None:
                await _judge(policy, await attributes.seen_as(view), refusals)
        if refusals:
            raise refusals[0]


async def _judge(policy: Policy, attributes: Attributes, refusals: list[ApiError]) -> None:
    for binding in policy.bindings:
        if binding.match is not None and binding.match.view_of(attributes) is None:
            continue
        try:
            params = await params_of(attributes, policy.spec, binding.spec)
        except ParamError as error:
            if policy.is_strict:
                message = f"failed to configure binding: {error}"
                refusals.append(_refusal(policy, binding, attributes, Decision(message, "Invalid")))
            continue
        for param in params:
            for decision in _decisions(policy, attributes, param, binding):
                _act(policy, binding, attributes, decision, refusals)


def _decisions(policy: Policy, attributes: Attributes, param: Obj | None, binding: Binding) -> list[Decision]:
    budget = Budget()
    bindings = bindings_of(attributes)
    if policy.spec.get("paramKind"):
        bindings["params"] = param
    try:
        if not policy.conditions.hold(bindings):
            return []
    except EvaluationError as error:
        return [Decision(str(error), "Invalid")] if policy.is_strict else []
    bindings["variables"] = Variables(policy.variables, bindings, budget)
    found = [_decision(policy, one, bindings, budget) for one in policy.validations]
    _annotate(policy, binding, attributes, bindings)
    return [decision for decision in found if decision is not None]


def _decision(policy: Policy, validation: Validation, bindings: dict[str, Any], budget: Budget) -> Decision | None:
    try:
        if value_of(validation.expression, bindings, budget) is True:
            return None
    except EvaluationError as error:
        return Decision(str(error), "Invalid") if policy.is_strict else None
    message = _computed(validation.computed, bindings, budget) or validation.message
    return Decision(message or f"failed expression: {validation.expression.text.strip()}", validation.reason)


def _computed(expression: Expression | None, bindings: dict[str, Any], budget: Budget) -> str:
    """Return a computed message, empty when it is unusable."""
    if expression is None:
        return ""
    try:
        value = value_of(expression, bindings, budget)
    except EvaluationError as error:
        log.info("message expression failed", expression=expression.text, why=str(error))
        return ""
    message = value.strip() if isinstance(value, str) else ""
    return "" if "\n" in message or len(message.encode()) > LONGEST_MESSAGE else message


def _annotate(policy: Policy, binding: Binding, attributes: Attributes, bindings: dict[str, Any]) -> None:
    """Note the audit annotations of a policy."""
    del binding
    budget = Budget()
    for key, expression in policy.annotations:
        try:
            value = value_of(expression, bindings, budget)
        except EvaluationError as error:
            if policy.is_strict:
                raise ApiError("Invalid", f"auditAnnotation {key} of policy {policy.name}: {error}") from None
            continue
        if isinstance(value, str) and value.strip():
            text = value.strip().encode()[:LONGEST_ANNOTATION].decode(errors="ignore")
            attributes.call.request.annotate(f"{policy.name}/{key}", text)


def _act(
    policy: Policy, binding: Binding, attributes: Attributes, decision: Decision, refusals: list[ApiError]
) -> None:
    if "Deny" in binding.actions:
        refusals.append(_refusal(policy, binding, attributes, decision))
    if "Warn" in binding.actions:
        named = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{binding.name}'"
        attributes.call.request.warnings.append(f"Validation failed for {named}: {decision.message}")
    if "Audit" in binding.actions:
        note = [
            {
                "message": decision.message,
                "policy": policy.name,
                "binding": binding.name,
                "validationActions": sorted(binding.actions),
            }
        ]
        attributes.call.request.annotate(
            "validation.policy.admission.k8s.io/validation_failure", orjson.dumps(note).decode()
        )


def _refusal(policy: Policy, binding: Binding, attributes: Attributes, decision: Decision) -> ApiError:
    named = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{binding.name}'"
    message = f"{named} denied request: {decision.message}"
    error = forbidden(attributes.operation, message)
    details = {**error.details, "causes": [{"message": message}]}
    return ApiError(decision.reason, error.message, code=REASON_CODES.get(decision.reason, 422), details=details)
