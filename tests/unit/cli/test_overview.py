"""The list of what runs."""

from typing import Any

from bouvier.cli.overview import Seen, lines_of

NOW_SECONDS = 1_700_000_100.0
CREATED = "2023-11-14T22:13:20Z"


def obj(kind: str, name: str, uid: str, owner: str = "", **more: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "default", "uid": uid, "creationTimestamp": CREATED}
    if owner:
        metadata["ownerReferences"] = [{"uid": owner, "controller": True, "kind": "x", "name": "x"}]
    metadata |= more.pop("metadata", {})
    return {"kind": kind, "metadata": metadata, **more}


def deployment(ready: int) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "web", "image": "shop:1", "ports": [{"containerPort": 80, "hostPort": 8080}]}]
        },
    }
    return obj("Deployment", "web", "d", spec={"replicas": 2, "template": template}, status={"readyReplicas": ready})


def pod(name: str, owner: str, **status: Any) -> dict[str, Any]:
    return obj(
        "Pod",
        name,
        name,
        owner,
        spec={"nodeName": "h1", "containers": [{"name": "web", "image": "shop:1"}]},
        status=status,
    )


def broken(name: str) -> dict[str, Any]:
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    status = {"name": "web", "state": state, "restartCount": 2, "lastState": {"terminated": {"exitCode": 1}}}
    return pod(name, "r", phase="Running", containerStatuses=[status])


def test_a_workload_with_where_it_is_reached() -> None:
    """One line says how many are ready, the image, the addresses and the age."""
    service = obj("Service", "web", "s", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "nodePort": 31000}]})
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "shop.example", "http": {"paths": [{"backend": backend}]}}
    ready = [{"type": "Ready", "status": "True"}]
    pods = [pod(name, "r", phase="Running", conditions=ready) for name in ("a", "b")]
    seen = Seen(
        [deployment(2)],
        [obj("ReplicaSet", "web-1", "r", "d")],
        pods,
        [service],
        [obj("Ingress", "i", "i", spec={"rules": [rule]})],
    )

    (line,) = lines_of(seen, NOW_SECONDS)
    assert (line.ready, line.desired, line.image, line.age, line.state) == (2, 2, "shop:1", "100s", "ready")
    assert line.addresses == ["shop.example", ":31000", ":8080"]
    assert line.troubles == []


def test_the_same_trouble_of_many_pods_is_said_once() -> None:
    """Five crashing replicas are one sentence, not five."""
    pods = [broken(f"web-{number}") for number in range(5)]
    (line,) = lines_of(Seen([deployment(0)], [obj("ReplicaSet", "web-1", "r", "d")], pods), NOW_SECONDS)

    assert line.state == "in trouble"
    assert len(line.troubles) == 1
    assert line.troubles[0]["pod"] == "web-0, web-1, web-2 and 2 more"


def test_pods_of_nobody_are_listed_by_themselves() -> None:
    """A bare pod is a line of its own, with the state that it ended in."""
    lines = lines_of(Seen([], [], [pod("job", "", phase="Succeeded")]), NOW_SECONDS)

    assert [(line.name, line.state) for line in lines] == [("pod/job", "finished")]
