"""Helm itself installs our own charts on our API server, and one that uses what larger charts use."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

import bouvier.catalog
from bouvier.client import Client, Resource, from_kubeconfig
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS, DEPLOYMENTS, SERVICES
from tests.contract.catalog.conftest import write
from tests.support.apiserver import RunningApi, running_api

helm_python = pytest.importorskip("helm_python", reason="needs Helm's SDK: pip install helm-python-sdk")

LIBRARY = Path(bouvier.catalog.__file__).parent / "builtin"
GADGETS = Resource("chart.example", "v1", "gadgets", "Gadget")
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.chart.example}
spec:
  group: chart.example
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, minimum: 1}}}
"""
LARGE = {
    "large/Chart.yaml": "apiVersion: v2\nname: large\nversion: 1.0.0\nkubeVersion: '>=1.25.0-0'\n",
    "large/values.yaml": "size: 3\n",
    "large/crds/gadgets.yaml": DEFINITION,
    "large/templates/gadget.yaml": (
        "apiVersion: chart.example/v1\nkind: Gadget\nmetadata: {name: {{ .Release.Name }}}\n"
        "spec: {size: {{ .Values.size }}}\n"
    ),
    "large/templates/facts.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-facts}\ndata:\n"
        '  policies: "{{ .Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}"\n'
        '  account: "{{ (lookup "v1" "Namespace" "" "kube-system").metadata.name }}"\n'
    ),
    "large/templates/hook.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-before\n  annotations:\n"
        "    helm.sh/hook: pre-install\n    helm.sh/hook-weight: '-5'\ndata: {made: before}\n"
    ),
    "large/templates/access.yaml": (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: {{ .Release.Name }}}\n"
        "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n---\n"
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: {{ .Release.Name }}}\n"
        "spec: {minAvailable: 1, selector: {matchLabels: {app: x}}}\n"
    ),
}


async def helm(api: RunningApi, action: str, *words: Any, **options: Any) -> Any:
    """Do something with Helm, on a thread."""

    def act() -> Any:
        with helm_python.Config(kubeconfig_path=api.kubeconfig, namespace="default") as config:
            return getattr(config, action)(*words, **options)

    return await asyncio.to_thread(act)


@pytest.mark.parametrize("name", ["nginx", "postgresql", "redis", "sample"])
async def test_the_library_is_installed_by_helm(name: str, tmp_path: Path) -> None:
    """Every chart that the platform brings is one for Helm, too: install, upgrade, roll back, uninstall."""
    async with running_api(tmp_path) as api:
        await helm(api, "install", LIBRARY / name, "own", {})
        await helm(api, "upgrade", LIBRARY / name, "own", {})
        await helm(api, "rollback", "own", version=1)
        assert [one["revision"] for one in await helm(api, "history", "own")] == [1, 2, 3]
        client = Client.connect(from_kubeconfig(api.kubeconfig))
        try:
            assert [one for one in (await client.list(SERVICES, "default")).items if "own" in one["metadata"]["name"]]
            await helm(api, "uninstall", "own")
            assert not (await client.list(DEPLOYMENTS, "default")).items
        finally:
            await client.close()


async def test_definitions_hooks_and_lookups_work(tmp_path: Path) -> None:
    """Kinds come before what uses them, a hook before the rest, and templates see what the cluster has."""
    async with running_api(tmp_path / "api") as api:
        chart = write(tmp_path / "charts", LARGE) / "large"
        await helm(api, "install", chart, "big", {"size": 4})
        client = Client.connect(from_kubeconfig(api.kubeconfig))
        try:
            assert (await client.get(GADGETS, "big", "default"))["spec"] == {"size": 4}
            facts = await client.get(CONFIGMAPS, "big-facts", "default")
            assert facts["data"] == {"policies": "true", "account": "kube-system"}
            assert (await client.get(CONFIGMAPS, "big-before", "default"))["data"] == {"made": "before"}
            with pytest.raises(Exception, match="should be greater than or equal to 1"):
                await helm(api, "upgrade", chart, "big", {"size": 0})
            await helm(api, "upgrade", chart, "big", {"size": 5})
            assert (await client.get(GADGETS, "big", "default"))["spec"] == {"size": 5}
            await helm(api, "uninstall", "big")
            with pytest.raises(ApiError, match="not found"):
                await client.get(GADGETS, "big", "default")
        finally:
            await client.close()
