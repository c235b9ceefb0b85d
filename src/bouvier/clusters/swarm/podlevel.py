"""What is different when one pod becomes one service: our scheduler has chosen the host, and the name is known (pure).

Source: https://docs.docker.com/reference/api/engine/version/v1.41/ (TaskSpec.RestartPolicy).
"""

from __future__ import annotations

from bouvier.meta.objects import Obj, name_of, namespace_of

RESTARTS = {"Always": "", "OnFailure": "on-failure", "Never": "none"}


def names_of(workload: Obj) -> list[str]:
    """Return the names of a pod below its `subdomain`, as a headless Service gives them."""
    pod = workload["spec"]["template"]["spec"]
    if not pod.get("subdomain"):
        return []
    name = f"{pod.get('hostname') or name_of(workload)}.{pod['subdomain']}"
    namespace = namespace_of(workload)
    return [name, f"{name}.{namespace}", f"{name}.{namespace}.svc.cluster.local"]
