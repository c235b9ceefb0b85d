"""The unmodified kubectl against the API server: the lines that need no container."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from tests.support.apiserver import RunningApi, running_api

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"a": "1", "b": "2"}}
CONTAINER = {"name": "c", "image": "bouvier/sample:1", "ports": [{"containerPort": 8080}]}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "boats.sea.example"},
    "spec": {
        "group": "sea.example",
        "scope": "Namespaced",
        "names": {"plural": "boats", "singular": "boat", "kind": "Boat", "shortNames": ["bt"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.sails", "statusReplicasPath": ".status.sails"},
                },
                "additionalPrinterColumns": [{"name": "Sails", "type": "integer", "jsonPath": ".spec.sails"}],
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["captain"],
                                "properties": {
                                    "captain": {"type": "string", "maxLength": 10, "description": "Who steers."},
                                    "sails": {"type": "integer", "default": 3, "minimum": 1},
                                },
                            },
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}


def text(*objects: dict) -> str:
    return yaml.safe_dump_all(objects)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as running:
        yield running


async def test_apply_diff_and_apply_again(api: RunningApi) -> None:
    """Client-side apply creates, tells what would change, changes, and then has nothing to do."""
    assert "configmap/conf created" in await api.kubectl("apply", "-f", "-", stdin=text(CONFIG, DEPLOYMENT))
    changed = CONFIG | {"data": {"a": "9", "b": "2"}}
    assert '+  a: "9"' in await api.kubectl("diff", "-f", "-", stdin=text(changed), ok=False)
    assert "configmap/conf configured" in await api.kubectl("apply", "-f", "-", stdin=text(changed, DEPLOYMENT))
    assert "configmap/conf unchanged" in await api.kubectl("apply", "-f", "-", stdin=text(changed))
    without = CONFIG | {"data": {"a": "9"}}
    await api.kubectl("apply", "-f", "-", stdin=text(without))
    assert await api.kubectl("get", "cm", "conf", "-o", "jsonpath={.data}") == '{"a":"9"}'


async def test_server_side_apply_conflicts_and_force(api: RunningApi) -> None:
    """Two appliers of one field conflict, and the second may force."""
    await api.kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=text(CONFIG))
    other = CONFIG | {"data": {"a": "2"}}
    refusal = await api.kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=text(other), ok=False)
    assert 'conflict with "one": .data.a' in refusal
    await api.kubectl(
        "apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-", stdin=text(other)
    )
    managed = await api.kubectl("get", "cm", "conf", "-o", "yaml", "--show-managed-fields")
    assert yaml.safe_load(managed)["data"] == {"a": "2", "b": "2"}


async def test_get_formats(api: RunningApi) -> None:
    """Tables, wide tables, names, JSONPath, YAML and selectors show the same objects."""
    await api.kubectl("apply", "-f", "-", stdin=text(CONFIG, DEPLOYMENT))

    assert (await api.kubectl("get", "deploy", "--no-headers")).split()[:4] == ["web", "0/2", "0", "0"]
    assert "bouvier/sample:1" in await api.kubectl("get", "deploy", "-o", "wide")
    assert (await api.kubectl("get", "deploy,cm", "-l", "app=web", "-o", "name")).split() == ["deployment.apps/web"]
    assert "No resources found" in await api.kubectl("get", "pods")
    assert yaml.safe_load(await api.kubectl("get", "deploy", "web", "-o", "yaml"))["spec"]["replicas"] == 2
    assert "Replicas:" in await api.kubectl("describe", "deploy", "web")
    assert "NotFound" in await api.kubectl("get", "cm", "nothing", ok=False)
    assert 'the server doesn\'t have a resource type "nothings"' in await api.kubectl("get", "nothings", ok=False)


async def test_changes_in_place(api: RunningApi) -> None:
    """Label, annotate, scale, set image, edit and the three patches change what they name."""
    await api.kubectl("apply", "-f", "-", stdin=text(DEPLOYMENT))
    await api.kubectl("label", "deploy", "web", "tier=front")
    await api.kubectl("annotate", "deploy", "web", "note=hello")
    await api.kubectl("scale", "deploy", "web", "--replicas=5")
    await api.kubectl("set", "image", "deploy/web", "c=bouvier/sample:2")
    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}}}}'
    await api.kubectl("patch", "deploy", "web", "-p", strategic)
    await api.kubectl("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"paused":true}}')
    await api.kubectl(
        "patch", "deploy", "web", "--type=json", "-p", '[{"op":"remove","path":"/metadata/annotations/note"}]'
    )
    found = yaml.safe_load(await api.kubectl("get", "deploy", "web", "-o", "yaml"))

    container = found["spec"]["template"]["spec"]["containers"][0]
    assert (found["spec"]["replicas"], found["spec"]["paused"], found["metadata"]["labels"]["tier"]) == (
        5,
        True,
        "front",
    )
    assert (container["image"], container["env"], container["ports"][0]["containerPort"]) == (
        "bouvier/sample:2",
        [{"name": "A", "value": "1"}],
        8080,
    )
    assert "note" not in (found["metadata"].get("annotations") or {})


async def test_typed_creation(api: RunningApi) -> None:
    """What kubectl creates from flags (protobuf bodies) arrives."""
    for line in (
        "configmap c --from-literal=a=b",
        "secret generic s --from-literal=password=x",
        "serviceaccount robot",
        "deployment web --image=bouvier/sample:1 --replicas=2 --port=8080",
        "service clusterip web --tcp=80:8080",
        "service nodeport web-np --tcp=80:8080",
        "ingress web --rule=web.example/*=web:80",
        "role reader --verb=get --resource=pods",
        "rolebinding readers --role=reader --user=ann",
        "clusterrole lister --verb=list --resource=nodes",
        "clusterrolebinding listers --clusterrole=lister --user=ann",
        "namespace team",
    ):
        assert "created" in await api.kubectl("create", *line.split())
    assert "service/web2 exposed" in await api.kubectl("expose", "deploy", "web", "--port=80", "--name=web2")
    address = await api.kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}")
    node_port = await api.kubectl("get", "svc", "web-np", "-o", "jsonpath={.spec.ports[0].nodePort}")
    assert address.startswith("10.43.")
    assert 30000 <= int(node_port) <= 32767
    assert (await api.kubectl("create", "token", "robot")).count(".") == 2


async def test_access_questions(api: RunningApi) -> None:
    """auth can-i and whoami answer from the rules, also for others."""
    await api.kubectl("create", "role", "reader", "--verb=get", "--resource=pods")
    await api.kubectl("create", "rolebinding", "readers", "--role=reader", "--user=ann")

    assert "yes" in await api.kubectl("auth", "can-i", "get", "pods", "--as=ann")
    assert "no" in await api.kubectl("auth", "can-i", "delete", "pods", "--as=ann", ok=False)
    assert "yes" in await api.kubectl("auth", "can-i", "*", "*")
    assert "pods" in await api.kubectl("auth", "can-i", "--list", "--as=ann")
    assert "admin" in await api.kubectl("auth", "whoami")
    assert 'cannot list resource "secrets"' in await api.kubectl("get", "secrets", "--as=ann", ok=False)


async def test_bad_input_is_named(api: RunningApi) -> None:
    """Each wrong manifest is refused with the field's path."""
    bad_image = DEPLOYMENT | {"spec": {**DEPLOYMENT["spec"], "replicas": -1}}
    assert "spec.replicas" in await api.kubectl("apply", "-f", "-", stdin=text(bad_image), ok=False)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"imag": "x"}]}}
    assert 'unknown field "spec.containers[0].imag"' in await api.kubectl("apply", "-f", "-", stdin=text(pod), ok=False)
    pod["spec"] = {"containers": [{"name": "c", "image": "x", "ports": [{"containerPort": 99999}]}]}
    assert "spec.containers[0].ports[0].containerPort" in await api.kubectl(
        "apply", "-f", "-", stdin=text(pod), ok=False
    )
    pod["spec"] = {"containers": [{"name": "c", "image": "x", "resources": {"requests": {"cpu": "lots"}}}]}
    assert "quantities must match" in await api.kubectl("apply", "-f", "-", stdin=text(pod), ok=False)
    assert "metadata.name" in await api.kubectl("create", "configmap", "Bad_Name", ok=False)
    assert 'namespaces "nowhere" not found' in await api.kubectl("-n", "nowhere", "create", "configmap", "c", ok=False)


