"""With whose rights a call is carried out: the service account that the hook names, else its author. Pure."""

from __future__ import annotations

from typing import NamedTuple

from bouvier.meta.objects import Obj, namespace_of

ACCOUNT_PREFIX = "system:serviceaccount:"


class Actor(NamedTuple):
    """Somebody known to the API."""

    name: str
    groups: tuple[str, ...]


def actor_of(receiver: Obj) -> Actor:
    """Return who a hook acts as."""
    spec, namespace = receiver["spec"], namespace_of(receiver)
    if spec.get("serviceAccountName"):
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        return Actor(f"{ACCOUNT_PREFIX}{namespace}:{spec['serviceAccountName']}", groups)
    author = spec.get("author") or {}
    return Actor(author.get("username", ""), tuple(author.get("groups") or ()))
