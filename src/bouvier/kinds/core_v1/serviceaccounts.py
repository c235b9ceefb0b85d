"""ServiceAccount: the identity of the programs in pods."""

from __future__ import annotations

from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.kind import Kind, Subresource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICEACCOUNTS


def _secrets_cell(obj: Obj) -> int:
    return len(obj.get("secrets") or ())


KIND = Kind(
    resource=SERVICEACCOUNTS,
    singular="serviceaccount",
    definition="io.k8s.api.core.v1.ServiceAccount",
    short_names=("sa",),
    subresources={"token": Subresource("token", "TokenRequest", "authentication.k8s.io", "v1", ("create",))},
    columns=(NAME, cell("Secrets", _secrets_cell), AGE),
)
