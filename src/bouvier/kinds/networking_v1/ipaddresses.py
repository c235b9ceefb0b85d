"""IPAddress: an address that is in use, and by whom. Its name is the address in canonical form.

Source: KEP-1880 (multiple ServiceCIDRs).
"""

from __future__ import annotations

from bouvier.kinds.columns import NAME, cell
from bouvier.kinds.kind import Kind
from bouvier.kinds.networking_v1.parents import parent_changed, parent_errors, parent_text
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import IPADDRESSES

FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family"
MANAGED_BY_LABEL = "ipaddress.kubernetes.io/managed-by"
MANAGER = "ipallocator.k8s.io"
"""Who manages the addresses of Services."""


def validate(obj: Obj) -> list[FieldError]:
    """Check the reference to the parent; the name is checked by its rule."""
    return list(parent_errors(obj))


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse another parent."""
    return list(parent_changed(new, old))


KIND = Kind(
    resource=IPADDRESSES,
    singular="ipaddress",
    definition="io.k8s.api.networking.v1.IPAddress",
    short_names=("ip",),
    columns=(NAME, cell("ParentRef", parent_text)),
    validate=validate,
    validate_update=validate_update,
    name_rule="address",
)
