"""What a container may do, in the words of the Docker containerizer (pure).

The containerizer of Mesos itself knows users only by name on the agents, and neither read-only roots nor privileges:
what asks for them is refused there, because without them it would run with more rights than it asked for.
"""

from __future__ import annotations

from typing import Any

from bouvier.clusters.driver import Fields, Loss
from bouvier.clusters.environment import RefusedError
from bouvier.clusters.losses import unexpressed
from bouvier.meta.objects import Obj

_KNOWN = ("runAsUser", "runAsGroup", "readOnlyRootFilesystem", "capabilities", "privileged")


def security(pod: Obj, container: Obj, containerizer: str, losses: list[Loss]) -> Fields:
    """Return `parameters` (options of `docker run`) and `privileged`."""
    shared, own = pod.get("securityContext") or {}, container.get("securityContext") or {}
    losses += unexpressed(shared, ("runAsUser", "runAsGroup"), "spec.template.spec.securityContext", "Mesos")
    path = "spec.template.spec.containers[0].securityContext"
    losses += unexpressed(own, _KNOWN, path, "Mesos")
    both = {**shared, **own}
    parameters = sorted(_parameters(both))
    if containerizer == "MESOS" and (parameters or both.get("privileged")):
        names = ", ".join(name for name in _KNOWN if both.get(name) not in (None, False, {}))
        raise RefusedError(
            f"{path}: Mesos' own containerizer cannot express {names}: "
            "add the cluster with --containerizer docker (without exec)"
        )
    return {"parameters": parameters, "privileged": bool(both.get("privileged"))}


def _parameters(context: Obj) -> list[list[Any]]:
    found = []
    if "runAsUser" in context or "runAsGroup" in context:
        user = str(context.get("runAsUser", 0))
        found.append(["user", f"{user}:{context['runAsGroup']}" if "runAsGroup" in context else user])
    if context.get("readOnlyRootFilesystem"):
        found.append(["read-only", "true"])
    capabilities = context.get("capabilities") or {}
    found += [["cap-add", name] for name in capabilities.get("add") or ()]
    found += [["cap-drop", name] for name in capabilities.get("drop") or ()]
    return found
