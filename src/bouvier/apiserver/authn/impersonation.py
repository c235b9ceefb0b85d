"""Acting as somebody else: what the headers ask for, and which permissions that takes.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from bouvier.apiserver.authn.tokens import AUTHENTICATED
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.meta.errors import ApiError

GROUP = "authentication.k8s.io"
_ACCOUNT = "system:serviceaccount:"
UNAUTHENTICATED = "system:unauthenticated"


class Impersonation(NamedTuple):
    """The user to act as, and what the caller must be allowed for that."""

    user: User
    needed: list[Attributes]


def impersonated(request: Request) -> Impersonation | None:
    """Return what the caller wants to act as, None for most requests.

    Raises:
        ApiError: a group, uid or extra is given without a user.

    """
    given = [pair for pair in request.headers.pairs() if pair[0].startswith("impersonate-")]
    if not given:
        return None
    name = request.headers.get("Impersonate-User")
    if not name:
        text = f"requested {[f'{key}: {value}' for key, value in given]} without impersonating a user name"
        raise ApiError("InternalError", text, code=500)
    groups = list(request.headers.getall("Impersonate-Group"))
    uid = request.headers.get("Impersonate-Uid", "")
    extra = _extra(given)
    needed = [_named(name), *(Attributes("impersonate", "", "groups", name=group) for group in groups)]
    if uid:
        needed.append(Attributes("impersonate", GROUP, "uids", name=uid))
    needed += [Attributes("impersonate", GROUP, f"userextras/{key}", name=v) for key, values in extra for v in values]
    return Impersonation(User(name, tuple(_all_groups(name, groups)), uid, extra), needed)


def _named(name: str) -> Attributes:
    namespace, account = _account(name)
    if account:
        return Attributes("impersonate", "", "serviceaccounts", namespace, account)
    return Attributes("impersonate", "", "users", name=name)


def _account(name: str) -> tuple[str, str]:
    """Return namespace and name of the service account that a user name means."""
    parts = name.removeprefix(_ACCOUNT).split(":")
    is_account = name.startswith(_ACCOUNT) and len(parts) == 2 and all(parts)
    return (parts[0], parts[1]) if is_account else ("", "")


def _all_groups(name: str, groups: list[str]) -> list[str]:
    """Return the groups with those that the original adds by itself."""
    namespace, account = _account(name)
    if account and not groups:
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    if name == ANONYMOUS.name:
        return groups if UNAUTHENTICATED in groups else [*groups, UNAUTHENTICATED]
    has_mark = AUTHENTICATED in groups or UNAUTHENTICATED in groups
    return groups if has_mark else [*groups, AUTHENTICATED]


def _extra(given: list[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for key, value in given:
        if key.startswith("impersonate-extra-"):
            found.setdefault(unquote(key.removeprefix("impersonate-extra-")).lower(), []).append(value)
    return tuple((key, tuple(values)) for key, values in found.items())
