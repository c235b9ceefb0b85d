"""Unknown and repeated fields, wrong types and other kinds: what is told, in which order, by which kind of write."""

from typing import Any

import pytest

from tests.conformance.api.samples import BY_PLURAL
from tests.support.raw_api import APPLY, JSON, JSON_PATCH, MERGE, STRATEGIC, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")
DEPLOYMENTS, MAPS = BY_PLURAL["deployments.apps/v1"], BY_PLURAL["configmaps.v1"]
CONTAINERS = "spec.template.spec.containers"

AS_JSON = """
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
 "spec": {"zone": "x", "colour": "x", "colour": "y", "paused": true, "paused": false,
  "selector": {"matchLabels": {"app": "web"}},
  "template": {"metadata": {"labels": {"app": "web"}},
   "spec": {"containers": [{"name": "c", "image": "x", "taste": "x", "imagePullPolicy": "Always", "imagePullPolicy": "Never"}]}}}}
"""
AS_YAML = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  zone: x
  colour: x
  colour: z
  paused: true
  paused: false
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: c
        image: x
        taste: x
        imagePullPolicy: Always
        imagePullPolicy: Never
"""
PATCH = """{"spec": {"zone": "x", "colour": "x", "colour": "z", "paused": true, "paused": false, "template": {"spec":
 {"containers": [{"name": "c", "image": "x", "taste": "x", "imagePullPolicy": "Always", "imagePullPolicy": "Never"}]}}}}"""


def unknown(*paths: str) -> list[str]:
    return [f'unknown field "{path}"' for path in paths]


def repeated(*paths: str) -> list[str]:
    return [f'duplicate field "{path}"' for path in paths]


FROM_JSON = [
    *unknown("spec.zone", "spec.colour"),
    *repeated("spec.paused"),
    *unknown(f"{CONTAINERS}[0].taste"),
    *repeated(f"{CONTAINERS}[0].imagePullPolicy"),
]
LINES = [f'line {line}: key "{key}" already set in map' for line, key in ((8, "colour"), (10, "paused"))]
LINES.append('line 24: key "imagePullPolicy" already set in map')
SORTED = unknown("spec.colour", f"{CONTAINERS}[0].taste", "spec.zone")
FROM_PATCH = repeated("spec.colour", "spec.paused", f"{CONTAINERS}[0].imagePullPolicy")


@pytest.mark.parametrize(
    ("kind", "body", "told"), [(JSON, AS_JSON, FROM_JSON), ("application/yaml", AS_YAML, LINES + SORTED)]
)
async def test_whole_objects(api: RawApi, space: str, kind: str, body: str, told: list[str]) -> None:
    """JSON is told as it is read; of YAML first the lines that say a key again, then unknown fields by their names."""
    path = DEPLOYMENTS.path(space)
    warned = await api("POST", path, body, kind=kind)
    assert (warned.status, warned.warnings) == (201, told)
    assert (await api("PUT", f"{path}/a", body, kind=kind)).warnings == told
    refused = await api("POST", path, body, kind=kind, fieldValidation="Strict")
    if kind != JSON:
        told = ["yaml: unmarshal errors:\n  " + "\n  ".join(LINES), *SORTED]
    assert (refused.status, refused.body["reason"]) == (400, "BadRequest")
    assert refused.body["message"] == (
        f'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: {", ".join(told)}'
    )
    assert (await api("PUT", f"{path}/a", body, kind=kind, fieldValidation="Ignore")).warnings == []


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (MERGE, PATCH, FROM_PATCH + SORTED),
        (STRATEGIC, PATCH, FROM_PATCH + unknown(f"{CONTAINERS}[0].taste", "spec.colour", "spec.zone")),
        (
            JSON_PATCH,
            '[{"op": "add", "path": "/spec/zone", "value": 1, "note": 2}, {"op": "add", "op": "add", "path": "/spec/a", "value": 1}]',
            [
                'json patch unknown field "[0].note"',
                'json patch duplicate field "[1].op"',
                *unknown("spec.a", "spec.zone"),
            ],
        ),
    ],
)
async def test_patches(api: RawApi, space: str, kind: str, body: str, told: list[str]) -> None:
    """What the patch says twice comes first, then what the object has too much; a strict one is Invalid."""
    path = f"{DEPLOYMENTS.path(space)}/a"
    await api.ok("POST", DEPLOYMENTS.path(space), DEPLOYMENTS.made("a"))
    warned = await api("PATCH", path, body, kind=kind, dryRun="All")
    assert (warned.status, warned.warnings) == (200, told)
    refused = await api("PATCH", path, body, kind=kind, fieldValidation="Strict")
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    (cause,) = refused.body["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("FieldValueInvalid", "patch")
    assert refused.body["message"].startswith(' "" is invalid: patch: Invalid value: "')
    assert refused.body["message"].endswith(f'": strict decoding error: {", ".join(told)}')


@pytest.mark.parametrize(
    ("kind", "patch", "start", "end"),
    [
        (
            MERGE,
            {"spec": {"replicas": "x"}},
            '{\\"apiVersion\\":\\"apps/v1\\",\\"kind\\":\\"Deployment\\"',
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (STRATEGIC, {"spec": {"replicas": "x"}}, "map[spec:map[replicas:x]]", "unrecognized type: int32"),
        (STRATEGIC, {"spec": {"template": [1]}}, "map[spec:map[template:[1]]]", "cannot restore struct from: slice"),
        (
            STRATEGIC,
            {"metadata": {"finalizers": "x"}},
            "map[metadata:map[finalizers:x]]",
            "cannot restore slice from string",
        ),
    ],
)
async def test_wrong_types_of_patches(api: RawApi, space: str, kind: str, patch: Any, start: str, end: str) -> None:
    """A patch that leaves something of a wrong type is Invalid, whatever the request says to validate."""
    await api.ok("POST", DEPLOYMENTS.path(space), DEPLOYMENTS.made("a"))
    reply = await api("PATCH", f"{DEPLOYMENTS.path(space)}/a", patch, kind=kind, fieldValidation="Ignore")
    assert reply.status == 422
    assert reply.body["message"].startswith(f' "" is invalid: patch: Invalid value: "{start}')
    assert reply.body["message"].endswith(f'": {end}')


async def test_repeated_keys_of_applied_json(api: RawApi, space: str) -> None:
    """A configuration is read as YAML whatever it looks like: lines are told."""
    body = (
        '{"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "a"},\n\t"data": {"k": "1",\n\t\t"k": "2"}}'
    )
    path, line = f"{MAPS.path(space)}/a", 'line 4: key "k" already set in map'
    warned = await api("PATCH", path, body, kind=APPLY, fieldManager="m")
    assert (warned.status, warned.warnings, warned.body["data"]) == (201, [line], {"k": "2"})
    refused = await api("PATCH", path, body, kind=APPLY, fieldManager="m", fieldValidation="Strict")
    assert (refused.status, refused.body["message"]) == (
        400,
        f"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {line}",
    )


@pytest.mark.parametrize(
    ("api_version", "kind", "message"),
    [
        (
            "v1",
            "Pod",
            'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
        ),
        (
            "v1",
            "Nothing",
            'Nothing in version "v1" cannot be handled as a ConfigMap: no kind "Nothing" is registered for version "v1"',
        ),
        (
            "a.b/v2",
            "ConfigMap",
            'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "a.b/v2"',
        ),
    ],
)
async def test_other_kinds(api: RawApi, space: str, api_version: str, kind: str, message: str) -> None:
    """A body of another kind is told what it would have to become; an applied one merely that it is another."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    reply = await api("POST", MAPS.path(space), body)
    assert (reply.status, reply.body["message"]) == (400, message)
    applied = await api("PATCH", f"{MAPS.path(space)}/a", body, kind=APPLY, fieldManager="m")
    group, _, version = api_version.rpartition("/")
    assert (applied.status, applied.body["message"]) == (400, f"invalid object type: {group}/{version}, Kind={kind}")


