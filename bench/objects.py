"""The objects that are created, patched and listed: of the sizes that the goals speak of."""

from __future__ import annotations

from typing import Any

CONFIG_BYTES = 2000
"""JSON of the ConfigMap without what the server adds."""
POD_BYTES = 4800
"""JSON of a stored pod with its status, as the server returns it."""


def config_map(name: str, note: str = "") -> dict[str, Any]:
    """Return a ConfigMap of 2 kB."""
    data = {f"key-{number}": f"{note}-value {number} " + "x" * 70 for number in range(20)}
    labels = {"app": "bench", "tier": name[-1:]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": data}


def deployment(name: str, note: str = "") -> dict[str, Any]:
    """Return a Deployment with two containers and probes, such as people write."""
    labels = {"app": name, "tier": "web"}
    template = {"metadata": {"labels": labels, "annotations": {"note": note}}, "spec": pod_spec()}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def pod_spec() -> dict[str, Any]:
    """Return the spec of a pod with two containers."""
    return {"containers": [_container("web", 8080), _container("helper", 9090)], "terminationGracePeriodSeconds": 5}


def _container(name: str, port: int) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": port}, "periodSeconds": 5, "timeoutSeconds": 2}
    return {
        "name": name,
        "image": "registry.example/team/application:1.2.3",
        "args": ["--listen", f":{port}", "--level", "info"],
        "env": [{"name": f"SETTING_{number}", "value": f"value-{number}"} for number in range(4)],
        "ports": [{"name": "http", "containerPort": port}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
    }


def pod(number: int, count: int) -> dict[str, Any]:
    """Return a pod; one in a hundred carries the label `chosen=yes`."""
    labels = {"app": f"app-{number % 50}", "tier": "web", "chosen": "yes" if number % 100 == 0 else "no"}
    annotations = {"example.org/owner": f"team-{number % 7}"}
    metadata = {"name": f"pod-{number:06d}", "labels": labels, "annotations": annotations}
    container = _container("web", 8080)
    del container["livenessProbe"]
    host = f"host-{number * 100 // count:03d}"
    spec = {"containers": [container], "nodeName": host, "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def pod_status(number: int) -> dict[str, Any]:
    """Return the status of a running pod."""
    since = "2026-01-01T00:00:00Z"
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": since}
        for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    running = [
        {
            "name": name,
            "image": "registry.example/team/application:1.2.3",
            "imageID": "sha256:" + "ab" * 32,
            "containerID": "docker://" + f"{number:064x}",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": since}},
            "lastState": {},
        }
        for name in ("web",)
    ]
    address = f"10.42.{number // 250 % 250}.{number % 250 + 1}"
    return {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": running,
        "hostIP": "10.0.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": since,
        "qosClass": "Burstable",
    }
