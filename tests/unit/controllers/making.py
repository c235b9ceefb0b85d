"""Small objects for the tests of controllers."""

from datetime import UTC, datetime, timedelta
from typing import Any

Obj = dict[str, Any]
NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: float) -> str:
    return text(NOW - timedelta(seconds=seconds))


def pod(name: str = "p", *, ready: bool = True, host: str = "h1", age: float = 100, **more: Any) -> Obj:
    conditions = [
        {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": ago(more.pop("ready_for", age))}
    ]
    status = {"phase": more.pop("phase", "Running"), "conditions": conditions}
    ip = more.pop("ip", "")
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    restarts = more.pop("restarts", 0)
    status["containerStatuses"] = [{"name": "c", "restartCount": restarts}]
    spec: Obj = {"containers": more.pop("containers", [{"name": "c"}])}
    if host:
        spec["nodeName"] = host
    spec |= more.pop("spec", {})
    metadata = {
        "name": name,
        "namespace": "ns",
        "uid": more.pop("uid", f"uid-{name}"),
        "resourceVersion": "1",
        "creationTimestamp": ago(age),
        "labels": more.pop("labels", {"app": "web"}),
        **more,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def template(image: str = "web:1", **metadata: Any) -> Obj:
    return {
        "metadata": {"labels": {"app": "web"}, **metadata},
        "spec": {"containers": [{"name": "c", "image": image}]},
    }


def replica_set(name: str = "web-1", replicas: int = 3, **spec: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "generation": 1, "resourceVersion": "1"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(),
            **spec,
        },
    }


def deployment(replicas: int = 3, image: str = "web:1", **spec: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "ns", "uid": "uid-web", "generation": 1, "resourceVersion": "1"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(image),
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            **spec,
        },
    }


def stateful_set(replicas: int = 3, image: str = "db:1", **spec: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "ns", "uid": "uid-db", "generation": 1},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "web"}},
            "template": template(image),
            **spec,
        },
    }


def job(image: str = "ok:1", restart: str = "Never", **spec: Any) -> Obj:
    pod_template = {
        "metadata": {"labels": {"job": "sum"}},
        "spec": template(image)["spec"] | {"restartPolicy": restart},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "sum", "namespace": "ns", "uid": "uid-sum", "generation": 1, "resourceVersion": "1"},
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "selector": {"matchLabels": {"job": "sum"}},
            "template": pod_template,
            **spec,
        },
    }


def service(name: str = "web", **spec: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "labels": {"team": "a"}},
        "spec": {
            "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 8080}],
            "clusterIP": "10.43.0.9",
            **spec,
        },
    }


def node(name: str = "h1", *, ready: str = "True", taints: list[Obj] | None = None, **spec: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "creationTimestamp": ago(1000),
            "labels": {},
        },
        "spec": {**({"taints": taints} if taints else {}), **spec},
        "status": {
            "conditions": [
                {"type": "Ready", "status": ready, "reason": "KubeletReady", "lastTransitionTime": ago(500)}
            ],
            "addresses": [{"type": "InternalIP", "address": f"192.0.2.{sum(name.encode()) % 250 + 1}"}],
        },
    }