async def test_another_version_of_a_kind(api: RawApi, space: str) -> None:
    """A body of a version that is served elsewhere is told which one is expected here."""
    body = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}}
    reply = await api("POST", f"/apis/autoscaling/v2/namespaces/{space}/horizontalpodautoscalers", body)
    assert (reply.status, reply.body["message"]) == (
        400,
        "the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)",
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("", "unexpected end of JSON input (<empty>)"),
        ('{"a": 1, "b": [1, 2, 3], "c"', 'unexpected end of JSON input ({"a": 1, "b": [1, 2, 3], "c")'),
        (
            '{"a": 1, "b": [1, 2, 3], "c": "dddddddd',
            'unexpected end of JSON input ({"a": 1, "b": [1, 2, 3], "c":  ...)',
        ),
    ],
)
async def test_bodies_that_end_too_early(api: RawApi, space: str, body: str, shown: str) -> None:
    """The beginning of a body that cannot be read is shown."""
    reply = await api("POST", MAPS.path(space), body, headers={"Content-Type": JSON})
    assert reply.status == 400
    assert reply.body["message"].startswith(
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get"
    )
    assert reply.body["message"].endswith(shown)


async def test_repeated_owners(api: RawApi, space: str) -> None:
    """Of equal owner references one stays, with a warning; two of one uid that differ both stay."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"}
    other = owner | {"blockOwnerDeletion": True}
    body = MAPS.made("a") | {"metadata": {"name": "a", "ownerReferences": [owner, other, owner]}}
    words = "; please fix your requests; duplicate UID(s) observed: 1"
    for method, path in (("POST", MAPS.path(space)), ("PUT", f"{MAPS.path(space)}/a")):
        reply = await api(method, path, body)
        assert reply.body["metadata"]["ownerReferences"] == [owner, other]
        assert [line.endswith(words) for line in reply.warnings] == [True]


async def test_unreadable_managed_fields(api: RawApi, space: str) -> None:
    """What a client says of owners in a wrong form counts for nothing."""
    entry = {"manager": "thief", "operation": "Apply", "apiVersion": "v1", "fieldsType": "", "fieldsV1": {}}
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "managedFields": [entry]},
        "data": {"k": "1"},
    }
    made = await api.ok("POST", MAPS.path(space), body, fieldManager="one")
    updated = await api.ok("PUT", f"{MAPS.path(space)}/a", body | {"data": {"k": "2"}}, fieldManager="one")
    for obj in (made, updated):
        assert [one["manager"] for one in obj["metadata"]["managedFields"]] == ["one"]
        assert obj["metadata"]["managedFields"][0]["fieldsV1"] == {"f:data": {".": {}, "f:k": {}}}
