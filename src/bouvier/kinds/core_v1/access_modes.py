"""How a volume may be mounted, and the short words for it; shared by volumes and claims."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import forbidden_field, required

_SHORT = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
VOLUME_MODES = ("Block", "Filesystem")


def short_text(modes: Sequence[str] | None) -> str:
    """Return access modes as tables show them: `RWO,ROX`."""
    return ",".join(short for mode, short in _SHORT.items() if mode in (modes or ()))


def validate_modes(path: str, modes: Sequence[str] | None) -> Errors:
    """Check that there is a mode, that each is known, and that the exclusive one stands alone."""
    if not modes:
        yield required(path, "at least 1 access mode is required")
        return
    for mode in modes:
        if mode not in _SHORT:
            yield fields.unsupported(path, mode, _SHORT)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        detail = "may not use ReadWriteOncePod with other access modes"
        yield forbidden_field(path, detail)
