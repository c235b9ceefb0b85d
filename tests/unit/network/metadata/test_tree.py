"""What a container is told of itself and its neighbours."""

from typing import Any

from bouvier.network.metadata.answers import MISSING, as_text, find, split
from bouvier.network.metadata.tree import tree_of

NODES = [
    {"metadata": {"name": name, "uid": f"node-{name}"}, "status": {"capacity": {"cpu": "2", "memory": "1Gi"}}}
    for name in ("one", "two")
]


def pod(name: str, service: str = "", stack: str = "", host: str = "one", **more: Any) -> dict:
    labels = {"stacks.bouvier.io/stack": stack, "stacks.bouvier.io/service": service} if stack else {}
    containers = [{"name": one, "image": "i"} for one in more.pop("containers", ["main"])]
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": labels, **more},
        "spec": {"nodeName": host, "containers": containers},
        "status": {"podIP": f"10.42.0.{len(name)}"},
    }


def service(name: str, **spec: Any) -> dict:
    labels = {"stacks.bouvier.io/stack": "shop"}
    return {"metadata": {"name": name, "namespace": "shop", "uid": f"s-{name}", "labels": labels}, "spec": spec}


PODS = [
    pod(
        "web-a",
        "web",
        "shop",
        containers=["web", "helper"],
        annotations={"stacks.bouvier.io/metadata": '{"colour": "blue"}'},
    ),
    pod("web-bb", "web", "shop", "two", containers=["web", "helper"]),
    pod("db", "db", "shop"),
]
SERVICES = [service("web", clusterIP="10.43.0.5", selector={"a": "b"}), service("away", externalName="x.example")]


def look(path: str, uid: str = "uid-web-a") -> Any:
    version, parts = split(path)
    tree = tree_of(uid, PODS, SERVICES, NODES, version)
    return find(tree, parts)


def test_self_is_the_one_who_asks() -> None:
    """Container, service, stack and host are those of the pod that asks."""
    assert look("/latest/self/container/name") == "web-a"
    assert look("/latest/self/container/name", "uid-db") == "db"
    assert look("/latest/self/service/metadata/colour") == "blue"
    assert look("/latest/self/service/vip") == "10.43.0.5"
    assert look("/latest/self/stack/name") == "shop"
    assert look("/latest/self/host/name", "uid-web-bb") == "two"
    assert look("/latest/self/host/memory") == 1024
    assert tree_of("uid-stranger", PODS, SERVICES, NODES, "latest") is None


def test_entries_are_found_by_number_and_name() -> None:
    """`containers/1` and `containers/web-a` lead to the same place; what is not there is missing."""
    names = [one["name"] for one in look("/latest/containers")]
    assert look(f"/latest/containers/{names.index('web-a')}") == look("/latest/containers/web-a")
    assert look("/latest/containers/99") is MISSING
    assert look("/latest/containers/web-a/name/deeper") is MISSING


def test_sidekicks_are_containers_and_services_of_their_own() -> None:
    """A sidekick shares the address and is listed under its primary service."""
    assert look("/latest/containers/web-a-helper/primary_ip") == look("/latest/self/container/primary_ip")
    assert look("/latest/services/web/sidekicks") == ["helper"]
    assert look("/latest/services/helper/primary_service_name") == "web"
    assert look("/latest/services/helper/scale") == 2


def test_a_service_elsewhere_is_known() -> None:
    """An external service has its host name and no containers."""
    assert look("/latest/services/away/kind") == "externalService"
    assert look("/latest/services/away/hostname") == "x.example"


def test_the_first_version_lists_names() -> None:
    """Programs of the first version get names where later ones get whole entries."""
    assert look("/2015-07-25/self/service/containers") == ["web-a", "web-bb"]
    assert look("/latest/self/service/containers/0/name") == "web-a"


def test_a_pod_without_a_stack_has_its_workload_and_namespace() -> None:
    """Whatever made the pod is its service."""
    owner = {"kind": "ReplicaSet", "name": "api-abc", "uid": "o", "controller": True}
    lone = pod("api-abc-x", labels={"pod-template-hash": "abc"}, ownerReferences=[owner])
    tree = tree_of("uid-api-abc-x", [lone], [], NODES, "latest")
    assert tree is not None
    assert tree["self"]["service"]["name"] == "api"
    assert tree["self"]["stack"]["name"] == "shop"


def test_text_lists_folders_with_a_slash() -> None:
    """As text a folder is its entries; a list has numbers and names."""
    assert as_text({"b": 1, "a": {}, "c": []}) == b"a/\nb\nc/"
    assert as_text([{"name": "x y"}, {"other": 1}, "plain"]) == b"0=x+y\n1/\n2"
    assert as_text("value") == b"value"
    assert as_text(value=True) == b"true"
