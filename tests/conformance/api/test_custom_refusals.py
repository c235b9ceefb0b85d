"""Definitions and custom objects that are refused: code, words, and which part of the object is meant."""

from typing import Any

import pytest

from tests.conformance.api.test_custom_kinds import ANYTHING, DEFINITIONS, TEXT, define, objects, until
from tests.support.raw_api import MERGE, RawApi

pytestmark = pytest.mark.asyncio(loop_scope="module")


def definition(group: str, schema: dict | None = None, **metadata: Any) -> dict[str, Any]:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema or ANYTHING}}
    names = {"plural": "noxus", "kind": "Noxu"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"noxus.{group}", **metadata},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


APPROVED = "api-approved.kubernetes.io"
MUST = f'protected groups must have approval annotation "{APPROVED}"'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, f"Required value: {MUST}, see "),
        ("perhaps", f'Invalid value: "perhaps": {MUST} with either a URL or a reason starting with "unapproved", see '),
    ],
)
async def test_unapproved_groups(api: RawApi, value: str | None, message: str) -> None:
    """A group of the community needs a word on its approval."""
    body = definition("things.k8s.io", **({} if value is None else {"annotations": {APPROVED: value}}))
    reply = await api("POST", DEFINITIONS, body)
    assert reply.status == 422
    assert f"metadata.annotations[{APPROVED}]: {message}" in reply.body["message"]


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        ("unapproved, an experiment", "False", "UnapprovedAnnotation"),
        ("https://github.com/kubernetes/enhancements/pull/1", "True", "ApprovedAnnotation"),
    ],
)
async def test_approved_groups(api: RawApi, value: str, status: str, reason: str) -> None:
    """What the annotation says is told by a condition; it may not be lost later."""
    group = f"{reason.lower()}.kubernetes.io"
    path = f"{DEFINITIONS}/noxus.{group}"
    await api.ok("POST", DEFINITIONS, definition(group, annotations={APPROVED: value}))

    async def told() -> Any:
        conditions = (await api.ok("GET", path))["status"]["conditions"]
        return {one["type"]: one for one in conditions}.get("KubernetesAPIApprovalPolicyConformant")

    condition = await until(told)
    assert (condition["status"], condition["reason"]) == (status, reason)
    lost = await api("PATCH", path, {"metadata": {"annotations": None}}, kind=MERGE)
    assert (lost.status, lost.body["reason"]) == (422, "Invalid")
    await api.ok("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, kind=MERGE)


async def test_definitions_that_lose_fields(api: RawApi) -> None:
    """Old definitions that kept what they did not name are refused, and defaults that would be pruned."""
    body = definition("kept.example.com")
    body["spec"]["preserveUnknownFields"] = True
    reply = await api("POST", DEFINITIONS, body)
    assert "spec.preserveUnknownFields: Invalid value: true: must be false" in reply.body["message"]
    part = objects(b=TEXT) | {"default": {"c": "x"}}
    reply = await api("POST", DEFINITIONS, definition("pruned.example.com", objects(a=part)))
    assert reply.status == 422
    assert (
        'spec.versions[0].schema.openAPIV3Schema.properties[a].default: Invalid value: {"c":"x"}:'
        " must not have unknown fields" in reply.body["message"]
    )


SCHEMA = objects(
    below={"type": "integer", "maximum": 5, "exclusiveMaximum": True},
    above={"type": "number", "minimum": 5, "exclusiveMinimum": True},
    least={"type": "integer", "minimum": 5, "exclusiveMinimum": False},
    any={"type": "string", "anyOf": [{"maxLength": 3}, {"pattern": "^x"}]},
    one={"type": "string", "oneOf": [{"maxLength": 3}, {"pattern": "^x"}]},
    none={"type": "string", "not": {"enum": ["x"]}},
    net={"type": "string", "format": "cidr"},
    span={"type": "string", "format": "duration"},
    odd={"type": "string", "format": "nobody-knows-it"},
)


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"below": 5}, ["below: Invalid value: 5: below in body should be less than 5"]),
        ({"above": 5}, ["above: Invalid value: 5: above in body should be greater than 5"]),
        ({"least": 4}, ["least: Invalid value: 4: least in body should be greater than or equal to 5"]),
        (
            {"any": "abcd"},
            [
                '<nil>: Invalid value: "": "any" must validate at least one schema (anyOf)',
                "any: Too long: may not be more than 3 bytes",
            ],
        ),
        (
            {"one": "abcd"},
            [
                '<nil>: Invalid value: "": "one" must validate one and only one schema (oneOf). Found none valid',
                "one: Too long: may not be more than 3 bytes",
            ],
        ),
        (
            {"one": "xa"},
            [
                '<nil>: Invalid value: "": "one" must validate one and only one schema (oneOf). Found 2 valid alternatives'
            ],
        ),
        ({"none": "x"}, ['<nil>: Invalid value: "": "none" must not validate the schema (not)']),
        ({"net": "10.0.0.0"}, ['net: Invalid value: "10.0.0.0": net in body must be of type cidr: "10.0.0.0"']),
        ({"span": "soon"}, ['span: Invalid value: "soon": span in body must be of type duration: "soon"']),
    ],
)
async def test_words_of_schemas(api: RawApi, space: str, fields: dict, messages: list[str]) -> None:
    """Of several schemas it is said that none fits, and what the nearest one misses."""
    custom = await define(api, space, SCHEMA)
    refused = await api("POST", custom.path(), custom.made("a", **fields))
    assert refused.status == 422
    shown = messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"
    assert refused.body["message"] == f'Noxu.{custom.group} "a" is invalid: {shown}'


