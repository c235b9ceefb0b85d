"""From the claims of a token to a user (pure).

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.apiserver.authn.oidc.configuration import Issuer, Rule, Source
from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.request import User
from bouvier.meta.cel.errors import CostLimitError, EvaluationError
from bouvier.meta.cel.program import Program

Claims = Mapping[str, Any]


class RefusedTokenError(Exception):
    """The token does not make anybody a user; the text says why, for the log."""


def user_of(issuer: Issuer, claims: Claims) -> User:
    """Return the user that the claims of a verified token make.

    Raises:
        RefusedTokenError: a rule refuses the token, or a claim is missing.

    """
    for rule in issuer.claim_rules:
        _demand(rule, {"claims": claims}, claims)
    name = _username(issuer.username, claims)
    groups = _texts(issuer.groups, claims, "groups") if issuer.groups else []
    uid = _text(issuer.uid, claims, "uid") if issuer.uid else ""
    extra = [(key, tuple(_as_texts(_run(program, claims), key))) for key, program in issuer.extra]
    user = User(name, tuple(dict.fromkeys([*groups, AUTHENTICATED])), uid, tuple(item for item in extra if item[1]))
    shown = {"username": name, "uid": uid, "groups": groups, "extra": {key: list(values) for key, values in extra}}
    for rule in issuer.user_rules:
        _demand(rule, {"user": shown}, claims)
    return user


def _demand(rule: Rule, bindings: Mapping[str, Any], claims: Claims) -> None:
    if rule.program is None:
        if rule.claim not in claims:
            raise RefusedTokenError(f"required claim {rule.claim} not present in ID token")
        if claims[rule.claim] != rule.value:
            raise RefusedTokenError(f"required claim {rule.claim} value does not match")
        return
    if _value(rule.program, bindings) is not True:
        raise RefusedTokenError(rule.message or f"validation expression '{rule.program.source}' failed")


def _username(source: Source, claims: Claims) -> str:
    name = _text(source, claims, "username")
    if source.claim == "email" and claims.get("email_verified", True) is not True:
        raise RefusedTokenError("email not verified")
    if not name:
        raise RefusedTokenError("the username is empty")
    return name


def _text(source: Source, claims: Claims, what: str) -> str:
    value = _run(source.program, claims) if source.program else _claim(source, claims, what)
    if not isinstance(value, str):
        raise RefusedTokenError(f"{what} is not a text")
    return source.prefix + value


def _claim(source: Source, claims: Claims, what: str) -> Any:
    if source.claim not in claims:
        raise RefusedTokenError(f"claim {source.claim} for {what} is not present")
    return claims[source.claim]


def _texts(source: Source, claims: Claims, what: str) -> list[str]:
    value = _run(source.program, claims) if source.program else claims.get(source.claim)
    return [source.prefix + text for text in _as_texts(value, what)]


def _as_texts(value: Any, what: str) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RefusedTokenError(f"{what} is neither a text nor a list of texts")
    return [one for one in value if one]


def _run(program: Program, claims: Claims) -> Any:
    return _value(program, {"claims": claims})


def _value(program: Program, bindings: Mapping[str, Any]) -> Any:
    try:
        return program.evaluate(bindings)[0]
    except CostLimitError:
        raise RefusedTokenError(f"expression '{program.source}' costs too much") from None
    except EvaluationError as error:
        raise RefusedTokenError(f"expression '{program.source}' resulted in error: {error}") from None