async def test_explain_and_discovery(api: RunningApi) -> None:
    """explain, api-resources and api-versions know the kinds."""
    assert "maxSurge" in await api.kubectl("explain", "deployment.spec.strategy.rollingUpdate")
    assert "deploy" in await api.kubectl("api-resources", "--namespaced=true")
    assert "apps/v1" in await api.kubectl("api-versions")
    assert "Server Version" in await api.kubectl("version")


async def test_custom_kind_from_definition_to_removal(api: RunningApi) -> None:
    """A custom kind is served, checked, defaulted, explained and scaled, and goes with its objects."""
    await api.kubectl("apply", "-f", "-", stdin=text(CRD))
    await api.kubectl("wait", "--for=condition=Established", "crd/boats.sea.example", "--timeout=10s")
    boat = {"apiVersion": "sea.example/v1", "kind": "Boat", "metadata": {"name": "ann"}, "spec": {"captain": "Ahab"}}
    assert "boat.sea.example/ann created" in await api.kubectl("apply", "-f", "-", stdin=text(boat))
    assert (await api.kubectl("get", "bt", "--no-headers")).split()[:2] == ["ann", "3"]
    bad = boat | {"spec": {"sails": 0}}
    refusal = await api.kubectl("apply", "-f", "-", stdin=text(bad), ok=False)
    assert "spec.captain: Required value" in refusal or "spec.sails" in refusal
    assert "Who steers." in await api.kubectl("explain", "boat.spec.captain")
    await api.kubectl("scale", "boat/ann", "--replicas=7")
    assert await api.kubectl("get", "boat", "ann", "-o", "jsonpath={.spec.sails}") == "7"
    await api.kubectl("apply", "--server-side", "-f", "-", stdin=text(boat | {"metadata": {"name": "eve"}}))
    await api.kubectl("delete", "crd", "boats.sea.example")
    assert "the server could not find the requested resource" in await api.kubectl(
        "get", "--raw", "/apis/sea.example", ok=False
    )


async def test_delete_waits_and_dry_run_keeps(api: RunningApi) -> None:
    """delete ends when the object is gone; a dry run changes nothing."""
    await api.kubectl("apply", "-f", "-", stdin=text(CONFIG))
    assert "(server dry run)" in await api.kubectl("delete", "cm", "conf", "--dry-run=server")
    await api.kubectl("get", "cm", "conf")
    assert 'configmap "conf" deleted' in await api.kubectl("delete", "cm", "conf")
    assert "NotFound" in await api.kubectl("get", "cm", "conf", ok=False)


async def test_cordon_and_taint(api: RunningApi) -> None:
    """Hosts are cordoned and tainted by kubectl."""
    await api.kubectl("apply", "-f", "-", stdin=text({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}))
    await api.kubectl("cordon", "n1")
    await api.kubectl("taint", "node", "n1", "gpu=yes:NoSchedule")
    node = yaml.safe_load(await api.kubectl("get", "node", "n1", "-o", "yaml"))

    assert node["spec"]["unschedulable"] is True
    assert {"key": "gpu", "value": "yes", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert "SchedulingDisabled" in await api.kubectl("get", "nodes")
