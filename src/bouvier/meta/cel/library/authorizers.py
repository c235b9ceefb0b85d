"""Kubernetes' authorizer: whether the one who asks may do something else as well.

The value of the variable `authorizer` is an `Authorizer`, which knows the user and how to decide. Only admission
has one.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, method
from bouvier.meta.cel.types import BOOL, STRING, Type, opaque
from bouvier.meta.cel.values import Opaque

PATH_CHECK = opaque("kubernetes.authorization.PathCheck")
GROUP_CHECK = opaque("kubernetes.authorization.GroupCheck")
RESOURCE_CHECK = opaque("kubernetes.authorization.ResourceCheck")
DECISION = opaque("kubernetes.authorization.Decision")
AUTHORIZER = Type("opaque", name="kubernetes.authorization.Authorizer", fields={"requestResource": RESOURCE_CHECK})
CHECK_COST = 350_000
"""A question to the authorizer: an expression can afford two. Source: Kubernetes' cost estimator."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a path, or a resource."""

    verb: str = ""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    account: tuple[str, str] = ("", "")
    """Namespace and name of the service account to ask for, empty for the user of the request."""


Decide = Callable[[Question], tuple[bool, str]]
"""Whether it is allowed, and why."""


class _Check(Opaque):
    __slots__ = ("decide", "question")

    def __init__(self, decide: Decide, question: Question) -> None:
        self.decide, self.question = decide, question

    def identity(self) -> Any:
        return self.question


class Authorizer(_Check):
    """The start of a question."""

    __slots__ = ("requested",)
    type_name = AUTHORIZER.name

    def __init__(self, decide: Decide, requested: Question, question: Question | None = None) -> None:
        super().__init__(decide, question or Question())
        self.requested = requested

    def __getitem__(self, field: str) -> ResourceCheck:
        """Return `requestResource`: a check of the resource of the request itself."""
        if field != "requestResource":
            raise KeyError(field)
        return ResourceCheck(self.decide, self.requested)


class PathCheck(_Check):
    """A question about a path."""

    __slots__ = ()
    type_name = PATH_CHECK.name


class GroupCheck(_Check):
    """A question of which the API group is known."""

    __slots__ = ()
    type_name = GROUP_CHECK.name


class ResourceCheck(_Check):
    """A question about a resource."""

    __slots__ = ()
    type_name = RESOURCE_CHECK.name


class Decision(Opaque):
    """An answer."""

    __slots__ = ("allowed", "reason")
    type_name = DECISION.name

    def __init__(self, allowed: bool, reason: str) -> None:  # noqa: FBT001
        self.allowed, self.reason = allowed, reason

    def identity(self) -> Any:
        """Compare by answer."""
        return self.allowed, self.reason


def _with(make: Callable[[Decide, Question], _Check], field: str) -> Callable[[_Check, str], _Check]:
    def run(check: _Check, value: str) -> _Check:
        return make(check.decide, replace(check.question, **{field: value}))  # type: ignore[arg-type]

    return run


def _path(check: Authorizer, path: str) -> PathCheck:
    if not path:
        raise EvaluationError("path must not be empty")
    return PathCheck(check.decide, replace(check.question, path=path))


def _account(check: Authorizer, namespace: str, name: str) -> Authorizer:
    return Authorizer(check.decide, check.requested, replace(check.question, account=(namespace, name)))


def _decided(check: _Check, verb: str) -> Decision:
    return Decision(*check.decide(replace(check.question, verb=verb)))


def _check_cost(*_args: Any) -> int:
    return CHECK_COST


FUNCTIONS: tuple[Overload, ...] = (
    method("path", (AUTHORIZER, STRING), PATH_CHECK, _path),
    method("serviceAccount", (AUTHORIZER, STRING, STRING), AUTHORIZER, _account),
    method("group", (AUTHORIZER, STRING), GROUP_CHECK, _with(GroupCheck, "group")),
    method("resource", (GROUP_CHECK, STRING), RESOURCE_CHECK, _with(ResourceCheck, "resource")),
    method("subresource", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, _with(ResourceCheck, "subresource")),
    method("namespace", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, _with(ResourceCheck, "namespace")),
    method("name", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, _with(ResourceCheck, "name")),
    method("check", (RESOURCE_CHECK, STRING), DECISION, _decided, _check_cost),
    method("check", (PATH_CHECK, STRING), DECISION, _decided, _check_cost),
    method("allowed", (DECISION,), BOOL, lambda one: one.allowed),
    method("reason", (DECISION,), STRING, lambda one: one.reason),
    method("errored", (DECISION,), BOOL, lambda _one: False),
    method("error", (DECISION,), STRING, lambda _one: ""),
)
