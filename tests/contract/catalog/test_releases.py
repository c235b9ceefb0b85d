"""Releases of charts: installed, changed, rolled back, removed; refused before anything is made."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bouvier.kinds.catalog_v1.releases import RESOURCE as RELEASES
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import condition_of, controller_of, is_condition_true, name_of
from bouvier.meta.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    PODS,
    ROLEBINDINGS,
    ROLES,
    SECRETS,
    SERVICEACCOUNTS,
)
from tests.contract.catalog.conftest import Catalogs, is_settled, write
from tests.contract.controllers.world import NAMESPACE

Obj = dict[str, Any]

NAME = (
    '{{- define "tiny.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}\n'
)
TINY = {
    "tiny/Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '7'\n",
    "tiny/values.yaml": "count: 2\nextra: {a: 1, b: two}\nsecond: false\n",
    "tiny/templates/cm.yaml": NAME
    + """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ include "tiny.name" . }}}
data:
  n: {{ mul .Values.count 3 | quote }}
  {{- range $k, $v := .Values.extra }}
  {{ $k }}: {{ $v | toString | upper | quote }}
  {{- end }}
""",
    "tiny/templates/second.yaml": """\
{{- if .Values.second }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-second, annotations: {helm.sh/resource-policy: {{ .Values.policy | default "none" }}}}
data: {revision: {{ .Release.Revision | quote }}}
{{- end }}
""",
    "tiny/templates/NOTES.txt": "count is {{ .Values.count }}",
}
HOOKS = {
    "hooked/Chart.yaml": "apiVersion: v2\nname: hooked\nversion: 1.0.0\n",
    "hooked/values.yaml": "ok: true\n",
    "hooked/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: b}\n",
    "hooked/templates/hooks.yaml": """\
{{- range $event, $weight := dict "pre-install" "1" "post-install" "2" "pre-delete" "3" }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $.Release.Name }}-{{ $event }}
  annotations: {helm.sh/hook: {{ $event }}, helm.sh/hook-weight: {{ $weight | quote }}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, image: "hook/{{ $event }}:1"}]
{{- end }}
""",
}
DEFINITIONS = {
    "kinds/Chart.yaml": "apiVersion: v2\nname: kinds\nversion: 1.0.0\n",
    "kinds/crds/things.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
""",
    "kinds/templates/thing.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: {{ .Release.Name }}}\nsize: 3\n",
}


@pytest.fixture
async def farm(catalog: Catalogs) -> Path:
    """A catalog with the charts of this module."""
    folder = write(catalog.folder / "source", TINY | HOOKS | DEFINITIONS)
    await catalog.add("farm", folder=str(folder))
    return folder


async def install(catalog: Catalogs, name: str = "rel", **spec: Any) -> Obj:
    await catalog.install(name, **({"catalog": "farm", "entry": "tiny"} | spec))
    return await catalog.ready(name)


def message(release: Obj) -> str:
    return str((condition_of(release, "Ready") or {}).get("message"))


@pytest.mark.usefixtures("farm")
async def test_a_chart_from_installation_to_removal(catalog: Catalogs) -> None:
    """Values reach the objects; an upgrade prunes what it no longer has; a rollback brings it back; nothing is left."""
    release = await install(catalog, values={"count": 5, "second": True})
    assert (release["status"]["version"], release["status"]["appVersion"]) == ("0.1.0", "7")
    assert release["status"]["notes"] == "count is 5"
    assert await catalog.config("rel-tiny") == {"n": "15", "a": "1", "b": "TWO"}
    assert await catalog.config("rel-second") == {"revision": "1"}

    await catalog.change("rel", values={"second": None})
    await catalog.ready("rel")
    assert await catalog.config("rel-second") is None
    assert await catalog.config("rel-tiny") == {"n": "15", "a": "1", "b": "TWO"}

    await catalog.change("rel", rollbackTo=1)
    release = await catalog.ready("rel")
    history = [(one["revision"], one["status"]) for one in release["status"]["history"]]
    assert history == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    assert await catalog.config("rel-second") == {"revision": "1"}

    await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
    await catalog.world.gone(RELEASES, "rel")
    assert await catalog.config("rel-tiny") is None
    assert (await catalog.admin.list(SECRETS, NAMESPACE, label_selector="owner=helm")).items == []


