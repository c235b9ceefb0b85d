"""Ways in which a component's leader is chosen, which leases and candidates name."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors

OLDEST = "OldestEmulationVersion"


def strategy(path: str, name: str) -> Errors:
    """Check the name of a strategy: Kubernetes' own, or a qualified one of somebody else."""
    if "/" in name:
        yield from fields.each(path, name, names.qualified_name)
    elif name != OLDEST:
        yield fields.unsupported(path, name, (OLDEST,))
