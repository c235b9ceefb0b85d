"""kubectl finds its way by the discovery and OpenAPI documents."""

import json
from types import SimpleNamespace

import pytest

from bouvier.apiserver.wire import table
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.resources import CONFIGMAPS
from tests.conformance.wire.kubectl import cluster, needs_kubectl
from tests.conformance.wire.sample_kinds import sample_kinds, widget

pytestmark = needs_kubectl


async def test_api_resources(tmp_path):
    """Every kind is listed with its short names, scope and verbs."""
    async with cluster(sample_kinds(), tmp_path) as one:
        lines = (await one.output("api-resources", "--no-headers", "-o", "wide")).splitlines()
        versions = (await one.output("api-versions")).split()
    rows = {line.split()[0]: line.split() for line in lines}
    assert rows["deployments"][1:5] == ["deploy", "apps/v1", "true", "Deployment"]
    assert rows["nodes"][1:4] == ["v1", "false", "Node"]
    assert rows["widgets"][-1] == "all"
    assert {"v1", "apps/v1", "example.com/v1"} <= set(versions)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["pod.spec"],
            ["KIND:       Pod", "VERSION:    v1", "containers\t<[]Container> -required-", "nodeName\t<string>"],
        ),
        (["--recursive", "deployment"], ["GROUP:      apps", "replicas\t<integer>", "livenessProbe\t<Probe>"]),
        (["deploy.spec.strategy.rollingUpdate.maxSurge"], ["FIELD: maxSurge <IntOrString>"]),
        (["cm.data"], ["FIELD: data <map[string]string>"]),
        (["svc.spec.ports"], ["port\t<integer> -required-"]),
        (["widget.spec"], ["GROUP:      example.com", "size\t<integer> -required-", "Size in inches."]),
    ],
)
async def test_explain(arguments, expected, tmp_path):
    """`kubectl explain` shows fields, types and descriptions of built-in and custom kinds."""
    async with cluster(sample_kinds(), tmp_path) as one:
        shown = await one.output("explain", *arguments)
    for text in expected:
        assert text in shown


async def test_explain_by_version_two(tmp_path):
    """The older form of explain reads the protobuf document."""
    async with cluster(sample_kinds(), tmp_path) as one:
        shown = await one.output("explain", "--output=plaintext-openapiv2", "deployment.spec.template.spec.containers")
        assert "image\t<string>" in shown
        assert "/openapi/v2" in one.paths


async def test_documents_are_fetched_once(tmp_path):
    """The hash in the URL lets kubectl keep a document, until a new kind changes it."""
    kinds = [kind for kind in sample_kinds() if kind.resource.plural != "widgets"]
    async with cluster(kinds, tmp_path) as one:
        await one.output("explain", "pod")
        await one.output("explain", "pod.spec")
        assert one.paths.count("/openapi/v3/api/v1") == 1


async def test_server_side_validation_is_recognised(tmp_path):
    """kubectl leaves validation to the server, and asks it to be strict."""
    manifest = tmp_path / "widget.yaml"
    manifest.write_text("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1, colour: red}\n")
    async with cluster([*sample_kinds()], tmp_path) as one:
        await one.output("create", "-f", str(manifest))
        [posted] = one.posted
    assert posted.query["fieldValidation"] == "Strict"
    assert posted.path == "/apis/example.com/v1/namespaces/default/widgets"


async def test_get_shows_the_table(tmp_path):
    """`kubectl get` prints the server's columns, the hidden ones only when asked for more."""
    shown = Kind(
        CONFIGMAPS,
        "configmap",
        "io.k8s.api.core.v1.ConfigMap",
        columns=(NAME, Column("Data", lambda obj: len(obj["data"]), "integer"), Column("Extra", str, priority=1), AGE),
    )
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "colours", "creationTimestamp": "2023-11-14T22:13:20Z"},
        "data": {"a": "1", "b": "2"},
    }
    entry = SimpleNamespace(value=json.dumps(obj).encode(), revision=1, row=None)
    async with cluster(sample_kinds(), tmp_path) as one:
        now = 1_700_000_000 + 7 * 60
        listed = b"".join(table.render_list(shown, [entry], {"resourceVersion": "1"}, now=now))
        one.objects["/api/v1/namespaces/default/configmaps"] = listed
        one.objects["/api/v1/namespaces/default/configmaps/colours"] = table.render_one(shown, entry, now=now)
        for arguments in (["cm"], ["configmap", "colours"]):
            lines = (await one.output("get", *arguments)).splitlines()
            assert [line.split() for line in lines] == [["NAME", "DATA", "AGE"], ["colours", "2", "7m"]]


@pytest.mark.parametrize(
    ("manifest", "path", "content_type"),
    [
        (
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": 2}},
            "/apis/apps/v1/namespaces/default/deployments/x",
            "application/strategic-merge-patch+json",
        ),
        (
            {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"size": 2}},
            "/apis/example.com/v1/namespaces/default/widgets/x",
            "application/merge-patch+json",
        ),
    ],
)
async def test_apply_patches_by_kind(manifest, path, content_type, tmp_path):
    """`kubectl apply` makes a strategic merge patch for built-in kinds and a merge patch for custom ones."""
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest))
    async with cluster(sample_kinds(), tmp_path) as one:
        one.objects[path] = json.dumps(manifest | {"spec": {}}).encode()
        await one.output("apply", "-f", str(file))
        [patched] = one.posted
    assert (patched.path, patched.content_type) == (path, content_type)


async def test_kind_that_is_not_served(tmp_path):
    """A manifest of an unknown kind is refused by kubectl with its usual words."""
    manifest = tmp_path / "gadget.yaml"
    manifest.write_text("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g}\n")
    async with cluster([widget()], tmp_path) as one:
        code, _, errors = await one.kubectl("create", "-f", str(manifest))
    assert code == 1
    assert 'no matches for kind "Gadget" in version "example.com/v1"' in errors