@pytest.mark.usefixtures("farm")
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"entry": "none"}, "no entry none"),
        ({"catalog": "none"}, "no catalog none"),
        ({"version": "9.9.9"}, "no version 9.9.9; there are 0.1.0"),
        ({"values": {"extra": {"a": {"deep": 1}}, "count": {}}}, ""),
        ({"rollbackTo": 4}, "revision 4 is not kept"),
        ({"values": {"second": True, "policy": "[broken"}}, "tiny/templates/second.yaml"),
    ],
)
async def test_what_cannot_be_installed_changes_nothing(catalog: Catalogs, spec: Obj, said: str) -> None:
    """A release that is refused says why, and not one object is made."""
    await catalog.install("rel", **({"catalog": "farm", "entry": "tiny"} | spec))
    release = await catalog.settled("rel")

    if said:
        assert release["status"]["phase"] == "Failed"
        assert said in message(release)
        assert await catalog.config("rel-tiny") is None
        assert release["status"]["history"] == []
    else:
        assert await catalog.config("rel-tiny") is not None


@pytest.mark.usefixtures("farm")
async def test_a_refused_upgrade_leaves_what_runs(catalog: Catalogs) -> None:
    """The objects stay; correcting the values makes the upgrade happen."""
    await install(catalog)
    await catalog.change("rel", values={"second": True, "policy": "[broken"})
    release = await catalog.release("rel", lambda one: is_settled(one) and one["status"]["phase"] == "Failed")
    assert release["status"]["revision"] == 1
    assert await catalog.config("rel-tiny") == {"n": "6", "a": "1", "b": "TWO"}

    await catalog.change("rel", values={"second": True, "policy": None, "count": 4})
    await catalog.ready("rel")
    assert (await catalog.config("rel-tiny") or {})["n"] == "12"


@pytest.mark.usefixtures("farm")
async def test_an_object_of_somebody_else_is_not_taken(catalog: Catalogs) -> None:
    """A release that would overwrite what it did not make is refused, and names it."""
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "rel-tiny", "namespace": NAMESPACE}}
    await catalog.admin.create(CONFIGMAPS, foreign | {"data": {"mine": "1"}})
    await catalog.install("rel", catalog="farm", entry="tiny")

    assert "ConfigMap rel-tiny exists and was not made by this release" in message(await catalog.settled("rel"))
    assert await catalog.config("rel-tiny") == {"mine": "1"}


@pytest.mark.usefixtures("farm")
async def test_kept_objects_outlive_their_release(catalog: Catalogs) -> None:
    """What is annotated `keep` stays when the release goes."""
    await install(catalog, values={"second": True, "policy": "keep"})
    await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
    await catalog.world.gone(RELEASES, "rel")

    assert await catalog.config("rel-second") == {"revision": "1"}
    assert await catalog.config("rel-tiny") is None


@pytest.mark.usefixtures("farm")
async def test_what_others_write_into_an_object_stays(catalog: Catalogs) -> None:
    """An upgrade changes the fields of the chart; a label and a key that a user added are left alone."""
    await install(catalog)
    await catalog.admin.patch(CONFIGMAPS, "rel-tiny", {"data": {"user": "x"}}, namespace=NAMESPACE)
    await catalog.set_values("rel", {"extra": {"c": "new", "a": None, "b": None}})
    await catalog.ready("rel")

    assert await catalog.config("rel-tiny") == {"n": "6", "c": "NEW", "user": "x"}


@pytest.mark.usefixtures("farm")
async def test_history_has_a_limit(catalog: Catalogs) -> None:
    """Older revisions than asked for are forgotten."""
    await install(catalog, historyLimit=2)
    for count in (3, 4, 5):
        await catalog.change("rel", values={"count": count})
        release = await catalog.ready("rel")

    assert [one["revision"] for one in release["status"]["history"]] == [3, 4]


async def finish_job(catalog: Catalogs, event: str, code: int = 0) -> None:
    """Let the containers of a hook's Job end."""
    job = await catalog.world.object(JOBS, f"rel-{event}", lambda _job: True)
    catalog.world.exit_codes[f"hook/{event}:1"] = code
    uid = job["metadata"]["uid"]
    pods = await catalog.world.seen(PODS, lambda pods: [pod for pod in pods if controller_of(pod)["uid"] == uid])
    look = {"metadata": {"annotations": {"test": "look again"}}}
    await catalog.admin.patch(PODS, name_of(pods[0]), look, namespace=NAMESPACE)


