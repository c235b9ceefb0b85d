"""MutatingAdmissionPolicy: changing writes by expressions, as an apply configuration or a JSON patch.

Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.cache.hub import CacheHub
from bouvier.apiserver.extension.attributes import Attributes
from bouvier.apiserver.extension.changing import take_over
from bouvier.apiserver.extension.configured import Configured
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
from bouvier.apiserver.extension.validating import EXEMPT, Binding, compile_binding, compile_variables
from bouvier.kinds import schemas
from bouvier.kinds.admissionregistration_v1.expressions import scope_of
from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.export import to_json
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.patches.apply import apply
from bouvier.meta.patches.json import json_patch
from bouvier.util.clock import now_text

_PROTECTED = ("apiVersion", "kind")
_IDENTITY = ("name", "namespace", "uid", "resourceVersion", "generateName", "creationTimestamp", "managedFields")
_MANAGER = "bouvier-admission"


@dataclass
class Mutation:
    """One change that a policy makes."""

    is_patch: bool
    expression: Expression


@dataclass
class MutatingPolicy:
    """A policy, compiled."""

    name: str
    spec: Obj
    match: Match
    conditions: Conditions
    variables: Mapping[str, Expression]
    mutations: list[Mutation]
    bindings: list[Binding]


def compile_mutating(policies: list[Obj], bindings: list[Obj]) -> list[MutatingPolicy]:
    """Compile the policies that have a binding."""
    by_policy: dict[str, list[Binding]] = {}
    for binding in bindings:
        by_policy.setdefault(binding["spec"]["policyName"], []).append(compile_binding(binding))
    return [_compiled(obj, by_policy[name_of(obj)]) for obj in policies if name_of(obj) in by_policy]


def _compiled(obj: Obj, bindings: list[Binding]) -> MutatingPolicy:
    spec = obj["spec"]
    scope = scope_of(spec)
    mutations = []
    for one in spec.get("mutations") or ():
        is_patch = one["patchType"] == "JSONPatch"
        text = one["jsonPatch" if is_patch else "applyConfiguration"]["expression"]
        mutations.append(Mutation(is_patch, compiled(scope, text)))
    return MutatingPolicy(
        name_of(obj),
        spec,
        Match(spec.get("matchConstraints") or {}, rules="resourceRules"),
        Conditions.of(spec.get("matchConditions") or [], scope_of({"paramKind": spec.get("paramKind")})),
        compile_variables(spec),
        mutations,
        bindings,
    )


class MutatingPolicies:
    """Applies the policies of a cluster to its writes."""

    def __init__(self, hub: CacheHub) -> None:
        self._configured = Configured(
            hub, ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"), compile_mutating
        )

    def are_any(self, cluster: str) -> bool:
        """Tell whether a cluster has policies."""
        return bool(self._configured.of(cluster))

    async def mutate(self, operation: Operation, *, again: bool = False) -> bool:
        """Change a write by every policy that is bound to it; tell whether it was changed.

        `again` is for the second round, for those that want to see what was changed after they ran.

        Raises:
            ApiError: a policy could not be evaluated and refuses then.

        """
        policies = self._configured.of(operation.call.cluster)
        if not policies or operation.obj is None or operation.resource in EXEMPT:
            return False
        is_changed = False
        for policy in policies:
            key = ("", policy.name)
            is_again = policy.spec.get("reinvocationPolicy") == "IfNeeded"
            if again and (not is_again or operation.asked.get(key, operation.changes) == operation.changes):
                continue
            is_changed |= await _apply_policy(policy, operation)
            operation.asked[key] = operation.changes
        return is_changed


async def _apply_policy(policy: MutatingPolicy, operation: Operation) -> bool:
    is_changed = False
    for binding in policy.bindings:
        attributes = Attributes.of(operation)
        view = policy.match.view_of(attributes)
        if view is None or (binding.match is not None and binding.match.view_of(attributes) is None):
            continue
        try:
            for param in await params_of(attributes, policy.spec, binding.spec):
                is_changed |= await _mutate(policy, await Attributes.of(operation).seen_as(view), param)
        except (ParamError, EvaluationError, ApiError) as error:
            if policy.spec.get("failurePolicy") != "Ignore":
                named = f"policy '{policy.name}' with binding '{binding.name}' denied request"
                why = error.message if isinstance(error, ApiError) else str(error)
                raise forbidden(operation, f"{named}: {why}") from None
    return is_changed


async def _mutate(policy: MutatingPolicy, attributes: Attributes, param: Obj | None) -> bool:
    budget, bindings = Budget(), bindings_of(attributes)
    if policy.spec.get("paramKind"):
        bindings["params"] = param
    if not policy.conditions.hold(bindings):
        return False
    before = attributes.obj
    assert before is not None
    current = before
    for mutation in policy.mutations:
        bindings["object"] = current
        bindings["variables"] = Variables(policy.variables, bindings, budget)
        value = to_json(value_of(mutation.expression, bindings, budget))
        current = _patched(current, value) if mutation.is_patch else _merged(attributes, current, value)
    return await take_over(attributes, before, current)


def _patched(obj: Obj, operations: Any) -> Obj:
    if not isinstance(operations, list):
        raise EvaluationError("a JSON patch must be a list of JSONPatch")
    changed: Obj = json_patch(obj, operations)
    return changed


def _merged(attributes: Attributes, obj: Obj, wanted: Any) -> Obj:
    """Return the object with an apply configuration merged in, as server-side apply merges."""
    if not isinstance(wanted, dict):
        raise EvaluationError("an apply configuration must be an Object")
    if not isinstance(wanted.get("metadata") or {}, dict):
        raise EvaluationError("metadata of an apply configuration must be an object")
    resource = attributes.view.resource
    metadata = {key: value for key, value in (wanted.get("metadata") or {}).items() if key not in _IDENTITY}
    fields = {key: value for key, value in wanted.items() if key not in (*_PROTECTED, "metadata")}
    applied: Obj = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **fields}
    findings = schemas.check(attributes.view, applied)
    if findings.malformed or findings.unknown:
        raise EvaluationError(findings.malformed or f"invalid ApplyConfiguration: unknown field {findings.unknown[0]}")
    structure = schemas.structure(attributes.view)
    merged: Obj = apply(obj, applied, _MANAGER, structure, api_version=resource.api_version, now=now_text(), force=True)
    merged["metadata"].pop("managedFields", None)
    if "managedFields" in obj["metadata"]:
        merged["metadata"]["managedFields"] = obj["metadata"]["managedFields"]
    return merged
