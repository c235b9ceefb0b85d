"""What the expressions of admission may name, and compiling them.

Objects are of any type there: an expression is for every kind that its policy matches. The request, the namespace
and the authorizer have types.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bouvier.kinds.fields import Errors
from bouvier.kinds.findings import show
from bouvier.meta.cel.errors import CompileError
from bouvier.meta.cel.functions import function, gathered
from bouvier.meta.cel.library import LIBRARIES
from bouvier.meta.cel.library.authorizers import AUTHORIZER
from bouvier.meta.cel.program import Environment, Program
from bouvier.meta.cel.types import BOOL, DYN, STRING, TIMESTAMP, Type, list_of, map_of
from bouvier.meta.errors import FieldError, required


def _object(type_name: str, **members: Type) -> Type:
    return Type("object", name=type_name, fields=members)


_KIND = _object("kubernetes.GroupVersionKind", group=STRING, version=STRING, kind=STRING)
_RESOURCE = _object("kubernetes.GroupVersionResource", group=STRING, version=STRING, resource=STRING)
_USER = _object(
    "kubernetes.UserInfo",
    username=STRING,
    uid=STRING,
    groups=list_of(STRING),
    extra=map_of(STRING, list_of(STRING)),
)
REQUEST = _object(
    "kubernetes.AdmissionRequest",
    kind=_KIND,
    resource=_RESOURCE,
    subResource=STRING,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=STRING,
    name=STRING,
    namespace=STRING,
    operation=STRING,
    userInfo=_USER,
    dryRun=BOOL,
    options=DYN,
)
_TEXTS = map_of(STRING, STRING)
NAMESPACE = _object(
    "kubernetes.Namespace",
    metadata=_object(
        "kubernetes.NamespaceMetadata",
        name=STRING,
        generateName=STRING,
        namespace=STRING,
        labels=_TEXTS,
        annotations=_TEXTS,
        UID=STRING,
        creationTimestamp=TIMESTAMP,
        deletionGracePeriodSeconds=Type("int"),
        deletionTimestamp=TIMESTAMP,
        generation=Type("int"),
        resourceVersion=STRING,
        finalizers=list_of(STRING),
    ),
    spec=_object("kubernetes.NamespaceSpec", finalizers=list_of(STRING)),
    status=_object("kubernetes.NamespaceStatus", phase=STRING),
)
PATCH = _object("JSONPatch", op=STRING, path=STRING, value=DYN, **{"from": STRING})
_MUTATION = function("jsonpatch.escapeKey", (STRING,), STRING, lambda text: text.replace("~", "~0").replace("/", "~1"))
_FUNCTIONS = gathered(*LIBRARIES, (_MUTATION,))


def _structs(name: str) -> Type | None:
    """Return the types that mutations construct: `Object`, `Object.spec` …, and `JSONPatch`."""
    if name == "JSONPatch":
        return PATCH
    is_part = name == "Object" or name.startswith("Object.")
    return Type("object", name="Object", is_open=True) if is_part else None


@dataclass(frozen=True)
class Scope:
    """What the expressions of one policy or webhook may name."""

    has_params: bool = False
    has_authorizer: bool = True
    variables: tuple[tuple[str, Type], ...] | None = None
    """Names and types of the policy's variables so far; None where there are none to name."""
    typed: Type = DYN
    """Type of the objects, where it is known."""

    def with_variable(self, name: str, type_: Type) -> Scope:
        """Return the scope of what follows a variable."""
        return replace(self, variables=(*(self.variables or ()), (name, type_)))

    def environment(self) -> Environment:
        """Return the environment that compiles such expressions."""
        declared: dict[str, Type] = {
            "object": self.typed,
            "oldObject": self.typed,
            "request": REQUEST,
            "namespaceObject": NAMESPACE,
        }
        if self.has_params:
            declared["params"] = DYN
        if self.has_authorizer:
            declared["authorizer"] = AUTHORIZER
        if self.variables is not None:
            declared["variables"] = Type("object", name="kubernetes.variables", fields=dict(self.variables))
        return Environment(declared, _FUNCTIONS, _structs)


WEBHOOK_SCOPE = Scope()
"""What match conditions of webhooks may name."""


def compile_in(scope: Scope, text: str) -> Program:
    """Compile an expression. Raises: CompileError."""
    return scope.environment().compile(text)


def check_expression(path: str, text: str | None, scope: Scope, results: Sequence[str]) -> Errors:
    """Check that an expression is there, compiles and has one of these types; none means any."""
    if not (text or "").strip():
        yield required(path, "must be non-empty" if text else "")
        return
    try:
        program = compile_in(scope, text or "")
    except CompileError as error:
        yield FieldError("FieldValueInvalid", path, f"Invalid value: {show(text)}: compilation failed: {error}")
        return
    if results and program.result.kind not in (*results, "dyn"):
        wanted = results[0] if len(results) == 1 else f"one of [{' '.join(results)}]"
        yield FieldError("FieldValueInvalid", path, f"Invalid value: {show(text)}: must evaluate to {wanted}")


def scope_of(spec: Mapping[str, Any], *, has_authorizer: bool = True) -> Scope:
    """Return what the expressions of a policy may name behind all of its variables that compile."""
    scope = Scope(bool(spec.get("paramKind")), has_authorizer, ())
    for variable in spec.get("variables") or ():
        try:
            found = compile_in(scope, variable.get("expression") or "").result
        except CompileError:
            found = DYN
        scope = scope.with_variable(variable.get("name") or "", found)
    return scope