@pytest.mark.usefixtures("farm")
async def test_hooks_run_in_their_moment_and_are_waited_for(catalog: Catalogs) -> None:
    """Nothing is applied before pre-install is done; post-install comes after; pre-delete holds the removal."""
    await catalog.install("rel", catalog="farm", entry="hooked")
    assert await catalog.config("rel") is None

    await finish_job(catalog, "pre-install")
    await finish_job(catalog, "post-install")
    await catalog.ready("rel")
    assert await catalog.config("rel") == {"a": "b"}

    await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
    await catalog.world.object(JOBS, "rel-pre-delete", lambda _job: True)
    assert await catalog.config("rel") == {"a": "b"}
    await finish_job(catalog, "pre-delete")
    await catalog.world.gone(RELEASES, "rel")
    await catalog.world.gone(JOBS, "rel-pre-install", "rel-pre-delete")


@pytest.mark.usefixtures("farm")
async def test_a_hook_that_fails_stops_the_revision(catalog: Catalogs) -> None:
    """The release is Failed and names the hook; what would come after is not made."""
    await catalog.install("rel", catalog="farm", entry="hooked")
    await finish_job(catalog, "pre-install", 1)
    release = await catalog.settled("rel")

    assert release["status"]["phase"] == "Failed"
    assert "hook Job rel-pre-install of pre-install failed" in message(release)
    assert await catalog.config("rel") is None


@pytest.mark.usefixtures("farm")
async def test_definitions_come_first_and_stay(catalog: Catalogs) -> None:
    """Objects of a kind that the chart itself brings are made; the definition outlives the release."""
    await install(catalog, entry="kinds")
    path = f"/apis/example.com/v1/namespaces/{NAMESPACE}/things/rel"
    assert (await catalog.admin.request("GET", path))["size"] == 3

    await catalog.admin.delete(RELEASES, "rel", NAMESPACE)
    await catalog.world.gone(RELEASES, "rel")
    with pytest.raises(ApiError, match="not found"):
        await catalog.admin.request("GET", path)
    await catalog.admin.request("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com")


async def test_a_release_waits_for_its_workloads(catalog: Catalogs) -> None:
    """The built-in sample is ready when its replicas are, and says so when they no longer are."""
    await catalog.catalog("library", lambda one: is_condition_true(one, "Ready"))
    await catalog.install("hello", catalog="library", entry="sample")
    release = await catalog.ready("hello")
    assert {one["kind"] for one in release["status"]["objects"]} == {"Service", "Deployment"}

    catalog.world.broken_images.add("bouvier/sample:1")
    await catalog.change("hello", values={"tag": "1"})
    waiting = await catalog.release("hello", lambda one: "replicas" in message(one))
    assert not is_condition_true(waiting, "Ready")

    catalog.world.broken_images.clear()
    await catalog.admin.patch(DEPLOYMENTS, "hello", {"metadata": {"annotations": {"x": "y"}}}, namespace=NAMESPACE)
    await catalog.change("hello", values={"tag": None})
    await catalog.ready("hello")


@pytest.mark.usefixtures("farm")
async def test_an_accounts_rights_bound_a_release(catalog: Catalogs) -> None:
    """With a service account a release can do what the account may, and nothing else."""
    meta = {"name": "installer", "namespace": NAMESPACE}
    await catalog.admin.create(SERVICEACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    await catalog.install("rel", catalog="farm", entry="tiny", serviceAccountName="installer")
    refused = await catalog.settled("rel")
    assert "forbidden" in message(refused)
    assert await catalog.config("rel-tiny") is None

    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rules}
    await catalog.admin.create(ROLES, role)
    subject = {"kind": "ServiceAccount", "name": "installer", "namespace": NAMESPACE}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "installer"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta}
    await catalog.admin.create(ROLEBINDINGS, binding | {"roleRef": reference, "subjects": [subject]})
    await catalog.change("rel", values={"count": 3})
    await catalog.ready("rel")
    assert (await catalog.config("rel-tiny") or {})["n"] == "9"


@pytest.mark.usefixtures("farm")
async def test_releases_of_the_same_name_in_two_namespaces(catalog: Catalogs) -> None:
    """Each has its own objects and history."""
    await catalog.admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    await install(catalog, values={"count": 1})
    body = {"apiVersion": "catalog.bouvier.io/v1", "kind": "Release", "metadata": {"name": "rel", "namespace": "other"}}
    await catalog.admin.create(RELEASES, body | {"spec": {"catalog": "farm", "entry": "tiny", "values": {"count": 2}}})

    async def count() -> str:
        try:
            return str((await catalog.admin.get(CONFIGMAPS, "rel-tiny", "other"))["data"]["n"])
        except ApiError:
            return ""

    async with asyncio.timeout(15):
        while await count() != "6":
            await asyncio.sleep(0.02)
    assert (await catalog.config("rel-tiny") or {})["n"] == "3"
