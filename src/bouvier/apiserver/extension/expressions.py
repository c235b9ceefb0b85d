"""Evaluating the expressions of webhooks and policies against one write, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bouvier.apiserver.authz import rules
from bouvier.apiserver.extension.attributes import Attributes, namespace_of
from bouvier.apiserver.request import User
from bouvier.kinds.admissionregistration_v1.expressions import Scope, compile_in
from bouvier.meta.cel.errors import CompileError, CostLimitError, EvaluationError
from bouvier.meta.cel.library.authorizers import Authorizer, Question
from bouvier.meta.cel.library.times import parse_timestamp
from bouvier.meta.cel.program import PER_CALL_LIMIT, Program
from bouvier.meta.objects import Obj

BUDGET = 10_000_000
"""Cost of all expressions of a policy for one write. Source: Kubernetes' `RuntimeCELCostBudget`."""
CONDITIONS_BUDGET = BUDGET // 4
"""Cost of all match conditions. Source: Kubernetes' `RuntimeCELCostBudgetMatchConditions`."""


class Expression(NamedTuple):
    """A compiled expression, or why it could not be compiled."""

    text: str
    program: Program | None
    problem: str = ""


def compiled(scope: Scope, text: str) -> Expression:
    """Compile an expression that was accepted before."""
    try:
        return Expression(text, compile_in(scope, text))
    except CompileError as error:
        return Expression(text, None, f"compilation error: {error}")


class Budget:
    """What may still be spent."""

    __slots__ = ("left",)

    def __init__(self, left: int = BUDGET) -> None:
        self.left = left

    def spend(self, cost: int) -> None:
        """Take a cost off. Raises: EvaluationError when it is not there."""
        self.left -= cost
        if self.left < 0:
            raise EvaluationError(
                "validation failed due to running out of cost budget, no further validation rules will be run"
            )


def value_of(expression: Expression, bindings: Mapping[str, Any], budget: Budget) -> Any:
    """Return the value of an expression.

    Raises:
        EvaluationError: it has none, or costs too much.

    """
    if expression.program is None:
        raise EvaluationError(expression.problem)
    try:
        value, cost = expression.program.evaluate(bindings, PER_CALL_LIMIT)
    except CostLimitError:
        budget.spend(PER_CALL_LIMIT)
        detail = "validation failed due to running out of cost budget, no further validation rules will be run"
        raise EvaluationError(detail) from None
    except EvaluationError as error:
        budget.spend(error.cost)
        raise EvaluationError(f"expression '{expression.text}' resulted in error: {error}") from None
    budget.spend(cost)
    return value


class Variables(dict[str, Any]):
    """The variables of a policy, each evaluated when it is first asked for."""

    def __init__(self, expressions: Mapping[str, Expression], bindings: Mapping[str, Any], budget: Budget) -> None:
        super().__init__()
        self._expressions = expressions
        self._bindings = bindings
        self._budget = budget

    def __missing__(self, name: str) -> Any:
        try:
            value = value_of(self._expressions[name], self._bindings, self._budget)
        except EvaluationError as error:
            raise EvaluationError(f'composited variable "{name}" fails to evaluate: {error}') from None
        self[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._expressions


def bindings_of(attributes: Attributes) -> dict[str, Any]:
    """Return the variables that every expression of admission has."""
    found: dict[str, Any] = {
        "object": attributes.obj,
        "oldObject": attributes.old,
        "request": attributes.request(),
        "authorizer": Authorizer(_decide(attributes), _requested(attributes)),
    }
    is_namespaced = attributes.view.resource.namespaced
    found["namespaceObject"] = _shown_namespace(attributes) if is_namespaced else None
    return found


def _shown_namespace(attributes: Attributes) -> Obj | None:
    namespace = namespace_of(attributes.call, attributes.namespace)
    if not namespace:
        return None
    metadata = {key: value for key, value in namespace["metadata"].items() if key != "managedFields"}
    for key in ("creationTimestamp", "deletionTimestamp"):
        if key in metadata:
            metadata[key] = parse_timestamp(metadata[key])
    return {**namespace, "metadata": metadata}


def _requested(attributes: Attributes) -> Question:
    resource = attributes.view.resource
    return Question(
        group=resource.group,
        resource=resource.plural,
        subresource=attributes.operation.subresource,
        namespace=attributes.namespace,
        name=attributes.name,
    )


def _decide(attributes: Attributes) -> Callable[[Question], tuple[bool, str]]:
    call = attributes.call

    def decide(question: Question) -> tuple[bool, str]:
        namespace, account = question.account
        user = call.request.user
        if account:
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
            user = User(f"system:serviceaccount:{namespace}:{account}", groups)
        resource = f"{question.resource}/{question.subresource}" if question.subresource else question.resource
        wanted = rules.Attributes(
            question.verb, question.group, resource, question.namespace, question.name, question.path
        )
        return call.context.authorizer.allowed(call.cluster, user, wanted), ""

    return decide


@dataclass(frozen=True)
class Conditions:
    """The match conditions of a webhook or policy."""

    expressions: Sequence[tuple[str, Expression]]
    """Name and expression."""

    @classmethod
    def of(cls, given: Sequence[Obj], scope: Scope) -> Conditions:
        """Compile the conditions of a specification."""
        return cls([(one["name"], compiled(scope, one["expression"])) for one in given])

    def hold(self, bindings: Mapping[str, Any]) -> bool:
        """Tell whether all hold; one that does not hold weighs more than one that cannot be evaluated.

        Raises:
            EvaluationError: none is false, and at least one has no value.

        """
        problem: EvaluationError | None = None
        budget = Budget(CONDITIONS_BUDGET)
        for _, expression in self.expressions:
            try:
                if value_of(expression, bindings, budget) is not True:
                    return False
            except EvaluationError as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return True