async def test_values_that_fit(api: RawApi, space: str) -> None:
    """Limits that are not excluded count, and formats that nobody knows do not."""
    custom = await define(api, space, SCHEMA)
    fields = {
        "below": 4,
        "above": 5.5,
        "least": 5,
        "any": "xyzzy",
        "one": "abc",
        "net": "10.0.0.0/8",
        "span": "1h",
        "odd": "?",
    }
    assert (await api("POST", custom.path(), custom.made("a", **fields))).status == 201


async def test_objects_of_another_kind(api: RawApi, space: str) -> None:
    """A custom object must say its kind and version, and those of the path."""
    custom = await define(api, space)
    made = custom.made("a")
    typeless = await api("POST", custom.path(), {"metadata": {"name": "a"}})
    assert typeless.status == 400
    assert "(must be of type Noxu): Object 'Kind' is missing in '{" in typeless.body["message"]
    other = await api("POST", custom.path(), made | {"kind": "Other"})
    assert (other.status, other.body["message"]) == (
        422,
        f'Other.{custom.group} "a" is invalid: kind: Invalid value: "Other": must be Noxu',
    )
    version = await api("POST", custom.path(), made | {"apiVersion": f"{custom.group}/v7"})
    assert (version.status, version.body["message"]) == (
        400,
        f"the API version in the data ({custom.group}/v7) does not match the expected API version ({custom.group}/v1)",
    )
    await api.ok("POST", custom.path(), made)
    kindless = await api("PATCH", f"{custom.path()}/a", {"kind": None}, kind=MERGE)
    assert kindless.status == 422
    assert "\": Object 'Kind' is missing in '{" in kindless.body["message"]


async def test_metadata_that_cannot_be_read(api: RawApi, space: str) -> None:
    """Metadata are decoded as those of any kind: a wrong type is a BadRequest."""
    custom = await define(api, space)
    cases = [
        ({"labels": {"a": 1}}, "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"),
        ({"name": 5}, "json: cannot unmarshal number into Go struct field ObjectMeta.name of type string"),
        ([], "json: cannot unmarshal array into Go struct field Noxu.metadata of type v1.ObjectMeta"),
    ]
    for metadata, why in cases:
        reply = await api("POST", custom.path(), custom.made("a") | {"metadata": metadata})
        assert (reply.status, reply.body["message"]) == (
            400,
            f'Noxu in version "v1" cannot be handled as a Noxu: {why}',
        )
    absent = await api("POST", custom.path(), custom.made("a") | {"metadata": None})
    assert (absent.status, absent.body["details"]["causes"][0]["field"]) == (422, "metadata.name")


async def test_paths_without_a_namespace(api: RawApi, space: str) -> None:
    """Over all namespaces objects are listed and watched, nothing else; other verbs have no such path."""
    custom = await define(api, space)
    path = f"/apis/{custom.group}/v1/noxus"
    assert (await api("GET", path)).status == 200
    assert (await api("POST", path, custom.made("a"))).status == 404
    assert (await api("DELETE", path)).status == 404
    assert (await api("DELETE", "/api/v1/configmaps")).status == 405


async def test_paths_with_a_namespace(api: RawApi) -> None:
    """What belongs to no namespace is not found in one."""
    for path in ("/api/v1/namespaces/default/nodes", "/apis/storage.k8s.io/v1/namespaces/default/storageclasses/x"):
        assert (await api("GET", path)).status == 404
    body = definition("wide.example.com")
    body["spec"]["scope"] = "Cluster"
    await api.ok("POST", DEFINITIONS, body)

    async def is_served() -> bool:
        return (await api("GET", "/apis/wide.example.com/v1/noxus")).status == 200

    await until(is_served)
    inside = "/apis/wide.example.com/v1/namespaces/default/noxus"
    made = {"apiVersion": "wide.example.com/v1", "kind": "Noxu", "metadata": {"name": "a"}}
    assert (await api("GET", inside)).status == 404
    assert (await api("POST", inside, made)).status == 404


async def test_numbers_of_a_scale(api: RawApi, space: str) -> None:
    """Replicas of a custom object are natural numbers, and a scale needs one to show."""
    body = definition("scaled.example.com")
    paths = {
        "specReplicasPath": ".spec.count",
        "statusReplicasPath": ".status.count",
        "labelSelectorPath": ".status.pick",
    }
    body["spec"]["versions"][0]["subresources"] = {"status": {}, "scale": paths}
    await api.ok("POST", DEFINITIONS, body)
    path = f"/apis/scaled.example.com/v1/namespaces/{space}/noxus"

    async def is_served() -> bool:
        return (await api("GET", path)).status == 200

    await until(is_served)
    made = {"apiVersion": "scaled.example.com/v1", "kind": "Noxu", "metadata": {"name": "a"}}
    negative = await api("POST", path, made | {"spec": {"count": -1}})
    assert negative.status == 422
    assert ".spec.count: Invalid value: -1: should be a non-negative integer" in negative.body["message"]
    await api.ok("POST", path, made)
    absent = await api("GET", f"{path}/a/scale")
    assert (absent.status, absent.body["message"]) == (
        500,
        'Internal error occurred: the spec replicas field ".spec.count" does not exist',
    )
    for status in ({"count": -1}, {"pick": 5}):
        reply = await api("PATCH", f"{path}/a/status", {"status": status}, kind=MERGE)
        assert (reply.status, reply.body["details"]["causes"][0]["field"]) == (422, f".status.{next(iter(status))}")
    await api.ok("PATCH", f"{path}/a", {"spec": {"count": 2}}, kind=MERGE)
    assert (await api.ok("GET", f"{path}/a/scale"))["spec"] == {"replicas": 2}
